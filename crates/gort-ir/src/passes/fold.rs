//! Computes what is known: constants, constant data, addresses of slots, and whom an indirect call calls.
//!
//! With itabs and static closures being constant data, a method call on an interface value of known type and a call
//! of a known function value become direct calls here.
//!
//! `x ^ 0` is left alone: it hides a pointer from escape analysis.

use crate::escape::types::{address, constant, data, shape};
use crate::func::{Func, Inst, Value};
use crate::inst::{BinOp, Callee, ConvOp, IntCond, Op, Ty};
use crate::module::{FuncId, Module};
use crate::passes::cfg::Cfg;
use gort_abi::module::Symbol;
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;

/// Copies and clears up to this many bytes are done without asking for barriers, in slots.
const MAX_COPY: u64 = 1024;

/// Runs the pass.
pub fn run(func: &mut Func, module: &Module) {
    let cfg = Cfg::new(func);
    let makeslice = module.func_by_name("runtime.makeslice");
    let mut fold = Fold {
        module,
        def: index_vec::index_vec![None; func.values.len()],
        same: index_vec::index_vec![None; func.values.len()],
        loaded: FxHashMap::default(),
        closures: FxHashMap::default(),
        captured: FxHashMap::default(),
        unfinished: Vec::new(),
        makeslice,
    };
    for &b in &cfg.rpo {
        fold.unfinished.clear();
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let kept = insts.into_iter().filter(|&i| fold.inst(func, i)).collect();
        func.blocks[b].insts = kept;
    }
}

struct Fold<'m> {
    module: &'m Module,
    /// The instruction that defines a value, if it is of a kind that is looked into.
    def: IndexVec<Value, Option<Inst>>,
    /// Values that are others.
    same: IndexVec<Value, Option<Value>>,
    /// Code addresses loaded from constant data or from a closure.
    loaded: FxHashMap<Value, FuncId>,
    /// Closures made here, by their code: the first word of a closure is never written again.
    closures: FxHashMap<Value, FuncId>,
    /// What is captured, by the closure and the offset in it: nor are the other words.
    captured: FxHashMap<(Value, i32), Value>,
    /// The closures made in this block.
    unfinished: Vec<Value>,
    makeslice: Option<FuncId>,
}

/// What becomes of an instruction.
enum New {
    Op(Op),
    /// Its result is that value.
    Is(Value),
    /// It does nothing.
    Gone,
    Same,
}

