//! The one thread that sleeps until the next timer or descriptor, and how it is woken earlier.
//!
//! Go counterpart: `proc.go` (`findRunnable`'s blocking `netpoll`, `wakeNetPoller`, `sched.pollUntil`).
//!
//! # Protocol
//!
//! ```text
//!   sleeper                                 who adds a timer
//!   1. enter: the place was free            1. put the timer on a queue
//!   2. announce until when it sleeps        2. fence
//!   3. fence                                3. somebody sleeps, and longer? wake it
//!   4. look at all queues again: earlier?   4. nobody sleeps? make a thread look
//!      then 2. with that
//!   5. sleep; leave
//! ```
//!
//! **INV-SLEEPER-1 (nobody oversleeps).** A timer on a queue was seen by step 4 of the sleeper, or its adder wakes it.
//!
//! Orderings: Dekker's pattern; the fences order it.

use gort_sync::atomic::{AtomicBool, AtomicI64, Ordering, full_fence};

/// What an adder must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Wake {
    /// Nothing.
    Nobody,
    /// Wake the sleeper.
    Sleeper,
    /// Nobody sleeps: a thread must look, if a P is idle.
    AnyThread,
}

/// The place of the sleeper.
#[derive(Debug)]
pub struct Sleeper {
    taken: AtomicBool,
    until: AtomicI64,
}

impl Default for Sleeper {
    fn default() -> Self {
        Self::new()
    }
}

impl Sleeper {
    /// Nobody sleeps.
    pub fn new() -> Self {
        Self { taken: AtomicBool::new(false), until: AtomicI64::new(0) }
    }

    /// Takes the place, if it is free.
    #[must_use]
    pub fn try_enter(&self) -> bool {
        // Acquire: pairs with the Release in `leave`.
        self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// In the place: it will sleep until then (`i64::MAX`: until woken). Look at the queues afterwards.
    pub fn announce(&self, until: i64) {
        // Relaxed: ordered by the fence, which pairs with the one in `added`.
        self.until.store(until, Ordering::Relaxed);
        full_fence();
    }

    /// Gives the place back.
    pub fn leave(&self) {
        // Relaxed: who reads 0 need not wake us.
        self.until.store(0, Ordering::Relaxed);
        // Release: pairs with the Acquire in `try_enter`.
        self.taken.store(false, Ordering::Release);
    }

    /// Is somebody there?
    pub fn is_taken(&self) -> bool {
        // Relaxed: a hint.
        self.taken.load(Ordering::Relaxed)
    }

    /// After a timer for `when` was put on a queue.
    pub fn added(&self, when: i64) -> Wake {
        // Pairs with the fence in `announce`.
        full_fence();
        // Relaxed: ordered by the fence.
        let until = self.until.load(Ordering::Relaxed);
        if until == 0 {
            // Entering, leaving, or nobody: who enters looks after it announces.
            Wake::AnyThread
        } else if when < until {
            Wake::Sleeper
        } else {
            Wake::Nobody
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn earlier_timers_wake() {
        let s = Sleeper::new();
        assert_eq!(s.added(5), Wake::AnyThread);
        assert!(s.try_enter());
        assert!(!s.try_enter());
        s.announce(10);
        assert_eq!(s.added(11), Wake::Nobody);
        assert_eq!(s.added(9), Wake::Sleeper);
        s.leave();
        assert!(!s.is_taken());
    }
}
