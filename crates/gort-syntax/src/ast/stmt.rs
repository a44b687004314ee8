//! Statements.

use super::{BinaryOp, Decl, Expr, Ident};
use crate::source::Pos;

/// A statement.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// First byte (for assignments and sends: the operator).
    pub pos: Pos,
    /// What it is.
    pub kind: StmtKind,
}

/// `{ stmts }`
#[derive(Clone, Debug)]
pub struct BlockStmt {
    /// Position of `{`.
    pub lbrace: Pos,
    /// Statements.
    pub stmts: Vec<Stmt>,
    /// Position of `}`.
    pub rbrace: Pos,
}

/// Kinds of statements.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// Did not parse; reported.
    Bad,
    /// Nothing.
    Empty,
    /// A declaration in a function: const, type or var, one specification.
    Decl(Box<Decl>),
    /// `label: stmt`
    Labeled(Ident, Box<Stmt>),
    /// An expression as a statement.
    Expr(Expr),
    /// `ch <- v`
    Send(Expr, Expr),
    /// `x++` (true), `x--`
    IncDec(Expr, bool),
    /// `lhs = rhs`, `lhs op= rhs`
    Assign(AssignStmt),
    /// `lhs := rhs`
    ShortVar(AssignStmt),
    /// `go call`
    Go(Expr),
    /// `defer call`
    Defer(Expr),
    /// `return results`
    Return(Vec<Expr>),
    /// `break`, `continue`, `goto`, `fallthrough`
    Branch(BranchKind, Option<Ident>),
    /// `{ ... }`
    Block(BlockStmt),
    /// `if`
    If(Box<IfStmt>),
    /// `switch x { ... }`
    Switch(Box<SwitchStmt>),
    /// `switch v := x.(type) { ... }`
    TypeSwitch(Box<TypeSwitchStmt>),
    /// `select { ... }`
    Select(Box<SelectStmt>),
    /// `for` with clauses.
    For(Box<ForStmt>),
    /// `for k, v := range x`
    Range(Box<RangeStmt>),
}

/// An assignment or short variable declaration.
#[derive(Clone, Debug)]
pub struct AssignStmt {
    /// Left-hand sides (`Name` expressions in a short declaration, unless reported).
    pub lhs: Vec<Expr>,
    /// The operator of `op=`.
    pub op: Option<BinaryOp>,
    /// Right-hand sides.
    pub rhs: Vec<Expr>,
}

/// Branch statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BranchKind {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

/// `if init; cond { } else ...`
#[derive(Clone, Debug)]
pub struct IfStmt {
    /// Simple statement before the condition.
    pub init: Option<Stmt>,
    /// Condition.
    pub cond: Expr,
    /// Then.
    pub then: BlockStmt,
    /// Else: a block or another `if`.
    pub els: Option<Stmt>,
}

/// `switch init; tag { cases }`
#[derive(Clone, Debug)]
pub struct SwitchStmt {
    /// Simple statement.
    pub init: Option<Stmt>,
    /// Tag; absent means `true`.
    pub tag: Option<Expr>,
    /// Clauses.
    pub cases: Vec<CaseClause>,
    /// Position of `{`.
    pub lbrace: Pos,
    /// Position of `}`.
    pub rbrace: Pos,
}

/// `case exprs:` or `default:` of an expression or type switch.
#[derive(Clone, Debug)]
pub struct CaseClause {
    /// Position of `case` or `default`.
    pub pos: Pos,
    /// Expressions or types; `None` for `default`.
    pub exprs: Option<Vec<Expr>>,
    /// Position of the colon.
    pub colon: Pos,
    /// Statements.
    pub body: Vec<Stmt>,
    /// Where the clause ends: the next clause or the closing brace.
    pub end: Pos,
}

/// `switch init; v := x.(type) { cases }`
#[derive(Clone, Debug)]
pub struct TypeSwitchStmt {
    /// Simple statement.
    pub init: Option<Stmt>,
    /// The variable.
    pub var: Option<Ident>,
    /// What is switched on.
    pub operand: Expr,
    /// Clauses.
    pub cases: Vec<CaseClause>,
    /// Position of `{`.
    pub lbrace: Pos,
    /// Position of `}`.
    pub rbrace: Pos,
}

/// `select { cases }`
#[derive(Clone, Debug)]
pub struct SelectStmt {
    /// Clauses.
    pub cases: Vec<CommClause>,
    /// Position of `}`.
    pub rbrace: Pos,
}

/// `case comm:` or `default:` of a select.
#[derive(Clone, Debug)]
pub struct CommClause {
    /// Position of `case` or `default`.
    pub pos: Pos,
    /// A send, an expression (receive), an assignment or short declaration from a receive; `None` for default.
    pub comm: Option<Stmt>,
    /// Position of the colon.
    pub colon: Pos,
    /// Statements.
    pub body: Vec<Stmt>,
    /// Where the clause ends.
    pub end: Pos,
}

/// `for init; cond; post { body }`
#[derive(Clone, Debug)]
pub struct ForStmt {
    /// Init.
    pub init: Option<Stmt>,
    /// Condition.
    pub cond: Option<Expr>,
    /// Post.
    pub post: Option<Stmt>,
    /// Body.
    pub body: BlockStmt,
}

/// `for key, value := range x { body }`
#[derive(Clone, Debug)]
pub struct RangeStmt {
    /// Key or index.
    pub key: Option<Expr>,
    /// Value.
    pub value: Option<Expr>,
    /// `:=` rather than `=`.
    pub define: bool,
    /// Position of the `range` keyword.
    pub range_pos: Pos,
    /// What is ranged over.
    pub operand: Expr,
    /// Body.
    pub body: BlockStmt,
}
