//! Suspending one goroutine: whoever may wait gets the scan guard of any goroutine, itself included.
//!
//! Go counterpart: `preempt.go` (`suspendG`, `resumeG`).

use crate::g::GRef;
use crate::m::M;
use crate::p::request;
use crate::sched::Sched;
use gort_protocols::g_status::{Claim, Resume, ScanGuard, Suspendable};
use std::sync::atomic::Ordering;

/// What came of [`Sched::with_suspended`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Suspended<R> {
    /// The function ran.
    Done(R),
    /// There is nothing to suspend.
    Dead,
    /// Called off: the caller must answer a stop of the world first.
    CalledOff,
}

impl Sched {
    /// Calls `f` while `g` stands still. `f` takes no lock above the guard's rank and wakes nobody (R3).
    /// Gives up when `give_up` says so while the goroutine is running.
    pub(crate) fn with_suspended<R>(
        &self,
        m: &M,
        g: GRef,
        who: &Suspendable<'_>,
        give_up: impl Fn() -> bool,
        f: impl FnOnce(&ScanGuard<'_>) -> R,
    ) -> Suspended<R> {
        assert!(!m.scanning.get(), "R6: a second scan guard");
        let mut turns = 0_u32;
        loop {
            match g.status.try_suspend(who) {
                Claim::Dead => return Suspended::Dead,
                Claim::Claimed(guard) => {
                    m.scanning.set(true);
                    let result = f(&guard);
                    m.scanning.set(false);
                    if guard.release() == Resume::MakeReady {
                        g.status.ready();
                        self.put_last(m.p(), g);
                        self.wake_p();
                    }
                    return Suspended::Done(result);
                }
                Claim::Running => {
                    if give_up() {
                        return Suspended::CalledOff;
                    }
                    self.poison_p_of(g);
                }
                Claim::Contended => {
                    if turns > 1000 && give_up() {
                        return Suspended::CalledOff;
                    }
                }
            }
            turns += 1;
            match turns {
                0..20 => std::hint::spin_loop(),
                20..200 => gort_sys::thread::yield_now(),
                _ => gort_sys::thread::sleep_nanos(20_000),
            }
        }
    }

    /// Sends the P that runs the goroutine to the runtime.
    fn poison_p_of(&self, g: GRef) {
        // Relaxed: a hint; if it moved on, the next turn finds it.
        let id = g.p.load(Ordering::Relaxed);
        if let Some(p) = self.ps.get(id as usize).and_then(|p| p.get())
            && p.current() == Some(g)
        {
            p.request(request::SUSPEND);
        }
    }
}
