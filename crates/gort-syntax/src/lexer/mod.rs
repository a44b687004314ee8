//! The lexer: cuts one text into tokens, one at a time, on demand.
//!
//! It never fails: what is wrong is put into `reports` and the nearest sensible token is returned.
//! Characters that may not stand in a source text at all (NUL, a byte order mark but at the beginning, bytes
//! that are not UTF-8) are reported and skipped wherever they are, inside a word too.
//!
//! Go counterpart: `cmd/compile/internal/syntax/{scanner,source}.go`.

mod comment;
mod number;
mod semicolon;
mod text;
mod unicode;

use crate::ast::{BinaryOp, LitKind};
use crate::token::{Op, Token};

pub use text::unquote;

/// Stands in a text for one byte that was not UTF-8, see [`crate::source::SourceMap::add_bytes`].
pub(crate) const INVALID_BYTE: char = '\u{1}';

/// What the lexer tells besides tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A mistake, at a byte offset.
    Error(u32, String),
    /// `//line` or `/*line*/`: offset of the text after `line `, that text, offset where it takes effect.
    Line(u32, String, u32),
    /// `//go:...`: offset of the comment and its text after `//`.
    Pragma(u32, String),
}

/// A lexer at some token of a text.
#[derive(Debug)]
pub struct Lexer<'s> {
    text: &'s str,
    invalid: &'s [u32],
    /// Offset and value of the current character; `None` at the end.
    off: usize,
    ch: Option<char>,
    /// The current token.
    pub token: Token,
    /// Offset of its first byte.
    pub start: usize,
    /// Its text; `semicolon`, `newline` or `EOF` for a semicolon.
    pub lit: &'s str,
    /// Kind of a literal.
    pub kind: LitKind,
    /// The literal is malformed (and reported).
    pub bad: bool,
    /// What was found on the way; the caller takes them out.
    pub reports: Vec<Report>,
}

impl<'s> Lexer<'s> {
    /// A lexer before the first token of `text`; `invalid` lists the offsets of bytes that were not UTF-8.
    pub fn new(text: &'s str, invalid: &'s [u32]) -> Self {
        let mut lexer = Lexer {
            text,
            invalid,
            off: 0,
            ch: text.chars().next(),
            token: Token::Semi,
            start: 0,
            lit: "",
            kind: LitKind::Int,
            bad: false,
            reports: Vec::new(),
        };
        if lexer.ch == Some('\u{feff}') {
            lexer.off += '\u{feff}'.len_utf8();
            lexer.ch = text.chars().nth(1);
        }
        lexer.skip_forbidden();
        lexer
    }

    /// Offset of the current character.
    pub fn offset(&self) -> usize {
        self.off
    }

    /// Goes to the end of the text, so that the next token is the last.
    pub fn skip_to_end(&mut self) {
        self.off = self.text.len();
        self.ch = None;
        self.token = Token::Semi;
    }

    fn error(&mut self, message: impl Into<String>) {
        self.error_at(self.off, message);
    }

    fn error_at(&mut self, offset: usize, message: impl Into<String>) {
        self.reports.push(Report::Error(offset as u32, message.into()));
    }

    /// Next character.
    fn bump(&mut self) {
        let Some(c) = self.ch else { return };
        self.off += c.len_utf8();
        self.load();
        if matches!(self.ch, Some('\0' | '\u{feff}' | INVALID_BYTE)) {
            self.skip_forbidden();
        }
    }

    fn load(&mut self) {
        self.ch = match self.text.as_bytes().get(self.off) {
            Some(&b) if b < 0x80 => Some(b as char),
            None => None,
            Some(_) => self.text.get(self.off..).and_then(|t| t.chars().next()),
        };
    }

    fn skip_forbidden(&mut self) {
        loop {
            let message = match self.ch {
                Some('\0') => "invalid NUL character",
                Some('\u{feff}') => "invalid BOM in the middle of the file",
                Some(INVALID_BYTE) if self.invalid.binary_search(&(self.off as u32)).is_ok() => {
                    "invalid UTF-8 encoding"
                }
                _ => return,
            };
            self.error(message);
            self.off += self.ch.map_or(0, char::len_utf8);
            self.load();
        }
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.ch == Some(c);
        if found {
            self.bump();
        }
        found
    }

