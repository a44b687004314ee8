//! `x[i]`, and constant indices in general.
//!
//! Go counterpart: `go/types/index.go`.

use crate::checker::Checker;
use crate::const_check::representable_const;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::Expr;

impl<'a> Checker<'a> {
    /// Checks an index expression. True if it instantiates the generic function that `x` is now: the caller
    /// goes on with that.
    pub fn index_expr(
        &mut self,
        x: &mut Operand<'a>,
        e: &'a Expr,
        operand: &'a Expr,
        index: &'a [Expr],
    ) -> bool {
        self.generic_expr_or_type(x, operand);
        if x.mode == Mode::Value && self.is_generic_func(x.typ) {
            return true;
        }
        self.index_value(x, e, index);
        false
    }

    fn index_value(&mut self, x: &mut Operand<'a>, e: &'a Expr, index: &'a [Expr]) {
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(index);
                return;
            }
            Mode::TypExpr => {
                x.typ = self.var_type(e);
                x.mode = if self.prog.is_valid(x.typ) { Mode::TypExpr } else { Mode::Invalid };
                return;
            }
            _ => {}
        }
        if !self.is_complete(x.typ) || self.prog.pointer_base(x.typ).is_some_and(|b| !self.is_complete(b)) {
            x.invalidate();
            return;
        }
        if let Some((key, elem)) = self.map_operand(x.typ) {
            self.map_index(x, index, key, elem);
            return;
        }
        let Some((mode, typ, len)) = self.indexed(x) else {
            let message = format!("cannot index {}", self.operand_string(x));
            if self.prog.is_valid(self.prog.under(x.typ)) || matches!(x.mode, Mode::Builtin(_)) {
                self.error(e.pos, "NonSliceableOperand", message);
            }
            self.use_exprs(index);
            x.invalidate();
            return;
        };
        x.mode = mode;
        x.typ = typ;
        x.val = None;
        match self.single_index(index) {
            Some(i) => _ = self.index(i, len),
            None => x.invalidate(),
        }
    }

    /// Mode and type of an element of `x`, and the number of elements (-1: not known).
    fn indexed(&self, x: &Operand<'a>) -> Option<(Mode, TypeId, i64)> {
        if !self.prog.is_type_param(x.typ) {
            return self.indexed_one(x);
        }
        let mut all: Option<(Mode, TypeId, i64)> = None;
        for t in self.prog.specific_types(x.typ) {
            let (mode, elem, len) = self.indexed_one(&Operand { typ: t, ..x.clone() })?;
            all = Some(match all {
                None => (mode, elem, len),
                Some((_, e, _)) if !self.prog.identical(e, elem) => return None,
                Some((m, e, l)) => {
                    let shortest = if l >= 0 && len >= 0 { l.min(len) } else { l.max(len) };
                    (if m == Mode::Value { m } else { mode }, e, shortest)
                }
            });
        }
        all
    }

    /// Key and element type if all types of `t` are alike maps.
    fn map_operand(&self, t: TypeId) -> Option<(TypeId, TypeId)> {
        let list = self.prog.specific_types(t);
        let first = self.prog.map_of(*list.first()?)?;
        list.iter()
            .all(|&t| {
                let same = |(k, e)| self.prog.identical(k, first.0) && self.prog.identical(e, first.1);
                self.prog.map_of(t).is_some_and(same)
            })
            .then_some(first)
    }

    fn indexed_one(&self, x: &Operand<'a>) -> Option<(Mode, TypeId, i64)> {
        let prog = &self.prog;
        if prog.is_string(x.typ) {
            let len = x.val.as_ref().and_then(|v| v.as_bytes()).map_or(-1, |s| s.len() as i64);
            return Some((Mode::Value, prog.byte_type, if x.mode == Mode::Constant { len } else { -1 }));
        }
        if let Some((elem, len)) = prog.array_of(x.typ) {
            let mode = if x.mode == Mode::Variable { Mode::Variable } else { Mode::Value };
            return Some((mode, elem, len));
        }
        if let Some(elem) = prog.slice_elem(x.typ) {
            return Some((Mode::Variable, elem, -1));
        }
        let (elem, len) = prog.array_of(prog.pointer_base(x.typ)?)?;
        Some((Mode::Variable, elem, len))
    }

    fn map_index(&mut self, x: &mut Operand<'a>, index: &'a [Expr], key: TypeId, elem: TypeId) {
        let Some(index) = self.single_index(index) else {
            x.invalidate();
            return;
        };
        let mut k = self.operand();
        self.expr(Some(key), &mut k, index);
        self.assignment(&mut k, Some(key), "map index");
        // The element type is known even if the key is wrong.
        x.mode = Mode::MapIndex;
        x.typ = elem;
    }

    fn single_index(&mut self, index: &'a [Expr]) -> Option<&'a Expr> {
        if let Some(second) = index.get(1) {
            self.error(second.start(), "InvalidIndex", "invalid operation: more than one index");
        }
        index.first()
    }

    /// Checks an index; `max` (if not negative) is the first constant value out of bounds. Returns the type
    /// (invalid after an error) and the constant value, -1 if there is none.
    pub fn index(&mut self, e: &'a Expr, max: i64) -> (TypeId, i64) {
        let mut x = self.operand();
        self.expr(None, &mut x, e);
        let invalid = (self.prog.invalid(), -1);
        if !self.is_valid_index(&mut x, "InvalidIndex", "index", false) {
            return invalid;
        }
        if x.mode != Mode::Constant {
            return (x.typ, -1);
        }
        let Some(v) = x.val.as_ref().and_then(|v| v.as_i64()) else { return invalid };
        if max >= 0 && v >= max {
            let message = format!("invalid argument: index {v} out of bounds [0:{max}]");
            self.error(x.pos(), "InvalidIndex", message);
            return invalid;
        }
        (x.typ, v)
    }

    /// Checks that `x` can be an index (`what` says which kind of), and makes an untyped one an `int`.
    pub fn is_valid_index(
        &mut self,
        x: &mut Operand<'a>,
        code: &'static str,
        what: &str,
        allow_negative: bool,
    ) -> bool {
        if !x.is_valid() {
            return false;
        }
        let int = self.prog.basic(BasicKind::Int);
        self.convert_untyped(x, int);
        if !x.is_valid() {
            return false;
        }
        let problem = if !self.prog.all_integer(x.typ) {
            "must be integer"
        } else if x.mode != Mode::Constant {
            return true;
        } else {
            let Some(v) = &x.val else { return true };
            match representable_const(v, BasicKind::Int) {
                _ if !allow_negative && v.sign() < 0 => "must not be negative",
                None => "overflows int",
                Some(rounded) => {
                    x.val = Some(rounded);
                    return true;
                }
            }
        };
        if self.prog.is_valid(x.typ) {
            let message = format!("invalid argument: {what} {} {problem}", self.operand_string(x));
            self.error(x.pos(), code, message);
        }
        false
    }

    /// The array behind an array or pointer to array.
    pub fn array_or_pointer(&self, t: TypeId) -> Option<(TypeId, i64)> {
        if let Some(a) = self.prog.array_of(t) {
            return Some(a);
        }
        match self.prog.under_type(t) {
            &Type::Pointer(base) => self.prog.array_of(base),
            _ => None,
        }
    }
}
