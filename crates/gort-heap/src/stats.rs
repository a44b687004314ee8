//! What the heap counts, for `MemStats` and for pacing.

use crate::mcache::MCache;
use crate::owned_word::Tally;
use crate::size_class::{CLASSES, SizeClass};

/// Running totals. Bytes are slot sizes (or requested bytes of large objects, rounded to words).
#[derive(Debug)]
pub struct HeapTallies {
    /// Bytes allocated since the last mark termination plus bytes marked in it: Go's `heapLive`.
    pub live: Tally,
    /// Bytes of pointer-holding objects among them.
    pub scannable: Tally,
    /// Bytes allocated black or marked in this cycle.
    pub marked: Tally,
    /// Bytes ever allocated.
    pub total_alloc: Tally,
    /// Bytes ever freed.
    pub total_freed: Tally,
    /// Objects ever freed.
    pub frees: Tally,
    /// Objects allocated through caches that are gone, and large ones.
    pub mallocs: Tally,
    /// Bytes of pages in spans.
    pub in_use: Tally,
    /// Bytes of committed pages.
    pub committed: Tally,
    /// Tiny objects beyond the first of their slot: allocated, and never freed by themselves.
    pub tiny_allocs: Tally,
    /// `mallocs` by size class, large ones excluded.
    pub mallocs_by_class: [Tally; CLASSES],
    /// `frees` by size class, large ones excluded.
    pub frees_by_class: [Tally; CLASSES],
}

impl Default for HeapTallies {
    fn default() -> Self {
        let zero = Tally::new;
        Self {
            live: zero(),
            scannable: zero(),
            marked: zero(),
            total_alloc: zero(),
            total_freed: zero(),
            frees: zero(),
            mallocs: zero(),
            in_use: zero(),
            committed: zero(),
            tiny_allocs: zero(),
            mallocs_by_class: std::array::from_fn(|_| zero()),
            frees_by_class: std::array::from_fn(|_| zero()),
        }
    }
}

/// A copy of the totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// See [`HeapTallies`].
    pub live: u64,
    /// See [`HeapTallies`].
    pub total_alloc: u64,
    /// See [`HeapTallies`].
    pub total_freed: u64,
    /// See [`HeapTallies`].
    pub frees: u64,
    /// See [`HeapTallies`].
    pub mallocs: u64,
    /// See [`HeapTallies`].
    pub in_use: u64,
    /// See [`HeapTallies`].
    pub committed: u64,
    /// See [`HeapTallies`].
    pub tiny_allocs: u64,
}

impl HeapTallies {
    /// A copy.
    pub fn read(&self) -> HeapStats {
        HeapStats {
            live: self.live.get(),
            total_alloc: self.total_alloc.get(),
            total_freed: self.total_freed.get(),
            frees: self.frees.get(),
            mallocs: self.mallocs.get(),
            in_use: self.in_use.get(),
            committed: self.committed.get(),
            tiny_allocs: self.tiny_allocs.get(),
        }
    }

    /// Takes over the counts of a cache whose windows are retired.
    pub(crate) fn add_mallocs(&self, cache: &mut MCache) {
        let mut all = 0;
        let tiny = cache.take_counts(|class, count| {
            self.mallocs_by_class[class].add(count);
            all += count;
        });
        self.mallocs.add(all);
        self.tiny_allocs.add(tiny);
    }

    /// Objects of a slot size were freed; large ones have no class.
    pub(crate) fn count_frees(&self, count: u64, size: usize, large: bool) {
        self.frees.add(count);
        self.total_freed.add(count * size as u64);
        if !large {
            self.frees_by_class[SizeClass::of(size).0 as usize].add(count);
        }
    }
}
