//! `defer` and `go`, and how a function that defers ends.
//!
//! Such a function keeps its results in slots. Its normal exits store them and go to `run`, which calls
//! what was deferred, newest first, and then returns what the slots hold. After a recovered panic the
//! runtime continues at the landing block, which goes to `run` too: deferred calls that are left run, and
//! the function returns normally.
//!
//! Two ways to remember what was deferred:
//!
//! * *Open*: every `defer` runs at most once. Each has a slot for its closure {code, captures...} and a bit in
//!   another slot that says whether it is pending. `run` tests the bits and does the calls themselves; only a panic
//!   calls through the closures, which the runtime finds by [`crate::func::OpenDefers`].
//! * *List*: a `defer` in a loop. Closures are objects of the heap, and the runtime keeps a list of them
//!   (`deferproc`, `deferpop`).

use super::Body;
use super::call::Target;
use super::facts::Defers;
use super::value::{Addr, MAX_SLOT, Val};
use crate::func::{Block, OpenDefers, Slot, SlotData, Value};
use crate::inst::{BinOp, Callee, IntCond, Op, Sig, Ty};
use crate::module::FuncId;
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::info::Mode;
use gort_types::types::TypeId;
use std::rc::Rc;

/// The end of a function that defers.
#[derive(Debug)]
pub(super) struct Exit {
    run: Block,
    /// If the function's defers are open: the bits, and the deferred calls so far.
    open: Option<(Slot, Vec<Site>)>,
}

/// What the call does, from the captured values.
type Code<'a> = Rc<dyn Fn(&mut Body<'_, 'a>, Vec<Val>) + 'a>;

/// A deferred call of a function with open defers, as `run` makes it.
#[derive(Clone, Debug)]
struct Site {
    closure: Slot,
    /// Code of the closure.
    func: FuncId,
}

