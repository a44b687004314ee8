//! Span structs and their bit blocks: off-heap memory, recycled, never given back while the heap lives.
//!
//! Both are carved from 64 KiB chunks. Blocks hold the marks and allocation bits of one span, see
//! [`crate::span::block_bytes`]. Go counterpart: `mfixalloc.go`, `gcBitsArena`.
//!
//! INV-POOL-1 (one user): what is handed out is in no free list.

use crate::size_class::MAX_OBJECTS;
use crate::span::{Span, SpanRef, block_bytes};
use gort_abi::addr::Addr;
use gort_sys::{OsError, mem};

const CHUNK: usize = 64 << 10;
const MAX_WORDS: usize = MAX_OBJECTS / 64;

/// Memory of the heap's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolBytes {
    /// Structs of spans in use.
    pub spans_in_use: u64,
    /// All structs of spans.
    pub spans: u64,
    /// Blocks of marks and bits, and what is not handed out yet.
    pub bits: u64,
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct SpanPool {
    next: Addr,
    left: usize,
    chunks: Vec<Addr>,
    /// Span structs ever made.
    spans: usize,
    free_spans: Vec<SpanRef>,
    free_bits: [Vec<Addr>; MAX_WORDS + 1],
}

impl SpanPool {
    pub fn new() -> Self {
        Self {
            next: Addr::NULL,
            left: 0,
            chunks: Vec::new(),
            spans: 0,
            free_spans: Vec::new(),
            free_bits: std::array::from_fn(|_| Vec::new()),
        }
    }

    fn carve(&mut self, bytes: usize, align: usize) -> Result<Addr, OsError> {
        let skip = self.next.0.next_multiple_of(align) - self.next.0;
        if self.left < skip + bytes {
            self.next = mem::map_filled(CHUNK)?;
            self.left = CHUNK;
            self.chunks.push(self.next);
            return self.carve(bytes, align);
        }
        let at = self.next.add(skip);
        self.next = at.add(bytes);
        self.left -= skip + bytes;
        Ok(at)
    }

    /// A span struct; its fields are whatever they were.
    pub fn take_span(&mut self) -> Result<SpanRef, OsError> {
        if let Some(span) = self.free_spans.pop() {
            return Ok(span);
        }
        let at = self.carve(size_of::<Span>(), align_of::<Span>())?.0 as *mut Span;
        // SAFETY: INV-POOL-1, fresh memory of the right size and alignment.
        unsafe { at.write(Span::default()) };
        self.spans += 1;
        SpanRef::from_ptr(at).ok_or(OsError(0))
    }

    /// A block for `words` words of allocation bits, zeroed.
    pub fn take_bits(&mut self, words: usize) -> Result<Addr, OsError> {
        let Some(at) = self.free_bits[words].pop() else {
            return self.carve(block_bytes(words), 16);
        };
        // SAFETY: INV-POOL-1, the block is ours and has that size.
        unsafe { std::ptr::write_bytes(at.0 as *mut u8, 0, block_bytes(words)) };
        Ok(at)
    }

    /// What it has taken from the system.
    pub fn bytes(&self) -> PoolBytes {
        let size = size_of::<Span>();
        let (all, made) = ((self.chunks.len() * CHUNK) as u64, (self.spans * size) as u64);
        let in_use = ((self.spans - self.free_spans.len()) * size) as u64;
        PoolBytes { spans_in_use: in_use, spans: made, bits: all - made }
    }

    /// Takes both back.
    pub fn give_back(&mut self, span: SpanRef, bits: Addr, words: usize) {
        self.free_spans.push(span);
        self.free_bits[words].push(bits);
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
