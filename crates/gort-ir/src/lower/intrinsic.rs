//! Intrinsics: functions of the standard library that are a few instructions.
//!
//! Atomics have no body in Go; the rest (bits, rounding) has one, which the instructions replace in direct calls. What
//! kind of operand it is shows in the signature, so that a family of functions is one entry.

use crate::builder::FuncBuilder;
use crate::func::Value;
use crate::inst::{BinOp, ConvOp, IntCond, Op, RmwOp, Ty, UnOp};

/// What to emit. Pointers that are stored by one with `barrier` are seen by the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// `(addr) value`
    AtomicLoad,
    /// `(addr, value)`
    AtomicStore {
        /// Is it a pointer in the heap?
        barrier: bool,
    },
    /// `(addr, new) old`
    AtomicSwap {
        /// Is it a pointer in the heap?
        barrier: bool,
    },
    /// `(addr, old, new) swapped`
    AtomicCas {
        /// Is it a pointer in the heap?
        barrier: bool,
    },
    /// `(addr, delta) new`
    AtomicAdd,
    /// `(addr, mask) old`, or no result.
    AtomicAnd,
    /// Likewise.
    AtomicOr,
    /// Of floats and byte orders: same type in and out.
    Unary(UnOp),
    /// Two operands, the result as the first.
    Binary(BinOp),
    /// Counting: leading or trailing zeros, ones.
    Count(UnOp),
    /// The minimum number of bits.
    Len,
    /// Bits of a float, or a float of bits.
    Bits,
    /// `(x, y) (hi, lo)`
    Mul64,
    /// `(x, y, carry) (sum, carryOut)`
    Add64,
    /// `(x, y, borrow) (diff, borrowOut)`
    Sub64,
    /// The caller's return address.
    CallerPc,
    /// The argument, seen as another type.
    Same,
    /// Nothing: a hint.
    Hint,
}

/// The intrinsic of that link name.
pub fn by_name(symbol: &str) -> Option<Intrinsic> {
    let dot = symbol.rfind('.')?;
    let (package, name) = (symbol.get(..dot)?, symbol.get(dot + 1..)?);
    match package {
        "sync/atomic" => sync_atomic(name),
        "internal/runtime/atomic" => runtime_atomic(name),
        "math/bits" | "internal/runtime/sys" => bits(name),
        "internal/runtime/math" => matches!(name, "Mul64").then_some(Intrinsic::Mul64),
        "math" => float(name),
        // Marks in a binary that say which cryptography is in it.
        "crypto/internal/boring/sig" => Some(Intrinsic::Hint),
        "crypto/internal/constanttime" => matches!(name, "boolToUint8").then_some(Intrinsic::Same),
        _ => None,
    }
}

fn sync_atomic(name: &str) -> Option<Intrinsic> {
    const KINDS: &[&str] = &["Int32", "Int64", "Uint32", "Uint64", "Uintptr", "Pointer"];
    let kind = KINDS.iter().find(|k| name.ends_with(**k))?;
    let barrier = *kind == "Pointer";
    Some(match name.strip_suffix(kind)? {
        "Load" => Intrinsic::AtomicLoad,
        "Store" => Intrinsic::AtomicStore { barrier },
        "Swap" => Intrinsic::AtomicSwap { barrier },
        "CompareAndSwap" => Intrinsic::AtomicCas { barrier },
        "Add" if !barrier => Intrinsic::AtomicAdd,
        "And" if !barrier => Intrinsic::AtomicAnd,
        "Or" if !barrier => Intrinsic::AtomicOr,
        _ => return None,
    })
}

/// Functions only: methods have other names in front. Those for pointers are without barrier by contract.
fn runtime_atomic(name: &str) -> Option<Intrinsic> {
    let starts = |prefix: &str| name.starts_with(prefix);
    Some(match name {
        _ if starts("Load") => Intrinsic::AtomicLoad,
        _ if starts("Store") => Intrinsic::AtomicStore { barrier: false },
        _ if starts("Xchg") => Intrinsic::AtomicSwap { barrier: false },
        _ if starts("Xadd") => Intrinsic::AtomicAdd,
        _ if starts("Cas") => Intrinsic::AtomicCas { barrier: false },
        _ if starts("And") => Intrinsic::AtomicAnd,
        _ if starts("Or") => Intrinsic::AtomicOr,
        _ => return None,
    })
}

