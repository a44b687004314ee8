//! Builds a function: instructions in order, and SSA values for variables.
//!
//! Variables become values by the algorithm of Braun et al., "Simple and Efficient Construction of Static
//! Single Assignment Form" (2013): a block whose predecessors are all known is *sealed*; a use in an
//! unsealed block makes a parameter that is filled when it is sealed. Parameters that turn out to be
//! needless are removed by the `params` pass.

use crate::func::{Block, BlockData, ENTRY, Func, Inst, InstData, Slot, SlotData, Value, ValueData};
use crate::inst::{BinOp, Callee, ConvOp, IntCond, Op, Sig, Target, Ty};
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;

/// A variable of the source that lives in SSA values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Var(pub u32);

#[derive(Debug, Default)]
struct BlockState {
    sealed: bool,
    /// Terminators that lead here.
    preds: Vec<(Block, Inst)>,
    /// Parameters waiting for the block to be sealed.
    incomplete: Vec<(Var, Value)>,
}

/// Builds one [`Func`].
#[derive(Debug)]
pub struct FuncBuilder {
    /// The function so far.
    pub func: Func,
    /// Position for the next instructions.
    pub pos: Pos,
    current: Option<Block>,
    states: FxHashMap<Block, BlockState>,
    vars: Vec<Ty>,
    defs: FxHashMap<(Var, Block), Value>,
}

impl FuncBuilder {
    /// A function with an entry block, sealed and current, whose parameters are the function's.
    pub fn new(name: &str, sig: Sig, pos: Pos) -> Self {
        let func = Func { name: name.to_owned(), sig: sig.clone(), pos, ..Func::default() };
        let mut b = Self {
            func,
            pos,
            current: None,
            states: FxHashMap::default(),
            vars: Vec::new(),
            defs: FxHashMap::default(),
        };
        let entry = b.create_block();
        debug_assert_eq!(entry, ENTRY, "INV-IR-1");
        for ty in sig.params {
            b.add_param(entry, ty);
        }
        b.seal(entry);
        b.switch_to(entry);
        b
    }

    /// The function's parameters.
    pub fn params(&self) -> &[Value] {
        &self.func.blocks[ENTRY].params
    }

    /// A new block.
    pub fn create_block(&mut self) -> Block {
        let b = self.func.blocks.push(BlockData::default());
        self.states.insert(b, BlockState::default());
        b
    }

    /// Says that the block is rarely reached.
    pub fn set_cold(&mut self, b: Block) {
        self.func.blocks[b].cold = true;
    }

    /// A new parameter of a block, beyond those for variables (add it before any jump to the block).
    pub fn add_param(&mut self, b: Block, ty: Ty) -> Value {
        let v = self.func.values.push(ValueData { ty });
        self.func.blocks[b].params.push(v);
        v
    }

    /// Next instructions go to the end of `b`.
    pub fn switch_to(&mut self, b: Block) {
        self.current = Some(b);
    }

    /// The block that is being filled; `None` after a terminator.
    pub fn current(&self) -> Option<Block> {
        self.current
    }

    /// Is the current place unreachable (after a terminator)?
    pub fn is_terminated(&self) -> bool {
        self.current.is_none()
    }

    /// Does anything lead to `b` so far?
    pub fn has_preds(&self, b: Block) -> bool {
        self.states.get(&b).is_some_and(|s| !s.preds.is_empty())
    }

    /// All predecessors of `b` are known.
    pub fn seal(&mut self, b: Block) {
        let state = self.states.entry(b).or_default();
        if std::mem::replace(&mut state.sealed, true) {
            return;
        }
        let incomplete = std::mem::take(&mut state.incomplete);
        for (var, _param) in incomplete {
            self.add_args(b, var);
        }
    }

    /// A new stack slot.
    pub fn create_slot(&mut self, data: SlotData) -> Slot {
        self.func.slots.push(data)
    }

    /// A new variable.
    pub fn declare_var(&mut self, ty: Ty) -> Var {
        self.vars.push(ty);
        Var(self.vars.len() as u32 - 1)
    }

    /// The variable has this value from here on.
    pub fn def_var(&mut self, var: Var, value: Value) {
        if let Some(b) = self.current {
            self.defs.insert((var, b), value);
        }
    }

    /// The variable's value here. A variable never defined on the way is zero.
    pub fn use_var(&mut self, var: Var) -> Value {
        match self.current {
            Some(b) => self.use_var_in(var, b),
            None => self.dead_value(self.vars[var.0 as usize]),
        }
    }

    fn use_var_in(&mut self, var: Var, b: Block) -> Value {
        // Walk up chains of sealed single-predecessor blocks without recursion.
        let mut at = b;
        let mut path = Vec::new();
        let value = loop {
            if let Some(&v) = self.defs.get(&(var, at)) {
                break v;
            }
            let state = self.states.entry(at).or_default();
            if !state.sealed {
                let param = self.new_param(at, var);
                self.states.entry(at).or_default().incomplete.push((var, param));
                break param;
            }
            match state.preds.as_slice() {
                [] => break self.zero_at_entry(var, at),
                [(only, _)] if *only != at => {
                    path.push(at);
                    at = *only;
                }
                _ => {
                    let param = self.new_param(at, var);
                    self.add_args(at, var);
                    break param;
                }
            }
        };
        for p in path {
            self.defs.insert((var, p), value);
        }
        value
    }

