//! The word of a coroutine: which goroutine of the pair waits, while the other runs.
//!
//! Go counterpart: `coro.go` (`coro.gp`, `coroswitch_m`).
//!
//! # Protocol
//!
//! ```text
//!   Over ──begin: a is born waiting──▶ Waits(a)
//!   Waits(a) ──exchange by b: b waits, a is to run──▶ Waits(b)
//!   Waits(a) ──finish by b: a is to run──▶ Over
//!   Over ──exchange, finish──▶ refused
//! ```
//!
//! # Invariants
//!
//! * **INV-CORO-1 (one runs).** Each handle put in comes out once: so a goroutine that waits is resumed by
//!   exactly one switch, even if a program switches from two threads at once.
//!
//! # Orderings
//!
//! An exchange is `AcqRel` with itself: who takes a handle out comes after the park of the goroutine that put it in.

use gort_sync::atomic::{AtomicU64, Ordering};

const OVER: u64 = 0;

/// Who runs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// The one that waited.
    Resumed(u64),
    /// Nobody: the coroutine is over.
    Refused,
}

/// The word, as the first of a Go object that starts as zeros.
#[derive(Debug)]
#[repr(transparent)]
pub struct Coroutine {
    word: AtomicU64,
}

impl Default for Coroutine {
    fn default() -> Self {
        Self { word: AtomicU64::new(OVER) }
    }
}

impl Coroutine {
    /// The goroutine, born waiting, is the first to be resumed.
    pub fn begin(&self, born: u64) {
        // Release: pairs with the AcqRel in `exchange`.
        self.word.store(born, Ordering::Release);
    }

    /// The caller, which is parked already, waits in the place of the one that is to run.
    pub fn exchange(&self, caller: u64) -> Next {
        debug_assert!(caller != OVER, "INV-CORO-1: a handle");
        // Relaxed: only a guess for the exchange, which orders.
        let mut seen = self.word.load(Ordering::Relaxed);
        while seen != OVER {
            // AcqRel: pairs with itself and with `finish`. Relaxed on failure: the next try orders.
            match self.word.compare_exchange(seen, caller, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(waited) => return Next::Resumed(waited),
                Err(now) => seen = now,
            }
        }
        Next::Refused
    }

    /// The caller does not come back.
    pub fn finish(&self) -> Next {
        // AcqRel: pairs with `exchange`.
        match self.word.swap(OVER, Ordering::AcqRel) {
            OVER => Next::Refused,
            waited => Next::Resumed(waited),
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn two_take_turns() {
        let c = Coroutine::default();
        assert_eq!(c.exchange(10), Next::Refused);
        c.begin(20);
        assert_eq!(c.exchange(10), Next::Resumed(20));
        assert_eq!(c.exchange(20), Next::Resumed(10));
        assert_eq!(c.exchange(10), Next::Resumed(20));
        assert_eq!(c.finish(), Next::Resumed(10));
        assert_eq!(c.exchange(10), Next::Refused);
    }
}
