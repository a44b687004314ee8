//! Composite literals.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::inst::Ty;
use gort_syntax::ast::{CompositeLit, Expr, ExprKind, Ident};
use gort_types::types::{Type, TypeId};

impl<'a> Body<'_, 'a> {
    pub(super) fn composite(&mut self, e: &'a Expr, c: &'a CompositeLit) -> Val {
        let t = self.type_of(e);
        match self.shape(t) {
            // An element `{...}` of a literal with pointer elements: `&T{...}`.
            Shape::Pointer(base) => {
                let p = self.new_object(base);
                self.composite_into(base, c, Addr::heap(p), true);
                Val::one(p)
            }
            Shape::Slice(elem) => self.slice_literal(elem, c),
            Shape::Map => self.map_literal(t, c),
            Shape::Struct if self.scalar_tys(t).is_some() => self.flat_struct(t, c),
            Shape::Struct | Shape::Array(..) => {
                let addr = self.temp(t);
                self.composite_into(t, c, addr, false);
                if self.scalar_tys(t).is_some() {
                    return self.load(t, addr);
                }
                Val::Mem { addr, fresh: true }
            }
            _ => {
                self.unsupported(e.pos, "type parameters");
                self.zero_val(t)
            }
        }
    }

    /// Is the value at that place of the literal one for a blank field, which stays zero? Keys name none.
    pub(super) fn blank_value(&self, t: TypeId, c: &CompositeLit, i: usize) -> bool {
        let keyed = c.elems.get(i).is_none_or(|e| matches!(e.kind, ExprKind::KeyValue(..)));
        !keyed && self.field_is_blank(t, i)
    }

    /// The fields that are given: offset, type and value.
    pub(super) fn given_fields(&mut self, t: TypeId, c: &'a CompositeLit) -> Vec<(u64, TypeId, &'a Expr)> {
        let mut out = Vec::new();
        for (i, e) in c.elems.iter().enumerate() {
            match &e.kind {
                ExprKind::KeyValue(k, v) => {
                    let ExprKind::Name(id) = &k.kind else { continue };
                    match self.key_path(t, id) {
                        Some(path) => out.extend(self.at_path(t, &path).map(|(o, f)| (o, f, &**v))),
                        None => self.surprise(k.pos, "an unknown field in a literal"),
                    }
                }
                _ => out.extend(self.at_path(t, &[i]).map(|(o, f)| (o, f, e))),
            }
        }
        out
    }

    /// Which field a key names: a promoted one is recorded with its path.
    fn key_path(&self, t: TypeId, id: &Ident) -> Option<Vec<usize>> {
        if let Some(s) = self.l.prog.info.selections.get(&id.id) {
            return Some(s.index.clone());
        }
        let Type::Struct(s) = self.l.prog.ty(self.l.prog.under(t)) else { return None };
        s.fields.iter().position(|&f| self.l.prog.objs[f].name == id.name).map(|i| vec![i])
    }

    /// Offset and type of the field that a path leads to.
    fn at_path(&mut self, t: TypeId, path: &[usize]) -> Option<(u64, TypeId)> {
        let (mut t, mut offset) = (t, 0);
        for &i in path {
            offset += u64::from(self.l.field_offset(t, i));
            t = self.field_types(t).get(i).copied()?;
        }
        Some((offset, t))
    }

    fn flat_struct(&mut self, t: TypeId, c: &'a CompositeLit) -> Val {
        let Val::Scalars(mut values) = self.zero_val(t) else { return self.zero_val(t) };
        let given = self.given_fields(t, c);
        for i in self.order(given.iter().map(|(_, _, e)| *e)) {
            let Some(&(offset, field, e)) = given.get(i) else { continue };
            let v = self.expr_to(e, field);
            if self.blank_value(t, c, i) {
                continue;
            }
            let range = self.scalar_range(t, offset, field);
            if let (Val::Scalars(part), Some(to)) = (v, values.get_mut(range)) {
                to.iter_mut().zip(part).for_each(|(to, v)| *to = v);
            }
        }
        Val::Scalars(values)
    }

    /// Index and value of each element of an array or slice literal, and the length.
    pub(super) fn given_elems(&mut self, c: &'a CompositeLit) -> (Vec<(i64, &'a Expr)>, i64) {
        let (mut out, mut next, mut len) = (Vec::new(), 0i64, 0i64);
        for e in &c.elems {
            let value = match &e.kind {
                ExprKind::KeyValue(k, v) => {
                    next = self.fact(k).and_then(|tv| tv.value).and_then(|v| v.as_i64()).unwrap_or(next);
                    &**v
                }
                _ => e,
            };
            out.push((next, value));
            next += 1;
            len = len.max(next);
        }
        (out, len)
    }

    /// Elements in the order in which they are evaluated.
    fn in_order(&self, elems: Vec<(i64, &'a Expr)>) -> Vec<(i64, &'a Expr)> {
        let order = self.order(elems.iter().map(|(_, e)| *e));
        order.into_iter().filter_map(|i| elems.get(i).copied()).collect()
    }

    fn slice_literal(&mut self, elem: TypeId, c: &'a CompositeLit) -> Val {
        let (elems, len) = self.given_elems(c);
        let n = self.i64(len);
        let t = self.type_word(elem);
        let p = self.rt1("newarray", vec![t, n]);
        self.note_expr(p, c.lbrace, || super::expr::literal_text(c));
        let size = self.layout(elem).size;
        for (i, e) in self.in_order(elems) {
            self.init(elem, e, Addr::heap(p).plus(i as u64 * size), true);
        }
        let (len, cap) = (self.i64(len), self.i64(len));
        Val::Scalars(vec![p, len, cap])
    }

    /// Stores an element or field of a literal in fresh memory.
    fn init(&mut self, t: TypeId, e: &'a Expr, addr: Addr, zeroed: bool) {
        if let ExprKind::CompositeLit(c) = &e.unparen().kind {
            let same = self.l.prog.identical(self.type_of(e), t);
            if same && self.scalar_tys(t).is_none() {
                return self.composite_into(t, c, addr, zeroed);
            }
        }
        let v = self.expr_to(e, t);
        self.store(t, addr, &v);
    }

    /// Builds a struct or array literal in fresh memory.
    pub(super) fn composite_into(&mut self, t: TypeId, c: &'a CompositeLit, addr: Addr, zeroed: bool) {
        match self.shape(t) {
            Shape::Struct => {
                let fields = self.field_types(t);
                let given = self.given_fields(t, c);
                // A promoted field is a part of one field only.
                let direct = given.iter().filter(|(_, f, _)| fields.contains(f)).count();
                let blank = (0..given.len()).any(|i| self.blank_value(t, c, i));
                let all = direct == fields.len() && direct == given.len() && !blank;
                if !zeroed && !all {
                    self.zero(t, addr);
                }
                for i in self.order(given.iter().map(|(_, _, e)| *e)) {
                    let Some(&(offset, field, e)) = given.get(i) else { continue };
                    if self.blank_value(t, c, i) {
                        self.expr_to(e, field);
                        continue;
                    }
                    self.init(field, e, addr.plus(offset), zeroed || !all);
                }
            }
            Shape::Array(elem, n) => {
                let (elems, _) = self.given_elems(c);
                let all = elems.len() as i64 == n;
                if !zeroed && !all {
                    self.zero(t, addr);
                }
                let size = self.layout(elem).size;
                for (i, e) in self.in_order(elems) {
                    self.init(elem, e, addr.plus(i as u64 * size), zeroed || !all);
                }
            }
            Shape::Slice(elem) => {
                let v = self.slice_literal(elem, c);
                self.store(t, addr, &v);
            }
            Shape::Map => {
                let v = self.map_literal(t, c);
                self.store(t, addr, &v);
            }
            _ => {
                let v = Val::one(self.zero_scalar(Ty::Ptr));
                self.store(t, addr, &v);
            }
        }
    }
}