impl<'a> Body<'_, 'a> {
    /// At the start of a function that defers.
    pub(super) fn begin_defers(&mut self, how: Defers) {
        let (normal, landing, run) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.emit(Op::DeferEnter { normal, landing }, &[]);
        self.b.seal(landing);
        self.b.switch_to(landing);
        self.b.jump(run);
        self.b.seal(normal);
        self.b.switch_to(normal);
        let open = (how == Defers::Open).then(|| {
            let bits = self.b.create_slot(SlotData { size: 8, align: 8, pointers: Vec::new() });
            let none = self.i64(0);
            self.b.emit(Op::SlotStore(bits, 0, none), &[]);
            (bits, Vec::new())
        });
        self.exit = Some(Exit { run, open });
    }

    /// The common exit.
    pub(super) fn end_defers(&mut self) {
        let Some(Exit { run, open }) = self.exit.take() else { return };
        self.b.switch_to(run);
        match open {
            Some((bits, sites)) => {
                self.b.seal(run);
                self.run_open(bits, &sites);
                let sites = sites.iter().map(|s| s.closure).collect();
                self.b.func.defers = Some(OpenDefers { bits, sites });
            }
            None => self.run_list(run),
        }
        let values = self.result_values();
        self.emit_return(&values);
    }

    fn run_list(&mut self, run: Block) {
        let (call, done) = (self.b.create_block(), self.b.create_block());
        let fp = self.b.emit1(Op::FramePointer, Ty::I64);
        let f = self.rt1("deferpop", vec![fp]);
        let nil = self.b.nil();
        let none = self.b.icmp(IntCond::Eq, f, nil);
        self.b.branch(none, done, call);
        self.b.seal(call);
        self.b.seal(done);
        self.b.switch_to(call);
        let code = self.b.emit1(Op::Load { addr: f, offset: 0, nil_check: true }, Ty::I64);
        let sig = Sig { params: vec![Ty::Ptr], results: Vec::new() };
        self.b.call(Callee::Indirect(code, sig), vec![f], &[]);
        self.b.jump(run);
        self.b.seal(run);
        self.b.switch_to(done);
    }

    /// Each call that is pending, the newest first. It is not pending any more when it begins.
    fn run_open(&mut self, bits: Slot, sites: &[Site]) {
        for (i, site) in sites.iter().enumerate().rev() {
            let (call, next) = (self.b.create_block(), self.b.create_block());
            let pending = self.b.emit1(Op::SlotLoad(bits, 0), Ty::I64);
            let mask = self.i64(1 << i);
            let bit = self.b.binary(BinOp::And, pending, mask);
            let zero = self.i64(0);
            let is_set = self.b.icmp(IntCond::Ne, bit, zero);
            self.b.branch(is_set, call, next);
            self.b.seal(call);
            self.b.switch_to(call);
            let rest = self.b.binary(BinOp::Xor, pending, bit);
            self.b.emit(Op::SlotStore(bits, 0, rest), &[]);
            let closure = self.b.emit1(Op::SlotAddr(site.closure, 0), Ty::Ptr);
            self.b.call(Callee::Func(site.func), vec![closure], &[]);
            self.b.jump(next);
            self.b.seal(next);
            self.b.switch_to(next);
        }
    }

    /// Goes to the common exit.
    pub(super) fn jump_exit(&mut self) {
        if let Some(exit) = &self.exit {
            self.b.jump(exit.run);
        }
    }

    /// Does the function defer anything, itself or in the body of a loop over a function?
    pub(super) fn defers(&self) -> bool {
        self.exit.is_some()
    }

    fn is_open(&self) -> bool {
        self.exit.as_ref().is_some_and(|e| e.open.is_some())
    }

    pub(super) fn defer_stmt(&mut self, e: &'a Expr) {
        let fun = match &e.unparen().kind {
            ExprKind::Call(c) => Some(c.fun.unparen()),
            _ => None,
        };
        if let Some(fun) = fun
            && self.is_open()
            && let ExprKind::FuncLit(lit) = &fun.kind
            && self.is_plain(fun)
        {
            let (func, captures) = self.func_lit_parts(fun, lit);
            return self.defer_open(func, &captures);
        }
        let Some(f) = self.delayed_call(e, true) else { return };
        if let Some(frame) = self.surrounding_frame() {
            self.rt("deferprocat", vec![f, frame]);
            return;
        }
        let fp = self.b.emit1(Op::FramePointer, Ty::I64);
        self.rt("deferproc", vec![f, fp]);
    }

    /// Fills the closure of a deferred call and marks it pending.
    fn defer_open(&mut self, func: FuncId, captures: &[(TypeId, Val)]) {
        let types: Vec<TypeId> = captures.iter().map(|c| c.0).collect();
        let t = self.closure_type(&types);
        let closure = self.slot_for(t);
        let code = self.func_addr(func);
        self.b.emit(Op::SlotStore(closure, 0, code), &[]);
        for (i, (field, v)) in captures.iter().enumerate() {
            let offset = u64::from(self.l.field_offset(t, i + 1));
            self.store(*field, Addr::slot(closure).plus(offset), v);
        }
        let Some(Exit { open: Some((bits, sites)), .. }) = &mut self.exit else { return };
        let bits = *bits;
        let mask = 1 << sites.len();
        sites.push(Site { closure, func });
        let pending = self.b.emit1(Op::SlotLoad(bits, 0), Ty::I64);
        let mask = self.i64(mask);
        let pending = self.b.binary(BinOp::Or, pending, mask);
        self.b.emit(Op::SlotStore(bits, 0, pending), &[]);
    }

    pub(super) fn go_stmt(&mut self, e: &'a Expr) {
        let Some(f) = self.delayed_call(e, false) else { return };
        self.rt("newproc", vec![f]);
    }

    /// Evaluates the function and arguments of a call now: a func() value that does the call. None if that is done
    /// already: an open deferred call.
    fn delayed_call(&mut self, e: &'a Expr, defer: bool) -> Option<Value> {
        let inner = e.unparen();
        let saved = self.b.pos;
        self.b.pos = inner.pos;
        let f = self.delayed_call_inner(inner, defer);
        self.b.pos = saved;
        f
    }

    /// Is it a function without parameters and results?
    fn is_plain(&mut self, fun: &Expr) -> bool {
        let sig = self.type_of(fun);
        let signature = self.l.signature(sig);
        signature.params.is_empty() && signature.results.is_empty()
    }

    fn delayed_call_inner(&mut self, e: &'a Expr, defer: bool) -> Option<Value> {
        let ExprKind::Call(c) = &e.kind else {
            self.surprise(e.pos, "defer or go without a call");
            return None;
        };
        let fun = c.fun.unparen();
        match self.mode(fun) {
            Mode::Builtin(id) => {
                let args = self.builtin_args(id, &c.args);
                let types: Vec<TypeId> = args.iter().map(|a| a.0).collect();
                return self.delayed(
                    defer,
                    &args,
                    Rc::new(move |body, values| {
                        let args: Vec<(TypeId, Val)> = types.iter().copied().zip(values).collect();
                        body.apply_builtin(id, &args);
                    }),
                );
            }
            Mode::TypExpr => {
                self.expr(e);
                return None;
            }
            _ => {}
        }
        let sig = self.type_of(fun);
        let plain = self.is_plain(fun);
        if plain && matches!(fun.kind, ExprKind::FuncLit(_)) {
            let v = self.expr(fun);
            return Some(self.nth(&v, 0, Ty::Ptr));
        }
        let target = self.target(fun);
        if let (true, false, Target::Closure(p)) = (plain, defer, &target) {
            return Some(*p);
        }
        let args = self.arguments(c, sig);
        let mut captures = target.captures(self, sig);
        let types = self.l.fn_abi(sig, crate::lower::abi::First::None).param_types.clone();
        captures.extend(types.into_iter().zip(args));
        self.delayed(
            defer,
            &captures,
            Rc::new(move |body, values| {
                let mut values = values.into_iter();
                let target = target.rebuilt(body, &mut values);
                body.invoke(&target, sig, values.collect());
            }),
        )
    }

    fn delayed(&mut self, defer: bool, captures: &[(TypeId, Val)], code: Code<'a>) -> Option<Value> {
        self.wraps += 1;
        let name = format!("{}.{}wrap{}", self.name, if defer { "defer" } else { "go" }, self.wraps);
        let sig = self.func_type();
        let run = move |body: &mut Body<'_, 'a>, values: Vec<Val>, _: Vec<Val>| {
            code(body, values);
            Vec::new()
        };
        if !(defer && self.is_open()) {
            return Some(self.thunk(&name, sig, captures, run));
        }
        let size: u64 = captures.iter().map(|c| self.layout(c.0).size).sum();
        if size <= MAX_SLOT {
            let func = self.thunk_code(&name, sig, captures, run);
            self.defer_open(func, captures);
            return None;
        }
        // Too big for the frame: the closure is an object, and calling it is what is deferred.
        let closure = self.thunk(&name, sig, captures, run);
        let captures = [(sig, Val::one(closure))];
        let func = self.thunk_code(&format!("{name}·object"), sig, &captures, move |body, values, _| {
            let closure = values.first().map(|v| body.nth(v, 0, Ty::Ptr));
            if let Some(closure) = closure {
                body.invoke(&Target::Closure(closure), sig, Vec::new());
            }
            Vec::new()
        });
        self.defer_open(func, &captures);
        None
    }
}
