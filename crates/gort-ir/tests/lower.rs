//! The IR of small Go programs: `tests/ir/x.go` lowers to `tests/ir/x.ir`, before the passes.
//!
//! `UPDATE_EXPECT=1 cargo test -p gort-ir --test lower` writes the files anew.

use gort_abi::module::Symbol;
use gort_ir::lower::{PackageSyntax, lower_program};
use gort_ir::module::{FuncId, Module};
use gort_ir::print::print_func;
use gort_ir::verify::verify_module;
use gort_syntax::ast::{ExprIds, File};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::check::check_package;
use gort_types::program::{PkgId, Program};
use std::path::{Path, PathBuf};

const RUNTIME: &[(&str, &str)] = include!("../../../std/runtime/files.rs");

#[derive(Default)]
struct Front {
    sources: SourceMap,
    ids: ExprIds,
    diags: Diagnostics,
}

impl Front {
    fn parse(&mut self, name: &str, text: &str) -> File {
        let id = self.sources.add(name, text).expect("room");
        gort_syntax::parse_file(&mut self.sources, id, &mut self.ids, &mut self.diags)
    }

    fn check(
        &mut self,
        prog: &mut Program,
        path: &str,
        files: &[File],
        imports: &rustc_hash::FxHashMap<String, PkgId>,
    ) -> PkgId {
        let pkg = check_package(prog, path, files, imports, &self.sources, &mut self.diags);
        assert!(self.diags.is_empty(), "{}", self.diags.render(&self.sources, None));
        pkg
    }
}

/// The functions of package main, as text.
fn ir(name: &str, text: &str) -> String {
    let mut front = Front::default();
    let runtime: Vec<File> = RUNTIME.iter().map(|(name, text)| front.parse(name, text)).collect();
    let main = vec![front.parse(name, text)];
    let mut prog = Program::new();
    let runtime_pkg = front.check(&mut prog, "runtime", &runtime, &Default::default());
    let imports = [("runtime".to_owned(), runtime_pkg)].into_iter().collect();
    let main_pkg = front.check(&mut prog, "main", &main, &imports);
    let packages =
        [PackageSyntax { pkg: runtime_pkg, files: &runtime }, PackageSyntax { pkg: main_pkg, files: &main }];
    let module = lower_program(&mut prog, &packages, &mut front.diags, false);
    assert!(front.diags.is_empty(), "{}", front.diags.render(&front.sources, None));
    if let Err(e) = verify_module(&module) {
        panic!("{name}: {e}");
    }
    let mut funcs: Vec<_> = module.funcs.iter().filter(|f| f.name.starts_with("main.")).collect();
    funcs.retain(|f| !f.name.starts_with("main.init"));
    funcs.sort_by(|a, b| a.name.cmp(&b.name));
    let text: Vec<String> =
        funcs.iter().filter_map(|f| f.body.as_ref()).map(|f| print_func(f, Some(&module))).collect();
    stable(&text.join("\n"), &module)
}

/// Without positions, and with names for the numbers of symbols: these depend on package runtime.
fn stable(text: &str, module: &Module) -> String {
    let word = |w: &str| {
        let number = |s: &str| s.parse::<usize>().ok();
        if w.strip_prefix('!').is_some_and(|n| number(n).is_some()) {
            return None;
        }
        let id = w.strip_prefix('@').and_then(|rest| number(rest.split('+').next()?));
        Some(match id.and_then(|id| module.symbols.get(id)) {
            Some(Symbol::Data(i)) if module.data[*i as usize].name.starts_with("go:string.") => {
                format!("{:?}", String::from_utf8_lossy(&module.data[*i as usize].bytes))
            }
            Some(Symbol::Data(i)) => format!("@{}", module.data[*i as usize].name),
            Some(Symbol::Func(i)) => format!("@{}", module.funcs[FuncId::from(*i as usize)].name),
            _ => w.to_owned(),
        })
    };
    let line = |l: &str| {
        let indent = l.len() - l.trim_start().len();
        let words: Vec<String> = l.trim_start().split(' ').filter_map(word).collect();
        format!("{}{}\n", " ".repeat(indent), words.join(" "))
    };
    text.lines().map(line).collect()
}

fn fixtures() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/ir");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).expect("tests/ir").map(|e| e.expect("entry").path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "go"));
    files.sort();
    files
}

#[test]
fn lowered_as_expected() {
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for go in fixtures() {
        let name = go.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let got = ir(&name, &std::fs::read_to_string(&go).expect("source"));
        let expected = go.with_extension("ir");
        if bless {
            std::fs::write(&expected, &got).expect("write");
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{name}:\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
