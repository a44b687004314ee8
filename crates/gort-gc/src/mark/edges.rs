//! Edges found by scanning, shaded a batch at a time.
//!
//! Shading one edge needs two lines of memory one after the other: the span's struct and the mark. Taken edge by
//! edge, marking would wait for each. So scanning only collects the words that lie in the heap, and a full batch
//! goes through three short loops: find the spans, find and fetch the marks, test and set them. The steps of a
//! loop do not depend on each other, so the processor waits for many lines at once.

use crate::mark::kernel::{MAX_WORDS, Range};
use crate::mark::shade::{Shader, prefetch};
use crate::mark::work_buffer::Grey;
use gort_heap::{ObjectRef, SpanRef};

/// Edges per batch.
const BATCH: usize = 64;

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Edges {
    len: usize,
    values: [usize; BATCH],
}

impl Edges {
    pub fn new() -> Self {
        Self { len: 0, values: [0; BATCH] }
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A word of a live heap object.
    #[inline(always)]
    pub fn push(&mut self, shader: Shader<'_>, grey: &mut Grey, value: usize) {
        self.values[self.len] = value;
        self.len += usize::from(shader.heap.in_range(value));
        if self.len == BATCH {
            self.shade(shader, grey);
        }
    }

    /// Many words that all may be pointers.
    pub fn push_words(&mut self, shader: Shader<'_>, grey: &mut Grey, from: usize, to: usize) {
        let (base, len) = shader.heap.range();
        let range = Range { base: base.0, len };
        let mut found = [0; MAX_WORDS + 8];
        for at in (from..to).step_by(8 * MAX_WORDS) {
            let words = ((to - at) / 8).min(MAX_WORDS);
            // SAFETY: the words of a live object, and the collector's kernel works on this processor.
            let mut count = unsafe { shader.kernel.pick(range, at, words, &mut found) };
            let mut picked = &found[..count];
            while count > 0 {
                let (now, later) = picked.split_at(count.min(BATCH - self.len));
                self.values[self.len..self.len + now.len()].copy_from_slice(now);
                self.len += now.len();
                if self.len == BATCH {
                    self.shade(shader, grey);
                }
                (picked, count) = (later, later.len());
            }
        }
    }

    /// Shades all that was collected.
    #[inline(never)]
    pub fn shade(&mut self, shader: Shader<'_>, grey: &mut Grey) {
        let mut spans: [Option<SpanRef>; BATCH] = [None; BATCH];
        let values = &self.values[..std::mem::take(&mut self.len)];
        for (span, &value) in spans.iter_mut().zip(values) {
            *span = shader.heap.span_of(value);
            if let Some(span) = span {
                prefetch(span.struct_addr().0);
            }
        }
        let (mut objects, mut found) = ([None; BATCH], 0);
        for (span, &value) in spans.iter().zip(values) {
            let Some(span) = *span else { continue };
            let Some(index) = span.index_of(value) else { continue };
            prefetch(span.mark_addr(index).0);
            objects[found] = Some(ObjectRef { span, index });
            found += 1;
        }
        for object in objects[..found].iter().flatten() {
            shader.mark(grey, *object);
        }
    }
}
