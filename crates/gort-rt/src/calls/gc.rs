//! The collector's entries.

use gort_abi::addr::Addr;
use gort_gc::MemStats;
use gort_gc::host::{Host, StopReason};
use gort_sched::Current;

/// Before a pointer store, while the barrier is on.
pub(super) extern "C" fn write_barrier(slot: Addr, new: Addr) {
    let cur = Current::get();
    // SAFETY: INV-CALL-1: a pointer slot about to be written by this goroutine.
    unsafe { cur.collector().write_barrier(cur.mutator(), slot, new) };
}

pub(super) extern "C" fn gc_now() {
    let cur = Current::get();
    cur.collector().gc_now(cur.mutator());
    // In Go the caller waits parked, so others run meanwhile.
    cur.yield_now();
}

/// `runtime.MemStats` up to `PauseTotalNs`, in words, and what follows the two rings.
const PAUSES: usize = 24;
const RING: usize = 256;

pub(super) extern "C" fn read_mem_stats(to: Addr) {
    let cur = Current::get();
    let stopped = cur.sched().stop_world(StopReason::ReadMemStats);
    let stats = cur.collector().read_mem_stats(&stopped);
    cur.sched().start_world(stopped);
    let stacks = cur.sched().stacks().in_use() as u64;
    // SAFETY: INV-CALL-1: `to` is a runtime.MemStats, `word` one of its words.
    let put = |word: usize, value: u64| unsafe { (to.add(word * 8).0 as *mut u64).write(value) };
    for (word, value) in head(&stats, stacks).into_iter().enumerate() {
        put(word, value);
    }
    let behind = PAUSES + 2 * RING;
    if stats.num_gc > 0 {
        put(PAUSES + (stats.num_gc as usize + RING - 1) % RING, stats.last_pause_ns);
    }
    put(behind, u64::from(stats.num_gc)); // NumForcedGC 0
    put(behind + 1, stats.gc_cpu_fraction.to_bits());
    put(behind + 2, u64::from(stats.enable_gc)); // DebugGC false
}

/// The words up to PauseTotalNs. What is not counted is 0.
fn head(s: &MemStats, stacks: u64) -> [u64; PAUSES] {
    let mut words = [0; PAUSES];
    let known = [
        (0, s.alloc),
        (1, s.total_alloc),
        (2, s.sys + stacks),
        (3, s.lookups),
        (4, s.mallocs),
        (5, s.frees),
        (6, s.heap_alloc),
        (7, s.heap_sys),
        (8, s.heap_idle),
        (9, s.heap_inuse),
        (10, s.heap_released),
        (11, s.heap_objects),
        (12, stacks), // StackInuse
        (13, stacks), // StackSys
        (21, s.next_gc),
        (22, s.last_gc),
        (23, s.pause_total_ns),
    ];
    for (word, value) in known {
        words[word] = value;
    }
    words
}
