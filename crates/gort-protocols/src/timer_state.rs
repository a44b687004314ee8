//! The state of one timer of package time: who may call its function, and when its queue entries are void.
//!
//! Go counterpart: `time.go` (`timer.modify`, `timer.stop`, `timer.unlockAndRun`, `needsAdd`).
//!
//! # Problem
//!
//! Timers are stopped and reset from any thread, much more often than they fire. And a timer with a channel
//! must seem to have no buffer: after a stop no old value may come out; and while nobody waits for the channel
//! nothing may hold the timer, so that it can be collected.
//!
//! # Protocol
//!
//! The state is guarded by the timer's lock. Queues hold *entries*, a time and the generation the timer had; changing
//! a timer changes its generation, so entries need not be found to become void. Whoever meets an entry that is due asks
//! [`TimerState::expire`], which says whether the function is to be called; the caller does that without the
//! lock and then says [`TimerState::sent`]. A timer with a channel is in a queue only while somebody is blocked on
//! the channel; otherwise operations on the channel ask [`TimerState::look`].
//!
//! # Invariants
//!
//! * **INV-TIMER-1 (one entry).** At most one entry in all queues carries the timer's generation.
//! * **INV-TIMER-2 (quiet).** Once `stop` or `start` has returned for a timer that is not [`TimerState::is_sending`],
//!   no call for an earlier start begins.
//! * **INV-TIMER-3 (armed).** A timer that is due some time, and is not idle by lack of waiters, has its entry.

use gort_sync::atomic::{AtomicU64, Ordering};

const CHANNEL: u32 = 1;
const SENDING: u32 = 2;
/// An entry of this generation is in some queue.
const QUEUED: u32 = 4;

/// What a change asks the caller to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Change {
    /// The timer was going to fire.
    pub was_active: bool,
    /// An entry in some queue has become void.
    pub voided: bool,
    /// Put an entry into a queue: when, generation.
    pub insert: Option<(i64, u64)>,
}

/// A due timer: call its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Fire {
    /// Nanoseconds since it was due.
    pub delta: i64,
    /// What to do besides.
    pub change: Change,
}

/// The state, as it lies in the timer.
#[repr(C)]
#[derive(Debug, Default)]
pub struct TimerState {
    /// When it fires, 0 for never.
    when: i64,
    /// Then again after so long, if not 0.
    period: i64,
    generation: AtomicU64,
    /// Goroutines blocked on its channel.
    blocked: u32,
    flags: u32,
}

impl TimerState {
    /// A timer that is not started; with a channel, or with a function.
    pub fn new(channel: bool) -> Self {
        Self { flags: if channel { CHANNEL } else { 0 }, ..Self::default() }
    }

    /// Has it a channel?
    pub fn has_channel(&self) -> bool {
        self.flags & CHANNEL != 0
    }

    /// Is its function being called? Who changes a timer with a channel waits until it is not.
    pub fn is_sending(&self) -> bool {
        self.flags & SENDING != 0
    }

    /// Without the lock: is an entry of that generation void?
    pub fn is_void(&self, generation: u64) -> bool {
        // Relaxed: an entry taken for valid too long is found void later.
        self.generation.load(Ordering::Relaxed) != generation
    }

    fn next_generation(&mut self) -> bool {
        // Relaxed: written under the lock only.
        let generation = self.generation.load(Ordering::Relaxed).wrapping_add(1);
        // Relaxed: see `is_void`.
        self.generation.store(generation, Ordering::Relaxed);
        let voided = self.flags & QUEUED != 0;
        self.flags &= !QUEUED;
        voided
    }

    /// The entry that must be in a queue now, if it is not (INV-TIMER-3).
    fn arm(&mut self) -> Option<(i64, u64)> {
        let wanted = self.when > 0 && (!self.has_channel() || self.blocked > 0);
        if !wanted || self.flags & QUEUED != 0 {
            return None;
        }
        self.flags |= QUEUED;
        // Relaxed: under the lock.
        Some((self.when, self.generation.load(Ordering::Relaxed)))
    }

    /// It fires at `when`, and then every `period` if that is not 0.
    pub fn start(&mut self, when: i64, period: i64) -> Change {
        let was_active = self.when > 0;
        let voided = self.next_generation();
        (self.when, self.period) = (when.max(1), period.max(0));
        Change { was_active, voided, insert: self.arm() }
    }

    /// It does not fire any more.
    pub fn stop(&mut self) -> Change {
        let was_active = self.when > 0;
        let voided = self.next_generation();
        self.when = 0;
        Change { was_active, voided, insert: None }
    }

    /// A goroutine is going to wait for the channel.
    pub fn block(&mut self) -> Change {
        self.blocked += 1;
        Change { was_active: self.when > 0, voided: false, insert: self.arm() }
    }

    /// It waits no more.
    pub fn unblock(&mut self) -> Change {
        assert!(self.blocked > 0, "INV-TIMER-3: unblock without block");
        self.blocked -= 1;
        let voided = self.blocked == 0 && self.has_channel() && self.next_generation();
        Change { was_active: self.when > 0, voided, insert: None }
    }

    /// An entry has become due: call the function, unless the entry is void.
    pub fn expire(&mut self, generation: u64, now: i64) -> Option<Fire> {
        if self.is_void(generation) {
            return None;
        }
        self.flags &= !QUEUED;
        self.fire(now)
    }

    /// Somebody looks at the channel: call the function if it is due.
    pub fn look(&mut self, now: i64) -> Option<Fire> {
        if self.is_sending() || self.when == 0 || self.when > now {
            return None;
        }
        self.fire(now)
    }

    fn fire(&mut self, now: i64) -> Option<Fire> {
        let delta = now.saturating_sub(self.when).max(0);
        let voided = self.next_generation();
        if self.period > 0 {
            // Ticks that were missed are left out.
            let step = self.period.saturating_mul(1 + delta / self.period);
            self.when = self.when.saturating_add(step);
        } else {
            self.when = 0;
        }
        self.flags |= SENDING;
        Some(Fire { delta, change: Change { was_active: true, voided, insert: self.arm() } })
    }

    /// The function has been called.
    pub fn sent(&mut self) {
        self.flags &= !SENDING;
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn stopped_timers_do_not_fire() {
        let mut t = TimerState::new(false);
        let (when, generation) = t.start(10, 0).insert.unwrap();
        assert_eq!(when, 10);
        let change = t.stop();
        assert!(change.was_active && change.voided);
        assert!(t.expire(generation, 20).is_none());
        assert!(!t.stop().was_active);
    }

    #[test]
    fn tickers_leave_out_missed_ticks() {
        let mut t = TimerState::new(false);
        let (_, generation) = t.start(10, 10).insert.unwrap();
        let fire = t.expire(generation, 35).unwrap();
        assert_eq!((fire.delta, fire.change.insert.unwrap().0), (25, 40));
    }

    #[test]
    fn channels_nobody_waits_for_are_in_no_queue() {
        let mut t = TimerState::new(true);
        assert_eq!(t.start(10, 0).insert, None);
        assert!(t.look(9).is_none());
        let entry = t.block().insert.unwrap();
        assert_eq!(t.block().insert, None);
        assert!(!t.unblock().voided);
        assert!(t.unblock().voided);
        assert!(t.expire(entry.1, 10).is_none());
        assert_eq!(t.look(12).unwrap().delta, 2);
        assert!(t.is_sending());
        t.sent();
        assert!(t.look(13).is_none());
    }
}
