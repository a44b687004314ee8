//! What a type is, as far as code for its values cares.

use super::Body;
use crate::inst::Ty;
use crate::lower::layout::{Layout, basic_ty};
use gort_syntax::ast::Expr;
use gort_types::info::{Mode, TypeAndValue};
use gort_types::object::ObjId;
use gort_types::types::{BasicKind, Type, TypeId};

/// The underlying type, in brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Bool,
    Int {
        ty: Ty,
        signed: bool,
    },
    Float(Ty),
    /// Type of its parts.
    Complex(Ty),
    String,
    UnsafePointer,
    Pointer(TypeId),
    Slice(TypeId),
    Array(TypeId, i64),
    Map,
    Chan(TypeId),
    Struct,
    Func,
    Interface {
        empty: bool,
    },
    Other,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn shape(&self, t: TypeId) -> Shape {
        let under = self.l.prog.under(t);
        match self.l.prog.ty(under) {
            Type::Basic(kind) => basic_shape(*kind),
            Type::Pointer(e) => Shape::Pointer(*e),
            Type::Slice(e) => Shape::Slice(*e),
            Type::Array { elem, len } => Shape::Array(*elem, *len),
            Type::Map { .. } => Shape::Map,
            Type::Chan { elem, .. } => Shape::Chan(*elem),
            Type::Struct(_) => Shape::Struct,
            Type::Signature(_) => Shape::Func,
            Type::Interface(_) => Shape::Interface { empty: self.l.prog.type_set(under).methods.is_empty() },
            Type::Named(_) | Type::Tuple(_) | Type::TypeParam(_) | Type::Union(_) => Shape::Other,
        }
    }

    pub(super) fn is_interface(&self, t: TypeId) -> bool {
        matches!(self.shape(t), Shape::Interface { .. })
    }

    pub(super) fn layout(&mut self, t: TypeId) -> Layout {
        self.l.layout(t)
    }

    /// Types of the scalars of a type that flattens.
    pub(super) fn scalar_tys(&mut self, t: TypeId) -> Option<Vec<Ty>> {
        self.layout(t).scalars.map(|s| s.iter().map(|s| s.ty).collect())
    }

    pub(super) fn basic(&self, kind: BasicKind) -> TypeId {
        self.l.prog.basic(kind)
    }

    pub(super) fn int(&self) -> TypeId {
        self.basic(BasicKind::Int)
    }

    pub(super) fn string_type(&self) -> TypeId {
        self.basic(BasicKind::String)
    }

    pub(super) fn fact(&self, e: &Expr) -> Option<TypeAndValue> {
        self.l.prog.info.types.get(&e.id).cloned()
    }

    pub(super) fn mode(&self, e: &Expr) -> Mode {
        self.l.prog.info.types.get(&e.id).map_or(Mode::Value, |tv| tv.mode)
    }

    pub(super) fn is_type(&self, e: &Expr) -> bool {
        self.mode(e) == Mode::TypExpr
    }

    pub(super) fn is_constant(&self, e: &Expr) -> bool {
        self.l.prog.info.types.get(&e.id).is_some_and(|tv| tv.value.is_some())
    }

    /// Type of an expression. Of a comma-ok expression: the type of the value.
    pub(super) fn type_of(&self, e: &Expr) -> TypeId {
        let t = match self.l.prog.info.types.get(&e.id) {
            Some(tv) => tv.typ,
            None => match self.object(e) {
                Some(obj) => self.l.obj_type(obj),
                None => return self.basic(BasicKind::Invalid),
            },
        };
        match self.l.prog.ty(t) {
            Type::Tuple(vars) if self.mode(e) == Mode::CommaOk || self.mode(e) == Mode::MapIndex => {
                vars.first().map_or(t, |&v| self.l.obj_type(v))
            }
            _ => t,
        }
    }

    /// The types of all values of an expression: several for a call with several results.
    pub(super) fn tuple_types(&self, e: &Expr) -> Vec<TypeId> {
        let Some(tv) = self.l.prog.info.types.get(&e.id) else { return vec![self.type_of(e)] };
        match self.l.prog.ty(tv.typ) {
            Type::Tuple(vars) => vars.iter().map(|&v| self.l.obj_type(v)).collect(),
            _ if tv.mode == Mode::NoValue => Vec::new(),
            _ => vec![tv.typ],
        }
    }

    /// What a name refers to or declares.
    pub(super) fn object(&self, e: &Expr) -> Option<ObjId> {
        let info = &self.l.prog.info;
        match &e.unparen().kind {
            gort_syntax::ast::ExprKind::Name(id) => {
                info.uses.get(&id.id).or_else(|| info.defs.get(&id.id)).copied()
            }
            gort_syntax::ast::ExprKind::Selector(_, sel) => info.uses.get(&sel.id).copied(),
            _ => None,
        }
    }

    pub(super) fn is_blank(&self, e: &Expr) -> bool {
        matches!(&e.unparen().kind, gort_syntax::ast::ExprKind::Name(id) if id.is_blank())
    }

    /// Element types of fields of a struct type.
    pub(super) fn field_types(&self, t: TypeId) -> Vec<TypeId> {
        let under = self.l.prog.under(t);
        match self.l.prog.ty(under) {
            Type::Struct(s) => s.fields.iter().map(|&f| self.l.obj_type(f)).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn field_is_blank(&self, t: TypeId, i: usize) -> bool {
        let under = self.l.prog.under(t);
        match self.l.prog.ty(under) {
            Type::Struct(s) => s.fields.get(i).is_some_and(|&f| &*self.l.prog.objs[f].name == "_"),
            _ => false,
        }
    }

    pub(super) fn pointer_elem(&self, t: TypeId) -> Option<TypeId> {
        match self.shape(t) {
            Shape::Pointer(e) => Some(e),
            _ => None,
        }
    }
}

fn basic_shape(kind: BasicKind) -> Shape {
    match kind {
        BasicKind::Bool | BasicKind::UntypedBool => Shape::Bool,
        BasicKind::String | BasicKind::UntypedString => Shape::String,
        BasicKind::UnsafePointer | BasicKind::UntypedNil => Shape::UnsafePointer,
        BasicKind::Float32 => Shape::Float(Ty::F32),
        BasicKind::Float64 | BasicKind::UntypedFloat => Shape::Float(Ty::F64),
        BasicKind::Complex64 => Shape::Complex(Ty::F32),
        BasicKind::Complex128 | BasicKind::UntypedComplex => Shape::Complex(Ty::F64),
        BasicKind::Invalid => Shape::Other,
        _ => Shape::Int { ty: basic_ty(kind).unwrap_or(Ty::I64), signed: !kind.is_unsigned() },
    }
}
