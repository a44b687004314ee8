//! Questions about types.
//!
//! Go counterpart: `go/types/predicates.go` and `under.go`.

use crate::object::ObjId;
use crate::program::{PkgId, Program};
use crate::types::{BasicKind, Interface, Named, Signature, Struct, Type, TypeId};
use gort_syntax::ast::ChanDir;
use rustc_hash::FxHashSet;

impl Program {
    /// The underlying type; invalid if it is not known yet.
    pub fn under(&self, t: TypeId) -> TypeId {
        let mut t = t;
        // A chain of declarations `type A B; type B C` is as long as there are named types at most; one
        // that is longer goes round in a circle.
        for _ in 0..1000 {
            match self.ty(t) {
                Type::Named(n) => match n.underlying.or(n.rhs) {
                    Some(u) => t = u,
                    None => return self.invalid(),
                },
                _ => return t,
            }
        }
        self.invalid()
    }

    /// The underlying type itself.
    pub fn under_type(&self, t: TypeId) -> &Type {
        self.ty(self.under(t))
    }

    /// Kind of the underlying type, if basic.
    pub fn basic_kind(&self, t: TypeId) -> Option<BasicKind> {
        match self.under_type(t) {
            Type::Basic(k) => Some(*k),
            _ => None,
        }
    }

    fn basic_is(&self, t: TypeId, f: impl Fn(BasicKind) -> bool) -> bool {
        self.basic_kind(t).is_some_and(f)
    }

    /// Is it a type, and no consequence of an error?
    pub fn is_valid(&self, t: TypeId) -> bool {
        !matches!(self.ty(t), Type::Basic(BasicKind::Invalid))
    }

    fn all_basic(&self, t: TypeId, f: impl Fn(BasicKind) -> bool) -> bool {
        self.all_types(t, |t| self.basic_is(t, &f))
    }

