//! Floats of limited precision: what float constants become when exact fractions would grow too large.
//!
//! A value is `±mantissa * 2^exponent`. Every operation rounds its exact result to [`PRECISION`] bits, half to even, which is
//! what makes results the same under every implementation that does so. The exponent has the range of 32 bits, counted as
//! `0.5 <= m < 1`: beyond it there is no value (an operation answers `None`), below it is zero.
//!
//! Go counterpart: `math/big.Float`, as `go/constant` uses it.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::cmp::Ordering;
use std::fmt;

/// Bits of a mantissa.
pub const PRECISION: u64 = 512;

/// A float. The mantissa is odd or zero, so that equal values are equal parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigFloat {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
}

/// Where a value between two floats goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    HalfEven,
    ToZero,
    AwayFromZero,
}

impl BigFloat {
    fn zero() -> Self {
        Self { negative: false, mantissa: BigUint::zero(), exponent: 0 }
    }

    /// `±mantissa * 2^exponent`, exactly. `None` beyond the range of exponents.
    fn exact(negative: bool, mantissa: BigUint, exponent: i64) -> Option<Self> {
        let Some(zeros) = mantissa.trailing_zeros() else { return Some(Self::zero()) };
        let float = Self { negative, mantissa: mantissa >> zeros, exponent: exponent + zeros as i64 };
        match float.magnitude() {
            top if top > i64::from(i32::MAX) => None,
            top if top < i64::from(i32::MIN) => Some(Self::zero()),
            _ => Some(float),
        }
    }

    /// Like [`Self::exact`], rounded to `bits`. The mantissa has more bits than that if it is not exact (`sticky`: the value is a
    /// little greater).
    fn rounded(negative: bool, mantissa: BigUint, exponent: i64, sticky: bool, bits: u64) -> Option<Self> {
        let (mantissa, exponent) = shorten(mantissa, exponent, sticky, bits, Rounding::HalfEven);
        Self::exact(negative, mantissa, exponent)
    }

    /// The nearest float of a mantissa, a power of two and a power of five: what a literal says. The power of five is a float
    /// itself, of some more bits; literals agree with Go's to the last bit only if it comes about in the same steps.
    pub fn from_powers(mantissa: BigUint, exp2: i64, exp5: i64) -> Option<Self> {
        if mantissa.is_zero() {
            return Some(Self::zero());
        }
        let top = exp2.checked_add(mantissa.bits() as i64)?;
        i32::try_from(top).ok()?;
        if exp5 == 0 {
            return Self::rounded(false, mantissa, exp2, false, PRECISION);
        }
        let unrounded = Self::exact(false, mantissa, exp2)?;
        match (power_of_five(exp5.unsigned_abs()), exp5 > 0) {
            (Some(power), true) => unrounded.mul_to(&power, PRECISION),
            (Some(power), false) => unrounded.div_to(&power, PRECISION),
            (None, true) => None,
            (None, false) => Some(Self::zero()),
        }
    }

    /// The nearest float.
    pub fn from_int(x: &BigInt) -> Option<Self> {
        Self::rounded(x.sign() == Sign::Minus, x.magnitude().clone(), 0, false, PRECISION)
    }

    /// The nearest float.
    pub fn from_ratio(x: &BigRational) -> Option<Self> {
        let numerator = Self::exact(x.numer().sign() == Sign::Minus, x.numer().magnitude().clone(), 0)?;
        let denominator = Self::exact(false, x.denom().magnitude().clone(), 0)?;
        numerator.div_to(&denominator, PRECISION)
    }

    /// Is it zero?
    pub fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// Is it an integer?
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// `e` of `m * 2^e` with `0.5 <= |m| < 1`; 0 for zero.
    pub fn magnitude(&self) -> i64 {
        self.exponent + self.mantissa.bits() as i64
    }

    /// `m` of [`Self::magnitude`].
    pub fn fraction(&self) -> Self {
        Self { exponent: -(self.mantissa.bits() as i64), ..self.clone() }
    }

    /// The same number as a fraction: as large as the exponent says.
    pub fn to_ratio(&self) -> BigRational {
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        let mantissa = BigInt::from_biguint(sign, self.mantissa.clone());
        let shift = self.exponent.unsigned_abs();
        if self.exponent >= 0 {
            BigRational::from_integer(mantissa << shift)
        } else {
            // Reduced already: the mantissa is odd.
            BigRational::new_raw(mantissa, BigInt::one() << shift)
        }
    }

