//! Who wakes a goroutine that waits on several channels at once: the first who claims it.
//!
//! Go counterpart: `select.go`, `chan.go` (`g.selectDone`, `waitq.dequeue`).
//!
//! # Protocol
//!
//! ```text
//!   selecting goroutine, all channels locked       waker, one channel locked
//!   1. open                                        1. take its record out of the queue
//!   2. a record into every queue                   2. claim: won? then complete and wake it
//!   3. parked; unlock all                              lost? then look at the next record
//!   4. woken: take the other records out,
//!      each with its channel locked; close
//! ```
//!
//! # Invariants
//!
//! * **INV-SELECT-2 (one winner).** Between `open` and `close` exactly one `claim` succeeds.
//!
//! Orderings: the channel locks order everything else; the exchange is `AcqRel` so that the winner comes after `open`.

use gort_sync::atomic::{AtomicU32, Ordering};

/// The word: 0 can be claimed, 1 claimed or nothing to claim.
#[derive(Debug)]
pub struct SelectClaim {
    word: AtomicU32,
}

impl Default for SelectClaim {
    fn default() -> Self {
        Self::new()
    }
}

impl SelectClaim {
    /// Nothing to claim.
    pub fn new() -> Self {
        Self { word: AtomicU32::new(1) }
    }

    /// From now on it can be claimed, once. With all its channels locked.
    pub fn open(&self) {
        // Release: pairs with the AcqRel in `claim`.
        self.word.store(0, Ordering::Release);
    }

    /// Tries to be the one that wakes it.
    #[must_use]
    pub fn claim(&self) -> bool {
        // AcqRel: pairs with the Release in `open` and with itself.
        self.word.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Has somebody won (or is it not open)?
    pub fn is_claimed(&self) -> bool {
        // Acquire: pairs with the AcqRel in `claim`.
        self.word.load(Ordering::Acquire) == 1
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn first_one_wins() {
        let c = SelectClaim::new();
        assert!(!c.claim());
        c.open();
        assert!(!c.is_claimed());
        assert!(c.claim() && !c.claim());
        assert!(c.is_claimed());
    }
}
