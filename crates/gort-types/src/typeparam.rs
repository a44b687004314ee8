//! Type parameters: declaring them, and what all their type arguments have in common.
//!
//! Go counterpart: `go/types/typeparam.go`, `under.go`, `decl.go`'s `collectTypeParams`.

use crate::checker::{Checker, Delayed};
use crate::object::ObjKind;
use crate::program::Program;
use crate::types::{BasicKind, Interface, Type, TypeId, TypeParam};
use crate::union::is_union;
use gort_syntax::ast::{ChanDir, Expr, ExprId, Field, Ident};
use gort_syntax::source::Pos;

impl Program {
    /// The types a value of type `t` may have: those of the type set if `t` is a type parameter (none if it
    /// has no specific types), else `t` itself.
    pub fn specific_types(&self, t: TypeId) -> Vec<TypeId> {
        if !self.is_type_param(t) {
            return vec![t];
        }
        self.type_set(t).terms.iter().flatten().map(|term| term.typ).collect()
    }

    /// Holds it for all specific types (and are there any)?
    pub fn all_types(&self, t: TypeId, f: impl Fn(TypeId) -> bool) -> bool {
        let list = self.specific_types(t);
        !list.is_empty() && list.into_iter().all(f)
    }

    /// The one underlying type of all specific types (of channels that differ in direction: the restricted
    /// one), or why there is none.
    pub fn common_under(&self, t: TypeId) -> Result<TypeId, String> {
        if !self.is_type_param(t) {
            return Ok(self.under(t));
        }
        let list = self.specific_types(t);
        let Some((&first, rest)) = list.split_first() else { return Err("no specific type".into()) };
        let (mut ct, mut cu) = (first, self.under(first));
        for &t in rest {
            let u = self.under(t);
            let show = |t| self.type_string(t, None);
            if let (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) =
                (self.ty(cu), self.ty(u))
            {
                if !self.identical(*a, *b) {
                    return Err(format!(
                        "channels {} and {} have different element types",
                        show(ct),
                        show(t)
                    ));
                }
                if d == e {
                } else if *d == ChanDir::Both {
                    (ct, cu) = (t, u);
                } else if *e != ChanDir::Both {
                    return Err(format!("channels {} and {} have conflicting directions", show(ct), show(t)));
                }
                continue;
            }
            if !self.identical(cu, u) {
                return Err(format!("{} and {} have different underlying types", show(ct), show(t)));
            }
        }
        Ok(cu)
    }

    /// The underlying type; of a type parameter the common one, else the type parameter itself.
    pub fn core(&self, t: TypeId) -> TypeId {
        self.common_under(t).unwrap_or(t)
    }

    /// The core type of a type parameter for inference: type, is it a tilde term, is it the only term?
    pub(crate) fn core_term(&self, p: TypeId) -> Option<(TypeId, bool, bool)> {
        let set = self.type_set(p);
        let terms = set.terms.as_deref()?;
        let (first, rest) = terms.split_first()?;
        if rest.is_empty() {
            return Some((first.typ, first.tilde, true));
        }
        let core = self.common_under(p).ok()?;
        Some((core, true, false))
    }

    /// The constraint of a type parameter.
    pub fn constraint(&self, p: TypeId) -> Option<TypeId> {
        match self.ty(p) {
            Type::TypeParam(tp) => tp.constraint,
            _ => None,
        }
    }

    /// Depends the size of values on type arguments?
    pub fn has_var_size(&self, t: TypeId) -> bool {
        self.var_size_in(t, &mut Vec::new())
    }

    fn var_size_in(&self, t: TypeId, seen: &mut Vec<TypeId>) -> bool {
        if seen.contains(&t) {
            return false;
        }
        seen.push(t);
        match self.under_type(t) {
            Type::TypeParam(_) => true,
            Type::Array { elem, .. } => self.var_size_in(*elem, seen),
            Type::Struct(s) => s.fields.iter().any(|&f| self.var_size_in(self.obj_type(f), seen)),
            _ => false,
        }
    }
}

