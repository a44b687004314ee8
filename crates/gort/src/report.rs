//! How mistakes are shown: on standard error, in Go's format, ten at most, and exit status 1.
//!
//! On a terminal the line of the source follows each message, with a caret below the place. Tools get one JSON
//! object a line: `{"file", "line", "column", "code", "severity", "message"}`.

use gort_syntax::diag::{Diagnostic, Diagnostics, Severity};
use gort_syntax::source::SourceMap;
use std::fmt::{Display, Write as _};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// How many mistakes are shown.
pub const LIMIT: usize = 10;

/// Exit status of a program that does not compile.
pub const FAILURE: u8 = 1;

/// How mistakes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For tools.
    Json,
}

/// Shows what is wrong with a program.
pub fn diagnostics(sources: &SourceMap, diags: &Diagnostics, all: bool) -> ExitCode {
    diagnostics_as(Form::Text, sources, diags, all)
}

/// Shows what is wrong with a program, in some form.
pub fn diagnostics_as(form: Form, sources: &SourceMap, diags: &Diagnostics, all: bool) -> ExitCode {
    let limit = (!all).then_some(LIMIT);
    let text = match form {
        Form::Json => diags.sorted(sources).iter().map(|d| json(sources, d)).collect(),
        Form::Text if std::io::stderr().is_terminal() => {
            diags.render_with(sources, limit, |d| excerpt(sources, d))
        }
        Form::Text => diags.render(sources, limit),
    };
    // Nobody is left to tell that standard error is closed.
    _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(FAILURE)
}

/// The line of the source, and a caret below the place.
fn excerpt(sources: &SourceMap, d: &Diagnostic) -> String {
    let Some((line, at)) = sources.line_text(d.pos) else { return String::new() };
    if line.len() > 200 || line.contains(|c: char| c.is_control() && c != '\t') {
        return String::new();
    }
    let before = line.get(..at).unwrap_or_default();
    let blank: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!("    {line}\n    {blank}^\n")
}

fn json(sources: &SourceMap, d: &Diagnostic) -> String {
    let place = sources.locate(d.pos).filter(|_| d.pos.is_some());
    let (file, line, column) = place.map_or((String::new(), 0, 0), |l| (l.file, l.line, l.column));
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Unsupported => "unsupported",
    };
    format!(
        "{{\"file\":{},\"line\":{line},\"column\":{column},\"code\":{},\"severity\":\"{severity}\",\"message\":{}}}\n",
        quoted(&file),
        quoted(d.code),
        quoted(&d.message)
    )
}

/// A JSON string.
fn quoted(s: &str) -> String {
    let mut out = String::from('"');
    for c in s.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => _ = write!(out, "\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Shows one message.
pub fn error(message: impl Display) -> ExitCode {
    _ = writeln!(std::io::stderr(), "gort: {message}");
    ExitCode::from(FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> (SourceMap, Diagnostics) {
        let (mut sources, mut diags) = (SourceMap::new(), Diagnostics::new());
        let id = sources.add("a.go", "package p\n\tvar x = y\n").expect("fits");
        let pos = sources.file(id).expect("added").pos(19);
        diags.error(pos, "UndeclaredName", "undefined: y");
        (sources, diags)
    }

    #[test]
    fn a_caret_points_at_the_place() {
        let (sources, diags) = one();
        let text = diags.render_with(&sources, None, |d| excerpt(&sources, d));
        assert_eq!(text, "a.go:2:10: undefined: y\n    \tvar x = y\n    \t        ^\n");
    }

    #[test]
    fn tools_get_json() {
        let (sources, diags) = one();
        let text: String = diags.sorted(&sources).iter().map(|d| json(&sources, d)).collect();
        let want = r#"{"file":"a.go","line":2,"column":10,"code":"UndeclaredName","severity":"error","message":"undefined: y"}"#;
        assert_eq!(text.trim_end(), want);
    }
}
