//! Checking a package from beginning to end: collect, declare, check bodies, order initialisation.
//!
//! Go counterpart: `go/types/check.go`.

use crate::checker::{Checker, Delayed, Environment};
use crate::object::ScopeId;
use crate::object::{ObjKind, Scope};
use crate::program::{Package, PkgId, Program};
use crate::types::{Type, TypeId};
use gort_syntax::ast::{BlockStmt, File};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::{Pos, SourceMap};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// How a package is checked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Functions may lack a body: what they do is written in assembly, or the package is part of the runtime.
    pub bodyless: bool,
    /// Function bodies are checked when [`crate::lazy::check_body`] is asked to.
    pub lazy: bool,
    /// The language version of the module, 21 being Go 1.21; the newest without it.
    pub version: Option<u32>,
}

/// Checks a package with the usual options; see [`check_package_with`].
pub fn check_package(
    prog: &mut Program,
    path: &str,
    files: &[File],
    imports: &FxHashMap<String, PkgId>,
    sources: &SourceMap,
    diags: &mut Diagnostics,
) -> PkgId {
    let options = Options { bodyless: path == "runtime", ..Options::default() };
    check_package_with(prog, path, files, imports, sources, diags, options)
}

/// Checks a package. `imports` gives for every import path of its files the package, checked before;
/// `unsafe` need not be in it.
pub fn check_package_with(
    prog: &mut Program,
    path: &str,
    files: &[File],
    imports: &FxHashMap<String, PkgId>,
    sources: &SourceMap,
    diags: &mut Diagnostics,
    options: Options,
) -> PkgId {
    let scope = Scope { parent: Some(prog.universe), ..Scope::default() };
    let scope = prog.scopes.push(scope);
    let name = files.first().map_or_else(|| "main".to_owned(), |f| f.package.name.to_string());
    let pkg = prog.pkgs.push(Package {
        path: path.to_owned(),
        name,
        scope,
        imports: Vec::new(),
        init_order: Vec::new(),
        inits: Vec::new(),
        fake: false,
    });
    let mut checker = Checker::new(prog, files, sources, diags, pkg, scope, imports, options);
    checker.check_files();
    pkg
}

impl<'a> Environment<'a> {
    /// Outside of declarations, in `scope`.
    pub fn at(scope: ScopeId) -> Self {
        Self {
            decl: None,
            scope,
            pos: Pos::NONE,
            iota: None,
            err_pos: None,
            sig: None,
            has_call_or_recv: false,
            has_label: false,
            is_panic: FxHashSet::default(),
            tparams: Vec::new(),
            body: None,
        }
    }
}

