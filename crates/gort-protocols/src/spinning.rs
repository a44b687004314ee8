//! How many threads search for work, so that new work is never left without a searcher.
//!
//! Go counterpart: `proc.go` (header "Worker thread parking/unparking", `wakep`, `sched.nmspinning`).
//!
//! # Problem
//!
//! Who makes a goroutine ready does not know whether a thread will find it. Waking a thread each time
//! wastes CPU; waking none loses the goroutine while CPUs are idle.
//!
//! # Protocol
//!
//! ```text
//!   submitter                            searcher that found nothing
//!   1. put the work on a queue           1. give the P back (idle + 1)
//!   2. fence                             2. searching - 1
//!   3. searching == 0 and idle > 0 ?     3. fence
//!      then searching 0 -> 1, start one  4. if it was searching: look at all queues once more
//! ```
//!
//! # Invariants
//!
//! * **INV-SPIN-1 (no lost wake-up).** Work put on a queue is seen by its submitter's start of a searcher,
//!   by a searcher that was counted, or by the second look of one that stopped.
//! * **INV-SPIN-2 (one is enough).** A searcher that finds work starts the next searcher, if it was the
//!   last one; so one start per submission suffices.
//!
//! # Orderings
//!
//! It is Dekker's pattern: each side writes, then reads what the other side writes. Only a `SeqCst` fence
//! between orders that; the counters themselves are `Relaxed`.

use gort_sync::atomic::{AtomicU32, Ordering, full_fence};

/// The two counters.
#[derive(Debug)]
pub struct Spinning {
    searching: AtomicU32,
    idle: AtomicU32,
}

/// Must the one who stopped searching look once more?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SecondLook {
    /// Yes: look at all queues.
    Needed,
    /// No: it did not search, so a submitter did not count on it.
    NotNeeded,
}

impl Default for Spinning {
    fn default() -> Self {
        Self::new()
    }
}

impl Spinning {
    /// Nobody searches, no P is idle.
    pub fn new() -> Self {
        Self { searching: AtomicU32::new(0), idle: AtomicU32::new(0) }
    }

    /// After putting work on a queue: must the caller start a searcher? If true, it is counted already, and
    /// the caller starts one or calls [`Self::cancel`].
    #[must_use]
    #[inline]
    pub fn submitted(&self) -> bool {
        // Pairs with the fence in `stop_searching`.
        full_fence();
        // Relaxed: ordered by the fence.
        if self.idle.load(Ordering::Relaxed) == 0 || self.searching.load(Ordering::Relaxed) != 0 {
            return false;
        }
        // Relaxed: only the count matters; whoever is started gets its P through a lock.
        self.searching.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The searcher counted by `submitted` could not be started.
    pub fn cancel(&self) {
        // Relaxed: see `submitted`.
        self.searching.fetch_sub(1, Ordering::Relaxed);
    }

    /// May another thread of `running` busy ones search? At most half of them do.
    #[must_use]
    #[inline]
    pub fn may_search(&self, running: u32) -> bool {
        // Relaxed: a heuristic.
        2 * self.searching.load(Ordering::Relaxed) < running
    }

    /// A thread with a P starts to search.
    pub fn start_searching(&self) {
        // Relaxed: only the count matters here.
        self.searching.fetch_add(1, Ordering::Relaxed);
    }

    /// It found work: was it the last searcher (so that it should start another, INV-SPIN-2)?
    #[must_use]
    #[inline]
    pub fn found(&self) -> bool {
        // Relaxed: `submitted`, called next, has the fence.
        self.searching.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// A P went on the idle list.
    pub fn p_idle(&self) {
        // Relaxed: ordered by the fence in `stop_searching`.
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// A P came off the idle list.
    pub fn p_busy(&self) {
        // Relaxed: more idle Ps than there are only cost a vain start.
        self.idle.fetch_sub(1, Ordering::Relaxed);
    }

    /// After giving the P back: stops searching, if it did.
    pub fn stop_searching(&self, was_searching: bool) -> SecondLook {
        if !was_searching {
            return SecondLook::NotNeeded;
        }
        // Relaxed: ordered by the fence.
        self.searching.fetch_sub(1, Ordering::Relaxed);
        // Pairs with the fence in `submitted`.
        full_fence();
        SecondLook::Needed
    }

    /// Searching threads and idle Ps, for display.
    pub fn counts(&self) -> (u32, u32) {
        // Relaxed: for display.
        let searching = self.searching.load(Ordering::Relaxed);
        // Relaxed: for display.
        (searching, self.idle.load(Ordering::Relaxed))
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn one_searcher_per_submission() {
        let s = Spinning::new();
        assert!(!s.submitted());
        s.p_idle();
        assert!(s.submitted());
        assert!(!s.submitted());
        s.p_busy();
        assert!(s.found());
        s.p_idle();
        assert_eq!(s.stop_searching(false), SecondLook::NotNeeded);
        assert_eq!(s.counts(), (0, 1));
    }
}
