//! Where the parts of a value lie in memory, and which scalars it flattens to.
//!
//! gc's layouts on amd64 (design decision D3): fields in order at their natural alignment; a struct that
//! ends in a zero-size field gets a byte of padding, so that a pointer to it stays inside.

use super::Lowering;
use crate::inst::Ty;
use gort_types::types::{BasicKind, Type, TypeId};
use std::rc::Rc;

/// A type that flattens into at most this many scalars is held in SSA values.
pub const MAX_SCALARS: usize = 4;

/// One scalar of a flattened value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its type.
    pub ty: Ty,
    /// Its byte offset in the value.
    pub offset: u32,
    /// May it be the only pointer to an object? The collector looks at it then, and hears of stores to it. The type
    /// word of an interface value is not traced: tables and types are no objects, or `reflect` keeps them for ever.
    pub traced: bool,
}

impl Scalar {
    /// A scalar that is what its type says.
    pub fn new(ty: Ty, offset: u32) -> Self {
        Self { ty, offset, traced: ty == Ty::Ptr }
    }
}

/// Layout of a type.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u32,
    /// Byte offsets of its pointer words, ascending. Of a large array those of its first elements only:
    /// see `pointer_bytes`.
    pub pointers: Rc<[u32]>,
    /// The scalars, if they are few enough and no array needs indexing.
    pub scalars: Option<Rc<[Scalar]>>,
}

impl Layout {
    /// Does the value hold pointers?
    pub fn has_pointers(&self) -> bool {
        !self.pointers.is_empty()
    }

    fn of_scalars(size: u64, align: u32, scalars: &[Scalar]) -> Self {
        let pointers = scalars.iter().filter(|s| s.traced).map(|s| s.offset).collect();
        Self { size, align, pointers, scalars: Some(scalars.into()) }
    }

    fn of_words(tys: &[Ty]) -> Self {
        let scalars: Vec<Scalar> =
            tys.iter().enumerate().map(|(i, &ty)| Scalar::new(ty, 8 * i as u32)).collect();
        Self::of_scalars(8 * tys.len() as u64, 8, &scalars)
    }
}

/// `n` rounded up to a multiple of `align`, a power of two.
pub const fn align_up(n: u64, align: u32) -> u64 {
    (n + align as u64 - 1) & !(align as u64 - 1)
}

/// The scalar of a basic type that is one; strings and complex numbers are several.
pub const fn basic_ty(kind: BasicKind) -> Option<Ty> {
    Some(match kind {
        BasicKind::Bool | BasicKind::UntypedBool | BasicKind::Int8 | BasicKind::Uint8 => Ty::I8,
        BasicKind::Int16 | BasicKind::Uint16 => Ty::I16,
        BasicKind::Int32 | BasicKind::Uint32 | BasicKind::UntypedRune => Ty::I32,
        BasicKind::Int
        | BasicKind::Uint
        | BasicKind::Int64
        | BasicKind::Uint64
        | BasicKind::Uintptr
        | BasicKind::UntypedInt => Ty::I64,
        BasicKind::Float32 => Ty::F32,
        BasicKind::Float64 | BasicKind::UntypedFloat => Ty::F64,
        BasicKind::UnsafePointer | BasicKind::UntypedNil => Ty::Ptr,
        _ => return None,
    })
}

