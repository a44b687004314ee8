//! Checks the invariants of [`crate::func`]: INV-IR-1 to INV-IR-4. It trusts nothing but the index types.
//!
//! Unreachable blocks are checked for their ends (INV-IR-2) only.

use crate::func::{Block, ENTRY, Func, Inst, Slot, Value};
use crate::inst::{BinOp, Callee, ConvOp, Op, Sig, Target, Ty};
use crate::module::Module;
use crate::passes::cfg::Cfg;
use gort_abi::runtime_fn::{RuntimeFn, Word};
use index_vec::IndexVec;
use std::fmt;

/// A broken invariant: a bug of the lowering or a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The function.
    pub func: String,
    /// The pass that ran last, if known.
    pub after: Option<&'static str>,
    /// What is wrong, with the instruction in text form.
    pub message: String,
}

impl VerifyError {
    /// Notes which pass ran last.
    #[must_use]
    pub fn after(mut self, pass: &'static str) -> Self {
        self.after = Some(pass);
        self
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.func, self.message)?;
        self.after.map_or(Ok(()), |pass| write!(f, " (after {pass})"))
    }
}

impl std::error::Error for VerifyError {}

type Check = Result<(), String>;

/// Checks one function. With the module, calls are checked against the callees' signatures too.
pub fn verify(func: &Func, module: Option<&Module>) -> Result<(), VerifyError> {
    let fail = |message| VerifyError { func: func.name.clone(), after: None, message };
    shape(func).map_err(fail)?;
    let cfg = Cfg::new(func);
    let mut v = Verifier { func, module, cfg: &cfg, def: index_vec::index_vec![None; func.values.len()] };
    v.run().map_err(fail)
}

/// Checks all functions of a module.
pub fn verify_module(module: &Module) -> Result<(), VerifyError> {
    module.funcs.iter().filter_map(|f| f.body.as_ref()).try_for_each(|f| verify(f, Some(module)))
}

/// INV-IR-2, and that every index is in range, so that nothing later can be out of bounds.
fn shape(func: &Func) -> Check {
    if func.blocks.is_empty() {
        return Err("INV-IR-2: no blocks".into());
    }
    for (b, data) in func.blocks.iter_enumerated() {
        if data.params.iter().any(|p| p.index() >= func.values.len()) {
            return Err(format!("INV-IR-1: parameter of b{} out of range", b.raw()));
        }
        let Some((last, before)) = data.insts.split_last() else {
            return Err(format!("INV-IR-2: b{} is empty", b.raw()));
        };
        if data.insts.iter().any(|i| i.index() >= func.insts.len()) {
            return Err(format!("INV-IR-2: instruction of b{} out of range", b.raw()));
        }
        if !func.insts[*last].op.is_terminator() {
            return Err(format!("INV-IR-2: b{} does not end in a terminator", b.raw()));
        }
        if before.iter().any(|&i| func.insts[i].op.is_terminator()) {
            return Err(format!("INV-IR-2: a terminator inside b{}", b.raw()));
        }
        for &i in &data.insts {
            let inst = &func.insts[i];
            let mut bad = inst.results.iter().any(|v| v.index() >= func.values.len());
            inst.op.for_each_operand(|v| bad |= v.index() >= func.values.len());
            bad |= inst.op.successors().iter().any(|b| b.index() >= func.blocks.len());
            if bad {
                return Err(format!("INV-IR-1: {:?} names what does not exist", inst.op));
            }
        }
    }
    Ok(())
}

struct Verifier<'a> {
    func: &'a Func,
    module: Option<&'a Module>,
    cfg: &'a Cfg,
    /// Block and place in it (0 for parameters).
    def: IndexVec<Value, Option<(Block, usize)>>,
}

