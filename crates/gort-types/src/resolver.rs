//! Collecting what the files of a package declare, before any of it is checked.
//!
//! Go counterpart: `go/types/resolver.go`.

use crate::checker::{Checker, DeclInfo, DeclSyntax};
use crate::object::{ObjId, ObjKind, Scope, ScopeId, VarKind};
use crate::predicates::is_exported;
use crate::program::{Package, PkgId};
use gort_syntax::ast::{ConstDecl, Decl, Expr, ExprKind, File, FuncDecl, Ident, ImportDecl, VarDecl};
use gort_syntax::source::Pos;
use rustc_hash::FxHashSet;

/// A method, whether its receiver is a pointer, and the name of the receiver's type.
type MethodInfo<'a> = (ObjId, bool, &'a Ident);

/// Where a declaration stands: scope of the file, file index, declaration index.
#[derive(Clone, Copy)]
struct Place {
    scope: ScopeId,
    file: usize,
    decl: usize,
}

impl<'a> Checker<'a> {
    /// Declares all package-level objects and imports.
    pub(crate) fn collect_objects(&mut self) {
        let mut methods: Vec<MethodInfo<'a>> = Vec::new();
        let files: &'a [File] = self.files;
        for (file_index, file) in files.iter().enumerate() {
            let parent = Some(self.prog.pkg(self.pkg).scope);
            let scope = Scope { parent, pos: file.package_pos, end: file.eof, ..Scope::default() };
            let scope = self.prog.scopes.push(scope);
            self.file_scopes.push(scope);
            for (decl_index, decl) in file.decls.iter().enumerate() {
                let place = Place { scope, file: file_index, decl: decl_index };
                match decl {
                    Decl::Import(d) => self.collect_import(place, d),
                    Decl::Const(d) => self.collect_consts(place, d),
                    Decl::Var(d) => self.collect_vars(place, d),
                    Decl::Type(d) => {
                        let kind = ObjKind::TypeName { alias: d.is_alias };
                        let obj = self.new_obj(d.name.pos, d.name.name.clone(), None, kind);
                        self.declare_pkg_obj(&d.name, obj, place, DeclSyntax::Type(d));
                    }
                    Decl::Func(d) => self.collect_func(place, d, &mut methods),
                }
            }
        }
        self.check_file_scopes();
        for (method, ptr, recv) in methods {
            if let Some((ptr, base)) = self.resolve_base_type_name(ptr, recv) {
                self.prog.obj_mut(method).kind = ObjKind::Func { ptr_recv: ptr };
                self.methods.entry(base).or_default().push(method);
            }
        }
    }

    fn add_decl(&mut self, obj: ObjId, place: Place, syntax: DeclSyntax<'a>) {
        let info = DeclInfo {
            file_scope: place.scope,
            file: place.file,
            decl: place.decl,
            syntax,
            deps: FxHashSet::default(),
        };
        self.decls.insert(obj, info);
    }

    fn declare_pkg_obj(&mut self, ident: &'a Ident, obj: ObjId, place: Place, syntax: DeclSyntax<'a>) {
        if &*ident.name == "init" {
            self.error(ident.pos, "InvalidInitDecl", "cannot declare init - must be func");
            return;
        }
        if &*ident.name == "main" && self.prog.pkg(self.pkg).name == "main" {
            self.error(ident.pos, "InvalidMainDecl", "cannot declare main - must be func");
            return;
        }
        let scope = self.prog.pkg(self.pkg).scope;
        self.declare(scope, Some(ident), obj, Pos::NONE);
        self.add_decl(obj, place, syntax);
    }

    fn collect_consts(&mut self, place: Place, d: &'a ConstDecl) {
        let (source, inherited) = self.const_source(d);
        for (i, name) in d.names.iter().enumerate() {
            let obj = self.new_obj(name.pos, name.name.clone(), None, ObjKind::Const { value: None });
            self.declare_pkg_obj(name, obj, place, DeclSyntax::Const(d, i, source));
        }
        self.arity(d.pos, &d.names, &source.values, true, inherited);
    }

    /// The declaration whose type and values count for `d`, and whether that is another one.
    pub(crate) fn const_source(&mut self, d: &'a ConstDecl) -> (&'a ConstDecl, bool) {
        if d.iota == 0 {
            self.const_groups.remove(&d.group);
        }
        if d.typ.is_some() || !d.values.is_empty() {
            self.const_groups.insert(d.group, d);
            return (d, false);
        }
        match self.const_groups.get(&d.group) {
            Some(&source) => (source, true),
            None => (d, false),
        }
    }

    fn collect_vars(&mut self, place: Place, d: &'a VarDecl) {
        let mut group = Vec::new();
        for (i, name) in d.names.iter().enumerate() {
            let obj = self.new_var(VarKind::Package, name.pos, name.name.clone(), None);
            group.push(obj);
            self.declare_pkg_obj(name, obj, place, DeclSyntax::Var(d, i));
        }
        self.var_groups.insert((place.file, place.decl), group);
        if d.typ.is_none() || !d.values.is_empty() {
            self.arity(d.pos, &d.names, &d.values, false, false);
        }
    }

