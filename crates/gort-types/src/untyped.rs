//! From untyped to typed.
//!
//! Expressions of untyped constants, comparisons and shifts have no type until their use gives them
//! one. They wait in [`Checker::untyped`]; [`Checker::update_expr_type`] walks down an expression
//! once the type is known, and records it.
//!
//! Go counterpart: the first half of `go/types/expr.go`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind};

impl<'a> Checker<'a> {
    /// Gives `e` and its operands the type `typ`, if they are still untyped. `is_final`: even an untyped
    /// type is the last word.
    pub fn update_expr_type(&mut self, e: &'a Expr, typ: TypeId, is_final: bool) {
        let Some(old) = self.untyped.get(&e.id) else { return };
        let is_const = old.operand.val.is_some();
        match &e.kind {
            ExprKind::Paren(x) => self.update_expr_type(x, typ, is_final),
            // Operands of constants are never materialised: they stay untyped.
            ExprKind::Unary(..) | ExprKind::Binary(..) if is_const => {}
            ExprKind::Unary(_, x) => self.update_expr_type(x, typ, is_final),
            ExprKind::Binary(op, ..) if op.is_comparison() => {}
            ExprKind::Binary(op, x, _) if op.is_shift() => self.update_expr_type(x, typ, is_final),
            ExprKind::Binary(_, x, y) => {
                self.update_expr_type(x, typ, is_final);
                self.update_expr_type(y, typ, is_final);
            }
            ExprKind::Call(_) | ExprKind::Name(_) | ExprKind::BasicLit(_) | ExprKind::Selector(..) => {}
            _ => return,
        }
        if !is_final && self.prog.is_untyped(typ) {
            if let Some(old) = self.untyped.get_mut(&e.id) {
                old.operand.typ = typ;
            }
            return;
        }
        let Some(old) = self.untyped.remove(&e.id) else { return };
        if old.is_lhs && !self.prog.all_integer(typ) {
            let message = format!(
                "invalid operation: shifted operand {} (type {}) must be integer",
                expr_string(e),
                self.type_string(typ)
            );
            self.error(e.start(), "InvalidShiftOperand", message);
            return;
        }
        let mut x = old.operand;
        x.expr = Some(e);
        if x.val.is_some() {
            let mode = x.mode;
            self.convert_untyped(&mut x, typ);
            if !x.is_valid() {
                return;
            }
            x.mode = mode;
        }
        self.record_type_and_value(e, x.mode, typ, x.val);
    }

    /// Notes the new value of an untyped constant expression.
    pub fn update_expr_val(&mut self, e: Option<&'a Expr>, val: &ConstValue) {
        if let Some(old) = e.and_then(|e| self.untyped.get_mut(&e.id)) {
            old.operand.val = Some(val.clone());
        }
    }

    /// Converts an untyped operand to `target`, reporting it if that is impossible.
    pub fn convert_untyped(&mut self, x: &mut Operand<'a>, target: TypeId) {
        match self.implicit_type_and_value(x, target) {
            Err(code) => {
                let t = self.prog.under(target);
                self.invalid_conversion(code, x, t);
                x.invalidate();
            }
            Ok((typ, val)) => self.set_implicit(x, typ, val),
        }
    }

    /// Gives `x` the type (and value) found by [`Self::implicit_type_and_value`].
    pub fn set_implicit(&mut self, x: &mut Operand<'a>, typ: TypeId, val: Option<ConstValue>) {
        if let Some(val) = val {
            self.update_expr_val(x.expr, &val);
            x.val = Some(val);
        }
        if typ != x.typ {
            x.typ = typ;
            if let (Some(e), None) = (x.expr, &x.label) {
                self.update_expr_type(e, typ, false);
            }
        }
    }

    /// The type and value `x` gets when used where a `target` is wanted, or the code of the error.
    pub fn implicit_type_and_value(
        &self,
        x: &Operand<'a>,
        target: TypeId,
    ) -> Result<(TypeId, Option<ConstValue>), &'static str> {
        let prog = &self.prog;
        if !x.is_valid() || prog.is_typed(x.typ) || !prog.is_valid(target) {
            return Ok((x.typ, None));
        }
        if prog.is_untyped(target) {
            return match self.max_type(x.typ, target) {
                Some(t) => Ok((t, None)),
                None => Err("InvalidUntypedConversion"),
            };
        }
        if x.is_nil() {
            return if prog.has_nil(target) { Ok((target, None)) } else { Err("InvalidUntypedConversion") };
        }
        match prog.under_type(target) {
            Type::TypeParam(_) => {
                let list = prog.specific_types(target);
                let ok = !list.is_empty()
                    && list.iter().all(|&t| self.implicit_type_and_value(x, prog.under(t)).is_ok());
                if ok { Ok((target, None)) } else { Err("InvalidUntypedConversion") }
            }
            Type::Basic(_) if x.mode == Mode::Constant => {
                let v = self.representation(x, target)?;
                Ok((target, Some(v)))
            }
            Type::Basic(_) => {
                let ok = match prog.basic_kind(x.typ) {
                    Some(BasicKind::UntypedBool) => prog.is_boolean(target),
                    Some(
                        BasicKind::UntypedInt
                        | BasicKind::UntypedRune
                        | BasicKind::UntypedFloat
                        | BasicKind::UntypedComplex,
                    ) => prog.is_numeric(target),
                    Some(BasicKind::UntypedString) => prog.is_string(target),
                    _ => false,
                };
                if ok { Ok((target, None)) } else { Err("InvalidUntypedConversion") }
            }
            Type::Interface(_) if !prog.is_type_param(target) && self.is_empty_interface(target) => {
                // Values in interfaces have concrete types.
                Ok((prog.default_type(x.typ), None))
            }
            _ => Err("InvalidUntypedConversion"),
        }
    }

    /// The larger of two untyped types, if they go together.
    pub(crate) fn max_type(&self, x: TypeId, y: TypeId) -> Option<TypeId> {
        let (kx, ky) = (self.prog.basic_kind(x)?, self.prog.basic_kind(y)?);
        if kx == ky {
            return Some(x);
        }
        (self.prog.is_numeric(x) && self.prog.is_numeric(y)).then_some(if kx > ky { x } else { y })
    }

    /// An interface that every type implements?
    pub fn is_empty_interface(&self, t: TypeId) -> bool {
        let set = self.prog.type_set(t);
        set.methods.is_empty() && set.terms.is_none() && !set.comparable
    }
}
