//! Function types and receivers.
//!
//! Go counterpart: `go/types/signature.go`.

use crate::checker::Checker;
use crate::info::Mode;
use crate::object::{ObjId, Scope, ScopeId, VarKind};
use crate::resolver::unpack_recv;
use crate::types::{BasicKind, Signature, Type, TypeId};
use gort_syntax::ast::{ExprId, ExprKind, Field, FuncType, Ident};
use gort_syntax::source::Pos;
use std::sync::Arc;

impl<'a> Checker<'a> {
    /// Checks a function type; returns it and the scope its parameters are declared in.
    pub fn func_type(&mut self, recv: Option<&'a Field>, ft: &'a FuncType) -> (TypeId, ScopeId) {
        let sig = self.prog.add_type(Type::Signature(Signature::default()));
        let scope = self.func_type_into(sig, recv, ft);
        (sig, scope)
    }

    /// Like [`Self::func_type`], into a type that exists already.
    pub(crate) fn func_type_into(
        &mut self,
        sig: TypeId,
        recv: Option<&'a Field>,
        ft: &'a FuncType,
    ) -> ScopeId {
        let scope = Scope { parent: Some(self.env.scope), pos: ft.pos, is_func: true, ..Scope::default() };
        let scope = self.prog.scopes.push(scope);
        let saved = std::mem::replace(&mut self.env.scope, scope);
        let recv = recv.map(|f| (f, self.receiver(f)));
        let (params, variadic) = self.collect_params(VarKind::Param, &ft.params);
        let (results, _) = self.collect_params(VarKind::Result, &ft.results);
        if let Some((f, obj)) = recv
            && let Some(name) = &f.name
        {
            self.declare(scope, Some(name), obj, ft.pos);
        }
        self.declare_params(scope, &ft.params, &params, ft.pos);
        self.declare_params(scope, &ft.results, &results, ft.pos);
        self.env.scope = saved;
        *self.prog.ty_mut(sig) = Type::Signature(Signature {
            recv: recv.map(|(_, obj)| obj),
            params,
            results,
            variadic,
            type_params: Vec::new(),
        });
        scope
    }

    fn receiver(&mut self, f: &'a Field) -> ObjId {
        let typ = self.var_type(&f.typ);
        let (_, base) = unpack_recv(&f.typ);
        let (pos, name) = name_of(f);
        let recv = self.new_var(VarKind::Recv, pos, name, Some(typ));
        self.later(crate::checker::Delayed::ValidRecv(recv, base.start()));
        recv
    }

    fn collect_params(&mut self, kind: VarKind, fields: &'a [Field]) -> (Vec<ObjId>, bool) {
        let mut params = Vec::new();
        let mut variadic = false;
        let mut prev: Option<(ExprId, TypeId)> = None;
        for (i, f) in fields.iter().enumerate() {
            let typ = match (prev, &f.typ.kind) {
                (Some((id, t)), _) if id == f.typ.id => t,
                (_, ExprKind::Ellipsis(Some(elem))) if kind == VarKind::Param && i + 1 == fields.len() => {
                    variadic = true;
                    let elem = self.var_type(elem);
                    let t = self.prog.add_type(Type::Slice(elem));
                    self.record_type_and_value(&f.typ, Mode::TypExpr, t, None);
                    t
                }
                (_, ExprKind::Ellipsis(elem)) => {
                    let what = "can only use ... with final parameter in list";
                    self.error(f.typ.pos, "MisplacedDotDotDot", what);
                    match elem {
                        Some(elem) => self.var_type(elem),
                        None => self.prog.invalid(),
                    }
                }
                _ => self.var_type(&f.typ),
            };
            prev = Some((f.typ.id, typ));
            let (pos, name) = name_of(f);
            params.push(self.new_var(kind, pos, name, Some(typ)));
        }
        (params, variadic)
    }

    fn declare_params(&mut self, scope: ScopeId, fields: &'a [Field], params: &[ObjId], pos: Pos) {
        for (f, &obj) in fields.iter().zip(params) {
            if let Some(name) = &f.name {
                self.declare(scope, Some(name), obj, pos);
            }
        }
    }

    /// A receiver's base type must be declared in this package and be no pointer or interface.
    pub(crate) fn valid_recv(&mut self, recv: ObjId, pos: Pos) {
        let typ = self.prog.obj_type(recv);
        let (base, _) = self.prog.deref(typ);
        if !self.prog.is_valid(base) {
            return;
        }
        let s = self.type_string(base);
        let msg = match self.prog.ty(base) {
            Type::Named(n) if self.prog.obj(n.obj).pkg != Some(self.pkg) => {
                format!("cannot define new methods on non-local type {s}")
            }
            Type::Named(_) => match self.prog.under_type(base) {
                Type::Basic(BasicKind::UnsafePointer) => {
                    format!("invalid receiver type {s} (unsafe.Pointer)")
                }
                Type::Pointer(_) | Type::Interface(_) => {
                    format!("invalid receiver type {s} (pointer or interface type)")
                }
                _ => return,
            },
            Type::Basic(_) => format!("cannot define new methods on non-local type {s}"),
            _ => format!("invalid receiver type {}", self.type_string(typ)),
        };
        self.error(pos, "InvalidRecv", msg);
    }
}

fn name_of(f: &Field) -> (Pos, Arc<str>) {
    let anonymous = Ident { id: f.typ.id, pos: f.pos, name: Arc::from("") };
    let ident = f.name.as_ref().unwrap_or(&anonymous);
    (ident.pos, ident.name.clone())
}
