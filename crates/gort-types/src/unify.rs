//! Unification: making two types identical by choosing type arguments.
//!
//! *Inexact* unification lets an underlying type match a declared one and channels differ in direction;
//! *assign* mode does so at the top only, as assignment would. Go counterpart: `go/types/unify.go`.

use crate::checker::Checker;
use crate::lookup::LookupResult;
use crate::object::{ObjId, ObjKind};
use crate::program::Program;
use crate::types::{Type, TypeId};
use gort_syntax::ast::ChanDir;
use rustc_hash::FxHashMap;

/// Deeper types do not unify.
const MAX_DEPTH: usize = 100;

/// How exact a match must be.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnifyMode {
    /// As for an assignment.
    pub assign: bool,
    /// As for identity.
    pub exact: bool,
}

impl UnifyMode {
    /// Identity.
    pub const EXACT: Self = Self { assign: false, exact: true };
    /// Assignment.
    pub const ASSIGN: Self = Self { assign: true, exact: false };
    /// Neither.
    pub const INEXACT: Self = Self { assign: false, exact: false };
}

/// Type parameters and what is known of their arguments. Joined parameters share a slot.
#[derive(Debug)]
pub struct Unifier {
    handles: FxHashMap<TypeId, usize>,
    slots: Vec<Option<TypeId>>,
    depth: usize,
    pairs: Vec<(TypeId, TypeId)>,
    /// Methods of interfaces tell of arguments (since Go 1.21).
    pub interfaces: bool,
}

impl Unifier {
    /// With the arguments that are known.
    pub fn new(params: &[TypeId], args: &[Option<TypeId>]) -> Self {
        let handles = params.iter().enumerate().map(|(i, &p)| (p, i)).collect();
        let slots = (0..params.len()).map(|i| args.get(i).copied().flatten()).collect();
        Self { handles, slots, depth: 0, pairs: Vec::new(), interfaces: true }
    }

    /// The argument of a parameter, if known.
    pub fn at(&self, p: TypeId) -> Option<TypeId> {
        self.handles.get(&p).and_then(|&h| self.slots.get(h).copied().flatten())
    }

    /// Sets the argument of a parameter.
    pub fn set(&mut self, p: TypeId, t: TypeId) {
        if let Some(slot) = self.handles.get(&p).and_then(|&h| self.slots.get_mut(h)) {
            *slot = Some(t);
        }
    }

    /// How many parameters have no argument yet.
    pub fn unknowns(&self) -> usize {
        self.handles.keys().filter(|&&p| self.at(p).is_none()).count()
    }

    /// The arguments of `params`.
    pub fn inferred(&self, params: &[TypeId]) -> Vec<Option<TypeId>> {
        params.iter().map(|&p| self.at(p)).collect()
    }

    fn bound(&self, t: TypeId) -> bool {
        self.handles.contains_key(&t)
    }

    /// Makes two parameters one; false if both have arguments.
    fn join(&mut self, x: TypeId, y: TypeId) -> bool {
        let (Some(&hx), Some(&hy)) = (self.handles.get(&x), self.handles.get(&y)) else { return false };
        if hx == hy {
            return true;
        }
        let (from, to) = match (self.at(x).is_some(), self.at(y).is_some()) {
            (true, true) => return false,
            (true, false) => (hy, hx),
            _ => (hx, hy),
        };
        self.handles.values_mut().filter(|h| **h == from).for_each(|h| *h = to);
        true
    }
}

impl Program {
    /// Neither declared nor a type parameter.
    fn is_type_lit(&self, t: TypeId) -> bool {
        !matches!(self.ty(t), Type::Named(_) | Type::TypeParam(_))
    }
}

impl<'a> Checker<'a> {
    /// Tries to make `x` and `y` match.
    pub fn unify(&mut self, u: &mut Unifier, x: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        if x == y {
            return true;
        }
        if u.depth > MAX_DEPTH {
            return false;
        }
        u.depth += 1;
        let same = self.nify(u, x, y, mode);
        u.depth -= 1;
        same
    }

    fn nify(&mut self, u: &mut Unifier, x: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        let (mut x, mut y) = (x, y);
        // A declared type, if any, comes second; a bound parameter first.
        if self.prog.named(x).is_some() || u.bound(y) {
            std::mem::swap(&mut x, &mut y);
        }
        if !mode.exact
            && self.prog.named(y).is_some()
            && self.prog.is_type_lit(x)
            && !(u.interfaces && self.prog.is_interface(x))
        {
            y = self.prog.under(y);
            if x == y {
                return true;
            }
        }
        match (u.bound(x), u.bound(y)) {
            (true, true) => {
                if u.join(x, y) {
                    return true;
                }
                let (Some(a), Some(b)) = (u.at(x), u.at(y)) else { return false };
                return self.unify(u, a, b, mode);
            }
            (true, false) => return self.unify_param(u, x, y, mode),
            _ => {}
        }
        if u.interfaces && !mode.exact && (self.prog.is_interface(x) || self.prog.is_interface(y)) {
            return self.unify_interfaces(u, x, y);
        }
        if self.prog.is_type_param(y) {
            std::mem::swap(&mut x, &mut y);
        }
        self.unify_structure(u, x, y, mode)
    }

