//! Edges found by scanning, shaded a batch at a time.
//!
//! Shading one edge needs two lines of memory one after the other: the span's struct and the mark. Taken edge by
//! edge, marking would wait for each. So scanning only collects the words that lie in the heap, and a full batch
//! goes through three short loops: find the spans, find and fetch the marks, test and set them. The steps of a
//! loop do not depend on each other, so the processor waits for many lines at once.

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
