//! Sizes, alignments and field offsets, as gc lays things out on amd64.
//!
//! Go counterpart: `go/types/gcsizes.go`.

use crate::object::ObjId;
use crate::program::Program;
use crate::types::{BasicKind, Type, TypeId};

const WORD: i64 = 8;

/// What a value takes.
#[derive(Clone, Copy)]
struct Extent {
    /// In bytes; none if it does not fit in an `int`.
    size: Option<i64>,
    /// In bytes, at least 1.
    align: i64,
}

impl Extent {
    const fn of(size: i64, align: i64) -> Self {
        Self { size: Some(size), align }
    }
}

impl Program {
    /// Size in bytes; negative if it does not fit in an `int`.
    pub fn sizeof(&self, t: TypeId) -> i64 {
        self.extent(t).size.unwrap_or(-1)
    }

    /// Alignment in bytes, at least 1.
    pub fn alignof(&self, t: TypeId) -> i64 {
        self.extent(t).align
    }

    /// Each part of a type is looked at once: types can be thousands of levels deep.
    fn extent(&self, t: TypeId) -> Extent {
        match self.under_type(t) {
            Type::Basic(BasicKind::Complex64) => Extent::of(8, 4),
            Type::Basic(k @ (BasicKind::Complex128 | BasicKind::String)) => Extent::of(basic_size(*k), WORD),
            Type::Basic(k) => Extent::of(basic_size(*k), basic_size(*k).clamp(1, WORD)),
            Type::Array { elem, len } => {
                let elem = self.extent(*elem);
                let size =
                    if *len <= 0 { Some(0) } else { elem.size.and_then(|size| size.checked_mul(*len)) };
                Extent { size, align: elem.align }
            }
            Type::Slice(_) => Extent::of(3 * WORD, WORD),
            Type::Interface(_) => Extent::of(2 * WORD, WORD),
            Type::Struct(s) => self.fields(&s.fields, |_| {}),
            _ => Extent::of(WORD, WORD),
        }
    }

    /// The extent of a struct; tells the offset of each field.
    fn fields(&self, fields: &[ObjId], mut tell: impl FnMut(Option<i64>)) -> Extent {
        let (mut end, mut align, mut ends_empty) = (Some(0i64), 1, false);
        for &f in fields {
            let field = self.extent(self.obj_type(f));
            let offset = end.and_then(|end| align_up(end, field.align));
            tell(offset);
            end = offset.zip(field.size).and_then(|(offset, size)| offset.checked_add(size));
            align = align.max(field.align);
            ends_empty = field.size == Some(0) && offset > Some(0);
        }
        // A pointer past a final field without size must not point to the next object.
        let end = end.and_then(|end| end.checked_add(i64::from(ends_empty)));
        Extent { size: end.and_then(|end| align_up(end, align)), align }
    }

    /// Offsets of struct fields; negative if too large.
    pub fn offsetsof(&self, fields: &[ObjId]) -> Vec<i64> {
        let mut offsets = Vec::with_capacity(fields.len());
        self.fields(fields, |offset| offsets.push(offset.unwrap_or(-1)));
        offsets
    }

    /// Is the size unknown, as the type is not complete or contains itself (an error then)?
    pub fn has_unknown_size(&self, t: TypeId) -> bool {
        self.unknown_size_in(t, &mut Vec::new())
    }

    fn unknown_size_in(&self, t: TypeId, nest: &mut Vec<TypeId>) -> bool {
        if let Some(n) = self.named(t) {
            if n.underlying.or(n.rhs).is_none() || nest.contains(&t) {
                return true;
            }
            nest.push(t);
            let unknown = self.unknown_size_in(self.under(t), nest);
            nest.pop();
            return unknown;
        }
        match self.ty(t) {
            Type::Array { elem, .. } => self.unknown_size_in(*elem, nest),
            Type::Struct(s) => s.fields.iter().any(|&f| self.unknown_size_in(self.obj_type(f), nest)),
            _ => false,
        }
    }

    /// Offset of a field reached through embedded structs (no pointers on the way).
    pub fn offsetof(&self, t: TypeId, index: &[usize]) -> i64 {
        let (mut t, mut offset) = (t, 0i64);
        for &i in index {
            let Some(s) = self.struct_of(t) else { return -1 };
            let (Some(&f), Some(&o)) = (s.fields.get(i), self.offsetsof(&s.fields).get(i)) else { return -1 };
            offset = match offset.checked_add(o) {
                Some(sum) if o >= 0 => sum,
                _ => return -1,
            };
            t = self.obj_type(f);
        }
        offset
    }
}

fn align_up(n: i64, align: i64) -> Option<i64> {
    n.checked_add(align - 1).map(|m| m / align * align)
}

const fn basic_size(k: BasicKind) -> i64 {
    match k {
        BasicKind::Bool | BasicKind::Int8 | BasicKind::Uint8 => 1,
        BasicKind::Int16 | BasicKind::Uint16 => 2,
        BasicKind::Int32 | BasicKind::Uint32 | BasicKind::Float32 => 4,
        BasicKind::String | BasicKind::Complex128 => 2 * WORD,
        _ => WORD,
    }
}
