//! What the heap counts, for `MemStats` and for pacing.

use crate::owned_word::Tally;

/// Running totals. Bytes are slot sizes (or requested bytes of large objects, rounded to words).
#[derive(Debug, Default)]
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
        }
    }
}
