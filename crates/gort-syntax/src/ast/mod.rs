//! The syntax tree.
//!
//! One owner per node (`Box`), no parent links. What later stages know about a node they keep in side
//! tables: every expression and identifier has an [`ExprId`], unique in one compilation (all packages).
//! Types are expressions, as in Go's own trees: which is which is known after checking only.
//!
//! Go counterpart: `go/ast`, with `cmd/compile/internal/syntax`'s positions: the position of a binary
//! expression is its operator, of a call its opening parenthesis, of a selector the selector's name;
//! [`Expr::start`] gives the first byte.

mod decl;
mod expr;
mod stmt;

pub use decl::*;
pub use expr::*;
pub use stmt::*;

use crate::source::{FileId, Pos};

/// Number of an expression or identifier, unique in one compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// Hands out [`ExprId`]s; one per compilation, passed to each parse.
#[derive(Debug, Default)]
pub struct ExprIds(pub u32);

impl ExprIds {
    /// The next number.
    pub fn fresh(&mut self) -> ExprId {
        self.0 += 1;
        ExprId(self.0 - 1)
    }
}

/// An identifier. The blank identifier is named `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// Its number: what a checker records definitions and uses under.
    pub id: ExprId,
    /// First byte.
    pub pos: Pos,
    /// The name.
    pub name: std::sync::Arc<str>,
}

impl Ident {
    /// Is it `_`?
    pub fn is_blank(&self) -> bool {
        &*self.name == "_"
    }
}

/// One source file.
#[derive(Clone, Debug)]
pub struct File {
    /// Which.
    pub file: FileId,
    /// Position of the `package` keyword.
    pub package_pos: Pos,
    /// Package name.
    pub package: Ident,
    /// Imports, then other declarations, in source order.
    pub decls: Vec<Decl>,
    /// Directive comments: `//go:build`, `//go:noinline`, `//go:linkname a b`, ... in source order.
    pub pragmas: Vec<Pragma>,
    /// Does it write a map type? Such a program needs the map package.
    pub has_maps: bool,
    /// Position of the end of the file.
    pub eof: Pos,
}

/// A `//go:...` comment.
#[derive(Clone, Debug)]
pub struct Pragma {
    /// First byte.
    pub pos: Pos,
    /// The text after `//`, trimmed at the end.
    pub text: std::sync::Arc<str>,
    /// A function's declaration follows.
    pub of_func: bool,
}
