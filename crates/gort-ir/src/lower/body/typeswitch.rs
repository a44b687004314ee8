//! `switch x.(type)`

use super::Body;
use super::value::Val;
use crate::func::{Block, Value};
use crate::inst::{IntCond, Ty};
use gort_syntax::ast::{CaseClause, Expr, ExprKind, TypeSwitchStmt};
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn type_switch(&mut self, s: &'a TypeSwitchStmt) {
        let label = self.take_label();
        if let Some(init) = &s.init {
            self.stmt(init);
        }
        let operand = match &s.operand.kind {
            ExprKind::TypeSwitchGuard(x) => x,
            _ => &s.operand,
        };
        let t = self.type_of(operand);
        let v = self.expr(operand);
        let done = self.b.create_block();
        self.enter(label, done, None);
        let mut default = None;
        for c in &s.cases {
            match c.exprs.as_deref() {
                None => default = Some(c),
                Some([only]) => self.single(c, only, &v, t, done),
                Some(list) => {
                    let body = self.b.create_block();
                    for e in list {
                        let hit = self.clause_matches(e, &v, t).0;
                        let next = self.b.create_block();
                        self.b.branch(hit, body, next);
                        self.b.seal(next);
                        self.b.switch_to(next);
                    }
                    self.clause(c, v.clone(), body, done);
                }
            }
        }
        if let Some(c) = default {
            self.bind(c, v);
            self.stmts(&c.body);
        }
        self.b.jump(done);
        self.leave();
        self.b.seal(done);
        self.continue_at(done);
    }

    /// A clause of one type, which is the type of its variable.
    fn single(&mut self, c: &'a CaseClause, e: &'a Expr, v: &Val, t: TypeId, done: Block) {
        let (hit, word) = self.clause_matches(e, v, t);
        let (body, next) = (self.b.create_block(), self.b.create_block());
        self.b.branch(hit, body, next);
        self.b.seal(body);
        self.b.seal(next);
        self.b.switch_to(body);
        if self.l.prog.info.implicits.contains_key(&c.pos) {
            let bound = if self.is_nil(e) {
                v.clone()
            } else {
                let to = self.type_of(e);
                self.matched_value(v, to, word)
            };
            self.bind(c, bound);
        }
        self.stmts(&c.body);
        self.b.jump(done);
        self.b.switch_to(next);
    }

    /// The body of a clause that several tests lead to; the next clause's tests follow.
    fn clause(&mut self, c: &'a CaseClause, v: Val, body: Block, done: Block) {
        let next = self.b.current();
        self.b.seal(body);
        self.b.switch_to(body);
        self.bind(c, v);
        self.stmts(&c.body);
        self.b.jump(done);
        if let Some(next) = next {
            self.b.switch_to(next);
        }
    }

    fn bind(&mut self, c: &CaseClause, v: Val) {
        if let Some(&obj) = self.l.prog.info.implicits.get(&c.pos) {
            self.declare(obj, Some(v));
        }
    }

    fn clause_matches(&mut self, e: &'a Expr, v: &Val, t: TypeId) -> (Value, Option<Value>) {
        self.b.pos = e.pos;
        if self.is_nil(e) {
            let word = self.nth(v, 0, Ty::Ptr);
            let nil = self.b.nil();
            return (self.b.icmp(IntCond::Eq, word, nil), None);
        }
        let to = self.type_of(e);
        self.matches_type(v, t, to)
    }
}
