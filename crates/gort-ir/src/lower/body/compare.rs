//! Comparisons.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::{Block, Value};
use crate::inst::{FloatCond, IntCond, Op, Ty};
use gort_syntax::ast::{BinaryOp, Expr};
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    /// `x op y`
    pub(super) fn comparison(&mut self, op: BinaryOp, x: &'a Expr, y: &'a Expr) -> Value {
        if self.is_nil(x) || self.is_nil(y) {
            let operand = if self.is_nil(x) { y } else { x };
            if self.is_nil(operand) {
                return self.b.iconst(Ty::I8, i64::from(op == BinaryOp::Eq));
            }
            let v = self.expr(operand);
            return self.compare_nil(op, &v);
        }
        let (tx, ty) = (self.value_type(x), self.value_type(y));
        if self.is_interface(tx) != self.is_interface(ty) {
            let a = self.stable_expr_to(x, tx);
            let b = self.expr_to(y, ty);
            let eq = if self.is_interface(tx) {
                self.equal_mixed(&a, tx, &b, ty)
            } else {
                self.equal_mixed(&b, ty, &a, tx)
            };
            return if op == BinaryOp::Ne { self.not(eq) } else { eq };
        }
        let t = self.common_type(tx, ty, y);
        if self.shape(t) == Shape::String {
            // Evaluating y must not change the bytes of x.
            let [a, b] = if self.has_effect(y) && !self.is_constant(x) {
                self.pair_to([x, y], t)
            } else {
                [x, y].map(|e| self.borrowed(e).unwrap_or_else(|| self.expr_to(e, t)))
            };
            if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                let text = |e| self.constant_text(e).filter(|text| Self::is_short(text));
                let eq = match (text(x), text(y)) {
                    (_, Some(text)) => Some(self.equal_text(&a, &text)),
                    (Some(text), _) => Some(self.equal_text(&b, &text)),
                    _ => None,
                };
                if let Some(eq) = eq {
                    return if op == BinaryOp::Ne { self.not(eq) } else { eq };
                }
            }
            return self.compare(op, t, &a, &b);
        }
        let [a, b] = self.pair_to([x, y], t);
        self.compare(op, t, &a, &b)
    }

    /// The type in which operands of these types are compared.
    pub(super) fn common_type(&mut self, tx: TypeId, ty: TypeId, y: &Expr) -> TypeId {
        match (self.is_interface(tx), self.is_interface(ty)) {
            (true, false) => tx,
            (false, true) => ty,
            (true, true) => {
                // One is assignable to the other: the one with fewer methods is compared in.
                let n = |t: TypeId| self.l.prog.type_set(t).methods.len();
                if n(tx) <= n(ty) { tx } else { ty }
            }
            (false, false) => {
                if self.is_constant(y) {
                    tx
                } else {
                    ty
                }
            }
        }
    }

    pub(super) fn compare_nil(&mut self, op: BinaryOp, v: &Val) -> Value {
        let p = self.nth(v, 0, Ty::Ptr);
        let nil = self.b.nil();
        let cond = if op == BinaryOp::Eq { IntCond::Eq } else { IntCond::Ne };
        self.b.icmp(cond, p, nil)
    }

    /// Compares two values of type `t`.
    pub(super) fn compare(&mut self, op: BinaryOp, t: TypeId, x: &Val, y: &Val) -> Value {
        match self.shape(t) {
            Shape::Int { signed, .. } => {
                let (x, y) = (self.scalar(x), self.scalar(y));
                self.b.icmp(int_cond(op, signed), x, y)
            }
            Shape::Float(ty) => {
                let (x, y) = (self.nth(x, 0, ty), self.nth(y, 0, ty));
                self.float_compare(op, x, y)
            }
            Shape::String if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) => {
                let args = vec![
                    self.nth(x, 0, Ty::Ptr),
                    self.nth(x, 1, Ty::I64),
                    self.nth(y, 0, Ty::Ptr),
                    self.nth(y, 1, Ty::I64),
                ];
                let order = self.rt1("cmpstring", args);
                let zero = self.i64(0);
                self.b.icmp(int_cond(op, true), order, zero)
            }
            _ => {
                let eq = self.equal(t, x, y);
                if op == BinaryOp::Ne { self.not(eq) } else { eq }
            }
        }
    }

    pub(super) fn float_compare(&mut self, op: BinaryOp, x: Value, y: Value) -> Value {
        let cond = match op {
            BinaryOp::Eq => FloatCond::Eq,
            BinaryOp::Ne => FloatCond::Ne,
            BinaryOp::Lt => FloatCond::Lt,
            BinaryOp::Le => FloatCond::Le,
            BinaryOp::Gt => FloatCond::Gt,
            _ => FloatCond::Ge,
        };
        self.b.emit1(Op::Fcmp(cond, x, y), Ty::I8)
    }

    /// `x == y` for values of type `t`.
    pub(super) fn equal(&mut self, t: TypeId, x: &Val, y: &Val) -> Value {
        match self.shape(t) {
            Shape::Float(ty) => {
                let (x, y) = (self.nth(x, 0, ty), self.nth(y, 0, ty));
                self.float_compare(BinaryOp::Eq, x, y)
            }
            Shape::Complex(ty) => {
                let parts = [0, 1].map(|i| {
                    let (x, y) = (self.nth(x, i, ty), self.nth(y, i, ty));
                    self.float_compare(BinaryOp::Eq, x, y)
                });
                self.b.binary(crate::inst::BinOp::And, parts[0], parts[1])
            }
            Shape::String => self.equal_strings(x, y),
            Shape::Interface { empty } => self.equal_interfaces(x, y, empty),
            Shape::Struct | Shape::Array(..) => self.equal_aggregates(t, x, y),
            _ => {
                let (x, y) = (self.nth(x, 0, Ty::Ptr), self.nth(y, 0, Ty::Ptr));
                self.b.icmp(IntCond::Eq, x, y)
            }
        }
    }

    /// A block with the result as parameter, which is what earlier ends of a comparison jump to.
    fn join_bool(&mut self) -> (Block, Value) {
        let join = self.b.create_block();
        let result = self.b.add_param(join, Ty::I8);
        (join, result)
    }

    /// Goes on if `cond`; else the result at `join` is false.
    fn and_then(&mut self, cond: Value, join: Block) {
        let next = self.b.create_block();
        let t = |block, args| crate::inst::Target { block, args };
        let no = self.b.iconst(Ty::I8, 0);
        self.b.emit(Op::Branch { cond, then: t(next, Vec::new()), els: t(join, vec![no]) }, &[]);
        self.b.seal(next);
        self.b.switch_to(next);
    }

    fn finish_join(&mut self, last: Value, join: Block) {
        self.b.jump_args(join, vec![last]);
        self.b.seal(join);
        self.b.switch_to(join);
    }

    pub(super) fn equal_strings(&mut self, x: &Val, y: &Val) -> Value {
        let (p, n) = (self.nth(x, 0, Ty::Ptr), self.nth(x, 1, Ty::I64));
        let (q, m) = (self.nth(y, 0, Ty::Ptr), self.nth(y, 1, Ty::I64));
        let same_len = self.b.icmp(IntCond::Eq, n, m);
        let (join, result) = self.join_bool();
        self.and_then(same_len, join);
        let eq = self.rt_bool("memequal", vec![p, q, n]);
        self.finish_join(eq, join);
        result
    }

    fn equal_interfaces(&mut self, x: &Val, y: &Val, empty: bool) -> Value {
        let (tab, data) = (self.nth(x, 0, Ty::Ptr), self.nth(x, 1, Ty::Ptr));
        let (tab2, data2) = (self.nth(y, 0, Ty::Ptr), self.nth(y, 1, Ty::Ptr));
        let same_type = self.b.icmp(IntCond::Eq, tab, tab2);
        let (join, result) = self.join_bool();
        self.and_then(same_type, join);
        let eq = self.rt_bool(if empty { "efaceeq" } else { "ifaceeq" }, vec![tab, data, data2]);
        self.finish_join(eq, join);
        result
    }

    /// An interface value and one of a concrete type: equal types first.
    pub(super) fn equal_mixed(&mut self, i: &Val, iface: TypeId, v: &Val, t: TypeId) -> Value {
        let (word, data) = (self.nth(i, 0, Ty::Ptr), self.nth(i, 1, Ty::Ptr));
        let want = self.type_or_itab(t, iface);
        let same_type = self.b.icmp(IntCond::Eq, word, want);
        let (join, result) = self.join_bool();
        self.and_then(same_type, join);
        let held = self.unbox(data, t);
        let eq = self.equal(t, &held, v);
        self.finish_join(eq, join);
        result
    }

    fn equal_aggregates(&mut self, t: TypeId, x: &Val, y: &Val) -> Value {
        if matches!((x, y), (Val::Scalars(_), Val::Scalars(_))) {
            let parts: Vec<(TypeId, u64)> = match self.shape(t) {
                Shape::Array(elem, n) => {
                    if n > 0 {
                        vec![(elem, 0)]
                    } else {
                        Vec::new()
                    }
                }
                _ => {
                    let fields = self.field_types(t);
                    let named = fields.iter().enumerate().filter(|(i, _)| !self.field_is_blank(t, *i));
                    let named: Vec<(usize, TypeId)> = named.map(|(i, &f)| (i, f)).collect();
                    named.into_iter().map(|(i, f)| (f, u64::from(self.l.field_offset(t, i)))).collect()
                }
            };
            let (join, result) = self.join_bool();
            for (part, offset) in parts {
                let (a, b) = (self.part(t, x, offset, part), self.part(t, y, offset, part));
                let eq = self.equal(part, &a, &b);
                self.and_then(eq, join);
            }
            let yes = self.b.iconst(Ty::I8, 1);
            self.finish_join(yes, join);
            return result;
        }
        let (a, b) = (self.in_memory(t, x), self.in_memory(t, y));
        let (p, q) = (self.addr_value(a), self.addr_value(b));
        let f = self.l.equal_func(t);
        let ctx = self.b.nil();
        let eq = self.b.call(crate::inst::Callee::Func(f), vec![ctx, p, q], &[Ty::I8]);
        eq.first().copied().unwrap_or(p)
    }
}

/// The integer comparison for an operator.
pub(super) fn int_cond(op: BinaryOp, signed: bool) -> IntCond {
    match (op, signed) {
        (BinaryOp::Ne, _) => IntCond::Ne,
        (BinaryOp::Lt, true) => IntCond::Slt,
        (BinaryOp::Lt, false) => IntCond::Ult,
        (BinaryOp::Le, true) => IntCond::Sle,
        (BinaryOp::Le, false) => IntCond::Ule,
        (BinaryOp::Gt, true) => IntCond::Sgt,
        (BinaryOp::Gt, false) => IntCond::Ugt,
        (BinaryOp::Ge, true) => IntCond::Sge,
        (BinaryOp::Ge, false) => IntCond::Uge,
        _ => IntCond::Eq,
    }
}
