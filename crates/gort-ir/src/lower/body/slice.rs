//! Slice expressions.
//!
//! An empty result keeps the base pointer of its operand: one past the end of an array may be the next
//! object.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, BoundsKind, IntCond, Op, Ty};
use gort_syntax::ast::{Expr, SliceExpr};

/// What is sliced.
struct Operand {
    ptr: Value,
    len: Value,
    cap: Value,
    elem_size: u64,
    /// A slice, whose capacity may be more than its length.
    is_slice: bool,
    is_string: bool,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn slice_expr(&mut self, e: &'a Expr, s: &'a SliceExpr) -> Val {
        let Some(o) = self.slice_operand(&s.operand) else { return self.zero_of(e) };
        let mut index = [None; 3];
        for (to, from) in index.iter_mut().zip(&s.index) {
            *to = from.as_ref().map(|i| self.index_value(i));
        }
        let (high_kind, max_kind) = if o.is_slice {
            (BoundsKind::SliceAcap, BoundsKind::Slice3Acap)
        } else {
            (BoundsKind::SliceAlen, BoundsKind::Slice3Alen)
        };
        let zero = self.i64(0);
        let (low, low_signed) = index[0].unwrap_or((zero, true));
        let (high, max);
        if let Some((m, signed)) = index[2] {
            self.bounds_check(max_kind, m, o.cap, signed);
            let (h, signed) = index[1].unwrap_or((o.len, true));
            self.bounds_check(BoundsKind::Slice3B, h, m, signed);
            if index[0].is_some() {
                self.bounds_check(BoundsKind::Slice3C, low, h, low_signed);
            }
            (high, max) = (h, m);
        } else {
            let h = match index[1] {
                Some((h, signed)) => {
                    self.bounds_check(high_kind, h, o.cap, signed);
                    h
                }
                None => o.len,
            };
            if index[0].is_some() {
                self.bounds_check(BoundsKind::SliceB, low, h, low_signed);
            }
            (high, max) = (h, o.cap);
        }
        if index[0].is_none() {
            return if o.is_string {
                Val::Scalars(vec![o.ptr, high])
            } else {
                Val::Scalars(vec![o.ptr, high, max])
            };
        }
        let len = self.b.binary(BinOp::Sub, high, low);
        let room = if o.is_string { len } else { self.b.binary(BinOp::Sub, max, low) };
        let delta = self.scale(low, o.elem_size);
        let some = self.b.icmp(IntCond::Ne, room, zero);
        let delta = self.b.emit1(Op::Select(some, delta, zero), Ty::I64);
        let ptr = self.b.emit1(Op::PtrAdd(o.ptr, delta), Ty::Ptr);
        Val::Scalars(if o.is_string { vec![ptr, len] } else { vec![ptr, len, room] })
    }

    fn slice_operand(&mut self, x: &'a Expr) -> Option<Operand> {
        let t = self.type_of(x);
        match self.shape(t) {
            Shape::String => {
                let v = self.expr(x);
                let (ptr, len) = (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64));
                Some(Operand { ptr, len, cap: len, elem_size: 1, is_slice: false, is_string: true })
            }
            Shape::Slice(elem) => {
                let v = self.expr(x);
                let elem_size = self.layout(elem).size;
                let (ptr, len, cap) =
                    (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64), self.nth(&v, 2, Ty::I64));
                Some(Operand { ptr, len, cap, elem_size, is_slice: true, is_string: false })
            }
            Shape::Pointer(array) => {
                let Shape::Array(elem, n) = self.shape(array) else { return None };
                let v = self.expr(x);
                let ptr = self.nth(&v, 0, Ty::Ptr);
                self.b.emit(Op::NilCheck(ptr), &[]);
                Some(self.array_operand(ptr, elem, n))
            }
            Shape::Array(elem, n) => {
                let place = self.place(x);
                let addr = self.place_addr(place, t, x);
                let ptr = self.addr_value(addr);
                Some(self.array_operand(ptr, elem, n))
            }
            _ => {
                self.unsupported(x.pos, "type parameters");
                None
            }
        }
    }

    fn array_operand(&mut self, ptr: Value, elem: gort_types::types::TypeId, n: i64) -> Operand {
        let len = self.i64(n);
        let elem_size = self.layout(elem).size;
        Operand { ptr, len, cap: len, elem_size, is_slice: false, is_string: false }
    }
}