impl<'a> Checker<'a> {
    /// A checker of package `pkg`, before it begins.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn new(
        prog: &'a mut Program,
        files: &'a [File],
        sources: &'a SourceMap,
        diags: &'a mut Diagnostics,
        pkg: PkgId,
        scope: ScopeId,
        imports: &'a FxHashMap<String, PkgId>,
        options: Options,
    ) -> Self {
        let first_type = prog.types.len_idx();
        Self {
            prog,
            files,
            sources,
            diags,
            pkg,
            imports,
            file_scopes: Vec::new(),
            decls: FxHashMap::default(),
            methods: FxHashMap::default(),
            untyped: FxHashMap::default(),
            obj_path: Vec::new(),
            done: FxHashSet::default(),
            delayed: VecDeque::new(),
            env: Environment::at(scope),
            local_vars: Vec::new(),
            const_groups: FxHashMap::default(),
            alias_slots: FxHashMap::default(),
            named_types: Vec::new(),
            pkg_names: Vec::new(),
            var_groups: FxHashMap::default(),
            dot_imports: FxHashMap::default(),
            skipped: false,
            bodyless: Vec::new(),
            written_types: Vec::new(),
            last_error: None,
            options,
            mono: crate::mono::Mono::default(),
            first_type,
        }
    }

    fn check_files(&mut self) {
        self.prog.set_finished(false);
        self.check_package_names();
        self.file_versions();
        self.collect_objects();
        self.direct_cycles();
        self.package_objects();
        self.process_delayed(0);
        self.bodies_for_init();
        self.complete_named_types();
        self.init_order();
        if !self.options.lazy {
            self.unused_imports();
        }
        self.instantiation_cycles();
        self.prog.set_finished(true);
        self.record_untyped();
        self.late_checks();
    }

    fn check_package_names(&mut self) {
        let files: &'a [File] = self.files;
        let Some(first) = files.first() else { return };
        for f in files {
            let name = &f.package.name;
            if f.package.is_blank() {
                self.error(f.package.pos, "BlankPkgName", "invalid package name _");
            } else if *name != first.package.name {
                let msg = format!("package {name}; expected package {}", first.package.name);
                self.error(f.package_pos, "MismatchedPkgName", msg);
            }
        }
    }

    /// Puts work off until the current declaration or statement is done.
    pub fn later(&mut self, d: Delayed<'a>) {
        self.delayed.push_back(d);
    }

    /// Does the work put off since there were `top` pieces of it.
    pub fn process_delayed(&mut self, top: usize) {
        while self.delayed.len() > top {
            if let Some(d) = self.delayed.remove(top) {
                self.run_delayed(d);
            }
        }
    }

    fn run_delayed(&mut self, d: Delayed<'a>) {
        match d {
            Delayed::FuncBody { env, name: _, sig, body } => self.func_body(env, sig, body),
            Delayed::TypeSet(t, _) => self.compute_type_set(t),
            Delayed::MapKey(t, pos) => {
                if !self.prog.comparable(t) {
                    let t = self.type_string(t);
                    self.error(pos, "IncomparableMapKey", format!("invalid map key type {t}"));
                }
            }
            Delayed::EmbeddedField(t, pos) => self.check_embedded_field(t, pos),
            Delayed::ValidType(t) => self.valid_type(t),
            Delayed::VarType(t, pos) => self.check_var_type(t, pos),
            Delayed::ValidRecv(recv, pos) => self.valid_recv(recv, pos),
            Delayed::Union(t, positions) => self.check_union(t, &positions),
            Delayed::Verify { params, args, pos, arg_pos } => self.verify(&params, &args, pos, &arg_pos),
            Delayed::FieldUniqueness(t) => self.check_field_uniqueness(t),
        }
    }

    /// Checks a function body.
    pub(crate) fn func_body(&mut self, env: Environment<'a>, sig: TypeId, body: &'a BlockStmt) {
        let env = Environment {
            decl: env.decl,
            iota: env.iota,
            sig: Some(sig),
            tparams: env.tparams,
            body: Some(body),
            ..Environment::at(env.scope)
        };
        let saved = std::mem::replace(&mut self.env, env);
        let mark = self.local_vars.len();
        self.stmt_list(&body.stmts);
        let has_results = self.prog.signature_of(sig).is_some_and(|s| !s.results.is_empty());
        if has_results && !self.is_terminating_list(&body.stmts) {
            self.error(body.rbrace, "MissingReturn", "missing return");
        }
        self.usage(mark);
        self.env = saved;
    }

    /// The environment of a function literal's body that begins in `scope`.
    pub fn func_env(&self, scope: ScopeId, sig: TypeId) -> Environment<'a> {
        Environment {
            decl: self.env.decl,
            iota: self.env.iota.clone(),
            sig: Some(sig),
            tparams: self.env.tparams.clone(),
            ..Environment::at(scope)
        }
    }

    /// Gives every declared type its final underlying type.
    pub(crate) fn complete_named_types(&mut self) {
        self.prog.expand_instances();
        for t in std::mem::take(&mut self.named_types) {
            let under = self.prog.under(t);
            if let Type::Named(n) = self.prog.ty_mut(t) {
                n.underlying = Some(under);
            }
        }
        let last = self.prog.types.len_idx();
        for t in (self.first_type.raw()..last.raw()).map(TypeId::from_raw) {
            if matches!(self.prog.ty(t), Type::Interface(i) if i.type_set.is_none()) {
                self.compute_type_set(t);
            }
        }
    }

    /// Reports an error, unless it follows from one reported before.
    pub fn error(&mut self, pos: Pos, code: &'static str, msg: impl Into<String>) {
        let mut msg: String = msg.into();
        if !self.diags.is_empty() {
            // The first part of the message: "have" and "want" of a method belong to it.
            let part = |(i, line): &(usize, &str)| *i == 0 || line.starts_with("\t\t");
            let mut lines = msg.split('\n').enumerate().take_while(part).map(|(_, line)| line);
            let follows = |line: &str| {
                let after_start = |s: &str| line.find(s).is_some_and(|i| i > 0);
                after_start("invalid operand") || after_start("invalid type")
            };
            if lines.any(follows) {
                return;
            }
        }
        if code == "InvalidSyntaxTree" {
            msg.insert_str(0, "invalid syntax tree: ");
        }
        let pos = self.env.err_pos.unwrap_or(pos);
        // The same message again on the same line is dropped, as gc does.
        let line = self.sources.physical(pos).map_or(0, |l| l.line);
        if self.last_error.as_ref().is_some_and(|(l, m)| *l == line && *m == msg) {
            return;
        }
        self.last_error = Some((line, msg.clone()));
        self.diags.error(pos, code, msg);
    }

    /// Reports something that does not work yet.
    pub fn unsupported(&mut self, pos: Pos, what: &str) {
        self.skipped = true;
        self.diags.unsupported(pos, what);
    }

    /// `file.go:3:5`
    pub fn pos_string(&self, pos: Pos) -> String {
        match self.sources.locate(pos) {
            Some(l) if l.column > 0 => format!("{}:{}:{}", l.file, l.line, l.column),
            Some(l) => format!("{}:{}", l.file, l.line),
            None => "-".to_owned(),
        }
    }

    /// The type as messages of this package show it.
    pub fn type_string(&self, t: TypeId) -> String {
        self.prog.type_string(t, Some(self.pkg))
    }

    fn unused_imports(&mut self) {
        if self.skipped {
            return;
        }
        for obj in std::mem::take(&mut self.pkg_names) {
            let o = self.prog.obj(obj);
            let ObjKind::PkgName { imported, used: false } = o.kind else { continue };
            if &*o.name == "_" {
                continue;
            }
            let (pos, name) = (o.pos, o.name.clone());
            let path = self.prog.pkg(imported).path.clone();
            let last = path.rsplit('/').next().unwrap_or(&path);
            let msg = if &*name == "." || &*name == last {
                format!("{path:?} imported and not used")
            } else {
                format!("{path:?} imported as {name} and not used")
            };
            self.error(pos, "UnusedImport", msg);
        }
    }
}
