//! Objects over 32 KiB: a span each.

use crate::layout::LayoutId;
use crate::mheap::{Heap, OutOfMemory};
use crate::size_class::{PAGE_SIZE, pages_for};
use crate::span::{ScanKind, SpanShape};
use crate::type_ref::TypeRef;
use gort_abi::addr::Addr;

impl Heap {
    /// A zeroed object of `bytes` that repeats `typ`, or holds no pointers.
    pub fn alloc_large(&self, bytes: usize, typ: Option<TypeRef>, black: bool) -> Result<Addr, OutOfMemory> {
        if bytes > self.arena.pages() * PAGE_SIZE {
            return Err(OutOfMemory);
        }
        let typ = typ.filter(|t| t.has_pointers());
        let bytes = bytes.next_multiple_of(8);
        let span = self.alloc_span(
            None,
            SpanShape {
                base: Addr::NULL,
                pages: pages_for(bytes),
                slot_size: bytes,
                objects: 1,
                magic: 0,
                kind: if typ.is_some() { ScanKind::Large } else { ScanKind::NoScan },
                ptr_mask: 0,
                layout: LayoutId(0),
                large_type: typ,
                zeroed: false,
            },
        )?;
        if !span.is_zeroed() {
            // SAFETY: INV-SPAN-3, the only slot of a span nobody else knows.
            unsafe { std::ptr::write_bytes(span.base().0 as *mut u8, 0, bytes) };
        }
        span.take(1, 1);
        if black {
            // INV-HEAP-1
            span.mark_run(0, 1);
            self.tallies.marked.add(bytes as u64);
        }
        self.count_allocated(bytes, typ.is_some());
        self.tallies.mallocs.add(1);
        self.large.lock().full.push(span);
        Ok(span.base())
    }
}
