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
//!   submitter                             searcher that found nothing
//!   1. put the work on a queue            1. give the P back (idle + 1)
//!   2. fence                              2. searching - 1
//!   3. searching != 0 ? done              3. fence
//!   4. idle == 0 ? ask, fence;            4. look at all queues once more
//!      still idle == 0 ? done
//!   5. searching 0 -> 1, start one        who did not search, since others did
//!                                         1. give the P back (idle + 1)
//!                                         2. fence
//!                                         3. asked ? take it back, fence,
//!                                            look at all queues once more
//! ```
//!
//! # Invariants
//!
//! * **INV-SPIN-1 (no lost wake-up).** Work put on a queue is seen by its submitter's start of a searcher,
//!   by a searcher that was counted, or by the second look of one that gives its P back.
//! * **INV-SPIN-2 (one is enough).** A searcher that finds work starts the next searcher, if it was the
//!   last one; so one start per submission suffices.
//!
//! Why the asking: one that does not search, because another does, is about to give its P back; the searcher takes several
//! goroutines, and finds no P idle yet for those it does not run. Nobody would look again.
//!
//! # Orderings
//!
//! It is Dekker's pattern: each side writes, then reads what the other side writes. Only a `SeqCst` fence
//! between orders that; the counters themselves are `Relaxed`.

use gort_sync::atomic::{AtomicBool, AtomicU32, Ordering, full_fence};

/// The two counters, and whether work came while no P was idle.
#[derive(Debug)]
pub struct Spinning {
    searching: AtomicU32,
    idle: AtomicU32,
    asked: AtomicBool,
}

/// Must the one who gave a P back look once more?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SecondLook {
    /// Yes: look at all queues.
    Needed,
    /// No: it did not search, so a submitter did not count on it, and none asked.
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
        Self { searching: AtomicU32::new(0), idle: AtomicU32::new(0), asked: AtomicBool::new(false) }
    }

    /// After putting work on a queue: must the caller start a searcher? If true, it is counted already, and
    /// the caller starts one or calls [`Self::cancel`].
    #[must_use]
    #[inline]
    pub fn submitted(&self) -> bool {
        // Pairs with the fence in `stop_searching`.
        full_fence();
        // Relaxed: ordered by the fence.
        if self.searching.load(Ordering::Relaxed) != 0 {
            return false;
        }
        // Relaxed: ordered by the fence.
        if self.idle.load(Ordering::Relaxed) == 0 && !self.ask() {
            return false;
        }
        // Relaxed: only the count matters; whoever is started gets its P through a lock.
        self.searching.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// No P is idle: whoever gives one back looks. True if one is idle by now. (Usually somebody has asked before: then
    /// who takes that back has a fence after it, and comes after ours.)
    #[inline]
    fn ask(&self) -> bool {
        // Relaxed: ordered by the fences.
        if self.asked.load(Ordering::Relaxed) {
            return false;
        }
        // Relaxed: ordered by the fence.
        self.asked.store(true, Ordering::Relaxed);
        // Pairs with the first fence in `stop_searching`.
        full_fence();
        // Relaxed: ordered by the fence.
        self.idle.load(Ordering::Relaxed) != 0
    }

    /// The searcher counted by `submitted` could not be started, since no P was idle after all; the caller holds the lock
    /// under which Ps become idle. Or one stops to search for another reason.
    pub fn cancel(&self) {
        // Relaxed: who gives a P back after us does so under the same lock.
        self.asked.store(true, Ordering::Relaxed);
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
        if was_searching {
            // Relaxed: ordered by the fence.
            self.searching.fetch_sub(1, Ordering::Relaxed);
        }
        // Pairs with the fences in `submitted` and `ask`.
        full_fence();
        // Relaxed: ordered by the fence.
        let asked = !was_searching && self.asked.swap(false, Ordering::Relaxed);
        if asked {
            // Pairs with the fence in `submitted`, of those who found that somebody had asked.
            full_fence();
        }
        if was_searching || asked { SecondLook::Needed } else { SecondLook::NotNeeded }
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
        assert_eq!(s.stop_searching(false), SecondLook::Needed, "asked when no P was idle");
        assert_eq!(s.stop_searching(false), SecondLook::NotNeeded);
        assert_eq!(s.counts(), (0, 1));
    }
}
