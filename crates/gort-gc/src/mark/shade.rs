//! White to grey: the only setter of marks, besides allocation while marking (INV-GC-2).
//!
//! A value becomes an object by two loads (page table, span) and a multiplication; anything outside the
//! heap, and the unused tail of a span, is ignored. A pointer one past the end of an object shades its
//! neighbour, which does no harm but to keep it for a cycle.
//!
//! A root may hold a stale pointer to a slot that is free (a native stack, a frame stopped at a trap). It
//! is ignored: marking it would make a free slot live. Pointers in live heap objects are never stale.

use crate::collector::Collector;
use crate::mark::kernel::Kernel;
use crate::mark::work_buffer::{Grey, WorkList};
use gort_heap::{Heap, ObjectRef};

/// What is needed to shade, as plain borrows so that the loop keeps them in registers.
#[derive(Clone, Copy)]
pub(crate) struct Shader<'c> {
    pub heap: &'c Heap,
    pub work: &'c WorkList,
    pub kernel: Kernel,
}

impl Shader<'_> {
    /// Shades what a root points to.
    #[inline]
    pub fn shade_root(&self, grey: &mut Grey, value: usize) {
        if let Some(object) = self.heap.find(value)
            && !object.span.is_free(object.index)
        {
            self.mark(grey, object);
        }
    }

    /// Shades an object.
    #[inline]
    pub fn mark(&self, grey: &mut Grey, object: ObjectRef) {
        if !object.span.mark(object.index) {
            return;
        }
        let size = object.span.slot_size() as u64;
        grey.marked += size;
        if object.span.is_noscan() {
            return;
        }
        grey.marked_scannable += size;
        grey.push(self.work, object.addr().0);
    }
}

/// Asks for the cache line that holds an address.
#[inline]
pub(crate) fn prefetch(at: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at as *const i8);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

impl Collector {
    #[inline]
    pub(crate) fn shader(&self) -> Shader<'_> {
        Shader { heap: &self.heap, work: &self.work, kernel: self.kernel }
    }
}
