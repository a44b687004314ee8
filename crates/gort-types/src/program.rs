//! Everything that is known of a compilation: the arenas and side tables.

use crate::info::{Info, Initializer};
use crate::instantiate::Generics;
use crate::lazy::Waiting;
use crate::object::{ObjId, Object, Scope, ScopeId};
use crate::types::{BasicKind, Type, TypeId};
use index_vec::IndexVec;
use rustc_hash::FxHashMap;

index_vec::define_index_type! {
    /// A package in the arena.
    pub struct PkgId = u32;
}

/// A package.
#[derive(Clone, Debug)]
pub struct Package {
    /// Import path; `main` for the program.
    pub path: String,
    /// Name in its package clauses.
    pub name: String,
    /// Its package scope.
    pub scope: ScopeId,
    /// Packages it imports directly, in order of first import.
    pub imports: Vec<PkgId>,
    /// Order of variable initialisation.
    pub init_order: Vec<Initializer>,
    /// `init` functions: (file index, declaration index), in order.
    pub inits: Vec<(usize, usize)>,
    /// It could not be imported: what is selected from it is not checked.
    pub fake: bool,
}

/// All types, objects, scopes, packages and facts.
#[derive(Debug)]
pub struct Program {
    /// Types.
    pub types: IndexVec<TypeId, Type>,
    /// Objects.
    pub objs: IndexVec<ObjId, Object>,
    /// Scopes.
    pub scopes: IndexVec<ScopeId, Scope>,
    /// Packages.
    pub pkgs: IndexVec<PkgId, Package>,
    /// Side tables.
    pub info: Info,
    /// The universe scope.
    pub universe: ScopeId,
    /// Package unsafe.
    pub unsafe_pkg: PkgId,
    /// Basic types, indexed by `BasicKind as usize`.
    pub basic: [TypeId; 26],
    /// `error`
    pub error_type: TypeId,
    /// `any`: the empty interface.
    pub any_type: TypeId,
    /// `byte` and `rune` are the same types as `uint8` and `int32`, displayed by these names.
    pub byte_type: TypeId,
    /// See `byte_type`.
    pub rune_type: TypeId,
    /// `comparable`
    pub comparable_type: TypeId,
    /// Instances of generic types and what belongs to them.
    pub generics: Generics,
    /// Function bodies that are not checked yet.
    pub waiting: FxHashMap<ObjId, Waiting>,
}

// Ids come from the arenas only, which never shrink.
#[allow(clippy::indexing_slicing)]
impl Program {
    /// The universe and package unsafe, nothing else.
    pub fn new() -> Self {
        crate::universe::program()
    }

    /// The basic type of that kind.
    pub fn basic(&self, kind: BasicKind) -> TypeId {
        self.basic.get(kind as usize).copied().unwrap_or(self.error_type)
    }

    /// What follows an error.
    pub fn invalid(&self) -> TypeId {
        self.basic(BasicKind::Invalid)
    }

    /// Adds a type.
    pub fn add_type(&mut self, t: Type) -> TypeId {
        self.types.push(t)
    }

    /// Adds an object.
    pub fn add_obj(&mut self, o: Object) -> ObjId {
        self.objs.push(o)
    }

    /// The type of that number.
    pub fn ty(&self, t: TypeId) -> &Type {
        &self.types[t]
    }

    /// The type of that number, to be changed.
    pub fn ty_mut(&mut self, t: TypeId) -> &mut Type {
        &mut self.types[t]
    }

    /// The object of that number.
    pub fn obj(&self, o: ObjId) -> &Object {
        &self.objs[o]
    }

    /// The object of that number, to be changed.
    pub fn obj_mut(&mut self, o: ObjId) -> &mut Object {
        &mut self.objs[o]
    }

    /// The type of an object; invalid if it is not known.
    pub fn obj_type(&self, o: ObjId) -> TypeId {
        self.objs[o].typ.unwrap_or_else(|| self.invalid())
    }

    /// The package of that number.
    pub fn pkg(&self, p: PkgId) -> &Package {
        &self.pkgs[p]
    }

    /// The package of that number, to be changed.
    pub fn pkg_mut(&mut self, p: PkgId) -> &mut Package {
        &mut self.pkgs[p]
    }

    /// The scope of that number, to be changed.
    pub(crate) fn scope_mut(&mut self, s: ScopeId) -> &mut Scope {
        &mut self.scopes[s]
    }

    /// The scope of that number.
    pub fn scope(&self, s: ScopeId) -> &Scope {
        &self.scopes[s]
    }
}

impl Default for Program {
    fn default() -> Self {
        Self::new()
    }
}
