//! How mistakes are shown: on standard error, in Go's format, ten at most, and exit status 1.

use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

/// How many mistakes are shown.
pub const LIMIT: usize = 10;

/// Exit status of a program that does not compile.
pub const FAILURE: u8 = 1;

/// Shows what is wrong with a program.
pub fn diagnostics(sources: &SourceMap, diags: &Diagnostics, all: bool) -> ExitCode {
    let text = diags.render(sources, (!all).then_some(LIMIT));
    // Nobody is left to tell that standard error is closed.
    _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(FAILURE)
}

/// Shows one message.
pub fn error(message: impl Display) -> ExitCode {
    _ = writeln!(std::io::stderr(), "gort: {message}");
    ExitCode::from(FAILURE)
}
