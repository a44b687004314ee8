//! Instances of generic types and functions.
//!
//! An instance of a generic type is a `Named` with `origin` and `type_args`, one per origin and identical
//! arguments. Its underlying type and methods are made by substitution as soon as those of the origin are
//! known; arguments nested too deeply wait (types that grow without end are an error). A method of an
//! instance is a `Func` of its own; [`Generics::method_origin`] leads to the declared one. Go counterpart:
//! `go/types/instantiate.go`, `named.go`, `context.go`.

use crate::object::{ObjId, ObjKind, Object};
use crate::program::Program;
use crate::subst::SubstMap;
use crate::types::{Named, Signature, Type, TypeId};
use gort_syntax::source::Pos;
use rustc_hash::{FxHashMap, FxHashSet};

/// Type arguments nested deeper than this are not expanded.
const MAX_NESTING: usize = 16;

/// Of a type with more instances, only those of little depth are expanded.
const MAX_INSTANCES: usize = 200;

/// What belongs to instances.
#[derive(Debug, Default)]
pub struct Generics {
    /// Instances of each generic type.
    pub instances: FxHashMap<TypeId, Vec<TypeId>>,
    /// From a method of an instance to the method that is declared.
    pub method_origin: FxHashMap<ObjId, ObjId>,
    /// The instance whose method it is.
    pub method_instance: FxHashMap<ObjId, TypeId>,
    /// Types declared in generic functions: the type parameters of these functions and their receivers.
    pub local_types: FxHashMap<TypeId, Vec<TypeId>>,
    /// Methods of instances that have type parameters made for them.
    own_params: FxHashSet<ObjId>,
    /// Where an instance was written first.
    pub instance_pos: FxHashMap<TypeId, Pos>,
    /// Generic aliases: type parameters and the type they stand in.
    pub aliases: FxHashMap<ObjId, (Vec<TypeId>, TypeId)>,
    /// All is checked: types no longer change.
    pub finished: bool,
    /// Substitutions made, once types no longer change.
    pub(crate) subst_cache: FxHashMap<(TypeId, bool, Vec<TypeId>), TypeId>,
    /// Instances without underlying type.
    unexpanded: Vec<TypeId>,
    /// How deep instances are nested in the arguments of each instance.
    depth: FxHashMap<TypeId, usize>,
    /// Methods of instances whose signatures are to be made when all is checked.
    incomplete: Vec<ObjId>,
    expanding: bool,
}

impl Program {
    /// The generic type `origin` with these arguments; those of the function around may be left out.
    pub fn instantiate(&mut self, origin: TypeId, args: &[TypeId]) -> TypeId {
        let mut args = args.to_vec();
        if self.named(origin).is_some_and(|n| !args.is_empty() && n.type_params.len() == args.len()) {
            args.extend(self.generics.local_types.get(&origin).into_iter().flatten());
        }
        let args = &args[..];
        let depth = self.deepest(args);
        let known = self.generics.instances.get(&origin).into_iter().flatten().copied().find(|&t| {
            self.named(t).is_some_and(|n| {
                n.type_args.len() == args.len()
                    // Looked at first: deep types are compared for long.
                    && self.generics.depth.get(&t) == Some(&depth)
                    && n.type_args.iter().zip(args).all(|(&a, &b)| self.identical(a, b))
            })
        });
        if let Some(t) = known {
            return t;
        }
        let Some(n) = self.named(origin) else { return self.invalid() };
        let instance = Named {
            obj: n.obj,
            underlying: None,
            rhs: None,
            methods: Vec::new(),
            type_params: Vec::new(),
            type_args: args.to_vec(),
            origin: Some(origin),
        };
        let t = self.add_type(Type::Named(instance));
        self.generics.instances.entry(origin).or_default().push(t);
        self.generics.depth.insert(t, depth);
        self.generics.unexpanded.push(t);
        self.expand_instances();
        t
    }

    /// Gives instances their underlying types and methods, where those of their origins are known.
    pub fn expand_instances(&mut self) {
        if std::mem::replace(&mut self.generics.expanding, true) {
            return;
        }
        let mut waiting = Vec::new();
        while let Some(t) = self.generics.unexpanded.pop() {
            if !self.expand(t) {
                waiting.push(t);
            }
        }
        self.generics.unexpanded = waiting;
        self.generics.expanding = false;
    }

