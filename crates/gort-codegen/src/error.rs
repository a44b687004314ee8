//! What can go wrong: always a bug of ours or a function too big, never the Go program's fault.

use std::fmt;

/// Compilation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Link name of the function; empty if it is none.
    pub func: String,
    /// Why.
    pub message: String,
}

impl Error {
    pub(crate) fn new(func: &str, message: impl Into<String>) -> Self {
        Self { func: func.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error: code generation of {}: {}", self.func, self.message)
    }
}

impl std::error::Error for Error {}
