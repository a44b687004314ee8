//! Conversions, out-of-range floats as gc on amd64 has them.
//!
//! gc uses CVTTSD2SQ (64 bits) and CVTTSD2SL (32 bits and less), which give MIN for what does not fit;
//! unsigned 32 bits are the low half of the 64-bit result, unsigned 8 and 16 bits of the 32-bit one.

use super::Translator;
use crate::abi::clif_type;
use crate::error::Error;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, Type, types};
use gort_ir::func::Value;
use gort_ir::inst::{ConvOp, Ty};

impl Translator<'_, '_> {
    pub(super) fn convert(&mut self, op: ConvOp, x: Value, to: Ty) -> Result<ir::Value, Error> {
        let a = self.value(x)?;
        let from = clif_type(self.ty(x));
        let ty = clif_type(to);
        Ok(match op {
            ConvOp::Sext => self.b.ins().sextend(ty, a),
            ConvOp::Zext => self.b.ins().uextend(ty, a),
            ConvOp::Trunc => self.b.ins().ireduce(ty, a),
            ConvOp::SintToFloat => {
                let a = if from.bits() < 32 { self.b.ins().sextend(types::I32, a) } else { a };
                self.b.ins().fcvt_from_sint(ty, a)
            }
            ConvOp::UintToFloat if from == types::I64 => self.b.ins().fcvt_from_uint(ty, a),
            ConvOp::UintToFloat => {
                let a = self.b.ins().uextend(types::I64, a);
                self.b.ins().fcvt_from_sint(ty, a)
            }
            ConvOp::FloatToSint | ConvOp::FloatToUint => {
                self.float_to_int(a, from, ty, op == ConvOp::FloatToUint)
            }
            ConvOp::Promote => self.b.ins().fpromote(ty, a),
            ConvOp::Demote => self.b.ins().fdemote(ty, a),
            ConvOp::Bitcast if from == ty => a,
            ConvOp::Bitcast => self.b.ins().bitcast(ty, MemFlagsData::new(), a),
        })
    }

    fn float_to_int(&mut self, a: ir::Value, from: Type, to: Type, unsigned: bool) -> ir::Value {
        match (to.bits(), unsigned) {
            (64, true) => self.float_to_u64(a, from),
            (64, false) => self.truncate_float(a, from, types::I64),
            (32, true) => {
                let wide = self.truncate_float(a, from, types::I64);
                self.b.ins().ireduce(to, wide)
            }
            (32, false) => self.truncate_float(a, from, types::I32),
            _ => {
                let wide = self.truncate_float(a, from, types::I32);
                self.b.ins().ireduce(to, wide)
            }
        }
    }

    fn float_const(&mut self, ty: Type, v: f64) -> ir::Value {
        if ty == types::F32 { self.b.ins().f32const(v as f32) } else { self.b.ins().f64const(v) }
    }

    /// CVTTSD2S: MIN for NaN and what does not fit. Cranelift's saturating conversion differs above (MAX)
    /// and for NaN (0).
    fn truncate_float(&mut self, a: ir::Value, from: Type, to: Type) -> ir::Value {
        let limit = self.float_const(from, if to == types::I64 { 2f64.powi(63) } else { 2f64.powi(31) });
        let fits = self.b.ins().fcmp(FloatCC::LessThan, a, limit);
        let saturated = self.b.ins().fcvt_to_sint_sat(to, a);
        let min = self.b.ins().iconst(to, if to == types::I64 { i64::MIN } else { 1 << 31 });
        self.b.ins().select(fits, saturated, min)
    }

    /// gc: below 2^63 as signed; else the rest above 2^63, with the high bit set.
    fn float_to_u64(&mut self, a: ir::Value, from: Type) -> ir::Value {
        let limit = self.float_const(from, 2f64.powi(63));
        let small = self.b.ins().fcmp(FloatCC::LessThan, a, limit);
        let low = self.truncate_float(a, from, types::I64);
        let rest = self.b.ins().fsub(a, limit);
        let high = self.truncate_float(rest, from, types::I64);
        let min = self.b.ins().iconst(types::I64, i64::MIN);
        let high = self.b.ins().bor(high, min);
        self.b.ins().select(small, low, high)
    }
}