    /// Type parameters of a generic type, then those of the function that it is declared in: what the arguments of an instance
    /// are for.
    pub fn params_of_origin(&self, origin: TypeId) -> Vec<TypeId> {
        let own = self.type_params_of(origin).iter();
        own.chain(self.generics.local_types.get(&origin).into_iter().flatten()).copied().collect()
    }

    /// Type parameters that a type declares itself.
    pub fn type_params_of(&self, t: TypeId) -> &[TypeId] {
        self.named(t).map_or(&[], |n| &n.type_params)
    }

    /// Type arguments of an instance: those that were written, and those of the function around its type's declaration.
    pub fn split_type_args<'n>(&self, n: &'n Named) -> (&'n [TypeId], &'n [TypeId]) {
        let own = n.origin.map_or(0, |o| self.type_params_of(o).len());
        n.type_args.split_at_checked(own).unwrap_or((&n.type_args, &[]))
    }

    fn expand(&mut self, t: TypeId) -> bool {
        let Some((origin, args)) = self.named(t).and_then(|n| Some((n.origin?, n.type_args.clone()))) else {
            return true;
        };
        let Some(rhs) = self.named(origin).and_then(|n| n.rhs.or(n.underlying)) else { return false };
        let depth = self.generics.depth.get(&t).copied().unwrap_or(0);
        let count = self.generics.instances.get(&origin).map_or(0, Vec::len);
        if depth > MAX_NESTING || depth > 3 && count > MAX_INSTANCES {
            return true;
        }
        let params = self.params_of_origin(origin);
        if params.len() != args.len() {
            return true;
        }
        let map = SubstMap::for_body(&params, &args);
        let rhs = self.subst(rhs, &map);
        let methods = self.named(origin).map(|n| n.methods.clone()).unwrap_or_default();
        let methods: Vec<ObjId> = methods.into_iter().map(|m| self.instance_method(t, m)).collect();
        let is_literal = self.named(rhs).is_none();
        if let Type::Named(n) = self.ty_mut(t) {
            n.rhs = Some(rhs);
            n.underlying = is_literal.then_some(rhs);
            n.methods.clone_from(&methods);
        }
        if self.generics.finished {
            for m in methods {
                self.complete_method(m);
            }
        }
        true
    }

    fn instance_method(&mut self, t: TypeId, origin: ObjId) -> ObjId {
        let o = self.obj(origin);
        let copy = Object { typ: None, ..o.clone() };
        let m = self.add_obj(copy);
        self.generics.method_origin.insert(m, origin);
        self.generics.incomplete.push(m);
        self.generics.method_instance.insert(m, t);
        m
    }

    /// Gives a method of an instance its signature, if that of the declared method is known.
    pub fn complete_method(&mut self, m: ObjId) {
        if self.obj(m).typ.is_none() {
            self.set_method_type(m, false);
        }
    }

    /// Like [`Self::complete_method`], for a method that is selected: if it has type parameters of its own, they are those
    /// of this instance. (Done for all methods this would not end: they may have instances as results.)
    pub fn complete_selected_method(&mut self, m: ObjId) {
        let is_generic = |s: &Signature| !s.type_params.is_empty();
        let own = self.obj(m).typ.and_then(|t| self.signature_of(t)).is_some_and(is_generic);
        if self.obj(m).typ.is_none() || own && self.generics.own_params.insert(m) {
            self.set_method_type(m, true);
        }
    }

    fn set_method_type(&mut self, m: ObjId, fresh: bool) {
        let (Some(&origin), Some(&t)) =
            (self.generics.method_origin.get(&m), self.generics.method_instance.get(&m))
        else {
            return;
        };
        let Some(declared) = self.obj(origin).typ else { return };
        let Type::Signature(sig) = self.ty(declared).clone() else {
            self.obj_mut(m).typ = Some(declared);
            return;
        };
        let Some(args) = self.named(t).map(|n| n.type_args.clone()) else { return };
        // Methods of methodless mistakes: wrong number of receiver type parameters.
        let map = SubstMap::new(&sig.recv_type_params, &args);
        let own = if fresh { self.own_type_params(&sig, &args) } else { Vec::new() };
        let (map, sig) = if own.is_empty() {
            (map, sig)
        } else {
            let from: Vec<TypeId> = sig.recv_type_params.iter().chain(&sig.type_params).copied().collect();
            let to: Vec<TypeId> = args.iter().chain(&own).copied().collect();
            (SubstMap::new(&from, &to), Signature { type_params: own, ..sig })
        };
        let sig = self.subst_signature(sig.clone(), &map).unwrap_or(sig);
        let recv = sig.recv.map(|r| {
            let pointer = matches!(self.obj(m).kind, ObjKind::Func { ptr_recv: true });
            let typ = if pointer { self.add_type(Type::Pointer(t)) } else { t };
            let copy = Object { typ: Some(typ), ..self.obj(r).clone() };
            self.add_obj(copy)
        });
        let sig = Signature { recv, recv_type_params: Vec::new(), ..sig };
        let typ = self.add_type(Type::Signature(sig));
        self.obj_mut(m).typ = Some(typ);
    }

    /// Type parameters that a method of an instance has for itself: constraints may mention the receiver's.
    fn own_type_params(&mut self, sig: &Signature, args: &[TypeId]) -> Vec<TypeId> {
        if sig.type_params.is_empty() {
            return Vec::new();
        }
        let mut own = Vec::with_capacity(sig.type_params.len());
        for &t in &sig.type_params {
            let copy = self.ty(t).clone();
            own.push(self.add_type(copy));
        }
        let from: Vec<TypeId> = sig.recv_type_params.iter().chain(&sig.type_params).copied().collect();
        let to: Vec<TypeId> = args.iter().chain(&own).copied().collect();
        let map = SubstMap::new(&from, &to);
        for &t in &own {
            let Some(c) = self.constraint(t) else { continue };
            let c = self.subst(c, &map);
            if let Type::TypeParam(tp) = self.ty_mut(t) {
                tp.constraint = Some(c);
            }
        }
        own
    }

    /// The declared method of a method of an instance; other functions are their own.
    pub fn method_origin(&self, m: ObjId) -> ObjId {
        self.generics.method_origin.get(&m).copied().unwrap_or(m)
    }

    /// The type of a generic function with these arguments: no longer generic.
    pub fn instantiate_signature(&mut self, sig: TypeId, args: &[TypeId]) -> TypeId {
        let Type::Signature(s) = self.ty(sig).clone() else { return sig };
        let map = SubstMap::new(&s.type_params, args);
        let new = self.subst_signature(s.clone(), &map).unwrap_or(s);
        self.add_type(Type::Signature(Signature { type_params: Vec::new(), ..new }))
    }

    /// Completes all methods of instances; no type changes from now on. `false` starts another package.
    pub(crate) fn set_finished(&mut self, finished: bool) {
        self.generics.finished = finished;
        if !finished {
            return;
        }
        self.expand_instances();
        for m in std::mem::take(&mut self.generics.incomplete) {
            self.complete_method(m);
        }
    }

    /// How deep instances are nested in types.
    fn deepest(&self, list: &[TypeId]) -> usize {
        list.iter().map(|&t| self.nesting(t)).max().unwrap_or(0)
    }

    fn nesting(&self, t: TypeId) -> usize {
        let of_vars =
            |vars: &[ObjId]| vars.iter().map(|&v| self.nesting(self.obj_type(v))).max().unwrap_or(0);
        match self.ty(t) {
            Type::Named(n) if n.type_args.is_empty() => 0,
            Type::Named(_) => 1 + self.generics.depth.get(&t).copied().unwrap_or(0),
            Type::Pointer(e) | Type::Slice(e) | Type::Array { elem: e, .. } | Type::Chan { elem: e, .. } => {
                1 + self.nesting(*e)
            }
            Type::Map { key, elem } => 1 + self.deepest(&[*key, *elem]),
            Type::Signature(s) => 1 + of_vars(&s.params).max(of_vars(&s.results)),
            Type::Struct(s) => 1 + of_vars(&s.fields),
            _ => 0,
        }
    }
}
