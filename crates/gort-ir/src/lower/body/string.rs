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
        let values: Vec<Val> = operands.into_iter().map(|e| self.expr(e)).collect();
        if let [x, y] = values.as_slice() {
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
        Val::Scalars(self.rt("concatstrings", vec![p, len, cap]))
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
            self.nth(x, 0, Ty::Ptr),
            self.nth(x, 1, Ty::I64),
            self.nth(y, 0, Ty::Ptr),
            self.nth(y, 1, Ty::I64),
        ];
        Val::Scalars(self.rt("concatstring2", args))
    }
}
