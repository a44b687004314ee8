//! How many buffers of grey objects lie in the global work list, for those who do not hold its lock.
//!
//! Go counterpart: `work.full` (`mgc.go`), whose list is lock-free.
//!
//! # Problem
//!
//! Every drain asks, again and again, whether there is work for it or hungry others to feed; so does everybody who wants
//! to know whether marking is done. Only one who finds something to take should need the lock.
//!
//! # Protocol
//!
//! The list changes under its lock, and the count is stored before the lock is released. A reader who sees zero does
//! not take the lock.
//!
//! # Invariants
//!
//! * **INV-WORK-1 (no hidden work).** The count is the length of the list, for whoever holds the lock. For others it is a
//!   hint that is not zero when a buffer, given before the question (in the order that the asker knows of), is still there.
//!
//! # Orderings
//!
//! `SeqCst`: the question "is anything left?" is asked together with other words (drains under way, root jobs), and the
//! answers must fit one order.

use gort_sync::atomic::{AtomicUsize, Ordering};

/// The count.
#[derive(Debug)]
pub struct FullCount(AtomicUsize);

impl Default for FullCount {
    fn default() -> Self {
        Self(AtomicUsize::new(0))
    }
}

impl FullCount {
    /// The list has this length now; called by the holder of its lock.
    pub fn publish(&self, len: usize) {
        self.0.store(len, Ordering::SeqCst);
    }

    /// Is nothing in the list? (INV-WORK-1)
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}
