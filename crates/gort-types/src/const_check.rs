//! May this constant be a value of that type?
//!
//! Go counterpart: `go/types/const.go`. Sizes are those of a 64-bit machine.

use crate::checker::Checker;
use crate::constant::complex;
use crate::constant_round::from_f64;
use crate::info::ConstValue;
use crate::operand::Operand;
use crate::types::{BasicKind, TypeId};
use gort_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use gort_syntax::source::Pos;
use num_bigint::{BigInt, Sign};

/// Untyped integers must fit into so many bits.
const MAX_INT_BITS: u64 = 512;
/// String constants must not be longer, in bytes: the linker of gc takes no more.
const MAX_STRING: usize = 2_000_000_000;

/// Width of an integer kind, and is it signed?
const fn int_width(kind: BasicKind) -> Option<(u64, bool)> {
    Some(match kind {
        BasicKind::Int8 => (8, true),
        BasicKind::Int16 => (16, true),
        BasicKind::Int32 => (32, true),
        BasicKind::Int | BasicKind::Int64 => (64, true),
        BasicKind::Uint8 => (8, false),
        BasicKind::Uint16 => (16, false),
        BasicKind::Uint32 => (32, false),
        BasicKind::Uint | BasicKind::Uint64 | BasicKind::Uintptr => (64, false),
        _ => return None,
    })
}

fn fits_int(v: &BigInt, kind: BasicKind) -> bool {
    match int_width(kind) {
        None => kind.is_integer(),
        Some((bits, false)) => v.sign() != Sign::Minus && v.bits() <= bits,
        Some((bits, true)) if v.sign() == Sign::Minus => (v + 1u32).bits() < bits,
        Some((bits, true)) => v.bits() < bits,
    }
}

/// A real number rounded to a float of that kind, if it is in its range.
fn round_float(v: &ConstValue, kind: BasicKind) -> Option<ConstValue> {
    let f = match kind {
        BasicKind::Float32 | BasicKind::Complex64 => f64::from(v.as_f32()?),
        _ => v.as_f64()?,
    };
    f.is_finite().then(|| ConstValue::Ratio(from_f64(f)))
}

/// The constant as a value of a basic kind (rounded, for typed floats), if there is one.
pub fn representable_const(x: &ConstValue, kind: BasicKind) -> Option<ConstValue> {
    if x.is_unknown() {
        return Some(ConstValue::Unknown);
    }
    if kind.is_integer() {
        return x.to_int().filter(|v| fits_int(v, kind)).map(ConstValue::Int);
    }
    match kind {
        BasicKind::UntypedFloat => x.to_float().map(|_| x.clone()),
        BasicKind::UntypedComplex => x.to_complex().map(|_| x.clone()),
        _ if kind.is_float() => round_float(&x.to_float()?, kind),
        _ if kind.is_complex() => {
            let (re, im) = x.to_complex()?;
            Some(complex(round_float(&re, kind)?, round_float(&im, kind)?))
        }
        _ => match x {
            ConstValue::String(_) if kind.is_string() => Some(x.clone()),
            ConstValue::Bool(_) if kind.is_boolean() => Some(x.clone()),
            _ => None,
        },
    }
}

/// Where an operation is, for overflow errors: its operator if it has one.
pub fn op_pos(e: &Expr) -> Pos {
    match &e.kind {
        ExprKind::Binary(..) | ExprKind::Unary(..) | ExprKind::Star(_) => e.pos,
        _ => e.start(),
    }
}

fn op_name(e: Option<&Expr>) -> &'static str {
    match e.map(|e| &e.kind) {
        Some(ExprKind::Unary(UnaryOp::Com, _)) => "bitwise complement ",
        Some(ExprKind::Binary(op, ..)) => match op {
            BinaryOp::Add => "addition ",
            BinaryOp::Sub => "subtraction ",
            BinaryOp::Xor => "bitwise XOR ",
            BinaryOp::Mul => "multiplication ",
            BinaryOp::Shl => "shift ",
            _ => "",
        },
        _ => "",
    }
}

impl<'a> Checker<'a> {
    /// Checks that a constant result fits its type; reports at `pos` if it fits none.
    pub fn overflow(&mut self, x: &mut Operand<'a>, pos: Pos) {
        let Some(val) = &x.val else { return };
        if val.is_unknown() {
            self.error(pos, "InvalidConstVal", "constant result is not representable");
            return;
        }
        if self.prog.is_typed(x.typ) {
            let under = self.prog.under(x.typ);
            self.representable(x, under);
            return;
        }
        let message = match val {
            ConstValue::Int(v) if v.bits() > MAX_INT_BITS => format!("constant {}overflow", op_name(x.expr)),
            ConstValue::String(s) if s.len() > MAX_STRING => {
                format!("constant string too long ({} bytes > {MAX_STRING} bytes)", s.len())
            }
            _ => return,
        };
        self.error(pos, "InvalidConstVal", message);
        x.val = Some(ConstValue::Unknown);
    }

    /// Checks that a constant operand is representable as that basic type and gives it the (rounded) value.
    pub fn representable(&mut self, x: &mut Operand<'a>, basic: TypeId) {
        match self.representation(x, basic) {
            Ok(v) => x.val = Some(v),
            Err(code) => {
                self.invalid_conversion(code, x, basic);
                x.invalidate();
            }
        }
    }

    /// The value a constant operand has as that basic type, or the code of the error.
    pub fn representation(&self, x: &Operand<'a>, basic: TypeId) -> Result<ConstValue, &'static str> {
        let kind = self.prog.basic_kind(basic).unwrap_or(BasicKind::Invalid);
        let val = x.val.as_ref().unwrap_or(&ConstValue::Unknown);
        representable_const(val, kind).ok_or_else(|| {
            let numeric = self.prog.is_numeric(x.typ) && self.prog.is_numeric(basic);
            match numeric {
                true if !self.prog.is_integer(x.typ) && kind.is_integer() => "TruncatedFloat",
                true => "NumericOverflow",
                false => "InvalidConstVal",
            }
        })
    }

    /// Reports that `x` cannot become a `target`.
    pub fn invalid_conversion(&mut self, code: &'static str, x: &Operand<'a>, target: TypeId) {
        let (what, t) = (self.operand_string(x), self.type_string(target));
        let message = match code {
            "TruncatedFloat" => format!("{what} truncated to {t}"),
            "NumericOverflow" => format!("{what} overflows {t}"),
            _ => format!("cannot convert {what} to type {t}"),
        };
        self.error(x.pos(), code, message);
    }
}