impl Fold<'_> {
    /// Changes an instruction; false if it is needless.
    fn inst(&mut self, func: &mut Func, i: Inst) -> bool {
        let op = &mut func.insts[i].op;
        op.for_each_operand_mut(|v| *v = self.same[*v].unwrap_or(*v));
        // One change may make another possible.
        for _ in 0..4 {
            match self.step(func, i) {
                New::Op(op) => func.insts[i].op = op,
                New::Is(v) => {
                    if let Some(&r) = func.insts[i].results.first() {
                        self.same[r] = Some(v);
                    }
                    return false;
                }
                New::Gone => return false,
                New::Same => break,
            }
        }
        let data = &func.insts[i];
        if let Op::Store { addr, offset: 0, value, .. } = data.op
            && let Some(f) = self.code(func, value)
            && matches!(self.op(func, addr), Some(Op::Call(..)))
        {
            self.closures.insert(addr, f);
            self.unfinished.push(addr);
        } else if let Op::Store { addr, offset, value, .. } = data.op
            && self.unfinished.contains(&addr)
        {
            self.captured.insert((addr, offset), value);
        }
        if let [v] = data.results.as_slice() {
            match data.op {
                Op::Iconst(_)
                | Op::SymAddr(..)
                | Op::SlotAddr(..)
                | Op::Convert(..)
                | Op::PtrAdd(..)
                | Op::Icmp(..)
                | Op::Binary(BinOp::Xor, ..)
                | Op::Call(Callee::Runtime(RuntimeFn::NewObject | RuntimeFn::NewArray), _) => {
                    self.def[*v] = Some(i);
                }
                Op::Load { addr, offset, .. } if func.ty(*v) == Ty::I64 => {
                    let loaded = self.loaded_code(func, addr, offset);
                    self.loaded.extend(loaded.map(|f| (*v, f)));
                }
                _ => {}
            }
        }
        true
    }

    fn op<'f>(&self, func: &'f Func, v: Value) -> Option<&'f Op> {
        self.def[v].map(|i| &func.insts[i].op)
    }

    fn int(&self, func: &Func, v: Value) -> Option<i64> {
        match self.op(func, v) {
            Some(Op::Iconst(c)) => Some(*c),
            _ => None,
        }
    }

    fn is_not_nil(&self, func: &Func, v: Value) -> bool {
        matches!(self.op(func, v), Some(Op::SymAddr(..) | Op::SlotAddr(..) | Op::Call(..)))
    }

    fn step(&self, func: &Func, i: Inst) -> New {
        let inst = &func.insts[i];
        let ty = inst.results.first().map(|&r| func.ty(r));
        match &inst.op {
            Op::Binary(op, x, y) => self.binary(func, *op, *x, *y, func.ty(*x)),
            Op::Icmp(cond, x, y) => self.compare(func, *cond, *x, *y, func.ty(*x)),
            Op::Convert(op, x) => self.convert(*op, *x, func.ty(*x), ty, func),
            Op::Branch { cond, then, els } => match self.negated(func, *cond) {
                Some(cond) => New::Op(Op::Branch { cond, then: els.clone(), els: then.clone() }),
                None => New::Same,
            },
            Op::Select(c, x, y) => match self.int(func, *c) {
                Some(0) => New::Is(*y),
                Some(_) => New::Is(*x),
                None => New::Same,
            },
            Op::PtrAdd(base, offset) => match (self.int(func, *offset), self.op(func, *base)) {
                (Some(0), _) => New::Is(*base),
                (Some(n), Some(Op::SymAddr(s, at))) => New::Op(Op::SymAddr(*s, at + n)),
                (Some(n), Some(Op::SlotAddr(s, at))) => match u32::try_from(i64::from(*at) + n) {
                    Ok(at) if at <= func.slots[*s].size => New::Op(Op::SlotAddr(*s, at)),
                    _ => New::Same,
                },
                _ => New::Same,
            },
            Op::Load { addr, offset, .. } => self.load(*addr, *offset, ty, func),
            Op::Store { addr, offset, value, nil_check, barrier } => match self.in_slot(func, *addr, *offset)
            {
                Some((s, at)) if at + func.ty(*value).size() <= func.slots[s].size => {
                    New::Op(Op::SlotStore(s, at, *value))
                }
                _ if *barrier && self.points_to_slot(func, *addr) => {
                    let (addr, offset, value, nil_check) = (*addr, *offset, *value, *nil_check);
                    New::Op(Op::Store { addr, offset, value, nil_check, barrier: false })
                }
                _ => New::Same,
            },
            Op::NilCheck(p) if self.is_not_nil(func, *p) => New::Gone,
            Op::Call(Callee::Indirect(code, _), args) => match self.code(func, *code) {
                Some(f) => New::Op(Op::Call(Callee::Func(f), args.clone())),
                None => New::Same,
            },
            Op::Call(Callee::Runtime(f), args) => self.native(func, *f, args),
            Op::Call(Callee::Func(f), args) if Some(*f) == self.makeslice => self.make_slice(func, args),
            _ => New::Same,
        }
    }

    /// What a boolean is the negation of.
    fn negated(&self, func: &Func, v: Value) -> Option<Value> {
        match *self.op(func, v)? {
            Op::Binary(BinOp::Xor, x, one) if func.ty(x) == Ty::I8 && self.int(func, one) == Some(1) => {
                Some(x)
            }
            _ => None,
        }
    }

    fn in_slot(&self, func: &Func, addr: Value, offset: i32) -> Option<(crate::func::Slot, u32)> {
        let Some(Op::SlotAddr(s, at)) = self.op(func, addr) else { return None };
        let at = u32::try_from(i64::from(*at) + i64::from(offset)).ok()?;
        (at < func.slots[*s].size).then_some((*s, at))
    }

    fn points_to_slot(&self, func: &Func, addr: Value) -> bool {
        let mut at = addr;
        while let Some(Op::PtrAdd(base, _)) = self.op(func, at) {
            at = *base;
        }
        matches!(self.op(func, at), Some(Op::SlotAddr(..)))
    }

    fn load(&self, addr: Value, offset: i32, ty: Option<Ty>, func: &Func) -> New {
        let Some(ty) = ty else { return New::Same };
        if let Some(&value) = self.captured.get(&(addr, offset))
            && func.ty(value) == ty
        {
            return New::Is(value);
        }
        if let Some((s, at)) = self.in_slot(func, addr, offset)
            && at + ty.size() <= func.slots[s].size
        {
            return New::Op(Op::SlotLoad(s, at));
        }
        let Some(&Op::SymAddr(symbol, base)) = self.op(func, addr) else { return New::Same };
        let Some(object) = data(self.module, symbol) else { return New::Same };
        let Ok(at) = u64::try_from(base + i64::from(offset)) else { return New::Same };
        match ty {
            Ty::Ptr => match address(object, at) {
                Some((target, addend)) => New::Op(Op::SymAddr(target, addend)),
                None => New::Same,
            },
            Ty::F32 | Ty::F64 => New::Same,
            _ => match constant(object, at, ty.size()) {
                Some(bits) => New::Op(Op::Iconst(extend(bits as i64, ty))),
                None => New::Same,
            },
        }
    }

    /// The function whose code address lies there, in constant data or a closure.
    fn loaded_code(&self, func: &Func, addr: Value, offset: i32) -> Option<FuncId> {
        if let (Some(&f), 0) = (self.closures.get(&addr), offset) {
            return Some(f);
        }
        let Some(&Op::SymAddr(symbol, base)) = self.op(func, addr) else { return None };
        let at = u64::try_from(base + i64::from(offset)).ok()?;
        let (target, addend) = address(data(self.module, symbol)?, at)?;
        match self.module.symbols.get(target.0 as usize)? {
            Symbol::Func(f) if addend == 0 => Some(FuncId::from(*f as usize)),
            _ => None,
        }
    }

    /// The function whose code address a value is.
    fn code(&self, func: &Func, v: Value) -> Option<FuncId> {
        if let Some(&f) = self.loaded.get(&v) {
            return Some(f);
        }
        let symbol = match self.op(func, v)? {
            Op::SymAddr(s, 0) => *s,
            Op::Convert(ConvOp::Bitcast, p) => match self.op(func, *p)? {
                Op::SymAddr(s, 0) => *s,
                _ => return None,
            },
            _ => return None,
        };
        match self.module.symbols.get(symbol.0 as usize)? {
            Symbol::Func(f) => Some(FuncId::from(*f as usize)),
            _ => None,
        }
    }

    /// `make([]T, len, cap)` of possible size.
    fn make_slice(&self, func: &Func, args: &[Value]) -> New {
        let &[element, len, cap] = args else { return New::Same };
        let (Some(n), Some(room)) = (self.int(func, len), self.int(func, cap)) else { return New::Same };
        if (0..=room).contains(&n)
            && room < 1 << 20
            && self.element_size(func, element).is_some_and(|s| s < 1 << 20)
        {
            return New::Op(Op::Call(Callee::Runtime(RuntimeFn::NewArray), vec![element, cap]));
        }
        New::Same
    }

    fn element_size(&self, func: &Func, descriptor: Value) -> Option<u64> {
        match self.op(func, descriptor) {
            Some(Op::SymAddr(s, 0)) => shape(self.module, *s).map(|shape| shape.size),
            _ => None,
        }
    }

    /// Typed moves in slots need no barrier.
    fn native(&self, func: &Func, f: RuntimeFn, args: &[Value]) -> New {
        let size = args.first().and_then(|&t| self.element_size(func, t));
        match (f, size.filter(|&size| size <= MAX_COPY), args) {
            (RuntimeFn::TypedMemMove, Some(size), &[_, dst, src]) if self.points_to_slot(func, dst) => {
                New::Op(Op::Copy { dst, src, size: size as u32 })
            }
            (RuntimeFn::TypedMemClr, Some(size), &[_, dst]) if self.points_to_slot(func, dst) => {
                New::Op(Op::Zero { dst, size: size as u32 })
            }
            _ => New::Same,
        }
    }

    fn binary(&self, func: &Func, op: BinOp, x: Value, y: Value, ty: Ty) -> New {
        if ty.is_float() {
            return New::Same;
        }
        let bits = ty.size() * 8;
        match (self.int(func, x), self.int(func, y)) {
            (Some(a), Some(b)) => match compute(op, extend(a, ty), extend(b, ty), bits) {
                Some(v) => New::Op(Op::Iconst(extend(v, ty))),
                None => New::Same,
            },
            (_, Some(0)) => match op {
                BinOp::Add | BinOp::Sub | BinOp::Or | BinOp::Shl | BinOp::Ushr | BinOp::Sshr => New::Is(x),
                BinOp::Mul | BinOp::And => New::Is(y),
                _ => New::Same,
            },
            (Some(0), _) => match op {
                BinOp::Add | BinOp::Or => New::Is(y),
                BinOp::Mul | BinOp::And => New::Is(x),
                _ => New::Same,
            },
            (_, Some(1)) if matches!(op, BinOp::Mul | BinOp::Sdiv | BinOp::Udiv) => New::Is(x),
            // A comparison is 0 or 1.
            (_, Some(1)) if op == BinOp::Xor => match self.op(func, x) {
                Some(&Op::Icmp(cond, a, b)) => New::Op(Op::Icmp(cond.inverse(), a, b)),
                _ => New::Same,
            },
            (Some(1), _) if op == BinOp::Mul => New::Is(y),
            _ => New::Same,
        }
    }

    fn compare(&self, func: &Func, cond: IntCond, x: Value, y: Value, ty: Ty) -> New {
        let bool = |b: bool| New::Op(Op::Iconst(i64::from(b)));
        if let (Some(a), Some(b)) = (self.int(func, x), self.int(func, y)) {
            return bool(holds(cond, a, b, ty));
        }
        if x == y {
            return bool(holds(cond, 0, 0, ty));
        }
        if !matches!(cond, IntCond::Eq | IntCond::Ne) || ty != Ty::Ptr {
            return New::Same;
        }
        let nil = |v: Value| self.int(func, v) == Some(0);
        if nil(x) && self.is_not_nil(func, y) || nil(y) && self.is_not_nil(func, x) {
            return bool(cond == IntCond::Ne);
        }
        match (self.op(func, x), self.op(func, y)) {
            (Some(Op::SymAddr(a, 0)), Some(Op::SymAddr(b, 0))) if a == b => bool(cond == IntCond::Eq),
            (Some(Op::SymAddr(a, 0)), Some(Op::SymAddr(b, 0))) => {
                let apart = [a, b].iter().all(|&&s| data(self.module, s).is_some_and(|d| d.size > 0));
                if apart { bool(cond == IntCond::Ne) } else { New::Same }
            }
            _ => New::Same,
        }
    }

    fn convert(&self, op: ConvOp, x: Value, from: Ty, to: Option<Ty>, func: &Func) -> New {
        let Some(to) = to else { return New::Same };
        match (op, self.int(func, x)) {
            (ConvOp::Sext, Some(c)) => New::Op(Op::Iconst(extend(c, from))),
            (ConvOp::Trunc, Some(c)) => New::Op(Op::Iconst(extend(c, to))),
            (ConvOp::Zext, Some(c)) => New::Op(Op::Iconst(extend(truncate(c, from), to))),
            (ConvOp::Bitcast, Some(0)) if !to.is_float() => New::Op(Op::Iconst(0)),
            (ConvOp::Bitcast, None) if from == to => New::Is(x),
            (ConvOp::Bitcast, None) => match self.op(func, x) {
                Some(&Op::Convert(ConvOp::Bitcast, inner)) if func.ty(inner) == to => New::Is(inner),
                _ => New::Same,
            },
            _ => New::Same,
        }
    }
}

