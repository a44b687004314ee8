//! Function types and receivers.
//!
//! Go counterpart: `go/types/signature.go`.

use crate::checker::{Checker, DeclSyntax};
use crate::info::Mode;
use crate::object::{ObjId, Scope, ScopeId, VarKind};
use crate::resolver::unpack_recv;
use crate::types::{BasicKind, Signature, Type, TypeId};
use gort_syntax::ast::{Expr, ExprId, ExprKind, Field, FuncType, Ident};
use gort_syntax::source::Pos;
use std::sync::Arc;

impl<'a> Checker<'a> {
    /// Checks a function type; returns it and the scope its parameters are declared in.
    pub fn func_type(&mut self, recv: Option<&'a Field>, ft: &'a FuncType) -> (TypeId, ScopeId) {
        let sig = self.prog.add_type(Type::Signature(Signature::default()));
        let scope = self.func_type_into(sig, recv, &[], ft);
        (sig, scope)
    }

    /// Like [`Self::func_type`], into a type that exists already.
    pub(crate) fn func_type_into(
        &mut self,
        sig: TypeId,
        recv: Option<&'a Field>,
        tparams: &'a [Field],
        ft: &'a FuncType,
    ) -> ScopeId {
        let scope = Scope { parent: Some(self.env.scope), pos: ft.pos, is_func: true, ..Scope::default() };
        let scope = self.prog.scopes.push(scope);
        let saved = std::mem::replace(&mut self.env.scope, scope);
        let mut recv_type_params = Vec::new();
        let recv = recv.map(|f| (f, self.receiver(f, ft.pos, &mut recv_type_params)));
        let type_params = self.declare_type_params(tparams, ft.pos);
        // Its own parameters may mention the function.
        if let (Type::Signature(s), false) = (self.prog.ty_mut(sig), type_params.is_empty()) {
            s.type_params.clone_from(&type_params);
        }
        self.collect_bounds(tparams, &type_params);
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
            type_params,
            recv_type_params,
        });
        scope
    }

    fn receiver(&mut self, f: &'a Field, scope_pos: Pos, tparams: &mut Vec<TypeId>) -> ObjId {
        let (ptr, base) = unpack_recv(&f.typ);
        let typ = match recv_type_args(&f.typ) {
            None => self.plain_receiver(f, base),
            Some(args) => self.generic_receiver(ptr, base, args, scope_pos, tparams),
        };
        let (pos, name) = name_of(f);
        let recv = self.new_var(VarKind::Recv, pos, name, Some(typ));
        self.later(crate::checker::Delayed::ValidRecv(recv, base.start()));
        recv
    }

    /// A receiver without type parameters, which may not be an instance (by an alias).
    fn plain_receiver(&mut self, f: &'a Field, base: &'a Expr) -> TypeId {
        let typ = self.var_type(&f.typ);
        let (t, _) = self.prog.deref(typ);
        let instance = match self.prog.named(t) {
            Some(n) if !n.type_args.is_empty() => Some(self.type_string(t)),
            _ => self.aliased_instance(base).map(crate::exprstring::expr_string),
        };
        if let Some(instance) = instance {
            let msg = format!("cannot define new methods on instantiated type {instance}");
            self.error(base.start(), "InvalidRecv", msg);
            return self.prog.invalid();
        }
        typ
    }

    /// The instance of a generic alias that stands in the chain of aliases which `base` begins.
    fn aliased_instance(&self, base: &'a Expr) -> Option<&'a Expr> {
        let mut e = base.unparen();
        // An alias that is part of itself has been reported.
        for _ in 0..self.decls.len() {
            let ExprKind::Name(name) = &e.kind else { return None };
            let obj = self.prog.info.uses.get(&name.id)?;
            let DeclSyntax::Type(d) = self.decls.get(obj)?.syntax else { return None };
            if !d.is_alias {
                return None;
            }
            e = d.typ.unparen();
            if let ExprKind::Star(x) = &e.kind {
                e = x.unparen();
            }
            match &e.kind {
                ExprKind::Index(x, _) if self.generic_alias_of(x).is_some() => return Some(e),
                _ => {}
            }
        }
        None
    }

    /// `func (r *T[P]) ...`: P is a new type parameter, with the constraint of T's.
    fn generic_receiver(
        &mut self,
        ptr: bool,
        base: &'a Expr,
        args: &'a [Expr],
        scope_pos: Pos,
        tparams: &mut Vec<TypeId>,
    ) -> TypeId {
        self.verify_version(base.start(), 18, "type instantiation");
        let generic = self.generic_type(base);
        for (i, arg) in args.iter().enumerate() {
            let ExprKind::Name(name) = &arg.kind else {
                let text = crate::exprstring::expr_string(arg);
                let msg = format!("receiver type parameter {text} must be an identifier");
                self.error(arg.start(), "BadDecl", msg);
                continue;
            };
            let t = self.declare_type_param(name, i, scope_pos);
            self.record_type_and_value(arg, Mode::TypExpr, t, None);
            tparams.push(t);
        }
        if let Some(alias) = self.generic_alias_of(base) {
            let params = self.prog.generics.aliases.get(&alias).map_or_else(Vec::new, |(p, _)| p.clone());
            let show = |&p: &TypeId| {
                let bound = self.prog.constraint(p).map_or_else(String::new, |c| self.type_string(c));
                format!("{} {bound}", self.type_string(p))
            };
            let params: Vec<String> = params.iter().map(show).collect();
            let name = &self.prog.obj(alias).name;
            let msg =
                format!("cannot define new methods on generic alias type {name}[{}]", params.join(", "));
            self.error(base.start(), "InvalidRecv", msg);
            return self.prog.invalid();
        }
        if !self.prog.is_valid(generic) {
            return generic;
        }
        if !self.prog.is_generic(generic) {
            let msg = format!("{} is not a generic type", self.type_string(generic));
            self.error(base.start(), "InvalidRecv", msg);
            return self.prog.invalid();
        }
        let declared = self.prog.type_params_of(generic).to_vec();
        if declared.len() != tparams.len() {
            let n = tparams.len();
            let s = if n == 1 { "" } else { "s" };
            let msg = format!(
                "receiver declares {n} type parameter{s}, but receiver base type declares {}",
                declared.len()
            );
            self.error(base.start(), "BadRecv", msg);
            return self.prog.invalid();
        }
        let map = crate::subst::SubstMap::new(&declared, tparams);
        for (&d, &t) in declared.iter().zip(tparams.iter()) {
            if let Some(c) = self.prog.constraint(d) {
                let c = self.prog.subst(c, &map);
                self.set_constraint(t, c);
            }
        }
        for (&d, &t) in declared.iter().zip(tparams.iter()) {
            self.mono.record_canon(t, d);
        }
        let typ = self.prog.instantiate(generic, tparams);
        self.record_instance(base, tparams.clone(), typ);
        if ptr { self.prog.add_type(Type::Pointer(typ)) } else { typ }
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

/// `P, Q` of a receiver type `*T[P, Q]`.
fn recv_type_args(typ: &Expr) -> Option<&[Expr]> {
    let mut base = typ.unparen();
    if let ExprKind::Star(x) = &base.kind {
        base = x.unparen();
    }
    match &base.kind {
        ExprKind::Index(_, args) => Some(args),
        _ => None,
    }
}

fn name_of(f: &Field) -> (Pos, Arc<str>) {
    let anonymous = Ident { id: f.typ.id, pos: f.pos, name: Arc::from("") };
    let ident = f.name.as_ref().unwrap_or(&anonymous);
    (ident.pos, ident.name.clone())
}
