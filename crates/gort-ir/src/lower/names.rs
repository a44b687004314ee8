//! Link names: what functions and types are called in symbol tables, tracebacks and descriptors.
//!
//! Functions as Go's tracebacks print them: `main.f`, `main.T.m`, `main.(*T).m`, `main.f.func1`. Two
//! identical types have one link name and different ones have different names: package paths are written
//! out, and a type declared in a function gets its object's number.

use super::Lowering;
use super::type_desc::is_exported;
use gort_syntax::ast::ChanDir;
use gort_types::object::ObjId;
use gort_types::types::{BasicKind, Named, Signature, Type, TypeId};
use std::fmt::Write as _;

/// How much a type name says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Unique: full package paths, numbers for local types.
    Link,
    /// As `reflect.Type.String`: package names.
    Reflect,
}

impl Lowering<'_> {
    /// Path of an object's package, "" for predeclared ones.
    pub fn pkg_path(&self, obj: ObjId) -> String {
        self.prog.objs[obj].pkg.map(|p| self.prog.pkgs[p].path.clone()).unwrap_or_default()
    }

    /// Link name of a declared function or method.
    pub fn func_name(&mut self, obj: ObjId) -> String {
        if self.has_body(obj)
            && let Some(name) = self.links.name(obj)
        {
            return name.to_owned();
        }
        let path = self.pkg_path(obj);
        let suffix = self.instance_suffix(obj);
        let name = format!("{}{suffix}", self.prog.objs[obj].name);
        let sig_type = self.obj_type(obj);
        let recv = self.signature(sig_type).recv;
        let Some(recv) = recv else { return format!("{path}.{name}") };
        let t = self.obj_type(recv);
        match self.prog.types[t].clone() {
            Type::Pointer(base) => format!("{path}.(*{}).{name}", self.bare_type_name(base)),
            _ => format!("{path}.{}.{name}", self.bare_type_name(t)),
        }
    }

    /// Name of a declared type without its package, made unique if it is local.
    pub fn bare_type_name(&self, t: TypeId) -> String {
        match &self.prog.types[t] {
            Type::Named(n) => {
                let mut out = String::new();
                self.write_named(&mut out, n, Style::Link);
                out
            }
            _ => self.type_link_name(t),
        }
    }

    /// Link name of a type.
    pub fn type_link_name(&self, t: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, t, Style::Link);
        out
    }

    /// What `reflect.Type.String` says of a type.
    pub fn type_reflect_name(&self, t: TypeId) -> String {
        let mut out = String::new();
        self.write_type(&mut out, t, Style::Reflect);
        out
    }

    /// A declared type without its package: `T`, `T[int]`, `local·7`.
    fn write_named(&self, out: &mut String, n: &Named, style: Style) {
        let o = &self.prog.objs[n.obj];
        out.push_str(&o.name);
        self.write_type_args(out, n);
        let local = o.pkg.is_some_and(|p| o.parent.is_some_and(|s| s != self.prog.pkgs[p].scope));
        if local && style == Style::Link {
            _ = write!(out, "·{}", n.obj.index());
        }
    }

    fn write_type(&self, out: &mut String, t: TypeId, style: Style) {
        match &self.prog.types[t] {
            Type::Basic(BasicKind::UntypedNil) => out.push_str("unsafe.Pointer"),
            Type::Basic(k) => out.push_str(k.name()),
            Type::Named(n) => {
                if let Some(p) = self.prog.objs[n.obj].pkg.map(|p| &self.prog.pkgs[p]) {
                    _ = write!(out, "{}.", if style == Style::Link { &p.path } else { &p.name });
                }
                self.write_named(out, n, style);
            }
            Type::Pointer(e) => self.write_prefixed(out, "*", *e, style),
            Type::Slice(e) => self.write_prefixed(out, "[]", *e, style),
            Type::Array { elem, len } => self.write_prefixed(out, &format!("[{len}]"), *elem, style),
            Type::Map { key, elem } => {
                self.write_prefixed(out, "map[", *key, style);
                self.write_prefixed(out, "]", *elem, style);
            }
            Type::Chan { dir, elem } => self.write_chan(out, *dir, *elem, style),
            Type::Struct(s) => {
                out.push_str(if s.fields.is_empty() { "struct {" } else { "struct { " });
                for (i, &f) in s.fields.iter().enumerate() {
                    if i > 0 {
                        out.push_str("; ");
                    }
                    self.write_field(out, f, style);
                    if let Some(tag) = s.tags.get(i).filter(|t| !t.is_empty()) {
                        _ = write!(out, " {tag:?}");
                    }
                }
                out.push_str(if s.fields.is_empty() { "}" } else { " }" });
            }
            Type::Tuple(vars) => self.write_list(out, vars, false, style),
            Type::Signature(s) => {
                out.push_str("func");
                self.write_signature(out, s, style);
            }
            Type::Interface(_) => self.write_interface(out, t, style),
            Type::TypeParam(_) | Type::Union(_) => out.push_str("type parameter"),
        }
    }

    /// Type arguments are written with package paths, those of a function around first: `[int;string]`.
    fn write_type_args(&self, out: &mut String, n: &Named) {
        if n.type_args.is_empty() {
            return;
        }
        let (own, around) = self.prog.split_type_args(n);
        out.push('[');
        self.write_types(out, around);
        out.push_str(if own.is_empty() || around.is_empty() { "" } else { ";" });
        self.write_types(out, own);
        out.push(']');
    }

    fn write_types(&self, out: &mut String, list: &[TypeId]) {
        for (i, &t) in list.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { "," });
            self.write_type(out, t, Style::Link);
        }
    }

    fn write_prefixed(&self, out: &mut String, prefix: &str, t: TypeId, style: Style) {
        out.push_str(prefix);
        self.write_type(out, t, style);
    }

    fn write_chan(&self, out: &mut String, dir: ChanDir, elem: TypeId, style: Style) {
        out.push_str(match dir {
            ChanDir::Both => "chan ",
            ChanDir::Send => "chan<- ",
            ChanDir::Recv => "<-chan ",
        });
        let nested = matches!(&self.prog.types[elem], Type::Chan { dir: ChanDir::Recv, .. });
        if nested && dir == ChanDir::Both {
            self.write_prefixed(out, "(", elem, style);
            out.push(')');
        } else {
            self.write_type(out, elem, style);
        }
    }

    fn write_field(&self, out: &mut String, field: ObjId, style: Style) {
        let embedded =
            matches!(self.prog.objs[field].kind, gort_types::object::ObjKind::Var { embedded: true, .. });
        if !embedded {
            self.write_member_name(out, field, style);
            out.push(' ');
        } else if style == Style::Link {
            // Embedded by an alias, a field is named after that.
            out.push('?');
            self.write_member_name(out, field, style);
            out.push(' ');
        }
        self.write_type(out, self.obj_type(field), style);
    }

    /// Unexported names of different packages are different names.
    fn write_member_name(&self, out: &mut String, obj: ObjId, style: Style) {
        let name = &self.prog.objs[obj].name;
        let exported = name.chars().next().is_some_and(char::is_uppercase);
        if style == Style::Link && !exported {
            _ = write!(out, "{}.", self.pkg_path(obj));
        }
        out.push_str(name);
    }

    fn write_list(&self, out: &mut String, vars: &[ObjId], variadic: bool, style: Style) {
        out.push('(');
        for (i, &v) in vars.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            let t = self.obj_type(v);
            match &self.prog.types[t] {
                Type::Slice(e) if variadic && i + 1 == vars.len() => {
                    self.write_prefixed(out, "...", *e, style)
                }
                _ => self.write_type(out, t, style),
            }
        }
        out.push(')');
    }

    fn write_signature(&self, out: &mut String, s: &Signature, style: Style) {
        self.write_list(out, &s.params, s.variadic, style);
        match s.results.as_slice() {
            [] => {}
            [one] => self.write_prefixed(out, " ", self.obj_type(*one), style),
            many => {
                out.push(' ');
                self.write_list(out, many, false, style);
            }
        }
    }

    fn write_interface(&self, out: &mut String, t: TypeId, style: Style) {
        let methods = self.interface_methods(t);
        if methods.is_empty() {
            out.push_str("interface {}");
            return;
        }
        out.push_str("interface { ");
        for (i, &m) in methods.iter().enumerate() {
            if i > 0 {
                out.push_str("; ");
            }
            if style == Style::Reflect && !is_exported(&self.prog.objs[m].name) {
                let pkg = self.prog.objs[m].pkg.map(|p| self.prog.pkgs[p].name.clone());
                _ = write!(out, "{}.", pkg.unwrap_or_default());
            }
            self.write_member_name(out, m, style);
            if let Type::Signature(s) = &self.prog.types[self.obj_type(m)] {
                self.write_signature(out, s, style);
            }
        }
        out.push_str(" }");
    }
}
