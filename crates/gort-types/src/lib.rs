//! The Go type checker.
//!
//! Go counterpart: `go/types` and `cmd/compile/internal/types2`, whose names are used one for one: who
//! knows the one finds his way in the other. The result is a [`program::Program`]: arenas of types and
//! objects, and an [`info::Info`] that says of every expression what it is.
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub mod assign;
pub mod assignable;
pub mod binary;
pub mod builtins;
pub mod call;
pub mod check;
pub mod checker;
pub mod compare;
pub mod composite;
pub mod const_check;
pub mod constant;
pub mod constant_float;
pub mod constant_format;
pub mod constant_literal;
pub mod constant_round;
pub mod constant_string;
pub mod conversions;
pub mod cycles;
pub mod decl;
pub mod display;
pub mod expr;
pub mod expr_table;
pub mod exprstring;
pub mod generic_call;
pub mod identical;
pub mod index;
pub mod infer;
pub mod info;
pub mod initorder;
pub mod instantiate;
pub mod interface;
pub mod late;
pub mod lazy;
pub mod literals;
pub mod lookup;
pub mod mono;
pub mod object;
pub mod operand;
pub mod operand_string;
pub mod pragmas;
pub mod predicates;
pub mod program;
pub mod range;
pub mod recording;
pub mod resolver;
pub mod return_stmts;
pub mod scope;
pub mod selector;
pub mod shift;
pub mod signature;
pub mod sizes;
pub mod slice_expr;
pub mod stmt;
pub mod struct_type;
pub mod subst;
pub mod switch;
pub mod typeparam;
pub mod types;
pub mod typeset;
pub mod typexpr;
pub mod unary;
pub mod unify;
pub mod union;
pub mod universe;
pub mod untyped;
pub mod version;
