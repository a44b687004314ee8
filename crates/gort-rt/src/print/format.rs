//! Texts of the basic values, as Go 1.27's `print` writes them.

use std::io::Write;

/// An integer, as is.
pub fn int(out: &mut Vec<u8>, value: i64) {
    let _ = write!(out, "{value}");
}

/// An unsigned integer.
pub fn uint(out: &mut Vec<u8>, value: u64) {
    let _ = write!(out, "{value}");
}

/// A hexadecimal number: `0x2a`.
pub fn hex(out: &mut Vec<u8>, value: u64) {
    let _ = write!(out, "{value:#x}");
}

/// A float64: the shortest digits that read back as the same value, in `%g` form.
pub fn float64(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    let shortest = format!("{magnitude:e}");
    general(out, value, nearest(shortest, magnitude, |text| text.parse() == Ok(magnitude)));
}

/// A float32, given widened.
pub fn float32(out: &mut Vec<u8>, value: f64) {
    let magnitude = (value as f32).abs();
    let shortest = format!("{magnitude:e}");
    general(out, value, nearest(shortest, f64::from(magnitude), |text| text.parse() == Ok(magnitude)));
}

/// Of the texts as long as the shortest one, the one nearest to the value, and the even one of two that
/// are equally near, as Go chooses; Rust takes the upper.
fn nearest(shortest: String, magnitude: f64, is_same: impl Fn(&str) -> bool) -> String {
    let digits = shortest.split('e').next().unwrap_or("").bytes().filter(u8::is_ascii_digit).count();
    let rounded = format!("{magnitude:.*e}", digits.max(1) - 1);
    if is_same(&rounded) { rounded } else { shortest }
}

/// `scientific` is Rust's shortest form of the magnitude: `d.ddde-N`.
fn general(out: &mut Vec<u8>, value: f64, scientific: String) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: Vec<u8> = mantissa.bytes().filter(|b| *b != b'.').collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // %g takes the exponent form below 1e-4 and from 1e6 on.
    if !(-4..6).contains(&exponent) {
        out.push(digits[0]);
        if digits.len() > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.abs());
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
        out.extend_from_slice(&digits);
    } else {
        let whole = exponent as usize + 1;
        for i in 0..whole {
            out.push(digits.get(i).copied().unwrap_or(b'0'));
        }
        if digits.len() > whole {
            out.push(b'.');
            out.extend_from_slice(&digits[whole..]);
        }
    }
}

/// A complex value: `(re+imi)`.
pub fn complex(out: &mut Vec<u8>, re: f64, im: f64, part: fn(&mut Vec<u8>, f64)) {
    out.push(b'(');
    part(out, re);
    let at = out.len();
    part(out, im);
    if !matches!(out[at], b'+' | b'-') {
        out.insert(at, b'+');
    }
    out.extend_from_slice(b"i)");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64, want: &str) {
        let mut out = vec![];
        float64(&mut out, value);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn halfway_goes_to_even() {
        let mut out = vec![];
        float32(&mut out, 2_147_482.25);
        assert_eq!(String::from_utf8(out).unwrap(), "2.1474822e+06");
        check(f64::MIN_POSITIVE, "2.2250738585072014e-308");
        check(5e-324, "5e-324");
        check(9_007_199_254_740_993.0, "9.007199254740992e+15");
    }

    #[test]
    fn floats() {
        check(0.0, "0");
        check(-0.0, "-0");
        check(1.5, "1.5");
        check(100.0, "100");
        check(-2.25e-3, "-0.00225");
        check(1e-5, "1e-05");
        check(123_456.5, "123456.5");
        check(1e6, "1e+06");
        check(123_456_789.0, "1.23456789e+08");
        check(1.25e300, "1.25e+300");
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "+Inf");
    }
}
