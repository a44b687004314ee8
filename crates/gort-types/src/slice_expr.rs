//! `x[lo:hi:max]`
//!
//! Go counterpart: `sliceExpr` in `go/types/index.go`.

use crate::checker::Checker;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Type};
use gort_syntax::ast::{Expr, SliceExpr};
use gort_syntax::source::Pos;

impl<'a> Checker<'a> {
    /// Checks a slice expression.
    pub fn slice_expr(&mut self, x: &mut Operand<'a>, e: &'a Expr, s: &'a SliceExpr) {
        self.expr(None, x, &s.operand);
        if !x.is_valid() {
            for index in s.index.iter().flatten() {
                self.use_expr(index);
            }
            return;
        }
        let Some(len) = self.sliced(x, e, s) else {
            x.invalidate();
            return;
        };
        x.mode = Mode::Value;
        x.val = None;
        if s.full && s.index.iter().skip(1).any(Option::is_none) {
            // The parser has said so.
            x.invalidate();
            return;
        }
        self.slice_indices(s, len);
    }

    /// Gives `x` the type of the slice; the number of elements, -1 if not known. `None`: reported.
    fn sliced(&mut self, x: &mut Operand<'a>, e: &'a Expr, s: &'a SliceExpr) -> Option<i64> {
        let given = x.typ;
        if self.prog.is_type_param(given) {
            // Strings and byte slices together are sliced as strings.
            let string = self.prog.basic(BasicKind::String);
            let bytes = self.prog.all_types(given, |t| self.prog.is_string(t) || self.is_bytes(t));
            let any_string = self.prog.specific_types(given).iter().any(|&t| self.prog.is_string(t));
            x.typ = if bytes && any_string { string } else { self.prog.core(given) };
        }
        let core = x.typ;
        let len = self.sliced_core(x, e, s);
        if x.typ == core && self.prog.is_type_param(given) {
            x.typ = given;
        }
        len
    }

    fn is_bytes(&self, t: crate::types::TypeId) -> bool {
        self.prog.slice_elem(t).and_then(|e| self.prog.basic_kind(e)) == Some(BasicKind::Uint8)
    }

    fn sliced_core(&mut self, x: &mut Operand<'a>, e: &'a Expr, s: &'a SliceExpr) -> Option<i64> {
        if self.prog.is_string(x.typ) {
            if s.full {
                let [.., max] = &s.index;
                let bracket = Pos(e.end.0.saturating_sub(1));
                let at = max.as_ref().map_or(bracket, Expr::start);
                self.error(at, "InvalidSliceExpr", "invalid operation: 3-index slice of string");
                return None;
            }
            let len = x.val.as_ref().filter(|_| x.mode == Mode::Constant).and_then(|v| v.as_bytes());
            let len = len.map_or(-1, |s| s.len() as i64);
            if self.prog.is_untyped(x.typ) {
                let string = self.prog.basic(BasicKind::String);
                if let Some(e) = x.expr {
                    self.update_expr_type(e, string, true);
                }
                x.typ = string;
            }
            return Some(len);
        }
        if self.prog.slice_elem(x.typ).is_some() {
            return Some(-1);
        }
        if let Some((elem, len)) = self.prog.array_of(x.typ) {
            if x.mode != Mode::Variable {
                let message = format!("cannot slice unaddressable value {}", self.operand_string(x));
                self.error(x.pos(), "NonSliceableOperand", message);
                return None;
            }
            x.typ = self.prog.add_type(Type::Slice(elem));
            return Some(len);
        }
        let base = self.prog.pointer_base(x.typ);
        if base.is_some_and(|b| !self.is_complete(b)) {
            return None;
        }
        if let Some((elem, len)) = base.and_then(|b| self.prog.array_of(b)) {
            x.typ = self.prog.add_type(Type::Slice(elem));
            return Some(len);
        }
        if self.prog.is_valid(self.prog.under(x.typ)) {
            let message = format!("cannot slice {}", self.operand_string(x));
            self.error(x.pos(), "NonSliceableOperand", message);
        }
        None
    }

    /// Checks the indices: constant ones must be in range and in order.
    fn slice_indices(&mut self, s: &'a SliceExpr, len: i64) {
        let mut known = Vec::with_capacity(3);
        for (i, index) in s.index.iter().enumerate() {
            known.push(match index {
                Some(e) => (self.index(e, if len >= 0 { len + 1 } else { -1 }).1, Some(e)),
                None if i == 0 => (0, None),
                None => (len, None),
            });
        }
        let mut rest = known.as_slice();
        while let [(lo, _), later @ ..] = rest {
            rest = later;
            for (hi, e) in later {
                if let (true, Some(e)) = (*lo > 0 && *hi >= 0 && hi < lo, e) {
                    self.error(
                        e.start(),
                        "SwappedSliceIndices",
                        format!("invalid slice indices: {hi} < {lo}"),
                    );
                    return;
                }
            }
        }
    }
}
