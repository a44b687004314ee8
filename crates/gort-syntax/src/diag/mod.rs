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

    /// Sorted by position; exact repetitions and further syntax errors on one line removed.
    pub fn sorted(&self, sources: &SourceMap) -> Vec<Diagnostic> {
        self.first(sources, None).0
    }

    /// The first `limit` reported, sorted by position, and the position of the last reported of them if the
    /// limit was reached. A syntax error is dropped if the one before it was on the same line.
    fn first(&self, sources: &SourceMap, limit: Option<usize>) -> (Vec<Diagnostic>, Option<Pos>) {
        let mut list: Vec<Diagnostic> = Vec::new();
        let mut syntax_line = None;
        let mut cut = None;
        for d in &self.list {
            if d.is_syntax_error() {
                let line = sources.physical(d.pos).map(|l| (l.file, l.line));
                if line.is_some() && line == syntax_line {
                    continue;
                }
                syntax_line = line;
            }
            list.push(d.clone());
            if limit == Some(list.len()) {
                cut = Some(d.pos);
                break;
            }
        }
        list.sort_by_key(|d| d.pos);
        list.dedup_by(|b, a| a.pos == b.pos && a.message == b.message);
        (list, cut)
    }

    /// Any syntax error? A program with one is not checked further.
    pub fn has_syntax_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_syntax_error)
    }

    /// The text a user sees: one `file:line:column: message` per diagnostic, sorted, and `too many errors`
    /// after the first `limit` reported (`None`: no limit).
    pub fn render(&self, sources: &SourceMap, limit: Option<usize>) -> String {
        self.render_with(sources, limit, |_| String::new())
    }

    /// Like [`Self::render`], with more lines after each diagnostic.
    pub fn render_with(
        &self,
        sources: &SourceMap,
        limit: Option<usize>,
        more: impl Fn(&Diagnostic) -> String,
    ) -> String {
        let (list, cut) = self.first(sources, limit);
        let mut out = String::new();
        for d in &list {
            _ = writeln!(out, "{}{}", prefix(sources, d.pos), d.message);
            out.push_str(&more(d));
        }
        if let Some(pos) = cut {
            _ = writeln!(out, "{}too many errors", prefix(sources, pos));
        }
        out
    }
}

impl Diagnostic {
    fn is_syntax_error(&self) -> bool {
        self.message.starts_with("syntax error")
    }
}

/// `file:line:column: `, as much of it as is known.
fn prefix(sources: &SourceMap, pos: Pos) -> String {
    match sources.locate(pos).filter(|_| pos.is_some()) {
        Some(l) if l.column > 0 => format!("{}:{}:{}: ", l.file, l.line, l.column),
        Some(l) => format!("{}:{}: ", l.file, l.line),
        None => String::new(),
    }
}
