//! Constant arithmetic.
//!
//! Integers are exact (the checker caps untyped ones at 512 bits). Floats are exact fractions as long as numerator and
//! denominator have less than [`EXACT_BITS`] bits, and floats of limited precision (`constant_float`) from then on: what has been
//! rounded never pretends to be exact again. A value beyond the exponents of those becomes unknown.
//!
//! Go counterpart: `go/constant`. How constants are written in messages is in `constant_format`, reading
//! of literals in `constant_literal`, rounding to machine floats in `constant_round`.

use crate::constant_float::BigFloat;
use crate::constant_round::{to_f32, to_f64};
use crate::constant_string::ConstString;
use crate::info::ConstValue;
use gort_syntax::ast::BinaryOp;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::sync::Arc;

/// A fraction whose numerator and denominator have less bits stays exact.
pub const EXACT_BITS: u64 = 4096;

/// Order in which representations convert to each other.
fn rank(v: &ConstValue) -> u8 {
    match v {
        ConstValue::Unknown => 0,
        ConstValue::Bool(_) => 1,
        ConstValue::String(_) => 2,
        ConstValue::Int(_) => 3,
        ConstValue::Ratio(_) => 4,
        ConstValue::Float(_) => 5,
        ConstValue::Complex(..) => 6,
    }
}

/// A fraction, exact if it is small enough.
fn ratio(x: BigRational) -> ConstValue {
    if x.numer().bits() < EXACT_BITS && x.denom().bits() < EXACT_BITS {
        return ConstValue::Ratio(x);
    }
    float(BigFloat::from_ratio(&x))
}

/// A float; unknown if it is beyond all exponents.
pub fn float(x: Option<BigFloat>) -> ConstValue {
    x.map_or(ConstValue::Unknown, ConstValue::Float)
}

/// A complex number, unless a part is unknown.
pub fn complex(re: ConstValue, im: ConstValue) -> ConstValue {
    if re.is_unknown() || im.is_unknown() {
        return ConstValue::Unknown;
    }
    ConstValue::Complex(Box::new(re), Box::new(im))
}

impl ConstValue {
    /// An integer constant.
    pub fn int(v: i64) -> Self {
        Self::Int(BigInt::from(v))
    }

    /// A string constant.
    pub fn string(s: &[u8]) -> Self {
        Self::String(ConstString::Flat(Arc::from(s)))
    }

    /// Follows an error?
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The value as an integer, if it is one: `2.0` is.
    pub fn to_int(&self) -> Option<BigInt> {
        match self {
            Self::Int(v) => Some(v.clone()),
            Self::Ratio(v) => v.is_integer().then(|| v.numer().clone()),
            // No huge integers.
            Self::Float(v) => (v.magnitude().unsigned_abs() < EXACT_BITS).then(|| v.to_int())?,
            Self::Complex(..) => self.to_float()?.to_int(),
            _ => None,
        }
    }

    /// The value as a fraction or float, if it is a real number.
    pub fn to_float(&self) -> Option<Self> {
        match self {
            Self::Int(v) if v.bits() < EXACT_BITS => Some(Self::Ratio(BigRational::from_integer(v.clone()))),
            Self::Int(v) => BigFloat::from_int(v).map(Self::Float),
            Self::Ratio(_) | Self::Float(_) => Some(self.clone()),
            Self::Complex(re, im) if im.is_zero() => re.to_float(),
            _ => None,
        }
    }

    /// The value as a complex number, if it is a number. Its parts are real numbers.
    pub fn to_complex(&self) -> Option<(Self, Self)> {
        match self {
            Self::Complex(re, im) => Some((Self::clone(re), Self::clone(im))),
            Self::Int(_) | Self::Ratio(_) | Self::Float(_) => Some((self.clone(), Self::int(0))),
            _ => None,
        }
    }

