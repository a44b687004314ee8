//! Arithmetic and comparisons.

use super::Translator;
use crate::error::Error;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder};
use gort_ir::func::Value;
use gort_ir::inst::{BinOp, FloatCond, IntCond, UnOp};

impl Translator<'_, '_> {
    pub(super) fn binary(&mut self, op: BinOp, x: Value, y: Value) -> Result<ir::Value, Error> {
        if op == BinOp::Sdiv {
            return self.signed_quotient(x, y);
        }
        let (a, b) = (self.value(x)?, self.value(y)?);
        let ins = self.b.ins();
        Ok(match op {
            BinOp::Add => ins.iadd(a, b),
            BinOp::Sub => ins.isub(a, b),
            BinOp::Mul => ins.imul(a, b),
            BinOp::Sdiv => ins.sdiv(a, b),
            BinOp::Udiv => ins.udiv(a, b),
            // Cranelift's srem gives MIN % -1 = 0, as Go does.
            BinOp::Srem => ins.srem(a, b),
            BinOp::Urem => ins.urem(a, b),
            BinOp::And => ins.band(a, b),
            BinOp::Or => ins.bor(a, b),
            BinOp::Xor => ins.bxor(a, b),
            BinOp::Shl => ins.ishl(a, b),
            BinOp::Ushr => ins.ushr(a, b),
            BinOp::Sshr => ins.sshr(a, b),
            BinOp::Fadd => ins.fadd(a, b),
            BinOp::Fsub => ins.fsub(a, b),
            BinOp::Fmul => ins.fmul(a, b),
            BinOp::Fdiv => ins.fdiv(a, b),
            BinOp::Rotl => ins.rotl(a, b),
            BinOp::UmulHi => ins.umulhi(a, b),
            BinOp::Fcopysign => ins.fcopysign(a, b),
        })
    }

    /// MIN / -1 wraps in Go and traps in hardware: divide by 1 instead and negate.
    fn signed_quotient(&mut self, x: Value, y: Value) -> Result<ir::Value, Error> {
        let (a, b) = (self.value(x)?, self.value(y)?);
        if self.constants.get(&y).is_some_and(|&c| c != -1) {
            return Ok(self.b.ins().sdiv(a, b));
        }
        let ty = self.b.func.dfg.value_type(b);
        let minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let one = self.b.ins().iconst(ty, 1);
        let divisor = self.b.ins().select(minus_one, one, b);
        let quotient = self.b.ins().sdiv(a, divisor);
        let negated = self.b.ins().ineg(a);
        Ok(self.b.ins().select(minus_one, negated, quotient))
    }

    pub(super) fn unary(&mut self, op: UnOp, x: Value) -> Result<ir::Value, Error> {
        let a = self.value(x)?;
        let ins = self.b.ins();
        Ok(match op {
            UnOp::Neg => ins.ineg(a),
            UnOp::Not => ins.bnot(a),
            UnOp::Fneg => ins.fneg(a),
            UnOp::Sqrt => ins.sqrt(a),
            UnOp::Clz => ins.clz(a),
            UnOp::Ctz => ins.ctz(a),
            UnOp::Popcnt => ins.popcnt(a),
            UnOp::Bswap => ins.bswap(a),
            UnOp::Fabs => ins.fabs(a),
            UnOp::Ffloor => ins.floor(a),
            UnOp::Fceil => ins.ceil(a),
            UnOp::Ftrunc => ins.trunc(a),
            UnOp::Fnearest => ins.nearest(a),
        })
    }

    pub(super) fn icmp(&mut self, cond: IntCond, a: ir::Value, b: ir::Value) -> ir::Value {
        let cc = match cond {
            IntCond::Eq => IntCC::Equal,
            IntCond::Ne => IntCC::NotEqual,
            IntCond::Slt => IntCC::SignedLessThan,
            IntCond::Sle => IntCC::SignedLessThanOrEqual,
            IntCond::Sgt => IntCC::SignedGreaterThan,
            IntCond::Sge => IntCC::SignedGreaterThanOrEqual,
            IntCond::Ult => IntCC::UnsignedLessThan,
            IntCond::Ule => IntCC::UnsignedLessThanOrEqual,
            IntCond::Ugt => IntCC::UnsignedGreaterThan,
            IntCond::Uge => IntCC::UnsignedGreaterThanOrEqual,
        };
        self.b.ins().icmp(cc, a, b)
    }

    pub(super) fn fcmp(&mut self, cond: FloatCond, x: Value, y: Value) -> Result<ir::Value, Error> {
        let (a, b) = (self.value(x)?, self.value(y)?);
        let cc = match cond {
            FloatCond::Eq => FloatCC::Equal,
            FloatCond::Ne => FloatCC::NotEqual,
            FloatCond::Lt => FloatCC::LessThan,
            FloatCond::Le => FloatCC::LessThanOrEqual,
            FloatCond::Gt => FloatCC::GreaterThan,
            FloatCond::Ge => FloatCC::GreaterThanOrEqual,
        };
        Ok(self.b.ins().fcmp(cc, a, b))
    }
}
