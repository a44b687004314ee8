//! `for range` over functions: the loop body becomes a function that the iterator calls.
//!
//! The body is lowered at once, as a closure beside its function. What the two share is captured as any
//! literal does; besides, each loop has a record {state, next}. `state` says whether the body may be called;
//! `next`, in the record of the outermost loop of a nest, says where to go on after the iterator has returned:
//! 0 behind the loop, else a number for one of the exits (`return`, `break` and `continue` of loops further
//! out, `goto`). A body that leaves by an exit stores its number and returns false; each loop around takes the exit if
//! it leads to a place in its own function and passes it on otherwise. Results of a `return` are in cells.
//!
//! Go counterpart: `cmd/compile/internal/rangefunc`.

use super::Body;
use super::closure::Capture;
use super::value::{Addr, Val};
use super::variable::Home;
use crate::builder::Var;
use crate::func::{Block, Value};
use crate::inst::{IntCond, Op, Target, Ty};
use crate::lower::abi::First;
use gort_syntax::ast::{BlockStmt, BranchKind, Ident, RangeStmt, Stmt, StmtKind};
use gort_types::object::ObjId;
use gort_types::types::{BasicKind, TypeId};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// States of a loop, as package runtime knows them.
mod state {
    pub(super) const DONE: i64 = 0;
    pub(super) const READY: i64 = 1;
    pub(super) const PANIC: i64 = 2;
    pub(super) const EXHAUSTED: i64 = 3;
    pub(super) const MISSING_PANIC: i64 = 4;
}

/// Offset of `next` in a loop's record.
const NEXT: u64 = 8;

/// A way out of a loop body to a place in a function further out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exit {
    Return,
    Branch(BranchKind, Arc<str>),
}

/// The function being lowered is the body of such a loop.
#[derive(Debug)]
pub(super) struct RangeBody {
    /// Record of this loop.
    record: Var,
    /// Record of the outermost loop of the nest.
    root: Var,
    /// Which frame of the goroutine the surrounding function has, if it defers anything.
    frame: Option<Var>,
    /// Result variables and their types, of the surrounding function.
    results: Vec<ObjId>,
    result_types: Vec<TypeId>,
    /// All exits of the nest so far; its number is its index plus one.
    exits: Vec<Exit>,
    /// Exits that lead out of this body.
    taken: BTreeSet<usize>,
    /// Labels in this body.
    labels: FxHashSet<Arc<str>>,
}

