//! What is wrong with a program: diagnostics, and how they are printed.
//!
//! The Go programmer's failures (style rule 15): many per run, in Go's format,
//! `file.go:3:5: undefined: x`, sorted by position, one per line of source at most where Go does so.

use crate::source::{Pos, SourceMap};
use std::fmt::Write as _;

/// Kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The program is wrong.
    Error,
    /// The program is right, Gort cannot do it yet.
    Unsupported,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub pos: Pos,
    /// Kind.
    pub severity: Severity,
    /// Go's name for the kind of mistake (`UndeclaredName`, `MismatchedTypes`, ...), "" for syntax errors.
    pub code: &'static str,
    /// What, in Go's words; continuation lines begin with a tab.
    pub message: String,
}

/// A collector of diagnostics.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an error.
    pub fn error(&mut self, pos: Pos, code: &'static str, message: impl Into<String>) {
        self.list.push(Diagnostic { pos, severity: Severity::Error, code, message: message.into() });
    }

    /// Adds a "not supported yet": `what` names the construct (`maps`, `type parameters`).
    pub fn unsupported(&mut self, pos: Pos, what: &str) {
        self.list.push(Diagnostic {
            pos,
            severity: Severity::Unsupported,
            code: "Unsupported",
            message: format!("{what} not supported yet"),
        });
    }

    /// Any at all?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// As they were reported.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Takes over all of `other`.
    pub fn append(&mut self, mut other: Diagnostics) {
        self.list.append(&mut other.list);
    }

    /// Sorted by position, exact repetitions and further syntax errors on one line removed.
    pub fn sorted(&self, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut list = self.list.clone();
        list.sort_by_key(|d| d.pos);
        list.dedup();
        list.dedup_by(|b, a| {
            a.code.is_empty()
                && b.code.is_empty()
                && sources.physical(a.pos).map(|l| (l.file, l.line)) == sources.physical(b.pos).map(|l| (l.file, l.line))
        });
        list
    }

    /// The text a user sees: one `file:line:column: message` per diagnostic, and `too many errors` after
    /// `limit` of them (`None`: no limit).
    pub fn render(&self, sources: &SourceMap, limit: Option<usize>) -> String {
        let mut out = String::new();
        for (i, d) in self.sorted(sources).iter().enumerate() {
            if limit.is_some_and(|l| i >= l) {
                out.push_str("too many errors\n");
                break;
            }
            match sources.locate(d.pos) {
                Some(l) if l.column > 0 => _ = writeln!(out, "{}:{}:{}: {}", l.file, l.line, l.column, d.message),
                Some(l) => _ = writeln!(out, "{}:{}: {}", l.file, l.line, d.message),
                None => _ = writeln!(out, "{}", d.message),
            }
        }
        out
    }
}