/// The low bits, the rest 0.
fn truncate(v: i64, ty: Ty) -> i64 {
    match ty.size() {
        8 => v,
        n => v & ((1i64 << (n * 8)) - 1),
    }
}

/// The low bits, extended by sign: how constants are held.
fn extend(v: i64, ty: Ty) -> i64 {
    match ty.size() {
        1 => i64::from(v as i8),
        2 => i64::from(v as i16),
        4 => i64::from(v as i32),
        _ => v,
    }
}

fn compute(op: BinOp, a: i64, b: i64, bits: u32) -> Option<i64> {
    let mask = if bits == 64 { u64::MAX } else { (1u64 << bits) - 1 };
    let (ua, ub) = (a as u64 & mask, b as u64 & mask);
    Some(match op {
        BinOp::Add => a.wrapping_add(b),
        BinOp::Sub => a.wrapping_sub(b),
        BinOp::Mul => a.wrapping_mul(b),
        BinOp::And => a & b,
        BinOp::Or => a | b,
        BinOp::Xor if b != 0 => a ^ b,
        BinOp::Sdiv if b != 0 => a.wrapping_div(b),
        BinOp::Srem if b != 0 => a.wrapping_rem(b),
        BinOp::Udiv => ua.checked_div(ub)? as i64,
        BinOp::Urem => ua.checked_rem(ub)? as i64,
        BinOp::Shl if ub < u64::from(bits) => a.wrapping_shl(ub as u32),
        BinOp::Ushr if ub < u64::from(bits) => (ua >> ub) as i64,
        BinOp::Sshr if ub < u64::from(bits) => a >> ub,
        _ => return None,
    })
}

fn holds(cond: IntCond, a: i64, b: i64, ty: Ty) -> bool {
    let (a, b) = (extend(a, ty), extend(b, ty));
    let (ua, ub) = (truncate(a, ty) as u64, truncate(b, ty) as u64);
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::Slt => a < b,
        IntCond::Sle => a <= b,
        IntCond::Sgt => a > b,
        IntCond::Sge => a >= b,
        IntCond::Ult => ua < ub,
        IntCond::Ule => ua <= ub,
        IntCond::Ugt => ua > ub,
        IntCond::Uge => ua >= ub,
    }
}
