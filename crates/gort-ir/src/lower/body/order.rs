//! The order in which operands are evaluated.
//!
//! The language orders calls, receives and `&&`/`||` only; whether a variable is read before or after a call beside it is free.
//! Programs have come to rely on what gc does, the standard library among them: what has no effect is read after all
//! calls of the same list, so `return x, f(&x)` returns what f has made of x. Type assertions and builtins are no such
//! operands: gc keeps their results at once.
//!
//! Go counterpart: `cmd/compile/internal/walk/order.go`.

use super::Body;
use super::value::Val;
use gort_syntax::ast::{Expr, ExprKind, UnaryOp};
use gort_types::info::Mode;
use gort_types::object::BuiltinId;
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    /// The indices of operands in the order in which they are evaluated.
    pub(super) fn order<'e>(&self, operands: impl IntoIterator<Item = &'e Expr>) -> Vec<usize> {
        let operands: Vec<&Expr> = operands.into_iter().collect();
        let last = operands.iter().rposition(|e| self.has_effect(e)).unwrap_or(0);
        let is_late = |i: &usize| *i < last && operands.get(*i).is_some_and(|e| self.reads_late(e));
        let (late, mut order): (Vec<usize>, Vec<usize>) = (0..operands.len()).partition(is_late);
        order.extend(late);
        order
    }

    /// The values of a list of expressions, each of which later ones do not change.
    pub(super) fn list_to(&mut self, list: &[(&'a Expr, TypeId)]) -> Vec<Val> {
        let operands: Vec<&Expr> = list.iter().map(|(e, _)| *e).collect();
        self.in_turn(&operands, |body, i, e| body.stable_expr_to(e, list[i].1))
    }

    /// The values of operands, in the order of the list, evaluated by `each` when it is their turn.
    pub(super) fn in_turn(
        &mut self,
        operands: &[&'a Expr],
        mut each: impl FnMut(&mut Self, usize, &'a Expr) -> Val,
    ) -> Vec<Val> {
        let mut values: Vec<Option<Val>> = operands.iter().map(|_| None).collect();
        for i in self.order(operands.iter().copied()) {
            values[i] = Some(each(self, i, operands[i]));
        }
        values.into_iter().flatten().collect()
    }

    /// Both operands of an operator, in one type.
    pub(super) fn pair_to(&mut self, [x, y]: [&'a Expr; 2], t: TypeId) -> [Val; 2] {
        if !self.has_effect(y) {
            return [self.expr_to(x, t), self.expr_to(y, t)];
        }
        if self.reads_late(x) {
            let y = self.stable_expr_to(y, t);
            return [self.expr_to(x, t), y];
        }
        let x = self.stable_expr_to(x, t);
        [x, self.expr_to(y, t)]
    }

    /// Is the operand read after the calls beside it?
    pub(super) fn reads_late(&self, e: &Expr) -> bool {
        !self.has_effect(e) && !self.is_kept(e)
    }

    /// Is there, in an expression without effects, something whose result is kept at once?
    fn is_kept(&self, e: &Expr) -> bool {
        if self.is_constant(e) {
            return false;
        }
        match &e.kind {
            ExprKind::TypeAssert(..) => true,
            ExprKind::Call(c) => {
                matches!(self.mode(&c.fun), Mode::Builtin(_)) || c.args.iter().any(|a| self.is_kept(a))
            }
            ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Selector(x, _) | ExprKind::Unary(_, x) => {
                self.is_kept(x)
            }
            ExprKind::Index(x, list) => self.is_kept(x) || list.iter().any(|i| self.is_kept(i)),
            ExprKind::Slice(s) => {
                self.is_kept(&s.operand) || s.index.iter().flatten().any(|i| self.is_kept(i))
            }
            ExprKind::Binary(_, x, y) | ExprKind::KeyValue(x, y) => self.is_kept(x) || self.is_kept(y),
            ExprKind::CompositeLit(c) => c.elems.iter().any(|e| self.is_kept(e)),
            _ => false,
        }
    }

    /// Does the expression call, receive, or do something else whose place in the order matters?
    pub(super) fn has_effect(&self, e: &Expr) -> bool {
        if self.is_constant(e) {
            return false;
        }
        match &e.kind {
            ExprKind::Paren(x)
            | ExprKind::Star(x)
            | ExprKind::Selector(x, _)
            | ExprKind::TypeAssert(x, _) => self.has_effect(x),
            ExprKind::Index(x, list) => self.has_effect(x) || list.iter().any(|i| self.has_effect(i)),
            ExprKind::Slice(s) => {
                self.has_effect(&s.operand) || s.index.iter().flatten().any(|i| self.has_effect(i))
            }
            ExprKind::Call(c) => {
                let pure = self.is_type(&c.fun)
                    || matches!(self.mode(&c.fun), Mode::Builtin(b) if matches!(b, BuiltinId::Len | BuiltinId::Cap));
                !pure || c.args.iter().any(|a| self.has_effect(a))
            }
            ExprKind::Unary(UnaryOp::Recv, _) => true,
            ExprKind::Unary(_, x) => self.has_effect(x),
            ExprKind::Binary(_, x, y) | ExprKind::KeyValue(x, y) => self.has_effect(x) || self.has_effect(y),
            ExprKind::CompositeLit(c) => c.elems.iter().any(|e| self.has_effect(e)),
            _ => false,
        }
    }
}