    /// The integer it is, or is but for the rounding of what came before: four bits are forgiven.
    pub fn to_int(&self) -> Option<BigInt> {
        const FORGIVEN: u64 = 4;
        [Rounding::HalfEven, Rounding::ToZero, Rounding::AwayFromZero].into_iter().find_map(|rounding| {
            let bits = if rounding == Rounding::HalfEven { PRECISION } else { PRECISION - FORGIVEN };
            let (m, exponent) = shorten(self.mantissa.clone(), self.exponent, false, bits, rounding);
            let float = Self::exact(self.negative, m, exponent)?;
            float.is_integer().then(|| float.to_ratio().to_integer())
        })
    }

    /// `-x`
    pub fn neg(&self) -> Self {
        Self { negative: !self.negative && !self.is_zero(), ..self.clone() }
    }

    /// `x + y`
    pub fn add(&self, y: &Self) -> Option<Self> {
        if self.is_zero() || y.is_zero() {
            return Some(if self.is_zero() { y.clone() } else { self.clone() });
        }
        let (high, low) = if self.magnitude() >= y.magnitude() { (self, y) } else { (y, self) };
        // A number far below the other's last bit only says to which side the sum is rounded.
        const FAR: i64 = 4 * PRECISION as i64;
        let exponent = (high.exponent - FAR).max(low.exponent).min(high.exponent);
        let h = &high.mantissa << (high.exponent - exponent).unsigned_abs();
        let l = match low.exponent - exponent {
            shift if shift >= 0 => &low.mantissa << shift.unsigned_abs(),
            _ => BigUint::one(),
        };
        let (negative, sum) = match (high.negative == low.negative, h >= l) {
            (true, _) => (high.negative, h + l),
            (false, true) => (high.negative, h - l),
            (false, false) => (low.negative, l - h),
        };
        Self::rounded(negative, sum, exponent, false, PRECISION)
    }

    /// `x * y`
    pub fn mul(&self, y: &Self) -> Option<Self> {
        self.mul_to(y, PRECISION)
    }

    fn mul_to(&self, y: &Self, bits: u64) -> Option<Self> {
        let product = &self.mantissa * &y.mantissa;
        Self::rounded(self.negative != y.negative, product, self.exponent + y.exponent, false, bits)
    }

    /// `x / y`; `None` for a division by zero.
    pub fn div(&self, y: &Self) -> Option<Self> {
        self.div_to(y, PRECISION)
    }

    fn div_to(&self, y: &Self, bits: u64) -> Option<Self> {
        if y.is_zero() {
            return None;
        }
        let shift = (bits + 2 + y.mantissa.bits()).saturating_sub(self.mantissa.bits());
        let (q, r) = (&self.mantissa << shift).div_rem(&y.mantissa);
        let exponent = self.exponent - y.exponent - shift as i64;
        Self::rounded(self.negative != y.negative, q, exponent, !r.is_zero(), bits)
    }
}

impl Ord for BigFloat {
    fn cmp(&self, y: &Self) -> Ordering {
        let sizes = || {
            let low = self.exponent.min(y.exponent);
            let aligned = |f: &Self| &f.mantissa << (f.exponent - low).unsigned_abs();
            // Alike in magnitude, so neither is shifted by more than the other has bits.
            self.magnitude().cmp(&y.magnitude()).then_with(|| aligned(self).cmp(&aligned(y)))
        };
        self.sign().cmp(&y.sign()).then_with(|| match self.sign() {
            0 => Ordering::Equal,
            1 => sizes(),
            _ => sizes().reverse(),
        })
    }
}

/// Exactly: `-0x3p-2`.
impl fmt::Display for BigFloat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{:#x}p{}", self.mantissa, self.exponent)
    }
}

impl PartialOrd for BigFloat {
    fn partial_cmp(&self, y: &Self) -> Option<Ordering> {
        Some(self.cmp(y))
    }
}

