//! `defer` and `go`, and how a function that defers ends.
//!
//! Such a function keeps its results in slots. Its normal exits store them and go to `run`, which calls
//! what was deferred, newest first, and then returns what the slots hold. After a recovered panic the
//! runtime continues at the landing block, which goes to `run` too: deferred calls that are left run, and
//! the function returns normally.

use super::Body;
use super::call::Target;
use super::value::Val;
use crate::func::Block;
use crate::inst::{Callee, IntCond, Op, Sig, Ty};
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::info::Mode;
use gort_types::types::TypeId;

/// The end of a function that defers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exit {
    run: Block,
}

impl<'a> Body<'_, 'a> {
    /// At the start of a function that defers.
    pub(super) fn begin_defers(&mut self) {
        let (normal, landing, run) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.emit(Op::DeferEnter { normal, landing }, &[]);
        self.b.seal(landing);
        self.b.switch_to(landing);
        self.b.jump(run);
        self.b.seal(normal);
        self.b.switch_to(normal);
        self.exit = Some(Exit { run });
    }

    /// The common exit.
    pub(super) fn end_defers(&mut self) {
        let Some(exit) = self.exit else { return };
        let (call, done) = (self.b.create_block(), self.b.create_block());
        self.b.switch_to(exit.run);
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
        self.b.jump(exit.run);
        self.b.seal(exit.run);
        self.b.switch_to(done);
        let values = self.result_values();
        self.emit_return(&values);
    }

    /// Goes to the common exit.
    pub(super) fn jump_exit(&mut self, exit: Exit) {
        self.b.jump(exit.run);
    }

    pub(super) fn defer_stmt(&mut self, e: &'a Expr) {
        let Some(f) = self.delayed_call(e, true) else { return };
        let fp = self.b.emit1(Op::FramePointer, Ty::I64);
        self.rt("deferproc", vec![f, fp]);
    }

    pub(super) fn go_stmt(&mut self, e: &'a Expr) {
        let Some(f) = self.delayed_call(e, false) else { return };
        self.rt("newproc", vec![f]);
    }

    /// Evaluates the function and arguments of a call now: a func() value that does the call.
    fn delayed_call(&mut self, e: &'a Expr, defer: bool) -> Option<crate::func::Value> {
        let inner = e.unparen();
        let saved = self.b.pos;
        self.b.pos = inner.pos;
        let f = self.delayed_call_inner(inner, defer);
        self.b.pos = saved;
        f
    }

    fn delayed_call_inner(&mut self, e: &'a Expr, defer: bool) -> Option<crate::func::Value> {
        let ExprKind::Call(c) = &e.kind else {
            self.surprise(e.pos, "defer or go without a call");
            return None;
        };
        let fun = c.fun.unparen();
        match self.mode(fun) {
            Mode::Builtin(id) => {
                let args = self.builtin_args(id, &c.args);
                let types: Vec<TypeId> = args.iter().map(|a| a.0).collect();
                return Some(self.delayed(defer, &args, move |body, values| {
                    let args: Vec<(TypeId, Val)> = types.into_iter().zip(values).collect();
                    body.apply_builtin(id, &args);
                }));
            }
            Mode::TypExpr => {
                self.expr(e);
                return None;
            }
            _ => {}
        }
        let sig = self.type_of(fun);
        let signature = self.l.signature(sig);
        let plain = signature.params.is_empty() && signature.results.is_empty();
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
        Some(self.delayed(defer, &captures, move |body, values| {
            let mut values = values.into_iter();
            let target = target.rebuilt(body, &mut values);
            body.invoke(&target, sig, values.collect());
        }))
    }

    fn delayed(
        &mut self,
        defer: bool,
        captures: &[(TypeId, Val)],
        code: impl FnOnce(&mut Body<'_, 'a>, Vec<Val>),
    ) -> crate::func::Value {
        self.wraps += 1;
        let name = format!("{}.{}wrap{}", self.name, if defer { "defer" } else { "go" }, self.wraps);
        let sig = self.func_type();
        self.thunk(&name, sig, captures, |body, values, _| {
            code(body, values);
            Vec::new()
        })
    }
}
