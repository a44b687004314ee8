//! The parser against real Go code: every file parses, and printing is stable.
//!
//! `GORT_GO_CORPUS` names directories (separated by `:`) to walk besides `tests/data`; `testdata` directories are left
//! out.

use gort_syntax::ast::ExprIds;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use std::path::{Path, PathBuf};

fn go_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "testdata") {
                go_files(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "go") {
            out.push(path);
        }
    }
}

fn parse(name: &str, text: Vec<u8>) -> (String, String) {
    let mut sources = SourceMap::new();
    let file = sources.add_bytes(name, text).expect("small enough");
    let mut diags = Diagnostics::new();
    let tree = gort_syntax::parse_file(&mut sources, file, &mut ExprIds::default(), &mut diags);
    (gort_syntax::print::file(&tree), diags.render(&sources, Some(10)))
}

fn on_big_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(512 << 20).spawn(f).expect("a thread").join().expect("no panic");
}

#[test]
fn parses_and_prints_go_code() {
    on_big_stack(|| {
        let mut files = Vec::new();
        go_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data")), &mut files);
        for dir in std::env::var("GORT_GO_CORPUS").unwrap_or_default().split(':').filter(|d| !d.is_empty()) {
            go_files(Path::new(dir), &mut files);
        }
        let mut failures = 0;
        for path in &files {
            let name = path.display().to_string();
            let (printed, errors) = parse(&name, std::fs::read(path).expect("readable"));
            if !errors.is_empty() {
                eprint!("{errors}");
                failures += 1;
                continue;
            }
            let (again, errors) = parse("printed.go", printed.clone().into_bytes());
            if !errors.is_empty() || printed != again {
                eprintln!("{name}: printed text differs\n{errors}");
                failures += 1;
            }
        }
        eprintln!("{} files", files.len());
        assert_eq!(failures, 0);
    });
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    on_big_stack(|| {
        let deep = |open: &str, close: &str, n: usize| {
            format!("package p\nvar _ = {}x{}\n", open.repeat(n), close.repeat(n)).into_bytes()
        };
        let expected = "syntax error: exceeded max nesting depth";
        for (open, close) in [("(", ")"), ("- ", ""), ("f(", ")"), ("[]T{", "}"), ("*", ""), ("<-", "")] {
            let (_, errors) = parse("x.go", deep(open, close, 100_000));
            assert!(errors.contains(expected) && errors.lines().count() == 1, "{open}: {errors}");
        }
        for (open, close) in [("(", ")"), ("f(", ")")] {
            assert_eq!(parse("x.go", deep(open, close, 5_000)).1, "");
        }
        for (first, rest) in
            [("", "{"), ("", "if x {} else "), ("", "L: "), ("var _ ", "[]"), ("var _ ", "struct{x ")]
        {
            let text = format!("package p\nfunc f() {{ {first}{}", rest.repeat(100_000));
            let (_, errors) = parse("x.go", text.into_bytes());
            assert!(errors.contains(expected) && errors.lines().count() == 1, "{rest}: {errors}");
        }
        for rest in ["+x", ".f", "()", "[0]"] {
            assert_eq!(
                parse("x.go", format!("package p\nvar _ = x{}\n", rest.repeat(50_000)).into_bytes()).1,
                ""
            );
            let (_, errors) =
                parse("x.go", format!("package p\nvar _ = x{}\n", rest.repeat(200_000)).into_bytes());
            assert!(errors.contains(expected), "{rest}: {errors}");
        }
    });
}

#[test]
fn bytes_that_are_not_text_are_reported_where_they_are() {
    let (_, errors) = parse("x.go", b"package p\nvar \xffx, y\0z int\n".to_vec());
    assert_eq!(errors, "x.go:2:5: invalid UTF-8 encoding\nx.go:2:10: invalid NUL character\n");
    let (_, errors) = parse("x.go", "\u{feff}package p\nvar x\u{feff} int\n".into());
    assert_eq!(errors, "x.go:2:6: invalid BOM in the middle of the file\n");
}
