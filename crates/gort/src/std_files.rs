//! Packages of the standard library that are Go files of our own, part of the binary: `runtime`.

/// A file's name and text.
pub type File = (&'static str, &'static str);

/// File names and texts of package `runtime` as Go programs see it.
pub const RUNTIME: &[File] = include!("../../../std/runtime/files.rs");

/// The files that stand in for a package.
pub fn overlay(path: &str) -> Option<&'static [File]> {
    (path == "runtime").then_some(RUNTIME)
}
