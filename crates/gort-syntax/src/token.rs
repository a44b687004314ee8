//! Tokens: the words of Go.
//!
//! Operators that stand in expressions are one token kind, [`Token::Op`], that carries the operator; so
//! the expression parser needs one loop over precedences and no table of tokens.
//!
//! Go counterpart: `cmd/compile/internal/syntax/tokens.go`.

use crate::ast::BinaryOp;

/// A token, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Token {
    Eof,
    Name,
    Literal,
    /// An operator, `*` included.
    Op(Op),
    /// `op=`
    AssignOp(BinaryOp),
    /// `++` (true), `--`
    IncDec(bool),
    Assign,
    Define,
    Arrow,
    Lparen,
    Lbrack,
    Lbrace,
    Rparen,
    Rbrack,
    Rbrace,
    Comma,
    Semi,
    Colon,
    Dot,
    DotDotDot,
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

/// An operator of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Infix; some are prefixes too.
    Binary(BinaryOp),
    /// `!`
    Not,
    /// `~`
    Tilde,
}

impl Op {
    /// As written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Binary(b) => b.text(),
            Self::Not => "!",
            Self::Tilde => "~",
        }
    }
}

impl BinaryOp {
    /// How tightly it binds: 1 (`||`) to 5 (`*`).
    pub const fn precedence(self) -> u8 {
        match self {
            Self::LogOr => 1,
            Self::LogAnd => 2,
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => 3,
            Self::Add | Self::Sub | Self::Or | Self::Xor => 4,
            Self::Mul | Self::Div | Self::Rem | Self::And | Self::AndNot | Self::Shl | Self::Shr => 5,
        }
    }
}

/// `*`, which types begin with too.
pub(crate) const STAR: Token = Token::Op(Op::Binary(BinaryOp::Mul));
/// `|`, which separates terms of a union.
pub(crate) const BAR: Token = Token::Op(Op::Binary(BinaryOp::Or));
/// `~`
pub(crate) const TILDE: Token = Token::Op(Op::Tilde);

impl Token {
    /// The keyword spelled so.
    pub fn keyword(text: &str) -> Option<Self> {
        Some(match text {
            "break" => Self::Break,
            "case" => Self::Case,
            "chan" => Self::Chan,
            "const" => Self::Const,
            "continue" => Self::Continue,
            "default" => Self::Default,
            "defer" => Self::Defer,
            "else" => Self::Else,
            "fallthrough" => Self::Fallthrough,
            "for" => Self::For,
            "func" => Self::Func,
            "go" => Self::Go,
            "goto" => Self::Goto,
            "if" => Self::If,
            "import" => Self::Import,
            "interface" => Self::Interface,
            "map" => Self::Map,
            "package" => Self::Package,
            "range" => Self::Range,
            "return" => Self::Return,
            "select" => Self::Select,
            "struct" => Self::Struct,
            "switch" => Self::Switch,
            "type" => Self::Type,
            "var" => Self::Var,
            _ => return None,
        })
    }

    /// The keyword's spelling.
    pub const fn keyword_text(self) -> Option<&'static str> {
        Some(match self {
            Self::Break => "break",
            Self::Case => "case",
            Self::Chan => "chan",
            Self::Const => "const",
            Self::Continue => "continue",
            Self::Default => "default",
            Self::Defer => "defer",
            Self::Else => "else",
            Self::Fallthrough => "fallthrough",
            Self::For => "for",
            Self::Func => "func",
            Self::Go => "go",
            Self::Goto => "goto",
            Self::If => "if",
            Self::Import => "import",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Package => "package",
            Self::Range => "range",
            Self::Return => "return",
            Self::Select => "select",
            Self::Struct => "struct",
            Self::Switch => "switch",
            Self::Type => "type",
            Self::Var => "var",
            _ => return None,
        })
    }

    /// What messages call it.
    pub fn describe(self) -> String {
        if let Some(word) = self.keyword_text() {
            return format!("keyword {word}");
        }
        match self {
            Self::Eof => "EOF",
            Self::Name => "name",
            Self::Literal => "literal",
            Self::Op(op) => op.text(),
            Self::AssignOp(op) => return format!("{}=", op.text()),
            Self::IncDec(true) => "++",
            Self::IncDec(false) => "--",
            Self::Assign => "=",
            Self::Define => ":=",
            Self::Arrow => "<-",
            Self::Lparen => "(",
            Self::Lbrack => "[",
            Self::Lbrace => "{",
            Self::Rparen => ")",
            Self::Rbrack => "]",
            Self::Rbrace => "}",
            Self::Comma => "comma",
            Self::Semi => "semicolon or newline",
            Self::Colon => ":",
            Self::Dot => ".",
            Self::DotDotDot => "...",
            _ => "",
        }
        .to_owned()
    }

    /// The same kind of token, whichever the operator?
    pub fn same_kind(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Does it begin a statement? Where a parser may resume after a mistake.
    pub const fn starts_statement(self) -> bool {
        matches!(
            self,
            Self::Break
                | Self::Const
                | Self::Continue
                | Self::Defer
                | Self::Fallthrough
                | Self::For
                | Self::Go
                | Self::Goto
                | Self::If
                | Self::Return
                | Self::Select
                | Self::Switch
                | Self::Type
                | Self::Var
        )
    }
}
