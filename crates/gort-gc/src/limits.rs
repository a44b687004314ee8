//! The limits of the collector while it runs: `GOGC`, the memory limit, the CPU limiter.
//!
//! What the pacer decides is computed anew when a cycle ends, when a limit changes, and now and then by the scheduler's
//! monitor, since memory outside the heap changes too.
//!
//! Go counterpart: `runtime/debug` (`setGCPercent`, `setMemoryLimit`), `mgclimit.go`.

use crate::collector::Collector;
use crate::mutator::Mutator;
use crate::pacer::limiter::CpuUsed;
use crate::pacer::memory::{MemoryFacts, limit_of_cgroup};

impl Collector {
    /// Memory as it is now.
    pub(crate) fn memory_facts(&self) -> MemoryFacts {
        let heap = self.heap.tallies.read();
        let objects = heap.total_alloc.saturating_sub(heap.total_freed);
        let resident = heap.committed.saturating_sub(self.heap.released_bytes());
        let free = resident.saturating_sub(heap.in_use);
        MemoryFacts { objects, free, mapped: resident + self.host().stack_bytes() }
    }

    /// Changes `GOGC`; returns the old value. A negative value is off.
    pub fn set_gc_percent(&self, percent: i32) -> i32 {
        let memory = self.memory_facts();
        let (old, target) = self.pacer.lock().set_percent(percent, &memory);
        self.published.set_target(target);
        old
    }

    /// Waits until no marking is under way, helping with it.
    pub fn wait_for_marking(&self, own: &Mutator) {
        if self.cycle.is_marking() {
            self.host().while_suspendable(&mut |who| self.help_to_the_end(own, who));
        }
    }

    /// Changes the memory limit, unless `limit` is negative; returns the old one.
    pub fn set_memory_limit(&self, limit: i64) -> i64 {
        let memory = self.memory_facts();
        let mut pacer = self.pacer.lock();
        let old = pacer.set_limit(u64::try_from(limit).ok());
        self.published.set_target(pacer.target_now(&memory));
        old as i64
    }

    /// The scheduler's monitor: looks at the control group's limit, where it holds, and at memory outside the heap.
    pub fn refresh_limits(&self) {
        if self.pacer.lock().follows_system() {
            let limit = limit_of_cgroup(gort_sys::cgroup_memory::memory_limit());
            self.pacer.lock().set_system_limit(limit);
        }
        let memory = self.memory_facts();
        let pacer = self.pacer.lock();
        if !self.cycle.is_marking() {
            self.published.set_target(pacer.target_now(&memory));
        }
    }

    /// `debug.FreeOSMemory`: collects, then gives free pages back.
    pub fn free_os_memory(&self, own: &Mutator) {
        self.gc_now(own);
        self.heap.scavenge_all();
    }

    /// Counts what collecting and the program have used; decides about limiting.
    pub(crate) fn update_limiter(&self, now_ns: u64) {
        let (gc_ns, idle_ns) = self.published.all_gc_ns();
        let used = CpuUsed { now_ns, gc_ns, idle_ns, procs: self.host().procs() };
        let mut limiter = self.limiter.lock();
        let limiting = limiter.update(used);
        limiter.note(limiting, self.cycle.completed() + 1);
        drop(limiter);
        self.published.set_limiting(limiting);
    }
}
