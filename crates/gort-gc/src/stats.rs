//! `runtime.MemStats`, as plain values.

use crate::collector::Collector;
use crate::host::WorldStopped;
use gort_abi::addr::Addr;

/// Go's fields, in snake case, as far as they are known.
#[allow(missing_docs, reason = "the names are Go's, documented there")]
#[derive(Clone, Copy, Debug, Default)]
pub struct MemStats {
    pub alloc: u64,
    pub total_alloc: u64,
    pub sys: u64,
    pub lookups: u64,
    pub mallocs: u64,
    pub frees: u64,
    pub heap_alloc: u64,
    pub heap_sys: u64,
    pub heap_idle: u64,
    pub heap_inuse: u64,
    pub heap_released: u64,
    pub heap_objects: u64,
    pub next_gc: u64,
    pub last_gc: u64,
    pub pause_total_ns: u64,
    pub last_pause_ns: u64,
    pub num_gc: u32,
    pub gc_cpu_fraction: f64,
    pub enable_gc: bool,
}

impl Collector {
    /// Reads the statistics; exact, since the world is stopped.
    pub fn read_mem_stats(&self, stopped: &WorldStopped) -> MemStats {
        let (mut unused_bytes, mut unused_slots, mut cached_mallocs) = (0, 0, 0);
        self.host().each_mutator(stopped, &mut |m| {
            let (bytes, slots) = m.cache().unused();
            unused_bytes += bytes;
            unused_slots += slots;
            cached_mallocs += m.cache().mallocs();
        });
        let heap = self.heap.tallies.read();
        let total_alloc = heap.total_alloc - unused_bytes;
        let mallocs = heap.mallocs + cached_mallocs - unused_slots;
        let alloc = total_alloc.saturating_sub(heap.total_freed);
        let trace = self.trace.lock();
        let (last_pause_ns, pause_total_ns) = trace.pauses();
        MemStats {
            alloc,
            total_alloc,
            sys: heap.committed,
            lookups: 0,
            mallocs,
            frees: heap.frees,
            heap_alloc: alloc,
            heap_sys: heap.committed,
            heap_idle: heap.committed - heap.in_use,
            heap_inuse: heap.in_use,
            heap_released: 0,
            heap_objects: mallocs.saturating_sub(heap.frees),
            next_gc: self.published.goal(),
            last_gc: self.published.last_end_ns(),
            pause_total_ns,
            last_pause_ns,
            num_gc: self.cycle.completed() as u32,
            gc_cpu_fraction: trace.cpu_share(&self.published),
            enable_gc: true,
        }
    }

    /// Changes `GOGC`; returns the old value.
    pub fn set_gc_percent(&self, percent: i32) -> i32 {
        let (old, target) = self.pacer.lock().set_percent(percent);
        self.published.set_target(target);
        old
    }

    /// Adds a segment of globals: heap pointers may be at `base + offset` for every offset.
    ///
    /// # Safety
    /// Those words are readable as long as the collector lives.
    pub unsafe fn register_globals(&self, base: Addr, offsets: &[u32]) {
        self.roots.register(base, offsets);
    }

    /// Cycles completed.
    pub fn cycles(&self) -> u64 {
        self.cycle.completed()
    }

    /// Tells the trace when the program started.
    pub fn start_clock(&self) {
        self.trace.lock().set_start_of_time(self.host().now_ns());
    }
}
