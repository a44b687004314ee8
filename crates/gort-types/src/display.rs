//! Types as text, as Go's messages show them.
//!
//! Go counterpart: `go/types/typestring.go`.

use crate::object::{ObjId, ObjKind};
use crate::program::{PkgId, Program};
use crate::types::{Interface, Signature, Struct, Type, TypeId};
use gort_syntax::ast::ChanDir;
use std::fmt::Write as _;

struct Writer<'p> {
    prog: &'p Program,
    pkg: Option<PkgId>,
    out: String,
    seen: Vec<TypeId>,
    param_names: bool,
    /// Qualify by path even names of the current package.
    full: bool,
}

impl Program {
    /// The type as Go writes it, names of packages other than `pkg` qualified.
    pub fn type_string(&self, t: TypeId, pkg: Option<PkgId>) -> String {
        let mut w = self.writer(pkg);
        w.typ(t);
        w.out
    }

    /// `(params) results`
    pub fn signature_string(&self, sig: &Signature, pkg: Option<PkgId>) -> String {
        let mut w = self.writer(pkg);
        w.signature(sig);
        w.out
    }

    /// `m(types) results`, without parameter names; `full` qualifies every name by its package's path.
    pub fn func_string(&self, f: ObjId, pkg: Option<PkgId>, full: bool) -> String {
        let mut w = self.writer(pkg);
        w.param_names = false;
        w.full = full;
        w.out.push_str(&self.obj(f).name);
        if let Some(sig) = self.signature_of(self.obj_type(f)) {
            w.signature(sig);
        }
        w.out
    }

    /// `(T1, T2)`
    pub fn tuple_string(&self, vars: &[ObjId], variadic: bool, pkg: Option<PkgId>) -> String {
        let mut w = self.writer(pkg);
        w.tuple(vars, variadic);
        w.out
    }

    /// `pkg.` if the package is not `relative_to`.
    pub fn package_prefix(&self, pkg: Option<PkgId>, relative_to: Option<PkgId>) -> String {
        match pkg {
            Some(p) if Some(p) != relative_to => {
                let name = &self.pkg(p).name;
                let ambiguous = self.pkgs.iter().filter(|q| q.name == *name).count() > 1;
                if ambiguous { format!("\"{}\".", self.pkg(p).path) } else { format!("{name}.") }
            }
            _ => String::new(),
        }
    }

    fn writer(&self, pkg: Option<PkgId>) -> Writer<'_> {
        Writer { prog: self, pkg, out: String::new(), seen: Vec::new(), param_names: true, full: false }
    }
}