    /// The value as a float of limited precision, if it is a real number within its exponents.
    pub fn to_big_float(&self) -> Option<BigFloat> {
        match self {
            Self::Int(v) => BigFloat::from_int(v),
            Self::Ratio(v) => BigFloat::from_ratio(v),
            Self::Float(v) => Some(v.clone()),
            _ => None,
        }
    }

    /// Is it the number 0?
    pub fn is_zero(&self) -> bool {
        self.sign() == 0
    }

    /// The value as `i64`, if it is an integer in its range.
    pub fn as_i64(&self) -> Option<i64> {
        self.to_int()?.to_i64()
    }

    /// The value as `u64`, if it is an integer in its range.
    pub fn as_u64(&self) -> Option<u64> {
        self.to_int()?.to_u64()
    }

    /// An integer's low 64 bits in two's complement: what a register holds.
    pub fn as_bits(&self) -> Option<u64> {
        let v = self.to_int()?;
        let low = v & BigInt::from(u64::MAX);
        low.to_u64()
    }

    /// The nearest `f64`, if the value is a real number; infinite if too large.
    pub fn as_f64(&self) -> Option<f64> {
        match self.to_float()? {
            Self::Ratio(v) => Some(to_f64(&v)),
            Self::Float(v) => Some(v.to_f64()),
            _ => None,
        }
    }

    /// The nearest `f32`, if the value is a real number; infinite if too large.
    pub fn as_f32(&self) -> Option<f32> {
        match self.to_float()? {
            Self::Ratio(v) => Some(to_f32(&v)),
            Self::Float(v) => Some(v.to_f32()),
            _ => None,
        }
    }

    /// The bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The string.
    pub fn as_bytes(&self) -> Option<&Arc<[u8]>> {
        match self {
            Self::String(s) => Some(s.bytes()),
            _ => None,
        }
    }

    /// The real part.
    pub fn real(&self) -> Self {
        match self {
            Self::Complex(re, _) => Self::clone(re),
            other => other.clone(),
        }
    }

    /// The imaginary part.
    pub fn imag(&self) -> Self {
        match self {
            Self::Complex(_, im) => Self::clone(im),
            Self::Unknown => Self::Unknown,
            _ => Self::int(0),
        }
    }

    /// -1, 0 or 1; for complex numbers 0 if zero, else 1; 1 for anything that is no number.
    pub fn sign(&self) -> i32 {
        match self {
            Self::Int(v) => match v.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
            Self::Ratio(v) => i32::from(v.is_positive()) - i32::from(v.is_negative()),
            Self::Float(v) => v.sign(),
            Self::Complex(re, im) => i32::from(!re.is_zero() || !im.is_zero()),
            _ => 1,
        }
    }

    /// Converts `self` to the representation of that rank.
    fn lifted(&self, to: u8) -> Self {
        match (to, self) {
            (4, Self::Int(v)) => Self::Ratio(BigRational::from_integer(v.clone())),
            (5, _) => self.to_big_float().map_or(Self::Unknown, Self::Float),
            (6, _) => self.to_complex().map_or(Self::Unknown, |(re, im)| complex(re, im)),
            _ => self.clone(),
        }
    }
}

fn matched(x: &ConstValue, y: &ConstValue) -> (ConstValue, ConstValue) {
    let to = rank(x).max(rank(y));
    (x.lifted(to), y.lifted(to))
}

/// `-x`
pub fn neg(x: &ConstValue) -> ConstValue {
    match x {
        ConstValue::Int(v) => ConstValue::Int(-v),
        ConstValue::Ratio(v) => ratio(-v),
        ConstValue::Float(v) => ConstValue::Float(v.neg()),
        ConstValue::Complex(re, im) => complex(neg(re), neg(im)),
        _ => ConstValue::Unknown,
    }
}

/// `!x`
pub fn not(x: &ConstValue) -> ConstValue {
    match x {
        ConstValue::Bool(b) => ConstValue::Bool(!b),
        _ => ConstValue::Unknown,
    }
}

