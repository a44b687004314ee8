//! Strings: concatenation.

use super::Body;
use super::value::{Addr, Val};
use crate::func::SlotData;
use crate::inst::Ty;
use gort_syntax::ast::{BinaryOp, Expr, ExprKind};

impl<'a> Body<'_, 'a> {
    /// `a + b + c ...`
    pub(super) fn concat(&mut self, e: &'a Expr) -> Val {
        let mut operands = Vec::new();
        self.collect(e, &mut operands);
        let t = self.string_type();
        // As gc: beside a constant the result is a new string, and `string(b)` is only read. No operand evaluated
        // later may change the bytes.
        let long = |e: &&Expr| self.constant_text(e).is_some_and(|text| !text.is_empty());
        let may_borrow = operands.iter().any(long);
        let last_effect = operands.iter().rposition(|e| self.has_effect(e)).unwrap_or(0);
        let mut copy = false;
        let values = self.in_turn(&operands, |body, i, e| {
            let borrowed = if may_borrow && i >= last_effect { body.borrowed(e) } else { None };
            copy |= borrowed.is_some();
            borrowed.unwrap_or_else(|| body.expr(e))
        });
        if let ([x, y], false) = (values.as_slice(), copy) {
            return self.concat_two(x, y);
        }
        let n = values.len() as u32;
        let slot = self.b.create_slot(SlotData {
            size: 16 * n,
            align: 8,
            pointers: (0..n).map(|i| 16 * i).collect(),
        });
        for (i, v) in values.iter().enumerate() {
            self.store(t, Addr::slot(slot).plus(16 * i as u64), v);
        }
        let p = self.addr_value(Addr::slot(slot));
        let (len, cap) = (self.i64(i64::from(n)), self.i64(i64::from(n)));
        let name = if copy { "concatcopy" } else { "concatstrings" };
        let no_buffer = self.b.nil();
        Val::Scalars(self.rt(name, vec![no_buffer, p, len, cap]))
    }

    fn collect(&self, e: &'a Expr, out: &mut Vec<&'a Expr>) {
        match &e.unparen().kind {
            ExprKind::Binary(BinaryOp::Add, x, y) if !self.is_constant(e) => {
                self.collect(x, out);
                self.collect(y, out);
            }
            _ => out.push(e),
        }
    }

    pub(super) fn concat_two(&mut self, x: &Val, y: &Val) -> Val {
        let args = vec![
            self.b.nil(),
            self.nth(x, 0, Ty::Ptr),
            self.nth(x, 1, Ty::I64),
            self.nth(y, 0, Ty::Ptr),
            self.nth(y, 1, Ty::I64),
        ];
        Val::Scalars(self.rt("concatstring2", args))
    }
}
