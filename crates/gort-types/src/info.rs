//! What the checker found out: side tables of the syntax tree.

use crate::constant_float::BigFloat;
use crate::constant_string::ConstString;
use crate::expr_table::ExprTable;
use crate::object::{BuiltinId, ObjId};
use crate::types::TypeId;
use gort_syntax::source::Pos;
use num_bigint::BigInt;
use num_rational::BigRational;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A constant. A float is a [`Self::Ratio`] or a [`Self::Float`] (see `constant`).
#[derive(Clone, Debug, PartialEq)]
pub enum ConstValue {
    /// Follows an error.
    Unknown,
    /// bool
    Bool(bool),
    /// string, as bytes
    String(ConstString),
    /// integer or rune
    Int(BigInt),
    /// float, exact
    Ratio(BigRational),
    /// float of limited precision
    Float(BigFloat),
    /// complex: real and imaginary part, each an integer or a float
    Complex(Box<ConstValue>, Box<ConstValue>),
}

/// What an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An error was reported.
    Invalid,
    /// A call without results.
    NoValue,
    /// A builtin function.
    Builtin(BuiltinId),
    /// A type.
    TypExpr,
    /// A constant; the value is beside it.
    Constant,
    /// An addressable variable.
    Variable,
    /// A map element: not addressable, can be assigned to.
    MapIndex,
    /// A value.
    Value,
    /// `nil`
    NilValue,
    /// A value that may come with a second, bool one: receive, map index, type assertion.
    CommaOk,
}

/// Facts of one expression.
#[derive(Clone, Debug)]
pub struct TypeAndValue {
    /// What it is.
    pub mode: Mode,
    /// Its type. Untyped constants have got their final type here (what they convert to); in a comma-ok
    /// context a tuple of two.
    pub typ: TypeId,
    /// Its value if constant.
    pub value: Option<ConstValue>,
}

/// How a selector `x.f` selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionKind {
    /// A struct field.
    FieldVal,
    /// A method of a value: `x.m` bound or called.
    MethodVal,
    /// A method of a type: `T.m`.
    MethodExpr,
}

/// Facts of one selector expression (qualified identifiers are in `uses` instead).
#[derive(Clone, Debug)]
pub struct Selection {
    /// How.
    pub kind: SelectionKind,
    /// Type of `x`.
    pub recv: TypeId,
    /// Field or method.
    pub obj: ObjId,
    /// Path: field indices through embedded fields; the last one is the field's or the method's index.
    pub index: Vec<usize>,
    /// Were pointers followed on the way from `x` to the field or receiver base type?
    pub indirect: bool,
    /// Type of the whole selector expression.
    pub typ: TypeId,
}

/// One step of package initialisation: `lhs = rhs`.
#[derive(Clone, Debug)]
pub struct Initializer {
    /// Variables (several if one call gives all).
    pub lhs: Vec<ObjId>,
    /// Index of the file in the package, and of the `Decl::Var` in the file.
    pub file: usize,
    /// See `file`.
    pub decl: usize,
    /// Which value of the declaration.
    pub value: usize,
}

/// Which instance of a generic function or type an identifier denotes.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Type arguments, written or inferred.
    pub type_args: Vec<TypeId>,
    /// The instance: a signature without type parameters, or a type.
    pub typ: TypeId,
}

/// All side tables. One for all packages of a compilation.
#[derive(Debug, Default)]
pub struct Info {
    /// Of every expression that was reached (types included).
    pub types: ExprTable<TypeAndValue>,
    /// Objects that identifiers declare; the implicit variable of a type switch is in `implicits`.
    pub defs: ExprTable<ObjId>,
    /// Objects that identifiers refer to.
    pub uses: ExprTable<ObjId>,
    /// Per clause of a type switch with a variable (key: position of `case`/`default`): its variable.
    pub implicits: BTreeMap<gort_syntax::source::Pos, ObjId>,
    /// Of selector expressions; of the keys of struct literals that name promoted fields.
    pub selections: ExprTable<Selection>,
    /// Of identifiers that denote a generic function or type (the last one of a qualified name or selector).
    pub instances: ExprTable<Instance>,
    /// Language version of the files that do not have the newest one: 21 is Go 1.21.
    pub versions: FxHashMap<gort_syntax::source::FileId, u32>,
    /// Where files begin and end in which the variables of a loop are those of all its iterations (before Go 1.22).
    pub old_loops: Vec<(Pos, Pos)>,
}

impl Info {
    /// Are the variables that a loop at `pos` declares shared by its iterations?
    pub fn shares_loop_vars(&self, pos: Pos) -> bool {
        self.old_loops.iter().any(|&(start, end)| start <= pos && pos <= end)
    }
}