/// `mantissa * 2^exponent` with at most `bits` bits.
fn shorten(m: BigUint, exponent: i64, sticky: bool, bits: u64, rounding: Rounding) -> (BigUint, i64) {
    let Some(excess) = m.bits().checked_sub(bits).filter(|&n| n > 0) else { return (m, exponent) };
    let short = &m >> excess;
    let inexact = sticky || m.trailing_zeros().is_some_and(|zeros| zeros < excess);
    let half = m.bit(excess - 1);
    let above_half = half && (sticky || m.trailing_zeros().is_some_and(|zeros| zeros < excess - 1));
    let up = match rounding {
        Rounding::HalfEven => above_half || half && short.is_odd(),
        Rounding::ToZero => false,
        Rounding::AwayFromZero => inexact,
    };
    (if up { short + 1u32 } else { short }, exponent + excess as i64)
}

/// `5^n`, the way Go comes to it: exact up to `5^27`, then by squares of more bits than the product has.
fn power_of_five(n: u64) -> Option<BigFloat> {
    const EXACT: u64 = 27;
    const POWER_BITS: u64 = PRECISION + 64;
    const SQUARE_BITS: u64 = POWER_BITS + 64;
    let mut power = BigFloat::exact(false, BigUint::from(5u32).pow(n.min(EXACT) as u32), 0)?;
    let mut rest = n.saturating_sub(EXACT);
    let mut square = BigFloat::exact(false, BigUint::from(5u32), 0);
    while rest > 0 {
        if rest & 1 != 0 {
            power = power.mul_to(square.as_ref()?, POWER_BITS)?;
        }
        square = square.and_then(|s| s.mul_to(&s, SQUARE_BITS));
        rest >>= 1;
    }
    Some(power)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn int(x: i64) -> BigFloat {
        BigFloat::from_int(&BigInt::from(x)).unwrap()
    }

    /// `2^n`
    fn power(n: i64) -> BigFloat {
        BigFloat::exact(false, BigUint::one(), n).unwrap()
    }

    #[test]
    fn exact_results_are_exact() {
        assert_eq!(int(3).add(&int(-3)), Some(BigFloat::zero()));
        assert_eq!(int(12).add(&int(-5)), Some(int(7)));
        assert_eq!(int(-12).mul(&int(5)), Some(int(-60)));
        assert_eq!(int(-60).div(&int(5)), Some(int(-12)));
        assert_eq!(int(1).div(&int(0)), None);
        assert_eq!(int(40).magnitude(), 6);
        assert!(int(-2) < int(1) && int(-3) < int(-2) && int(9) < int(10) && int(0) < int(1));
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let one_and = |n: i64| int(1).add(&power(-n)).unwrap();
        assert_ne!(one_and(511), int(1));
        assert_eq!(one_and(512), int(1));
        // Odd last bit: up. A half and a little: up.
        let odd = one_and(511);
        assert_eq!(odd.add(&power(-512)), int(1).add(&power(-510)));
        let far = power(-512).add(&power(-900)).unwrap();
        assert_eq!(int(1).add(&far).unwrap(), odd);
    }

    #[test]
    fn far_numbers_decide_the_side_only() {
        assert_eq!(power(1_000_000_000).add(&int(1)), Some(power(1_000_000_000)));
        let below = power(1_000_000_000).add(&int(-1)).unwrap();
        assert_eq!(below, power(1_000_000_000));
        assert_eq!(int(1).add(&power(1_000_000_000)), Some(power(1_000_000_000)));
    }

    #[test]
    fn exponents_end_at_32_bits() {
        let large = power(i64::from(i32::MAX) - 1);
        assert_eq!(large.mul(&int(2)), None);
        assert_eq!(large.mul(&int(1)), Some(large.clone()));
        let small = power(i64::from(i32::MIN) - 1);
        assert!(!small.is_zero());
        assert_eq!(small.div(&int(2)), Some(BigFloat::zero()));
    }

    #[test]
    fn integers_but_for_rounding() {
        let third = int(1).div(&int(3)).unwrap();
        assert_eq!(third.mul(&int(3)).unwrap().to_int(), Some(BigInt::from(1)));
        assert_eq!(third.to_int(), None);
        let nearly = int(1).add(&power(-512).neg()).unwrap();
        assert_ne!(nearly, int(1));
        assert_eq!(nearly.to_int(), Some(BigInt::from(1)));
    }
}
