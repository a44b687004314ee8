//! Visiting the pointers of one object, by the kind of its span.
//!
//! Masked objects: the span's mask. Described and large ones: the type's mask, repeated from the first
//! byte to the end of the slot (the unused tail is zero). Objects over [`OBLET`] bytes are scanned in
//! pieces that are work items of their own, so that several Ps share them and none is kept long.
//!
//! Words are read while the program writes them: either value will do, since a written or overwritten
//! pointer is shaded by the barrier (INV-GC-1).

use crate::host::word_at;
use gort_abi::addr::Addr;
use gort_heap::layout::HEADER;
use gort_heap::{ScanKind, SpanRef, TypeRef};

/// Bytes of a large object per work item.
pub(crate) const OBLET: usize = 128 << 10;

/// A mask that begins like this, and has nothing behind its first gap, is for the vector kernel.
const DENSE: u64 = 0xff;

/// Receives what scanning finds.
pub(crate) trait Tracer {
    /// A word that may be a pointer.
    fn edge(&mut self, value: usize);
    /// The words from `at` on that the mask has bits for.
    #[inline]
    fn masked(&mut self, at: usize, mask: u64) {
        let mut bits = mask;
        while bits != 0 {
            self.edge(word_at(Addr(at + bits.trailing_zeros() as usize * 8)));
            bits &= bits - 1;
        }
    }
    /// Many words, each of which may be a pointer.
    fn words(&mut self, from: usize, to: usize) {
        (from..to).step_by(8).for_each(|at| self.edge(word_at(Addr(at))));
    }
    /// A later piece of the same object, to be scanned like an object.
    fn piece(&mut self, at: usize);
}

/// Visits the object, or piece, at `at` in slot `index`; returns the bytes it stands for.
#[inline]
pub(crate) fn scan_object(tracer: &mut impl Tracer, span: SpanRef, index: u32, at: usize) -> usize {
    match span.kind() {
        ScanKind::Masked => {
            let mask = span.ptr_mask();
            if mask & DENSE == DENSE && mask & mask.wrapping_add(1) == 0 {
                tracer.words(at, at + 8 * mask.count_ones() as usize);
            } else {
                tracer.masked(at, mask);
            }
            span.slot_size()
        }
        ScanKind::Typed => {
            let slot = span.slot(index).0;
            let descriptor = word_at(Addr(slot));
            if descriptor != 0 {
                // SAFETY: INV-DESC-1, allocation wrote the descriptor of a sound type there.
                let typ = unsafe { TypeRef::new(Addr(descriptor)) };
                let from = slot + HEADER;
                scan_repeated(tracer, typ, from, from, slot + span.slot_size());
            }
            span.slot_size()
        }
        ScanKind::Large => scan_large(tracer, span, at),
        ScanKind::NoScan | ScanKind::Free => 0,
    }
}

fn scan_large(tracer: &mut impl Tracer, span: SpanRef, at: usize) -> usize {
    let base = span.base().0;
    let end = base + span.slot_size();
    if at == base {
        let mut piece = base + OBLET;
        while piece < end {
            tracer.piece(piece);
            piece += OBLET;
        }
    }
    let to = end.min(at + OBLET);
    if let Some(typ) = span.large_type() {
        scan_repeated(tracer, typ, base, at, to);
    }
    to - at
}

/// Visits the pointer words in `from .. to` of memory that repeats `typ` from `base` on.
fn scan_repeated(tracer: &mut impl Tracer, typ: TypeRef, base: usize, from: usize, to: usize) {
    let (size, ptr_bytes) = (typ.size(), typ.ptr_bytes());
    if size == 8 {
        tracer.words(from, to);
        return;
    }
    let mut value = base + (from - base) / size * size;
    while value < to {
        let first = from.saturating_sub(value) / 64;
        let bytes = (to - value).min(ptr_bytes);
        let mut byte = first;
        while byte * 64 < bytes {
            let mut bits = typ.mask_byte(byte);
            while bits != 0 {
                let at = value + byte * 64 + bits.trailing_zeros() as usize * 8;
                if at >= from && at + 8 <= to {
                    tracer.edge(word_at(Addr(at)));
                }
                bits &= bits - 1;
            }
            byte += 1;
        }
        value += size;
    }
}
