//! Shifts: a count of the width or more shifts everything out, a negative one panics.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, IntCond, Op, Ty};
use gort_syntax::ast::{BinaryOp, Expr};
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn shift_expr(&mut self, e: &'a Expr, op: BinaryOp, x: &'a Expr, y: &'a Expr) -> Val {
        let t = self.type_of(e);
        let v = self.expr_to(x, t);
        self.shift(t, op, &v, y)
    }

    /// `x op y` for a value x of type t.
    pub(super) fn shift(&mut self, t: TypeId, op: BinaryOp, x: &Val, y: &'a Expr) -> Val {
        let Shape::Int { ty, signed } = self.shape(t) else { return self.zero_val(t) };
        let x = self.scalar(x);
        let width = i64::from(ty.size() * 8);
        let op = match (op, signed) {
            (BinaryOp::Shl, _) => BinOp::Shl,
            (_, true) => BinOp::Sshr,
            (_, false) => BinOp::Ushr,
        };
        if let Some(value) = self.fact(y).and_then(|tv| tv.value) {
            let count = value.as_u64().unwrap_or(u64::MAX).min(width as u64) as i64;
            return Val::one(self.shift_const(op, x, count, width, ty));
        }
        let (count, count_signed) = self.index_value(y);
        if count_signed {
            let zero = self.i64(0);
            let ok = self.b.icmp(IntCond::Sge, count, zero);
            self.or_panic(ok, "panicshift");
        }
        Val::one(self.shift_by(op, x, count, width, ty))
    }

    fn shift_const(&mut self, op: BinOp, x: Value, count: i64, width: i64, ty: Ty) -> Value {
        if count < width {
            let count = self.i64(count);
            return self.b.binary(op, x, count);
        }
        if op == BinOp::Sshr {
            let count = self.i64(width - 1);
            return self.b.binary(op, x, count);
        }
        self.b.iconst(ty, 0)
    }

    fn shift_by(&mut self, op: BinOp, x: Value, count: Value, width: i64, ty: Ty) -> Value {
        let limit = self.i64(width);
        let ok = self.b.icmp(IntCond::Ult, count, limit);
        let last = self.i64(width - 1);
        if op == BinOp::Sshr {
            let count = self.b.emit1(Op::Select(ok, count, last), Ty::I64);
            return self.b.binary(op, x, count);
        }
        let masked = self.b.binary(BinOp::And, count, last);
        let shifted = self.b.binary(op, x, masked);
        let zero = self.b.iconst(ty, 0);
        self.b.emit1(Op::Select(ok, shifted, zero), ty)
    }
}
