//! A P's own stock of pages: what is left of one block of 64, so that most small spans need no lock.
//!
//! INV-PCACHE-1 (in use): cached pages count as used in the page allocator until they are returned.
//!
//! Go counterpart: `mpagecache.go`.

use crate::page_alloc::{PageAlloc, PageBlock, PageRun};

/// Bigger runs are not taken from the cache.
pub(crate) const MAX_CACHED_RUN: usize = 16;

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct PageCache(PageBlock);

impl PageCache {
    /// The lowest run of so many pages (at most [`MAX_CACHED_RUN`]).
    pub fn take(&mut self, pages: usize) -> Option<PageRun> {
        // Bit i stays set if i .. i + pages are all free.
        let mut starts = self.0.pages;
        for _ in 1..pages {
            starts &= starts >> 1;
        }
        if starts == 0 {
            return None;
        }
        let at = starts.trailing_zeros();
        let mask = (u64::MAX >> (64 - pages)) << at;
        self.0.pages &= !mask;
        Some(PageRun { first: self.0.base + at as usize, pages, zeroed: self.0.zeroed & mask == mask })
    }

    /// Exchanges what is left for another block. False if there is none.
    pub fn refill(&mut self, alloc: &mut PageAlloc) -> bool {
        self.give_back(alloc);
        match alloc.alloc_block() {
            Some(block) => self.0 = block,
            None => return false,
        }
        true
    }

    /// Returns what is left.
    pub fn give_back(&mut self, alloc: &mut PageAlloc) {
        alloc.free_block(std::mem::take(&mut self.0));
    }

    pub fn is_empty(&self) -> bool {
        self.0.pages == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_runs_and_returns_the_rest() {
        let mut alloc = PageAlloc::default();
        alloc.grow(1);
        let mut cache = PageCache::default();
        assert!(cache.take(1).is_none() && cache.refill(&mut alloc));
        assert_eq!(cache.take(3).map(|r| (r.first, r.zeroed)), Some((0, true)));
        assert_eq!(cache.take(16).map(|r| r.first), Some(3));
        assert_eq!((cache.take(1).map(|r| r.first), alloc.used()), (Some(19), 64), "INV-PCACHE-1");
        cache.give_back(&mut alloc);
        assert!(cache.is_empty());
        assert_eq!(alloc.used(), 20);
    }
}
