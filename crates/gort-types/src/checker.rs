//! The checker's state while it works on one package.
//!
//! Each file of this crate adds methods to [`Checker`] for its part of the language.

use crate::info::ConstValue;
use crate::object::{ObjId, ScopeId};
use crate::operand::Operand;
use crate::program::{PkgId, Program};
use crate::types::TypeId;
use gort_syntax::ast::{BlockStmt, ConstDecl, Expr, ExprId, File, FuncDecl, TypeDecl, VarDecl};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::{Pos, SourceMap};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Checks one package.
pub struct Checker<'a> {
    /// Arenas and tables, shared by all packages.
    pub prog: &'a mut Program,
    /// Files of the package.
    pub files: &'a [File],
    /// For positions in messages ("other declaration of x at ...").
    pub sources: &'a SourceMap,
    /// What is wrong so far.
    pub diags: &'a mut Diagnostics,
    /// The package.
    pub pkg: PkgId,
    /// Import path to package, complete: imports are checked before.
    pub imports: &'a FxHashMap<String, PkgId>,
    /// Scope of each file.
    pub file_scopes: Vec<ScopeId>,
    /// Declarations of package-level objects (and methods).
    pub decls: FxHashMap<ObjId, DeclInfo<'a>>,
    /// Methods collected by base type name, until the type is checked.
    pub methods: FxHashMap<ObjId, Vec<ObjId>>,
    /// Untyped expressions whose final type is not known yet.
    pub untyped: FxHashMap<ExprId, UntypedExpr<'a>>,
    /// Objects being declared, for cycle detection (go/types' colours and object path).
    pub obj_path: Vec<ObjId>,
    /// Objects whose declaration is complete.
    pub done: FxHashSet<ObjId>,
    /// Work put off until the current declaration is done: function bodies, interface completion, ...
    pub delayed: VecDeque<Delayed<'a>>,
    /// Where we are.
    pub env: Environment<'a>,
    /// Variables of the function bodies being checked, innermost last: for "declared and not used".
    pub local_vars: Vec<ObjId>,
    /// Per group of constants the declaration that is repeated if values are left out.
    pub const_groups: FxHashMap<u32, &'a ConstDecl>,
    /// Types standing for aliases that were needed before they were known.
    pub alias_slots: FxHashMap<ObjId, TypeId>,
    /// Named types created so far, to be completed at the end of the package.
    pub named_types: Vec<TypeId>,
    /// `PkgName` objects of all files.
    pub pkg_names: Vec<ObjId>,
    /// Variables of the package-level var declarations, by file and declaration index.
    pub var_groups: FxHashMap<(usize, usize), Vec<ObjId>>,
    /// Which import brought a name into a file scope by `import .`.
    pub dot_imports: FxHashMap<(ScopeId, ObjId), ObjId>,
    /// Something could not be checked (not supported yet): do not complain about what is unused.
    pub skipped: bool,
    /// Functions without a body.
    pub bodyless: Vec<&'a FuncDecl>,
    /// Type literals, and where they are written: checked again in the end.
    pub written_types: Vec<(TypeId, Pos)>,
    /// Line and message of the last error.
    pub last_error: Option<(u32, String)>,
    /// As asked for.
    pub options: crate::check::Options,
    /// How type parameters depend on each other by instances.
    pub mono: crate::mono::Mono,
    /// Types from here on belong to this package.
    pub first_type: TypeId,
}

/// An untyped expression, remembered for `update_expr_type`.
#[derive(Clone, Debug)]
pub struct UntypedExpr<'a> {
    /// The expression.
    pub expr: &'a Expr,
    /// Left operand of a shift.
    pub is_lhs: bool,
    /// As far as known.
    pub operand: Operand<'a>,
}

/// Where the checker is.
#[derive(Clone, Debug)]
pub struct Environment<'a> {
    /// Package-level declaration that is being checked: dependencies are recorded in it.
    pub decl: Option<ObjId>,
    /// Innermost scope.
    pub scope: ScopeId,
    /// Position for look-ups in `scope`, if it matters.
    pub pos: Pos,
    /// Value of iota, in a constant declaration.
    pub iota: Option<ConstValue>,
    /// Position to report for errors in inherited constant expressions.
    pub err_pos: Option<Pos>,
    /// Signature of the function whose body is being checked.
    pub sig: Option<TypeId>,
    /// A call or receive was seen (for `len` of arrays to be constant or not).
    pub has_call_or_recv: bool,
    /// In a function body that has labels.
    pub has_label: bool,
    /// Calls of `panic`, for "missing return" (keyed by the call's id).
    pub is_panic: FxHashSet<ExprId>,
    /// Type parameters of the function and its receiver.
    pub tparams: Vec<TypeId>,
    /// Marks the lifetime.
    pub body: Option<&'a BlockStmt>,
}

/// Where and how a package-level object is declared.
#[derive(Clone, Debug)]
pub struct DeclInfo<'a> {
    /// Scope of its file.
    pub file_scope: ScopeId,
    /// File index in the package.
    pub file: usize,
    /// Declaration index in the file.
    pub decl: usize,
    /// The syntax.
    pub syntax: DeclSyntax<'a>,
    /// Package-level objects its initialisation or body refers to.
    pub deps: FxHashSet<ObjId>,
}

/// The syntax of a declaration.
#[derive(Clone, Copy, Debug)]
pub enum DeclSyntax<'a> {
    /// A constant: its declaration, index of the name, and the declaration whose type and values count.
    Const(&'a ConstDecl, usize, &'a ConstDecl),
    /// A variable and the index of its name.
    Var(&'a VarDecl, usize),
    /// A type.
    Type(&'a TypeDecl),
    /// A function or method.
    Func(&'a FuncDecl),
}

/// Work put off: short-lived, so that its size does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Delayed<'a> {
    /// Check a function body.
    FuncBody {
        /// Environment of the function (scope, decl, iota).
        env: Environment<'a>,
        /// For messages.
        name: String,
        /// Its signature.
        sig: TypeId,
        /// The body.
        body: &'a BlockStmt,
    },
    /// Compute the type set of an interface type and check it.
    TypeSet(TypeId, Pos),
    /// Check that a map key type is comparable.
    MapKey(TypeId, Pos),
    /// Check the embedded fields of a struct type.
    EmbeddedField(TypeId, Pos),
    /// Check a declared type for invalid recursion.
    ValidType(TypeId),
    /// Check that a type may be the type of a variable.
    VarType(TypeId, Pos),
    /// Check a receiver.
    ValidRecv(ObjId, Pos),
    /// Check the terms of a union.
    Union(TypeId, Vec<Pos>),
    /// Check that type arguments satisfy their constraints.
    Verify {
        /// Type parameters.
        params: Vec<TypeId>,
        /// As many arguments.
        args: Vec<TypeId>,
        /// Where.
        pos: Pos,
        /// Positions of the arguments that are written.
        arg_pos: Vec<Pos>,
    },
    /// Check that fields and methods of a declared type have different names.
    FieldUniqueness(TypeId),
}