    fn new_param(&mut self, b: Block, var: Var) -> Value {
        let ty = self.vars[var.0 as usize];
        let param = self.add_param(b, ty);
        self.defs.insert((var, b), param);
        param
    }

    /// Gives every predecessor of the sealed block the argument for the last unfilled parameter of `var`.
    fn add_args(&mut self, b: Block, var: Var) {
        let preds = self.states.get(&b).map(|s| s.preds.clone()).unwrap_or_default();
        for (pred, inst) in preds {
            let arg = self.use_var_in(var, pred);
            let op = &mut self.func.insts[inst].op;
            match op {
                Op::Jump(t) => t.args.push(arg),
                Op::Branch { then, els, .. } => {
                    for t in [then, els] {
                        if t.block == b {
                            t.args.push(arg);
                        }
                    }
                }
                Op::Switch { cases, default, .. } => {
                    for t in cases.iter_mut().map(|c| &mut c.1).chain([default]) {
                        if t.block == b {
                            t.args.push(arg);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Zero, at the start of a block without predecessors.
    fn zero_at_entry(&mut self, var: Var, b: Block) -> Value {
        let ty = self.vars[var.0 as usize];
        let v = self.func.values.push(ValueData { ty });
        let op = if ty.is_float() { Op::Fconst(0) } else { Op::Iconst(0) };
        let inst = self.func.insts.push(InstData { op, results: [v].into_iter().collect(), pos: self.pos });
        self.func.blocks[b].insts.insert(0, inst);
        self.defs.insert((var, b), v);
        v
    }

    fn dead_value(&mut self, ty: Ty) -> Value {
        self.func.values.push(ValueData { ty })
    }

    /// Appends an operation that defines values of the given types. In unreachable code nothing is
    /// appended and the results are never used in the function.
    pub fn emit(&mut self, op: Op, results: &[Ty]) -> Vec<Value> {
        let values: Vec<Value> = results.iter().map(|&ty| self.func.values.push(ValueData { ty })).collect();
        let Some(b) = self.current else { return values };
        let terminates = op.is_terminator();
        let mut successors = op.successors();
        let inst =
            self.func.insts.push(InstData { op, results: values.iter().copied().collect(), pos: self.pos });
        self.func.blocks[b].insts.push(inst);
        if terminates {
            successors.sort_unstable();
            successors.dedup();
            for s in successors {
                let state = self.states.entry(s).or_default();
                debug_assert!(!state.sealed, "INV-IR-1: new predecessor of a sealed block");
                state.preds.push((b, inst));
            }
            self.current = None;
        }
        values
    }

    /// As [`FuncBuilder::emit`], for one result.
    pub fn emit1(&mut self, op: Op, ty: Ty) -> Value {
        let v = self.emit(op, &[ty]);
        v[0]
    }

    /// Integer constant.
    pub fn iconst(&mut self, ty: Ty, v: i64) -> Value {
        self.emit1(Op::Iconst(v), ty)
    }

    /// The nil pointer.
    pub fn nil(&mut self) -> Value {
        self.iconst(Ty::Ptr, 0)
    }

    /// Two-operand operation.
    pub fn binary(&mut self, op: BinOp, a: Value, b: Value) -> Value {
        let ty = self.func.ty(a);
        self.emit1(Op::Binary(op, a, b), ty)
    }

    /// Integer comparison.
    pub fn icmp(&mut self, cond: IntCond, a: Value, b: Value) -> Value {
        self.emit1(Op::Icmp(cond, a, b), Ty::I8)
    }

    /// Conversion.
    pub fn convert(&mut self, op: ConvOp, v: Value, to: Ty) -> Value {
        self.emit1(Op::Convert(op, v), to)
    }

    /// Load from a pointer known not to be nil.
    pub fn load(&mut self, ty: Ty, addr: Value, offset: i32) -> Value {
        self.emit1(Op::Load { addr, offset, nil_check: false }, ty)
    }

    /// A call of a function with this signature.
    pub fn call(&mut self, callee: Callee, args: Vec<Value>, results: &[Ty]) -> Vec<Value> {
        self.emit(Op::Call(callee, args), results)
    }

    /// Jump with arguments for the block's explicit parameters.
    pub fn jump_args(&mut self, block: Block, args: Vec<Value>) {
        self.emit(Op::Jump(Target { block, args }), &[]);
    }

    /// Jump.
    pub fn jump(&mut self, block: Block) {
        self.jump_args(block, Vec::new());
    }

    /// Two-way branch to blocks without explicit parameters.
    pub fn branch(&mut self, cond: Value, then: Block, els: Block) {
        let t = |block| Target { block, args: Vec::new() };
        self.emit(Op::Branch { cond, then: t(then), els: t(els) }, &[]);
    }

    /// Return.
    pub fn ret(&mut self, values: Vec<Value>) {
        self.emit(Op::Return(values), &[]);
    }

    /// The finished function: unsealed blocks are sealed, unterminated ones end in `Unreachable`.
    pub fn finish(mut self) -> Func {
        let blocks: Vec<Block> = self.func.blocks.indices().collect();
        for &b in &blocks {
            self.seal(b);
        }
        for &b in &blocks {
            if self.func.terminator(b).is_none() {
                self.current = Some(b);
                self.emit(Op::Unreachable, &[]);
            }
        }
        self.func
    }
}
