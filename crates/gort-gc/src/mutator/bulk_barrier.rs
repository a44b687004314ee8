//! The barrier for whole values: typed copy and typed clear.

use crate::collector::Collector;
use crate::host::word_at;
use crate::mutator::Mutator;
use gort_abi::addr::Addr;
use gort_heap::TypeRef;

impl Collector {
    /// Before `count` values at `dst` are overwritten by those at `src` (or by zeroes).
    ///
    /// # Safety
    /// INV-DESC-1 for `typ`; both ranges are readable values of the type; INV-HOST-2.
    pub unsafe fn bulk_barrier(&self, own: &Mutator, typ: Addr, dst: Addr, src: Option<Addr>, count: usize) {
        if !self.barrier_on() {
            return;
        }
        // SAFETY: INV-DESC-1, promised by the caller.
        let typ = unsafe { TypeRef::new(typ) };
        if !typ.has_pointers() {
            return;
        }
        let size = typ.size();
        for value in 0..count {
            typ.each_pointer(|offset| {
                let offset = value * size + offset;
                let new = src.map_or(0, |src| word_at(src.add(offset)));
                self.remember(own, word_at(dst.add(offset)), new);
            });
        }
    }

    /// Copies `count` values; the ranges may overlap.
    ///
    /// # Safety
    /// As [`Self::bulk_barrier`], and `dst` is writable.
    pub unsafe fn typed_copy(&self, own: &Mutator, typ: Addr, dst: Addr, src: Addr, count: usize) {
        if dst == src || count == 0 {
            return;
        }
        // SAFETY: promised by the caller.
        unsafe { self.bulk_barrier(own, typ, dst, Some(src), count) };
        // SAFETY: INV-DESC-1, promised by the caller.
        let size = unsafe { TypeRef::new(typ) }.size();
        // SAFETY: promised by the caller.
        unsafe { copy_words(dst.0, src.0, size * count) };
    }

    /// Zeroes `count` values.
    ///
    /// # Safety
    /// As [`Self::bulk_barrier`], and `dst` is writable.
    pub unsafe fn typed_clear(&self, own: &Mutator, typ: Addr, dst: Addr, count: usize) {
        // SAFETY: promised by the caller.
        unsafe { self.bulk_barrier(own, typ, dst, None, count) };
        // SAFETY: INV-DESC-1, promised by the caller.
        let size = unsafe { TypeRef::new(typ) }.size();
        // SAFETY: promised by the caller.
        unsafe { std::ptr::write_bytes(dst.0 as *mut u8, 0, size * count) };
    }
}

/// As `memmove`, but a concurrent reader never sees half a word (word-aligned ranges).
unsafe fn copy_words(dst: usize, src: usize, bytes: usize) {
    if !(dst | src | bytes).is_multiple_of(8) {
        // SAFETY: promised by the caller; no pointers lie in unaligned values.
        unsafe { std::ptr::copy(src as *const u8, dst as *mut u8, bytes) };
        return;
    }
    // SAFETY: promised by the caller. Copies by words or wider, as the marker's reads need.
    unsafe { std::ptr::copy(src as *const u64, dst as *mut u64, bytes / 8) };
}
