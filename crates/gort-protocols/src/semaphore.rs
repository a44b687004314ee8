//! Semaphores on a word of the program: who must take the lock of the waiting list, and who need not.
//!
//! Go counterpart: `sema.go` (`semacquire1`, `semrelease1`).
//!
//! # Problem
//!
//! The count is a word of a Go object. Releasing it should cost one addition when nobody waits, yet a
//! releaser must see the one who decided to wait just now.
//!
//! # Protocol
//!
//! ```text
//!   acquirer                              releaser
//!   1. count > 0 ? take it, done          1. count + 1
//!   2. lock the list                      2. waiting == 0 ? done
//!   3. waiting + 1                        3. lock the list
//!   4. count > 0 ? take it, waiting - 1   4. take a waiter out, waiting - 1
//!   5. queue, unlock, park                5. unlock; wake it: it starts over at 1
//! ```
//!
//! # Invariants
//!
//! * **INV-SEMA-1 (nobody forgotten).** If a unit was released and not taken, then no acquirer is queued
//!   that no releaser is about to look for: acquirer and releaser each write, then read what the other wrote.
//!
//! # Orderings
//!
//! Steps 1 and 2 of the releaser and 3 and 4 of the acquirer are Dekker's pattern: a `SeqCst` fence between
//! (free on x86-64 behind a locked addition, which the compiler knows not).

use gort_sync::atomic::{AtomicU32, Ordering, full_fence};

/// Takes a unit if there is one.
#[inline]
pub fn try_acquire(count: &AtomicU32) -> bool {
    let mut seen = count.load(Ordering::SeqCst);
    while seen > 0 {
        match count.compare_exchange_weak(seen, seen - 1, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => return true,
            Err(now) => seen = now,
        }
    }
    false
}

/// How many wait on the semaphores of one list.
#[derive(Debug)]
pub struct SemaRoot {
    waiting: AtomicU32,
}

impl Default for SemaRoot {
    fn default() -> Self {
        Self::new()
    }
}

impl SemaRoot {
    /// Nobody waits.
    pub fn new() -> Self {
        Self { waiting: AtomicU32::new(0) }
    }

    /// With the list locked: the caller will wait on this semaphore, unless a unit is there after all
    /// (false: it has taken it).
    #[must_use]
    pub fn announce(&self, count: &AtomicU32) -> bool {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // Pairs with the fence in `release`.
        full_fence();
        if try_acquire(count) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        true
    }

    /// Gives a unit back. True: somebody may wait, so look, with the list locked.
    #[must_use]
    pub fn release(&self, count: &AtomicU32) -> bool {
        count.fetch_add(1, Ordering::SeqCst);
        // Pairs with the fence in `announce`.
        full_fence();
        self.waiting.load(Ordering::SeqCst) != 0
    }

    /// With the list locked: one was taken out of it.
    pub fn taken(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let (root, count) = (SemaRoot::new(), AtomicU32::new(1));
        assert!(try_acquire(&count));
        assert!(!try_acquire(&count));
        assert!(root.announce(&count));
        assert!(root.release(&count));
        root.taken();
        assert!(!root.announce(&count));
        assert!(!root.release(&count));
    }
}
