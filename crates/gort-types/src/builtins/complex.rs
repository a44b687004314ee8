//! `complex`, `real` and `imag`.

use super::BuiltinCall;
use crate::checker::Checker;
use crate::constant::complex;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode};
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::types::BasicKind;

impl<'a> Checker<'a> {
    pub(super) fn builtin_complex(
        &mut self,
        x: &mut Operand<'a>,
        mut y: Operand<'a>,
        c: BuiltinCall<'a>,
    ) -> bool {
        self.match_parts(x, &mut y);
        if !x.is_valid() || !y.is_valid() {
            return false;
        }
        if !self.prog.identical(x.typ, y.typ) {
            let message = format!(
                "invalid operation: {} (mismatched types {} and {})",
                expr_string(c.e),
                self.type_string(x.typ),
                self.type_string(y.typ)
            );
            return self.builtin_error(x, "InvalidComplex", message);
        }
        let result = match self.prog.basic_kind(x.typ) {
            Some(BasicKind::Float32) => BasicKind::Complex64,
            Some(BasicKind::Float64) => BasicKind::Complex128,
            Some(BasicKind::UntypedFloat) => BasicKind::UntypedComplex,
            _ => {
                let t = self.type_string(x.typ);
                let message = format!("invalid argument: arguments have type {t}, expected floating-point");
                return self.builtin_error(x, "InvalidComplex", message);
            }
        };
        if x.mode == Mode::Constant && y.mode == Mode::Constant {
            let part = |x: &Operand<'a>| x.val.as_ref().and_then(ConstValue::to_float);
            x.val = Some(match (part(x), part(&y)) {
                (Some(re), Some(im)) => complex(re, im),
                _ => ConstValue::Unknown,
            });
        } else {
            x.mode = Mode::Value;
        }
        x.typ = self.prog.basic(result);
        true
    }

    /// Converts untyped parts: to the other part's type, or both constants to untyped floats.
    fn match_parts(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>) {
        match (self.prog.is_untyped(x.typ), self.prog.is_untyped(y.typ)) {
            (false, false) => {}
            (true, false) => self.convert_untyped(x, y.typ),
            (false, true) => self.convert_untyped(y, x.typ),
            (true, true) if x.mode == Mode::Constant && y.mode == Mode::Constant => {
                let float = self.prog.basic(BasicKind::UntypedFloat);
                for part in [x, y] {
                    let real =
                        part.val.as_ref().and_then(ConstValue::to_complex).is_none_or(|(_, im)| im.is_zero());
                    if self.prog.is_numeric(part.typ) && real {
                        part.typ = float;
                    }
                }
            }
            (true, true) => {
                let float = self.prog.basic(BasicKind::Float64);
                self.convert_untyped(x, float);
                self.convert_untyped(y, float);
            }
        }
    }

    pub(super) fn builtin_real_imag(&mut self, x: &mut Operand<'a>, id: BuiltinId) -> bool {
        if self.prog.is_untyped(x.typ) {
            if x.mode != Mode::Constant {
                let complex = self.prog.basic(BasicKind::Complex128);
                self.convert_untyped(x, complex);
                if !x.is_valid() {
                    return false;
                }
            } else if self.prog.is_numeric(x.typ) {
                x.typ = self.prog.basic(BasicKind::UntypedComplex);
            }
        }
        let real = id == BuiltinId::Real;
        let result = match self.prog.basic_kind(x.typ) {
            Some(BasicKind::Complex64) => BasicKind::Float32,
            Some(BasicKind::Complex128) => BasicKind::Float64,
            Some(BasicKind::UntypedComplex) => BasicKind::UntypedFloat,
            _ => {
                let t = self.type_string(x.typ);
                let message = format!("invalid argument: argument has type {t}, expected complex type");
                return self.builtin_error(x, if real { "InvalidReal" } else { "InvalidImag" }, message);
            }
        };
        if x.mode == Mode::Constant {
            x.val = x.val.as_ref().map(|v| if real { v.real() } else { v.imag() });
        } else {
            x.mode = Mode::Value;
        }
        x.typ = self.prog.basic(result);
        true
    }
}
