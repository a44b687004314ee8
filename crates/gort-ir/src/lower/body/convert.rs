//! Explicit conversions `T(x)`.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{BoundsKind, ConvOp, Ty};
use gort_syntax::ast::{Expr, ExprKind};
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn conversion(&mut self, to: TypeId, x: &'a Expr) -> Val {
        if self.is_nil(x) {
            return self.zero_val(to);
        }
        let from = self.value_type(x);
        if let (Some(value), false) = (self.fact(x).and_then(|tv| tv.value), self.is_interface(to)) {
            let same_kind = matches!(
                (self.shape(from), self.shape(to)),
                (Shape::Int { .. } | Shape::Float(_), Shape::Int { .. } | Shape::Float(_))
                    | (Shape::Complex(_), Shape::Complex(_))
                    | (Shape::String, Shape::String)
                    | (Shape::Bool, Shape::Bool)
            );
            if same_kind {
                return self.const_val(to, &value);
            }
        }
        let v = self.expr(x);
        self.convert_val(v, from, to)
    }

    /// `string(b)` or `[]byte(s)` without a copy, for one who looks at it only while the operand cannot change.
    pub(super) fn borrowed(&mut self, e: &'a Expr) -> Option<Val> {
        let ExprKind::Call(c) = &e.unparen().kind else { return None };
        let ([x], true, false) = (c.args.as_slice(), self.is_type(&c.fun), self.is_constant(e)) else {
            return None;
        };
        if self.is_nil(x) || self.is_constant(x) {
            return None;
        }
        let (from, to) = (self.value_type(x), self.value_type(e));
        match (self.shape(from), self.shape(to)) {
            (Shape::Slice(elem), Shape::String) if !self.is_rune(elem) => {
                let v = self.expr(x);
                Some(Val::Scalars(vec![self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64)]))
            }
            (Shape::String, Shape::Slice(elem)) if !self.is_rune(elem) => {
                let v = self.expr(x);
                let (p, len) = (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64));
                Some(Val::Scalars(vec![p, len, len]))
            }
            _ => None,
        }
    }

    fn convert_val(&mut self, v: Val, from: TypeId, to: TypeId) -> Val {
        match (self.shape(from), self.shape(to)) {
            (Shape::Int { signed, .. }, Shape::Int { ty, .. }) => {
                let v = self.scalar(&v);
                Val::one(self.adapt(v, ty, signed))
            }
            (Shape::Int { signed, .. }, Shape::Float(ty)) => {
                let v = self.scalar(&v);
                Val::one(self.int_to_float(v, signed, ty))
            }
            (Shape::Float(ty), Shape::Int { ty: to, signed }) => {
                let v = self.nth(&v, 0, ty);
                Val::one(self.float_to_int(v, to, signed))
            }
            (Shape::Float(from), Shape::Float(ty)) => {
                let v = self.nth(&v, 0, from);
                Val::one(self.adapt(v, ty, true))
            }
            (Shape::Complex(from), Shape::Complex(ty)) => {
                let (re, im) = (self.nth(&v, 0, from), self.nth(&v, 1, from));
                self.complex_of(re, im, ty)
            }
            (Shape::Int { signed, .. }, Shape::String) => {
                let v = self.scalar(&v);
                let v = self.adapt(v, Ty::I64, signed);
                let no_buffer = self.b.nil();
                Val::Scalars(self.rt("intstring", vec![no_buffer, v]))
            }
            (Shape::Slice(elem), Shape::String) => {
                let name = if self.is_rune(elem) { "slicerunetostring" } else { "slicebytetostring" };
                self.rt_of(name, v)
            }
            (Shape::String, Shape::Slice(elem)) => {
                let name = if self.is_rune(elem) { "stringtoslicerune" } else { "stringtoslicebyte" };
                self.rt_of(name, v)
            }
            (Shape::UnsafePointer, Shape::Int { ty, .. }) => {
                let v = self.nth(&v, 0, Ty::Ptr);
                Val::one(self.adapt(v, ty, false))
            }
            (Shape::Int { .. }, Shape::UnsafePointer) => {
                let v = self.scalar(&v);
                Val::one(self.adapt(v, Ty::Ptr, false))
            }
            (Shape::Slice(_), Shape::Array(_, n)) => {
                let p = self.slice_to_array(&v, n);
                self.load(to, Addr::heap(p))
            }
            (Shape::Slice(_), Shape::Pointer(array)) => {
                let n = match self.shape(array) {
                    Shape::Array(_, n) => n,
                    _ => 0,
                };
                Val::one(self.slice_to_array(&v, n))
            }
            _ => self.implicit(v, from, to),
        }
    }

    /// A function that takes a buffer first, see `escape::temporary`.
    fn rt_of(&mut self, name: &str, v: Val) -> Val {
        let Val::Scalars(mut args) = v else { return v };
        args.insert(0, self.b.nil());
        Val::Scalars(self.rt(name, args))
    }

    fn is_rune(&self, t: TypeId) -> bool {
        matches!(self.shape(t), Shape::Int { ty: Ty::I32, .. })
    }

    /// Checks that the slice has at least n elements; its data pointer.
    fn slice_to_array(&mut self, v: &Val, n: i64) -> Value {
        let index = self.i64(n);
        let len = self.nth(v, 1, Ty::I64);
        self.bounds_check(BoundsKind::SliceConvert, index, len, true);
        self.nth(v, 0, Ty::Ptr)
    }

    fn int_to_float(&mut self, v: Value, signed: bool, ty: Ty) -> Value {
        let wide = self.adapt(v, Ty::I64, signed);
        let unsigned = !signed && self.b.func.ty(v) == Ty::I64;
        self.b.convert(if unsigned { ConvOp::UintToFloat } else { ConvOp::SintToFloat }, wide, ty)
    }

    fn float_to_int(&mut self, v: Value, to: Ty, signed: bool) -> Value {
        let wide = match (to, signed) {
            (Ty::I64, false) => return self.b.convert(ConvOp::FloatToUint, v, Ty::I64),
            (Ty::I64, true) | (Ty::I32, false) => Ty::I64,
            _ => Ty::I32,
        };
        let v = self.b.convert(ConvOp::FloatToSint, v, wide);
        self.adapt(v, to, true)
    }
}
