//! What names stand for, and the scopes they are found in.

use crate::info::ConstValue;
use crate::program::PkgId;
use crate::types::TypeId;
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;
use std::sync::Arc;

index_vec::define_index_type! {
    /// A declared thing in the arena.
    pub struct ObjId = u32;
}

index_vec::define_index_type! {
    /// A scope in the arena.
    pub struct ScopeId = u32;
}

/// A declared thing.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name.
    pub name: Arc<str>,
    /// Package it belongs to; `None` for predeclared things.
    pub pkg: Option<PkgId>,
    /// Scope it is declared in; `None` for fields and methods.
    pub parent: Option<ScopeId>,
    /// Position of the declaring identifier.
    pub pos: Pos,
    /// Its type; `None` until known.
    pub typ: Option<TypeId>,
    /// From where on it is visible in a function scope.
    pub scope_pos: Pos,
    /// What it is.
    pub kind: ObjKind,
}

/// Kinds of objects.
#[derive(Clone, Debug)]
pub enum ObjKind {
    /// An imported package.
    PkgName {
        /// Which.
        imported: PkgId,
        /// Seen in use.
        used: bool,
    },
    /// A constant.
    Const {
        /// `None` until known.
        value: Option<ConstValue>,
    },
    /// A type.
    TypeName {
        /// Declared with `=`.
        alias: bool,
    },
    /// A variable, parameter, result or field.
    Var {
        /// Which of these.
        kind: VarKind,
        /// An embedded field.
        embedded: bool,
        /// Seen in use.
        used: bool,
    },
    /// A function or method.
    Func {
        /// For a method: does its receiver point? (Known before its signature is.)
        ptr_recv: bool,
    },
    /// A label.
    Label {
        /// Seen in use.
        used: bool,
    },
    /// A builtin function.
    Builtin(BuiltinId),
    /// `nil`
    Nil,
}

/// What a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarKind {
    /// Declared at package level.
    Package,
    /// Declared in a function.
    Local,
    /// Receiver.
    Recv,
    /// Parameter.
    Param,
    /// Result.
    Result,
    /// Struct field.
    Field,
}

/// Builtin functions, of package unsafe too.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltinId {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    UnsafeAdd,
    UnsafeAlignof,
    UnsafeOffsetof,
    UnsafeSizeof,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
    Assert,
    Trace,
}

/// Names declared in one block.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Enclosing scope.
    pub parent: Option<ScopeId>,
    /// What is declared here.
    pub names: FxHashMap<Arc<str>, ObjId>,
    /// First byte of the block; none for the universe and packages.
    pub pos: Pos,
    /// End of the block.
    pub end: Pos,
    /// The scope of a function's body and parameters.
    pub is_func: bool,
}
