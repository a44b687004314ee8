//! The Go type checker.
//!
//! Go counterpart: `go/types` and `cmd/compile/internal/types2`, whose names are used one for one: who
//! knows the one finds his way in the other. The result is a [`program::Program`]: arenas of types and
//! objects, and an [`info::Info`] that says of every expression what it is.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod checker;
pub mod info;
pub mod object;
pub mod operand;
pub mod program;
pub mod types;
