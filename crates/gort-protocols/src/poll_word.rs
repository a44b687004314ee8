//! One direction of a pollable descriptor: ready, or waited for by one goroutine.
//!
//! Go counterpart: `netpoll.go` (`pollDesc.rg`, `netpollblock`, `netpollunblock`).
//!
//! # Protocol
//!
//! ```text
//!   Nil ──notify──▶ Ready ──take_ready──▶ Nil
//!    │ wait (parked already)        ▲
//!    ▼                              │ notify: wakes it
//!   Goroutine ── unblock ──▶ Nil    │
//!    └──────────────────────────────┘
//! ```
//!
//! **INV-POLL-1 (one waker).** A goroutine that was put into the word is given to exactly one of: a notifier, an
//! unblocker (deadline, close), itself (`take_back`).
//! **INV-POLL-2 (no lost event).** A notification that finds nobody is kept until somebody takes it.
//!
//! Orderings: all exchanges are `AcqRel`: who takes a goroutine out sees what it wrote before it went in.

use gort_sync::atomic::{AtomicU64, Ordering};

const NIL: u64 = 0;
const READY: u64 = 1;

/// What became of a wish to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Waiting {
    /// It waits: a waker has it from now on.
    Yes,
    /// An event is there: it was taken, do not wait.
    Ready,
    /// Another goroutine waits.
    Taken,
}

/// The word.
#[derive(Debug)]
pub struct PollWord {
    word: AtomicU64,
}

impl Default for PollWord {
    fn default() -> Self {
        Self::new()
    }
}

impl PollWord {
    /// Nobody waits, nothing happened.
    pub fn new() -> Self {
        Self { word: AtomicU64::new(NIL) }
    }

    /// Forgets events. Nobody waits.
    pub fn reset(&self) {
        let _ = self.change(READY, NIL);
    }

    fn change(&self, from: u64, to: u64) -> Result<(), u64> {
        // AcqRel: see the header.
        self.word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).map(|_| ())
    }

    /// Takes an event, if there is one.
    #[must_use]
    pub fn take_ready(&self) -> bool {
        self.change(READY, NIL).is_ok()
    }

    /// The goroutine (a handle, above 1), which can be woken already, waits.
    pub fn wait(&self, goroutine: u64) -> Waiting {
        debug_assert!(goroutine > READY, "INV-POLL-1: no handle");
        loop {
            match self.change(NIL, goroutine) {
                Ok(()) => return Waiting::Yes,
                Err(READY) => {
                    if self.take_ready() {
                        return Waiting::Ready;
                    }
                }
                Err(_) => return Waiting::Taken,
            }
        }
    }

    /// The goroutine does not want to wait after all: true if no waker has it.
    #[must_use]
    pub fn take_back(&self, goroutine: u64) -> bool {
        self.change(goroutine, NIL).is_ok()
    }

    /// An event: the goroutine to wake. The event stays to be taken by it.
    #[must_use]
    pub fn notify(&self) -> Option<u64> {
        // AcqRel: see the header.
        let old = self.word.swap(READY, Ordering::AcqRel);
        (old > READY).then_some(old)
    }

    /// Deadline or close: the goroutine to wake, which finds no event.
    #[must_use]
    pub fn unblock(&self) -> Option<u64> {
        // Acquire: as the exchange.
        let old = self.word.load(Ordering::Acquire);
        (old > READY && self.take_back(old)).then_some(old)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn events_are_kept() {
        let w = PollWord::new();
        assert_eq!(w.notify(), None);
        assert_eq!(w.wait(8), Waiting::Ready);
        assert_eq!(w.wait(8), Waiting::Yes);
        assert_eq!(w.wait(16), Waiting::Taken);
        assert_eq!(w.notify(), Some(8));
        assert!(w.take_ready());
        assert_eq!(w.wait(8), Waiting::Yes);
        assert_eq!(w.unblock(), Some(8));
        assert!(!w.take_ready());
        assert!(!w.take_back(8));
    }
}
