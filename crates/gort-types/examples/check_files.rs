//! Checks Go files, each as a package of its own, and prints what is wrong with it in Go's format.
//!
//! `cargo run -p gort-types --example check_files -- a.go b.go`: the measure of the checker against
//! Go's own error tests. Imported packages other than `unsafe` are taken as unknown: selectors of them are
//! silent.

use gort_syntax::ast::{Decl, ExprIds};
use gort_syntax::diag::Diagnostics;
use gort_syntax::parser::parse_file;
use gort_syntax::source::SourceMap;
use gort_types::object::{Scope, ScopeId};
use gort_types::program::{Package, Program};

fn main() {
    let check = || {
        for name in std::env::args().skip(1) {
            println!("== {name}");
            match std::fs::read(&name) {
                Ok(bytes) => print!("{}", check(&name, &String::from_utf8_lossy(&bytes))),
                Err(e) => println!("{e}"),
            }
        }
    };
    // Deep expressions need a deep stack.
    let _ = std::thread::Builder::new().stack_size(256 << 20).spawn(check).map(|t| t.join());
}

fn check(name: &str, text: &str) -> String {
    let mut sources = SourceMap::new();
    let Some(id) = sources.add(name, text) else { return "too large\n".into() };
    let (mut ids, mut diags) = (ExprIds::default(), Diagnostics::new());
    let file = parse_file(&mut sources, id, &mut ids, &mut diags);
    // As gc does: only what it calls a syntax error keeps it from checking types.
    if !diags.iter().any(|d| d.message.starts_with("syntax error")) {
        let mut prog = Program::new();
        let mut imports = rustc_hash::FxHashMap::default();
        for d in &file.decls {
            if let Decl::Import(import) = d
                && import.path != "unsafe"
            {
                let scope: ScopeId =
                    prog.scopes.push(Scope { parent: Some(prog.universe), ..Scope::default() });
                let name = import.path.rsplit('/').next().unwrap_or_default().to_string();
                let pkg = Package {
                    path: import.path.clone(),
                    name,
                    scope,
                    imports: Vec::new(),
                    init_order: Vec::new(),
                    inits: Vec::new(),
                    fake: true,
                };
                imports.insert(import.path.clone(), prog.pkgs.push(pkg));
            }
        }
        let files = [file];
        gort_types::check::check_package(&mut prog, "main", &files, &imports, &sources, &mut diags);
    }
    diags.render(&sources, None)
}
