//! The intermediate value of checking an expression.
//!
//! Go counterpart: `go/types/operand.go`.

use crate::info::{ConstValue, Mode};
use crate::types::TypeId;
use gort_syntax::ast::Expr;

/// What is known of an expression while it is checked.
#[derive(Clone, Debug)]
pub struct Operand<'a> {
    /// What it is.
    pub mode: Mode,
    /// Its type.
    pub typ: TypeId,
    /// Its value, if constant.
    pub val: Option<ConstValue>,
    /// The expression, for positions and messages.
    pub expr: Option<&'a Expr>,
}
