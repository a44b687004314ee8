//! `runtime.MemStats` and `debug.GCStats`, as plain values.

use crate::collector::Collector;
use crate::host::WorldStopped;
use crate::trace::PAUSES;
use gort_abi::addr::Addr;
use gort_heap::MCache;

/// Go's fields, in snake case. What is not kept apart here is in `other_sys`.
#[allow(missing_docs, reason = "the names are Go's, documented there")]
#[derive(Clone, Copy, Debug, Default)]
pub struct MemStats {
    pub alloc: u64,
    pub total_alloc: u64,
    pub sys: u64,
    pub mallocs: u64,
    pub frees: u64,
    pub heap_alloc: u64,
    pub heap_sys: u64,
    pub heap_idle: u64,
    pub heap_inuse: u64,
    pub heap_released: u64,
    pub heap_objects: u64,
    pub stack_inuse: u64,
    pub stack_sys: u64,
    /// Structs of spans: in use, and all.
    pub mspan_inuse: u64,
    pub mspan_sys: u64,
    /// Allocation caches of all Ps.
    pub mcache_inuse: u64,
    pub gc_sys: u64,
    pub other_sys: u64,
    pub next_gc: u64,
    /// Wall clock.
    pub last_gc: u64,
    pub pause_total_ns: u64,
    pub num_gc: u32,
    pub num_forced_gc: u32,
    pub gc_cpu_fraction: f64,
}

impl Collector {
    /// Reads the statistics; exact, since the world is stopped.
    pub fn read_mem_stats(&self, stopped: &WorldStopped) -> MemStats {
        let mut mcache_inuse = 0;
        let (mut unused_bytes, mut unused_slots, mut cached_mallocs, mut cached_tiny) = (0, 0, 0, 0);
        self.host().each_mutator(stopped, &mut |m| {
            self.heap.settle(m.cache());
            let (bytes, slots) = m.cache().unused();
            unused_bytes += bytes;
            unused_slots += slots;
            cached_mallocs += m.cache().mallocs();
            mcache_inuse += size_of::<MCache>() as u64;
            cached_tiny += m.cache().tiny_allocs();
        });
        let heap = self.heap.tallies.read();
        let total_alloc = heap.total_alloc - unused_bytes;
        // A tiny object within a slot counts as allocated and freed: the slot is what lives.
        let tiny = heap.tiny_allocs + cached_tiny;
        let mallocs = heap.mallocs + cached_mallocs - unused_slots + tiny;
        let frees = heap.frees + tiny;
        let alloc = total_alloc.saturating_sub(heap.total_freed);
        let stacks = self.host().stack_bytes();
        let pool = self.heap.pool_bytes();
        let gc_sys = self.own_bytes() + pool.bits;
        let heap_released = self.heap.released_bytes();
        let trace = self.trace.lock();
        let next_gc = self.published.goal();
        MemStats {
            alloc,
            total_alloc,
            sys: heap.committed + stacks + pool.spans + mcache_inuse + gc_sys,
            mallocs,
            frees,
            heap_alloc: alloc,
            heap_sys: heap.committed,
            heap_idle: heap.committed - heap.in_use,
            heap_inuse: heap.in_use,
            heap_released,
            heap_objects: mallocs.saturating_sub(frees),
            stack_inuse: stacks,
            stack_sys: stacks,
            mspan_inuse: pool.spans_in_use,
            mspan_sys: pool.spans,
            mcache_inuse,
            gc_sys,
            other_sys: 0,
            next_gc,
            last_gc: trace.last_end_unix_ns(),
            pause_total_ns: trace.pause_total_ns,
            num_gc: self.cycle.completed() as u32,
            num_forced_gc: trace.forced as u32,
            gc_cpu_fraction: trace.cpu_share(),
        }
    }

    /// Bytes of the collector's own: work buffers, special records (estimated).
    pub(crate) fn own_bytes(&self) -> u64 {
        self.heap.specials.len() as u64 * 64 + self.host().procs() as u64 * (16 << 10)
    }

    /// Visits the last pauses, newest first: nanoseconds, and wall-clock nanoseconds of their end. At most
    /// [`Self::PAUSES`].
    pub fn each_pause(&self, mut visit: impl FnMut(u64, u64)) {
        let cycles = self.cycle.completed() as usize;
        let trace = self.trace.lock();
        for back in 0..cycles.min(PAUSES) {
            let (pause, end) = trace.pauses[(cycles - 1 - back) % PAUSES];
            visit(pause, end);
        }
    }

    /// So many pauses are remembered.
    pub const PAUSES: usize = PAUSES;

    /// Wall-clock end of the last cycle, cycles, nanoseconds of all pauses.
    pub fn gc_stats(&self) -> (u64, u64, u64) {
        let trace = self.trace.lock();
        (trace.last_end_unix_ns(), self.cycle.completed(), trace.pause_total_ns)
    }

    /// Adds a segment of globals: heap pointers may be at `base + offset` for every offset.
    ///
    /// # Safety
    /// Those words are readable as long as the collector lives.
    pub unsafe fn register_globals(&self, base: Addr, offsets: &[u32]) {
        self.roots.register(base, offsets);
    }

    /// Mark terminations that found something grey with the world stopped, and let marking go on.
    pub fn restarts(&self) -> u64 {
        self.restarts.get()
    }

    /// Turns of mark workers since the start: dedicated, fractional, idle.
    pub fn worker_turns(&self) -> [u64; 3] {
        self.published.worker_turns()
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
