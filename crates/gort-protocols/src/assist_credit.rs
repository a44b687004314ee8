//! The account that background marking pays into and assists draw on, and the sign that somebody waits for it.
//!
//! Go counterpart: `mgcmark.go` (`gcFlushBgCredit`, `gcParkAssist`, `bgScanCredit`).
//!
//! # Problem
//!
//! A goroutine in debt that finds nothing to mark waits in a queue until marking by others has earned what it
//! owes. Who earns must not take the queue's lock each time, yet a waiter must not sleep while its debt could be paid.
//!
//! # Protocol
//!
//! ```text
//!   earner                               waiter (holds the queue's lock)
//!   1. pool += earned                    1. joins the queue, waiting += 1
//!   2. fence                             2. fence
//!   3. waiting != 0 ? lock the queue,    3. pool != 0 ? pays itself and all before it out of the pool
//!      pay from its front
//! ```
//!
//! # Invariants
//!
//! * **INV-CREDIT-1 (no sleeping rich).** When earners and waiters are out of the protocol, nobody waits while the pool
//!   is not empty.
//! * **INV-CREDIT-2 (nothing is paid twice).** What `take` returns has left the pool.
//!
//! # Orderings
//!
//! Dekker's pattern, as in [`crate::spinning`]: only the `SeqCst` fences between a write and the read of the other's
//! word order it; the words themselves are `Relaxed`.

use gort_sync::atomic::{AtomicI64, AtomicUsize, Ordering, fence};

/// See the file's head.
#[derive(Debug)]
pub struct AssistCredit {
    pool: AtomicI64,
    waiting: AtomicUsize,
}

impl Default for AssistCredit {
    fn default() -> Self {
        Self::new()
    }
}

impl AssistCredit {
    /// Nothing earned, nobody waits.
    pub fn new() -> Self {
        Self { pool: AtomicI64::new(0), waiting: AtomicUsize::new(0) }
    }

    /// Earns; true if somebody waits: the caller locks the queue and pays.
    #[must_use]
    pub fn earn(&self, bytes: u64) -> bool {
        // Relaxed: ordered by the fence.
        self.pool.fetch_add(bytes as i64, Ordering::Relaxed);
        // Pairs with the fence in `join`.
        fence(Ordering::SeqCst);
        // Relaxed: ordered by the fence.
        self.waiting.load(Ordering::Relaxed) != 0
    }

    /// Takes up to `wanted` bytes of credit.
    #[must_use]
    pub fn take(&self, wanted: u64) -> u64 {
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        // Relaxed: an account; the update itself keeps INV-CREDIT-2.
        let mut now = self.pool.load(Ordering::Relaxed);
        loop {
            let taken = wanted.min(now);
            if taken <= 0 {
                return 0;
            }
            // Relaxed: as above.
            match self.pool.compare_exchange(now, now - taken, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return taken as u64,
                Err(other) => now = other,
            }
        }
    }

    /// Under the queue's lock, after joining the queue: true if there is credit, so that the caller pays from the front.
    #[must_use]
    pub fn join(&self) -> bool {
        // Relaxed: ordered by the fence.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // Pairs with the fence in `earn`.
        fence(Ordering::SeqCst);
        // Relaxed: ordered by the fence.
        self.pool.load(Ordering::Relaxed) > 0
    }

    /// Under the queue's lock: `count` have left the queue.
    pub fn leave(&self, count: usize) {
        // Relaxed: one too many only costs an earner a vain look.
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }

    /// Does anybody wait? A hint.
    pub fn anybody_waits(&self) -> bool {
        // Relaxed: a hint.
        self.waiting.load(Ordering::Relaxed) != 0
    }

    /// A new cycle: credit of the last one is void.
    pub fn reset(&self) {
        // Relaxed: the world is stopped.
        self.pool.store(0, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_gone() {
        let credit = AssistCredit::new();
        assert!(!credit.earn(100));
        assert_eq!(credit.take(30), 30);
        assert_eq!(credit.take(u64::MAX), 70);
        assert_eq!(credit.take(1), 0, "INV-CREDIT-2");
        assert!(!credit.join());
        assert!(credit.anybody_waits() && credit.earn(1), "INV-CREDIT-1");
        credit.leave(1);
        credit.reset();
        assert!(!credit.anybody_waits() && credit.take(1) == 0);
    }
}
