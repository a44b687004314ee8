//! Package `runtime` as Go programs see it: Go files of our own, part of the binary.

/// File names and texts.
pub const RUNTIME: &[(&str, &str)] = include!("../../../std/runtime/files.rs");