impl Lowering<'_> {
    /// The layout of a type.
    pub fn layout(&mut self, t: TypeId) -> Layout {
        if let Some(l) = self.layouts.get(&t) {
            return l.clone();
        }
        let l = self.compute_layout(t);
        self.layouts.insert(t, l.clone());
        l
    }

    fn compute_layout(&mut self, t: TypeId) -> Layout {
        let under = self.prog.under(t);
        match self.prog.types[under].clone() {
            Type::Basic(kind) => basic_layout(kind),
            Type::Pointer(_) | Type::Map { .. } | Type::Chan { .. } | Type::Signature(_) => {
                Layout::of_words(&[Ty::Ptr])
            }
            Type::Slice(_) => Layout::of_words(&[Ty::Ptr, Ty::I64, Ty::I64]),
            Type::Interface(_) => {
                let type_word = Scalar { ty: Ty::Ptr, offset: 0, traced: false };
                Layout::of_scalars(16, 8, &[type_word, Scalar::new(Ty::Ptr, 8)])
            }
            Type::Array { elem, len } => {
                let elem = self.layout(elem);
                array_layout(&elem, u64::try_from(len).unwrap_or(0))
            }
            Type::Struct(s) => {
                let fields: Vec<TypeId> = s.fields.iter().map(|&f| self.obj_type(f)).collect();
                self.sequence_layout(&fields, true).0
            }
            Type::Tuple(vars) => {
                let fields: Vec<TypeId> = vars.iter().map(|&f| self.obj_type(f)).collect();
                self.sequence_layout(&fields, false).0
            }
            Type::Named(_) | Type::TypeParam(_) | Type::Union(_) => Layout::of_words(&[Ty::Ptr]),
        }
    }

    /// The layout of values one after the other, and their offsets. `pad_last`: the padding after a
    /// zero-size last field, as structs have it.
    pub fn sequence_layout(&mut self, types: &[TypeId], pad_last: bool) -> (Layout, Vec<u32>) {
        let (mut size, mut align) = (0u64, 1u32);
        let (mut offsets, mut pointers, mut scalars) = (Vec::new(), Vec::new(), Some(Vec::new()));
        let mut last_is_empty = false;
        for &t in types {
            let field = self.layout(t);
            size = align_up(size, field.align);
            align = align.max(field.align);
            let base = size as u32;
            offsets.push(base);
            pointers.extend(field.pointers.iter().map(|p| p + base));
            scalars = match (scalars, &field.scalars) {
                (Some(mut all), Some(more)) => {
                    all.extend(more.iter().map(|s| Scalar { offset: s.offset + base, ..*s }));
                    (all.len() <= MAX_SCALARS).then_some(all)
                }
                _ => None,
            };
            last_is_empty = field.size == 0;
            size += field.size;
        }
        if pad_last && last_is_empty && size > 0 {
            size += 1;
        }
        size = align_up(size, align);
        let scalars = scalars.map(Rc::from);
        (Layout { size, align, pointers: pointers.into(), scalars }, offsets)
    }

    /// Byte offset of a field of a struct type.
    pub fn field_offset(&mut self, struct_type: TypeId, index: usize) -> u32 {
        let under = self.prog.under(struct_type);
        if let Some(offsets) = self.field_offsets.get(&under) {
            return offsets.get(index).copied().unwrap_or(0);
        }
        let Type::Struct(s) = self.prog.types[under].clone() else { return 0 };
        let fields: Vec<TypeId> = s.fields.iter().map(|&f| self.obj_type(f)).collect();
        let offsets = self.sequence_layout(&fields, true).1;
        let offset = offsets.get(index).copied().unwrap_or(0);
        self.field_offsets.insert(under, offsets);
        offset
    }

    /// The type of an object; the invalid type where an error was reported.
    pub fn obj_type(&self, obj: gort_types::object::ObjId) -> TypeId {
        if let Some(t) = self.generic.var_type(obj) {
            return t;
        }
        self.prog.objs[obj].typ.unwrap_or_else(|| self.prog.basic(BasicKind::Invalid))
    }

    /// Is the type pointer-shaped: stored in an interface's data word itself?
    pub fn is_direct_iface(&mut self, t: TypeId) -> bool {
        let under = self.prog.under(t);
        match self.prog.types[under].clone() {
            Type::Pointer(_) | Type::Map { .. } | Type::Chan { .. } | Type::Signature(_) => true,
            Type::Basic(kind) => kind == BasicKind::UnsafePointer,
            Type::Struct(s) => match s.fields.as_slice() {
                [only] => {
                    let t = self.obj_type(*only);
                    self.is_direct_iface(t)
                }
                _ => false,
            },
            Type::Array { elem, len: 1 } => self.is_direct_iface(elem),
            _ => false,
        }
    }

    /// Bytes up to and including the last pointer word of a type: `PtrBytes` of its descriptor.
    pub fn pointer_bytes(&mut self, t: TypeId) -> u64 {
        self.layout(t).pointers.last().map_or(0, |&p| u64::from(p) + 8)
    }
}

fn basic_layout(kind: BasicKind) -> Layout {
    match kind {
        BasicKind::String | BasicKind::UntypedString => Layout::of_words(&[Ty::Ptr, Ty::I64]),
        BasicKind::Complex64 => complex_layout(Ty::F32),
        BasicKind::Complex128 | BasicKind::UntypedComplex => complex_layout(Ty::F64),
        _ => match basic_ty(kind) {
            Some(ty) => Layout::of_scalars(u64::from(ty.size()), ty.size(), &[Scalar::new(ty, 0)]),
            None => Layout::of_scalars(0, 1, &[]),
        },
    }
}

fn complex_layout(part: Ty) -> Layout {
    let n = part.size();
    Layout::of_scalars(2 * u64::from(n), n, &[Scalar::new(part, 0), Scalar::new(part, n)])
}

fn array_layout(elem: &Layout, len: u64) -> Layout {
    let size = elem.size.saturating_mul(len);
    let scalars = match (len, &elem.scalars) {
        (0, _) => Some(Rc::from([])),
        (1, Some(s)) => Some(s.clone()),
        _ if size == 0 => Some(Rc::from([])),
        _ => None,
    };
    let mut pointers = Vec::new();
    if elem.has_pointers() {
        for i in 0..len {
            let Ok(base) = u32::try_from(i * elem.size) else { break };
            pointers.extend(elem.pointers.iter().map(|p| p + base));
        }
    }
    Layout { size, align: elem.align, pointers: pointers.into(), scalars }
}