impl Writer<'_> {
    fn typ(&mut self, t: TypeId) {
        if self.seen.contains(&t) {
            self.out.push_str("<cycle>");
            return;
        }
        self.seen.push(t);
        self.typ_inner(t);
        self.seen.pop();
    }

    fn typ_inner(&mut self, t: TypeId) {
        let p = self.prog;
        match p.ty(t) {
            Type::Basic(_) if t == p.byte_type => self.out.push_str("byte"),
            Type::Basic(_) if t == p.rune_type => self.out.push_str("rune"),
            Type::Basic(k) => self.out.push_str(k.name()),
            Type::Named(n) => {
                let (obj, (args, _)) = (n.obj, p.split_type_args(n));
                self.type_name(obj);
                if !args.is_empty() {
                    self.out.push('[');
                    self.list(args, ",");
                    self.out.push(']');
                } else if !n.type_params.is_empty() {
                    self.type_params(&n.type_params);
                }
            }
            Type::Pointer(b) => self.prefixed("*", *b),
            Type::Slice(e) => self.prefixed("[]", *e),
            Type::Array { elem, len } => {
                _ = write!(self.out, "[{len}]");
                self.typ(*elem);
            }
            Type::Map { key, elem } => {
                self.prefixed("map[", *key);
                self.prefixed("]", *elem);
            }
            Type::Chan { dir, elem } => self.chan(*dir, *elem),
            Type::Struct(s) => self.structure(s),
            Type::Tuple(v) => self.tuple(v, false),
            Type::Signature(s) => {
                self.out.push_str("func");
                self.signature(s);
            }
            Type::Interface(_) if t == p.any_type => self.out.push_str("any"),
            Type::Interface(i) => self.interface(i),
            Type::TypeParam(tp) => self.out.push_str(&p.obj(tp.obj).name),
            Type::Union(terms) => {
                for (i, term) in terms.iter().enumerate() {
                    self.out.push_str(if i > 0 { " | " } else { "" });
                    self.prefixed(if term.tilde { "~" } else { "" }, term.typ);
                }
            }
        }
    }

    fn prefixed(&mut self, prefix: &str, t: TypeId) {
        self.out.push_str(prefix);
        self.typ(t);
    }

    fn list(&mut self, types: &[TypeId], separator: &str) {
        for (i, &t) in types.iter().enumerate() {
            self.prefixed(if i > 0 { separator } else { "" }, t);
        }
    }

    fn type_name(&mut self, obj: ObjId) {
        let o = self.prog.obj(obj);
        let prefix = match (self.full, o.pkg) {
            (true, Some(p)) => format!("{}.", self.prog.pkg(p).path),
            _ => self.prog.package_prefix(o.pkg, self.pkg),
        };
        self.out.push_str(&prefix);
        self.out.push_str(&o.name);
    }

    fn chan(&mut self, dir: ChanDir, elem: TypeId) {
        let inner_recv = matches!(self.prog.ty(elem), Type::Chan { dir: ChanDir::Recv, .. });
        match dir {
            ChanDir::Both if inner_recv => {
                self.prefixed("chan (", elem);
                self.out.push(')');
            }
            ChanDir::Both => self.prefixed("chan ", elem),
            ChanDir::Send => self.prefixed("chan<- ", elem),
            ChanDir::Recv => self.prefixed("<-chan ", elem),
        }
    }

    fn structure(&mut self, s: &Struct) {
        self.out.push_str("struct{");
        for (i, &f) in s.fields.iter().enumerate() {
            if i > 0 {
                self.out.push_str("; ");
            }
            let o = self.prog.obj(f);
            if !matches!(o.kind, ObjKind::Var { embedded: true, .. }) {
                self.out.push_str(&o.name);
                self.out.push(' ');
            }
            self.typ(self.prog.obj_type(f));
            if let Some(tag) = s.tags.get(i).filter(|t| !t.is_empty()) {
                _ = write!(self.out, " {tag:?}");
            }
        }
        self.out.push('}');
    }

    fn interface(&mut self, i: &Interface) {
        if let (true, [], [one]) = (i.implicit, &*i.methods, &*i.embeddeds) {
            self.typ(*one);
            return;
        }
        self.out.push_str("interface{");
        let comparable = i.type_set.as_ref().is_some_and(|s| s.comparable);
        if comparable && i.methods.is_empty() && i.embeddeds.is_empty() {
            self.out.push_str("comparable");
        }
        let mut separator = "";
        for &m in &i.methods {
            self.out.push_str(separator);
            self.out.push_str(&self.prog.obj(m).name);
            if let Some(sig) = self.prog.signature_of(self.prog.obj_type(m)) {
                self.signature(sig);
            }
            separator = "; ";
        }
        for &e in &i.embeddeds {
            self.prefixed(separator, e);
            separator = "; ";
        }
        self.out.push('}');
    }

    fn tuple(&mut self, vars: &[ObjId], variadic: bool) {
        self.out.push('(');
        for (i, &v) in vars.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            let name = &self.prog.obj(v).name;
            if !name.is_empty() && self.param_names {
                self.out.push_str(name);
                self.out.push(' ');
            }
            let t = self.prog.obj_type(v);
            match self.prog.ty(t) {
                Type::Slice(e) if variadic && i + 1 == vars.len() => self.prefixed("...", *e),
                _ => self.typ(t),
            }
        }
        self.out.push(')');
    }

    /// `[P, Q any, R I]`
    fn type_params(&mut self, list: &[TypeId]) {
        self.out.push('[');
        let mut prev: Option<TypeId> = None;
        for (i, &t) in list.iter().enumerate() {
            let c = self.prog.constraint(t);
            if i > 0 {
                if c != prev
                    && let Some(p) = prev
                {
                    self.prefixed(" ", p);
                }
                self.out.push_str(", ");
            }
            prev = c;
            self.typ(t);
        }
        if let Some(p) = prev {
            self.prefixed(" ", p);
        }
        self.out.push(']');
    }

    fn signature(&mut self, s: &Signature) {
        if !s.type_params.is_empty() {
            self.type_params(&s.type_params);
        }
        self.tuple(&s.params, s.variadic);
        match &*s.results {
            [] => {}
            [r] if self.prog.obj(*r).name.is_empty() => self.prefixed(" ", self.prog.obj_type(*r)),
            results => {
                self.out.push(' ');
                self.tuple(results, false);
            }
        }
    }
}
