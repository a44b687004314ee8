//! Number literals: four bases, fractions, exponents, separators, the imaginary suffix.
//!
//! A number is first taken by its outline (prefix, digits, point, digits, exponent, suffix), then checked;
//! the first thing wrong is reported and the literal is marked bad.

use super::{Lexer, quote_char};
use crate::ast::LitKind;
use crate::token::Token;

/// What a run of digits and `_` contained.
#[derive(Clone, Copy, Default)]
struct Digits {
    digit: bool,
    separator: bool,
    /// Offset of the first digit too large for the base.
    too_large: Option<usize>,
}

impl Digits {
    fn and(self, next: Digits) -> Digits {
        Digits {
            digit: self.digit || next.digit,
            separator: self.separator || next.separator,
            too_large: self.too_large.or(next.too_large),
        }
    }
}

fn base_name(base: u32) -> &'static str {
    match base {
        2 => "binary",
        8 => "octal",
        10 => "decimal",
        _ => "hexadecimal",
    }
}

impl Lexer<'_> {
    /// A number; `after_point` if the token began with the point.
    pub(super) fn number(&mut self, after_point: bool) -> Token {
        self.kind = LitKind::Int;
        let mut ok = true;
        let mut fraction = after_point;
        let mut digits = Digits::default();
        let (mut base, mut prefix) = (10, ' ');
        if !after_point {
            if self.ch == Some('0') {
                self.bump();
                (base, prefix) = match self.ch.map(|c| c.to_ascii_lowercase()) {
                    Some('x') => (16, 'x'),
                    Some('o') => (8, 'o'),
                    Some('b') => (2, 'b'),
                    _ => (8, '0'),
                };
                if prefix == '0' { digits.digit = true } else { self.bump() }
            }
            digits = digits.and(self.digits(base));
            if self.ch == Some('.') {
                if matches!(prefix, 'o' | 'b') {
                    self.error(format!("invalid radix point in {} literal", base_name(base)));
                    ok = false;
                }
                self.bump();
                fraction = true;
            }
        }
        if fraction {
            self.kind = LitKind::Float;
            digits = digits.and(self.digits(base));
        }
        if !digits.digit && ok {
            self.error(format!("{} literal has no digits", base_name(base)));
            ok = false;
        }
        ok = self.exponent(prefix, &mut digits, ok);
        if self.ch == Some('i') {
            self.kind = LitKind::Imag;
            self.bump();
        }
        self.lit = self.segment();
        if ok
            && self.kind == LitKind::Int
            && let Some(at) = digits.too_large
        {
            let digit = self.text.get(at..).and_then(|t| t.chars().next()).unwrap_or('?');
            self.error_at(at, format!("invalid digit {} in {} literal", quote_char(digit), base_name(base)));
            ok = false;
        }
        if ok
            && digits.separator
            && let Some(i) = misplaced_separator(self.lit)
        {
            self.error_at(self.start + i, "'_' must separate successive digits");
            ok = false;
        }
        self.bad = !ok;
        Token::Literal
    }

    fn exponent(&mut self, prefix: char, digits: &mut Digits, mut ok: bool) -> bool {
        match self.ch {
            Some(c @ ('e' | 'E' | 'p' | 'P')) => {
                let decimal = matches!(c, 'e' | 'E');
                if ok && decimal && matches!(prefix, 'x' | 'o' | 'b') {
                    self.error(format!("{} exponent requires decimal mantissa", quote_char(c)));
                    ok = false;
                } else if ok && !decimal && prefix != 'x' {
                    self.error(format!("{} exponent requires hexadecimal mantissa", quote_char(c)));
                    ok = false;
                }
                self.bump();
                self.kind = LitKind::Float;
                if matches!(self.ch, Some('+' | '-')) {
                    self.bump();
                }
                let exponent = self.digits(10);
                digits.separator |= exponent.separator;
                if ok && !exponent.digit {
                    self.error("exponent has no digits");
                    ok = false;
                }
            }
            _ if prefix == 'x' && self.kind == LitKind::Float && ok => {
                self.error("hexadecimal mantissa requires a 'p' exponent");
                ok = false;
            }
            _ => {}
        }
        ok
    }

    fn digits(&mut self, base: u32) -> Digits {
        let mut found = Digits::default();
        while let Some(c) = self.ch {
            match c {
                '_' => found.separator = true,
                _ if c.is_digit(base.max(10)) => {
                    found.digit = true;
                    if !c.is_digit(base) && found.too_large.is_none() {
                        found.too_large = Some(self.off);
                    }
                }
                _ => break,
            }
            self.bump();
        }
        found
    }
}

/// Index of the first `_` that is not between digits (a base prefix counts as a digit).
fn misplaced_separator(text: &str) -> Option<usize> {
    #[derive(PartialEq)]
    enum Before {
        Digit,
        Separator,
        Other,
    }
    let lower = text.get(..2).map(str::to_ascii_lowercase);
    let (hex, prefixed) = match lower.as_deref() {
        Some("0x") => (true, true),
        Some("0o" | "0b") => (false, true),
        _ => (false, false),
    };
    let mut before = if prefixed { Before::Digit } else { Before::Other };
    for (i, c) in text.char_indices().skip(if prefixed { 2 } else { 0 }) {
        if c == '_' {
            if before != Before::Digit {
                return Some(i);
            }
            before = Before::Separator;
        } else if c.is_ascii_digit() || hex && c.is_ascii_hexdigit() {
            before = Before::Digit;
        } else {
            if before == Before::Separator {
                return Some(i - 1);
            }
            before = Before::Other;
        }
    }
    (before == Before::Separator).then(|| text.len() - 1)
}
