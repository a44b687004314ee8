//! Looking up fields and methods through embedded fields, and whether a type implements an interface.
//!
//! The search goes breadth first, one embedding depth after the other; what is found first wins, what is
//! found twice at one depth is ambiguous. Go counterpart: `go/types/lookup.go`.

use crate::checker::Checker;
use crate::object::{ObjId, ObjKind};
use crate::predicates::is_exported;
use crate::program::{PkgId, Program};
use crate::types::{Term, Type, TypeId};
use gort_syntax::source::Pos;

/// What a selector stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupResult {
    /// A field or method.
    Found {
        /// Which.
        obj: ObjId,
        /// The path: embedded fields, then the index of the field or method itself.
        index: Vec<usize>,
        /// Was a pointer followed on the way?
        indirect: bool,
    },
    /// Found several times at the same depth.
    Ambiguous {
        /// Path of one of them.
        index: Vec<usize>,
    },
    /// A method with a pointer receiver, and there is no pointer.
    PtrRecv,
    /// Nothing.
    NotFound,
}

/// Why a type does not implement an interface.
#[derive(Clone, Debug)]
pub struct MissingMethod {
    /// The interface's method.
    pub method: ObjId,
    /// It is there, but with another signature or a pointer receiver.
    pub wrong_type: bool,
    /// In Go's words, in parentheses.
    pub cause: String,
}

/// The name that is looked for, as seen from a package.
#[derive(Clone, Copy)]
struct Sought<'n> {
    pkg: Option<PkgId>,
    name: &'n str,
    /// Ignoring case, for suggestions.
    fold_case: bool,
}

#[derive(Clone)]
struct Embedded {
    typ: TypeId,
    index: Vec<usize>,
    indirect: bool,
    multiples: bool,
}

impl Program {
    /// Finds the field or method of that name as seen from package `pkg`. `fold_case` ignores case (for
    /// suggestions).
    pub fn lookup_field_or_method(
        &self,
        t: TypeId,
        addressable: bool,
        pkg: Option<PkgId>,
        name: &str,
        fold_case: bool,
    ) -> LookupResult {
        let sought = Sought { pkg, name, fold_case };
        // Methods of `type P *T` are none, fields are those of T.
        if self.named(t).is_some() && self.pointer_base(t).is_some() {
            return match self.lookup_impl(self.under(t), false, sought) {
                LookupResult::Found { obj, .. } if matches!(self.obj(obj).kind, ObjKind::Func { .. }) => {
                    LookupResult::NotFound
                }
                found => found,
            };
        }
        self.lookup_impl(t, addressable, sought)
    }

    fn lookup_impl(&self, t: TypeId, addressable: bool, sought: Sought<'_>) -> LookupResult {
        if sought.name == "_" {
            return LookupResult::NotFound;
        }
        let (typ, is_ptr) = self.deref(t);
        if is_ptr && (self.is_interface(typ) || self.is_type_param(typ)) {
            return LookupResult::NotFound;
        }
        let mut current = vec![Embedded { typ, index: Vec::new(), indirect: is_ptr, multiples: false }];
        let mut seen: Vec<TypeId> = Vec::new();
        while !current.is_empty() {
            let mut next: Vec<Embedded> = Vec::new();
            let mut found: Option<(ObjId, Vec<usize>, bool)> = None;
            for e in current {
                if self.named(e.typ).is_some() {
                    if seen.iter().any(|&s| self.identical(s, e.typ)) {
                        continue;
                    }
                    seen.push(e.typ);
                }
                for (obj, i) in self.matches_at(e.typ, sought) {
                    let mut index = e.index.clone();
                    index.push(i);
                    if found.is_some() || e.multiples {
                        return LookupResult::Ambiguous { index };
                    }
                    found = Some((obj, index, e.indirect));
                }
                if found.is_none() {
                    self.embedded_of(&e, &mut next);
                }
            }
            if let Some((obj, index, indirect)) = found {
                if matches!(self.obj(obj).kind, ObjKind::Func { ptr_recv: true }) && !indirect && !addressable
                {
                    return LookupResult::PtrRecv;
                }
                return LookupResult::Found { obj, index, indirect };
            }
            current = self.consolidate(next);
        }
        LookupResult::NotFound
    }

