//! Rounding to machine floats, half to even.

use crate::constant_float::BigFloat;
use num_bigint::BigUint;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

/// `mantissa * 2^exponent`, the mantissa rounded to at most `bits` bits; the exponent is at least
/// `min_exponent` (fewer bits of precision remain then).
fn round(x: &BigRational, bits: i64, min_exponent: i64) -> (BigUint, i64) {
    let (num, den) = (x.numer().magnitude(), x.denom().magnitude());
    // The quotient has `bits` or `bits + 1` bits if shifted like this.
    let mut exponent = num.bits() as i64 - den.bits() as i64 - bits;
    exponent = exponent.max(min_exponent);
    let mut m = quotient(num, den, exponent);
    if m.bits() as i64 > bits {
        exponent += 1;
        m = quotient(num, den, exponent);
    }
    (m, exponent)
}

/// `num / den / 2^exponent`, rounded half to even.
fn quotient(num: &BigUint, den: &BigUint, exponent: i64) -> BigUint {
    let shift = exponent.unsigned_abs();
    let (num, den) = if exponent >= 0 { (num.clone(), den << shift) } else { (num << shift, den.clone()) };
    let (q, r) = num.div_rem(&den);
    let twice = r << 1u32;
    if twice > den || twice == den && q.is_odd() { q + 1u32 } else { q }
}

/// The nearest `f64`.
pub fn to_f64(x: &BigRational) -> f64 {
    if x.is_zero() {
        return 0.0;
    }
    let (m, exponent) = round(x, 53, -1074);
    let (mut m, mut exponent) = (m.to_u64().unwrap_or(0), exponent);
    if m == 1 << 53 {
        m >>= 1;
        exponent += 1;
    }
    let magnitude = if exponent > 971 {
        f64::INFINITY
    } else if m < 1 << 52 {
        f64::from_bits(m)
    } else {
        f64::from_bits(((exponent + 1075) as u64) << 52 | (m & ((1 << 52) - 1)))
    };
    if x.is_negative() { -magnitude } else { magnitude }
}

/// The nearest `f32`.
pub fn to_f32(x: &BigRational) -> f32 {
    if x.is_zero() {
        return 0.0;
    }
    let (m, exponent) = round(x, 24, -149);
    let (mut m, mut exponent) = (m.to_u32().unwrap_or(0), exponent);
    if m == 1 << 24 {
        m >>= 1;
        exponent += 1;
    }
    let magnitude = if exponent > 104 {
        f32::INFINITY
    } else if m < 1 << 23 {
        f32::from_bits(m)
    } else {
        f32::from_bits(((exponent + 150) as u32) << 23 | (m & ((1 << 23) - 1)))
    };
    if x.is_negative() { -magnitude } else { magnitude }
}

/// The exact value of a finite float.
pub fn from_f64(x: f64) -> BigRational {
    BigRational::from_float(x).unwrap_or_else(BigRational::zero)
}

impl BigFloat {
    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        self.beyond(1024).unwrap_or_else(|| to_f64(&self.to_ratio()))
    }

    /// The nearest `f32`.
    pub fn to_f32(&self) -> f32 {
        self.beyond(128).map_or_else(|| to_f32(&self.to_ratio()), |x| x as f32)
    }

    /// An infinity or zero, if the number is far beyond the range of a float with that largest exponent.
    fn beyond(&self, max: i64) -> Option<f64> {
        let sign = f64::from(self.sign());
        match self.magnitude() {
            e if e > max => Some(sign * f64::INFINITY),
            e if e < -2 * max => Some(0.0 * sign),
            _ => None,
        }
    }
}
