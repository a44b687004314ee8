//! `append`

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{BinOp, IntCond, Op, Target, Ty};
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::info::Mode;
use gort_types::object::BuiltinId;
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn append(&mut self, t: TypeId, s: &'a Expr, rest: &'a [Expr], spread: bool) -> Val {
        let Shape::Slice(elem) = self.shape(t) else {
            self.unsupported(s.pos, "type parameters");
            return self.zero_val(t);
        };
        let base = self.expr_to(s, t);
        if spread {
            let [tail] = rest else { return base };
            if self.is_nil(tail) {
                return base;
            }
            if let Some(n) = self.made_len(tail) {
                let n = self.index_value(n).0;
                return self.append_zeros(t, elem, &base, n);
            }
            let tail = self.expr(tail);
            return self.append_slice(elem, &base, &tail);
        }
        if rest.is_empty() {
            return base;
        }
        let values: Vec<Val> = rest.iter().map(|e| self.stable_expr_to(e, elem)).collect();
        self.append_values(elem, &base, &values)
    }

    pub(super) fn append_values(&mut self, elem: TypeId, base: &Val, values: &[Val]) -> Val {
        let count = self.i64(values.len() as i64);
        let (p, new_len, cap, old_len) = self.grow(elem, base, count);
        let size = self.layout(elem).size;
        let at = self.element(Addr::heap(p), old_len, size);
        for (i, v) in values.iter().enumerate() {
            self.store(elem, at.plus(i as u64 * size), v);
        }
        Val::Scalars(vec![p, new_len, cap])
    }

    /// `n`, if the expression is `make([]T, n)`: appended, that slice need not be made.
    fn made_len(&mut self, e: &'a Expr) -> Option<&'a Expr> {
        let ExprKind::Call(c) = &e.unparen().kind else { return None };
        let [_, n] = c.args.as_slice() else { return None };
        matches!(self.mode(c.fun.unparen()), Mode::Builtin(BuiltinId::Make)).then_some(n)
    }

    fn append_zeros(&mut self, t: TypeId, elem: TypeId, base: &Val, count: Value) -> Val {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        let zero = self.i64(0);
        let negative = self.b.icmp(IntCond::Slt, count, zero);
        self.b.branch(negative, bad, good);
        self.b.seal(bad);
        self.b.set_cold(bad);
        self.b.switch_to(bad);
        self.rt("panicmakeslicelen", Vec::new());
        self.b.emit(Op::Unreachable, &[]);
        self.b.seal(good);
        self.b.switch_to(good);
        self.append_tail(elem, base, count, |body, at| {
            body.clear(t, &Val::Scalars(vec![at, count, count]));
        })
    }

    fn append_slice(&mut self, elem: TypeId, base: &Val, tail: &Val) -> Val {
        let (from, count) = (self.nth(tail, 0, Ty::Ptr), self.nth(tail, 1, Ty::I64));
        self.append_tail(elem, base, count, |body, at| body.copy_elems(elem, at, from, count))
    }

    /// Appends `count` elements; `fill` gives them their values, if there are any: it gets no pointer past the end.
    fn append_tail(
        &mut self,
        elem: TypeId,
        base: &Val,
        count: Value,
        fill: impl FnOnce(&mut Self, Value),
    ) -> Val {
        let (p, new_len, cap, old_len) = self.grow(elem, base, count);
        let (some, done) = (self.b.create_block(), self.b.create_block());
        let zero = self.i64(0);
        let any = self.b.icmp(IntCond::Ne, count, zero);
        self.b.branch(any, some, done);
        self.b.seal(some);
        self.b.switch_to(some);
        let size = self.layout(elem).size;
        let at = self.element(Addr::heap(p), old_len, size);
        let at = self.addr_value(at);
        fill(self, at);
        self.b.jump(done);
        self.b.seal(done);
        self.b.switch_to(done);
        Val::Scalars(vec![p, new_len, cap])
    }

    /// Room for `count` more elements: pointer, new length, capacity, old length.
    fn grow(&mut self, elem: TypeId, base: &Val, count: Value) -> (Value, Value, Value, Value) {
        let (p, len, cap) =
            (self.nth(base, 0, Ty::Ptr), self.nth(base, 1, Ty::I64), self.nth(base, 2, Ty::I64));
        let new_len = self.b.binary(BinOp::Add, len, count);
        let fits = self.b.icmp(IntCond::Ule, new_len, cap);
        let (grow, join) = (self.b.create_block(), self.b.create_block());
        let new_p = self.b.add_param(join, Ty::Ptr);
        let new_cap = self.b.add_param(join, Ty::I64);
        let t = |block, args| Target { block, args };
        self.b.emit(Op::Branch { cond: fits, then: t(join, vec![p, cap]), els: t(grow, Vec::new()) }, &[]);
        self.b.seal(grow);
        self.b.set_cold(grow);
        self.b.switch_to(grow);
        let ty = self.type_word(elem);
        let grown = self.rt("growslice", vec![p, new_len, cap, count, ty]);
        let args = match grown.as_slice() {
            &[p, _, cap] => vec![p, cap],
            _ => vec![p, cap],
        };
        self.b.jump_args(join, args);
        self.b.seal(join);
        self.b.switch_to(join);
        (new_p, new_len, new_cap, len)
    }
}
