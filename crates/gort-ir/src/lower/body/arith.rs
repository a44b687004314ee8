//! Arithmetic other than shifts.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{BinOp, IntCond, Op, UnOp};
use gort_syntax::ast::BinaryOp;
use gort_types::types::TypeId;

impl Body<'_, '_> {
    /// `x op y`, both of type `t`. `constant`: y is constant, so not zero where it divides.
    pub(super) fn arithmetic(&mut self, t: TypeId, op: BinaryOp, x: &Val, y: &Val, constant: bool) -> Val {
        match self.shape(t) {
            Shape::Int { signed, .. } => {
                let (x, y) = (self.scalar(x), self.scalar(y));
                Val::one(self.int_arith(op, x, y, signed, constant))
            }
            Shape::Float(ty) => {
                let (x, y) = (self.nth(x, 0, ty), self.nth(y, 0, ty));
                Val::one(self.float_arith(op, x, y))
            }
            Shape::Complex(ty) => self.complex_arith(op, x, y, ty),
            Shape::String if op == BinaryOp::Add => self.concat_two(x, y),
            Shape::Bool => {
                let (x, y) = (self.scalar(x), self.scalar(y));
                let op = if op == BinaryOp::LogOr { BinOp::Or } else { BinOp::And };
                Val::one(self.b.binary(op, x, y))
            }
            _ => {
                let pos = self.b.pos;
                self.surprise(pos, "arithmetic on something else");
                self.zero_val(t)
            }
        }
    }

    fn int_arith(&mut self, op: BinaryOp, x: Value, y: Value, signed: bool, constant: bool) -> Value {
        let op = match op {
            BinaryOp::Add => BinOp::Add,
            BinaryOp::Sub => BinOp::Sub,
            BinaryOp::Mul => BinOp::Mul,
            BinaryOp::And => BinOp::And,
            BinaryOp::Or => BinOp::Or,
            BinaryOp::Xor => BinOp::Xor,
            BinaryOp::AndNot => {
                let ty = self.b.func.ty(y);
                let y = self.b.emit1(Op::Unary(UnOp::Not, y), ty);
                return self.b.binary(BinOp::And, x, y);
            }
            BinaryOp::Div | BinaryOp::Rem => {
                if !constant {
                    self.check_divisor(y);
                }
                match (op, signed) {
                    (BinaryOp::Div, true) => BinOp::Sdiv,
                    (BinaryOp::Div, false) => BinOp::Udiv,
                    (_, true) => BinOp::Srem,
                    (_, false) => BinOp::Urem,
                }
            }
            _ => return x,
        };
        self.b.binary(op, x, y)
    }

    fn check_divisor(&mut self, y: Value) {
        let ty = self.b.func.ty(y);
        let zero = self.b.iconst(ty, 0);
        let ok = self.b.icmp(IntCond::Ne, y, zero);
        self.or_panic(ok, "panicdivide");
    }

    /// Goes on if `ok`; else calls a runtime function that panics.
    pub(super) fn or_panic(&mut self, ok: Value, panic: &str) {
        let (go_on, fail) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold(fail);
        self.b.branch(ok, go_on, fail);
        self.b.seal(go_on);
        self.b.seal(fail);
        self.b.switch_to(fail);
        self.rt_abort(panic, Vec::new());
        self.b.switch_to(go_on);
    }

    pub(super) fn float_arith(&mut self, op: BinaryOp, x: Value, y: Value) -> Value {
        let op = match op {
            BinaryOp::Add => BinOp::Fadd,
            BinaryOp::Sub => BinOp::Fsub,
            BinaryOp::Mul => BinOp::Fmul,
            _ => BinOp::Fdiv,
        };
        self.b.binary(op, x, y)
    }
}