/// What the body is made from.
struct Plan {
    sig: TypeId,
    /// The loop is in the body of another one, whose record is the root's.
    nested: bool,
    /// The closure has the surrounding function's frame.
    framed: bool,
    captures: Vec<Capture>,
    offsets: Vec<u64>,
    results: Vec<ObjId>,
    result_types: Vec<TypeId>,
    label: Option<Arc<str>>,
    exits: Vec<Exit>,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn range_func(&mut self, r: &'a RangeStmt, t: TypeId) {
        let label = self.take_label();
        let f = self.expr(&r.operand);
        let iterator = self.l.signature(t);
        let Some(&yield_param) = iterator.params.first() else { return };
        let sig = self.l.obj_type(yield_param);
        let record = self.new_record();
        let root = match &self.range {
            Some(range) => self.b.use_var(range.root),
            None => record,
        };
        let nested = self.range.is_some();
        let frame = match &self.range {
            Some(range) => range.frame.map(|frame| self.b.use_var(frame)),
            None if self.defers() => {
                let fp = self.b.emit1(Op::FramePointer, Ty::I64);
                Some(self.rt1("deferframe", vec![fp]))
            }
            None => None,
        };
        let (results, result_types) = match &self.range {
            Some(range) => (range.results.clone(), range.result_types.clone()),
            None if self.facts.range_returns(self.lit_key) => {
                (self.result_objs.clone(), self.abi.result_types.clone())
            }
            None => (Vec::new(), Vec::new()),
        };
        let exits = self.range.as_mut().map(|range| std::mem::take(&mut range.exits)).unwrap_or_default();
        let (record_var, root_var) = (self.ptr_var(record), self.ptr_var(root));
        // The closure: records, frame (those that there are), cells of results, captured variables.
        let pointer = self.basic(BasicKind::UnsafePointer);
        let word = self.basic(BasicKind::Uintptr);
        let mut fields = vec![(pointer, Val::one(record))];
        fields.extend(nested.then(|| (pointer, Val::one(root))));
        fields.extend(frame.map(|frame| (word, Val::one(frame))));
        for obj in &results {
            let cell = match self.homes.get(obj).cloned() {
                Some(Home::Cell(v)) => self.b.use_var(v),
                Some(Home::CellSlot(s)) => self.b.emit1(Op::SlotLoad(s, 0), Ty::Ptr),
                _ => self.b.nil(),
            };
            fields.push((pointer, Val::one(cell)));
        }
        let objs = self.facts.captures_at(r.body.lbrace);
        let mut captures = self.captured(objs, r.range_pos, &mut fields);
        self.ranges += 1;
        let name = format!("{}-range{}", self.name, self.ranges);
        let abi = self.l.fn_abi(sig, First::Ctx);
        let (id, _) = self.l.module.declare_func(&name, &abi.sig);
        let closure = self.closure_object(id, &fields);
        let offsets = self.capture_offsets(&fields);
        let first = fields.len() - captures.len();
        for (c, &offset) in captures.iter_mut().zip(offsets.get(first..).unwrap_or_default()) {
            c.offset = offset;
        }
        let plan = Plan {
            sig,
            nested,
            framed: frame.is_some(),
            captures,
            offsets,
            results,
            result_types,
            label,
            exits,
        };
        let (exits, taken) = self.lower_range_body(r, id, &name, plan);
        let target = super::call::Target::Closure(self.nth(&f, 0, Ty::Ptr));
        self.b.pos = r.range_pos;
        self.invoke(&target, t, vec![Val::one(closure)]);
        self.after_iterator(record_var, root_var, exits, &taken);
    }

    fn new_record(&mut self) -> Value {
        let int = self.int();
        let t = self.l.plain_struct(&[("state", int), ("next", int)]);
        let p = self.new_object(t);
        self.set_word(p, 0, state::READY);
        p
    }

    fn set_word(&mut self, record: Value, offset: u64, v: i64) {
        let value = self.i64(v);
        let op = Op::Store { addr: record, offset: offset as i32, value, nil_check: false, barrier: false };
        self.b.emit(op, &[]);
    }

    /// The body as a function of its own.
    fn lower_range_body(
        &mut self,
        r: &'a RangeStmt,
        id: crate::module::FuncId,
        name: &str,
        plan: Plan,
    ) -> (Vec<Exit>, BTreeSet<usize>) {
        let abi = self.l.fn_abi(plan.sig, First::Ctx);
        let facts = Rc::clone(&self.facts);
        let lit_key = self.lit_key;
        let mut body = Body::new(&mut *self.l, name.to_owned(), abi, facts, r.range_pos);
        body.lit_key = lit_key;
        let ctx = body.first_param();
        let mut offsets = plan.offsets.iter();
        let mut word = |body: &mut Body<'_, 'a>, ty| {
            let v = body.load_word(Addr::heap(ctx).plus(*offsets.next()?), ty);
            let var = body.b.declare_var(ty);
            body.b.def_var(var, v);
            Some(var)
        };
        let Some(record) = word(&mut body, Ty::Ptr) else { return Default::default() };
        let root = if plan.nested { word(&mut body, Ty::Ptr) } else { None }.unwrap_or(record);
        let frame = if plan.framed { word(&mut body, Ty::I64) } else { None };
        for &obj in &plan.results {
            let Some(cell) = word(&mut body, Ty::Ptr) else { break };
            body.homes.insert(obj, Home::Cell(cell));
        }
        body.bind_captures(ctx, &plan.captures);
        let mut labels = FxHashSet::default();
        collect_labels(&r.body.stmts, &mut labels);
        body.range = Some(Box::new(RangeBody {
            record,
            root,
            frame,
            results: plan.results,
            result_types: plan.result_types,
            exits: plan.exits,
            taken: BTreeSet::new(),
            labels,
        }));
        body.range_body(r, plan.sig, plan.label);
        let (exits, taken) = match body.range.take() {
            Some(range) => (range.exits, range.taken),
            None => Default::default(),
        };
        let func = body.finish();
        self.l.module.funcs[id].body = Some(func);
        (exits, taken)
    }

