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
use crate::host::{StopReason, Suspendable};
use crate::mutator::Mutator;
use std::sync::atomic::{AtomicUsize, Ordering};

impl Collector {
    /// Is there work that everybody can see, or a drain under way?
    pub(crate) fn marking_is_left(&self) -> bool {
        self.cycle.drainers() != 0 || !self.work.is_empty() || self.roots.jobs_left()
    }

    /// To be called after every drain.
    pub(crate) fn finish_marking_if_last(&self, own: &Mutator, who: &Suspendable<'_>) {
        while self.cycle.is_marking() && !self.marking_is_left() && own.grey().is_empty() {
            if !self.cycle.try_finish() {
                return;
            }
            let finished = self.try_finish_marking(who);
            self.cycle.end_finish();
            if finished {
                return;
            }
        }
    }

    fn try_finish_marking(&self, who: &Suspendable<'_>) -> bool {
        let host = self.host();
        if !self.cycle.is_marking() || self.marking_is_left() {
            return false;
        }
        let flushed = AtomicUsize::new(0);
        host.ragged_barrier(who, &|m| {
            // Relaxed: pairs with nothing; the end of the ragged barrier orders it.
            flushed.fetch_add(self.flush(m), Ordering::Relaxed);
        });
        // Relaxed: as above.
        if flushed.load(Ordering::Relaxed) != 0 || self.marking_is_left() {
            host.wake_workers();
            return false;
        }
        let begin_ns = host.now_ns();
        let stopped = host.stop_world(StopReason::MarkTermination);
        let mut late = 0;
        host.each_mutator(&stopped, &mut |m| late += self.flush(m));
        if late != 0 || self.marking_is_left() {
            host.start_world(stopped);
            host.wake_workers();
            return false;
        }
        self.trace.lock().end_marking(begin_ns);
        let waiters = self.mark_termination(&stopped, who);
        host.start_world(stopped);
        self.wake_assists(waiters);
        true
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