/// `^x`; within `bits` for an unsigned type.
pub fn complement(x: &ConstValue, bits: Option<u32>) -> ConstValue {
    let Some(v) = x.to_int() else { return ConstValue::Unknown };
    let v = !v;
    ConstValue::Int(match bits {
        Some(bits) => v & ((BigInt::one() << bits) - 1),
        None => v,
    })
}

/// `x op y` for operators other than shifts and comparisons. `int_div` asks for integer division. A
/// division by zero is unknown: the checker reports it before.
pub fn binary(x: &ConstValue, op: BinaryOp, y: &ConstValue, int_div: bool) -> ConstValue {
    match matched(x, y) {
        (ConstValue::Bool(x), ConstValue::Bool(y)) => match op {
            BinaryOp::LogAnd => ConstValue::Bool(x && y),
            BinaryOp::LogOr => ConstValue::Bool(x || y),
            _ => ConstValue::Unknown,
        },
        (ConstValue::String(x), ConstValue::String(y)) if op == BinaryOp::Add => {
            ConstValue::String(ConstString::concat(&x, &y))
        }
        (ConstValue::Int(x), ConstValue::Int(y)) => binary_int(x, op, y, int_div),
        (ConstValue::Ratio(x), ConstValue::Ratio(y)) => match op {
            BinaryOp::Add => ratio(x + y),
            BinaryOp::Sub => ratio(x - y),
            BinaryOp::Mul => ratio(x * y),
            BinaryOp::Div if !y.is_zero() => ratio(x / y),
            _ => ConstValue::Unknown,
        },
        (ConstValue::Float(x), ConstValue::Float(y)) => match op {
            BinaryOp::Add => float(x.add(&y)),
            BinaryOp::Sub => float(x.add(&y.neg())),
            BinaryOp::Mul => float(x.mul(&y)),
            BinaryOp::Div => float(x.div(&y)),
            _ => ConstValue::Unknown,
        },
        (ConstValue::Complex(a, b), ConstValue::Complex(c, d)) => binary_complex([&a, &b], op, [&c, &d]),
        _ => ConstValue::Unknown,
    }
}

/// Arithmetic of `a + bi` and `c + di`, each part in the representation that it has.
fn binary_complex([a, b]: [&ConstValue; 2], op: BinaryOp, [c, d]: [&ConstValue; 2]) -> ConstValue {
    let add = |x: &ConstValue, y: &ConstValue| binary(x, BinaryOp::Add, y, false);
    let sub = |x: &ConstValue, y: &ConstValue| binary(x, BinaryOp::Sub, y, false);
    let mul = |x: &ConstValue, y: &ConstValue| binary(x, BinaryOp::Mul, y, false);
    let div = |x: &ConstValue, y: &ConstValue| binary(x, BinaryOp::Div, y, false);
    match op {
        BinaryOp::Add => complex(add(a, c), add(b, d)),
        BinaryOp::Sub => complex(sub(a, c), sub(b, d)),
        BinaryOp::Mul => complex(sub(&mul(a, c), &mul(b, d)), add(&mul(b, c), &mul(a, d))),
        BinaryOp::Div => {
            let s = add(&mul(c, c), &mul(d, d));
            let re = div(&add(&mul(a, c), &mul(b, d)), &s);
            complex(re, div(&sub(&mul(b, c), &mul(a, d)), &s))
        }
        _ => ConstValue::Unknown,
    }
}

fn binary_int(x: BigInt, op: BinaryOp, y: BigInt, int_div: bool) -> ConstValue {
    ConstValue::Int(match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div if y.is_zero() => return ConstValue::Unknown,
        BinaryOp::Div if !int_div => return ratio(BigRational::new(x, y)),
        BinaryOp::Div => x / y,
        BinaryOp::Rem if y.is_zero() => return ConstValue::Unknown,
        BinaryOp::Rem => x % y,
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::AndNot => x & !y,
        _ => return ConstValue::Unknown,
    })
}

