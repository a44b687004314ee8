//! Index expressions and bounds checks.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{BoundsKind, Op, Ty};
use gort_syntax::ast::Expr;

impl<'a> Body<'_, 'a> {
    /// An index, length or count as I64, and whether its type is signed.
    pub(super) fn index_value(&mut self, e: &'a Expr) -> (Value, bool) {
        if let Some(c) = self.fact(e).and_then(|tv| tv.value).and_then(|v| v.as_bits()) {
            return (self.i64(c as i64), true);
        }
        let signed = !matches!(self.shape(self.type_of(e)), Shape::Int { signed: false, .. });
        let v = self.expr(e);
        let v = self.scalar(&v);
        (self.adapt(v, Ty::I64, signed), signed)
    }

    pub(super) fn bounds_check(&mut self, kind: BoundsKind, index: Value, len: Value, signed: bool) {
        self.b.emit(Op::BoundsCheck { kind, index, len, signed }, &[]);
    }

    /// `x[i]` of something that is no place: a string, or a temporary array.
    pub(super) fn index_expr(&mut self, x: &'a Expr, i: &'a Expr) -> Val {
        let t = self.type_of(x);
        match self.shape(t) {
            Shape::String => {
                let v = self.expr(x);
                let (index, signed) = self.index_value(i);
                let (p, len) = (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64));
                self.bounds_check(BoundsKind::Index, index, len, signed);
                let addr = self.b.emit1(Op::PtrAdd(p, index), Ty::Ptr);
                Val::one(self.b.load(Ty::I8, addr, 0))
            }
            Shape::Array(elem, n) => {
                let v = self.expr(x);
                let v = self.stable(t, v);
                let (index, signed) = self.index_value(i);
                let len = self.i64(n);
                self.bounds_check(BoundsKind::Index, index, len, signed);
                match v {
                    Val::Mem { addr, .. } => {
                        let size = self.layout(elem).size;
                        let a: Addr = self.element(addr, index, size);
                        self.load(elem, a)
                    }
                    // One element, or none.
                    Val::Scalars(s) if n > 0 => Val::Scalars(s),
                    Val::Scalars(_) => self.zero_val(elem),
                }
            }
            Shape::Map => {
                let entry = self.map_entry_read(x, i);
                self.map_load(&entry)
            }
            _ => {
                self.unsupported(x.pos, "type parameters");
                self.zero_val(t)
            }
        }
    }
}
