//! Layouts: what the objects of a span have in common, as small numbers.
//!
//! A layout is a size class together with what the scanner must know: nothing (no pointers), one mask
//! of pointer words (slots up to 512 bytes), or "every slot begins with a descriptor". So small objects
//! need no header, and allocating one writes no metadata (design decision D9).
//!
//! Numbers `0 .. CLASSES` are the pointer-free layouts by class; `CLASSES .. 2 * CLASSES` the described
//! ones, which for masked sizes means "any word may be a pointer". Masked layouts get the numbers above
//! as they are first needed. When those run out, a type falls back on the any-word layout of its class,
//! which is correct, only less exact.
//!
//! INV-LAYOUT-1 (numbers stay): a layout's number never changes its meaning.
//! INV-LAYOUT-2 (masks over-approximate): every pointer word of an object is a pointer word of its layout.

use crate::size_class::{CLASSES, MAX_MASKED, MAX_SMALL, SizeClass};
use crate::span::ScanKind;
use crate::type_ref::TypeRef;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;

/// Most layouts there can be.
pub const MAX_LAYOUTS: usize = 4096;

/// Bytes of the descriptor word in front of a described object.
pub const HEADER: usize = 8;

/// The number of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayoutId(pub u32);

/// What the scanner knows about a layout's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayoutKind {
    /// No pointers.
    NoScan,
    /// Bit i: word i may be a pointer.
    Mask(u64),
    /// A descriptor stands in front.
    Typed,
}

impl LayoutKind {
    pub(crate) fn scan_kind(self) -> ScanKind {
        match self {
            Self::NoScan => ScanKind::NoScan,
            Self::Mask(_) => ScanKind::Masked,
            Self::Typed => ScanKind::Typed,
        }
    }
}

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Slot size.
    pub class: SizeClass,
    /// Pointers.
    pub kind: LayoutKind,
}

/// Where a request is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In a slot of this layout, without header.
    Small(LayoutId),
    /// In a slot of this layout, behind a descriptor word.
    Described(LayoutId),
    /// In a span of its own.
    Large,
}

/// All layouts of a heap.
#[derive(Debug)]
pub struct Layouts {
    masked: Mutex<Masked>,
}

#[derive(Debug, Default)]
struct Masked {
    ids: HashMap<(SizeClass, u64), LayoutId>,
    by_number: Vec<Layout>,
}

impl Default for Layouts {
    fn default() -> Self {
        Self { masked: Mutex::new(LockRank::Leaf, Masked::default()) }
    }
}

impl Layouts {
    /// The pointer-free layout for `bytes`, at most [`MAX_SMALL`].
    #[inline]
    pub fn noscan(bytes: usize) -> LayoutId {
        LayoutId(u32::from(SizeClass::of(bytes).0))
    }

    /// Where `count` values of a type go (whose size is not 0 and whose product does not overflow).
    pub fn place(&self, typ: TypeRef, count: usize) -> Placement {
        let bytes = typ.size() * count;
        if !typ.has_pointers() {
            return if bytes <= MAX_SMALL { Placement::Small(Self::noscan(bytes)) } else { Placement::Large };
        }
        if bytes <= MAX_MASKED {
            return Placement::Small(self.masked(SizeClass::of(bytes), typ.small_mask(count)));
        }
        if bytes + HEADER <= MAX_SMALL {
            let class = SizeClass::of(bytes + HEADER);
            return Placement::Described(LayoutId(CLASSES as u32 + u32::from(class.0)));
        }
        Placement::Large
    }

    fn masked(&self, class: SizeClass, mask: u64) -> LayoutId {
        let mut masked = self.masked.lock();
        if let Some(&id) = masked.ids.get(&(class, mask)) {
            return id;
        }
        let number = 2 * CLASSES + masked.by_number.len();
        if number >= MAX_LAYOUTS {
            return LayoutId(CLASSES as u32 + u32::from(class.0));
        }
        let id = LayoutId(number as u32);
        masked.by_number.push(Layout { class, kind: LayoutKind::Mask(mask) });
        masked.ids.insert((class, mask), id);
        id
    }

    /// What a number means (INV-LAYOUT-1).
    pub fn get(&self, id: LayoutId) -> Layout {
        let number = id.0 as usize;
        if number < CLASSES {
            return Layout { class: SizeClass(number as u8), kind: LayoutKind::NoScan };
        }
        if number < 2 * CLASSES {
            let class = SizeClass((number - CLASSES) as u8);
            let words = class.slot_size() / 8;
            let kind =
                if words <= 64 { LayoutKind::Mask(u64::MAX >> (64 - words)) } else { LayoutKind::Typed };
            return Layout { class, kind };
        }
        self.masked.lock().by_number[number - 2 * CLASSES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_word_layouts_cover_every_word() {
        let layouts = Layouts::default();
        for class in 0..CLASSES {
            let layout = layouts.get(LayoutId((CLASSES + class) as u32));
            match layout.kind {
                LayoutKind::Mask(mask) => {
                    assert_eq!(mask.count_ones() as usize, layout.class.slot_size() / 8, "INV-LAYOUT-2");
                }
                kind => assert!(kind == LayoutKind::Typed && layout.class.slot_size() > MAX_MASKED),
            }
        }
    }

    #[test]
    fn numbers_run_out_gracefully() {
        let layouts = Layouts::default();
        let class = SizeClass::of(512);
        for mask in 1..5000 {
            let id = layouts.masked(class, mask);
            let LayoutKind::Mask(covered) = layouts.get(id).kind else { panic!("not masked") };
            assert_eq!(covered & mask, mask, "INV-LAYOUT-2");
            assert_eq!(layouts.masked(class, mask), id, "INV-LAYOUT-1");
        }
    }
}
