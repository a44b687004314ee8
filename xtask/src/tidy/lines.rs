//! Rules about single files and lines: size, header, name, what may stand where.

use super::{Findings, Source};

/// Lines of a file, tests not counted.
const MAX_LINES: usize = 800;

/// Tables, not code.
const GENERATED: &[&str] = &["crates/gort-syntax/src/lexer/unicode.rs"];

const BAD_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc", "manager"];

/// Memory orderings that need a partner.
const WEAK: &[&str] = &["Relaxed", "Acquire", "Release", "AcqRel"];

/// How far above an ordering its comment may begin: one comment can stand for a few lines that belong together.
const COMMENT_REACH: usize = 12;

pub(super) fn check(source: &Source, findings: &mut Findings) {
    let path = &source.path;
    if source.body_len() > MAX_LINES && !GENERATED.contains(&path.as_str()) {
        findings.push(format!("{path}: {} lines, at most {MAX_LINES}", source.body_len()));
    }
    if !source.lines.first().is_some_and(|l| l.starts_with("//!")) {
        findings.push(format!("{path}:1: no //! header"));
    }
    if path.split(['/', '.']).any(|part| BAD_NAMES.contains(&part)) {
        findings.push(format!("{path}: a name that says nothing"));
    }
    let body = source.body_len();
    for (i, line) in source.lines.iter().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        let mut found = |message: &str| findings.push(format!("{path}:{}: {message}", i + 1));
        if code.contains(concat!("#[ign", "ore")) {
            found("a test is left out: assert what happens today instead");
        }
        if code.contains(concat!("libc", "::")) && !path.starts_with("crates/gort-sys/") {
            found("libc outside gort-sys (ARCH-4)");
        }
        if code.contains(concat!("asm", "!(")) && !path.starts_with("crates/gort-stack/src/arch/") {
            found("assembly outside gort-stack/src/arch (ARCH-4)");
        }
        if code.contains(concat!("static ", "mut ")) {
            found("a mutable static (ARCH-8)");
        }
        if line.contains(concat!("TO", "DO")) || line.contains(concat!("FIX", "ME")) {
            found("an open end: make it an error with a clear message");
        }
        if i < body && !source.is_test() && weak_ordering(code) && !explained(&source.lines, i) {
            found("a weak ordering without a comment that names its partner");
        }
    }
}

fn weak_ordering(code: &str) -> bool {
    WEAK.iter().any(|w| code.contains(&format!("Ordering::{w}"))) && !code.trim_start().starts_with("use ")
}

/// Is there a comment on the line, on one shortly above in the same function, or on the function?
fn explained(lines: &[String], at: usize) -> bool {
    if lines.get(at).is_some_and(|l| l.contains("//")) {
        return true;
    }
    let above = lines.iter().take(at).rev().take(COMMENT_REACH);
    above.take_while(|l| !l.starts_with("    }") && !l.starts_with('}')).any(|l| l.contains("//"))
}
