//! Function bodies that are checked when somebody needs them.
//!
//! A package known to be right may be checked without its function bodies ([`crate::check::Options::lazy`]): a
//! program pays for the functions it reaches. What initialisation depends on is checked at once, since the
//! order of variables follows from bodies. All else waits in [`Program::waiting`] for [`check_body`].

use crate::check::Options;
use crate::checker::{Checker, Environment};
use crate::object::{ObjId, ObjKind, ScopeId};
use crate::program::Program;
use crate::types::TypeId;
use gort_syntax::ast::FuncDecl;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use rustc_hash::FxHashMap;

/// A body that was not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Scope of the function's parameters.
    pub(crate) scope: ScopeId,
    /// Its signature.
    pub(crate) sig: TypeId,
}

/// Checks the body of the declared function `func`, if that is still to be done.
pub fn check_body(prog: &mut Program, func: ObjId, decl: &FuncDecl, diags: &mut Diagnostics) {
    let Some(waiting) = prog.waiting.remove(&func) else { return };
    let Some(pkg) = prog.obj(func).pkg else { return };
    // Positions in texts of messages are unknown here; there are no messages about good packages.
    let (sources, imports) = (SourceMap::new(), FxHashMap::default());
    prog.generics.finished = false;
    let scope = prog.pkg(pkg).scope;
    let mut checker = Checker::new(
        prog,
        &[],
        &sources,
        diags,
        pkg,
        scope,
        &imports,
        Options { lazy: true, ..Options::default() },
    );
    checker.waiting_body(func, waiting, decl);
    checker.process_delayed(0);
    checker.complete_named_types();
    checker.prog.set_finished(true);
    checker.record_untyped();
}

impl<'a> Checker<'a> {
    /// Checks a body that was put off.
    fn waiting_body(&mut self, func: ObjId, w: Waiting, decl: &'a FuncDecl) {
        let Some(body) = &decl.body else { return };
        let tparams = self
            .prog
            .signature_of(w.sig)
            .map_or_else(Vec::new, |s| s.recv_type_params.iter().chain(&s.type_params).copied().collect());
        let env = Environment { decl: Some(func), tparams, ..Environment::at(w.scope) };
        self.func_body(env, w.sig, body);
    }

    /// Checks the bodies of functions that the initial values of variables mention, directly or not.
    pub(crate) fn bodies_for_init(&mut self) {
        if !self.options.lazy {
            return;
        }
        let is_var = |c: &Self, o: ObjId| matches!(c.prog.obj(o).kind, ObjKind::Var { .. });
        let mut work: Vec<ObjId> = self.decls.keys().copied().filter(|&o| is_var(self, o)).collect();
        work.sort();
        while let Some(obj) = work.pop() {
            let Some(d) = self.decls.get(&obj) else { continue };
            let mut wanted: Vec<ObjId> =
                d.deps.iter().copied().filter(|o| self.prog.waiting.contains_key(o)).collect();
            wanted.sort();
            for f in wanted {
                let Some(w) = self.prog.waiting.remove(&f) else { continue };
                if let Some(crate::checker::DeclSyntax::Func(decl)) = self.decls.get(&f).map(|d| d.syntax) {
                    self.waiting_body(f, w, decl);
                    self.process_delayed(0);
                }
                work.push(f);
            }
        }
    }
}
