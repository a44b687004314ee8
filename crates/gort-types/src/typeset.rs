//! Type sets of interfaces: all methods, embedded ones included, and the types allowed.
//!
//! Go counterpart: `go/types/typeset.go`.

use crate::checker::{Checker, Delayed};
use crate::object::ObjId;
use crate::program::Program;
use crate::types::{Interface, Term, Type, TypeId, TypeSet};
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

impl Program {
    /// The type set of an interface type or of a type parameter's constraint; empty for other types.
    pub fn type_set(&self, t: TypeId) -> Cow<'_, TypeSet> {
        let u = self.under(t);
        match self.ty(u) {
            Type::Interface(Interface { type_set: Some(s), .. }) => Cow::Borrowed(s),
            Type::Interface(_) => Cow::Owned(self.type_set_of(&[u])),
            Type::TypeParam(tp) => match tp.constraint {
                Some(c) if self.is_interface(c) => self.type_set(c),
                Some(c) => Cow::Owned(self.type_set_of(&[c])),
                None => Cow::Owned(TypeSet::default()),
            },
            _ => Cow::Owned(TypeSet::default()),
        }
    }

    fn type_set_of(&self, embedded: &[TypeId]) -> TypeSet {
        let mut set = TypeSet::default();
        for &e in embedded {
            self.collect_embedded(e, &mut set, &mut Vec::new());
        }
        self.sort_methods(&mut set.methods);
        if let (true, Some(terms)) = (set.comparable, &mut set.terms) {
            terms.retain(|t| self.comparable_type(t.typ, false, None).is_ok());
            set.comparable = false;
        }
        set
    }

    fn collect_type_set(&self, u: TypeId, set: &mut TypeSet, seen: &mut Vec<TypeId>) {
        let Type::Interface(i) = self.ty(u) else { return };
        if seen.contains(&u) {
            return;
        }
        seen.push(u);
        if let Some(known) = &i.type_set {
            for &m in &known.methods {
                self.add_method(set, m);
            }
            set.comparable |= known.comparable;
            self.restrict(set, known.terms.clone());
            return;
        }
        for &m in &i.methods {
            self.add_method(set, m);
        }
        for &e in &i.embeddeds {
            self.collect_embedded(e, set, seen);
        }
    }

    fn collect_embedded(&self, e: TypeId, set: &mut TypeSet, seen: &mut Vec<TypeId>) {
        let eu = self.under(e);
        match self.ty(eu) {
            Type::Interface(_) => self.collect_type_set(eu, set, seen),
            Type::Union(terms) => {
                let terms = self.union_set(terms, seen);
                self.restrict(set, terms);
            }
            Type::Basic(crate::types::BasicKind::Invalid) => {}
            _ => self.restrict(set, Some(vec![Term { tilde: false, typ: e }])),
        }
    }

    /// All terms of a union, those of interfaces in it included.
    fn union_set(&self, terms: &[Term], seen: &mut Vec<TypeId>) -> Option<Vec<Term>> {
        let mut all = Vec::new();
        for &term in terms {
            let u = self.under(term.typ);
            if self.is_interface(u) {
                let mut inner = TypeSet::default();
                self.collect_type_set(u, &mut inner, seen);
                all.extend(inner.terms?);
            } else if self.is_valid(u) {
                all.push(term);
            }
        }
        Some(self.normalized(all))
    }

    fn restrict(&self, set: &mut TypeSet, terms: Option<Vec<Term>>) {
        set.terms = match (set.terms.take(), terms) {
            (None, t) | (t, None) => t,
            (Some(a), Some(b)) => Some(self.intersect_terms(&a, &b)),
        };
    }

    fn add_method(&self, set: &mut TypeSet, m: ObjId) {
        let o = self.obj(m);
        if !set.methods.iter().any(|&n| self.same_id(n, o.pkg, &o.name, false)) {
            set.methods.push(m);
        }
    }

    /// Sorts by name, unexported methods of the same name by package path.
    pub(crate) fn sort_methods(&self, methods: &mut [ObjId]) {
        methods.sort_by(|&a, &b| {
            let key = |o: ObjId| (&self.obj(o).name, self.obj(o).pkg.map(|p| &self.pkg(p).path));
            key(a).cmp(&key(b))
        });
    }

    /// Index and object of the method of that name.
    pub fn type_set_method(
        &self,
        t: TypeId,
        pkg: Option<crate::program::PkgId>,
        name: &str,
        fold_case: bool,
    ) -> Option<(usize, ObjId)> {
        let set = self.type_set(t);
        let i = set.methods.iter().position(|&m| self.same_id(m, pkg, name, fold_case))?;
        set.methods.get(i).map(|&m| (i, m))
    }
}

