//! Step 2: with the world stopped, everything is made ready for marking.

use super::Phase;
use super::trigger::Trigger;
use crate::collector::Collector;
use crate::host::{StopReason, Suspendable};
use crate::mark::drain::DrainOptions;
use crate::mutator::Mutator;
use crate::pacer::MarkStart;
use crate::trace::CycleStart;

impl Collector {
    pub(crate) fn mark_setup(&self, own: &Mutator, who: &Suspendable<'_>, why: Trigger) {
        let host = self.host();
        let begin_ns = host.now_ns();
        let stopped = host.stop_world(StopReason::SweepTermination);
        host.clean_pools(&stopped);
        self.heap.finish_sweep();
        assert!(self.work.is_empty(), "INV-GC-4: grey objects outside a cycle");
        host.each_mutator(&stopped, &mut |m| {
            self.heap.retire(m.cache(), false);
            m.start_marking();
        });
        let tallies = &self.heap.tallies;
        let live = tallies.live.get();
        tallies.marked.set(0);
        self.stack_bytes.set(0);
        self.roots.prepare(self.special_jobs(), host.snapshot_goroutines(&stopped));

        let now = host.now_ns();
        let procs = host.procs();
        let start = MarkStart { now_ns: now, live, scannable: tallies.scannable.get(), procs };
        let plan = self.pacer.lock().start_marking(start);
        self.published.start_marking(&plan, now, live, tallies.scannable.get());
        self.trace.lock().start(CycleStart {
            number: self.cycle.completed() + 1,
            begin_ns,
            mark_ns: now,
            heap: live,
            procs,
            forced: why == Trigger::Forced,
        });
        self.assists.start_marking();
        self.cycle.set_phase(Phase::Mark);

        if self.config.stop_the_world {
            self.drain(own, who, DrainOptions::STOPPED);
            host.each_mutator(&stopped, &mut |m| {
                self.flush(m);
            });
            assert!(!self.marking_is_left(), "INV-GC-4: work left with the world stopped");
            let waiters = self.mark_termination(&stopped, who);
            host.start_world(stopped);
            self.after_cycle(waiters);
            return;
        }
        host.start_world(stopped);
        host.wake_workers();
    }
}
