//! Substitution: a type with type arguments in place of type parameters.
//!
//! What does not change is not copied. Cycles of types go through declared types only, whose instances are
//! canonical, so that substitution ends. Go counterpart: `go/types/subst.go`.

use crate::object::ObjId;
use crate::program::Program;
use crate::types::{Interface, Signature, Struct, Term, Type, TypeId};
use rustc_hash::FxHashMap;

/// Which type stands for which type parameter.
#[derive(Clone, Debug, Default)]
pub struct SubstMap {
    map: FxHashMap<TypeId, TypeId>,
    key: Vec<TypeId>,
    /// Types declared in a generic function are instantiated too: wanted when its body is lowered.
    local: bool,
}

impl SubstMap {
    /// `args` stand for `params`.
    pub fn new(params: &[TypeId], args: &[TypeId]) -> Self {
        let key = params.iter().chain(args).copied().collect();
        Self { map: params.iter().copied().zip(args.iter().copied()).collect(), key, local: false }
    }

    /// Like [`Self::new`], and types declared in the generic function become types of the instance.
    pub fn for_body(params: &[TypeId], args: &[TypeId]) -> Self {
        Self { local: true, ..Self::new(params, args) }
    }

    /// What stands for the type parameter `t`.
    pub fn get(&self, t: TypeId) -> Option<TypeId> {
        self.map.get(&t).copied()
    }

    /// Does it change nothing?
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl Program {
    /// The type with its type parameters replaced.
    pub fn subst(&mut self, t: TypeId, map: &SubstMap) -> TypeId {
        if map.is_empty() {
            return t;
        }
        if !self.generics.finished {
            return self.subst_in(t, map);
        }
        let key = (t, map.local, map.key.clone());
        if let Some(&known) = self.generics.subst_cache.get(&key) {
            return known;
        }
        let new = self.subst_in(t, map);
        self.generics.subst_cache.insert(key, new);
        new
    }

    /// Each of the types.
    pub fn subst_list(&mut self, list: &[TypeId], map: &SubstMap) -> Vec<TypeId> {
        list.iter().map(|&t| self.subst(t, map)).collect()
    }

    fn subst_in(&mut self, t: TypeId, map: &SubstMap) -> TypeId {
        match self.ty(t).clone() {
            Type::Basic(_) => t,
            Type::TypeParam(_) => map.get(t).unwrap_or(t),
            Type::Named(n) => {
                let (origin, args) = match n.origin {
                    Some(origin) => (origin, n.type_args),
                    None if map.local => match self.generics.local_types.get(&t) {
                        Some(params) => (t, params.clone()),
                        None => return t,
                    },
                    None => return t,
                };
                let new = self.subst_list(&args, map);
                if new == args { t } else { self.instantiate(origin, &new) }
            }
            Type::Pointer(e) => self.rebuilt(t, &[e], map, |p| Type::Pointer(at(p, 0, e))),
            Type::Slice(e) => self.rebuilt(t, &[e], map, |p| Type::Slice(at(p, 0, e))),
            Type::Array { elem, len } => {
                self.rebuilt(t, &[elem], map, |p| Type::Array { elem: at(p, 0, elem), len })
            }
            Type::Chan { dir, elem } => {
                self.rebuilt(t, &[elem], map, |p| Type::Chan { dir, elem: at(p, 0, elem) })
            }
            Type::Map { key, elem } => {
                self.rebuilt(t, &[key, elem], map, |p| Type::Map { key: at(p, 0, key), elem: at(p, 1, elem) })
            }
            Type::Struct(s) => match self.subst_vars(&s.fields, map) {
                Some(fields) => self.add_type(Type::Struct(Struct { fields, tags: s.tags })),
                None => t,
            },
            Type::Tuple(vars) => match self.subst_vars(&vars, map) {
                Some(vars) => self.add_type(Type::Tuple(vars)),
                None => t,
            },
            Type::Signature(s) => match self.subst_signature(s, map) {
                Some(s) => self.add_type(Type::Signature(s)),
                None => t,
            },
            Type::Union(terms) => match self.subst_terms(&terms, map) {
                Some(terms) => self.add_type(Type::Union(terms)),
                None => t,
            },
            Type::Interface(i) => self.subst_interface(t, i, map),
        }
    }

    fn rebuilt(
        &mut self,
        t: TypeId,
        parts: &[TypeId],
        map: &SubstMap,
        make: impl Fn(&[TypeId]) -> Type,
    ) -> TypeId {
        let new = self.subst_list(parts, map);
        if new == parts { t } else { self.add_type(make(&new)) }
    }

    /// Variables with substituted types; `None` if nothing changes.
    fn subst_vars(&mut self, vars: &[ObjId], map: &SubstMap) -> Option<Vec<ObjId>> {
        let mut changed = false;
        let mut out = Vec::with_capacity(vars.len());
        for &v in vars {
            let old = self.obj_type(v);
            let new = self.subst(old, map);
            if new == old {
                out.push(v);
                continue;
            }
            changed = true;
            let mut copy = self.obj(v).clone();
            copy.typ = Some(new);
            out.push(self.add_obj(copy));
        }
        changed.then_some(out)
    }

    pub(crate) fn subst_signature(&mut self, s: Signature, map: &SubstMap) -> Option<Signature> {
        let params = self.subst_vars(&s.params, map);
        let results = self.subst_vars(&s.results, map);
        if params.is_none() && results.is_none() {
            return None;
        }
        Some(Signature { params: params.unwrap_or(s.params), results: results.unwrap_or(s.results), ..s })
    }

    fn subst_terms(&mut self, terms: &[Term], map: &SubstMap) -> Option<Vec<Term>> {
        let mut changed = false;
        let mut out = Vec::with_capacity(terms.len());
        for term in terms {
            let typ = self.subst(term.typ, map);
            changed |= typ != term.typ;
            out.push(Term { tilde: term.tilde, typ });
        }
        changed.then_some(out)
    }

    fn subst_interface(&mut self, t: TypeId, i: Interface, map: &SubstMap) -> TypeId {
        let mut changed = false;
        let mut methods = Vec::with_capacity(i.methods.len());
        for &m in &i.methods {
            let old = self.obj_type(m);
            let new = self.subst(old, map);
            if new == old {
                methods.push(m);
                continue;
            }
            changed = true;
            let mut copy = self.obj(m).clone();
            copy.typ = Some(new);
            methods.push(self.add_obj(copy));
        }
        let embeddeds = self.subst_list(&i.embeddeds, map);
        if !changed && embeddeds == i.embeddeds {
            return t;
        }
        let new =
            Interface { methods, embeddeds, embed_pos: i.embed_pos, type_set: None, implicit: i.implicit };
        let new = self.add_type(Type::Interface(new));
        if self.generics.finished {
            self.complete_interface(new);
        }
        new
    }

    /// Records the type set of an interface whose parts are all known.
    pub(crate) fn complete_interface(&mut self, t: TypeId) {
        let set = self.type_set(t).into_owned();
        if let Type::Interface(i) = self.ty_mut(t) {
            i.type_set = Some(set);
        }
    }
}

fn at(parts: &[TypeId], i: usize, or: TypeId) -> TypeId {
    parts.get(i).copied().unwrap_or(or)
}
