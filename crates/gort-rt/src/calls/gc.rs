//! The collector's entries.

use gort_abi::addr::Addr;
use gort_gc::MemStats;
use gort_gc::host::{Host, StopReason};
use gort_sched::Current;

/// Before a pointer store, while the barrier is on.
pub(super) extern "C" fn write_barrier(slot: Addr, new: Addr) {
    let cur = Current::get();
    cur.collector().write_barrier(cur.mutator(), slot, new);
}

pub(super) extern "C" fn gc_now() {
    let cur = Current::get();
    cur.collector().gc_now(cur.mutator());
}

/// `runtime.MemStats` up to `PauseTotalNs`, in words, and what follows the two rings.
const PAUSES: usize = 24;
const RING: usize = 256;

pub(super) extern "C" fn read_mem_stats(to: *mut u64) {
    let cur = Current::get();
    let stopped = cur.sched().stop_world(StopReason::ReadMemStats);
    let stats = cur.collector().read_mem_stats(&stopped);
    cur.sched().start_world(stopped);
    for (i, word) in head(&stats).into_iter().enumerate() {
        // SAFETY: INV-CALL-1: a MemStats, whose first words these are.
        unsafe { to.add(i).write(word) };
    }
    let counts = u64::from(stats.num_gc) | u64::from(stats.num_forced_gc) << 32;
    // SAFETY: INV-CALL-1: NumGC and NumForcedGC behind the rings.
    unsafe { to.add(PAUSES + 2 * RING).write(counts) };
    // SAFETY: INV-CALL-1: GCCPUFraction.
    unsafe { to.add(PAUSES + 2 * RING + 1).write(stats.gc_cpu_fraction.to_bits()) };
    // SAFETY: INV-CALL-1: EnableGC, DebugGC.
    unsafe { to.add(PAUSES + 2 * RING + 2).write(1) };
}

fn head(s: &MemStats) -> [u64; PAUSES] {
    [
        s.alloc,
        s.total_alloc,
        s.sys,
        s.lookups,
        s.mallocs,
        s.frees,
        s.heap_alloc,
        s.heap_sys,
        s.heap_idle,
        s.heap_inuse,
        s.heap_released,
        s.heap_objects,
        s.stack_inuse,
        s.stack_sys,
        s.mspan_inuse,
        s.mspan_sys,
        s.mcache_inuse,
        s.mcache_sys,
        s.buck_hash_sys,
        s.gc_sys,
        s.other_sys,
        s.next_gc,
        s.last_gc,
        s.pause_total_ns,
    ]
}
