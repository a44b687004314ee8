//! Type identity.
//!
//! Two types are identical if they come from the same declaration or are built alike from identical
//! types. Go counterpart: `go/types/predicates.go`, `comparer`.

use crate::object::{ObjId, ObjKind};
use crate::program::Program;
use crate::types::{Signature, Struct, Type, TypeId};

struct Comparer<'p> {
    prog: &'p Program,
    ignore_tags: bool,
    /// Interface pairs under comparison: equal unless found different.
    pairs: Vec<(TypeId, TypeId)>,
    /// Type parameters of generic signatures under comparison.
    renamed: Vec<(TypeId, TypeId)>,
}

impl Program {
    /// Are the types identical?
    pub fn identical(&self, x: TypeId, y: TypeId) -> bool {
        Comparer { prog: self, ignore_tags: false, pairs: Vec::new(), renamed: Vec::new() }.identical(x, y)
    }

    /// Are they identical apart from struct tags?
    pub fn identical_ignore_tags(&self, x: TypeId, y: TypeId) -> bool {
        Comparer { prog: self, ignore_tags: true, pairs: Vec::new(), renamed: Vec::new() }.identical(x, y)
    }
}

impl Comparer<'_> {
    fn identical(&mut self, x: TypeId, y: TypeId) -> bool {
        if x == y {
            return true;
        }
        let p = self.prog;
        match (p.ty(x), p.ty(y)) {
            (Type::Basic(a), Type::Basic(b)) => a == b,
            (Type::Named(a), Type::Named(b)) => {
                a.obj == b.obj
                    && a.type_args.len() == b.type_args.len()
                    && a.type_args.iter().zip(&b.type_args).all(|(&a, &b)| self.identical(a, b))
            }
            (Type::Pointer(a), Type::Pointer(b)) | (Type::Slice(a), Type::Slice(b)) => self.identical(*a, *b),
            (Type::Array { elem: a, len: n }, Type::Array { elem: b, len: m }) => {
                (*n < 0 || *m < 0 || n == m) && self.identical(*a, *b)
            }
            (Type::Map { key: k, elem: a }, Type::Map { key: l, elem: b }) => {
                self.identical(*k, *l) && self.identical(*a, *b)
            }
            (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) => {
                d == e && self.identical(*a, *b)
            }
            (Type::Struct(a), Type::Struct(b)) => self.structs(a, b),
            (Type::Tuple(a), Type::Tuple(b)) => self.vars(a, b),
            (Type::Signature(a), Type::Signature(b)) => self.signatures(a, b),
            (Type::Interface(_), Type::Interface(_)) => self.interfaces(x, y),
            (Type::Union(a), Type::Union(b)) => p.same_terms(Some(a), Some(b)),
            (Type::TypeParam(_), Type::TypeParam(_)) => self.renamed.contains(&(x, y)),
            _ => false,
        }
    }

    fn vars(&mut self, a: &[ObjId], b: &[ObjId]) -> bool {
        let p = self.prog;
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.identical(p.obj_type(a), p.obj_type(b)))
    }

    fn signatures(&mut self, a: &Signature, b: &Signature) -> bool {
        if a.variadic != b.variadic || a.type_params.len() != b.type_params.len() {
            return false;
        }
        let mark = self.renamed.len();
        self.renamed.extend(a.type_params.iter().copied().zip(b.type_params.iter().copied()));
        let p = self.prog;
        let bounds = a.type_params.iter().zip(&b.type_params).all(|(&s, &t)| {
            match (p.constraint(s), p.constraint(t)) {
                (Some(s), Some(t)) => self.identical(s, t),
                _ => true,
            }
        });
        let same = bounds && self.vars(&a.params, &b.params) && self.vars(&a.results, &b.results);
        self.renamed.truncate(mark);
        same
    }

    fn structs(&mut self, a: &Struct, b: &Struct) -> bool {
        if a.fields.len() != b.fields.len() || !self.ignore_tags && a.tags != b.tags {
            return false;
        }
        let p = self.prog;
        let embedded = |o: ObjId| matches!(p.obj(o).kind, ObjKind::Var { embedded: true, .. });
        a.fields.iter().zip(&b.fields).all(|(&f, &g)| {
            embedded(f) == embedded(g)
                && p.same_id(f, p.obj(g).pkg, &p.obj(g).name, false)
                && self.identical(p.obj_type(f), p.obj_type(g))
        })
    }

    fn interfaces(&mut self, x: TypeId, y: TypeId) -> bool {
        let p = self.prog;
        let (a, b) = (p.type_set(x), p.type_set(y));
        if a.comparable != b.comparable || a.methods.len() != b.methods.len() {
            return false;
        }
        if !p.same_terms(a.terms.as_deref(), b.terms.as_deref()) {
            return false;
        }
        if self.pairs.iter().any(|&q| q == (x, y) || q == (y, x)) {
            return true;
        }
        self.pairs.push((x, y));
        let same = a.methods.iter().zip(&b.methods).all(|(&f, &g)| {
            p.same_id(f, p.obj(g).pkg, &p.obj(g).name, false) && self.identical(p.obj_type(f), p.obj_type(g))
        });
        self.pairs.pop();
        same
    }
}
