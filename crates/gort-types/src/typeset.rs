//! Type sets of interfaces: all methods, embedded ones included, and the types allowed.
//!
//! Go counterpart: `go/types/typeset.go`.

use crate::checker::{Checker, Delayed};
use crate::object::ObjId;
use crate::program::Program;
use crate::types::{Term, Type, TypeId, TypeSet};
use gort_syntax::source::Pos;
use std::borrow::Cow;
use std::collections::HashMap;

impl Program {
    /// The type set of an interface type; empty for other types.
    pub fn type_set(&self, t: TypeId) -> Cow<'_, TypeSet> {
        let u = self.under(t);
        match self.ty(u) {
            Type::Interface(i) => match &i.type_set {
                Some(s) => Cow::Borrowed(s),
                None => {
                    let mut set = TypeSet::default();
                    self.collect_type_set(u, &mut set, &mut Vec::new());
                    self.sort_methods(&mut set.methods);
                    Cow::Owned(set)
                }
            },
            _ => Cow::Owned(TypeSet::default()),
        }
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
            intersect(self, set, known.terms.clone());
            return;
        }
        for &m in &i.methods {
            self.add_method(set, m);
        }
        for &e in &i.embeddeds {
            let eu = self.under(e);
            match self.ty(eu) {
                Type::Interface(_) => self.collect_type_set(eu, set, seen),
                Type::Union(terms) => intersect(self, set, Some(terms.clone())),
                Type::Basic(crate::types::BasicKind::Invalid) => {}
                _ => intersect(self, set, Some(vec![Term { tilde: false, typ: e }])),
            }
        }
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

fn intersect(prog: &Program, set: &mut TypeSet, terms: Option<Vec<Term>>) {
    set.terms = match (set.terms.take(), terms) {
        (None, t) | (t, None) => t,
        (Some(a), Some(b)) => {
            Some(a.into_iter().filter(|x| b.iter().any(|y| prog.identical(x.typ, y.typ))).collect())
        }
    };
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
        let mut positions: HashMap<ObjId, Pos> = HashMap::new();
        for m in methods {
            let pos = self.prog.obj(m).pos;
            self.add_interface_method(&mut seen, &mut positions, m, pos, true);
        }
        for (e, pos) in embeddeds.into_iter().zip(embed_pos) {
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

    fn add_interface_method(
        &mut self,
        seen: &mut Vec<ObjId>,
        positions: &mut HashMap<ObjId, Pos>,
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
                if explicit || !same {
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