    fn range_body(&mut self, r: &'a RangeStmt, sig: TypeId, label: Option<Arc<str>>) {
        let Some(record) = self.range.as_ref().map(|range| range.record) else { return };
        let p = self.b.use_var(record);
        let now = self.b.load(Ty::I64, p, 0);
        let ready = self.i64(state::READY);
        let ok = self.b.icmp(IntCond::Eq, now, ready);
        let (start, bad) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold(bad);
        self.b.branch(ok, start, bad);
        self.b.seal(start);
        self.b.seal(bad);
        self.b.switch_to(bad);
        self.rt_abort("panicrangestate", vec![now]);
        self.b.switch_to(start);
        self.set_word(p, 0, state::PANIC);
        let signature = self.l.signature(sig);
        let params = self.param_values();
        let mut values = Vec::new();
        for (v, obj) in params.into_iter().zip(&signature.params) {
            let t = self.l.obj_type(*obj);
            values.push((self.stable(t, v), t));
        }
        let mut values = values.into_iter();
        let (k, v) = (values.next(), values.next());
        self.set_both(r, k, v);
        let (done, next) = (self.b.create_block(), self.b.create_block());
        self.enter(label, done, Some(next));
        self.stmts(&r.body.stmts);
        self.leave();
        self.b.jump(next);
        for (block, end, more) in [(next, state::READY, 1), (done, state::DONE, 0)] {
            self.b.seal(block);
            self.b.switch_to(block);
            self.yield_result(end, more);
        }
    }

    /// Returns from the body to the iterator.
    fn yield_result(&mut self, end: i64, more: i64) {
        let Some(record) = self.range.as_ref().map(|range| range.record) else { return };
        let p = self.b.use_var(record);
        self.set_word(p, 0, end);
        let more = self.b.iconst(Ty::I8, more);
        self.b.ret(vec![more]);
    }

    /// What follows the iterator's return: checks, and the exit that the body left by.
    fn after_iterator(&mut self, record: Var, root: Var, exits: Vec<Exit>, taken: &BTreeSet<usize>) {
        let p = self.b.use_var(record);
        let now = self.b.load(Ty::I64, p, 0);
        let panicked = self.i64(state::PANIC);
        let lost = self.b.icmp(IntCond::Eq, now, panicked);
        let (go_on, bad) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold(bad);
        self.b.branch(lost, bad, go_on);
        self.b.seal(go_on);
        self.b.seal(bad);
        self.b.switch_to(bad);
        let missing = self.i64(state::MISSING_PANIC);
        self.rt_abort("panicrangestate", vec![missing]);
        self.b.switch_to(go_on);
        self.set_word(p, 0, state::EXHAUSTED);
        if let Some(range) = &mut self.range {
            range.exits.clone_from(&exits);
        }
        if taken.is_empty() {
            return;
        }
        let root = self.b.use_var(root);
        let next = self.b.load(Ty::I64, root, NEXT as i32);
        let behind = self.b.create_block();
        let blocks: Vec<(i64, Block)> =
            taken.iter().map(|&i| (i as i64 + 1, self.b.create_block())).collect();
        let t = |block| Target { block, args: Vec::new() };
        let cases = blocks.iter().map(|&(code, block)| (code, t(block))).collect();
        self.b.emit(Op::Switch { value: next, cases, default: t(behind) }, &[]);
        for (&i, &(_, block)) in taken.iter().zip(&blocks) {
            self.b.seal(block);
            self.b.switch_to(block);
            let Some(exit) = exits.get(i) else { continue };
            self.take_exit(exit, i, root);
        }
        self.b.seal(behind);
        self.b.switch_to(behind);
    }

