//! Declarations.

use super::{BlockStmt, Expr, Ident};
use crate::source::Pos;

/// A declaration at package or function level. Grouped declarations (`const ( ... )`) are split: one
/// `Decl` per specification, in order.
#[derive(Clone, Debug)]
pub enum Decl {
    /// `import name "path"`
    Import(ImportDecl),
    /// `const a, b T = x, y`
    Const(ConstDecl),
    /// `type T ...`
    Type(TypeDecl),
    /// `var a, b T = x, y`
    Var(VarDecl),
    /// `func f() {}`; package level only.
    Func(Box<FuncDecl>),
}

/// `import name "path"`
#[derive(Clone, Debug)]
pub struct ImportDecl {
    /// Position of the name if present, else of the path.
    pub pos: Pos,
    /// Local name, `.` and `_` included.
    pub name: Option<Ident>,
    /// The path, unquoted.
    pub path: String,
    /// Position of the path literal.
    pub path_pos: Pos,
}

/// One line of a const declaration.
#[derive(Clone, Debug)]
pub struct ConstDecl {
    /// Position of the first name.
    pub pos: Pos,
    /// Names.
    pub names: Vec<Ident>,
    /// Declared type.
    pub typ: Option<Expr>,
    /// Values as written; empty if repeated from above.
    pub values: Vec<Expr>,
    /// Index in its group: the value of `iota`.
    pub iota: u32,
    /// Number of the group, unique in the file: an implicit repetition looks back in the same group.
    pub group: u32,
}

/// `var names typ = values`
#[derive(Clone, Debug)]
pub struct VarDecl {
    /// Position of the first name.
    pub pos: Pos,
    /// Names.
    pub names: Vec<Ident>,
    /// Declared type.
    pub typ: Option<Expr>,
    /// Initial values, as many as written.
    pub values: Vec<Expr>,
}

/// `type Name[params] = typ`
#[derive(Clone, Debug)]
pub struct TypeDecl {
    /// Position of the name.
    pub pos: Pos,
    /// Name.
    pub name: Ident,
    /// Type parameters; empty if none.
    pub type_params: Vec<Field>,
    /// `type A = B`
    pub is_alias: bool,
    /// The right-hand side.
    pub typ: Expr,
    /// Number of the type group, see [`ConstDecl::group`].
    pub group: u32,
}

/// `func (recv) Name[params](params) results { body }`
#[derive(Clone, Debug)]
pub struct FuncDecl {
    /// Position of the `func` keyword.
    pub pos: Pos,
    /// Receiver parameter.
    pub recv: Option<Field>,
    /// Name.
    pub name: Ident,
    /// Type parameters.
    pub type_params: Vec<Field>,
    /// Parameters and results.
    pub sig: FuncType,
    /// Body; absent for a function implemented elsewhere.
    pub body: Option<BlockStmt>,
    /// Numbers of its expressions and identifiers: no others are in this range.
    pub ids: std::ops::Range<u32>,
    /// `//go:` comments directly above, without the leading `//`.
    pub pragmas: Vec<std::sync::Arc<str>>,
}

/// Parameter and result lists.
#[derive(Clone, Debug)]
pub struct FuncType {
    /// Position of the `func` keyword, or of the name in an interface method.
    pub pos: Pos,
    /// One entry per parameter, names split up: `a, b int` gives two.
    pub params: Vec<Field>,
    /// Likewise; an unnamed single result is one field without name.
    pub results: Vec<Field>,
}

/// A parameter, result, struct field or type parameter: one name (or none) and its type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Position of the name if present, else of the type.
    pub pos: Pos,
    /// Name; absent for an unnamed parameter or an embedded field.
    pub name: Option<Ident>,
    /// Type. Fields of one group (`a, b T`) hold clones of the same expression, ids included.
    pub typ: Expr,
    /// Struct tag, unquoted.
    pub tag: Option<String>,
    /// Position of the tag.
    pub tag_pos: Pos,
    /// An embedded struct field.
    pub embedded: bool,
}
