//! Constants as messages show them.
//!
//! Go counterpart: the `String` methods of `go/constant`.

use crate::constant_float::BigFloat;
use crate::info::ConstValue;
use std::fmt;

impl fmt::Display for ConstValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Bool(b) => write!(f, "{b}"),
            // A character has at most 4 bytes.
            Self::String(s) => f.write_str(&shortened(&quote(&s.prefix(4 * MAX_SHOWN)))),
            Self::Int(v) => write!(f, "{v}"),
            Self::Ratio(_) | Self::Float(_) => {
                f.write_str(&self.to_big_float().map_or_else(String::new, |v| float(&v)))
            }
            Self::Complex(re, im) => write!(f, "({re} + {im}i)"),
        }
    }
}

/// So many characters of a string are shown at most, quotes included.
const MAX_SHOWN: usize = 72;

fn shortened(quoted: &str) -> String {
    if quoted.chars().count() <= MAX_SHOWN {
        return quoted.to_string();
    }
    let mut s: String = quoted.chars().take(MAX_SHOWN - 3).collect();
    s.push_str("...");
    s
}

/// A Go string literal of those bytes, in double quotes.
pub fn quote(s: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in s.utf8_chunks() {
        for c in chunk.valid().chars() {
            quote_char(&mut out, c);
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out.push('"');
    out
}

fn quote_char(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if c.is_control() || (c as u32) == 0xfeff => out.push_str(&format!("\\u{:04x}", c as u32)),
        c => out.push(c),
    }
}

fn float(v: &BigFloat) -> String {
    let x = v.to_f64();
    if x.is_finite() && v.is_zero() == (x == 0.0) {
        let s = format_g(x, Some(6));
        if !v.is_integer() && !s.contains('.') {
            return format_g(x, None);
        }
        return s;
    }
    beyond_f64(v)
}

/// Decimal approximation of a number outside of the range of `f64`.
fn beyond_f64(v: &BigFloat) -> String {
    let (mut m, exponent) = (v.fraction().to_f64(), v.magnitude());
    let decimal = exponent as f64 * std::f64::consts::LOG10_2;
    let mut e = decimal as i64;
    m *= 10f64.powf(decimal - e as f64);
    if m.abs() < 1.0 - 0.5e-6 {
        m *= 10.0;
        e -= 1;
    } else if m.abs() >= 10.0 {
        m /= 10.0;
        e += 1;
    }
    let mut mantissa = format_g(m, Some(6));
    if mantissa.trim_start_matches('-') == "10" {
        mantissa.pop();
        e += 1;
    }
    format!("{mantissa}e{e:+}")
}

/// `%g`, with that many significant digits or as few as identify the number.
pub fn format_g(x: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(p) => format!("{:.*e}", p.saturating_sub(1), x.abs()),
        None => format!("{:e}", x.abs()),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        d => d,
    };
    let (count, point) = (digits.len() as i64, exponent + 1);
    let mut limit = precision.map_or(6, |p| p as i64);
    if precision.is_some() && limit > count && count >= point {
        limit = count;
    }
    let sign = if x < 0.0 { "-" } else { "" };
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1.min(digits.len()));
        let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{rest}e{exponent_sign}{:02}", exponent.abs());
    }
    let body = if point <= 0 {
        format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if count <= point {
        format!("{digits}{}", "0".repeat((point - count) as usize))
    } else {
        let (whole, rest) = digits.split_at(point as usize);
        format!("{whole}.{rest}")
    };
    format!("{sign}{body}")
}
