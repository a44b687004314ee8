//! When a bubble of `testing/synctest` is blocked: all its goroutines wait for each other or for time.
//!
//! # Problem
//! A goroutine that parks may be woken before its thread has left it, and what it waits for (a timer, say) is put in
//! place after it became `Waiting`. Counted at the wrong moment, a bubble seems to be blocked while one of its goroutines
//! is runnable, or has not said yet what it waits for; then time leaps ahead, or a deadlock is reported.
//!
//! # Protocol
//! A goroutine counts as running until its thread has left it ([`BubbleCount::left`]), by when all is in place. Who
//! wakes it adds one *before* it is put on a queue ([`BubbleCount::woken`]). A goroutine that is woken before it was left
//! counts twice for a moment, never less than once.
//!
//! # Invariants
//! * **INV-BUBBLE-1 (one wake).** Whoever makes the count 0 chooses who is woken, and counts it as running at once: nobody
//!   else chooses meanwhile.
//!
//! Go counterpart: `synctest.go` (`changegstatus`, `maybeWakeLocked`).

/// The goroutines of a bubble, under its lock.
#[derive(Debug, Default)]
pub struct BubbleCount {
    total: usize,
    running: usize,
    held: usize,
}

impl BubbleCount {
    /// Goroutines there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// One was born, running.
    pub fn born(&mut self) {
        self.total += 1;
        self.running += 1;
    }

    /// One ended, or went out of the bubble. True: the bubble is blocked.
    #[must_use]
    pub fn ended(&mut self) -> bool {
        self.total = self.total.saturating_sub(1);
        self.left()
    }

    /// The thread of one that waits has left it. True: the bubble is blocked.
    #[must_use]
    pub fn left(&mut self) -> bool {
        self.running = self.running.saturating_sub(1);
        self.is_blocked()
    }

    /// One that waits is about to be made runnable.
    pub fn woken(&mut self) {
        self.running += 1;
    }

    /// The bubble is not blocked until [`Self::released`].
    pub fn hold(&mut self) {
        self.held += 1;
    }

    /// Ends one [`Self::hold`]. True: the bubble is blocked.
    #[must_use]
    pub fn released(&mut self) -> bool {
        self.held = self.held.saturating_sub(1);
        self.is_blocked()
    }

    fn is_blocked(&self) -> bool {
        self.running == 0 && self.held == 0
    }
}
