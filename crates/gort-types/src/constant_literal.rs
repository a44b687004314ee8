//! Numbers as they are written: `0x_1F`, `1e-3`, `0x1p4`, `07i`.

use crate::constant::{EXACT_BITS, MAX_EXPONENT, make_float};
use crate::constant_round::round_mantissa;
use crate::info::ConstValue;
use gort_syntax::ast::LitKind;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// The value of a number literal; unknown if it is out of all bounds.
pub fn number(kind: LitKind, text: &str) -> ConstValue {
    let text = text.replace('_', "");
    let value = match kind {
        LitKind::Int => integer(&text).map(ConstValue::Int),
        LitKind::Float => float(&text).map(make_float),
        LitKind::Imag => imaginary(text.trim_end_matches('i')),
        LitKind::Rune | LitKind::String => None,
    };
    value.unwrap_or(ConstValue::Unknown)
}

fn imaginary(text: &str) -> Option<ConstValue> {
    // For historical reasons `010i` is decimal.
    let im = if text.bytes().all(|b| b.is_ascii_digit()) {
        BigRational::from_integer(digits(text, 10)?)
    } else if text.contains(['.', 'p', 'P']) || !is_prefixed(text) {
        float(text)?
    } else {
        BigRational::from_integer(integer(text)?)
    };
    match make_float(im) {
        ConstValue::Float(im) => Some(ConstValue::Complex(BigRational::zero(), im)),
        _ => None,
    }
}

fn is_prefixed(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'0') && bytes.next().is_some_and(|b| matches!(b | 0x20, b'x' | b'b' | b'o'))
}

fn digits(text: &str, radix: u32) -> Option<BigInt> {
    BigInt::parse_bytes(text.as_bytes(), radix)
}

fn integer(text: &str) -> Option<BigInt> {
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("0x") {
        digits(rest, 16)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        digits(rest, 2)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        digits(rest, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        digits(&lower, 8)
    } else {
        digits(&lower, 10)
    }
}

fn float(text: &str) -> Option<BigRational> {
    let lower = text.to_ascii_lowercase();
    let (body, radix, exponent_mark) = match lower.strip_prefix("0x") {
        Some(rest) => (rest, 16u32, 'p'),
        None => (lower.as_str(), 10, 'e'),
    };
    let (mantissa, exponent) = match body.split_once(exponent_mark) {
        Some((m, e)) => (m, e.parse::<i64>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let m = digits(&format!("0{whole}{fraction}"), radix)?;
    if m.is_zero() {
        return Some(BigRational::zero());
    }
    let places = fraction.len() as i64;
    let (base, exponent) = if radix == 16 {
        (2u32, exponent.checked_sub(4 * places)?)
    } else {
        (10, exponent.checked_sub(places)?)
    };
    let limit = MAX_EXPONENT as i64 / if base == 2 { 1 } else { 4 };
    if exponent > limit {
        return None;
    }
    if exponent < -limit - 4 * places {
        return Some(BigRational::zero());
    }
    let power = BigInt::from(base).pow(exponent.unsigned_abs() as u32);
    Some(if exponent >= 0 {
        BigRational::from_integer(m * power)
    } else if power.is_one() {
        BigRational::from_integer(m)
    } else {
        fraction_of(m, power)
    })
}

/// `m / power`, rounded before it is reduced if it is large: reducing is slow.
fn fraction_of(m: BigInt, power: BigInt) -> BigRational {
    if power.bits() <= EXACT_BITS {
        return BigRational::new(m, power);
    }
    round_mantissa(&BigRational::new_raw(m, power), 512)
}
