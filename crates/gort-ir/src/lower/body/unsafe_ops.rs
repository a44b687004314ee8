//! Builtins of package unsafe that are not constants.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, Callee, ConvOp, IntCond, Op, Ty};
use crate::lower::layout::Scalar;
use gort_abi::runtime_fn::RuntimeFn;
use gort_syntax::ast::{CallExpr, Expr};
use gort_types::object::BuiltinId;
use gort_types::types::{BasicKind, Type, TypeId};

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

    /// `abi.EscapeNonString(v)`: what v points to is on the heap, but for bytes of strings. Its address may be hashed.
    pub(super) fn escape_non_string(&mut self, c: &'a CallExpr, sig: TypeId) {
        let values = self.arguments(c, sig);
        let params = self.l.signature(sig).params.clone();
        let (Some(v), Some(&param)) = (values.first(), params.first()) else { return };
        let t = self.l.obj_type(param);
        if !self.points_beyond_strings(t) {
            return;
        }
        let layout = self.layout(t);
        let pointers: Vec<Value> = match v {
            Val::Scalars(values) => {
                let traced = layout.scalars.iter().flat_map(|s| s.iter()).map(|s| s.traced);
                values.iter().zip(traced).filter(|(_, traced)| *traced).map(|(v, _)| *v).collect()
            }
            Val::Mem { addr, .. } => {
                let word = |at: &u32| Scalar::new(Ty::Ptr, *at);
                layout.pointers.iter().map(word).map(|s| self.load_scalar(*addr, s)).collect()
            }
        };
        for p in pointers {
            self.b.call(Callee::Runtime(RuntimeFn::Escape), vec![p], &[]);
        }
    }

    /// Has a value of the type pointers besides those of strings?
    fn points_beyond_strings(&mut self, t: TypeId) -> bool {
        let under = self.l.prog.under(t);
        match self.l.prog.types[under].clone() {
            Type::Basic(kind) => kind == BasicKind::UnsafePointer,
            Type::Array { elem, len } => len > 0 && self.points_beyond_strings(elem),
            Type::Struct(s) => s.fields.iter().any(|&f| {
                let t = self.l.obj_type(f);
                self.points_beyond_strings(t)
            }),
            _ => true,
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
