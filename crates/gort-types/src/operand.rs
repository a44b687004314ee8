//! The intermediate value of checking an expression.
//!
//! Go counterpart: `go/types/operand.go`. How an operand is shown in messages is in `operand_string`,
//! what it may be assigned to in `assignable`.

use crate::info::{ConstValue, Mode};
use crate::types::TypeId;
use gort_syntax::ast::Expr;
use gort_syntax::source::Pos;
use std::sync::Arc;

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
    /// Shown in place of the expression when the operand is a part of its value: `1st function result`.
    pub label: Option<Arc<str>>,
}

impl<'a> Operand<'a> {
    /// An operand that is not known yet, or never will be; `typ` is the invalid type.
    pub fn invalid(typ: TypeId) -> Self {
        Self { mode: Mode::Invalid, typ, val: None, expr: None, label: None }
    }

    /// An operand of that mode and type.
    pub fn new(mode: Mode, typ: TypeId, expr: Option<&'a Expr>) -> Self {
        Self { mode, typ, val: None, expr, label: None }
    }

    /// Did no error happen so far?
    pub fn is_valid(&self) -> bool {
        self.mode != Mode::Invalid
    }

    /// Marks it as erroneous; the error has been reported.
    pub fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
    }

    /// Is it the predeclared `nil`, converted or not?
    pub fn is_nil(&self) -> bool {
        self.mode == Mode::NilValue
    }

    /// Is it a constant?
    pub fn is_const(&self) -> bool {
        self.mode == Mode::Constant
    }

    /// Where errors about it are reported: the first byte of the expression.
    pub fn pos(&self) -> Pos {
        self.expr.map_or(Pos::NONE, Expr::start)
    }
}
