//! `x == y`, `x < y`.

use crate::checker::Checker;
use crate::constant;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use crate::types::{BasicKind, TypeId};
use gort_syntax::ast::BinaryOp;

impl<'a> Checker<'a> {
    /// Checks a comparison of two operands whose types were matched before. `switch_case`: `x` is a case of a
    /// switch on `y`.
    pub fn comparison(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, op: BinaryOp, switch_case: bool) {
        if !self.prog.is_valid(x.typ) || !self.prog.is_valid(y.typ) {
            x.invalidate();
            return;
        }
        let op = if switch_case { BinaryOp::Eq } else { op };
        if let Err((on_y, code, cause)) = self.comparable_operands(x, y, op) {
            let operand = if on_y { &*y } else { &*x };
            self.comparison_error(x, y, operand, op, switch_case, code, cause);
            x.invalidate();
            return;
        }
        match (x.mode, y.mode, &x.val, &y.val) {
            (Mode::Constant, Mode::Constant, Some(a), Some(b)) => {
                x.val = Some(if a.is_unknown() || b.is_unknown() {
                    ConstValue::Unknown
                } else {
                    ConstValue::Bool(constant::compare(a, op, b))
                });
            }
            _ => {
                x.mode = Mode::Value;
                x.val = None;
                for operand in [&*x, &*y] {
                    if let (Some(e), None) = (operand.expr, &operand.label) {
                        let typ = self.prog.default_type(operand.typ);
                        self.update_expr_type(e, typ, true);
                    }
                }
            }
        }
        x.typ = self.prog.basic(BasicKind::UntypedBool);
    }

    /// Is the comparison defined? If not: is the second operand to blame, the code, and the cause if special.
    fn comparable_operands(
        &mut self,
        x: &Operand<'a>,
        y: &Operand<'a>,
        op: BinaryOp,
    ) -> Result<(), (bool, &'static str, String)> {
        if self.assignable_to(x, y.typ).is_err() && self.assignable_to(y, x.typ).is_err() {
            let (tx, ty) = (self.type_string(x.typ), self.type_string(y.typ));
            return Err((true, "MismatchedTypes", format!("mismatched types {tx} and {ty}")));
        }
        const CODE: &str = "UndefinedOp";
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            return match (self.prog.all_ordered(x.typ), self.prog.all_ordered(y.typ)) {
                (false, _) => Err((false, CODE, String::new())),
                (_, false) => Err((true, CODE, String::new())),
                _ => Ok(()),
            };
        }
        if x.is_nil() || y.is_nil() {
            let other = if x.is_nil() { y.typ } else { x.typ };
            return if self.prog.has_nil(other) { Ok(()) } else { Err((true, CODE, String::new())) };
        }
        for (on_y, t) in [(false, x.typ), (true, y.typ)] {
            if !self.prog.comparable(t) {
                return Err((on_y, CODE, self.incomparable_cause(t)));
            }
        }
        Ok(())
    }

    /// Why values of that type cannot be compared, "" if there is nothing special to say.
    pub fn incomparable_cause(&self, t: TypeId) -> String {
        match self.prog.composite_kind(t) {
            kind @ ("slice" | "func" | "map") => format!("{kind} can only be compared to nil"),
            _ => self.prog.comparable_type(t, true, Some(self.pkg)).err().unwrap_or_default(),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn comparison_error(
        &mut self,
        x: &Operand<'a>,
        y: &Operand<'a>,
        to_blame: &Operand<'a>,
        op: BinaryOp,
        switch_case: bool,
        code: &'static str,
        mut cause: String,
    ) {
        if cause.is_empty() {
            let what = match self.prog.composite_kind(to_blame.typ) {
                _ if self.prog.is_type_param(to_blame.typ) => String::new(),
                "" => self.type_string(to_blame.typ),
                kind => kind.to_string(),
            };
            cause = if self.prog.is_type_param(to_blame.typ) {
                let t = self.type_string(to_blame.typ);
                format!("type parameter {t} cannot use operator {}", op.text())
            } else {
                format!("operator {} not defined on {what}", op.text())
            };
        }
        // A switch without a tag compares to a `true` that nobody wrote.
        let value = |x: &Operand<'a>| x.val.as_ref().map(ToString::to_string);
        let text = |x: &Operand<'a>| x.expr.map(expr_string).or_else(|| value(x)).unwrap_or_default();
        if switch_case {
            let message = format!("invalid case {} in switch on {} ({cause})", text(x), text(y));
            self.error(x.pos(), code, message);
        } else {
            let message = format!("invalid operation: {} {} {} ({cause})", text(x), op.text(), text(y));
            self.error(to_blame.pos(), code, message);
        }
    }
}
