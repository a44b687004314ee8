//! `append`

use super::Body;
use super::place::Place;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{BinOp, IntCond, Op, Target, Ty};
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::info::{Mode, SelectionKind};
use gort_types::object::BuiltinId;
use gort_types::types::TypeId;

/// What is appended: evaluated, and not yet in its place.
enum Tail {
    Values(Vec<Val>),
    Elems { from: Value, count: Value },
    Zeros(Value),
}

impl<'a> Body<'_, 'a> {
    pub(super) fn append(&mut self, t: TypeId, s: &'a Expr, rest: &'a [Expr], spread: bool) -> Val {
        let Shape::Slice(elem) = self.shape(t) else {
            self.unsupported(s.pos, "type parameters");
            return self.zero_val(t);
        };
        // As gc: a slice that some variable holds is read after the calls in what is appended.
        let early = self.has_effect(s).then(|| self.expr_to(s, t));
        let tail = self.tail(elem, rest, spread);
        let base = match early {
            Some(base) => base,
            None => self.expr_to(s, t),
        };
        self.append_tail(t, elem, &base, None, tail)
    }

    /// `x = append(x, ...)`, as gc does it: pointer and capacity in memory change only if the slice grows. False, and
    /// nothing done: `y` is no such expression.
    pub(super) fn append_in_place(&mut self, x: &'a Expr, y: &'a Expr) -> bool {
        let ExprKind::Call(c) = &y.unparen().kind else { return false };
        let [s, rest @ ..] = c.args.as_slice() else { return false };
        let is_append = matches!(self.mode(c.fun.unparen()), Mode::Builtin(BuiltinId::Append));
        if !is_append || self.has_effect(x) || !self.same_place(x, s) {
            return false;
        }
        let t = self.type_of(x);
        let Shape::Slice(elem) = self.shape(t) else { return false };
        let saved = std::mem::replace(&mut self.b.pos, y.unparen().pos);
        let tail = self.tail(elem, rest, c.ellipsis.is_some());
        let place = self.place(x);
        let place = self.resolve(place);
        let home = if let Place::Mem(home) = place { Some(home) } else { None };
        let base = self.load_place(t, place.clone());
        let grown = self.append_tail(t, elem, &base, home, tail);
        self.b.pos = saved;
        if home.is_none() {
            self.store_place(t, place, &grown);
        }
        true
    }

    /// Do both name the same place, wherever that is? Neither has an effect.
    fn same_place(&self, x: &Expr, y: &Expr) -> bool {
        let (x, y) = (x.unparen(), y.unparen());
        match (&x.kind, &y.kind) {
            (ExprKind::Star(x), ExprKind::Star(y)) => self.same_place(x, y),
            (ExprKind::Selector(base, _), ExprKind::Selector(other, _)) => {
                let selections = &self.l.prog.info.selections;
                match (selections.get(&x.id), selections.get(&y.id)) {
                    (Some(a), Some(b)) => {
                        let fields = a.kind == SelectionKind::FieldVal && b.kind == SelectionKind::FieldVal;
                        fields && a.index == b.index && self.same_place(base, other)
                    }
                    (None, None) => self.same_object(x, y),
                    _ => false,
                }
            }
            (ExprKind::Index(base, i), ExprKind::Index(other, j)) => {
                let ([i], [j]) = (i.as_slice(), j.as_slice()) else { return false };
                self.shape(self.type_of(base)) != Shape::Map
                    && self.same_place(base, other)
                    && (self.same_object(i, j) || self.same_constant(i, j))
            }
            (ExprKind::Name(_), ExprKind::Name(_)) => self.same_object(x, y),
            _ => false,
        }
    }

    fn same_object(&self, x: &Expr, y: &Expr) -> bool {
        self.object(x).is_some_and(|o| Some(o) == self.object(y))
    }

    fn same_constant(&self, x: &Expr, y: &Expr) -> bool {
        let value = |e: &Expr| self.l.prog.info.types.get(&e.id)?.value.clone();
        value(x).is_some_and(|v| Some(v) == value(y))
    }

    fn tail(&mut self, elem: TypeId, rest: &'a [Expr], spread: bool) -> Tail {
        let ([tail], true) = (rest, spread) else {
            return Tail::Values(rest.iter().map(|e| self.stable_expr_to(e, elem)).collect());
        };
        if self.is_nil(tail) {
            return Tail::Values(Vec::new());
        }
        if let Some(n) = self.made_len(tail) {
            let n = self.index_value(n).0;
            self.check_made_len(n);
            return Tail::Zeros(n);
        }
        let tail = self.expr(tail);
        Tail::Elems { from: self.nth(&tail, 0, Ty::Ptr), count: self.nth(&tail, 1, Ty::I64) }
    }

    /// `n`, if the expression is `make([]T, n)`: appended, that slice need not be made.
    fn made_len(&mut self, e: &'a Expr) -> Option<&'a Expr> {
        let ExprKind::Call(c) = &e.unparen().kind else { return None };
        let [_, n] = c.args.as_slice() else { return None };
        matches!(self.mode(c.fun.unparen()), Mode::Builtin(BuiltinId::Make)).then_some(n)
    }

    fn check_made_len(&mut self, n: Value) {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        let zero = self.i64(0);
        let negative = self.b.icmp(IntCond::Slt, n, zero);
        self.b.branch(negative, bad, good);
        self.b.seal(bad);
        self.b.set_cold(bad);
        self.b.switch_to(bad);
        self.rt("panicmakeslicelen", Vec::new());
        self.b.emit(Op::Unreachable, &[]);
        self.b.seal(good);
        self.b.switch_to(good);
    }

    /// Appends, and puts the new slice where the old one is: in memory at `home`, if that is given.
    fn append_tail(&mut self, t: TypeId, elem: TypeId, base: &Val, home: Option<Addr>, tail: Tail) -> Val {
        match tail {
            Tail::Values(values) if values.is_empty() => base.clone(),
            Tail::Values(values) => self.append_values_at(elem, base, home, &values),
            Tail::Elems { from, count } => {
                self.append_many(elem, base, home, count, |body, at| body.copy_elems(elem, at, from, count))
            }
            Tail::Zeros(count) => self.append_many(elem, base, home, count, |body, at| {
                body.clear(t, &Val::Scalars(vec![at, count, count]));
            }),
        }
    }

    pub(super) fn append_values(&mut self, elem: TypeId, base: &Val, values: &[Val]) -> Val {
        self.append_values_at(elem, base, None, values)
    }

    fn append_values_at(&mut self, elem: TypeId, base: &Val, home: Option<Addr>, values: &[Val]) -> Val {
        let count = self.i64(values.len() as i64);
        let (p, new_len, cap, old_len) = self.grow(elem, base, home, count, true);
        let size = self.layout(elem).size;
        let at = self.element(Addr::heap(p), old_len, size);
        for (i, v) in values.iter().enumerate() {
            self.store(elem, at.plus(i as u64 * size), v);
        }
        Val::Scalars(vec![p, new_len, cap])
    }

    /// Appends `count` elements; `fill` gives them their values, if there are any: it gets no pointer past the end.
    fn append_many(
        &mut self,
        elem: TypeId,
        base: &Val,
        home: Option<Addr>,
        count: Value,
        fill: impl FnOnce(&mut Self, Value),
    ) -> Val {
        let (p, new_len, cap, old_len) = self.grow(elem, base, home, count, false);
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

    /// Room for `count` more elements, `values` or all of a slice: pointer, new length, capacity, old length. As in gc, only
    /// values may come to lie in the frame: programs see the capacity.
    fn grow(
        &mut self,
        elem: TypeId,
        base: &Val,
        home: Option<Addr>,
        count: Value,
        values: bool,
    ) -> (Value, Value, Value, Value) {
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
        let grown = if values {
            let no_buffer = self.b.nil();
            self.rt("growslice", vec![p, new_len, cap, count, ty, no_buffer])
        } else {
            self.rt("growheap", vec![p, new_len, cap, count, ty])
        };
        let (grown_p, grown_cap) = match grown.as_slice() {
            &[p, _, cap] => (p, cap),
            _ => (p, cap),
        };
        if let Some(home) = home {
            self.store_word(home, Ty::Ptr, grown_p);
            self.store_word(home.plus(16), Ty::I64, grown_cap);
        }
        self.b.jump_args(join, vec![grown_p, grown_cap]);
        self.b.seal(join);
        self.b.switch_to(join);
        if let Some(home) = home {
            self.store_word(home.plus(8), Ty::I64, new_len);
        }
        (new_p, new_len, new_cap, len)
    }
}
