//! A right that one thread has at a time, given in the order in which it was asked for.
//!
//! Go counterpart: `proc.go` (`worldsema`, `gcsema`), which are semaphores with queues. Here who waits has to go
//! on answering others, so it asks again and again: a ticket lock (Mellor-Crummey and Scott, 1991) without the loop.
//!
//! # Invariants
//!
//! * **INV-TURN-1 (one holder).** Between the moment it is a [`Turn`]'s turn and [`Turns::pass_on`], nobody else has
//!   the right.
//! * **INV-TURN-2 (in order).** Turns come in the order of [`Turns::queue_up`]: nobody overtakes, so nobody starves.

use gort_sync::atomic::{AtomicU32, Ordering};

/// The right, and the queue for it.
#[derive(Debug)]
pub struct Turns {
    next: AtomicU32,
    now: AtomicU32,
}

/// A place in the queue.
#[derive(Debug)]
#[must_use]
pub struct Turn(u32);

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

impl Turns {
    /// Nobody has the right.
    pub fn new() -> Self {
        Self { next: AtomicU32::new(0), now: AtomicU32::new(0) }
    }

    /// Takes the last place. Who queues up waits for its turn and passes the right on.
    pub fn queue_up(&self) -> Turn {
        // Relaxed: what the last holder did is seen by the Acquire in `has_come`.
        Turn(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Has the turn come?
    #[must_use]
    pub fn has_come(&self, turn: &Turn) -> bool {
        // Acquire: pairs with the Release in `pass_on`.
        self.now.load(Ordering::Acquire) == turn.0
    }

    /// The holder gives the right to the next in the queue.
    pub fn pass_on(&self) {
        // Relaxed: only the holder writes it (INV-TURN-1).
        let now = self.now.load(Ordering::Relaxed);
        // Release: pairs with the Acquire in `has_come`.
        self.now.store(now.wrapping_add(1), Ordering::Release);
    }

    /// How many hold it or wait for it, for display.
    pub fn len(&self) -> u32 {
        // Relaxed: for display.
        let now = self.now.load(Ordering::Relaxed);
        // Relaxed: for display.
        self.next.load(Ordering::Relaxed).wrapping_sub(now)
    }

    /// Does nobody hold it? For display.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn in_order() {
        let turns = Turns::new();
        let (first, second) = (turns.queue_up(), turns.queue_up());
        assert!(turns.has_come(&first) && !turns.has_come(&second));
        assert_eq!(turns.len(), 2);
        turns.pass_on();
        assert!(turns.has_come(&second));
        turns.pass_on();
        assert!(turns.is_empty());
    }
}
