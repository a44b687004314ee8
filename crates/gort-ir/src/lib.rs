//! The mid-level IR: typed, SSA, printable, parsable, verified after each pass (design decision D5).
//!
//! `lower/` makes it from checked syntax, `passes/` change it, gort-codegen turns it into machine code.
//! It knows what Cranelift cannot know: which words are pointers, where Go must check, what may block.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used)]

pub mod builder;
pub mod escape;
pub mod func;
pub mod inst;
pub mod lower;
pub mod module;
pub mod parse;
pub mod passes;
pub mod print;
pub mod verify;

pub use gort_syntax::source;
