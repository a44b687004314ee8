//! Span structs and their bit blocks: off-heap memory, recycled, never given back while the heap lives.
//!
//! Both are carved from 64 KiB chunks. Bit blocks come in sizes of 2, 4, .. 32 words (two halves, for
//! mark bits and allocation bits). Go counterpart: `mfixalloc.go`, `gcBitsArena`.
//!
//! INV-POOL-1 (one user): what is handed out is in no free list.

use crate::size_class::MAX_OBJECTS;
use crate::span::{Span, SpanRef};
use gort_abi::addr::Addr;
use gort_sys::{OsError, mem};

const CHUNK: usize = 64 << 10;
const MAX_HALF: usize = MAX_OBJECTS / 64;

/// See the file's head.
#[derive(Debug)]
pub(crate) struct SpanPool {
    next: Addr,
    left: usize,
    chunks: Vec<Addr>,
    free_spans: Vec<SpanRef>,
    free_bits: [Vec<Addr>; MAX_HALF + 1],
}

impl SpanPool {
    pub fn new() -> Self {
        Self {
            next: Addr::NULL,
            left: 0,
            chunks: Vec::new(),
            free_spans: Vec::new(),
            free_bits: std::array::from_fn(|_| Vec::new()),
        }
    }

    fn carve(&mut self, bytes: usize) -> Result<Addr, OsError> {
        let bytes = bytes.next_multiple_of(64);
        if self.left < bytes {
            self.next = mem::map(CHUNK)?;
            self.left = CHUNK;
            self.chunks.push(self.next);
        }
        let at = self.next;
        self.next = at.add(bytes);
        self.left -= bytes;
        Ok(at)
    }

    /// A span struct; its fields are whatever they were.
    pub fn take_span(&mut self) -> Result<SpanRef, OsError> {
        if let Some(span) = self.free_spans.pop() {
            return Ok(span);
        }
        let at = self.carve(size_of::<Span>())?.0 as *mut Span;
        // SAFETY: INV-POOL-1, fresh memory of the right size and alignment.
        unsafe { at.write(Span::default()) };
        SpanRef::from_ptr(at).ok_or(OsError(0))
    }

    /// A bit block of two halves of `half` words, zeroed.
    pub fn take_bits(&mut self, half: usize) -> Result<Addr, OsError> {
        let Some(at) = self.free_bits[half].pop() else {
            return self.carve(half * 16);
        };
        // SAFETY: INV-POOL-1, the block is ours and has that size.
        unsafe { std::ptr::write_bytes(at.0 as *mut u64, 0, half * 2) };
        Ok(at)
    }

    /// Takes both back.
    pub fn give_back(&mut self, span: SpanRef, bits: Addr, half: usize) {
        self.free_spans.push(span);
        self.free_bits[half].push(bits);
    }
}

impl Drop for SpanPool {
    fn drop(&mut self) {
        for &chunk in &self.chunks {
            // SAFETY: INV-SYS-1, mapped by `carve`; INV-SPAN-1 ends with the heap.
            unsafe { mem::release(chunk, CHUNK) };
        }
    }
}
