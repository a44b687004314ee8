//! `min` and `max`.

use crate::checker::Checker;
use crate::constant;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::operand_string::builtin_name;
use gort_syntax::ast::BinaryOp;

impl<'a> Checker<'a> {
    pub(super) fn builtin_min_max(
        &mut self,
        x: &mut Operand<'a>,
        id: BuiltinId,
        args: &mut [Operand<'a>],
    ) -> bool {
        let op = if id == BuiltinId::Max { BinaryOp::Gt } else { BinaryOp::Lt };
        for (i, a) in args.iter_mut().enumerate() {
            if !self.prog.all_ordered(a.typ) {
                let message = format!("invalid argument: {} cannot be ordered", self.operand_string(a));
                return self.builtin_error(a, "InvalidMinMaxOperand", message);
            }
            if i == 0 {
                continue;
            }
            self.match_types(x, a);
            if !x.is_valid() {
                return false;
            }
            if !self.prog.identical(x.typ, a.typ) {
                let message = format!(
                    "invalid argument: mismatched types {} (previous argument) and {} (type of {})",
                    self.type_string(x.typ),
                    self.type_string(a.typ),
                    a.expr.map(expr_string).unwrap_or_default()
                );
                return self.builtin_error(a, "MismatchedTypes", message);
            }
            match (x.mode, a.mode, &x.val, &a.val) {
                (Mode::Constant, Mode::Constant, Some(vx), Some(va)) => {
                    if constant::compare(va, op, vx) {
                        *x = a.clone();
                    }
                }
                _ => x.mode = Mode::Value,
            }
        }
        if x.mode != Mode::Constant {
            x.mode = Mode::Value;
            x.val = None;
            let any = self.prog.any_type;
            self.assignment(x, Some(any), &format!("argument to built-in {}", builtin_name(id)));
            if !x.is_valid() {
                return false;
            }
        }
        for a in args {
            if let (Some(e), None) = (a.expr, &a.label) {
                self.update_expr_type(e, x.typ, true);
            }
        }
        true
    }
}
