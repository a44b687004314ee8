//! Every goroutine ever made: the collector's snapshot, tracebacks, dumps.
//!
//! The list only grows, in chunks that stay where they are, each twice as long as the one before. So everybody reads it
//! without a lock, and a snapshot is a length: the stop of the world in which it is taken does not get longer with the
//! number of goroutines.
//!
//! **INV-ALLG-1 (below the length).** The slots below `len` are filled, and never change.

use crate::g::GRef;
use crate::sched::Sched;
use gort_sync::{LockRank, Mutex};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const FIRST: usize = 1024;
const CHUNKS: usize = 32;

/// See the file's head.
pub(crate) struct AllGs {
    chunks: [OnceLock<Box<[AtomicUsize]>>; CHUNKS],
    len: AtomicUsize,
    /// Goroutines of the collector's snapshot.
    snapshot: AtomicUsize,
    adding: Mutex<()>,
}

/// Chunk and place in it.
fn place(index: usize) -> (usize, usize) {
    let chunk = (index / FIRST + 1).ilog2() as usize;
    (chunk, index - FIRST * ((1 << chunk) - 1))
}

impl AllGs {
    pub fn new() -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            len: AtomicUsize::new(0),
            snapshot: AtomicUsize::new(0),
            adding: Mutex::new(LockRank::AllGs, ()),
        }
    }

    fn push(&self, g: GRef) {
        let _guard = self.adding.lock();
        // Relaxed: changed under the lock.
        let len = self.len.load(Ordering::Relaxed);
        let (chunk, at) = place(len);
        let chunk =
            self.chunks[chunk].get_or_init(|| (0..FIRST << chunk).map(|_| AtomicUsize::new(0)).collect());
        // Relaxed: published with the length.
        chunk[at].store(g.addr(), Ordering::Relaxed);
        // Release: pairs with the Acquire in `len` (INV-ALLG-1).
        self.len.store(len + 1, Ordering::Release);
    }

    pub fn len(&self) -> usize {
        // Acquire: pairs with the Release in `push`.
        self.len.load(Ordering::Acquire)
    }

    /// A goroutine below the length.
    pub fn get(&self, index: usize) -> GRef {
        let (chunk, at) = place(index);
        // Relaxed: published with the length, which the caller has read.
        let word = self.chunks[chunk].get().map_or(0, |c| c[at].load(Ordering::Relaxed));
        GRef::of_waiter(word).expect("INV-ALLG-1: an empty slot below the length")
    }
}

impl Sched {
    /// A new descriptor. It is never freed before the scheduler (INV-SCHED-1).
    pub(crate) fn new_g(&self) -> GRef {
        let g = GRef::new();
        self.all_gs.push(g);
        g
    }

    /// Calls `visit` for every descriptor, dead ones included.
    pub fn each_g(&self, visit: impl FnMut(GRef)) {
        (0..self.all_gs.len()).map(|i| self.all_gs.get(i)).for_each(visit);
    }

    /// Remembers all goroutines that exist now; returns how many.
    pub(crate) fn take_snapshot(&self) -> usize {
        self.start_size.update();
        let count = self.all_gs.len();
        // Relaxed: the world is stopped.
        self.all_gs.snapshot.store(count, Ordering::Relaxed);
        count
    }

    /// A goroutine of the snapshot.
    pub(crate) fn in_snapshot(&self, index: usize) -> GRef {
        // Relaxed: written while the world was stopped.
        debug_assert!(
            index < self.all_gs.snapshot.load(Ordering::Relaxed),
            "INV-ALLG-1: outside the snapshot"
        );
        self.all_gs.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_dense() {
        let mut expected = (0, 0);
        for index in 0..100_000 {
            assert_eq!(place(index), expected, "{index}");
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }
}
