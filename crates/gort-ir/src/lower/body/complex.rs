//! Complex numbers: pairs of floats.

use super::Body;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, Ty};
use gort_syntax::ast::BinaryOp;

impl Body<'_, '_> {
    pub(super) fn complex_arith(&mut self, op: BinaryOp, x: &Val, y: &Val, ty: Ty) -> Val {
        let (a, b) = (self.nth(x, 0, ty), self.nth(x, 1, ty));
        let (c, d) = (self.nth(y, 0, ty), self.nth(y, 1, ty));
        match op {
            BinaryOp::Add | BinaryOp::Sub => {
                let re = self.float_arith(op, a, c);
                let im = self.float_arith(op, b, d);
                Val::Scalars(vec![re, im])
            }
            BinaryOp::Mul => {
                // As gc: in float64, also for complex64, against cancellation.
                let [a, b, c, d] = [a, b, c, d].map(|v| self.adapt(v, Ty::F64, true));
                let (ac, bd) = (self.mul(a, c), self.mul(b, d));
                let (ad, bc) = (self.mul(a, d), self.mul(b, c));
                let re = self.b.binary(BinOp::Fsub, ac, bd);
                let im = self.b.binary(BinOp::Fadd, ad, bc);
                self.complex_of(re, im, ty)
            }
            _ => {
                let args = [a, b, c, d].map(|v| self.adapt(v, Ty::F64, true)).to_vec();
                let q = self.rt("complex128div", args);
                match q.as_slice() {
                    &[re, im] => self.complex_of(re, im, ty),
                    _ => x.clone(),
                }
            }
        }
    }

    fn mul(&mut self, x: Value, y: Value) -> Value {
        self.b.binary(BinOp::Fmul, x, y)
    }

    /// A complex number of parts that are adapted to `ty`.
    pub(super) fn complex_of(&mut self, re: Value, im: Value, ty: Ty) -> Val {
        let re = self.adapt(re, ty, true);
        let im = self.adapt(im, ty, true);
        Val::Scalars(vec![re, im])
    }
}