    /// Reports missing or superfluous initial values.
    pub(crate) fn arity(
        &mut self,
        pos: Pos,
        names: &[Ident],
        values: &'a [Expr],
        is_const: bool,
        inherited: bool,
    ) {
        let (l, r) = (names.len(), values.len());
        const CODE: &str = "WrongAssignCount";
        if let Some(extra) = values.get(l) {
            if inherited {
                let at = self.pos_string(extra.pos);
                self.error(pos, CODE, format!("extra init expr at {at}"));
            } else {
                let text = crate::exprstring::expr_string(extra);
                self.error(extra.start(), CODE, format!("extra init expr {text}"));
            }
        } else if l > r
            && (is_const || r != 1)
            && let Some(name) = names.get(r)
        {
            self.error(name.pos, CODE, format!("missing init expr for {}", name.name));
        }
    }

    fn collect_func(&mut self, place: Place, d: &'a FuncDecl, methods: &mut Vec<MethodInfo<'a>>) {
        if let Some(p) = d.type_params.first() {
            let (since, what) =
                if d.recv.is_some() { (27, "generic method") } else { (18, "type parameter") };
            self.verify_version(p.pos, since, what);
        }
        let name = &d.name;
        let obj = self.new_obj(name.pos, name.name.clone(), None, ObjKind::Func { ptr_recv: false });
        let pkg_scope = self.prog.pkg(self.pkg).scope;
        match &d.recv {
            None => {
                let is_init = &*name.name == "init";
                let is_main = &*name.name == "main" && self.prog.pkg(self.pkg).name == "main";
                if is_init || is_main {
                    self.check_init_or_main(d, if is_init { "InvalidInitDecl" } else { "InvalidMainDecl" });
                }
                if is_init {
                    self.prog.obj_mut(obj).parent = Some(pkg_scope);
                    self.record_def(name, obj);
                    if d.body.is_none() {
                        self.error(name.pos, "MissingInitBody", "func init must have a body");
                    }
                    self.prog.pkg_mut(self.pkg).inits.push((place.file, place.decl));
                } else {
                    self.declare(pkg_scope, Some(name), obj, Pos::NONE);
                }
            }
            Some(recv) => {
                let (ptr, base) = unpack_recv(&recv.typ);
                if let ExprKind::Name(base) = &base.kind
                    && !name.is_blank()
                {
                    methods.push((obj, ptr, base));
                }
                self.prog.obj_mut(obj).kind = ObjKind::Func { ptr_recv: ptr };
                self.record_def(name, obj);
            }
        }
        self.add_decl(obj, place, DeclSyntax::Func(d));
    }

    fn check_init_or_main(&mut self, d: &'a FuncDecl, code: &'static str) {
        let name = &d.name.name;
        if let Some(p) = d.type_params.first() {
            self.error(p.pos, code, format!("func {name} must have no type parameters"));
        }
        if !d.sig.params.is_empty() || !d.sig.results.is_empty() {
            self.error(d.name.pos, code, format!("func {name} must have no arguments and no return values"));
        }
    }

    fn collect_import(&mut self, place: Place, d: &'a ImportDecl) {
        if let Err(why) = valid_import_path(&d.path) {
            self.error(d.path_pos, "BadImportPath", format!("invalid import path ({why})"));
            return;
        }
        let imported = self.import_package(d);
        let name =
            d.name.as_ref().map_or_else(|| self.prog.pkg(imported).name.clone().into(), |n| n.name.clone());
        if &*name == "init" {
            self.error(d.pos, "InvalidInitDecl", "cannot import package as init - init must be a func");
            return;
        }
        if !self.prog.pkg(self.pkg).imports.contains(&imported) {
            self.prog.pkg_mut(self.pkg).imports.push(imported);
        }
        let used = self.prog.pkg(imported).fake;
        let obj =
            self.new_obj(d.pos, name.clone(), Some(self.prog.invalid()), ObjKind::PkgName { imported, used });
        if let Some(name) = &d.name {
            self.record_def(name, obj);
        }
        self.pkg_names.push(obj);
        if &*name == "." {
            self.dot_import(place.scope, d, imported, obj);
        } else {
            self.declare(place.scope, None, obj, Pos::NONE);
        }
    }

    fn import_package(&mut self, d: &'a ImportDecl) -> PkgId {
        if d.path == "unsafe" {
            return self.prog.unsafe_pkg;
        }
        if let Some(&p) = self.imports.get(&d.path) {
            return p;
        }
        // Whoever was to bring the package may have said why he could not.
        self.skipped = true;
        if !self.diags.iter().any(|e| e.pos == d.path_pos) {
            self.unsupported(d.path_pos, &format!("package {:?}", d.path));
        }
        let parent = Some(self.prog.universe);
        let scope = self.prog.scopes.push(Scope { parent, ..Scope::default() });
        self.prog.pkgs.push(Package {
            path: d.path.clone(),
            name: d.path.rsplit('/').next().unwrap_or("").to_owned(),
            scope,
            imports: Vec::new(),
            init_order: Vec::new(),
            inits: Vec::new(),
            fake: true,
        })
    }

