//! The P's memory of pointers that the barrier saw, until they are shaded together.
//!
//! Its end and the place of the next pair are words of the P's context, so that the barrier thunk, which
//! compiled code calls, fills it without any Rust. Values may be null.
//!
//! INV-BUF-1 (in bounds): `barrier_next .. barrier_end` of the context is the unused tail of `values`.

use crate::collector::Collector;
use crate::mutator::Mutator;
use gort_abi::layout::PContext;

const ENTRIES: usize = 512;
const PAIR: usize = 16;

/// Values to shade.
#[derive(Debug)]
pub(crate) struct BarrierBuffer {
    values: Box<[usize; ENTRIES]>,
    context: *mut PContext,
}

impl BarrierBuffer {
    /// A buffer for the P of a context.
    ///
    /// # Safety
    /// As [`Collector::new_mutator`].
    pub unsafe fn new(context: *mut PContext) -> Self {
        let mut buffer = Self { values: Box::new([0; ENTRIES]), context };
        buffer.set_next(buffer.base());
        let end = buffer.base() + ENTRIES * 8;
        // SAFETY: the caller promised a live context.
        unsafe { (*context).barrier_end = end };
        buffer
    }

    fn base(&self) -> usize {
        self.values.as_ptr() as usize
    }

    fn next(&self) -> usize {
        // SAFETY: the caller of `new` promised a live context.
        unsafe { (*self.context).barrier_next }
    }

    fn set_next(&mut self, next: usize) {
        // SAFETY: the caller of `new` promised a live context.
        unsafe { (*self.context).barrier_next = next };
    }

    fn len(&self) -> usize {
        (self.next() - self.base()) / 8
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is there room for another pair?
    #[inline]
    fn has_room(&self) -> bool {
        self.next() + PAIR <= self.base() + ENTRIES * 8
    }

    #[inline]
    fn push(&mut self, one: usize, other: usize) {
        let at = self.len();
        assert!(at + 2 <= ENTRIES, "INV-BUF-1: no room in the barrier buffer");
        self.values[at] = one;
        self.values[at + 1] = other;
        self.set_next(self.next() + PAIR);
    }

    fn take(&mut self) -> &[usize] {
        let len = self.len();
        self.set_next(self.base());
        &self.values[..len]
    }
}

impl Collector {
    /// Remembers two values, either of which may be null.
    #[inline]
    pub(crate) fn remember(&self, own: &Mutator, one: usize, other: usize) {
        if !own.barrier_buffer().has_room() {
            self.flush_barrier(own);
        }
        own.barrier_buffer().push(one, other);
    }

    /// Shades what the P's barrier remembered.
    pub(crate) fn flush_barrier(&self, own: &Mutator) {
        let (shader, grey) = (self.shader(), own.grey());
        for &value in own.barrier_buffer().take() {
            shader.shade_root(grey, value);
        }
    }
}
