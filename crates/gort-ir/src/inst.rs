//! Instructions and their operands.

use crate::func::{Block, Slot, Value};
use crate::module::FuncId;
use gort_abi::module::SymbolId;
use gort_abi::runtime_fn::RuntimeFn;
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

/// Type of an SSA value: one machine word or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ty {
    /// 8 bits; also bool (0 or 1).
    I8,
    /// 16 bits.
    I16,
    /// 32 bits.
    I32,
    /// 64 bits; also uintptr.
    I64,
    /// float32
    F32,
    /// float64
    F64,
    /// A pointer the collector follows: nil, into the heap (interior too), to data, or into this goroutine's
    /// stack (an address of a slot). Kept in the stack map while live across a call.
    Ptr,
}

impl Ty {
    /// Bytes in memory.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 | Self::Ptr => 8,
        }
    }

    /// `F32`, `F64`
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

/// Parameter and result types of a function: at most eight integer-class and eight float results; more go
/// through memory, by a pointer parameter that the lowering adds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Sig {
    /// Parameters.
    pub params: Vec<Ty>,
    /// Results.
    pub results: Vec<Ty>,
}

/// Two-operand operations; both operands and the result have the same type unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BinOp {
    /// Wraps.
    Add,
    /// Wraps.
    Sub,
    /// Wraps.
    Mul,
    /// Signed quotient, truncated; the divisor is not 0 (checked before); MIN / -1 wraps.
    Sdiv,
    /// Unsigned quotient; the divisor is not 0.
    Udiv,
    /// Signed remainder; the divisor is not 0; MIN % -1 is 0.
    Srem,
    /// Unsigned remainder; the divisor is not 0.
    Urem,
    /// Bitwise.
    And,
    /// Bitwise.
    Or,
    /// Bitwise.
    Xor,
    /// Left shift; the count (any integer type) is less than the width.
    Shl,
    /// Logical right shift; count as in `Shl`.
    Ushr,
    /// Arithmetic right shift; count as in `Shl`.
    Sshr,
    /// Float.
    Fadd,
    /// Float.
    Fsub,
    /// Float.
    Fmul,
    /// Float.
    Fdiv,
    /// Rotation to the left; the count counts modulo the width.
    Rotl,
    /// Upper half of the unsigned product of two I64.
    UmulHi,
    /// Float: magnitude of the first, sign of the second.
    Fcopysign,
}

/// One-operand operations of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnOp {
    /// Two's complement.
    Neg,
    /// Bitwise complement.
    Not,
    /// Float, flips the sign bit.
    Fneg,
    /// Float square root.
    Sqrt,
    /// Leading zeros of an I32 or I64; its width for 0.
    Clz,
    /// Trailing zeros of an I32 or I64; its width for 0.
    Ctz,
    /// Ones in an I32 or I64.
    Popcnt,
    /// Bytes of an I16, I32 or I64 in reverse order.
    Bswap,
    /// Float, clears the sign bit.
    Fabs,
    /// Float, rounded down.
    Ffloor,
    /// Float, rounded up.
    Fceil,
    /// Float, rounded towards zero.
    Ftrunc,
    /// Float, rounded to the nearest integer, to the even one of two.
    Fnearest,
}

impl UnOp {
    /// Of floats?
    pub const fn is_float(self) -> bool {
        matches!(
            self,
            Self::Fneg | Self::Sqrt | Self::Fabs | Self::Ffloor | Self::Fceil | Self::Ftrunc | Self::Fnearest
        )
    }
}

/// Integer comparisons (pointers too); the result is an `I8` of 0 or 1.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntCond {
    Eq,
    Ne,
    Slt,
    Sle,
    Sgt,
    Sge,
    Ult,
    Ule,
    Ugt,
    Uge,
}

impl IntCond {
    /// True exactly when this is false.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Slt => Self::Sge,
            Self::Sle => Self::Sgt,
            Self::Sgt => Self::Sle,
            Self::Sge => Self::Slt,
            Self::Ult => Self::Uge,
            Self::Ule => Self::Ugt,
            Self::Ugt => Self::Ule,
            Self::Uge => Self::Ult,
        }
    }

    /// The same with operands in the other order.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Slt => Self::Sgt,
            Self::Sle => Self::Sge,
            Self::Sgt => Self::Slt,
            Self::Sge => Self::Sle,
            Self::Ult => Self::Ugt,
            Self::Ule => Self::Uge,
            Self::Ugt => Self::Ult,
            Self::Uge => Self::Ule,
        }
    }
}

/// Float comparisons; all but `Ne` are false if an operand is NaN.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FloatCond {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Conversions to the result's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConvOp {
    /// To a wider integer.
    Sext,
    /// To a wider integer.
    Zext,
    /// To a narrower integer.
    Trunc,
    /// Signed integer to float.
    SintToFloat,
    /// Unsigned integer to float.
    UintToFloat,
    /// Float to signed integer, as gc on amd64 does it (out of range: implementation-defined, no trap).
    FloatToSint,
    /// Float to unsigned integer, likewise.
    FloatToUint,
    /// F32 to F64.
    Promote,
    /// F64 to F32.
    Demote,
    /// Same size, other class: float bits, pointer to I64 and back.
    Bitcast,
}

