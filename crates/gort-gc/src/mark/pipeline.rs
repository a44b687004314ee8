//! Edges on their way to being shaded, some steps ahead of the caches.
//!
//! Shading one edge needs three lines of memory one after the other: the span's struct, the word with the mark
//! bit, and soon the object itself. Taken edge by edge, marking would wait for each. So edges pass through two
//! short queues: entering the first asks for the struct, entering the second for the mark word and the object, and
//! what leaves the second is shaded. A drain empties both before it looks for an end.

use crate::mark::shade::{Shader, prefetch};
use crate::mark::work_buffer::Grey;
use gort_heap::{ObjectRef, SpanRef};

const LENGTH: usize = 8;

/// See the file's head.
pub(crate) struct Pipeline {
    found: [Option<(SpanRef, usize)>; LENGTH],
    located: [Option<ObjectRef>; LENGTH],
    found_at: usize,
    located_at: usize,
}

impl Pipeline {
    pub fn new() -> Self {
        Self { found: [None; LENGTH], located: [None; LENGTH], found_at: 0, located_at: 0 }
    }

    /// A word of a live heap object.
    #[inline]
    pub fn edge(&mut self, shader: Shader<'_>, grey: &mut Grey, value: usize) {
        let Some(span) = shader.heap.span_of(value) else { return };
        prefetch(span.struct_addr().0);
        let place = self.found_at % LENGTH;
        self.found_at += 1;
        if let Some((span, value)) = self.found[place].replace((span, value)) {
            self.locate(shader, grey, span, value);
        }
    }

    #[inline]
    fn locate(&mut self, shader: Shader<'_>, grey: &mut Grey, span: SpanRef, value: usize) {
        let Some(index) = span.index_of(value) else { return };
        prefetch(span.mark_addr(index).0);
        prefetch(span.slot(index).0);
        let place = self.located_at % LENGTH;
        self.located_at += 1;
        if let Some(object) = self.located[place].replace(ObjectRef { span, index }) {
            shader.mark(grey, object);
        }
    }

    /// Shades all that is under way.
    pub fn flush(&mut self, shader: Shader<'_>, grey: &mut Grey) {
        for _ in 0..LENGTH {
            let place = self.found_at % LENGTH;
            self.found_at += 1;
            if let Some((span, value)) = self.found[place].take() {
                self.locate(shader, grey, span, value);
            }
        }
        for _ in 0..LENGTH {
            let place = self.located_at % LENGTH;
            self.located_at += 1;
            if let Some(object) = self.located[place].take() {
                shader.mark(grey, object);
            }
        }
    }
}
