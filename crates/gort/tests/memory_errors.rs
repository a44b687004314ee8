//! What ends a program that asks for more memory than there is: Go's message and exit status, and nothing else.
//!
//! Compared with Go 1.27.3: `runtime: out of memory: cannot allocate N-byte block (M in use)`, then `fatal error: out of
//! memory`, status 2. The numbers differ.

use std::path::PathBuf;
use std::process::{Command, Output};

fn run(name: &str, limit_kib: Option<u32>, source: &str) -> Output {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = dir.join(format!("{name}.go"));
    std::fs::write(&file, source).unwrap();
    let limit = limit_kib.map_or(String::new(), |kib| format!("ulimit -v {kib}; "));
    Command::new("sh")
        .args(["-c", &format!("{limit}exec \"$0\" run \"$1\"")])
        .arg(env!("CARGO_BIN_EXE_gort"))
        .arg(file)
        .output()
        .unwrap()
}

fn check(output: &Output, lines: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let mut got = text.lines();
    for want in lines {
        let got = got.next().unwrap_or_default();
        assert!(got.starts_with(want), "{got:?} instead of {want:?} in\n{text}");
    }
}

const OUT_OF_MEMORY: [&str; 2] = ["runtime: out of memory: cannot allocate ", "fatal error: out of memory"];

#[test]
fn larger_than_the_heap_can_be() {
    let source = "package main\nvar s []byte\nfunc main() { n := 1 << 46; s = make([]byte, n) }\n";
    let block = "runtime: out of memory: cannot allocate 70368744177664-byte block (";
    check(&run("larger_than_the_heap", None, source), &[block, OUT_OF_MEMORY[1]]);
}

#[test]
fn larger_than_the_address_space() {
    let source = "package main\nvar s []byte\nfunc main() { n := 1 << 60; s = make([]byte, n) }\n";
    let output = run("larger_than_the_address_space", None, source);
    check(&output, &["panic: runtime error: makeslice: len out of range"]);
}

#[test]
fn exhausted_by_large_objects() {
    let source = "package main\nvar l [][]byte\nfunc main() { for { l = append(l, make([]byte, 1<<20)) } }\n";
    check(&run("exhausted_by_large_objects", Some(1_500_000), source), &OUT_OF_MEMORY);
}

#[test]
fn exhausted_by_small_objects() {
    let source = "package main\ntype n struct { next *n; x [6]int }\nvar l *n\nfunc main() { for { l = &n{next: l} } }\n";
    check(&run("exhausted_by_small_objects", Some(1_500_000), source), &OUT_OF_MEMORY);
}

#[test]
fn garbage_does_not_exhaust_a_small_address_space() {
    let source = "package main\nvar s []byte\nfunc main() { for i := 0; i < 20000; i++ { s = make([]byte, 1<<20) } }\n";
    let output = run("garbage", Some(1_500_000), source);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