    /// Goes where an exit leads, or on to the loop around.
    fn take_exit(&mut self, exit: &Exit, number: usize, root: Value) {
        let here = match exit {
            Exit::Return if self.range.is_none() => {
                self.set_word(root, NEXT, 0);
                return self.return_named();
            }
            Exit::Return => None,
            Exit::Branch(kind, label) => self.branch_target(*kind, Some(label)),
        };
        match here {
            Some(block) => {
                self.set_word(root, NEXT, 0);
                self.b.jump(block);
            }
            None => {
                if let Some(range) = &mut self.range {
                    range.taken.insert(number);
                }
                self.yield_result(state::DONE, 0);
            }
        }
    }

    fn leave_by(&mut self, exit: Exit) {
        let Some(range) = &mut self.range else { return };
        let number = match range.exits.iter().position(|e| *e == exit) {
            Some(i) => i,
            None => {
                range.exits.push(exit);
                range.exits.len() - 1
            }
        };
        range.taken.insert(number);
        let root = range.root;
        let root = self.b.use_var(root);
        self.set_word(root, NEXT, number as i64 + 1);
        self.yield_result(state::DONE, 0);
    }

    /// A branch statement to a place outside of this loop body. False if there is no such thing.
    pub(super) fn leave_range_body(&mut self, kind: BranchKind, label: Option<&Ident>) -> bool {
        let (true, Some(label)) = (self.range.is_some(), label) else { return false };
        self.leave_by(Exit::Branch(kind, label.name.clone()));
        true
    }

    /// Is the label one of the function being lowered?
    pub(super) fn label_is_here(&self, label: &Arc<str>) -> bool {
        self.range.as_ref().is_none_or(|range| range.labels.contains(label))
    }

    /// `return` in a loop body, the values evaluated; `None`: the result variables hold them.
    pub(super) fn return_from_range(&mut self, values: Option<&[Val]>) {
        let Some(range) = &self.range else { return };
        let pairs: Vec<(ObjId, TypeId)> =
            range.results.iter().copied().zip(range.result_types.iter().copied()).collect();
        for (v, (obj, t)) in values.unwrap_or_default().iter().zip(pairs) {
            if let Some(home) = self.homes.get(&obj).cloned() {
                self.store_home(t, &home, v);
            }
        }
        self.leave_by(Exit::Return);
    }

    /// Types of the results that `return` returns here.
    pub(super) fn return_types(&self) -> Vec<TypeId> {
        match &self.range {
            Some(range) => range.result_types.clone(),
            None => self.abi.result_types.clone(),
        }
    }

    /// In a loop body: which frame of the goroutine the surrounding function has.
    pub(super) fn surrounding_frame(&mut self) -> Option<Value> {
        let var = self.range.as_ref()?.frame?;
        Some(self.b.use_var(var))
    }
}

/// Labels declared in a statement list, literals not included.
fn collect_labels(stmts: &[Stmt], out: &mut FxHashSet<Arc<str>>) {
    for s in stmts {
        collect_stmt_labels(s, out);
    }
}

fn collect_stmt_labels(s: &Stmt, out: &mut FxHashSet<Arc<str>>) {
    let block = |b: &BlockStmt, out: &mut FxHashSet<Arc<str>>| collect_labels(&b.stmts, out);
    match &s.kind {
        StmtKind::Labeled(id, s) => {
            out.insert(id.name.clone());
            collect_stmt_labels(s, out);
        }
        StmtKind::Block(b) => block(b, out),
        StmtKind::If(i) => {
            block(&i.then, out);
            if let Some(s) = &i.els {
                collect_stmt_labels(s, out);
            }
        }
        StmtKind::Switch(s) => s.cases.iter().for_each(|c| collect_labels(&c.body, out)),
        StmtKind::TypeSwitch(s) => s.cases.iter().for_each(|c| collect_labels(&c.body, out)),
        StmtKind::Select(s) => s.cases.iter().for_each(|c| collect_labels(&c.body, out)),
        StmtKind::For(f) => block(&f.body, out),
        StmtKind::Range(r) => block(&r.body, out),
        _ => {}
    }
}
