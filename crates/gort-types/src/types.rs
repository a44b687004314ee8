//! What types there are.
//!
//! Types live in one arena ([`crate::program::Program::types`]) and are named by [`TypeId`]. Two ids may
//! stand for identical types: ask `identical`, as in go/types. An alias is no type of its own: the type
//! name simply has the aliased type.

use crate::object::ObjId;
use gort_syntax::ast::ChanDir;
use gort_syntax::source::Pos;

index_vec::define_index_type! {
    /// A type in the arena.
    pub struct TypeId = u32;
}

/// A type.
#[derive(Clone, Debug)]
pub enum Type {
    /// A predeclared or untyped basic type; `BasicKind::Invalid` follows an error.
    Basic(BasicKind),
    /// A declared type.
    Named(Named),
    /// `*T`
    Pointer(TypeId),
    /// `[]T`
    Slice(TypeId),
    /// `[n]T`; a negative length follows an error.
    Array {
        /// Element type.
        elem: TypeId,
        /// Number of elements.
        len: i64,
    },
    /// `map[K]V`
    Map {
        /// Key type.
        key: TypeId,
        /// Element type.
        elem: TypeId,
    },
    /// `chan T`
    Chan {
        /// Direction.
        dir: ChanDir,
        /// Element type.
        elem: TypeId,
    },
    /// `struct {...}`
    Struct(Struct),
    /// Several values: results of a call.
    Tuple(Vec<ObjId>),
    /// A function type.
    Signature(Signature),
    /// An interface.
    Interface(Interface),
    /// A type parameter.
    TypeParam(TypeParam),
    /// A union of a constraint.
    Union(Vec<Term>),
}

/// Basic types.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum BasicKind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

impl BasicKind {
    /// Every kind, in order: `Program::basic` is indexed alike.
    pub const ALL: [Self; 26] = [
        Self::Invalid,
        Self::Bool,
        Self::Int,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Uintptr,
        Self::Float32,
        Self::Float64,
        Self::Complex64,
        Self::Complex128,
        Self::String,
        Self::UnsafePointer,
        Self::UntypedBool,
        Self::UntypedInt,
        Self::UntypedRune,
        Self::UntypedFloat,
        Self::UntypedComplex,
        Self::UntypedString,
        Self::UntypedNil,
    ];

    /// Go's name: `int`, `untyped int`, `unsafe.Pointer`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::UnsafePointer => "unsafe.Pointer",
            Self::UntypedBool => "untyped bool",
            Self::UntypedInt => "untyped int",
            Self::UntypedRune => "untyped rune",
            Self::UntypedFloat => "untyped float",
            Self::UntypedComplex => "untyped complex",
            Self::UntypedString => "untyped string",
            Self::UntypedNil => "untyped nil",
        }
    }

    /// `untyped ...`
    pub const fn is_untyped(self) -> bool {
        matches!(
            self,
            Self::UntypedBool
                | Self::UntypedInt
                | Self::UntypedRune
                | Self::UntypedFloat
                | Self::UntypedComplex
                | Self::UntypedString
                | Self::UntypedNil
        )
    }

    /// Integer kinds, untyped ones included.
    pub const fn is_integer(self) -> bool {
        matches!(self as u8, 2..=12) || matches!(self, Self::UntypedInt | Self::UntypedRune)
    }

    /// Unsigned integer kinds.
    pub const fn is_unsigned(self) -> bool {
        matches!(self as u8, 7..=12)
    }

    /// Float kinds.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64 | Self::UntypedFloat)
    }

    /// Complex kinds.
    pub const fn is_complex(self) -> bool {
        matches!(self, Self::Complex64 | Self::Complex128 | Self::UntypedComplex)
    }

    /// String kinds.
    pub const fn is_string(self) -> bool {
        matches!(self, Self::String | Self::UntypedString)
    }

    /// Bool kinds.
    pub const fn is_boolean(self) -> bool {
        matches!(self, Self::Bool | Self::UntypedBool)
    }
}

/// A declared type. Filled in steps while its declaration is checked.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its type name.
    pub obj: ObjId,
    /// The underlying type, never a `Named`; `None` until known.
    pub underlying: Option<TypeId>,
    /// The type on the right side of the declaration, possibly a `Named` that is not complete yet.
    pub rhs: Option<TypeId>,
    /// Declared methods (`Func` objects), in source order.
    pub methods: Vec<ObjId>,
    /// Type parameters (`TypeParam` types) of a generic type.
    pub type_params: Vec<TypeId>,
    /// Type arguments of an instance.
    pub type_args: Vec<TypeId>,
    /// The generic type of an instance.
    pub origin: Option<TypeId>,
}

/// A struct type.
#[derive(Clone, Debug, Default)]
pub struct Struct {
    /// Fields (`Var` objects), in order.
    pub fields: Vec<ObjId>,
    /// Their tags, as many; "" for none.
    pub tags: Vec<String>,
}

/// A function type.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// Receiver variable of a declared method.
    pub recv: Option<ObjId>,
    /// Parameter variables; the last one of a variadic function has type `[]T`.
    pub params: Vec<ObjId>,
    /// Result variables.
    pub results: Vec<ObjId>,
    /// Last parameter is `...T`.
    pub variadic: bool,
    /// Type parameters.
    pub type_params: Vec<TypeId>,
    /// Type parameters that the receiver of a method of a generic type declares.
    pub recv_type_params: Vec<TypeId>,
}

/// An interface type.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    /// Methods declared in it (`Func` objects).
    pub methods: Vec<ObjId>,
    /// Embedded types.
    pub embeddeds: Vec<TypeId>,
    /// Their positions.
    pub embed_pos: Vec<Pos>,
    /// Everything known of it once complete: see [`TypeSet`].
    pub type_set: Option<TypeSet>,
    /// Stands around a constraint that was written without `interface{}`.
    pub implicit: bool,
}

/// The methods and type terms of an interface, embedded ones included.
#[derive(Clone, Debug, Default)]
pub struct TypeSet {
    /// All methods, sorted by name (unexported ones also by package path): the order of an itab.
    pub methods: Vec<ObjId>,
    /// Type terms; `None` is "all types".
    pub terms: Option<Vec<Term>>,
    /// Embeds `comparable`.
    pub comparable: bool,
}

/// A term of a union.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// `~T`
    pub tilde: bool,
    /// The type.
    pub typ: TypeId,
}

/// A type parameter.
#[derive(Clone, Debug)]
pub struct TypeParam {
    /// Its type name.
    pub obj: ObjId,
    /// Position in the list.
    pub index: usize,
    /// Its constraint.
    pub constraint: Option<TypeId>,
}
