//! Expressions, types included.

use super::{BlockStmt, ExprId, Field, FuncType, Ident};
use crate::source::Pos;
use std::sync::Arc;

/// An expression or type.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Its number.
    pub id: ExprId,
    /// Go's position of the expression (see the module header).
    pub pos: Pos,
    /// First byte after the expression.
    pub end: Pos,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Something that did not parse; an error has been reported.
    Bad,
    /// `x`; the identifier has the id of the expression.
    Name(Ident),
    /// `12`, `1.5`, `2i`, `'x'`, `"s"`
    BasicLit(BasicLit),
    /// `T{...}`, or `{...}` inside another literal.
    CompositeLit(Box<CompositeLit>),
    /// `func(...) {...}`
    FuncLit(Box<FuncLit>),
    /// `(x)`
    Paren(Box<Expr>),
    /// `x.Sel`
    Selector(Box<Expr>, Ident),
    /// `x[i]`, `x[A, B]`
    Index(Box<Expr>, Vec<Expr>),
    /// `x[i:j:k]`
    Slice(Box<SliceExpr>),
    /// `x.(T)`
    TypeAssert(Box<Expr>, Box<Expr>),
    /// `x.(type)`; legal in a type switch only.
    TypeSwitchGuard(Box<Expr>),
    /// `f(args...)`
    Call(Box<CallExpr>),
    /// `*x`, as an operand or a pointer type.
    Star(Box<Expr>),
    /// `-x`, `&x`, `<-x`, `~T`
    Unary(UnaryOp, Box<Expr>),
    /// `x + y`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `k: v` in a composite literal.
    KeyValue(Box<Expr>, Box<Expr>),

    /// `[n]T`; no length for `[...]T`.
    ArrayType(Option<Box<Expr>>, Box<Expr>),
    /// `[]T`
    SliceType(Box<Expr>),
    /// `...T`, in a parameter list only.
    Ellipsis(Option<Box<Expr>>),
    /// `struct {...}`
    StructType(Vec<Field>),
    /// `func(...) ...`
    FuncType(Box<FuncType>),
    /// `interface {...}`
    InterfaceType(Vec<InterfaceElem>),
    /// `map[K]V`
    MapType(Box<Expr>, Box<Expr>),
    /// `chan T`
    ChanType(ChanDir, Box<Expr>),
}

impl Expr {
    /// First byte of the expression.
    pub fn start(&self) -> Pos {
        let mut e = self;
        loop {
            e = match &e.kind {
                ExprKind::Selector(x, _)
                | ExprKind::Index(x, _)
                | ExprKind::TypeAssert(x, _)
                | ExprKind::TypeSwitchGuard(x)
                | ExprKind::Binary(_, x, _)
                | ExprKind::KeyValue(x, _) => x,
                ExprKind::Slice(s) => &s.operand,
                ExprKind::Call(c) => &c.fun,
                ExprKind::CompositeLit(c) => match &c.typ {
                    Some(t) => t,
                    None => return e.pos,
                },
                _ => return e.pos,
            }
        }
    }

    /// The expression without surrounding parentheses.
    pub fn unparen(&self) -> &Expr {
        let mut e = self;
        while let ExprKind::Paren(x) = &e.kind {
            e = x;
        }
        e
    }
}

/// A literal of a basic type.
#[derive(Clone, Debug)]
pub struct BasicLit {
    /// Kind.
    pub kind: LitKind,
    /// As written.
    pub text: Arc<str>,
    /// The value of a string literal, unquoted (bytes: `\xff` need not be UTF-8); empty otherwise.
    pub bytes: Arc<[u8]>,
    /// The value of a rune literal; 0 otherwise.
    pub rune: i32,
}

/// Kinds of basic literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LitKind {
    Int,
    Float,
    Imag,
    Rune,
    String,
}

/// `T{elems}`
#[derive(Clone, Debug)]
pub struct CompositeLit {
    /// The type; absent where the enclosing literal implies it.
    pub typ: Option<Expr>,
    /// Elements; `KeyValue` where keyed.
    pub elems: Vec<Expr>,
    /// Position of `{`.
    pub lbrace: Pos,
    /// Position of `}`.
    pub rbrace: Pos,
}

/// `func(params) results { body }`
#[derive(Clone, Debug)]
pub struct FuncLit {
    /// Signature.
    pub sig: FuncType,
    /// Body.
    pub body: BlockStmt,
}

/// `x[lo:hi:max]`
#[derive(Clone, Debug)]
pub struct SliceExpr {
    /// What is sliced.
    pub operand: Expr,
    /// Low, high, max.
    pub index: [Option<Expr>; 3],
    /// Two colons.
    pub full: bool,
}

/// `fun(args...)`
#[derive(Clone, Debug)]
pub struct CallExpr {
    /// What is called: a function, a method, a builtin, or a type (conversion).
    pub fun: Expr,
    /// Arguments.
    pub args: Vec<Expr>,
    /// Position of `...` after the last argument.
    pub ellipsis: Option<Pos>,
    /// Position of `)`.
    pub rparen: Pos,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Neg,
    /// `!`
    Not,
    /// `^`
    Com,
    /// `&`
    Addr,
    /// `<-`
    Recv,
    /// `~`, in a constraint.
    Tilde,
}

/// Infix operators, also of assignments (`+=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    LogOr,
    LogAnd,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Or,
    Xor,
    Mul,
    Div,
    Rem,
    And,
    AndNot,
    Shl,
    Shr,
}

impl BinaryOp {
    /// As written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::LogOr => "||",
            Self::LogAnd => "&&",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Or => "|",
            Self::Xor => "^",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::And => "&",
            Self::AndNot => "&^",
            Self::Shl => "<<",
            Self::Shr => ">>",
        }
    }

    /// `== != < <= > >=`
    pub const fn is_comparison(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// `<< >>`
    pub const fn is_shift(self) -> bool {
        matches!(self, Self::Shl | Self::Shr)
    }
}

impl UnaryOp {
    /// As written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Neg => "-",
            Self::Not => "!",
            Self::Com => "^",
            Self::Addr => "&",
            Self::Recv => "<-",
            Self::Tilde => "~",
        }
    }
}

/// Direction of a channel type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    /// `chan T`
    Both,
    /// `chan<- T`
    Send,
    /// `<-chan T`
    Recv,
}

/// A member of an interface type.
#[derive(Clone, Debug)]
pub enum InterfaceElem {
    /// `m(params) results`
    Method(Ident, FuncType),
    /// An embedded type or union: `T`, `~int | string`.
    Embedded(Expr),
}