/// What a bounds check checks, and so which `runtime.panic...` it calls with (index, len).
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BoundsKind {
    /// `0 <= index < len`
    Index,
    /// `s[:index]`, `0 <= index <= len`, len is the length of a string or array
    SliceAlen,
    /// `s[:index]`, `0 <= index <= cap`
    SliceAcap,
    /// `s[index:len]`, `0 <= index <= len`
    SliceB,
    Slice3Alen,
    Slice3Acap,
    Slice3B,
    Slice3C,
    /// Slice to array conversion: `index` is the wanted length, `len` the slice's.
    SliceConvert,
}

/// What an atomic operation puts in the place of what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RmwOp {
    /// The sum.
    Add,
    /// Bitwise.
    And,
    /// Bitwise.
    Or,
    /// The operand.
    Xchg,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Callee {
    /// A Go function of the module.
    Func(FuncId),
    /// Code whose address was loaded from a closure, itab or type.
    Indirect(Value, Sig),
    /// The Rust side.
    Runtime(RuntimeFn),
}

/// A branch target with the arguments for its block parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Where to.
    pub block: Block,
    /// One per parameter of the block.
    pub args: Vec<Value>,
}

/// An operation. Those from `Jump` on are terminators: one at the end of each block, nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Integer (sign-extended) or nil pointer (0).
    Iconst(i64),
    /// Float, as bits of the result type.
    Fconst(u64),
    /// Address of a symbol plus offset: global, type descriptor, literal, static closure, code.
    SymAddr(SymbolId, i64),
    /// Address in a slot. May be passed down in calls; never stored in the heap.
    SlotAddr(Slot, u32),
    /// Arithmetic.
    Binary(BinOp, Value, Value),
    /// Arithmetic.
    Unary(UnOp, Value),
    /// Comparison.
    Icmp(IntCond, Value, Value),
    /// Comparison.
    Fcmp(FloatCond, Value, Value),
    /// Conversion.
    Convert(ConvOp, Value),
    /// `if c != 0 { a } else { b }`, both evaluated.
    Select(Value, Value, Value),
    /// Pointer plus I64 byte offset: a pointer into (or one past) the same object.
    PtrAdd(Value, Value),
    /// Load of the result type.
    Load {
        /// Base address.
        addr: Value,
        /// Byte offset, small (the trap on nil relies on it) if `nil_check`.
        offset: i32,
        /// `addr` may be nil: a Go panic then. Else it is known not to be.
        nil_check: bool,
    },
    /// Store.
    Store {
        /// Base address.
        addr: Value,
        /// Byte offset.
        offset: i32,
        /// What.
        value: Value,
        /// `addr` may be nil.
        nil_check: bool,
        /// A pointer store that is (or may be) to the heap or a global: goes through the write barrier.
        barrier: bool,
    },
    /// Load of the result type, sequentially consistent, like all atomic operations here. The address is aligned and not nil.
    AtomicLoad(Value),
    /// Store.
    AtomicStore {
        /// Where.
        addr: Value,
        /// What.
        value: Value,
        /// See [`Op::Store`].
        barrier: bool,
    },
    /// Replaces what is at the address; the result is what was there.
    AtomicRmw {
        /// By what.
        op: RmwOp,
        /// Where.
        addr: Value,
        /// Operand.
        value: Value,
        /// See [`Op::Store`]; exchange only.
        barrier: bool,
    },
    /// Replaces what is at the address if it is `old`; the result is what was there.
    AtomicCas {
        /// Where.
        addr: Value,
        /// What must be there.
        old: Value,
        /// What will be there.
        new: Value,
        /// See [`Op::Store`].
        barrier: bool,
    },
    /// Load from a slot.
    SlotLoad(Slot, u32),
    /// Store to a slot.
    SlotStore(Slot, u32, Value),
    /// Copies `size` bytes, no barrier; the areas are the same or do not overlap.
    Copy {
        /// To.
        dst: Value,
        /// From.
        src: Value,
        /// Bytes.
        size: u32,
    },
    /// Zeroes bytes, no barrier.
    Zero {
        /// Where.
        dst: Value,
        /// Bytes.
        size: u32,
    },
    /// Panics if the pointer is nil.
    NilCheck(Value),
    /// Panics unless the index (I64) is in bounds; `signed`: the Go index type is signed (for the message).
    BoundsCheck {
        /// What kind.
        kind: BoundsKind,
        /// I64; a negative one of a signed type is out of bounds.
        index: Value,
        /// I64, never negative.
        len: Value,
        /// See above.
        signed: bool,
    },
    /// A call; results as the signature says.
    Call(Callee, Vec<Value>),
    /// This function's frame pointer, as I64.
    FramePointer,
    /// The current goroutine's `*g`.
    GetG,
    /// Comes to the runtime if asked to: put on loop back edges by the safepoint pass.
    Poll,

    /// Goes on at the target.
    Jump(Target),
    /// Two ways.
    Branch {
        /// I8.
        cond: Value,
        /// If not 0.
        then: Target,
        /// If 0.
        els: Target,
    },
    /// Many ways by an integer value.
    Switch {
        /// Integer.
        value: Value,
        /// Distinct values.
        cases: Vec<(i64, Target)>,
        /// Otherwise.
        default: Target,
    },
    /// Ends the function.
    Return(Vec<Value>),
    /// Not reached: after a call that does not return.
    Unreachable,
    /// At the start of a function that defers: goes on at `normal`; after a recovered panic the runtime
    /// continues at `landing`, which has no parameters and uses no value defined elsewhere: only slots.
    DeferEnter {
        /// Next.
        normal: Block,
        /// After recovery.
        landing: Block,
    },
}

