//! The syntax of Go: from bytes to a tree, with every mistake reported.
//!
//! [`source`] names files and positions, [`token`] and [`lexer`] cut text into tokens, [`parser`] builds
//! the tree of [`ast`], [`branches`] checks labels and jumps, [`print`](mod@print) turns a tree back into Go,
//! [`diag`] collects what is wrong. No IO (ARCH-5): the caller passes texts in.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod ast;
pub mod branches;
pub mod diag;
pub mod lexer;
pub mod parser;
pub mod print;
pub mod source;
pub mod token;

pub use parser::parse_file;
