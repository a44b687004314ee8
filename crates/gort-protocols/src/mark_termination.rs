//! Agreeing that nothing is grey: who asks, and in which order the hiding places are looked at.
//!
//! Go counterpart: `mgc.go` (`gcMarkDone`).
//!
//! # Problem
//!
//! Grey objects lie in a global list, in the buffers of Ps, and, not yet shaded, in the barrier buffers of Ps. Nobody sees all
//! of these at once while the program runs, and a write by the program may make something grey after its P was looked at.
//!
//! # Protocol
//!
//! ```text
//!   1. one at a time asks; nobody drains, the list and the root jobs are empty          else: not yet
//!   2. every P, at its own safepoint, flushes what it holds; what came out is counted   any: marking goes on
//!   3. look again as in 1                                                               else: marking goes on
//!   4. the world stops; every P is flushed once more and counted                        any: the world starts again,
//!   5. look again as in 1                                                                    and marking goes on
//!   6. done, with the world stopped
//! ```
//!
//! # Invariants
//!
//! * **INV-TERM-1 (done means empty).** After `Done` nothing is grey anywhere, and the barrier is still on until the caller,
//!   with the world stopped, ends the phase.
//! * **INV-TERM-2 (somebody asks).** Whoever ends a drain, or an asking, looks whether to ask: so the last one does.
//!
//! # Rejected
//!
//! Stopping the world first: with much left to mark it would stop again and again. Trusting step 2: between a P's flush and
//! the stop its program may have shaded something (golang/go issues 26903, 27993, 69803).

use gort_sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// See the file's head.
#[derive(Debug)]
pub struct MarkTermination {
    drainers: AtomicUsize,
    asking: AtomicBool,
}

/// What came of asking; `S` is the stopped world.
#[derive(Debug)]
#[must_use]
pub enum Verdict<S> {
    /// Somebody drains or there is work to see.
    NotYet,
    /// Something was grey after all: wake the workers, after starting the world if it is stopped.
    GoOn(Option<S>),
    /// Nothing is grey.
    Done(S),
}

/// The right to ask, of one at a time.
#[derive(Debug)]
#[must_use]
pub struct Asking<'a>(&'a MarkTermination);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.store(false, Ordering::SeqCst);
    }
}

impl Default for MarkTermination {
    fn default() -> Self {
        Self::new()
    }
}

impl MarkTermination {
    /// Nobody drains, nobody asks.
    pub fn new() -> Self {
        Self { drainers: AtomicUsize::new(0), asking: AtomicBool::new(false) }
    }

    /// A drain begins: before it takes anything from the list.
    pub fn enter_drain(&self) {
        self.drainers.fetch_add(1, Ordering::SeqCst);
    }

    /// It ends: what it still holds is in its P's buffers.
    pub fn leave_drain(&self) {
        self.drainers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Drains under way.
    pub fn drainers(&self) -> usize {
        self.drainers.load(Ordering::SeqCst)
    }

    /// Is somebody asking?
    pub fn is_asking(&self) -> bool {
        self.asking.load(Ordering::SeqCst)
    }

    /// The right to ask, unless somebody has it: who has it looks again when it gives it back (INV-TERM-2).
    pub fn try_ask(&self) -> Option<Asking<'_>> {
        (!self.asking.swap(true, Ordering::SeqCst)).then(|| Asking(self))
    }
}

impl Asking<'_> {
    /// Steps 1 to 6. `work_left` looks at the list and the root jobs; `flush_all` is the ragged barrier and returns what came
    /// out; `flush_stopped` is the same with the world stopped.
    pub fn decide<S>(
        &self,
        work_left: impl Fn() -> bool,
        flush_all: impl FnOnce() -> usize,
        stop: impl FnOnce() -> S,
        flush_stopped: impl FnOnce(&S) -> usize,
    ) -> Verdict<S> {
        let left = || self.0.drainers() != 0 || work_left();
        if left() {
            return Verdict::NotYet;
        }
        if flush_all() != 0 || left() {
            return Verdict::GoOn(None);
        }
        let stopped = stop();
        if flush_stopped(&stopped) != 0 || left() {
            return Verdict::GoOn(Some(stopped));
        }
        Verdict::Done(stopped)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_say_no() {
        let term = MarkTermination::new();
        let asking = term.try_ask().expect("nobody asks");
        assert!(term.try_ask().is_none() && term.try_ask().is_none() && term.is_asking());
        let ask = |work, ragged, late| asking.decide(|| work, || ragged, || (), |()| late);
        assert!(matches!(ask(true, 0, 0), Verdict::NotYet));
        assert!(matches!(ask(false, 1, 0), Verdict::GoOn(None)));
        assert!(matches!(ask(false, 0, 1), Verdict::GoOn(Some(()))));
        assert!(matches!(ask(false, 0, 0), Verdict::Done(())));
        term.enter_drain();
        assert!(matches!(ask(false, 0, 0), Verdict::NotYet));
        term.leave_drain();
        drop(asking);
        assert!(!term.is_asking() && term.drainers() == 0);
    }
}
