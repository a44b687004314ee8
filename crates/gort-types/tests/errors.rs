//! The files of `tests/errors`: each is a package whose errors are written beside the lines they belong to.
//!
//! With `GORT_ERROR_TESTS` set to a folder, its files are looked at too: those of `GOROOT/test`, say.
#![allow(clippy::unwrap_used)]

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::program::Program;
use std::path::{Path, PathBuf};

fn errors(path: &Path, text: &str) -> Vec<(u32, String)> {
    let (mut sources, mut ids, mut diags) = (SourceMap::new(), ExprIds::default(), Diagnostics::new());
    let id = sources.add(path.display().to_string(), text.to_owned()).unwrap();
    let files = [gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags)];
    if !diags.iter().any(|d| d.message.starts_with("syntax error")) {
        let mut prog = Program::new();
        gort_types::check::check_package(
            &mut prog,
            "main",
            &files,
            &Default::default(),
            &sources,
            &mut diags,
        );
    }
    let sorted = diags.sorted(&sources);
    sorted.iter().map(|d| (sources.physical(d.pos).map_or(0, |l| l.line), d.message.clone())).collect()
}

fn go_files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "go")).collect();
    files.sort();
    files
}

#[test]
fn every_error_is_where_it_is_expected() {
    let mut files = go_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/errors")));
    assert!(!files.is_empty());
    if let Ok(dir) = std::env::var("GORT_ERROR_TESTS") {
        files.extend(go_files(Path::new(&dir)));
    }
    let mut problems = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for p in gort_testkit::error_comments::compare(&text, &errors(&path, &text)) {
            problems.push(format!("{}: {p}", path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Found by the fuzzer: each level took twice the time of the one inside.
#[test]
fn sizes_of_deep_types_end() {
    let (open, close) = ("struct{ x ".repeat(400), " }".repeat(400));
    let size = "[unsafe.Sizeof(A{})]int";
    let text = format!(
        "package p\nimport \"unsafe\"\ntype U {size}\ntype _ A\ntype A = {open}T{close}\ntype T {size}"
    );
    let found = errors(Path::new("x.go"), &text);
    let first: Vec<(u32, &str)> = found.iter().map(|(l, m)| (*l, m.lines().next().unwrap_or(m))).collect();
    assert_eq!(first, [(5, "invalid recursive type A")]);
}

/// Found by the fuzzer: each instance was compared to the bottom with all others.
#[test]
fn instances_of_deep_types_are_found() {
    let (open, close) = ("T[".repeat(400), "]".repeat(400));
    let text = format!("package p\ntype T[U any] int\ntype A[U any] [1]{open}U{close}\nvar _ A[int]\n");
    assert_eq!(errors(Path::new("x.go"), &text), []);
}
