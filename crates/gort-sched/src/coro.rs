//! Coroutines: a goroutine hands its thread to the one that waits for it, and waits in its place.
//!
//! Go counterpart: `coro.go`.
//!
//! The two never run at once, so the other takes the P and the rest of the time slice and no thread is woken. It
//! goes through the P's `next` slot, which the thread empties first: the queues are not touched, and a goroutine that
//! stays on a thread of its own gets there by the way every other one does.
//!
//! Who waits is said by [`Coroutine`] (INV-CORO-1).

use crate::current::Current;
use crate::g::GRef;
use crate::spawn::SpawnInfo;
use crate::wait_reason::WaitReason;
use gort_protocols::coroutine::{Coroutine, Next};
use gort_protocols::g_status::Pin;

impl Current<'_> {
    /// A goroutine that calls the closure when it is switched to.
    pub fn coro_begin(&self, coroutine: &Coroutine, closure: usize, info: SpawnInfo) {
        let g = self.give_birth(closure, info);
        g.set_wait_reason(WaitReason::Coroutine);
        self.sched().born_waiting(g);
        g.status.publish_waiting();
        coroutine.begin(g.handle());
    }

    /// The current goroutine waits and the other one runs, as the last thing the runtime function does. False: there
    /// is no other one, and nothing happened.
    #[must_use]
    pub fn coro_switch(&self, coroutine: &Coroutine) -> bool {
        // INV-PARK-1: from the exchange on, the other one may wake us.
        self.park(WaitReason::Coroutine, Pin::Free);
        match coroutine.exchange(self.g().handle()) {
            Next::Resumed(other) => self.hand_over(other),
            Next::Refused => {
                self.unpark_self();
                return false;
            }
        }
        true
    }

    /// The current goroutine is about to end, and the other one runs. False: there is none.
    #[must_use]
    pub fn coro_finish(&self, coroutine: &Coroutine) -> bool {
        match coroutine.finish() {
            Next::Resumed(other) => {
                self.hand_over(other);
                true
            }
            Next::Refused => false,
        }
    }

    fn hand_over(&self, other: u64) {
        let other = GRef::of_handle(other);
        self.sched().wakes_in_bubble(other);
        other.status.ready();
        self.sched().put_next(self.p(), other);
    }
}