/// Calls `$f` with every operand of `$op`; both are borrowed as `$iter` says.
macro_rules! each_operand {
    ($op:ident, $f:ident, $iter:ident) => {
        match $op {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::SymAddr(..)
            | Op::SlotAddr(..)
            | Op::SlotLoad(..)
            | Op::FramePointer
            | Op::GetG
            | Op::Poll
            | Op::Unreachable
            | Op::DeferEnter { .. } => {}
            Op::Unary(_, a) | Op::Convert(_, a) | Op::NilCheck(a) | Op::SlotStore(_, _, a) => $f(a),
            Op::AtomicLoad(a) => $f(a),
            Op::Load { addr, .. } => $f(addr),
            Op::Zero { dst, .. } => $f(dst),
            Op::Binary(_, a, b) | Op::Icmp(_, a, b) | Op::Fcmp(_, a, b) | Op::PtrAdd(a, b) => {
                $f(a);
                $f(b);
            }
            Op::Copy { dst, src, .. } => {
                $f(dst);
                $f(src);
            }
            Op::Store { addr, value, .. }
            | Op::AtomicStore { addr, value, .. }
            | Op::AtomicRmw { addr, value, .. } => {
                $f(addr);
                $f(value);
            }
            Op::AtomicCas { addr, old, new, .. } => {
                $f(addr);
                $f(old);
                $f(new);
            }
            Op::BoundsCheck { index, len, .. } => {
                $f(index);
                $f(len);
            }
            Op::Select(c, a, b) => {
                $f(c);
                $f(a);
                $f(b);
            }
            Op::Call(callee, args) => {
                if let Callee::Indirect(code, _) = callee {
                    $f(code);
                }
                args.$iter().for_each(&mut $f);
            }
            Op::Return(values) => values.$iter().for_each(&mut $f),
            Op::Jump(t) => t.args.$iter().for_each(&mut $f),
            Op::Branch { cond, then, els } => {
                $f(cond);
                then.args.$iter().for_each(&mut $f);
                els.args.$iter().for_each(&mut $f);
            }
            Op::Switch { value, cases, default } => {
                $f(value);
                for (_, t) in cases.$iter() {
                    t.args.$iter().for_each(&mut $f);
                }
                default.args.$iter().for_each(&mut $f);
            }
        }
    };
}

impl Op {
    /// Does it end a block?
    pub const fn is_terminator(&self) -> bool {
        matches!(
            self,
            Self::Jump(_)
                | Self::Branch { .. }
                | Self::Switch { .. }
                | Self::Return(_)
                | Self::Unreachable
                | Self::DeferEnter { .. }
        )
    }

    /// Is it a place where the collector may look at this frame? (Traps are none: a frame stopped there
    /// does not go on.)
    pub const fn is_safepoint(&self) -> bool {
        matches!(self, Self::Call(..) | Self::Poll | Self::DeferEnter { .. })
    }

    /// Targets of a terminator, in order (a landing block not among them).
    pub fn targets(&self) -> SmallVec<[&Target; 2]> {
        match self {
            Self::Jump(t) => smallvec![t],
            Self::Branch { then, els, .. } => smallvec![then, els],
            Self::Switch { cases, default, .. } => cases.iter().map(|c| &c.1).chain([default]).collect(),
            _ => SmallVec::new(),
        }
    }

    /// Blocks that may follow, the landing block included.
    pub fn successors(&self) -> SmallVec<[Block; 2]> {
        (0..).map_while(|i| self.successor(i)).collect()
    }

    /// The `i`-th of [`Self::successors`].
    pub fn successor(&self, i: usize) -> Option<Block> {
        match (self, i) {
            (Self::Jump(t), 0) | (Self::Branch { then: t, .. }, 0) | (Self::Branch { els: t, .. }, 1) => {
                Some(t.block)
            }
            (Self::DeferEnter { normal, .. }, 0) => Some(*normal),
            (Self::DeferEnter { landing, .. }, 1) => Some(*landing),
            (Self::Switch { cases, default, .. }, i) => match cases.get(i) {
                Some((_, t)) => Some(t.block),
                None => (i == cases.len()).then_some(default.block),
            },
            _ => None,
        }
    }

    /// Calls `f` with every operand, block arguments included.
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        let mut f = |v: &Value| f(*v);
        each_operand!(self, f, iter);
    }

    /// Calls `f` with every operand, block arguments included, to be changed in place.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        each_operand!(self, f, iter_mut);
    }
}
