//! Grey objects about to be scanned: a short queue between the work buffers and the scanner.
//!
//! The work buffers are stacks, so what is popped was mostly pushed long ago or just now, and its memory is not in
//! the cache. An object that enters the queue is asked for; when it leaves, some scans later, it is there.

use crate::mark::shade::prefetch;
use crate::mark::work_buffer::{Grey, WorkList};

const LENGTH: usize = 64;

/// See the file's head.
pub(crate) struct Ahead {
    items: [usize; LENGTH],
    first: usize,
    len: usize,
}

impl Ahead {
    pub fn new() -> Self {
        Self { items: [0; LENGTH], first: 0, len: 0 }
    }

    /// Fills up from the P's own current buffer.
    #[inline(always)]
    pub fn fill(&mut self, grey: &mut Grey) {
        while self.len < LENGTH {
            let Some(item) = grey.pop_own() else { return };
            self.push(item);
        }
    }

    #[inline(always)]
    pub fn push(&mut self, item: usize) {
        prefetch(item);
        self.items[(self.first + self.len) % LENGTH] = item;
        self.len += 1;
    }

    /// The object that has waited longest.
    #[inline(always)]
    pub fn next(&mut self) -> Option<usize> {
        let left = self.len.checked_sub(1)?;
        self.len = left;
        let item = self.items[self.first];
        self.first = (self.first + 1) % LENGTH;
        Some(item)
    }

    /// Gives all back to the buffers.
    pub fn give_back(&mut self, grey: &mut Grey, list: &WorkList) {
        while let Some(item) = self.next() {
            grey.push(list, item);
        }
    }
}