    /// The text from the start of the token to here.
    fn segment(&self) -> &'s str {
        self.text.get(self.start..self.off).unwrap_or("")
    }

    /// Moves to the next token.
    pub fn advance(&mut self) {
        let newline_ends = semicolon::may_end_statement(self.token);
        loop {
            while let Some(' ' | '\t' | '\r' | '\n') = self.ch {
                if newline_ends && self.ch == Some('\n') {
                    break;
                }
                self.bump();
            }
            self.start = self.off;
            if let Some(token) = self.scan(newline_ends) {
                self.token = token;
                return;
            }
        }
    }

    /// One token, or `None` for a comment or something to skip.
    fn scan(&mut self, newline_ends: bool) -> Option<Token> {
        let Some(c) = self.ch else {
            self.lit = "EOF";
            return Some(if newline_ends { Token::Semi } else { Token::Eof });
        };
        match c {
            '\n' => {
                self.bump();
                self.lit = "newline";
                return Some(Token::Semi);
            }
            '0'..='9' => return Some(self.number(false)),
            '"' => return Some(self.string()),
            '`' => return Some(self.raw_string()),
            '\'' => return Some(self.rune()),
            '/' => {
                self.bump();
                return match self.ch {
                    Some('/') => {
                        self.bump();
                        self.line_comment();
                        None
                    }
                    Some('*') => {
                        self.bump();
                        self.block_comment();
                        if newline_ends && self.segment().contains('\n') {
                            self.lit = "newline";
                            return Some(Token::Semi);
                        }
                        None
                    }
                    _ => Some(self.op_or_assign(BinaryOp::Div)),
                };
            }
            _ => {}
        }
        if c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() && self.in_identifier(true) {
            return Some(self.identifier());
        }
        self.bump();
        let token = self.punctuation(c);
        if token.is_none() {
            self.error_at(self.start, format!("invalid character {}", describe_char(c)));
        }
        token
    }

    fn punctuation(&mut self, c: char) -> Option<Token> {
        Some(match c {
            '(' => Token::Lparen,
            ')' => Token::Rparen,
            '[' => Token::Lbrack,
            ']' => Token::Rbrack,
            '{' => Token::Lbrace,
            '}' => Token::Rbrace,
            ',' => Token::Comma,
            ';' => {
                self.lit = "semicolon";
                Token::Semi
            }
            ':' if self.eat('=') => Token::Define,
            ':' => Token::Colon,
            '.' => self.dot(),
            '+' if self.eat('+') => Token::IncDec(true),
            '+' => self.op_or_assign(BinaryOp::Add),
            '-' if self.eat('-') => Token::IncDec(false),
            '-' => self.op_or_assign(BinaryOp::Sub),
            '*' => self.op_or_assign(BinaryOp::Mul),
            '%' => self.op_or_assign(BinaryOp::Rem),
            '&' if self.eat('&') => op(BinaryOp::LogAnd),
            '&' if self.eat('^') => self.op_or_assign(BinaryOp::AndNot),
            '&' => self.op_or_assign(BinaryOp::And),
            '|' if self.eat('|') => op(BinaryOp::LogOr),
            '|' => self.op_or_assign(BinaryOp::Or),
            '^' => self.op_or_assign(BinaryOp::Xor),
            '<' if self.eat('=') => op(BinaryOp::Le),
            '<' if self.eat('<') => self.op_or_assign(BinaryOp::Shl),
            '<' if self.eat('-') => Token::Arrow,
            '<' => op(BinaryOp::Lt),
            '>' if self.eat('=') => op(BinaryOp::Ge),
            '>' if self.eat('>') => self.op_or_assign(BinaryOp::Shr),
            '>' => op(BinaryOp::Gt),
            '=' if self.eat('=') => op(BinaryOp::Eq),
            '=' => Token::Assign,
            '!' if self.eat('=') => op(BinaryOp::Ne),
            '!' => Token::Op(Op::Not),
            '~' => Token::Op(Op::Tilde),
            _ => return None,
        })
    }

    fn dot(&mut self) -> Token {
        if self.ch.is_some_and(|c| c.is_ascii_digit()) {
            return self.number(true);
        }
        let rest = self.text.get(self.off..).unwrap_or("");
        if rest.starts_with("..") {
            self.bump();
            self.bump();
            return Token::DotDotDot;
        }
        Token::Dot
    }

    fn op_or_assign(&mut self, b: BinaryOp) -> Token {
        if self.eat('=') { Token::AssignOp(b) } else { op(b) }
    }

    fn identifier(&mut self) -> Token {
        loop {
            match self.ch {
                Some(c) if c.is_ascii_alphanumeric() || c == '_' => self.bump(),
                Some(c) if !c.is_ascii() => {
                    self.in_identifier(self.off == self.start);
                    self.bump();
                }
                _ => break,
            }
        }
        self.lit = self.segment();
        Token::keyword(self.lit).unwrap_or(Token::Name)
    }

    /// May the current character, not ASCII, stand in an identifier? What may not is reported and taken
    /// as part of it. (Asked twice about the first one, so a repeated report is dropped.)
    fn in_identifier(&mut self, first: bool) -> bool {
        let Some(c) = self.ch else { return false };
        if unicode::contains(unicode::LETTERS, c) {
            return true;
        }
        let message = if unicode::contains(unicode::DIGITS, c) {
            if !first {
                return true;
            }
            format!("identifier cannot begin with digit {}", describe_char(c))
        } else {
            format!("invalid character {} in identifier", describe_char(c))
        };
        let report = Report::Error(self.off as u32, message);
        if self.reports.last() != Some(&report) {
            self.reports.push(report);
        }
        true
    }
}

