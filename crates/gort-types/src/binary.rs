//! `x + y`, `x && y`: operators whose operands have one type.

use crate::checker::Checker;
use crate::const_check::op_pos;
use crate::constant;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use gort_syntax::ast::{BinaryOp, Expr};
use gort_syntax::source::Pos;

impl<'a> Checker<'a> {
    /// Checks `lhs op rhs`; `e` is the whole expression, absent for `lhs op= rhs`.
    pub fn binary(
        &mut self,
        x: &mut Operand<'a>,
        e: Option<&'a Expr>,
        lhs: &'a Expr,
        rhs: &'a Expr,
        op: BinaryOp,
        pos: Pos,
    ) {
        let mut y = self.operand();
        self.expr(None, x, lhs);
        self.expr(None, &mut y, rhs);
        if !x.is_valid() {
            return;
        }
        if !y.is_valid() {
            x.invalidate();
            x.expr = y.expr;
            return;
        }
        if op.is_shift() {
            self.shift(x, &mut y, e, op);
            return;
        }
        self.match_types(x, &mut y);
        if !x.is_valid() {
            return;
        }
        if op.is_comparison() {
            self.comparison(x, &mut y, op, false);
            return;
        }
        if !self.prog.identical(x.typ, y.typ) {
            if self.prog.is_valid(x.typ) && self.prog.is_valid(y.typ) {
                let what = match e {
                    Some(e) => expr_string(e),
                    None => format!("{} {}= {}", expr_string(lhs), op.text(), expr_string(rhs)),
                };
                let (tx, ty) = (self.type_string(x.typ), self.type_string(y.typ));
                let message = format!("invalid operation: {what} (mismatched types {tx} and {ty})");
                self.error(x.pos(), "MismatchedTypes", message);
            }
            x.invalidate();
            return;
        }
        if !self.is_defined(op, x) {
            self.undefined_op(x, op.text());
            return;
        }
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && self.divides_by_zero(x, &y) {
            self.error(y.pos(), "DivByZero", "invalid operation: division by zero");
            x.invalidate();
            return;
        }
        if x.mode != Mode::Constant || y.mode != Mode::Constant {
            x.mode = Mode::Value;
            return;
        }
        let (Some(a), Some(b)) = (&x.val, &y.val) else { return };
        if a.is_unknown() || b.is_unknown() {
            x.val = Some(ConstValue::Unknown);
            return;
        }
        x.val = Some(constant::binary(a, op, b, self.prog.is_integer(x.typ)));
        x.expr = e.or(x.expr);
        self.overflow(x, e.map_or(pos, op_pos));
    }

    fn is_defined(&self, op: BinaryOp, x: &Operand<'a>) -> bool {
        match op {
            BinaryOp::Add => self.prog.all_addable(x.typ),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => self.prog.all_numeric(x.typ),
            BinaryOp::LogAnd | BinaryOp::LogOr => self.prog.all_boolean(x.typ),
            _ => self.prog.all_integer(x.typ),
        }
    }

    fn divides_by_zero(&self, x: &Operand<'a>, y: &Operand<'a>) -> bool {
        let Some(val) = y.val.as_ref().filter(|_| y.mode == Mode::Constant) else { return false };
        let whole = x.mode == Mode::Constant || self.prog.all_integer(x.typ);
        match val {
            // Parts can be so small that their squares, by which a division divides, are zero.
            ConstValue::Complex(re, im) => {
                let square = |v| constant::binary(v, BinaryOp::Mul, v, false);
                x.mode == Mode::Constant && square(re).is_zero() && square(im).is_zero()
            }
            _ => whole && val.is_zero(),
        }
    }

    /// Converts an untyped operand to the other one's type, where that can make sense.
    pub fn match_types(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>) {
        if !self.may_convert(x, y) {
            return;
        }
        self.convert_untyped(x, y.typ);
        if !x.is_valid() {
            return;
        }
        self.convert_untyped(y, x.typ);
        if !y.is_valid() {
            x.invalidate();
        }
    }

    fn may_convert(&self, x: &Operand<'a>, y: &Operand<'a>) -> bool {
        let prog = &self.prog;
        if prog.is_typed(x.typ) && prog.is_typed(y.typ) {
            return false;
        }
        let is_interface = |t| prog.is_interface(t) && !prog.is_type_param(t);
        let params = prog.is_type_param(x.typ) || prog.is_type_param(y.typ);
        if !params && prog.is_numeric(x.typ) != prog.is_numeric(y.typ) {
            return false;
        }
        if is_interface(x.typ) || is_interface(y.typ) {
            return true;
        }
        if prog.all_boolean(x.typ) != prog.all_boolean(y.typ)
            || prog.all_string(x.typ) != prog.all_string(y.typ)
        {
            return false;
        }
        if x.is_nil() {
            return prog.has_nil(y.typ);
        }
        if y.is_nil() {
            return prog.has_nil(x.typ);
        }
        prog.pointer_base(x.typ).is_none() && prog.pointer_base(y.typ).is_none()
    }
}
