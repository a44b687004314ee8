//! "all goroutines are asleep - deadlock!"
//!
//! Go counterpart: `proc.go` (`checkdead`).
//!
//! Asked by a thread that is about to sleep, with the lists locked: every thread is asleep then, no P is
//! stopped, and nothing outside will wake a goroutine. As every waker is a goroutine or an outside waker,
//! no goroutine will ever run again.

use crate::sched::{Lists, Sched};
use gort_sync::MutexGuard;
use std::sync::atomic::Ordering;

impl Sched {
    pub(crate) fn check_deadlock(&self, lists: MutexGuard<'_, Lists>) {
        // Acquire: pairs with the Release in `run_main`.
        let started = self.main_started.load(Ordering::Acquire);
        // Relaxed: changed under the lists' lock or before a wake-up through it.
        let outside = self.outside_wakers.load(Ordering::Relaxed);
        if !started
            || outside > 0
            || lists.idle_ms.len() + lists.locked_ms.len() < lists.alive_ms
            || !lists.global.is_empty()
            || self.done.is_set()
            || self.stop_wished()
            // Relaxed: as above.
            || self.frozen.load(Ordering::Relaxed)
        {
            return;
        }
        let live = self.num_goroutine();
        // A Go program's main goroutine is 1; it was started before this flag, so none left means Goexit.
        drop(lists);
        if self.collector_will_wake_somebody() {
            return;
        }
        let message = if live == 0 {
            "no goroutines (main called runtime.Goexit) - deadlock!"
        } else {
            "all goroutines are asleep - deadlock!"
        };
        self.hooks.fatal(self, message);
    }

    /// A goroutine that waits for the collector is woken by its workers; those are found by idle Ps, so a
    /// deadlock of the collector itself would be a bug of ours, not the program's.
    fn collector_will_wake_somebody(&self) -> bool {
        let mut bug = false;
        self.each_g(|g| {
            use crate::wait_reason::WaitReason as R;
            let waits = g.status.view().state == gort_protocols::g_status::GState::Waiting;
            bug |= waits
                && !g.is_system()
                && matches!(g.wait_reason(), R::GcAssistWait | R::GarbageCollection | R::GcSweepWait);
        });
        bug
    }
}