fn bits(name: &str) -> Option<Intrinsic> {
    let family = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some(match (family, name) {
        ("TrailingZeros", _) => Intrinsic::Count(UnOp::Ctz),
        ("LeadingZeros", _) => Intrinsic::Count(UnOp::Clz),
        ("OnesCount", _) => Intrinsic::Count(UnOp::Popcnt),
        ("Len", _) => Intrinsic::Len,
        ("ReverseBytes" | "Bswap", _) => Intrinsic::Unary(UnOp::Bswap),
        ("RotateLeft", _) => Intrinsic::Binary(BinOp::Rotl),
        (_, "Mul64" | "Mul") => Intrinsic::Mul64,
        (_, "Add64" | "Add") => Intrinsic::Add64,
        (_, "Sub64" | "Sub") => Intrinsic::Sub64,
        (_, "GetCallerPC") => Intrinsic::CallerPc,
        (_, "Prefetch" | "PrefetchStreamed") => Intrinsic::Hint,
        _ => return None,
    })
}

fn float(name: &str) -> Option<Intrinsic> {
    Some(match name {
        "Sqrt" | "sqrt" => Intrinsic::Unary(UnOp::Sqrt),
        "Abs" => Intrinsic::Unary(UnOp::Fabs),
        "Floor" | "floor" => Intrinsic::Unary(UnOp::Ffloor),
        "Ceil" | "ceil" => Intrinsic::Unary(UnOp::Fceil),
        "Trunc" | "trunc" => Intrinsic::Unary(UnOp::Ftrunc),
        "RoundToEven" => Intrinsic::Unary(UnOp::Fnearest),
        "Copysign" => Intrinsic::Binary(BinOp::Fcopysign),
        "Float64bits" | "Float64frombits" | "Float32bits" | "Float32frombits" => Intrinsic::Bits,
        _ => return None,
    })
}

/// Emits an intrinsic for evaluated arguments; the results have the types wanted.
pub fn emit(b: &mut FuncBuilder, which: Intrinsic, args: &[Value], results: &[Ty]) -> Vec<Value> {
    match (which, args) {
        (
            Intrinsic::AtomicLoad
            | Intrinsic::AtomicStore { .. }
            | Intrinsic::AtomicSwap { .. }
            | Intrinsic::AtomicCas { .. }
            | Intrinsic::AtomicAdd
            | Intrinsic::AtomicAnd
            | Intrinsic::AtomicOr,
            &[addr, ref rest @ ..],
        ) => {
            b.emit(Op::NilCheck(addr), &[]);
            atomic(b, which, addr, rest, results)
        }
        (Intrinsic::Unary(UnOp::Bswap), &[x]) if b.func.ty(x) == Ty::I8 => vec![x],
        (Intrinsic::Unary(op), &[x]) => {
            let ty = b.func.ty(x);
            vec![b.emit1(Op::Unary(op, x), ty)]
        }
        (Intrinsic::Binary(op), &[x, y]) => vec![b.binary(op, x, y)],
        (Intrinsic::Count(op), &[x]) => vec![count(b, op, x)],
        (Intrinsic::Len, &[x]) => {
            let (wide, bits) = widened(b, x);
            let ty = b.func.ty(wide);
            let zeros = b.emit1(Op::Unary(UnOp::Clz, wide), ty);
            let all = b.iconst(ty, bits);
            let n = b.binary(BinOp::Sub, all, zeros);
            vec![extended(b, n)]
        }
        (Intrinsic::Bits, &[x]) => results.iter().map(|&ty| b.convert(ConvOp::Bitcast, x, ty)).collect(),
        (Intrinsic::Same, &[x]) => vec![x],
        (Intrinsic::Mul64, &[x, y]) => {
            let hi = b.binary(BinOp::UmulHi, x, y);
            vec![hi, b.binary(BinOp::Mul, x, y)]
        }
        (Intrinsic::Add64, &[x, y, carry]) => {
            let first = b.binary(BinOp::Add, x, y);
            let over = b.icmp(IntCond::Ult, first, x);
            let sum = b.binary(BinOp::Add, first, carry);
            let again = b.icmp(IntCond::Ult, sum, first);
            let out = b.binary(BinOp::Or, over, again);
            vec![sum, b.convert(ConvOp::Zext, out, Ty::I64)]
        }
        (Intrinsic::Sub64, &[x, y, borrow]) => {
            let first = b.binary(BinOp::Sub, x, y);
            let under = b.icmp(IntCond::Ult, x, y);
            let diff = b.binary(BinOp::Sub, first, borrow);
            let again = b.icmp(IntCond::Ult, first, borrow);
            let out = b.binary(BinOp::Or, under, again);
            vec![diff, b.convert(ConvOp::Zext, out, Ty::I64)]
        }
        (Intrinsic::CallerPc, []) => {
            let fp = b.emit1(Op::FramePointer, Ty::I64);
            let fp = b.convert(ConvOp::Bitcast, fp, Ty::Ptr);
            vec![b.load(Ty::I64, fp, 8)]
        }
        _ => results.iter().map(|&ty| b.iconst(ty, 0)).collect(),
    }
}