const fn op(b: BinaryOp) -> Token {
    Token::Op(Op::Binary(b))
}

/// `U+0040 '@'`, as Go's `%#U`.
fn describe_char(c: char) -> String {
    if is_printable(c) { format!("U+{:04X} '{c}'", c as u32) } else { format!("U+{:04X}", c as u32) }
}

/// `'@'`, as Go's `%q` of a character.
fn quote_char(c: char) -> String {
    match c {
        '\'' => r"'\''".to_owned(),
        '\\' => r"'\\'".to_owned(),
        '\n' => r"'\n'".to_owned(),
        '\t' => r"'\t'".to_owned(),
        '\r' => r"'\r'".to_owned(),
        '\u{7}' => r"'\a'".to_owned(),
        '\u{8}' => r"'\b'".to_owned(),
        '\u{b}' => r"'\v'".to_owned(),
        '\u{c}' => r"'\f'".to_owned(),
        c if is_printable(c) => format!("'{c}'"),
        c if (c as u32) < 0x100 => format!("'\\x{:02x}'", c as u32),
        c if (c as u32) < 0x10000 => format!("'\\u{:04x}'", c as u32),
        c => format!("'\\U{:08x}'", c as u32),
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"' | '\\') || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lex(text: &str) -> (Vec<String>, Vec<Report>) {
        let mut lexer = Lexer::new(text, &[]);
        let mut out = Vec::new();
        loop {
            lexer.advance();
            if lexer.token == Token::Eof {
                return (out, lexer.reports);
            }
            out.push(match lexer.token {
                Token::Name | Token::Literal | Token::Semi => lexer.lit.to_owned(),
                t => t.describe(),
            });
        }
    }

    #[track_caller]
    fn check(text: &str, tokens: &str) {
        let (got, reports) = lex(text);
        assert_eq!(got.join(" "), tokens);
        assert_eq!(reports, []);
    }

    #[track_caller]
    fn check_error(text: &str, offset: u32, message: &str) {
        assert_eq!(lex(text).1, [Report::Error(offset, message.to_owned())]);
    }

    #[test]
    fn newlines_end_statements_after_some_tokens() {
        check("x\ny++\nreturn\n}", "x newline y ++ newline keyword return newline } EOF");
        check("x +\ny", "x + y EOF");
        check("x /* a\nb */ y // c\nz", "x newline y newline z EOF");
    }

    #[test]
    fn operators_take_the_longest_form() {
        check("a &^= b <<= c <- d", "a &^= b <<= c <- d EOF");
        check("f(a...)", "f ( a ... ) EOF");
        check("x..y", "x . . y EOF");
    }

    #[test]
    fn numbers() {
        check("1_000 0x1p-2 0b1 0o7 .5 1e+3i 08.5", "1_000 0x1p-2 0b1 0o7 .5 1e+3i 08.5 EOF");
        check_error("08", 1, "invalid digit '8' in octal literal");
        check_error("1__0", 2, "'_' must separate successive digits");
        check_error("0x1.0", 5, "hexadecimal mantissa requires a 'p' exponent");
        check_error("1e", 2, "exponent has no digits");
        check_error("0b", 2, "binary literal has no digits");
    }

    #[test]
    fn forbidden_characters_are_skipped_within_words() {
        check_error("a\0b", 1, "invalid NUL character");
        check_error("x # y", 2, "invalid character U+0023 '#'");
        check_error("'ab'", 0, "more than one character in rune literal");
        check_error("\"a\\q\"", 3, "unknown escape");
    }
}
