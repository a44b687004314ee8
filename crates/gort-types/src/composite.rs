//! `T{...}`
//!
//! Go counterpart: `compositeLit` in `go/types/literals.go`.

use crate::checker::Checker;
use crate::constant_format::quote;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode, Selection, SelectionKind};
use crate::lookup::LookupResult;
use crate::object::{ObjId, ObjKind};
use crate::operand::Operand;
use crate::predicates::is_exported;
use crate::types::{Type, TypeId};
use gort_syntax::ast::{CompositeLit, Expr, ExprKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;

impl<'a> Checker<'a> {
    /// Checks a composite literal; `hint` is the type implied by an enclosing literal.
    pub fn composite_lit(
        &mut self,
        x: &mut Operand<'a>,
        e: &'a Expr,
        lit: &'a CompositeLit,
        hint: Option<TypeId>,
    ) {
        if let Some(t) = &lit.typ
            && let ExprKind::ArrayType(None, elem) = &t.kind
        {
            let elem = self.var_type(elem);
            let len = self.indexed_elems(&lit.elems, elem, -1);
            x.typ = self.prog.add_type(Type::Array { elem, len });
            x.mode = Mode::Value;
            self.record_type_and_value(t, Mode::TypExpr, x.typ, None);
            return;
        }
        let typ = match (&lit.typ, hint) {
            (Some(t), _) => self.typ(t),
            (None, Some(hint)) => hint,
            (None, None) => {
                self.error(e.start(), "UntypedLit", "missing type in composite literal");
                self.prog.invalid()
            }
        };
        // In an element, `*T` implies `&T{}`.
        let implied = lit.typ.is_none();
        let base = if implied { self.prog.pointer_base(self.prog.core(typ)).unwrap_or(typ) } else { typ };
        if !self.is_complete_as(base, lit.typ.as_ref()) {
            x.invalidate();
            return;
        }
        let core = self.prog.core(base);
        match self.prog.ty(core).clone() {
            Type::Struct(s) => self.struct_elems(x, lit, base, &s.fields),
            Type::Array { elem, len } => {
                self.indexed_elems(&lit.elems, elem, len);
            }
            Type::Slice(elem) => {
                self.indexed_elems(&lit.elems, elem, -1);
            }
            Type::Map { key, elem } => self.map_elems(x, &lit.elems, key, elem),
            _ => {
                for elem in &lit.elems {
                    self.use_expr(elem);
                }
                if self.prog.is_valid(self.prog.under(base)) {
                    let element = if implied { " element" } else { "" };
                    let message =
                        format!("invalid composite literal{element} type {}", self.type_string(typ));
                    self.error(e.start(), "InvalidLit", message);
                    x.invalidate();
                    return;
                }
            }
        }
        x.mode = Mode::Value;
        x.val = None;
        x.typ = typ;
    }

    fn struct_elems(&mut self, x: &mut Operand<'a>, lit: &'a CompositeLit, base: TypeId, fields: &[ObjId]) {
        match lit.elems.first().map(|e| &e.kind) {
            None => {}
            Some(ExprKind::KeyValue(..)) => self.keyed_fields(x, lit, base),
            Some(_) => self.positional_fields(x, lit, base, fields),
        }
    }

    fn keyed_fields(&mut self, x: &mut Operand<'a>, lit: &'a CompositeLit, base: TypeId) {
        let mut seen: Vec<(Vec<usize>, ObjId)> = Vec::with_capacity(lit.elems.len());
        let under = self.prog.core(base);
        for elem in &lit.elems {
            let ExprKind::KeyValue(key, value) = &elem.kind else {
                self.error(elem.start(), "MixedStructLit", MIXED);
                continue;
            };
            let ExprKind::Name(name) = &key.kind else {
                self.expr(None, x, value);
                let message = format!("invalid field name {} in struct literal", expr_string(key));
                self.error(elem.start(), "InvalidLitField", message);
                continue;
            };
            let found = self.prog.lookup_field_or_method(under, false, Some(self.pkg), &name.name, false);
            let target = match found {
                LookupResult::Found { obj, .. } => Some(self.prog.obj_type(obj)),
                _ => None,
            };
            self.expr(target, x, value);
            let Some((obj, index)) = self.literal_field(found, key, &name.name, base) else { continue };
            self.record_use(name, obj);
            let typ = self.prog.obj_type(obj);
            self.assignment(x, Some(typ), "struct literal");
            let clash = seen.iter().find(|(path, _)| path.starts_with(&index) || index.starts_with(path));
            if let Some((path, other)) = clash {
                let (name, other) = (&name.name, &self.prog.obj(*other).name);
                let message = match path.len().cmp(&index.len()) {
                    Ordering::Equal => format!("duplicate field name {name} in struct literal"),
                    Ordering::Less => {
                        format!("cannot specify promoted field {name} and enclosing embedded field {other}")
                    }
                    Ordering::Greater => {
                        format!("cannot specify embedded field {name} and enclosed promoted field {other}")
                    }
                };
                self.error(elem.start(), "DuplicateLitField", message);
                continue;
            }
            if index.len() > 1 {
                let kind = SelectionKind::FieldVal;
                let selection = Selection::new(kind, base, obj, index.clone(), false, typ);
                self.prog.info.selections.insert(key.id, selection);
            }
            seen.push((index, obj));
        }
    }

    /// The field that a key of a struct literal names, and the path to it.
    fn literal_field(
        &mut self,
        found: LookupResult,
        key: &'a Expr,
        name: &str,
        base: TypeId,
    ) -> Option<(ObjId, Vec<usize>)> {
        let pos = key.start();
        let under = self.prog.core(base);
        let LookupResult::Found { obj, index, indirect } = found else {
            let alt = match self.prog.lookup_field_or_method(under, false, Some(self.pkg), name, true) {
                LookupResult::Found { obj, .. } => Some(obj),
                _ => None,
            };
            let message = self.lookup_error(base, name, alt, true);
            self.error(pos, "MissingLitField", message);
            return None;
        };
        if !matches!(self.prog.obj(obj).kind, ObjKind::Var { .. }) {
            self.error(pos, "MissingLitField", format!("{name} is not a field"));
            return None;
        }
        if index.len() > 1 {
            let path = self.field_path(under, &index);
            let what =
                format!("use of promoted field {path} in struct literal of type {}", self.type_string(base));
            if !self.verify_version(pos, 27, &what) {
                return None;
            }
        }
        if indirect {
            let message = format!("invalid implicit pointer indirection to reach {name}");
            self.error(pos, "InvalidLitField", message);
            return None;
        }
        Some((obj, index))
    }

    /// `A.b.c`: the fields of a path.
    fn field_path(&self, t: TypeId, index: &[usize]) -> String {
        let (mut t, mut path) = (t, String::new());
        for &i in index {
            let t_base = self.prog.pointer_base(t).unwrap_or(t);
            let Some(&f) = self.prog.struct_of(t_base).and_then(|s| s.fields.get(i)) else { break };
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&self.prog.obj(f).name);
            t = self.prog.obj_type(f);
        }
        path
    }

    fn positional_fields(
        &mut self,
        x: &mut Operand<'a>,
        lit: &'a CompositeLit,
        base: TypeId,
        fields: &[ObjId],
    ) {
        let hidden = |c: &Self, f: ObjId| {
            let f = c.prog.obj(f);
            f.pkg != Some(c.pkg) && !is_exported(&f.name)
        };
        for (i, elem) in lit.elems.iter().enumerate() {
            if let ExprKind::KeyValue(..) = elem.kind {
                self.error(elem.start(), "MixedStructLit", MIXED);
                continue;
            }
            let target = fields.get(i).map(|&f| self.prog.obj_type(f));
            self.expr(target, x, elem);
            let Some(&field) = fields.get(i) else {
                let message = format!("too many values in struct literal of type {}", self.type_string(base));
                self.error(elem.start(), "InvalidStructLit", message);
                return;
            };
            if hidden(self, field) {
                let message = format!(
                    "implicit assignment to unexported field {} in struct literal of type {}",
                    self.prog.obj(field).name,
                    self.type_string(base)
                );
                self.error(elem.start(), "UnexportedLitField", message);
                continue;
            }
            let typ = self.prog.obj_type(field);
            self.assignment(x, Some(typ), "struct literal");
        }
        if lit.elems.len() < fields.len() {
            let hint = if fields.iter().any(|&f| hidden(self, f)) {
                " (type has unexported fields - use key:value pairs)"
            } else {
                ""
            };
            let message =
                format!("too few values in struct literal of type {}{hint}", self.type_string(base));
            self.error(lit.rbrace, "InvalidStructLit", message);
        }
    }

    fn map_elems(&mut self, x: &mut Operand<'a>, elems: &'a [Expr], key_type: TypeId, elem_type: TypeId) {
        let mut seen: FxHashMap<String, Vec<TypeId>> = FxHashMap::default();
        let by_type = self.prog.is_interface(key_type);
        for elem in elems {
            let ExprKind::KeyValue(key, value) = &elem.kind else {
                self.error(elem.start(), "MissingLitKey", "missing key in map literal");
                continue;
            };
            self.expr_with_hint(x, key, Some(key_type));
            self.assignment(x, Some(key_type), "map literal");
            if !x.is_valid() {
                continue;
            }
            if let (Mode::Constant, Some(val)) = (x.mode, &x.val) {
                let types = seen.entry(const_key(val)).or_default();
                let repeated = types.iter().any(|&t| !by_type || self.prog.identical(t, x.typ));
                types.push(x.typ);
                if repeated {
                    let message = format!("duplicate key {val} in map literal");
                    self.error(x.pos(), "DuplicateLitKey", message);
                    continue;
                }
            }
            self.expr_with_hint(x, value, Some(elem_type));
            self.assignment(x, Some(elem_type), "map literal");
        }
    }

    /// Checks the elements of an array or slice literal; `len` is the array's length or -1. Returns the
    /// number of elements.
    fn indexed_elems(&mut self, elems: &'a [Expr], typ: TypeId, len: i64) -> i64 {
        let mut seen = FxHashSet::default();
        let (mut index, mut max) = (0i64, 0i64);
        for elem in elems {
            let mut valid = false;
            let mut value = elem;
            if let ExprKind::KeyValue(key, v) = &elem.kind {
                value = v;
                let (t, i) = self.index(key, len);
                if i >= 0 {
                    index = i;
                    valid = true;
                } else if self.prog.is_valid(t) {
                    let message = format!("index {} must be integer constant", expr_string(key));
                    self.error(elem.start(), "InvalidLitIndex", message);
                }
            } else if len >= 0 && index >= len {
                let message = format!("index {index} is out of bounds (>= {len})");
                self.error(elem.start(), "OversizeArrayLit", message);
            } else {
                valid = true;
            }
            if valid && !seen.insert(index) {
                let message = format!("duplicate index {index} in array or slice literal");
                self.error(elem.start(), "DuplicateLitKey", message);
            }
            index += 1;
            max = max.max(index);
            let mut x = self.operand();
            self.expr_with_hint(&mut x, value, Some(typ));
            self.assignment(&mut x, Some(typ), "array or slice literal");
        }
        max
    }
}

const MIXED: &str = "mixture of field:value and value elements in struct literal";

/// Constants that are equal as map keys (or switch cases) have the same text here.
pub fn const_key(val: &ConstValue) -> String {
    match val {
        ConstValue::Bool(b) => b.to_string(),
        ConstValue::String(s) => quote(s.bytes()),
        _ => match (val.to_int(), val.to_complex()) {
            (Some(v), _) => v.to_string(),
            (None, Some((re, im))) => format!("{:?}+{:?}i", re.as_f64(), im.as_f64()),
            (None, None) => "?".into(),
        },
    }
}
