//! `x << s`: the operator whose operands go their own ways.
//!
//! The left operand of a non-constant shift, if an untyped constant, gets the type it would have without
//! the shift; that is known later, so it is marked and checked in `update_expr_type`.
//!
//! Go counterpart: `shift` in `go/types/expr.go`.

use crate::checker::Checker;
use crate::const_check::op_pos;
use crate::constant;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use crate::types::BasicKind;
use gort_syntax::ast::{BinaryOp, Expr};
use num_bigint::{BigInt, Sign};

/// Constant shifts go no further: enough to write the smallest float64.
const SHIFT_BOUND: u64 = 1023 - 1 + 52;

impl<'a> Checker<'a> {
    /// Checks `x op y`; `e` is the whole expression if there is one.
    pub fn shift(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, e: Option<&'a Expr>, op: BinaryOp) {
        let xval = if x.mode == Mode::Constant { x.val.as_ref().and_then(ConstValue::to_int) } else { None };
        let unknown = x.mode == Mode::Constant && x.val.as_ref().is_some_and(ConstValue::is_unknown);
        if !self.prog.all_integer(x.typ) && !(self.prog.is_untyped(x.typ) && (xval.is_some() || unknown)) {
            self.shifted_operand_error(x);
            return;
        }
        if !self.shift_count(y) {
            x.invalidate();
            return;
        }
        if x.mode == Mode::Constant && y.mode == Mode::Constant {
            self.constant_shift(x, y, xval, e, op);
            return;
        }
        if let (Some(count), true) = (y.expr, y.mode == Mode::Constant) {
            let uint = self.prog.basic(BasicKind::Uint);
            self.update_expr_type(count, uint, true);
        }
        if x.mode == Mode::Constant && self.prog.is_untyped(x.typ) {
            if let Some(u) = x.expr.and_then(|e| self.untyped.get_mut(&e.id)) {
                u.is_lhs = true;
            }
            x.mode = Mode::Value;
            x.val = None;
            return;
        }
        if !self.prog.all_integer(x.typ) {
            self.shifted_operand_error(x);
            return;
        }
        x.mode = Mode::Value;
        x.val = None;
    }

    fn shifted_operand_error(&mut self, x: &mut Operand<'a>) {
        let message =
            format!("invalid operation: shifted operand {} must be integer", self.operand_string(x));
        self.error(x.pos(), "InvalidShiftOperand", message);
        x.invalidate();
    }

    /// Checks the right operand.
    fn shift_count(&mut self, y: &mut Operand<'a>) -> bool {
        let uint = self.prog.basic(BasicKind::Uint);
        if y.mode == Mode::Constant {
            let count = y.val.as_ref().and_then(ConstValue::to_int);
            let count_is_int = count.is_some() || y.val.as_ref().is_some_and(ConstValue::is_unknown);
            if count.is_some_and(|c| c.sign() == Sign::Minus) {
                let message = format!("invalid operation: negative shift count {}", self.operand_string(y));
                self.error(y.pos(), "InvalidShiftCount", message);
                return false;
            }
            if self.prog.is_untyped(y.typ) {
                self.representable(y, uint);
                return y.is_valid();
            }
            // A typed constant counts by its value, whatever its type.
            if count_is_int {
                return true;
            }
        } else if self.prog.all_integer(y.typ) {
            if !self.allow_version(y.pos(), 13) && !self.prog.all_unsigned(y.typ) {
                let what = format!("invalid operation: signed shift count {}", self.operand_string(y));
                return self.verify_version(y.pos(), 13, &what);
            }
            return true;
        } else if self.prog.is_untyped(y.typ) {
            self.convert_untyped(y, uint);
            return y.is_valid();
        }
        let message = format!("invalid operation: shift count {} must be integer", self.operand_string(y));
        self.error(y.pos(), "InvalidShiftCount", message);
        false
    }

    fn constant_shift(
        &mut self,
        x: &mut Operand<'a>,
        y: &Operand<'a>,
        xval: Option<BigInt>,
        e: Option<&'a Expr>,
        op: BinaryOp,
    ) {
        if !self.prog.all_integer(x.typ) {
            x.typ = self.prog.basic(BasicKind::UntypedInt);
        }
        let (Some(xval), Some(count)) = (xval, y.val.as_ref().filter(|v| !v.is_unknown())) else {
            x.val = Some(ConstValue::Unknown);
            return;
        };
        let Some(s) = count.as_u64().filter(|&s| s <= SHIFT_BOUND) else {
            let message = format!("invalid operation: invalid shift count {}", self.operand_string(y));
            self.error(y.pos(), "InvalidShiftCount", message);
            x.invalidate();
            return;
        };
        x.val = Some(constant::shift(&xval, op, s as u32));
        x.expr = e.or(x.expr);
        let pos = x.expr.map_or(y.pos(), op_pos);
        self.overflow(x, pos);
    }
}
