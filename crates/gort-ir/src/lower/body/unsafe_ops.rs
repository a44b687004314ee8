//! Builtins of package unsafe that are not constants.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, ConvOp, IntCond, Op, Ty};
use gort_syntax::ast::Expr;
use gort_types::object::BuiltinId;
use gort_types::types::TypeId;

/// No object is larger.
const MAX_OBJECT: u64 = 1 << 48;

impl<'a> Body<'_, 'a> {
    pub(super) fn unsafe_builtin(&mut self, t: TypeId, id: BuiltinId, args: &'a [Expr]) -> Val {
        let Some(first) = args.first() else { return self.zero_val(t) };
        let v = if self.is_nil(first) { self.zero_val(t) } else { self.expr(first) };
        let p = self.nth(&v, 0, Ty::Ptr);
        let n = match args.get(1) {
            Some(n) => self.index_value(n).0,
            None => return Val::one(p),
        };
        match id {
            BuiltinId::UnsafeAdd => Val::one(self.b.emit1(Op::PtrAdd(p, n), Ty::Ptr)),
            _ => self.unsafe_sequence(t, id, p, n),
        }
    }

    /// `unsafe.String(p, n)` and `unsafe.Slice(p, n)`
    pub(super) fn unsafe_sequence(&mut self, t: TypeId, id: BuiltinId, p: Value, n: Value) -> Val {
        match id {
            BuiltinId::UnsafeString => {
                self.check_unsafe(p, n, 1, "panicunsafestringlen", "panicunsafestringnilptr");
                Val::Scalars(vec![p, n])
            }
            _ => {
                let size = match self.shape(t) {
                    Shape::Slice(elem) => self.layout(elem).size,
                    _ => 1,
                };
                self.check_unsafe(p, n, size, "panicunsafeslicelen", "panicunsafeslicenilptr");
                Val::Scalars(vec![p, n, n])
            }
        }
    }

    fn check_unsafe(&mut self, p: Value, n: Value, size: u64, bad_len: &str, nil_ptr: &str) {
        let limit = self.i64((MAX_OBJECT / size.max(1)) as i64);
        let ok = self.b.icmp(IntCond::Ule, n, limit);
        self.or_panic(ok, bad_len);
        let (nil, zero) = (self.b.nil(), self.i64(0));
        let not_nil = self.b.icmp(IntCond::Ne, p, nil);
        let empty = self.b.icmp(IntCond::Eq, n, zero);
        let ok = self.b.binary(BinOp::Or, not_nil, empty);
        self.or_panic(ok, nil_ptr);
        // The memory ends within the address space: its size is at most what is left above `p`.
        let bytes = self.i64(size as i64);
        let bytes = self.b.binary(BinOp::Mul, n, bytes);
        let start = self.b.convert(ConvOp::Bitcast, p, Ty::I64);
        let left = self.b.binary(BinOp::Sub, zero, start);
        let ok = self.b.icmp(IntCond::Ule, bytes, left);
        self.or_panic(ok, bad_len);
    }
}
