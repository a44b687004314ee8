//! `switch` on values.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Block;
use crate::inst::{Op, Target, Ty};
use gort_syntax::ast::{BinaryOp, Expr, SwitchStmt};
use gort_types::types::TypeId;

/// From this many integer constants on a switch is one instruction.
const MIN_TABLE: usize = 5;

impl<'a> Body<'_, 'a> {
    pub(super) fn switch(&mut self, s: &'a SwitchStmt) {
        let label = self.take_label();
        if let Some(init) = &s.init {
            self.stmt(init);
        }
        let done = self.b.create_block();
        let bodies: Vec<Block> = s.cases.iter().map(|_| self.b.create_block()).collect();
        let default = s.cases.iter().position(|c| c.exprs.is_none()).and_then(|i| bodies.get(i).copied());
        let default = default.unwrap_or(done);
        match &s.tag {
            None => {
                for (c, &body) in s.cases.iter().zip(&bodies) {
                    for e in c.exprs.iter().flatten() {
                        let next = self.b.create_block();
                        self.cond(e, body, next);
                        self.b.seal(next);
                        self.b.switch_to(next);
                    }
                }
                self.b.jump(default);
            }
            Some(tag) => {
                let t = self.value_type(tag);
                let mut cases = s.cases.iter().flat_map(|c| c.exprs.iter().flatten());
                let constant = self.shape(t) == Shape::String && cases.all(|e| self.is_constant(e));
                let v = match if constant { self.borrowed(tag) } else { None } {
                    Some(v) => v,
                    None => self.expr_to(tag, t),
                };
                let v = self.stable(t, v);
                if !self.table(s, t, &v, &bodies, default) && !self.text_table(s, t, &v, &bodies, default) {
                    self.chain(s, tag, t, &v, &bodies, default);
                }
            }
        }
        self.enter(label, done, None);
        for (i, (c, &body)) in s.cases.iter().zip(&bodies).enumerate() {
            let next = bodies.get(i + 1).copied();
            // The clause before, lowered already, is the last that may fall through to this one.
            self.b.seal(body);
            self.b.switch_to(body);
            let saved = std::mem::replace(&mut self.jumps.next_clause, next);
            self.stmts(&c.body);
            self.jumps.next_clause = saved;
            self.b.jump(done);
        }
        self.leave();
        self.b.seal(done);
        self.continue_at(done);
    }

    /// Compares with one case after the other.
    fn chain(
        &mut self,
        s: &'a SwitchStmt,
        tag: &'a Expr,
        t: TypeId,
        v: &Val,
        bodies: &[Block],
        default: Block,
    ) {
        for (c, &body) in s.cases.iter().zip(bodies) {
            for e in c.exprs.iter().flatten() {
                self.b.pos = e.pos;
                let eq = self.case_matches(tag, t, v, e);
                let next = self.b.create_block();
                self.b.branch(eq, body, next);
                self.b.seal(next);
                self.b.switch_to(next);
            }
        }
        self.b.jump(default);
    }

    fn case_matches(&mut self, tag: &'a Expr, t: TypeId, v: &Val, e: &'a Expr) -> crate::func::Value {
        if self.is_nil(e) {
            return self.compare_nil(BinaryOp::Eq, v);
        }
        let te = self.value_type(e);
        if self.is_interface(t) != self.is_interface(te) {
            let b = self.expr_to(e, te);
            return if self.is_interface(t) {
                self.equal_mixed(v, t, &b, te)
            } else {
                self.equal_mixed(&b, te, v, t)
            };
        }
        if self.shape(t) == Shape::String
            && self.shape(te) == Shape::String
            && let Some(text) = self.constant_text(e)
            && Self::is_short(&text)
        {
            return self.equal_text(v, &text);
        }
        let common =
            if self.is_constant(tag) && !self.is_interface(te) { te } else { self.common_type(t, te, e) };
        let a = self.implicit(v.clone(), t, common);
        let b = self.expr_to(e, common);
        self.compare(BinaryOp::Eq, common, &a, &b)
    }

    /// Many integer constants: one `Switch`.
    fn table(&mut self, s: &'a SwitchStmt, t: TypeId, v: &Val, bodies: &[Block], default: Block) -> bool {
        let Shape::Int { ty, .. } = self.shape(t) else { return false };
        let mut cases: Vec<(i64, Target)> = Vec::new();
        for (c, &block) in s.cases.iter().zip(bodies) {
            for e in c.exprs.iter().flatten() {
                let bits = self.fact(e).and_then(|tv| tv.value).and_then(|v| v.as_bits());
                let Some(bits) = bits else { return false };
                let value = match ty {
                    Ty::I8 => i64::from(bits as i8),
                    Ty::I16 => i64::from(bits as i16),
                    Ty::I32 => i64::from(bits as i32),
                    _ => bits as i64,
                };
                if cases.iter().all(|c| c.0 != value) {
                    cases.push((value, Target { block, args: Vec::new() }));
                }
            }
        }
        if cases.len() < MIN_TABLE {
            return false;
        }
        let value = self.scalar(v);
        self.b.emit(Op::Switch { value, cases, default: Target { block: default, args: Vec::new() } }, &[]);
        true
    }
}