/// `x << s` or `x >> s`.
pub fn shift(x: &BigInt, op: BinaryOp, s: u32) -> ConstValue {
    ConstValue::Int(if op == BinaryOp::Shl { x << s } else { x >> s })
}

/// `x op y` for a comparison operator; unknown values compare as false.
pub fn compare(x: &ConstValue, op: BinaryOp, y: &ConstValue) -> bool {
    let order = match matched(x, y) {
        (ConstValue::Bool(x), ConstValue::Bool(y)) => x.cmp(&y),
        (ConstValue::String(x), ConstValue::String(y)) => x.cmp(&y),
        (ConstValue::Int(x), ConstValue::Int(y)) => x.cmp(&y),
        (ConstValue::Ratio(x), ConstValue::Ratio(y)) => x.cmp(&y),
        (ConstValue::Float(x), ConstValue::Float(y)) => x.cmp(&y),
        // They are equal or not, no more.
        (ConstValue::Complex(a, b), ConstValue::Complex(c, d)) => {
            let equal = compare(&a, BinaryOp::Eq, &c) && compare(&b, BinaryOp::Eq, &d);
            if equal { Ordering::Equal } else { Ordering::Less }
        }
        _ => return false,
    };
    match op {
        BinaryOp::Eq => order == Ordering::Equal,
        BinaryOp::Ne => order != Ordering::Equal,
        BinaryOp::Lt => order == Ordering::Less,
        BinaryOp::Le => order != Ordering::Greater,
        BinaryOp::Gt => order == Ordering::Greater,
        BinaryOp::Ge => order != Ordering::Less,
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::constant_literal::number;
    use gort_syntax::ast::LitKind;

    fn lit(s: &str) -> ConstValue {
        let kind = match s {
            s if s.ends_with('i') => LitKind::Imag,
            s if !s.starts_with("0x") && s.contains(['.', 'e']) || s.contains('p') => LitKind::Float,
            _ => LitKind::Int,
        };
        number(kind, s)
    }

    #[test]
    fn literals_and_text() {
        for (s, want) in [
            ("0755", "493"),
            ("0b1_01", "5"),
            ("0o17", "15"),
            ("0xFF", "255"),
            ("1.5", "1.5"),
            ("1e6", "1e+06"),
            ("123456.0", "123456"),
            ("0x1p-2", "0.25"),
            ("010i", "(0 + 10i)"),
            ("1e400", "1e+400"),
            ("0.1", "0.1"),
            ("1000000.5", "1.0000005e+06"),
        ] {
            assert_eq!(lit(s).to_string(), want, "{s}");
        }
    }

    #[test]
    fn arithmetic() {
        let b = |x: &str, op, y: &str, d| binary(&lit(x), op, &lit(y), d).to_string();
        assert_eq!(b("7", BinaryOp::Div, "2", true), "3");
        assert_eq!(b("7", BinaryOp::Div, "2", false), "3.5");
        assert_eq!(b("1", BinaryOp::Add, "2i", false), "(1 + 2i)");
        assert_eq!(b("12", BinaryOp::AndNot, "8", false), "4");
        assert_eq!(complement(&lit("0"), Some(8)).to_string(), "255");
        assert_eq!(complement(&lit("0"), None).to_string(), "-1");
        assert!(compare(&lit("1"), BinaryOp::Lt, &lit("1.5")));
        assert_eq!(lit("1e-400").as_f64(), Some(0.0));
        assert_eq!(lit("1e400").as_f64(), Some(f64::INFINITY));
        assert_eq!(lit("0.1").as_f64(), Some(0.1));
        assert_eq!(lit("5e-324").as_f64(), Some(5e-324));
        assert_eq!(lit("0.1").as_f32(), Some(0.1f32));
        assert_eq!(lit("1.7976931348623157e308").as_f64(), Some(f64::MAX));
        assert_eq!(lit("1e-45").as_f32(), Some(1e-45f32));
    }
}
