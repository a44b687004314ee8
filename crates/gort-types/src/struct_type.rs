//! Struct types.
//!
//! Go counterpart: `go/types/struct.go`.

use crate::checker::{Checker, Delayed};
use crate::object::{ObjId, ObjKind, VarKind};
use crate::types::{BasicKind, Struct, Type, TypeId};
use gort_syntax::ast::{Expr, ExprId, ExprKind, Field, Ident};
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;
use std::sync::Arc;

impl<'a> Checker<'a> {
    pub(crate) fn struct_type(&mut self, fields: &'a [Field]) -> TypeId {
        let mut out = Struct::default();
        let mut names: FxHashMap<Arc<str>, ObjId> = FxHashMap::default();
        let mut prev: Option<(ExprId, TypeId)> = None;
        for f in fields {
            let typ = match prev {
                Some((id, t)) if id == f.typ.id => t,
                _ => self.var_type(&f.typ),
            };
            prev = Some((f.typ.id, typ));
            let tag = f.tag.clone().unwrap_or_default();
            if f.embedded {
                let pos = f.typ.start();
                let Some(name) = embedded_field_ident(&f.typ) else {
                    if !matches!(f.typ.kind, ExprKind::Bad) {
                        let text = crate::exprstring::expr_string(&f.typ);
                        self.error(pos, "InvalidSyntaxTree", format!("invalid embedded field type {text}"));
                    }
                    continue;
                };
                self.add_field(&mut out, &mut names, name, typ, tag, true);
                self.later(Delayed::EmbeddedField(typ, pos));
            } else if let Some(name) = &f.name {
                self.add_field(&mut out, &mut names, name, typ, tag, false);
            }
        }
        self.prog.add_type(Type::Struct(out))
    }

    fn add_field(
        &mut self,
        out: &mut Struct,
        names: &mut FxHashMap<Arc<str>, ObjId>,
        name: &'a Ident,
        typ: TypeId,
        tag: String,
        embedded: bool,
    ) {
        let kind = ObjKind::Var { kind: VarKind::Field, embedded, used: true };
        let obj = self.new_obj(name.pos, name.name.clone(), Some(typ), kind);
        if !name.is_blank() {
            if let Some(&alt) = names.get(&name.name) {
                let other = self.other_declaration(alt);
                self.error(name.pos, "DuplicateDecl", format!("{} redeclared{other}", name.name));
                return;
            }
            names.insert(name.name.clone(), obj);
        }
        out.fields.push(obj);
        out.tags.push(tag);
        self.record_def(name, obj);
    }

    pub(crate) fn check_embedded_field(&mut self, t: TypeId, pos: Pos) {
        let (base, is_ptr) = self.prog.deref(t);
        let what = match self.prog.under_type(base) {
            Type::Basic(BasicKind::UnsafePointer) => "unsafe.Pointer",
            Type::TypeParam(_) => {
                let msg = "embedded field type cannot be a (pointer to a) type parameter";
                self.error(pos, "MisplacedTypeParam", msg);
                return;
            }
            Type::Pointer(_) => "a pointer",
            Type::Interface(_) if is_ptr => "a pointer to an interface",
            _ => return,
        };
        self.error(pos, "InvalidPtrEmbed", format!("embedded field type cannot be {what}"));
    }
}

/// The name of an embedded field `T`, `*T`, `p.T`, `T[A]`.
fn embedded_field_ident(e: &Expr) -> Option<&Ident> {
    match &e.kind {
        ExprKind::Name(n) => Some(n),
        ExprKind::Star(x) if !matches!(x.kind, ExprKind::Star(_)) => embedded_field_ident(x),
        ExprKind::Selector(_, sel) => Some(sel),
        ExprKind::Index(x, _) => embedded_field_ident(x),
        ExprKind::Paren(x) => embedded_field_ident(x),
        _ => None,
    }
}