fn atomic(b: &mut FuncBuilder, which: Intrinsic, addr: Value, rest: &[Value], results: &[Ty]) -> Vec<Value> {
    let rmw = |b: &mut FuncBuilder, op, value, barrier| {
        let ty = b.func.ty(value);
        b.emit1(Op::AtomicRmw { op, addr, value, barrier }, ty)
    };
    let values = match (which, rest) {
        (Intrinsic::AtomicLoad, []) => results.iter().map(|&ty| b.emit1(Op::AtomicLoad(addr), ty)).collect(),
        (Intrinsic::AtomicStore { barrier }, &[value]) => {
            let barrier = barrier && b.func.ty(value) == Ty::Ptr;
            b.emit(Op::AtomicStore { addr, value, barrier }, &[])
        }
        (Intrinsic::AtomicSwap { barrier }, &[value]) => vec![rmw(b, RmwOp::Xchg, value, barrier)],
        (Intrinsic::AtomicCas { barrier }, &[old, new]) => {
            let ty = b.func.ty(old);
            let found = b.emit1(Op::AtomicCas { addr, old, new, barrier }, ty);
            vec![b.icmp(IntCond::Eq, found, old)]
        }
        (Intrinsic::AtomicAdd, &[delta]) => {
            let old = rmw(b, RmwOp::Add, delta, false);
            vec![b.binary(BinOp::Add, old, delta)]
        }
        (Intrinsic::AtomicAnd, &[mask]) => vec![rmw(b, RmwOp::And, mask, false)],
        (Intrinsic::AtomicOr, &[mask]) => vec![rmw(b, RmwOp::Or, mask, false)],
        _ => Vec::new(),
    };
    values.into_iter().take(results.len()).collect()
}

/// An integer as an I32 at least, and its width in bits.
fn widened(b: &mut FuncBuilder, x: Value) -> (Value, i64) {
    match b.func.ty(x) {
        Ty::I8 | Ty::I16 => (b.convert(ConvOp::Zext, x, Ty::I32), 32),
        ty => (x, i64::from(ty.size()) * 8),
    }
}

fn extended(b: &mut FuncBuilder, n: Value) -> Value {
    if b.func.ty(n) == Ty::I64 { n } else { b.convert(ConvOp::Zext, n, Ty::I64) }
}

fn count(b: &mut FuncBuilder, op: UnOp, x: Value) -> Value {
    let narrow = i64::from(b.func.ty(x).size()) * 8;
    let (mut wide, bits) = widened(b, x);
    let ty = b.func.ty(wide);
    if op == UnOp::Ctz && narrow < bits {
        // The width, for 0.
        let stop = b.iconst(ty, 1 << narrow);
        wide = b.binary(BinOp::Or, wide, stop);
    }
    let mut n = b.emit1(Op::Unary(op, wide), ty);
    if op == UnOp::Clz && narrow < bits {
        let more = b.iconst(ty, bits - narrow);
        n = b.binary(BinOp::Sub, n, more);
    }
    extended(b, n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_found_by_name() {
        assert_eq!(by_name("sync/atomic.AddUint64"), Some(Intrinsic::AtomicAdd));
        assert_eq!(by_name("sync/atomic.StorePointer"), Some(Intrinsic::AtomicStore { barrier: true }));
        assert_eq!(
            by_name("internal/runtime/atomic.StorepNoWB"),
            Some(Intrinsic::AtomicStore { barrier: false })
        );
        assert_eq!(by_name("math/bits.TrailingZeros16"), Some(Intrinsic::Count(UnOp::Ctz)));
        assert_eq!(by_name("math.Floor"), Some(Intrinsic::Unary(UnOp::Ffloor)));
        assert_eq!(by_name("sync/atomic.(*Int32).Load"), None);
        assert_eq!(by_name("math/bits.Reverse64"), None);
    }
}
