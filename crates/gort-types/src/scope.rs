//! Scopes, and declaring and finding names in them.
//!
//! Local names are declared when their scope begins, so a look-up needs no position. Go counterpart:
//! `go/types/scope.go`, `decl.go`'s `declare`.

use crate::checker::Checker;
use crate::object::{ObjId, ObjKind, Object, Scope, ScopeId, VarKind};
use crate::program::Program;
use crate::types::TypeId;
use gort_syntax::ast::Ident;
use gort_syntax::source::Pos;
use std::sync::Arc;

impl Program {
    /// What `name` stands for directly in `scope`.
    pub fn scope_lookup(&self, scope: ScopeId, name: &str) -> Option<ObjId> {
        self.scope(scope).names.get(name).copied()
    }

    /// Innermost scope around `scope` (itself included) that declares `name`, and what it stands for.
    pub fn lookup_parent(&self, scope: ScopeId, name: &str) -> Option<(ScopeId, ObjId)> {
        let mut next = Some(scope);
        while let Some(s) = next {
            if let Some(obj) = self.scope_lookup(s, name) {
                return Some((s, obj));
            }
            next = self.scope(s).parent;
        }
        None
    }

    /// Declares `obj` in `scope`; returns what has the name already.
    pub(crate) fn scope_insert(&mut self, scope: ScopeId, obj: ObjId) -> Option<ObjId> {
        let name = self.obj(obj).name.clone();
        if let Some(alt) = self.scope_lookup(scope, &name) {
            return Some(alt);
        }
        self.scope_mut(scope).names.insert(name, obj);
        if self.obj(obj).parent.is_none() {
            self.obj_mut(obj).parent = Some(scope);
        }
        None
    }
}

impl<'a> Checker<'a> {
    /// Opens a scope in the current one.
    pub fn open_scope(&mut self, pos: Pos, end: Pos) {
        let scope = Scope { parent: Some(self.env.scope), pos, end, ..Scope::default() };
        self.env.scope = self.prog.scopes.push(scope);
    }

    /// Goes back to the enclosing scope.
    pub fn close_scope(&mut self) {
        if let Some(parent) = self.prog.scope(self.env.scope).parent {
            self.env.scope = parent;
        }
    }

    /// What `name` stands for here.
    pub fn lookup(&self, name: &str) -> Option<ObjId> {
        self.lookup_scope(name).map(|(_, obj)| obj)
    }

    /// What `name` stands for here, and the scope it is declared in.
    pub fn lookup_scope(&self, name: &str) -> Option<(ScopeId, ObjId)> {
        self.prog.lookup_parent(self.env.scope, name)
    }

    /// Declares `obj` in `scope`, visible from `scope_pos` on, and records it as defined by `ident`.
    pub fn declare(&mut self, scope: ScopeId, ident: Option<&Ident>, obj: ObjId, scope_pos: Pos) {
        let name = self.prog.obj(obj).name.clone();
        if &*name != "_" {
            if let Some(alt) = self.prog.scope_insert(scope, obj) {
                let other = self.other_declaration(alt);
                let pos = self.prog.obj(obj).pos;
                self.error(pos, "DuplicateDecl", format!("{name} redeclared in this block{other}"));
                return;
            }
            self.prog.obj_mut(obj).scope_pos = scope_pos;
            if matches!(self.prog.obj(obj).kind, ObjKind::Var { kind: VarKind::Local, .. }) {
                self.local_vars.push(obj);
            }
        }
        if let Some(ident) = ident {
            self.record_def(ident, obj);
        }
    }

    /// Second line of a message: where else `obj` is declared.
    pub(crate) fn other_declaration(&self, obj: ObjId) -> String {
        let o = self.prog.obj(obj);
        if o.pos.is_some() {
            format!("\n\t{}: other declaration of {}", self.pos_string(o.pos), o.name)
        } else {
            String::new()
        }
    }

    /// A new object of the current package, not declared anywhere.
    pub(crate) fn new_obj(&mut self, pos: Pos, name: Arc<str>, typ: Option<TypeId>, kind: ObjKind) -> ObjId {
        let pkg = Some(self.pkg);
        self.prog.add_obj(Object { name, pkg, parent: None, pos, typ, scope_pos: Pos::NONE, kind })
    }

    /// A new variable, not declared anywhere.
    pub fn new_var(&mut self, kind: VarKind, pos: Pos, name: Arc<str>, typ: Option<TypeId>) -> ObjId {
        self.new_obj(pos, name, typ, ObjKind::Var { kind, embedded: false, used: false })
    }

    /// Notes that a variable or imported package is used.
    pub fn mark_used(&mut self, obj: ObjId) {
        match &mut self.prog.obj_mut(obj).kind {
            ObjKind::Var { used, .. } | ObjKind::PkgName { used, .. } => *used = true,
            _ => {}
        }
    }

    /// Was it used?
    pub(crate) fn is_used(&self, obj: ObjId) -> bool {
        matches!(
            self.prog.obj(obj).kind,
            ObjKind::Var { used: true, .. } | ObjKind::PkgName { used: true, .. }
        )
    }

    /// Reports local variables declared after `mark` that are not used, and forgets them.
    pub(crate) fn usage(&mut self, mark: usize) {
        let vars = self.local_vars.split_off(mark.min(self.local_vars.len()));
        for v in vars {
            if !self.is_used(v) && !self.skipped {
                let (pos, name) = (self.prog.obj(v).pos, self.prog.obj(v).name.clone());
                self.error(pos, "UnusedVar", format!("declared and not used: {name}"));
            }
        }
    }
}
