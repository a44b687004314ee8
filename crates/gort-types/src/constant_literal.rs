//! Numbers as they are written: `0x_1F`, `1e-3`, `0x1p4`, `07i`.

use crate::constant::{EXACT_BITS, complex, float};
use crate::constant_float::BigFloat;
use crate::info::ConstValue;
use gort_syntax::ast::LitKind;
use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;

/// The value of a number literal; unknown if its exponent is out of all bounds.
pub fn number(kind: LitKind, text: &str) -> ConstValue {
    let text = text.replace('_', "").to_ascii_lowercase();
    let value = match kind {
        LitKind::Int => integer(&text).map(ConstValue::Int),
        LitKind::Float => Some(real(&text)),
        LitKind::Imag => Some(complex(ConstValue::int(0), real(text.trim_end_matches('i')))),
        LitKind::Rune | LitKind::String => None,
    };
    value.unwrap_or(ConstValue::Unknown)
}

/// A literal without its prefix, and what the prefix says.
fn radix(text: &str) -> (&str, u32) {
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (rest, radix);
        }
    }
    (text, 10)
}

fn integer(text: &str) -> Option<BigInt> {
    let (digits, radix) = match radix(text) {
        (digits, 10) if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        other => other,
    };
    BigInt::parse_bytes(digits.as_bytes(), radix)
}

/// A float, or an integer as the imaginary part: for historical reasons `010i` is decimal.
fn real(text: &str) -> ConstValue {
    parts(text).map_or(ConstValue::Unknown, |parts| parts.value())
}

/// `mantissa * 2^exp2 * 5^exp5`
struct Parts {
    mantissa: BigUint,
    exp2: i64,
    exp5: i64,
}

fn parts(text: &str) -> Option<Parts> {
    let (body, radix) = radix(text);
    let (digits, exponent) = match body.split_once(if radix == 10 { 'e' } else { 'p' }) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = BigUint::parse_bytes(format!("0{whole}{fraction}").as_bytes(), radix)?;
    let places = fraction.len() as i64;
    let (exp2, exp5) = match radix {
        10 => (exponent.checked_sub(places)?, exponent.checked_sub(places)?),
        // Only hexadecimal digits can stand behind a point.
        _ => (exponent.checked_sub(4 * places)?, 0),
    };
    Some(Parts { mantissa, exp2, exp5 })
}

impl Parts {
    /// An exact fraction if the number is not too large or small for one.
    fn value(self) -> ConstValue {
        let Some(rounded) = BigFloat::from_powers(self.mantissa.clone(), self.exp2, self.exp5) else {
            return ConstValue::Unknown;
        };
        if rounded.is_zero() {
            return ConstValue::Ratio(BigRational::from_integer(BigInt::ZERO));
        }
        if rounded.magnitude().unsigned_abs() >= EXACT_BITS {
            return float(Some(rounded));
        }
        let power = |base: u32, n: i64| BigInt::from(base).pow(n.unsigned_abs() as u32);
        let (mut numerator, mut denominator) = (BigInt::from(self.mantissa), BigInt::from(1));
        match self.exp5 {
            n if n < 0 => denominator = power(5, n),
            n => numerator *= power(5, n),
        }
        match self.exp2 {
            n if n < 0 => denominator <<= n.unsigned_abs(),
            n => numerator <<= n.unsigned_abs(),
        }
        ConstValue::Ratio(BigRational::new(numerator, denominator))
    }
}