impl<'a> Checker<'a> {
    /// Declares a type parameter, its constraint to come.
    pub(crate) fn declare_type_param(&mut self, name: &'a Ident, index: usize, scope_pos: Pos) -> TypeId {
        let obj = self.new_obj(name.pos, name.name.clone(), None, ObjKind::TypeName { alias: false });
        let t = self.prog.add_type(Type::TypeParam(TypeParam { obj, index, constraint: None }));
        self.prog.obj_mut(obj).typ = Some(t);
        self.declare(self.env.scope, Some(name), obj, scope_pos);
        t
    }

    /// Declares the type parameters of a list in the current scope, all before their constraints.
    pub(crate) fn declare_type_params(&mut self, list: &'a [Field], pos: Pos) -> Vec<TypeId> {
        let names = list.iter().filter_map(|f| f.name.as_ref()).enumerate();
        names.map(|(i, name)| self.declare_type_param(name, i, pos)).collect()
    }

    /// Checks the constraints of declared type parameters.
    pub(crate) fn collect_bounds(&mut self, list: &'a [Field], tparams: &[TypeId]) {
        let mut prev: Option<(ExprId, TypeId)> = None;
        for (f, &t) in list.iter().filter(|f| f.name.is_some()).zip(tparams) {
            let bound = match prev {
                Some((id, b)) if id == f.typ.id => b,
                _ => {
                    let b = self.bound(&f.typ);
                    if self.prog.is_type_param(b) {
                        let msg = "cannot use a type parameter as constraint";
                        self.error(f.typ.start(), "MisplacedTypeParam", msg);
                        self.prog.invalid()
                    } else {
                        b
                    }
                }
            };
            prev = Some((f.typ.id, bound));
            self.set_constraint(t, bound);
        }
    }

    pub(crate) fn set_constraint(&mut self, t: TypeId, bound: TypeId) {
        if let Type::TypeParam(tp) = self.prog.ty_mut(t) {
            tp.constraint = Some(bound);
        }
    }

    fn bound(&mut self, e: &'a Expr) -> TypeId {
        if !is_union(e) {
            return self.typ(e);
        }
        let union = self.union(e);
        let embed_pos = vec![e.start()];
        let i = Interface { embeddeds: vec![union], embed_pos, implicit: true, ..Interface::default() };
        let t = self.prog.add_type(Type::Interface(i));
        self.later_type_set(t, e.start());
        t
    }

    /// Checks later that type arguments satisfy their constraints.
    pub(crate) fn verify_later(
        &mut self,
        params: Vec<TypeId>,
        args: Vec<TypeId>,
        pos: Pos,
        arg_pos: Vec<Pos>,
    ) {
        self.later(Delayed::Verify { params, args, pos, arg_pos });
    }

    pub(crate) fn verify(&mut self, params: &[TypeId], args: &[TypeId], pos: Pos, arg_pos: &[Pos]) {
        let map = crate::subst::SubstMap::new(params, args);
        for (i, (&p, &a)) in params.iter().zip(args).enumerate() {
            let Some(bound) = self.prog.constraint(p) else { continue };
            let bound = self.prog.subst(bound, &map);
            let at = arg_pos.get(i).copied().unwrap_or(pos);
            if let Err(cause) = self.satisfies(a, bound, at) {
                self.error(at, "InvalidTypeArg", cause);
                return;
            }
        }
    }

    /// Does the type argument `v` satisfy the constraint `t`?
    pub(crate) fn satisfies(&mut self, v: TypeId, t: TypeId, at: Pos) -> Result<(), String> {
        let u = self.prog.under(t);
        if self.prog.is_interface(u) || matches!(self.prog.ty(u), Type::Basic(BasicKind::Invalid)) {
            return self.implements_in(v, t, Some(at));
        }
        // `[P int]` stands for `[P interface{ int }]`.
        let i = Interface {
            embeddeds: vec![t],
            embed_pos: vec![Pos::NONE],
            implicit: true,
            ..Interface::default()
        };
        let t = self.prog.add_type(Type::Interface(i));
        self.implements_in(v, t, Some(at))
    }
}
