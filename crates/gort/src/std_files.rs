//! Packages of the standard library that are Go files of our own, part of the binary: `runtime`.

/// A file's name and text.
pub type File = (&'static str, &'static str);

/// File names and texts of package `runtime` as Go programs see it.
pub const RUNTIME: &[File] = include!("../../../std/runtime/files.rs");

/// Files that packages of the library get in addition to their own, and see all of them from inside.
const ADDED: &[(&str, &[File])] = &[
    ("reflect", &[("frames.go", include_str!("../../../std/reflect/frames.go"))]),
    ("embed", &[("new.go", include_str!("../../../std/embed/new.go"))]),
];

/// The files that a package gets in addition.
pub fn added(path: &str) -> &'static [File] {
    ADDED.iter().find(|(p, _)| *p == path).map_or(&[], |(_, files)| files)
}

/// The files that stand in for a package.
pub fn overlay(path: &str) -> Option<&'static [File]> {
    (path == "runtime").then_some(RUNTIME)
}
