//! `min` and `max`

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, ConvOp, Op, Ty};
use gort_syntax::ast::{BinaryOp, Expr};
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn min_max(&mut self, t: TypeId, min: bool, args: &'a [Expr]) -> Val {
        let values: Vec<Val> = args.iter().map(|e| self.expr_to(e, t)).collect();
        let mut values = values.into_iter();
        let Some(mut best) = values.next() else { return self.zero_val(t) };
        for v in values {
            best = match self.shape(t) {
                Shape::Float(ty) => {
                    let (x, y) = (self.nth(&best, 0, ty), self.nth(&v, 0, ty));
                    Val::one(self.float_min_max(min, x, y, ty))
                }
                _ => {
                    let op = if min { BinaryOp::Lt } else { BinaryOp::Gt };
                    let better = self.compare(op, t, &v, &best);
                    self.select(better, &v, &best)
                }
            };
        }
        best
    }

    fn select(&mut self, cond: Value, x: &Val, y: &Val) -> Val {
        let (Val::Scalars(xs), Val::Scalars(ys)) = (x, y) else { return x.clone() };
        let pick = |(&x, &y): (&Value, &Value)| {
            let ty = self.b.func.ty(x);
            self.b.emit1(Op::Select(cond, x, y), ty)
        };
        Val::Scalars(xs.iter().zip(ys).map(pick).collect())
    }

    /// NaN if one of them is; -0 is less than 0.
    fn float_min_max(&mut self, min: bool, x: Value, y: Value, ty: Ty) -> Value {
        let bits = if ty == Ty::F32 { Ty::I32 } else { Ty::I64 };
        let (xb, yb) = (self.b.convert(ConvOp::Bitcast, x, bits), self.b.convert(ConvOp::Bitcast, y, bits));
        let both = self.b.binary(if min { BinOp::Or } else { BinOp::And }, xb, yb);
        let same = self.b.convert(ConvOp::Bitcast, both, ty);
        let nan = self.b.binary(BinOp::Fadd, x, y);
        let equal = self.float_compare(BinaryOp::Eq, x, y);
        let rest = self.b.emit1(Op::Select(equal, same, nan), ty);
        let less = self.float_compare(BinaryOp::Lt, x, y);
        let greater = self.float_compare(BinaryOp::Gt, x, y);
        let (lo, hi) = if min { (x, y) } else { (y, x) };
        let r = self.b.emit1(Op::Select(greater, hi, rest), ty);
        self.b.emit1(Op::Select(less, lo, r), ty)
    }
}