    fn dot_import(&mut self, file_scope: ScopeId, d: &'a ImportDecl, imported: PkgId, pkg_name: ObjId) {
        let scope = self.prog.pkg(imported).scope;
        let mut objs: Vec<ObjId> = self.prog.scope(scope).names.values().copied().collect();
        objs.sort();
        for obj in objs {
            let name = self.prog.obj(obj).name.clone();
            if !is_exported(&name) {
                continue;
            }
            if let Some(alt) = self.prog.scope_insert(file_scope, obj) {
                let other = self.other_declaration(alt);
                self.error(d.pos, "DuplicateDecl", format!("{name} redeclared in this block{other}"));
            } else {
                self.dot_imports.insert((file_scope, obj), pkg_name);
            }
        }
    }

    /// Names of the package and of a file's imports must differ.
    fn check_file_scopes(&mut self) {
        let pkg_scope = self.prog.pkg(self.pkg).scope;
        for scope in self.file_scopes.clone() {
            let mut objs: Vec<(std::sync::Arc<str>, ObjId)> =
                self.prog.scope(scope).names.iter().map(|(n, &o)| (n.clone(), o)).collect();
            objs.sort();
            for (name, obj) in objs {
                let Some(alt) = self.prog.scope_lookup(pkg_scope, &name) else { continue };
                let pos = self.prog.obj(alt).pos;
                let other = self.other_declaration(obj);
                let msg = match self.prog.obj(obj).kind {
                    ObjKind::PkgName { imported, .. } => {
                        let p = self.prog.pkg(imported);
                        format!(
                            "{name} already declared through import of package {} ({:?}){other}",
                            p.name, p.path
                        )
                    }
                    _ => {
                        let p = self.prog.obj(obj).pkg.map(|p| self.prog.pkg(p));
                        let (pkg, path) = p.map_or(("", ""), |p| (&p.name, &p.path));
                        format!(
                            "{name} already declared through dot-import of package {pkg} ({path:?}){other}"
                        )
                    }
                };
                self.error(pos, "DuplicateDecl", msg);
            }
        }
    }

    /// Follows aliases from a receiver's type name to the defined type.
    fn resolve_base_type_name(&self, ptr: bool, name: &'a Ident) -> Option<(bool, ObjId)> {
        let scope = self.prog.pkg(self.pkg).scope;
        let (mut ptr, mut name) = (ptr, name);
        let mut seen = Vec::new();
        loop {
            let obj = self.prog.scope_lookup(scope, &name.name)?;
            let DeclSyntax::Type(d) = self.decls.get(&obj)?.syntax else { return None };
            if seen.contains(&obj) {
                return None;
            }
            if !d.is_alias {
                return Some((ptr, obj));
            }
            if !d.type_params.is_empty() {
                return None;
            }
            seen.push(obj);
            let mut typ = d.typ.unparen();
            if let ExprKind::Star(x) = &typ.kind {
                if ptr {
                    return None;
                }
                ptr = true;
                typ = x.unparen();
            }
            let ExprKind::Name(n) = &typ.kind else { return None };
            name = n;
        }
    }

    /// Checks all package-level declarations, without function bodies: types first, then aliases, then the rest.
    pub(crate) fn package_objects(&mut self) {
        let mut objs: Vec<ObjId> = self.decls.keys().copied().collect();
        objs.sort();
        let phase = |c: &Self, o: &ObjId| match c.decls.get(o).map(|d| d.syntax) {
            Some(DeclSyntax::Type(d)) => usize::from(d.is_alias),
            _ => 2,
        };
        for wanted in 0..3 {
            for obj in objs.clone() {
                if phase(self, &obj) == wanted {
                    self.obj_decl(obj);
                }
            }
        }
        self.methods.clear();
    }
}

/// Is the receiver a pointer, and its base type (type parameters stripped).
pub(crate) fn unpack_recv(typ: &Expr) -> (bool, &Expr) {
    let mut base = typ.unparen();
    let mut ptr = false;
    if let ExprKind::Star(x) = &base.kind {
        ptr = true;
        base = x.unparen();
    }
    if let ExprKind::Index(x, _) = &base.kind {
        base = x;
    }
    (ptr, base)
}

fn valid_import_path(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("empty string".to_owned());
    }
    for c in path.chars() {
        if c.is_control() || c.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{FFFD}".contains(c) {
            let shown = if c.is_control() { String::new() } else { format!(" '{c}'") };
            return Err(format!("invalid character U+{:04X}{shown}", c as u32));
        }
    }
    Ok(())
}
