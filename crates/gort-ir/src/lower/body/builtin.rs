//! Builtin functions.

use super::Body;
use super::map_ops::Entry;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{IntCond, Op, Ty};
use gort_syntax::ast::{CallExpr, Expr, ExprKind};
use gort_types::object::BuiltinId;
use gort_types::types::{Type, TypeId};

impl<'a> Body<'_, 'a> {
    /// Offset of a field in the struct that it is selected from, embedded structs on the way included.
    fn offset_of(&mut self, x: &Expr) -> Value {
        let mut offset = 0;
        if let ExprKind::Selector(base, _) = &x.unparen().kind
            && let Some(s) = self.l.prog.info.selections.get(&x.unparen().id).cloned()
        {
            let mut t = self.type_of(base);
            for i in s.index {
                t = self.pointer_elem(t).unwrap_or(t);
                offset += i64::from(self.l.field_offset(t, i));
                let under = self.l.prog.under(t);
                if let Type::Struct(st) = &self.l.prog.types[under]
                    && let Some(&f) = st.fields.get(i)
                {
                    t = self.l.obj_type(f);
                }
            }
        }
        self.i64(offset)
    }

    pub(super) fn builtin(&mut self, e: &'a Expr, c: &'a CallExpr, id: BuiltinId) -> Val {
        let t = self.type_of(e);
        if let Some(values) = self.spread_args(&c.args) {
            return self.builtin_of_values(e, t, id, values);
        }
        match (id, c.args.as_slice()) {
            (BuiltinId::Append, [s, rest @ ..]) => self.append(t, s, rest, c.ellipsis.is_some()),
            (BuiltinId::Len, [x]) => self.length(x, 1),
            (BuiltinId::Cap, [x]) => self.length(x, 2),
            (BuiltinId::Complex, [re, im]) => {
                let Shape::Complex(part) = self.shape(t) else { return self.zero_val(t) };
                let part_t = self.complex_part(part);
                let (re, im) = (self.expr_to(re, part_t), self.expr_to(im, part_t));
                let (re, im) = (self.nth(&re, 0, part), self.nth(&im, 0, part));
                self.complex_of(re, im, part)
            }
            (BuiltinId::Real | BuiltinId::Imag, [x]) => {
                let v = self.expr(x);
                let Shape::Float(ty) = self.shape(t) else { return self.zero_val(t) };
                Val::one(self.nth(&v, usize::from(id == BuiltinId::Imag), ty))
            }
            (BuiltinId::UnsafeSizeof | BuiltinId::UnsafeAlignof, [x]) => {
                // Of a type parameter: constant in the instance only.
                let of = self.type_of(x);
                let layout = self.layout(of);
                let size = id == BuiltinId::UnsafeSizeof;
                Val::one(self.i64(if size { layout.size as i64 } else { i64::from(layout.align) }))
            }
            (BuiltinId::UnsafeOffsetof, [x]) => Val::one(self.offset_of(x)),
            (BuiltinId::Make, [of, sizes @ ..]) => self.make(t, of, sizes),
            (BuiltinId::Max | BuiltinId::Min, args) => self.min_max(t, id == BuiltinId::Min, args),
            (BuiltinId::New, [x]) => {
                let elem = self.pointer_elem(t).unwrap_or(t);
                if self.is_type(x) {
                    let p = self.new_object(elem);
                    self.note_expr(p, self.b.pos, || format!("new({})", gort_syntax::print::expr(x)));
                    return Val::one(p);
                }
                let v = self.expr_to(x, elem);
                let p = self.new_object(elem);
                self.store(elem, Addr::heap(p), &v);
                Val::one(p)
            }
            (
                BuiltinId::UnsafeAdd
                | BuiltinId::UnsafeSlice
                | BuiltinId::UnsafeSliceData
                | BuiltinId::UnsafeString
                | BuiltinId::UnsafeStringData,
                args,
            ) => self.unsafe_builtin(t, id, args),
            (
                BuiltinId::Close
                | BuiltinId::Copy
                | BuiltinId::Clear
                | BuiltinId::Delete
                | BuiltinId::Panic
                | BuiltinId::Print
                | BuiltinId::Println
                | BuiltinId::Recover,
                args,
            ) => {
                let args = self.builtin_args(id, args);
                self.apply_builtin(id, &args)
            }
            _ => {
                self.surprise(e.pos, "an unknown builtin");
                self.zero_val(t)
            }
        }
    }

    /// The values of `g()` in `f(g())`, if they are several.
    fn spread_args(&mut self, args: &'a [Expr]) -> Option<Vec<(TypeId, Val)>> {
        let [only] = args else { return None };
        let ExprKind::Call(inner) = &only.unparen().kind else { return None };
        let types = self.tuple_types(only.unparen());
        if types.len() < 2 {
            return None;
        }
        let values = self.call_values(only.unparen(), inner);
        Some(types.into_iter().zip(values).collect())
    }

    fn builtin_of_values(&mut self, e: &Expr, t: TypeId, id: BuiltinId, values: Vec<(TypeId, Val)>) -> Val {
        match (id, self.shape(t), values.as_slice()) {
            (BuiltinId::Append, Shape::Slice(elem), [(_, base), rest @ ..]) => {
                let rest: Vec<Val> =
                    rest.iter().map(|(from, v)| self.implicit(v.clone(), *from, elem)).collect();
                self.append_values(elem, base, &rest)
            }
            (BuiltinId::Complex, Shape::Complex(part), [(_, re), (_, im)]) => {
                let (re, im) = (self.nth(re, 0, part), self.nth(im, 0, part));
                self.complex_of(re, im, part)
            }
            (BuiltinId::Copy | BuiltinId::Print | BuiltinId::Println | BuiltinId::Delete, _, values) => {
                self.apply_builtin(id, values)
            }
            (BuiltinId::UnsafeAdd, _, [(_, p), (from, n)]) => {
                let signed = matches!(self.shape(*from), Shape::Int { signed: true, .. });
                let (p, n) = (self.nth(p, 0, Ty::Ptr), self.scalar(n));
                let n = self.adapt(n, Ty::I64, signed);
                Val::one(self.b.emit1(Op::PtrAdd(p, n), Ty::Ptr))
            }
            (BuiltinId::UnsafeSlice | BuiltinId::UnsafeString, _, [(_, p), (from, n)]) => {
                let signed = !matches!(self.shape(*from), Shape::Int { signed: false, .. });
                let (p, n) = (self.nth(p, 0, Ty::Ptr), self.scalar(n));
                let n = self.adapt(n, Ty::I64, signed);
                self.unsafe_sequence(t, id, p, n)
            }
            _ => {
                self.unsupported(e.pos, "this builtin of several results of a call");
                self.zero_val(t)
            }
        }
    }

    fn complex_part(&self, part: Ty) -> TypeId {
        use gort_types::types::BasicKind;
        self.basic(if part == Ty::F32 { BasicKind::Float32 } else { BasicKind::Float64 })
    }

    /// The arguments of a builtin that may be deferred.
    pub(super) fn builtin_args(&mut self, id: BuiltinId, args: &'a [Expr]) -> Vec<(TypeId, Val)> {
        let mut out = Vec::new();
        if let (BuiltinId::Delete, [m, k]) = (id, args) {
            let entry = self.map_entry(m, k);
            let key = self.l.prog.map_of(entry.map_type).map_or(entry.map_type, |m| m.0);
            return vec![(entry.map_type, Val::one(entry.map)), (key, entry.key)];
        }
        for e in args {
            if id == BuiltinId::Panic {
                let any = self.l.prog.any_type;
                out.push((any, self.expr_to(e, any)));
                continue;
            }
            if self.is_nil(e) {
                let t = self.basic(gort_types::types::BasicKind::UnsafePointer);
                out.push((t, self.zero_val(t)));
                continue;
            }
            let t = self.value_type(e);
            out.push((t, self.stable_expr_to(e, t)));
        }
        out
    }

    /// A builtin that may be deferred, its arguments evaluated.
    pub(super) fn apply_builtin(&mut self, id: BuiltinId, args: &[(TypeId, Val)]) -> Val {
        match (id, args) {
            (BuiltinId::Close, [(_, c)]) => {
                let c = self.nth(c, 0, Ty::Ptr);
                self.rt("closechan", vec![c]);
            }
            (BuiltinId::Copy, [(t, dst), (from, src)]) => return self.copy_builtin(*t, dst, *from, src),
            (BuiltinId::Clear, [(t, v)]) => self.clear(*t, v),
            (BuiltinId::Delete, [(t, m), (from, key)]) => {
                let to = self.l.prog.map_of(*t).map_or(*from, |m| m.0);
                let key = self.implicit(key.clone(), *from, to);
                let map = self.nth(m, 0, Ty::Ptr);
                self.map_delete(&Entry { map_type: *t, map, key });
            }
            (BuiltinId::Panic, [(_, v)]) => {
                let (word, data) = (self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::Ptr));
                self.rt_abort("gopanic", vec![word, data]);
            }
            (BuiltinId::Print, args) => self.print(args, false),
            (BuiltinId::Println, args) => self.print(args, true),
            (BuiltinId::Recover, _) => {
                let mut fp = self.b.emit1(Op::FramePointer, Ty::I64);
                if self.b.func.wrapper {
                    // `defer recover()`: what deferred it is the caller that counts.
                    fp = self.rt1("callerframe", vec![fp]);
                }
                return Val::Scalars(self.rt("gorecover", vec![fp]));
            }
            _ => {}
        }
        Val::Scalars(Vec::new())
    }

    pub(super) fn clear(&mut self, t: TypeId, v: &Val) {
        let Shape::Slice(elem) = self.shape(t) else {
            let m = self.nth(v, 0, Ty::Ptr);
            return self.map_clear(t, m);
        };
        let (p, n) = (self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::I64));
        let layout = self.layout(elem);
        if layout.has_pointers() {
            let ty = self.type_word(elem);
            self.rt("typedsliceclr", vec![ty, p, n]);
        } else {
            let bytes = self.scale(n, layout.size);
            self.rt("memclr", vec![p, bytes]);
        }
    }

    fn copy_builtin(&mut self, t: TypeId, dst: &Val, _from: TypeId, src: &Val) -> Val {
        let Shape::Slice(elem) = self.shape(t) else { return Val::one(self.i64(0)) };
        let (to, n) = (self.nth(dst, 0, Ty::Ptr), self.nth(dst, 1, Ty::I64));
        let (from, m) = (self.nth(src, 0, Ty::Ptr), self.nth(src, 1, Ty::I64));
        let less = self.b.icmp(IntCond::Slt, n, m);
        let count = self.b.emit1(Op::Select(less, n, m), Ty::I64);
        self.copy_elems(elem, to, from, count);
        Val::one(count)
    }

    /// Copies elements between arrays that may overlap.
    pub(super) fn copy_elems(&mut self, elem: TypeId, to: Value, from: Value, count: Value) {
        let layout = self.layout(elem);
        if layout.has_pointers() {
            let ty = self.type_word(elem);
            self.rt("typedslicecopy", vec![ty, to, from, count]);
        } else {
            let bytes = self.scale(count, layout.size);
            self.rt("memmove", vec![to, from, bytes]);
        }
    }

    /// `len(x)` (which = 1) or `cap(x)` (which = 2).
    fn length(&mut self, x: &'a Expr, which: usize) -> Val {
        let t = self.type_of(x);
        match self.shape(t) {
            Shape::String => {
                let v = self.expr(x);
                Val::one(self.nth(&v, 1, Ty::I64))
            }
            Shape::Slice(_) => {
                let v = self.expr(x);
                Val::one(self.nth(&v, which, Ty::I64))
            }
            Shape::Array(_, n) => {
                if self.has_effect(x) {
                    self.expr(x);
                }
                Val::one(self.i64(n))
            }
            Shape::Pointer(array) => {
                self.expr(x);
                let n = match self.shape(array) {
                    Shape::Array(_, n) => n,
                    _ => 0,
                };
                Val::one(self.i64(n))
            }
            Shape::Chan(_) => {
                let v = self.expr(x);
                let c = self.nth(&v, 0, Ty::Ptr);
                Val::one(self.rt1(if which == 1 { "chanlen" } else { "chancap" }, vec![c]))
            }
            Shape::Map => {
                let v = self.expr(x);
                let m = self.nth(&v, 0, Ty::Ptr);
                Val::one(self.map_len(m))
            }
            _ => {
                self.unsupported(x.pos, "type parameters");
                Val::one(self.i64(0))
            }
        }
    }

    fn make(&mut self, t: TypeId, of: &'a Expr, sizes: &'a [Expr]) -> Val {
        match self.shape(t) {
            Shape::Slice(elem) => {
                let len = match sizes.first() {
                    Some(n) => self.index_value(n).0,
                    None => self.i64(0),
                };
                let cap = match sizes.get(1) {
                    Some(n) => self.index_value(n).0,
                    None => len,
                };
                let ty = self.type_word(elem);
                let p = self.rt1("makeslice", vec![ty, len, cap]);
                self.note_expr(p, self.b.pos, || {
                    let words: Vec<String> =
                        [of].into_iter().chain(sizes).map(gort_syntax::print::expr).collect();
                    format!("make({})", words.join(", "))
                });
                Val::Scalars(vec![p, len, cap])
            }
            Shape::Chan(_) => {
                let size = match sizes.first() {
                    Some(n) => self.index_value(n).0,
                    None => self.i64(0),
                };
                let under = self.l.prog.under(t);
                let ty = self.type_word(under);
                Val::one(self.rt1("makechan", vec![ty, size]))
            }
            Shape::Map => self.make_map(t, sizes.first()),
            _ => {
                self.unsupported(of.pos, "type parameters");
                self.zero_val(t)
            }
        }
    }
}
