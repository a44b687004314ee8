//! Goroutines that make the calls which the collector found to be due: finalizers and cleanups.
//!
//! Each kind has one goroutine. It takes calls from its queue, and parks when there is none; a thread that looks for
//! work and sees that a queue is not empty runs it. So sweeping, which fills the queues, wakes nobody: it may run
//! anywhere, even with the world stopped.
//!
//! **INV-DUE-1 (none is left).** A call is queued by a thread that looks for work afterwards, or the goroutine parks on a
//! thread that does; whoever comes second sees both the call and the waiter.
//!
//! Go counterpart: `proc.go` (`wakefing`), `mfinal.go` (`runFinalizers`), `mcleanup.go`.

use crate::current::Current;
use crate::g::GRef;
use crate::sched::Sched;
use crate::wait_reason::WaitReason;
use gort_gc::finalize::Due;
use gort_protocols::g_status::Pin;
use std::sync::atomic::Ordering;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueCalls {
    /// Finalizers.
    Finalizers = 0,
    /// Cleanups.
    Cleanups = 1,
}

impl Current<'_> {
    /// The next call of the kind. If there is none, parks the current goroutine, which is a Go goroutine in a Blocking
    /// thunk: the caller returns without touching it, and when woken it asks again.
    pub fn next_due(&self, kind: DueCalls) -> Option<Due> {
        let collector = self.collector();
        let (queue, reason) = match kind {
            DueCalls::Finalizers => (collector.finalizers(), WaitReason::FinalizerWait),
            DueCalls::Cleanups => (collector.cleanups(), WaitReason::CleanupWait),
        };
        queue.take_or(|| {
            let g = self.g();
            self.park(reason, Pin::Free);
            // Last: from here on it may be found. SeqCst: INV-DUE-1.
            self.sched().due_waiters[kind as usize].store(g.addr(), Ordering::SeqCst);
        })
    }
}

impl Sched {
    /// The goroutine that waits for calls of a kind that has some.
    pub(crate) fn find_due_caller(&self) -> Option<GRef> {
        let collector = self.collector();
        let find = |due: bool, kind: DueCalls| {
            let waiter = &self.due_waiters[kind as usize];
            // Relaxed: a look; the swap decides.
            if !due || waiter.load(Ordering::Relaxed) == 0 {
                return None;
            }
            let g = GRef::of_waiter(waiter.swap(0, Ordering::SeqCst))?;
            g.status.ready();
            Some(g)
        };
        find(collector.finalizers().is_due(), DueCalls::Finalizers)
            .or_else(|| find(collector.cleanups().is_due(), DueCalls::Cleanups))
    }
}