impl<'a> Checker<'a> {
    /// Computes and records the type set of an interface, reporting methods declared twice.
    pub(crate) fn compute_type_set(&mut self, t: TypeId) {
        let Type::Interface(i) = self.prog.ty(t) else { return };
        if i.type_set.is_some() {
            return;
        }
        let (methods, embeddeds, embed_pos) = (i.methods.clone(), i.embeddeds.clone(), i.embed_pos.clone());
        let mut seen: Vec<ObjId> = Vec::new();
        let mut positions: FxHashMap<ObjId, Pos> = FxHashMap::default();
        for m in methods {
            let pos = self.prog.obj(m).pos;
            self.add_interface_method(&mut seen, &mut positions, m, pos, true);
        }
        for (e, pos) in embeddeds.into_iter().zip(embed_pos) {
            if !self.allow_version(pos, 18) && pos.is_some() && self.prog.is_valid(self.prog.under(e)) {
                let set = self.prog.type_set(e);
                let plain = set.terms.is_none() && !set.comparable;
                let what = match self.prog.under_type(e) {
                    Type::Interface(_) if plain => String::new(),
                    Type::Interface(_) if !self.is_imported(e) => String::new(),
                    Type::Interface(_) => format!("embedding constraint interface {}", self.type_string(e)),
                    Type::Union(_) => format!("embedding interface element {}", self.type_string(e)),
                    _ => format!("embedding non-interface type {}", self.type_string(e)),
                };
                if !what.is_empty() {
                    self.verify_version(pos, 18, &what);
                }
            }
            if self.prog.is_interface(e) {
                for m in self.prog.type_set(e).methods.clone() {
                    self.add_interface_method(&mut seen, &mut positions, m, pos, false);
                }
            }
        }
        let set = self.prog.type_set(t).into_owned();
        if let Type::Interface(i) = self.prog.ty_mut(t) {
            i.type_set = Some(set);
        }
    }

    /// Declared in another package?
    fn is_imported(&self, t: TypeId) -> bool {
        self.prog.named(t).is_some_and(|n| self.prog.obj(n.obj).pkg.is_some_and(|p| p != self.pkg))
    }

    fn add_interface_method(
        &mut self,
        seen: &mut Vec<ObjId>,
        positions: &mut FxHashMap<ObjId, Pos>,
        m: ObjId,
        pos: Pos,
        explicit: bool,
    ) {
        let o = self.prog.obj(m);
        let other = seen.iter().copied().find(|&n| self.prog.same_id(n, o.pkg, &o.name, false));
        match other {
            None => {
                seen.push(m);
                positions.insert(m, pos);
            }
            Some(other) => {
                let other_pos = positions.get(&other).copied().unwrap_or_default();
                let same =
                    m == other || self.prog.identical(self.prog.obj_type(m), self.prog.obj_type(other));
                if explicit || !same || !self.allow_version(pos, 14) {
                    let name = self.prog.obj(m).name.clone();
                    let at = self.pos_string(other_pos);
                    let msg = format!("duplicate method {name}\n\t{at}: other declaration of method {name}");
                    self.error(pos, "DuplicateDecl", msg);
                }
            }
        }
    }

    /// Puts off the computation of an interface's type set until the declaration is complete.
    pub(crate) fn later_type_set(&mut self, t: TypeId, pos: Pos) {
        self.later(Delayed::TypeSet(t, pos));
    }
}