    /// Like `is_boolean`, for every type of a type parameter.
    pub fn all_boolean(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_boolean)
    }

    /// Like `is_integer`, for every type of a type parameter.
    pub fn all_integer(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_integer)
    }

    /// Like `is_unsigned`, for every type of a type parameter.
    pub fn all_unsigned(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_unsigned)
    }

    /// Like `is_numeric`, for every type of a type parameter.
    pub fn all_numeric(&self, t: TypeId) -> bool {
        self.all_basic(t, |k| k.is_integer() || k.is_float() || k.is_complex())
    }

    /// Like `is_string`, for every type of a type parameter.
    pub fn all_string(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_string)
    }

    /// Like `is_ordered`, for every type of a type parameter.
    pub fn all_ordered(&self, t: TypeId) -> bool {
        self.all_basic(t, |k| k.is_integer() || k.is_float() || k.is_string())
    }

    /// Numbers and strings: the types with `+`.
    pub fn all_addable(&self, t: TypeId) -> bool {
        self.all_basic(t, |k| k.is_integer() || k.is_float() || k.is_complex() || k.is_string())
    }

    /// bool or declared from it, typed or not.
    pub fn is_boolean(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_boolean)
    }

    /// Integers, typed or not.
    pub fn is_integer(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_integer)
    }

    /// Unsigned integers.
    pub fn is_unsigned(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_unsigned)
    }

    /// Floats, typed or not.
    pub fn is_float(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_float)
    }

    /// Complex numbers, typed or not.
    pub fn is_complex(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_complex)
    }

    /// Numbers, typed or not.
    pub fn is_numeric(&self, t: TypeId) -> bool {
        self.basic_is(t, |k| k.is_integer() || k.is_float() || k.is_complex())
    }

    /// Strings, typed or not.
    pub fn is_string(&self, t: TypeId) -> bool {
        self.basic_is(t, BasicKind::is_string)
    }

    /// Integers and floats, typed or not.
    pub fn is_integer_or_float(&self, t: TypeId) -> bool {
        self.basic_is(t, |k| k.is_integer() || k.is_float())
    }

    /// Types of constants, typed or not.
    pub fn is_const_type(&self, t: TypeId) -> bool {
        self.basic_is(t, |k| {
            k.is_integer() || k.is_float() || k.is_complex() || k.is_string() || k.is_boolean()
        })
    }

    /// Types with `<`.
    pub fn is_ordered(&self, t: TypeId) -> bool {
        self.basic_is(t, |k| k.is_integer() || k.is_float() || k.is_string())
    }

    /// Type of an untyped constant or of `nil`.
    pub fn is_untyped(&self, t: TypeId) -> bool {
        matches!(self.ty(t), Type::Basic(k) if k.is_untyped())
    }

    /// Not untyped.
    pub fn is_typed(&self, t: TypeId) -> bool {
        !self.is_untyped(t)
    }

    /// Type of an untyped number.
    pub fn is_untyped_numeric(&self, t: TypeId) -> bool {
        self.is_untyped(t) && self.is_numeric(t)
    }

    /// Is the underlying type an interface? (Not for type parameters.)
    pub fn is_interface(&self, t: TypeId) -> bool {
        matches!(self.under_type(t), Type::Interface(_))
    }

    /// Has the type a name: predeclared, declared, or a type parameter?
    pub fn has_name(&self, t: TypeId) -> bool {
        matches!(self.ty(t), Type::Basic(_) | Type::Named(_) | Type::TypeParam(_))
    }

    /// See [`Self::has_name`].
    pub fn is_named(&self, t: TypeId) -> bool {
        self.has_name(t)
    }

    /// A type parameter.
    pub fn is_type_param(&self, t: TypeId) -> bool {
        matches!(self.ty(t), Type::TypeParam(_))
    }

    /// A generic type without arguments.
    pub fn is_generic(&self, t: TypeId) -> bool {
        self.named(t).is_some_and(|n| !n.type_params.is_empty() && n.type_args.is_empty())
    }

    /// A declared type.
    pub fn named(&self, t: TypeId) -> Option<&Named> {
        match self.ty(t) {
            Type::Named(n) => Some(n),
            _ => None,
        }
    }

    /// Base type, if the underlying type is a pointer.
    pub fn pointer_base(&self, t: TypeId) -> Option<TypeId> {
        match self.under_type(t) {
            Type::Pointer(b) => Some(*b),
            _ => None,
        }
    }

    /// Element type, if the underlying type is a slice.
    pub fn slice_elem(&self, t: TypeId) -> Option<TypeId> {
        match self.under_type(t) {
            Type::Slice(e) => Some(*e),
            _ => None,
        }
    }

    /// Element type and length, if the underlying type is an array.
    pub fn array_of(&self, t: TypeId) -> Option<(TypeId, i64)> {
        match self.under_type(t) {
            Type::Array { elem, len } => Some((*elem, *len)),
            _ => None,
        }
    }

    /// Direction and element type, if the underlying type is a channel.
    pub fn chan_of(&self, t: TypeId) -> Option<(ChanDir, TypeId)> {
        match self.under_type(t) {
            Type::Chan { dir, elem } => Some((*dir, *elem)),
            _ => None,
        }
    }

    /// Key and element type, if the underlying type is a map.
    pub fn map_of(&self, t: TypeId) -> Option<(TypeId, TypeId)> {
        match self.under_type(t) {
            Type::Map { key, elem } => Some((*key, *elem)),
            _ => None,
        }
    }

    /// The underlying struct type.
    pub fn struct_of(&self, t: TypeId) -> Option<&Struct> {
        match self.under_type(t) {
            Type::Struct(s) => Some(s),
            _ => None,
        }
    }

    /// The underlying function type.
    pub fn signature_of(&self, t: TypeId) -> Option<&Signature> {
        match self.under_type(t) {
            Type::Signature(s) => Some(s),
            _ => None,
        }
    }

    /// The underlying interface type.
    pub fn interface_of(&self, t: TypeId) -> Option<&Interface> {
        match self.under_type(t) {
            Type::Interface(i) => Some(i),
            _ => None,
        }
    }

    /// The variables of a tuple.
    pub fn tuple_of(&self, t: TypeId) -> Option<&[ObjId]> {
        match self.ty(t) {
            Type::Tuple(v) => Some(v),
            _ => None,
        }
    }

    /// `T` of a pointer type literal `*T`, and whether it was one.
    pub fn deref(&self, t: TypeId) -> (TypeId, bool) {
        match self.ty(t) {
            Type::Pointer(b) => (*b, true),
            _ => (t, false),
        }
    }

    /// Can its values be compared with `==`? (Interfaces can, though that may panic.)
    pub fn comparable(&self, t: TypeId) -> bool {
        self.comparable_type(t, true, None).is_ok()
    }

    /// Is it comparable, and why not ("" if there is no more to say)? With `dynamic`, interfaces are.
    pub fn comparable_type(&self, t: TypeId, dynamic: bool, pkg: Option<PkgId>) -> Result<(), String> {
        self.comparable_in(t, dynamic, pkg, &mut FxHashSet::default())
    }

    fn comparable_in(
        &self,
        t: TypeId,
        dynamic: bool,
        pkg: Option<PkgId>,
        seen: &mut FxHashSet<TypeId>,
    ) -> Result<(), String> {
        if !seen.insert(t) {
            return Ok(());
        }
        match self.under_type(t) {
            Type::Basic(BasicKind::UntypedNil) => Err(String::new()),
            Type::Basic(_) | Type::Pointer(_) | Type::Chan { .. } => Ok(()),
            Type::Struct(s) => {
                for &f in &s.fields {
                    let ft = self.obj_type(f);
                    if self.comparable_in(ft, dynamic, pkg, seen).is_err() {
                        return Err(format!(
                            "struct containing {} cannot be compared",
                            self.type_string(ft, pkg)
                        ));
                    }
                }
                Ok(())
            }
            Type::Array { elem, .. } => self
                .comparable_in(*elem, dynamic, pkg, seen)
                .map_err(|_| format!("{} cannot be compared", self.type_string(t, pkg))),
            Type::Interface(_) if dynamic => Ok(()),
            Type::Interface(_) | Type::TypeParam(_) => self.comparable_set(t, seen),
            _ => Err(String::new()),
        }
    }

    fn comparable_set(&self, t: TypeId, seen: &mut FxHashSet<TypeId>) -> Result<(), String> {
        let set = self.type_set(t);
        match &set.terms {
            None if set.comparable => Ok(()),
            None => Err("incomparable types in type set".to_owned()),
            Some(terms) if terms.is_empty() => Err("empty type set".to_owned()),
            Some(terms) if terms.iter().all(|t| self.comparable_in(t.typ, false, None, seen).is_ok()) => {
                Ok(())
            }
            Some(_) => Err("incomparable types in type set".to_owned()),
        }
    }

    /// Is `nil` a value of it?
    pub fn has_nil(&self, t: TypeId) -> bool {
        match self.under_type(t) {
            Type::Basic(k) => matches!(k, BasicKind::UnsafePointer),
            Type::TypeParam(_) => self.all_types(t, |t| self.has_nil(t)),
            Type::Slice(_)
            | Type::Pointer(_)
            | Type::Signature(_)
            | Type::Map { .. }
            | Type::Chan { .. }
            | Type::Interface(_) => true,
            _ => false,
        }
    }

    /// The type an untyped constant gets if nothing else is asked of it; other types are returned as they are.
    pub fn default_type(&self, t: TypeId) -> TypeId {
        match self.ty(t) {
            Type::Basic(BasicKind::UntypedBool) => self.basic(BasicKind::Bool),
            Type::Basic(BasicKind::UntypedInt) => self.basic(BasicKind::Int),
            Type::Basic(BasicKind::UntypedRune) => self.rune_type,
            Type::Basic(BasicKind::UntypedFloat) => self.basic(BasicKind::Float64),
            Type::Basic(BasicKind::UntypedComplex) => self.basic(BasicKind::Complex128),
            Type::Basic(BasicKind::UntypedString) => self.basic(BasicKind::String),
            _ => t,
        }
    }

    /// Are the names equal where exported, and names of the same package where not?
    pub fn same_id(&self, obj: ObjId, pkg: Option<PkgId>, name: &str, fold_case: bool) -> bool {
        let o = self.obj(obj);
        if fold_case && o.name.to_lowercase() == name.to_lowercase() {
            return true;
        }
        &*o.name == name && (is_exported(name) || o.pkg == pkg)
    }
}

/// Does the name begin with an upper case letter?
pub fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
