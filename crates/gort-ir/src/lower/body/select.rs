//! `select`
//!
//! The cases become an array of {channel, element address} in a slot, sends first; the runtime picks one.

use super::Body;
use super::value::{Addr, Val};
use crate::func::{SlotData, Value};
use crate::inst::{Op, Target, Ty};
use gort_syntax::ast::{AssignStmt, CommClause, Expr, ExprKind, SelectStmt, StmtKind, UnaryOp};
use gort_types::types::{BasicKind, TypeId};

/// A case, its operands evaluated.
struct Case<'a> {
    clause: &'a CommClause,
    chan: Value,
    elem: TypeId,
    /// What to send, or where to receive.
    addr: Addr,
    send: bool,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn select_stmt(&mut self, s: &'a SelectStmt) {
        let label = self.take_label();
        if s.cases.is_empty() {
            self.rt("block", Vec::new());
            return self.unreachable();
        }
        let mut cases = Vec::new();
        let mut default = None;
        for clause in &s.cases {
            match &clause.comm {
                None => default = Some(clause),
                Some(_) => {
                    if let Some(case) = self.select_case(clause) {
                        cases.push(case);
                    }
                }
            }
        }
        cases.sort_by_key(|c| !c.send);
        let sends = cases.iter().filter(|c| c.send).count() as i64;
        let n = cases.len() as u32;
        let slot = self.b.create_slot(SlotData {
            size: (16 * n).max(1),
            align: 8,
            pointers: (0..2 * n).map(|i| 8 * i).collect(),
        });
        for (i, c) in cases.iter().enumerate() {
            let elem = self.addr_value(c.addr);
            self.b.emit(Op::SlotStore(slot, 16 * i as u32, c.chan), &[]);
            self.b.emit(Op::SlotStore(slot, 16 * i as u32 + 8, elem), &[]);
        }
        let array = self.addr_value(Addr::slot(slot));
        let (count, sends) = (self.i64(i64::from(n)), self.i64(sends));
        let block = self.b.iconst(Ty::I8, i64::from(default.is_none()));
        let picked = self.rt("selectgo", vec![array, count, sends, block]);
        let &[index, ok] = picked.as_slice() else { return };
        self.dispatch(label, &cases, default, index, ok);
    }

    fn dispatch(
        &mut self,
        label: Option<std::sync::Arc<str>>,
        cases: &[Case<'a>],
        default: Option<&'a CommClause>,
        index: Value,
        ok: Value,
    ) {
        let done = self.b.create_block();
        let bodies: Vec<_> = cases.iter().map(|_| self.b.create_block()).collect();
        let other = self.b.create_block();
        let t = |block| Target { block, args: Vec::new() };
        if bodies.is_empty() {
            self.b.jump(other);
        } else {
            let targets = bodies.iter().enumerate().map(|(i, &b)| (i as i64, t(b))).collect();
            self.b.emit(Op::Switch { value: index, cases: targets, default: t(other) }, &[]);
        }
        self.enter(label, done, None);
        for (c, &body) in cases.iter().zip(&bodies) {
            self.b.seal(body);
            self.b.switch_to(body);
            if !c.send {
                self.received(c, ok);
            }
            self.stmts(&c.clause.body);
            self.b.jump(done);
        }
        self.b.seal(other);
        self.b.switch_to(other);
        match default {
            Some(c) => {
                self.stmts(&c.body);
                self.b.jump(done);
            }
            None => self.unreachable(),
        }
        self.leave();
        self.b.seal(done);
        self.continue_at(done);
    }

    /// Channel operand of a receive expression.
    fn received_from(e: &'a Expr) -> Option<&'a Expr> {
        match &e.unparen().kind {
            ExprKind::Unary(UnaryOp::Recv, c) => Some(c),
            _ => None,
        }
    }

    fn select_case(&mut self, clause: &'a CommClause) -> Option<Case<'a>> {
        let comm = clause.comm.as_ref()?;
        self.b.pos = comm.pos;
        if let StmtKind::Send(c, v) = &comm.kind {
            let elem = self.chan_elem(self.type_of(c));
            let chan = self.expr(c);
            let chan = self.nth(&chan, 0, Ty::Ptr);
            let v = self.stable_expr_to(v, elem);
            let addr = self.in_memory(elem, &v);
            return Some(Case { clause, chan, elem, addr, send: true });
        }
        let recv = match &comm.kind {
            StmtKind::Expr(e) => Self::received_from(e),
            StmtKind::Assign(a) | StmtKind::ShortVar(a) => a.rhs.first().and_then(Self::received_from),
            _ => None,
        };
        let Some(c) = recv else {
            self.surprise(comm.pos, "a select case that does not communicate");
            return None;
        };
        let elem = self.chan_elem(self.type_of(c));
        let chan = self.expr(c);
        let chan = self.nth(&chan, 0, Ty::Ptr);
        let addr = self.temp(elem);
        Some(Case { clause, chan, elem, addr, send: false })
    }

    /// Assigns what a case received.
    fn received(&mut self, c: &Case<'a>, ok: Value) {
        let Some(comm) = &c.clause.comm else { return };
        self.b.pos = comm.pos;
        let (a, define): (&'a AssignStmt, bool) = match &comm.kind {
            StmtKind::Assign(a) => (a, false),
            StmtKind::ShortVar(a) => (a, true),
            _ => return,
        };
        let ok = self.adapt(ok, Ty::I8, false);
        let bool_t = self.basic(BasicKind::Bool);
        let v = self.load(c.elem, c.addr);
        let values = [(v, c.elem), (Val::one(ok), bool_t)];
        for (x, (v, from)) in a.lhs.iter().zip(values) {
            self.assign_value(x, define, v, from);
        }
    }
}
