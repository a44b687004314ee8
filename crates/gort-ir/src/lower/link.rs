//! `//go:linkname`: which function stands behind a declaration without a body.
//!
//! A directive gives an object of its package a link name. Bodies and declarations meet by link name: a body that has
//! another package's name is *pushed* there, a declaration with another package's name *pulls*. The object of the
//! package and name that a link name spells is meant too, whatever its own directive says. Types are not compared, only
//! how values are passed: both sides may have their own names for the same layout.
//!
//! A declaration that nothing stands behind is an error only when it is called: at run time.

use super::abi::First;
use super::intrinsic::{self, Intrinsic};
use super::{Lowering, PackageSyntax};
use crate::builder::FuncBuilder;
use crate::inst::{Callee, Op, Ty};
use crate::module::FuncId;
use gort_abi::runtime_fn::RuntimeFn;
use gort_types::object::ObjId;
use gort_types::program::Program;
use rustc_hash::FxHashMap;

/// Link names that directives give.
#[derive(Debug, Default)]
pub struct Links {
    /// Of objects.
    names: FxHashMap<ObjId, String>,
    /// Functions with bodies, and runtime functions, by the link names they were given.
    bodies: FxHashMap<String, ObjId>,
}

/// What stands behind a declared function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Its own body.
    Own,
    /// The body of another declaration.
    Other(ObjId),
    /// A runtime function.
    Native(RuntimeFn),
    /// The compiler knows what it does.
    Intrinsic(Intrinsic),
    /// Nothing.
    Missing,
}

impl Links {
    pub(super) fn new(
        prog: &Program,
        packages: &[PackageSyntax<'_>],
        has_body: impl Fn(ObjId) -> bool,
    ) -> Self {
        let mut links = Self::default();
        for p in packages {
            let scope = prog.pkgs[p.pkg].scope;
            for pragma in p.files.iter().flat_map(|f| &f.pragmas) {
                let mut words = pragma.text.split_whitespace();
                let directive = words.next();
                if !matches!(directive, Some("go:linkname" | "go:linknamestd")) {
                    continue;
                }
                let (Some(local), Some(name)) = (words.next(), words.next()) else { continue };
                let Some(&obj) = prog.scopes[scope].names.get(local) else { continue };
                links.names.entry(obj).or_insert_with(|| name.to_owned());
                if has_body(obj) {
                    links.bodies.insert(name.to_owned(), obj);
                }
            }
        }
        links
    }

    /// The link name that a directive gives the object.
    pub fn name(&self, obj: ObjId) -> Option<&str> {
        self.names.get(&obj).map(String::as_str)
    }
}

impl Lowering<'_> {
    /// What stands behind a declared function.
    pub fn linked(&mut self, obj: ObjId) -> Linked {
        if self.instance_of(obj).is_some() || self.has_body(obj) || !self.decls.contains_key(&obj) {
            return Linked::Own;
        }
        let own = self.func_name(obj);
        if let Some(f) = RuntimeFn::by_name(&own) {
            return Linked::Native(f);
        }
        if let Some(i) = intrinsic::by_name(&own) {
            return Linked::Intrinsic(i);
        }
        let mut symbol = self.links.name(obj).map_or(own, str::to_owned);
        // A pulled declaration may pull in turn.
        for _ in 0..4 {
            if let Some(i) = intrinsic::by_name(&symbol) {
                return Linked::Intrinsic(i);
            }
            if let Some(f) = RuntimeFn::by_name(&symbol) {
                return Linked::Native(f);
            }
            if let Some(&other) = self.links.bodies.get(&symbol).filter(|&&o| o != obj) {
                // A runtime function may be pushed too, then it is called as such: no frame in between.
                let native =
                    if self.has_body(other) { None } else { RuntimeFn::by_name(&self.func_name(other)) };
                return native.map_or(Linked::Other(other), Linked::Native);
            }
            match self.object_of_symbol(&symbol) {
                Some(other) if self.has_body(other) => return Linked::Other(other),
                Some(other) => match self.links.name(other) {
                    Some(next) if next != symbol => symbol = next.to_owned(),
                    _ => return Linked::Missing,
                },
                None => return Linked::Missing,
            }
        }
        Linked::Missing
    }

    pub(super) fn has_body(&self, obj: ObjId) -> bool {
        self.decls.get(&obj).is_some_and(|d| d.body.is_some())
    }

    /// Does the declaration that the function's link name spells promise that pointers do not escape?
    pub(super) fn is_noescape(&self, obj: ObjId) -> bool {
        let declared = self.links.name(obj).and_then(|name| self.object_of_symbol(name));
        declared
            .filter(|&d| d != obj && !self.has_body(d))
            .and_then(|d| self.decls.get(&d))
            .is_some_and(|d| d.pragmas.iter().any(|p| &**p == "go:noescape"))
    }

    /// The object that a link name spells: `path.f`, `path.T.m`, `path.(*T).m`.
    fn object_of_symbol(&self, symbol: &str) -> Option<ObjId> {
        let slash = symbol.rfind('/').map_or(0, |i| i + 1);
        let dot = slash + symbol[slash..].find('.')?;
        let (path, name) = (&symbol[..dot], &symbol[dot + 1..]);
        let Some((typ, method)) = name.rsplit_once('.') else { return self.package_obj(path, name) };
        let typ = typ.trim_start_matches("(*").trim_end_matches(')');
        let t = self.prog.obj_type(self.package_obj(path, typ)?);
        let named = self.prog.named(t)?;
        named.methods.iter().copied().find(|&m| &*self.prog.objs[m].name == method)
    }

    /// The function to call for a declaration that another one stands behind.
    pub(super) fn linked_func(&mut self, obj: ObjId, other: ObjId) -> FuncId {
        let id = self.func_id(other);
        let sig_type = self.obj_type(obj);
        let abi = self.fn_abi(sig_type, First::None);
        if self.module.funcs[id].sig != abi.sig {
            let pos = self.prog.objs[obj].pos;
            let (name, other) = (self.func_name(obj), self.func_name(other));
            let message =
                format!("{name} is linked to {other}, whose parameters or results are passed otherwise");
            self.diags.error(pos, "LinkMismatch", message);
        }
        id
    }

    /// The body of a function that nothing stands behind: whoever calls it is told so.
    pub(super) fn lower_missing(&mut self, id: FuncId) {
        let entry = &self.module.funcs[id];
        let (name, sig) = (entry.name.clone(), entry.sig.clone());
        let mut b = FuncBuilder::new(&name, sig, Default::default());
        let text = format!("function {name} is not supported by Gort yet");
        let symbol = self.string_symbol(text.as_bytes());
        let p = b.emit1(Op::SymAddr(symbol, 0), Ty::Ptr);
        let n = b.iconst(Ty::I64, text.len() as i64);
        b.call(Callee::Runtime(RuntimeFn::Throw), vec![p, n], &[]);
        b.emit(Op::Unreachable, &[]);
        self.module.funcs[id].body = Some(b.finish());
    }

    /// The body of an intrinsic that is called as a function, through a func value or by `go` and `defer`.
    pub(super) fn lower_intrinsic(&mut self, id: FuncId, which: Intrinsic) {
        let entry = &self.module.funcs[id];
        let (name, sig) = (entry.name.clone(), entry.sig.clone());
        let mut b = FuncBuilder::new(&name, sig.clone(), Default::default());
        let args = b.params().to_vec();
        let results = intrinsic::emit(&mut b, which, &args, &sig.results);
        b.ret(results);
        self.module.funcs[id].body = Some(b.finish());
    }
}
