//! Sizes, alignments and field offsets, as gc lays things out on amd64.
//!
//! Go counterpart: `go/types/gcsizes.go`.

use crate::object::ObjId;
use crate::program::Program;
use crate::types::{BasicKind, Type, TypeId};

const WORD: i64 = 8;

impl Program {
    /// Size in bytes; negative if it does not fit in an `int`.
    pub fn sizeof(&self, t: TypeId) -> i64 {
        match self.under_type(t) {
            Type::Basic(k) => basic_size(*k),
            Type::Array { elem, len } => {
                let size = self.sizeof(*elem);
                if *len <= 0 || size == 0 {
                    0
                } else if size < 0 {
                    -1
                } else {
                    size.checked_mul(*len).unwrap_or(-1)
                }
            }
            Type::Slice(_) => 3 * WORD,
            Type::Interface(_) => 2 * WORD,
            Type::Struct(s) => self.struct_size(&s.fields),
            _ => WORD,
        }
    }

    fn struct_size(&self, fields: &[ObjId]) -> i64 {
        let (Some(&last), Some(&offset)) = (fields.last(), self.offsetsof(fields).last()) else { return 0 };
        let size = self.sizeof(self.obj_type(last));
        if offset < 0 || size < 0 {
            return -1;
        }
        // A pointer past a final field without size must not point to the next object.
        let size = if size == 0 && offset > 0 { 1 } else { size };
        let align = fields.iter().map(|&f| self.alignof(self.obj_type(f))).max().unwrap_or(1);
        offset.checked_add(size).and_then(|end| align_up(end, align)).unwrap_or(-1)
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

    /// Alignment in bytes, at least 1.
    pub fn alignof(&self, t: TypeId) -> i64 {
        match self.under_type(t) {
            Type::Basic(BasicKind::Complex64) => 4,
            Type::Basic(BasicKind::Complex128 | BasicKind::String) => WORD,
            Type::Basic(k) => basic_size(*k).clamp(1, WORD),
            Type::Array { elem, .. } => self.alignof(*elem),
            Type::Struct(s) => s.fields.iter().map(|&f| self.alignof(self.obj_type(f))).max().unwrap_or(1),
            _ => WORD,
        }
    }

    /// Offsets of struct fields; negative if too large.
    pub fn offsetsof(&self, fields: &[ObjId]) -> Vec<i64> {
        let mut next = Some(0i64);
        fields
            .iter()
            .map(|&f| {
                let t = self.obj_type(f);
                let offset = next.and_then(|n| align_up(n, self.alignof(t)));
                next = match (offset, self.sizeof(t)) {
                    (Some(o), size) if size >= 0 => o.checked_add(size),
                    _ => None,
                };
                offset.unwrap_or(-1)
            })
            .collect()
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