impl Verifier<'_> {
    fn run(&mut self) -> Check {
        let func = self.func;
        let params: Vec<Ty> = func.blocks[ENTRY].params.iter().map(|&p| func.ty(p)).collect();
        if params != func.sig.params {
            return Err("INV-IR-3: the entry block's parameters are not the signature's".into());
        }
        if !self.cfg.preds(ENTRY).is_empty() {
            return Err("INV-IR-1: the entry block has predecessors".into());
        }
        for &b in &self.cfg.rpo {
            for &p in &func.blocks[b].params {
                self.define(p, b, 0)?;
            }
            for (at, &i) in func.blocks[b].insts.iter().enumerate() {
                for &r in &func.insts[i].results {
                    self.define(r, b, at + 1)?;
                }
            }
        }
        for &b in &self.cfg.rpo {
            for (at, &i) in func.blocks[b].insts.iter().enumerate() {
                let check = self.uses(i, b, at + 1).and_then(|()| self.types(i));
                check.map_err(|e| format!("{e} in b{}: {:?}", b.raw(), func.insts[i]))?;
            }
        }
        Ok(())
    }

    fn define(&mut self, v: Value, b: Block, at: usize) -> Check {
        match self.def[v].replace((b, at)) {
            None => Ok(()),
            Some(_) => Err(format!("INV-IR-1: v{} is defined twice", v.raw())),
        }
    }

    /// INV-IR-1 and INV-IR-4.
    fn uses(&self, inst: Inst, b: Block, at: usize) -> Check {
        let op = &self.func.insts[inst].op;
        let mut result: Check = Ok(());
        op.for_each_operand(|v| {
            let good = match self.def[v] {
                Some((db, da)) if db == b => da < at,
                Some((db, _)) => self.cfg.dominates(db, b),
                None => false,
            };
            if !good && result.is_ok() {
                result = Err(format!("INV-IR-1: v{} does not dominate its use", v.raw()));
            }
        });
        if let Op::DeferEnter { normal, landing } = op {
            if !self.func.blocks[*landing].params.is_empty() || !self.func.blocks[*normal].params.is_empty() {
                return Err("INV-IR-4: a parameter behind defer_enter".into());
            }
            if b != ENTRY {
                return Err("INV-IR-4: defer_enter is not at the function's start".into());
            }
            return result.and(self.landing(*landing));
        }
        result
    }

    /// INV-IR-4: from the landing on, no value from before it.
    fn landing(&self, landing: Block) -> Check {
        let mut reached: IndexVec<Block, bool> = index_vec::index_vec![false; self.func.blocks.len()];
        let mut stack = vec![landing];
        while let Some(b) = stack.pop() {
            if !std::mem::replace(&mut reached[b], true) {
                stack.extend(self.func.terminator(b).map(Op::successors).unwrap_or_default());
            }
        }
        for b in self.func.blocks.indices().filter(|&b| reached[b]) {
            for &i in &self.func.blocks[b].insts {
                let mut bad = None;
                self.func.insts[i].op.for_each_operand(|v| {
                    if self.def[v].is_none_or(|d| !reached[d.0]) {
                        bad = Some(v);
                    }
                });
                if let Some(v) = bad {
                    return Err(format!("INV-IR-4: v{} is used behind the landing in b{}", v.raw(), b.raw()));
                }
            }
        }
        Ok(())
    }

    fn ty(&self, v: Value) -> Ty {
        self.func.ty(v)
    }

    fn expect(&self, v: Value, ty: Ty) -> Check {
        match self.ty(v) {
            found if found == ty => Ok(()),
            found => Err(format!("INV-IR-3: v{} is {found}, not {ty}", v.raw())),
        }
    }

    fn integer(&self, v: Value) -> Check {
        match self.ty(v) {
            Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 => Ok(()),
            found => Err(format!("INV-IR-3: v{} is {found}, not an integer", v.raw())),
        }
    }

    fn float(&self, v: Value) -> Check {
        if self.ty(v).is_float() { Ok(()) } else { Err(format!("INV-IR-3: v{} is no float", v.raw())) }
    }

    fn target(&self, t: &Target) -> Check {
        let params = &self.func.blocks[t.block].params;
        if params.len() != t.args.len() {
            return Err(format!("INV-IR-3: {} arguments for b{}", t.args.len(), t.block.raw()));
        }
        params.iter().zip(&t.args).try_for_each(|(&p, &a)| self.expect(a, self.ty(p)))
    }

    fn slot(&self, s: Slot, offset: u32, size: u32) -> Check {
        match self.func.slots.get(s) {
            Some(data) if offset.checked_add(size).is_some_and(|end| end <= data.size) => Ok(()),
            _ => Err(format!("INV-IR-3: outside slot s{}", s.raw())),
        }
    }

    fn list(&self, values: &[Value], types: &[Ty], what: &str) -> Check {
        if values.len() != types.len() {
            return Err(format!("INV-IR-3: {} {what}, not {}", values.len(), types.len()));
        }
        values.iter().zip(types).try_for_each(|(&v, &ty)| self.expect(v, ty))
    }

    /// INV-IR-3.
    fn types(&self, inst: Inst) -> Check {
        let data = &self.func.insts[inst];
        let result = || data.results.first().map(|&r| self.ty(r));
        let wanted = match &data.op {
            Op::Call(callee, _) => match self.signature(callee) {
                Some(sig) => sig.results.len(),
                None => data.results.len(),
            },
            op if crate::passes::dead_code::is_pure(op) || has_one_result(op) => 1,
            _ => 0,
        };
        if data.results.len() != wanted {
            return Err(format!("INV-IR-3: {} results, not {wanted}", data.results.len()));
        }
        let Some(ty) = result() else { return self.effect_types(&data.op, &data.results) };
        match &data.op {
            Op::Iconst(0) if ty == Ty::Ptr => Ok(()),
            Op::Iconst(_) if ty == Ty::Ptr || ty.is_float() => Err("INV-IR-3: integer constant".into()),
            Op::Fconst(_) if !ty.is_float() => Err("INV-IR-3: float constant".into()),
            Op::SymAddr(..) | Op::GetG if ty != Ty::Ptr => Err("INV-IR-3: address".into()),
            Op::SlotAddr(s, offset) if ty == Ty::Ptr => self.slot(*s, *offset, 0),
            Op::FramePointer if ty != Ty::I64 => Err("INV-IR-3: address".into()),
            Op::Binary(op, a, b) => self.binary_types(*op, *a, *b, ty),
            Op::Unary(op, a) if op.is_float() => self.float(*a).and(self.expect(*a, ty)),
            Op::Unary(_, a) => self.integer(*a).and(self.expect(*a, ty)),
            Op::Icmp(_, a, b) if ty == Ty::I8 && !self.ty(*a).is_float() => self.expect(*b, self.ty(*a)),
            Op::Fcmp(_, a, b) if ty == Ty::I8 => self.float(*a).and(self.expect(*b, self.ty(*a))),
            Op::Icmp(..) | Op::Fcmp(..) | Op::SlotAddr(..) => Err("INV-IR-3: operand or result type".into()),
            Op::Convert(op, a) => self.conversion_types(*op, *a, ty),
            Op::Select(c, a, b) => self.expect(*c, Ty::I8).and(self.expect(*a, ty)).and(self.expect(*b, ty)),
            Op::PtrAdd(a, b) => self.expect(*a, Ty::Ptr).and(self.expect(*b, Ty::I64)),
            Op::Load { addr, .. } => self.expect(*addr, Ty::Ptr),
            Op::SlotLoad(s, offset) => self.slot(*s, *offset, ty.size()),
            Op::AtomicLoad(addr) => self.expect(*addr, Ty::Ptr),
            Op::AtomicRmw { addr, value, .. } => self.expect(*addr, Ty::Ptr).and(self.expect(*value, ty)),
            Op::AtomicCas { addr, old, new, .. } => {
                self.expect(*addr, Ty::Ptr).and(self.expect(*old, ty)).and(self.expect(*new, ty))
            }
            Op::Call(..) => self.effect_types(&data.op, &data.results),
            _ => Ok(()),
        }
    }

    fn binary_types(&self, op: BinOp, a: Value, b: Value, ty: Ty) -> Check {
        match op {
            BinOp::Shl | BinOp::Ushr | BinOp::Sshr | BinOp::Rotl => {
                self.integer(a).and(self.integer(b)).and(self.expect(a, ty))
            }
            BinOp::Fadd | BinOp::Fsub | BinOp::Fmul | BinOp::Fdiv | BinOp::Fcopysign => {
                self.float(a).and(self.expect(a, ty)).and(self.expect(b, ty))
            }
            _ => self.integer(a).and(self.expect(a, ty)).and(self.expect(b, ty)),
        }
    }

    fn conversion_types(&self, op: ConvOp, a: Value, to: Ty) -> Check {
        let from = self.ty(a);
        let int = |t: Ty| !t.is_float() && t != Ty::Ptr;
        let good = match op {
            ConvOp::Sext | ConvOp::Zext => int(from) && int(to) && from.size() < to.size(),
            ConvOp::Trunc => int(from) && int(to) && from.size() > to.size(),
            ConvOp::SintToFloat | ConvOp::UintToFloat => int(from) && to.is_float(),
            ConvOp::FloatToSint | ConvOp::FloatToUint => from.is_float() && int(to),
            ConvOp::Promote => from == Ty::F32 && to == Ty::F64,
            ConvOp::Demote => from == Ty::F64 && to == Ty::F32,
            ConvOp::Bitcast => from.size() == to.size(),
        };
        if good { Ok(()) } else { Err(format!("INV-IR-3: {} from {from} to {to}", op.word())) }
    }

    fn effect_types(&self, op: &Op, results: &[Value]) -> Check {
        match op {
            Op::Store { addr, value, barrier, .. } | Op::AtomicStore { addr, value, barrier } => {
                if *barrier {
                    self.expect(*value, Ty::Ptr)?;
                }
                self.expect(*addr, Ty::Ptr)
            }
            Op::SlotStore(s, offset, v) => self.slot(*s, *offset, self.ty(*v).size()),
            Op::Copy { dst, src, .. } => self.expect(*dst, Ty::Ptr).and(self.expect(*src, Ty::Ptr)),
            Op::Zero { dst, .. } => self.expect(*dst, Ty::Ptr),
            Op::NilCheck(a) => self.expect(*a, Ty::Ptr),
            Op::BoundsCheck { index, len, .. } => {
                self.expect(*index, Ty::I64).and(self.expect(*len, Ty::I64))
            }
            Op::Call(Callee::Runtime(f), args) => self.runtime_types(*f, args, results),
            Op::Call(callee, args) => match self.signature(callee) {
                Some(sig) => {
                    self.list(args, &sig.params, "arguments")?;
                    self.list(results, &sig.results, "results")
                }
                None => Ok(()),
            },
            Op::Branch { cond, then, els } => {
                self.expect(*cond, Ty::I8)?;
                self.target(then).and(self.target(els))
            }
            Op::Switch { value, cases, default } => {
                self.integer(*value)?;
                cases.iter().try_for_each(|c| self.target(&c.1)).and(self.target(default))
            }
            Op::Jump(t) => self.target(t),
            Op::Return(values) => self.list(values, &self.func.sig.results, "results"),
            _ => Ok(()),
        }
    }

    fn runtime_types(&self, f: RuntimeFn, args: &[Value], results: &[Value]) -> Check {
        let words = |values: &[Value], words: &[Word], what: &str| {
            if values.len() != words.len() {
                return Err(format!("INV-IR-3: {} {what} of {}", values.len(), f.name()));
            }
            values.iter().zip(words).try_for_each(|(&v, word)| match word {
                Word::p => self.expect(v, Ty::Ptr),
                Word::i => self.integer(v),
                Word::f => self.expect(v, Ty::F64),
            })
        };
        words(args, f.params(), "arguments").and(words(results, f.results(), "results"))
    }

    fn signature(&self, callee: &Callee) -> Option<Sig> {
        match callee {
            Callee::Func(f) => Some(self.module?.funcs.get(*f)?.sig.clone()),
            Callee::Indirect(_, sig) => Some(sig.clone()),
            Callee::Runtime(_) => None,
        }
    }
}
/// An instruction with an effect that has a result all the same.
fn has_one_result(op: &Op) -> bool {
    matches!(op, Op::Load { .. } | Op::AtomicLoad(_) | Op::AtomicRmw { .. } | Op::AtomicCas { .. })
}
