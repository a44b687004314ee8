//! Strings, raw strings and runes, and what their escapes mean.

use super::{Lexer, describe_char, quote_char};
use crate::ast::LitKind;
use crate::token::Token;

impl Lexer<'_> {
    /// `"..."`
    pub(super) fn string(&mut self) -> Token {
        let mut ok = true;
        self.bump();
        loop {
            match self.ch {
                Some('"') => {
                    self.bump();
                    break;
                }
                Some('\\') => {
                    self.bump();
                    ok &= self.escape('"');
                }
                Some('\n') => {
                    self.error("newline in string");
                    ok = false;
                    break;
                }
                None => {
                    self.error_at(self.start, "string not terminated");
                    ok = false;
                    break;
                }
                Some(_) => self.bump(),
            }
        }
        self.literal(LitKind::String, ok)
    }

    /// `` `...` ``
    pub(super) fn raw_string(&mut self) -> Token {
        let mut ok = true;
        self.bump();
        while self.ch != Some('`') {
            if self.ch.is_none() {
                self.error_at(self.start, "string not terminated");
                ok = false;
                break;
            }
            self.bump();
        }
        self.bump();
        self.literal(LitKind::String, ok)
    }

    /// `'x'`
    pub(super) fn rune(&mut self) -> Token {
        let mut ok = true;
        let mut count = 0;
        self.bump();
        loop {
            match self.ch {
                Some('\'') => {
                    if ok && count == 0 {
                        self.error("empty rune literal or unescaped '");
                        ok = false;
                    } else if ok && count > 1 {
                        self.error_at(self.start, "more than one character in rune literal");
                        ok = false;
                    }
                    self.bump();
                    break;
                }
                Some('\\') => {
                    self.bump();
                    ok &= self.escape('\'');
                }
                Some('\n') => {
                    if ok {
                        self.error("newline in rune literal");
                    }
                    ok = false;
                    break;
                }
                None => {
                    if ok {
                        self.error_at(self.start, "rune literal not terminated");
                    }
                    ok = false;
                    break;
                }
                Some(_) => self.bump(),
            }
            count += 1;
        }
        self.literal(LitKind::Rune, ok)
    }

    fn literal(&mut self, kind: LitKind, ok: bool) -> Token {
        self.kind = kind;
        self.bad = !ok;
        self.lit = self.segment();
        Token::Literal
    }

    /// An escape after its backslash. The end of the text is left to the caller to complain about.
    fn escape(&mut self, quote: char) -> bool {
        let Some(c) = self.ch else { return true };
        let (count, base, max) = match c {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => {
                self.bump();
                return true;
            }
            _ if c == quote => {
                self.bump();
                return true;
            }
            '0'..='7' => (3, 8, 255),
            'x' => (2, 16, 255),
            'u' => (4, 16, 0x10ffff),
            'U' => (8, 16, 0x10ffff),
            _ => {
                self.error("unknown escape");
                return false;
            }
        };
        if base == 16 {
            self.bump();
        }
        let mut value: u32 = 0;
        for _ in 0..count {
            let Some(c) = self.ch else { return true };
            let Some(digit) = c.to_digit(base) else {
                let name = if base == 8 { "octal" } else { "hexadecimal" };
                self.error(format!("invalid character {} in {name} escape", quote_char(c)));
                return false;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.bump();
        }
        if value > max && base == 8 {
            self.error(format!("octal escape value {value} > 255"));
            return false;
        }
        if value > max || (0xd800..0xe000).contains(&value) {
            let shown = char::from_u32(value).map_or_else(|| format!("U+{value:04X}"), describe_char);
            self.error(format!("escape is invalid Unicode code point {shown}"));
            return false;
        }
        true
    }
}

/// The value of a well-formed string or rune literal, as bytes and (of a rune) as a number.
pub fn unquote(literal: &str) -> (Vec<u8>, i32) {
    let inner = literal.get(1..literal.len().saturating_sub(1)).unwrap_or("");
    if literal.starts_with('`') {
        return (inner.bytes().filter(|&b| b != b'\r').collect(), 0);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rune = 0;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let (value, is_byte) = if c == '\\' { escape_value(&mut chars) } else { (c as u32, false) };
        rune = value as i32;
        match char::from_u32(value) {
            Some(c) if !is_byte => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.push(value as u8),
        }
    }
    (out, rune)
}

/// The value of an escape, and whether it names a byte rather than a character.
fn escape_value(chars: &mut std::str::Chars<'_>) -> (u32, bool) {
    let first = chars.next();
    let mut number = |first: u32, count: u32, base: u32| {
        (0..count).fold(first, |n, _| {
            n.wrapping_mul(base).wrapping_add(chars.next().and_then(|c| c.to_digit(base)).unwrap_or(0))
        })
    };
    let Some(c) = first else { return (0, false) };
    match c {
        '0'..='7' => (number(c as u32 - '0' as u32, 2, 8), true),
        'x' => (number(0, 2, 16), true),
        'u' => (number(0, 4, 16), false),
        'U' => (number(0, 8, 16), false),
        'a' => (7, false),
        'b' => (8, false),
        'f' => (12, false),
        'n' => (10, false),
        'r' => (13, false),
        't' => (9, false),
        'v' => (11, false),
        c => (c as u32, false),
    }
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn escapes_name_bytes_or_characters() {
        assert_eq!(unquote(r#""a\n\xff\377\u00e9\"""#).0, b"a\n\xff\xff\xc3\xa9\"");
        assert_eq!(unquote("`a\r\n\\n`").0, b"a\n\\n");
        assert_eq!(unquote(r"'\U0001F600'").1, 0x1f600);
        assert_eq!(unquote(r"'\''").1, 39);
        assert_eq!(unquote(r"'\377'").1, 255);
    }
}
