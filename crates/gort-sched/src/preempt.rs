//! Requests to a running goroutine, and the safepoint where it answers them.
//!
//! Go counterpart: `preempt.go`, `stack.go` (`newstack`'s preemption part).
//!
//! A request is a bit on the P (or on the status word, or the scheduler's stop flag) plus a poisoned stack
//! limit, which sends Go code to the runtime at its next call or loop turn.

use crate::current::Current;
use crate::leave;
use crate::p::request;
use crate::sched::Sched;
use gort_stack::guard;
use std::sync::atomic::Ordering;

/// A mutex spins so often at most.
const SPIN_TURNS: usize = 4;

impl Current<'_> {
    /// Answers all requests to this P and its Go goroutine, which is in a Blocking, PreserveAll or
    /// MoreStack thunk. May set `leave`: the caller returns without touching the goroutine.
    pub fn safepoint(&self) {
        let (sched, p, g) = (self.sched(), self.p(), self.g());
        let asked = p.take_requests();
        if self.is_pinned() {
            p.put_off.set(p.put_off.get() | asked | request::SUSPEND);
            p.update_pin_slow();
            p.set_limit(guard::stack_limit(g.stack_bounds().lo));
            return;
        }
        sched.answer_ragged(p);
        self.save_context();
        if g.status.stop_requested() {
            p.set_leave(leave::PREEMPTED);
            if g.status.stop_if_requested() {
                return;
            }
            p.set_leave(0);
        }
        if sched.stop_wished() || sched.is_ending() || asked & request::YIELD != 0 {
            p.set_leave(leave::YIELD);
            return;
        }
        p.set_limit(guard::stack_limit(g.stack_bounds().lo));
    }

    /// From now on the goroutine stays on this P, until [`Self::unpin`]; returns the P's number.
    pub fn pin(&self) -> u32 {
        let p = self.p();
        p.set_pins(p.pins() + 1);
        p.id
    }

    /// The opposite of [`Self::pin`]. What was asked meanwhile is asked again.
    pub fn unpin(&self) {
        let p = self.p();
        let pins = p.pins();
        assert!(pins > 0, "unpin without pin");
        p.set_pins(pins - 1);
        if pins == 1 && p.put_off.get() != 0 {
            p.request(p.put_off.replace(0));
            p.update_pin_slow();
        }
    }

    /// Must the goroutine stay where it is?
    pub fn is_pinned(&self) -> bool {
        self.p().pins() > 0
    }

    /// Is it worth while to spin a little for a lock (`sync.runtime_canSpin`)?
    pub fn can_spin(&self, turn: usize) -> bool {
        let (sched, p) = (self.sched(), self.p());
        let (searching, idle) = sched.spinning.counts();
        turn < SPIN_TURNS
            && gort_sys::cpu::cpu_count_cached() > 1
            && sched.procs() > (searching + idle) as usize + 1
            && p.runq.is_empty()
    }

    /// Zeal: the goroutine yields at its next safepoint.
    pub fn wish_yield(&self) {
        self.p().request(request::YIELD);
    }

    /// Zeal: whoever runs on this P comes to the runtime at every safepoint, from now on.
    pub fn always_come(&self) {
        if !self.p().has_request(request::ALWAYS) {
            self.p().request(request::ALWAYS);
        }
    }

    /// Is anything asked of this P? For Rust goroutines and long runtime functions.
    pub fn yield_wished(&self) -> bool {
        // Relaxed: a hint; asked again and again.
        self.p().requests.load(Ordering::Relaxed) & !request::ALWAYS != 0
            || self.sched().stop_wished()
            || self.sched().is_ending()
    }
}

impl Sched {
    /// Is somebody stopping the world?
    pub(crate) fn stop_wished(&self) -> bool {
        // Acquire: pairs with the Release in `stop_others`.
        self.stop_requested.load(Ordering::Acquire)
    }
}
