//! Step 5: the world is stopped and nothing is grey. Accounts are settled and the next goal is set.

use super::Phase;
use crate::collector::Collector;
use crate::host::{GoroutineId, Suspendable, WorldStopped};
use crate::pacer::MarkEnd;
use crate::trace::CycleEnd;

impl Collector {
    /// Returns who waited for credit: to be woken when the world runs again.
    #[must_use]
    pub(crate) fn mark_termination(&self, stopped: &WorldStopped, who: &Suspendable<'_>) -> Vec<GoroutineId> {
        let host = self.host();
        assert!(
            self.cycle.is_marking() && !self.marking_is_left(),
            "INV-GC-4: mark termination with work left"
        );
        if self.config.check_mark {
            self.check_mark(stopped, who);
        }
        self.find_leaks(stopped, who);
        self.cycle.set_phase(Phase::Off);
        host.each_mutator(stopped, &mut |m| {
            debug_assert!(m.grey().is_empty(), "INV-GC-4: grey objects at mark termination");
            self.heap.retire(m.cache(), true);
            m.end_marking();
        });
        let now = host.now_ns();
        let tallies = &self.heap.tallies;
        let (live, marked) = (tallies.live.get(), tallies.marked.get());
        let scanned = self.published.scan_work_done();
        let globals_bytes = self.roots.globals_bytes();
        let end = MarkEnd {
            now_ns: now,
            live,
            marked,
            scan_work: scanned,
            gc_share: self.published.gc_share(now, host.procs()),
            stack_bytes: self.stack_bytes.get(),
            globals_bytes,
            memory: self.memory_facts(),
        };
        let goal = self.published.goal();
        let target = self.pacer.lock().end_marking(end);
        let times = self.published.end_marking(target, now);
        tallies.live.set(marked);
        tallies.scannable.set(self.published.scannable_after(tallies.scannable.get()));
        self.cycle.complete();
        self.profile().next_cycle();
        self.start_sweep(target.trigger.saturating_sub(marked));
        self.update_limiter(now);
        self.trace.lock().end(CycleEnd {
            end_ns: host.now_ns(),
            end_unix_ns: host.unix_ns(),
            heap: live,
            marked,
            goal,
            stack_bytes: self.stack_bytes.get(),
            globals_bytes,
            times,
        });
        self.assists.take_all()
    }
}