    fn unify_param(&mut self, u: &mut Unifier, p: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        let Some(x) = u.at(p) else {
            u.set(p, y);
            return true;
        };
        if !self.unify(u, x, y, mode) {
            return false;
        }
        let methods = u.interfaces && !mode.exact;
        let (xi, yi) = (methods && self.prog.is_interface(x), methods && self.prog.is_interface(y));
        let (xn, yn) = (self.prog.named(x).is_some(), self.prog.named(y).is_some());
        if xi && yi {
            if xn && yn {
                return self.prog.identical(x, y);
            }
            if self.prog.type_set(x).methods.len() != self.prog.type_set(y).methods.len() {
                return false;
            }
        } else if xi || yi {
            return false;
        }
        let directed = self.prog.chan_of(y).is_some_and(|(dir, _)| dir != ChanDir::Both);
        if !mode.exact && !xn && (yn || directed) {
            u.set(p, y);
        }
        true
    }

    fn unify_interfaces(&mut self, u: &mut Unifier, x: TypeId, y: TypeId) -> bool {
        let (xi, yi) = (self.prog.is_interface(x), self.prog.is_interface(y));
        if xi && yi {
            let (a, b) = (self.prog.type_set(x).into_owned(), self.prog.type_set(y).into_owned());
            if a.comparable != b.comparable || !self.prog.same_terms(a.terms.as_deref(), b.terms.as_deref()) {
                return false;
            }
            if u.pairs.iter().any(|&q| q == (x, y) || q == (y, x)) {
                return true;
            }
            u.pairs.push((x, y));
            let (few, many) = if a.methods.len() > b.methods.len() {
                (b.methods, a.methods)
            } else {
                (a.methods, b.methods)
            };
            let same = few.into_iter().all(|m| {
                let o = self.prog.obj(m);
                let other = many.iter().copied().find(|&n| self.prog.same_id(n, o.pkg, &o.name, false));
                other.is_some_and(|n| {
                    let (tm, tn) = (self.prog.obj_type(m), self.prog.obj_type(n));
                    self.unify(u, tm, tn, UnifyMode::EXACT)
                })
            });
            u.pairs.pop();
            return same;
        }
        let (iface, v) = if xi { (x, y) } else { (y, x) };
        let methods = self.prog.type_set(iface).methods.clone();
        methods.into_iter().all(|m| {
            let o = self.prog.obj(m);
            match self.prog.lookup_field_or_method(v, false, o.pkg, &o.name, false) {
                LookupResult::Found { obj, .. }
                    if matches!(self.prog.obj(obj).kind, ObjKind::Func { .. }) =>
                {
                    self.obj_decl(obj);
                    let (tm, tn) = (self.prog.obj_type(m), self.prog.obj_type(obj));
                    let generic = self.prog.signature_of(tn).is_none_or(|s| !s.type_params.is_empty());
                    !generic && self.unify(u, tm, tn, UnifyMode::EXACT)
                }
                _ => false,
            }
        })
    }

    fn unify_structure(&mut self, u: &mut Unifier, x: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        let inner = UnifyMode { exact: mode.exact || mode.assign, ..mode };
        match (self.prog.ty(x).clone(), self.prog.ty(y).clone()) {
            (Type::Basic(a), Type::Basic(b)) => a == b,
            (Type::Array { elem: a, len: n }, Type::Array { elem: b, len: m }) => {
                (n < 0 || m < 0 || n == m) && self.unify(u, a, b, inner)
            }
            (Type::Slice(a), Type::Slice(b)) | (Type::Pointer(a), Type::Pointer(b)) => {
                self.unify(u, a, b, inner)
            }
            (Type::Map { key: k, elem: a }, Type::Map { key: l, elem: b }) => {
                self.unify(u, k, l, inner) && self.unify(u, a, b, inner)
            }
            (Type::Chan { dir: d, elem: a }, Type::Chan { dir: e, elem: b }) => {
                (!mode.exact || d == e) && self.unify(u, a, b, inner)
            }
            (Type::Struct(a), Type::Struct(b)) => {
                let embedded =
                    |c: &Self, o: ObjId| matches!(c.prog.obj(o).kind, ObjKind::Var { embedded: true, .. });
                let alike = a.fields.len() == b.fields.len()
                    && a.tags == b.tags
                    && a.fields.iter().zip(&b.fields).all(|(&f, &g)| {
                        let o = self.prog.obj(g);
                        embedded(self, f) == embedded(self, g) && self.prog.same_id(f, o.pkg, &o.name, false)
                    });
                alike && self.unify_vars(u, &a.fields, &b.fields, inner)
            }
            (Type::Tuple(a), Type::Tuple(b)) => self.unify_vars(u, &a, &b, mode),
            (Type::Signature(a), Type::Signature(b)) => {
                a.variadic == b.variadic
                    && self.unify_vars(u, &a.params, &b.params, inner)
                    && self.unify_vars(u, &a.results, &b.results, inner)
            }
            (Type::Interface(_), Type::Interface(_)) => {
                let (m, n) = (self.prog.type_set(x).methods.len(), self.prog.type_set(y).methods.len());
                m == n && self.unify_interfaces(u, x, y)
            }
            (Type::Named(a), Type::Named(b)) => {
                a.obj == b.obj
                    && a.type_args.len() == b.type_args.len()
                    && a.type_args.iter().zip(&b.type_args).all(|(&a, &b)| self.unify(u, a, b, mode))
            }
            (Type::TypeParam(_), _) => match self.prog.common_under(x) {
                Ok(core) => self.unify(u, core, y, UnifyMode::ASSIGN),
                Err(_) => false,
            },
            _ => false,
        }
    }

    fn unify_vars(&mut self, u: &mut Unifier, a: &[ObjId], b: &[ObjId], mode: UnifyMode) -> bool {
        a.len() == b.len()
            && a.iter().zip(b).all(|(&v, &w)| {
                let (tv, tw) = (self.prog.obj_type(v), self.prog.obj_type(w));
                self.unify(u, tv, tw, mode)
            })
    }
}
