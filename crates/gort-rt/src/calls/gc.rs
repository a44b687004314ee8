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

pub(super) extern "C" fn read_mem_stats(to: Addr) {
    let cur = Current::get();
    let stopped = cur.sched().stop_world(StopReason::ReadMemStats);
    let stats = cur.collector().read_mem_stats(&stopped);
    cur.sched().start_world(stopped);
    // SAFETY: INV-CALL-1: `to` is a runtime.MemStats, `word` one of its words.
    let put = |word: usize, value: u64| unsafe { (to.add(word * 8).0 as *mut u64).write(value) };
    for (word, value) in head(&stats).into_iter().enumerate() {
        put(word, value);
    }
    let behind = PAUSES + 2 * RING;
    put(behind, u64::from(stats.num_gc) | u64::from(stats.num_forced_gc) << 32);
    put(behind + 1, stats.gc_cpu_fraction.to_bits());
    put(behind + 2, 1); // EnableGC true, DebugGC false
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
