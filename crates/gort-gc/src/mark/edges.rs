//! Edges found by scanning, shaded a batch at a time.
//!
//! Shading one edge needs two lines of memory one after the other: the span's struct and the mark. Taken edge by
//! edge, marking would wait for each. So scanning only collects the words that lie in the heap, and a full batch
//! goes through three short loops: find the spans, find and fetch the marks, test and set them. The steps of a
//! loop do not depend on each other, so the processor waits for many lines at once.

use crate::mark::kernel::{Found, MAX_WORDS, Range};
use crate::mark::shade::{Shader, prefetch};
use crate::mark::work_buffer::Grey;
use gort_heap::{ObjectRef, SpanRef};

/// Edges that are a batch.
const BATCH: usize = 64;

/// So many can be added to a batch that is not full.
const ROOM: usize = BATCH + MAX_WORDS + 8;

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Edges {
    /// Where the heap is.
    range: Range,
    /// Less than [`BATCH`] between calls.
    len: usize,
    values: [usize; ROOM],
    spans: [Option<SpanRef>; ROOM],
    objects: [Option<ObjectRef>; ROOM],
}

impl Edges {
    pub fn new(shader: Shader<'_>) -> Self {
        let (base, len) = shader.heap.range();
        Self {
            range: Range { base: base.0, len },
            len: 0,
            values: [0; ROOM],
            spans: [None; ROOM],
            objects: [None; ROOM],
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The words of a live heap object that `mask` has bits for; `word` reads one by number.
    #[inline(always)]
    pub fn push_masked(
        &mut self,
        shader: &Shader<'_>,
        grey: &mut Grey,
        mask: u64,
        word: impl Fn(usize) -> usize,
    ) {
        let (mut bits, mut len) = (mask, self.len);
        while bits != 0 {
            let value = word(bits.trailing_zeros() as usize);
            self.values[len % ROOM] = value;
            len += usize::from(value.wrapping_sub(self.range.base) < self.range.len);
            bits &= bits - 1;
        }
        self.len = len;
        if len >= BATCH {
            self.shade(shader, grey);
        }
    }

    /// Many words that all may be pointers.
    pub fn push_words(&mut self, shader: &Shader<'_>, grey: &mut Grey, from: usize, to: usize) {
        for at in (from..to).step_by(8 * MAX_WORDS) {
            let words = ((to - at) / 8).min(MAX_WORDS);
            let Some(room) = self.values[self.len..].first_chunk_mut::<{ size_of::<Found>() / 8 }>() else {
                return;
            };
            // SAFETY: the words of a live object, and the collector's kernel works on this processor.
            self.len += unsafe { shader.kernel.pick(self.range, at, words, room) };
            if self.len >= BATCH {
                self.shade(shader, grey);
            }
        }
    }

    /// Shades all that was collected.
    #[inline(never)]
    pub fn shade(&mut self, shader: &Shader<'_>, grey: &mut Grey) {
        let values = &self.values[..std::mem::take(&mut self.len)];
        for (span, &value) in self.spans.iter_mut().zip(values) {
            *span = shader.heap.span_of(value);
            if let Some(span) = span {
                prefetch(span.struct_addr().0);
            }
        }
        let mut found = 0;
        for (span, &value) in self.spans.iter().zip(values) {
            let Some(span) = *span else { continue };
            let Some(index) = span.index_of(value) else { continue };
            prefetch(span.mark_addr(index).0);
            self.objects[found] = Some(ObjectRef { span, index });
            found += 1;
        }
        for object in self.objects[..found].iter().flatten() {
            shader.mark(grey, *object);
        }
    }
}
