//! Step 4: agreeing that nothing is grey.
//!
//! Work can hide in three places: the global list, the buffers of a P, the barrier buffer of a P. Any
//! drain that ends looks whether it was the last and whether the global list and the root jobs are used
//! up. If so, its thread makes every P flush (a ragged barrier) and counts what came out. Only when
//! nothing did is the world stopped, and then everything is flushed and counted again: between the two a
//! mutator may have shaded something. If so, marking resumes (heart rule R10).
//!
//! One thread at a time asks the question. One that finds the question being asked leaves; the asker looks
//! again after it has stopped asking, so no last drain goes unnoticed.

use crate::collector::Collector;
use crate::host::{GoroutineId, StopReason, Suspendable, WorldStopped};
use crate::mutator::Mutator;
use gort_protocols::mark_termination::{Asking, Verdict};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

impl Collector {
    /// Is there work that everybody can see, or a drain under way?
    pub(crate) fn marking_is_left(&self) -> bool {
        self.cycle.termination.drainers() != 0 || self.work_is_left()
    }

    fn work_is_left(&self) -> bool {
        !self.work.is_empty() || self.roots.jobs_left()
    }

    /// To be called after every drain.
    pub(crate) fn finish_marking_if_last(&self, own: &Mutator, who: &Suspendable<'_>) {
        while self.cycle.is_marking() && !self.marking_is_left() && own.grey().is_empty() {
            let Some(asking) = self.cycle.termination.try_ask() else { return };
            if self.try_finish_marking(&asking, who) {
                return;
            }
        }
    }

    fn try_finish_marking(&self, asking: &Asking<'_>, who: &Suspendable<'_>) -> bool {
        let host = self.host();
        if !self.cycle.is_marking() {
            return false;
        }
        let flush_all = || {
            let flushed = AtomicUsize::new(0);
            host.ragged_barrier(who, &|m| {
                // Relaxed: pairs with nothing; the end of the ragged barrier orders it.
                flushed.fetch_add(self.flush(m), Ordering::Relaxed);
            });
            // Relaxed: as above.
            flushed.load(Ordering::Relaxed)
        };
        let begin_ns = Cell::new(0);
        let stop = || {
            begin_ns.set(host.now_ns());
            host.stop_world(StopReason::MarkTermination)
        };
        let flush_stopped = |stopped: &WorldStopped| {
            let mut late = 0;
            host.each_mutator(stopped, &mut |m| late += self.flush(m));
            late
        };
        match asking.decide(|| self.work_is_left(), flush_all, stop, flush_stopped) {
            Verdict::NotYet => false,
            Verdict::GoOn(stopped) => {
                if let Some(stopped) = stopped {
                    self.restarts.add(1);
                    host.start_world(stopped);
                }
                host.wake_workers();
                false
            }
            Verdict::Done(stopped) => {
                self.trace.lock().end_marking(begin_ns.get());
                let waiters = self.mark_termination(&stopped, who);
                host.start_world(stopped);
                self.after_cycle(waiters);
                true
            }
        }
    }

    /// The world runs again: what need not be done while it was stopped.
    pub(crate) fn after_cycle(&self, waiters: Vec<GoroutineId>) {
        self.wake_assists(waiters);
        self.profile().flush();
        if self.config.gc_trace {
            self.trace.lock().print();
        }
    }

    /// Shades what the P's barrier remembered and gives its grey objects to everybody; returns how many
    /// objects that were.
    pub(crate) fn flush(&self, mutator: &Mutator) -> usize {
        self.flush_barrier(mutator);
        let grey = mutator.grey();
        self.publish_counts(grey);
        grey.give_all(&self.work)
    }
}
