//! Package runtime, as Go programs see it, checks without a complaint and without imports but unsafe.
#![allow(clippy::unwrap_used)]

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::program::Program;
use std::path::PathBuf;

#[test]
fn package_runtime_is_well_typed() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../std/runtime");
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "go")).collect();
    paths.sort();
    let (mut sources, mut ids, mut diags) = (SourceMap::new(), ExprIds::default(), Diagnostics::new());
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let id = sources.add(path.display().to_string(), text).unwrap();
        files.push(gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags));
    }
    let mut prog = Program::new();
    let pkg = gort_types::check::check_package(
        &mut prog,
        "runtime",
        &files,
        &Default::default(),
        &sources,
        &mut diags,
    );
    assert_eq!(diags.render(&sources, None), "");
    assert_eq!(prog.pkg(pkg).name, "runtime");
}