    /// Fields and methods of that name directly in `t` (a method hides what the underlying type has).
    fn matches_at(&self, t: TypeId, sought: Sought<'_>) -> Vec<(ObjId, usize)> {
        let Sought { pkg, name, fold_case } = sought;
        if let Some(n) = self.named(t) {
            let method = n.methods.iter().enumerate().find(|&(_, &m)| self.same_id(m, pkg, name, fold_case));
            if let Some((i, &m)) = method {
                return vec![(m, i)];
            }
        }
        match self.under_type(t) {
            Type::Struct(s) => s
                .fields
                .iter()
                .enumerate()
                .filter(|&(_, &f)| self.same_id(f, pkg, name, fold_case))
                .map(|(i, &f)| (f, i))
                .collect(),
            Type::Interface(_) | Type::TypeParam(_) => {
                self.type_set_method(t, pkg, name, fold_case).map(|(i, m)| (m, i)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn embedded_of(&self, e: &Embedded, next: &mut Vec<Embedded>) {
        let Some(s) = self.struct_of(e.typ) else { return };
        for (i, &f) in s.fields.iter().enumerate() {
            if matches!(self.obj(f).kind, ObjKind::Var { embedded: true, .. }) {
                let (typ, is_ptr) = self.deref(self.obj_type(f));
                let mut index = e.index.clone();
                index.push(i);
                next.push(Embedded { typ, index, indirect: e.indirect || is_ptr, multiples: e.multiples });
            }
        }
    }

    fn consolidate(&self, list: Vec<Embedded>) -> Vec<Embedded> {
        let mut out: Vec<Embedded> = Vec::new();
        for e in list {
            match out.iter_mut().find(|o| self.identical(o.typ, e.typ)) {
                Some(o) => o.multiples = true,
                None => out.push(e),
            }
        }
        out
    }

    /// `*I` where I is an interface.
    pub fn is_interface_ptr(&self, t: TypeId) -> bool {
        self.pointer_base(t).is_some_and(|b| self.is_interface(b) || self.is_type_param(b))
    }

    /// Is it a struct (or pointer to one) with an embedded field whose type is invalid?
    fn has_invalid_embedded(&self, t: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let t = self.pointer_base(t).unwrap_or(t);
        let u = self.under(t);
        let Some(s) = self.struct_of(u) else { return false };
        if seen.contains(&u) {
            return false;
        }
        seen.push(u);
        s.fields.iter().any(|&f| {
            let ft = self.obj_type(f);
            matches!(self.obj(f).kind, ObjKind::Var { embedded: true, .. })
                && (!self.is_valid(ft) || self.has_invalid_embedded(ft, seen))
        })
    }
}

enum State {
    Ok,
    NotFound,
    WrongName(ObjId),
    Unexported,
    WrongSig(ObjId),
    Ambiguous,
    PtrRecv,
    Field,
}

impl<'a> Checker<'a> {
    /// The first method of interface `t` that `v` lacks. If `v` is an interface and `static_` is not set,
    /// only methods that are in both count.
    pub fn missing_method(&mut self, v: TypeId, t: TypeId, static_: bool) -> Option<MissingMethod> {
        let methods = self.prog.type_set(t).methods.clone();
        let v_is_interface = self.prog.is_interface(v) || self.prog.is_type_param(v);
        for m in methods {
            let state = if v_is_interface {
                self.interface_method_state(v, m, static_)
            } else {
                self.method_state(v, m)
            };
            if !matches!(state, State::Ok) {
                let wrong_type = matches!(state, State::WrongSig(_) | State::PtrRecv);
                let cause = self.missing_cause(v, t, m, &state);
                return Some(MissingMethod { method: m, wrong_type, cause });
            }
        }
        None
    }

    fn interface_method_state(&mut self, v: TypeId, m: ObjId, static_: bool) -> State {
        let o = self.prog.obj(m);
        match self.prog.type_set_method(v, o.pkg, &o.name, false) {
            None if static_ => State::NotFound,
            None => State::Ok,
            Some((_, f)) if self.prog.identical(self.prog.obj_type(f), self.prog.obj_type(m)) => State::Ok,
            Some((_, f)) => State::WrongSig(f),
        }
    }

    fn method_state(&mut self, v: TypeId, m: ObjId) -> State {
        let o = self.prog.obj(m);
        let (pkg, name) = (o.pkg, o.name.clone());
        let sought = Sought { pkg, name: &name, fold_case: false };
        match self.prog.lookup_impl(v, false, sought) {
            LookupResult::Ambiguous { .. } => State::Ambiguous,
            LookupResult::PtrRecv => State::PtrRecv,
            LookupResult::NotFound => {
                match self.prog.lookup_impl(v, false, Sought { fold_case: true, ..sought }) {
                    LookupResult::Found { obj, .. } if self.is_func(obj) => {
                        if self.prog.obj(obj).name == name {
                            State::Unexported
                        } else {
                            self.obj_decl(obj);
                            State::WrongName(obj)
                        }
                    }
                    _ => State::NotFound,
                }
            }
            LookupResult::Found { obj, .. } if !self.is_func(obj) => State::Field,
            LookupResult::Found { obj, .. } => {
                self.obj_decl(obj);
                self.obj_decl(m);
                if self.prog.identical(self.prog.obj_type(obj), self.prog.obj_type(m)) {
                    State::Ok
                } else {
                    State::WrongSig(obj)
                }
            }
        }
    }

    fn is_func(&self, obj: ObjId) -> bool {
        matches!(self.prog.obj(obj).kind, ObjKind::Func { .. })
    }

    fn missing_cause(&self, v: TypeId, t: TypeId, m: ObjId, state: &State) -> String {
        let name = &self.prog.obj(m).name;
        let pkg = Some(self.pkg);
        match state {
            State::Ok => String::new(),
            State::NotFound if self.prog.is_interface_ptr(v) => format!("({})", self.interface_ptr_error(v)),
            State::NotFound if self.prog.is_interface_ptr(t) => format!("({})", self.interface_ptr_error(t)),
            State::NotFound => format!("(missing method {name})"),
            State::WrongName(f) => {
                let have = self.prog.func_string(*f, pkg, false);
                let want = self.prog.func_string(m, pkg, false);
                format!("(missing method {name})\n\t\thave {have}\n\t\twant {want}")
            }
            State::Unexported => format!("(unexported method {name})"),
            State::WrongSig(f) => {
                let mut have = self.prog.func_string(*f, pkg, false);
                let mut want = self.prog.func_string(m, pkg, false);
                if have == want {
                    have = self.prog.func_string(*f, pkg, true);
                    want = self.prog.func_string(m, pkg, true);
                }
                if have == want {
                    return format!("(wrong type for method {name})");
                }
                format!("(wrong type for method {name})\n\t\thave {have}\n\t\twant {want}")
            }
            State::Ambiguous => format!("(ambiguous selector {}.{name})", self.type_string(v)),
            State::PtrRecv => format!("(method {name} has pointer receiver)"),
            State::Field => format!("({}.{name} is a field, not a method)", self.type_string(v)),
        }
    }

    /// `type *I is pointer to interface, not interface`
    pub fn interface_ptr_error(&self, t: TypeId) -> String {
        let what = match self.prog.pointer_base(t) {
            Some(b) if self.prog.is_type_param(b) => "type parameter",
            _ => "interface",
        };
        format!("type {} is pointer to {what}, not {what}", self.type_string(t))
    }

    /// Like [`Self::missing_method`], without errors that follow from others; the error is the cause.
    pub fn has_all_methods(&mut self, v: TypeId, t: TypeId, static_: bool) -> Result<(), String> {
        if !self.prog.is_valid(v) {
            return Ok(());
        }
        match self.missing_method(v, t, static_) {
            Some(m) if !self.prog.has_invalid_embedded(v, &mut Vec::new()) => Err(m.cause),
            _ => Ok(()),
        }
    }

    /// Does `v` implement the interface `t`? The error is the cause, in Go's words.
    pub fn implements(&mut self, v: TypeId, t: TypeId) -> Result<(), String> {
        self.implements_in(v, t, None)
    }

    /// Like [`Self::implements`]; `argument_at`: is `v` good as a type argument there?
    pub(crate) fn implements_in(
        &mut self,
        v: TypeId,
        t: TypeId,
        argument_at: Option<Pos>,
    ) -> Result<(), String> {
        let constraint = argument_at.is_some();
        let (vu, tu) = (self.prog.under(v), self.prog.under(t));
        if !self.prog.is_valid(vu) || !self.prog.is_valid(tu) {
            return Ok(());
        }
        if self.prog.pointer_base(vu).is_some_and(|b| !self.prog.is_valid(self.prog.under(b))) {
            return Ok(());
        }
        let verb = if constraint { "satisfy" } else { "implement" };
        let (vs, ts) = (self.type_string(v), self.type_string(t));
        if !self.prog.is_interface(t) {
            let detail = if self.prog.is_interface_ptr(t) {
                self.interface_ptr_error(t)
            } else {
                format!("{ts} is not an interface")
            };
            return Err(format!("{vs} does not {verb} {ts} ({detail})"));
        }
        let set = self.prog.type_set(t).into_owned();
        if set.methods.is_empty() && set.terms.is_none() && !set.comparable {
            return Ok(());
        }
        let v_is_interface = self.prog.is_interface(v) || self.prog.is_type_param(v);
        let v_terms = if v_is_interface { self.prog.type_set(v).terms.clone() } else { None };
        if v_terms.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        if set.terms.as_ref().is_some_and(Vec::is_empty) {
            return Err(format!("cannot {verb} {ts} (empty type set)"));
        }
        self.has_all_methods(v, t, true).map_err(|cause| format!("{vs} does not {verb} {ts} {cause}"))?;
        if let Some(terms) = &set.terms {
            if v_is_interface {
                if !self.prog.terms_subset(v_terms.as_deref(), Some(terms)) {
                    return Err(format!("{vs} does not {verb} {ts}"));
                }
            } else if !terms.iter().any(|&term| self.prog.term_includes(term, v)) {
                return Err(format!("{vs} does not {verb} {ts} ({})", self.missing_term(v, t, terms)));
            }
        }
        let comparable = |dynamic| self.prog.comparable_type(v, dynamic, None).is_ok();
        if set.comparable
            && !comparable(false)
            && comparable(true)
            && let Some(pos) = argument_at.filter(|&p| !self.allow_version(p, 20))
        {
            let why = self.version_reason(pos);
            return Err(format!("{vs} to {verb} comparable requires go1.20 or later{why}"));
        }
        if set.comparable && !comparable(false) && !(constraint && comparable(true)) {
            return Err(format!("{vs} does not {verb} comparable"));
        }
        Ok(())
    }

    /// Why `v` is in none of the terms of the constraint `t`.
    fn missing_term(&self, v: TypeId, t: TypeId, terms: &[Term]) -> String {
        let (vs, ts) = (self.type_string(v), self.type_string(t));
        let alt = terms.iter().find(|term| {
            !term.tilde
                && self.prog.identical(term.typ, self.prog.under(term.typ))
                && self.prog.term_includes(Term { tilde: true, typ: term.typ }, v)
        });
        if let Some(alt) = alt {
            return format!("possibly missing ~ for {} in {ts}", self.type_string(alt.typ));
        }
        if self.mentions(t, v) {
            return format!("{ts} mentions {vs}, but {vs} is not in the type set of {ts}");
        }
        let list: Vec<String> = terms
            .iter()
            .map(|term| format!("{}{}", if term.tilde { "~" } else { "" }, self.type_string(term.typ)))
            .collect();
        format!("{vs} missing in {}", list.join(" | "))
    }

    fn mentions(&self, t: TypeId, typ: TypeId) -> bool {
        match self.prog.ty(t) {
            Type::Interface(i) => i.embeddeds.iter().any(|&e| self.mentions(e, typ)),
            Type::Union(terms) => terms.iter().any(|term| self.mentions(term.typ, typ)),
            Type::Named(_) if self.prog.is_interface(t) && t != typ => self.mentions(self.prog.under(t), typ),
            _ => self.prog.identical(t, typ),
        }
    }

    /// Can a value of interface type `v` hold a `t`? The error is the cause.
    pub fn assertable_to(&mut self, v: TypeId, t: TypeId) -> Result<(), String> {
        if self.prog.is_interface(t) {
            return Ok(());
        }
        self.has_all_methods(t, v, false)
    }

    /// The message for a selector that selects nothing; `alt` is what was found ignoring case.
    pub fn lookup_error(&self, typ: TypeId, sel: &str, alt: Option<ObjId>, struct_lit: bool) -> String {
        #[derive(PartialEq)]
        enum Case {
            Missing,
            Misspelled,
            Unexported,
            Inaccessible,
        }
        let t = self.type_string(typ);
        let (mut case, mut name, mut what) = (Case::Missing, "", "object");
        if let Some(alt) = alt {
            let o = self.prog.obj(alt);
            name = &*o.name;
            what = match o.kind {
                ObjKind::Var { .. } => "field",
                ObjKind::Func { .. } => "method",
                _ => what,
            };
            if o.pkg == Some(self.pkg) {
                case = Case::Misspelled;
            } else if is_exported(sel) {
                if is_exported(name) {
                    case = Case::Misspelled;
                } else if tail(sel) == tail(name) {
                    case = Case::Unexported;
                }
            } else if is_exported(name) {
                if tail(sel) == tail(name) {
                    case = Case::Misspelled;
                }
            } else if sel == name {
                case = Case::Inaccessible;
            }
        }
        match (case, struct_lit) {
            (Case::Missing, true) => format!("unknown field {sel} in struct literal of type {t}"),
            (Case::Misspelled, true) => {
                format!("unknown field {sel} in struct literal of type {t}, but does have {name}")
            }
            (Case::Unexported, true) => {
                format!("unknown field {sel} in struct literal of type {t}, but does have unexported {name}")
            }
            (Case::Inaccessible, true) => {
                format!("cannot refer to unexported field {name} in struct literal of type {t}")
            }
            (Case::Missing, false) => format!("type {t} has no field or method {sel}"),
            (Case::Misspelled, false) => {
                format!("type {t} has no field or method {sel}, but does have {what} {name}")
            }
            (Case::Unexported, false) => {
                format!("type {t} has no field or method {sel}, but does have unexported {what} {name}")
            }
            (Case::Inaccessible, false) => format!("cannot refer to unexported {what} {name}"),
        }
    }
}

fn tail(s: &str) -> &str {
    let mut chars = s.chars();
    chars.next();
    chars.as_str()
}
