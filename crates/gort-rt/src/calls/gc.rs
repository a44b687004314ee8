//! The collector's entries.

use super::{Pair, bytes};
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_gc::host::{Host, StopReason};
use gort_gc::metrics::{self, Value};
use gort_gc::{Collector, MemStats};
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

pub(super) extern "C" fn leak_search(begin: u64) -> u64 {
    let cur = Current::get();
    if begin & 1 != 0 {
        cur.collector().want_leaks();
    }
    u64::from(cur.collector().leaks_are_wanted())
}

/// Writes a word of an array of the caller's.
///
/// # Safety
/// INV-CALL-1: the array has that word.
unsafe fn put(array: Addr, word: usize, value: u64) {
    // SAFETY: the caller's contract.
    unsafe { (array.add(word * 8).0 as *mut u64).write(value) };
}

/// `runtime.MemStats` up to `PauseTotalNs`, in words, and what follows the two rings.
const HEAD: usize = 24;
const RING: usize = Collector::PAUSES;
/// Entries of `MemStats.BySize`, three words each.
const BY_SIZE: usize = 61;

pub(super) extern "C" fn read_mem_stats(to: Addr) {
    let cur = Current::get();
    let stopped = cur.sched().stop_world(StopReason::ReadMemStats);
    let stats = cur.collector().read_mem_stats(&stopped);
    let by_size = cur.collector().read_by_size(&stopped);
    cur.sched().start_world(stopped);
    // SAFETY: INV-CALL-1: `to` is a runtime.MemStats, `word` one of its words.
    let put = |word: usize, value: u64| unsafe { put(to, word, value) };
    for (word, value) in head(&stats).into_iter().enumerate() {
        put(word, value);
    }
    let mut cycle = stats.num_gc as usize;
    cur.collector().each_pause(|pause, end| {
        cycle = cycle.wrapping_sub(1);
        put(HEAD + cycle % RING, pause);
        put(HEAD + RING + cycle % RING, end);
    });
    let behind = HEAD + 2 * RING;
    put(behind, u64::from(stats.num_gc) | u64::from(stats.num_forced_gc) << 32);
    put(behind + 1, stats.gc_cpu_fraction.to_bits());
    put(behind + 2, 1); // EnableGC true, DebugGC false
    for (class, count) in by_size.iter().take(BY_SIZE - 1).enumerate() {
        // The first entry is of size 0 and stays empty.
        let entry = behind + 3 + 3 * (class + 1);
        put(entry, count.size as u64);
        put(entry + 1, count.mallocs);
        put(entry + 2, count.frees);
    }
}

/// The words up to PauseTotalNs. What is not kept apart is 0, and counted in OtherSys or GCSys.
fn head(s: &MemStats) -> [u64; HEAD] {
    [
        s.alloc,
        s.total_alloc,
        s.sys,
        0, // Lookups
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
        s.mcache_inuse, // MCacheSys: every P has one
        0,              // BuckHashSys
        s.gc_sys,
        s.other_sys,
        s.next_gc,
        s.last_gc,
        s.pause_total_ns,
    ]
}

/// The closure is kept alive by a variable of package runtime.
pub(super) extern "C" fn set_pool_cleanup(closure: Addr) {
    Current::get().sched().set_pool_cleanup(closure.0);
}

pub(super) extern "C" fn set_gc_percent(percent: i64) -> i64 {
    let cur = Current::get();
    let old = cur.collector().set_gc_percent(percent as i32);
    if percent < 0 {
        cur.collector().wait_for_marking(cur.mutator());
    }
    i64::from(old)
}

pub(super) extern "C" fn set_memory_limit(limit: i64) -> i64 {
    Current::get().collector().set_memory_limit(limit)
}

pub(super) extern "C" fn set_max_stack(bytes: usize) -> usize {
    Current::get().sched().stacks().set_max(bytes)
}

pub(super) extern "C" fn free_os_memory() {
    let cur = Current::get();
    cur.collector().free_os_memory(cur.mutator());
}

/// Fills an array of `2 * 256 + 3` words: pauses newest first, their ends, the last end, cycles, all pauses. Returns how
/// many pauses there are.
pub(super) extern "C" fn read_gc_stats(to: Addr) -> usize {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let put = |word: usize, value: u64| unsafe { put(to, word, value) };
    let mut count = 0;
    cur.collector().each_pause(|pause, end| {
        put(count, pause);
        put(RING + count, end);
        count += 1;
    });
    let (last, cycles, total) = cur.collector().gc_stats();
    put(2 * RING, last);
    put(2 * RING + 1, cycles);
    put(2 * RING + 2, total);
    count
}

/// Takes the snapshot that `read_metric` reads.
pub(super) extern "C" fn snapshot_metrics() {
    let cur = Current::get();
    let stopped = cur.sched().stop_world(StopReason::ReadMemStats);
    let snapshot = cur.collector().metrics_snapshot(&stopped);
    cur.sched().start_world(stopped);
    *Shared::of(&cur).metrics.lock() = snapshot;
}

/// Kind (Go's numbers, 0 for an unknown name) and bits of a value.
pub(super) extern "C" fn read_metric(name: *const u8, len: usize) -> Pair {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let name = std::str::from_utf8(unsafe { bytes(name, len) }).unwrap_or("");
    match Shared::of(&cur).metrics.lock().value(name) {
        None => Pair(0, 0),
        Some(Value::Uint(n)) => Pair(1, n),
        Some(Value::Float(x)) => Pair(2, x.to_bits()),
        Some(Value::Histogram(buckets)) => Pair(3, buckets as u64),
    }
}

pub(super) extern "C" fn metric_name(i: usize) -> Pair {
    Pair::text(metrics::names().nth(i).unwrap_or(""))
}

/// Fills counts and bounds (one more) of a histogram.
pub(super) extern "C" fn read_histogram(name: *const u8, len: usize, counts: Addr, bounds: Addr) {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let name = std::str::from_utf8(unsafe { bytes(name, len) }).unwrap_or("");
    let snapshot = *Shared::of(&cur).metrics.lock();
    let Some(Value::Histogram(buckets)) = snapshot.value(name) else { return };
    for bucket in 0..=buckets {
        let (count, bound) = cur.collector().histogram_bucket(&snapshot, name, bucket);
        if bucket < buckets {
            // SAFETY: INV-CALL-1.
            unsafe { put(counts, bucket, count) };
        }
        // SAFETY: INV-CALL-1.
        unsafe { put(bounds, bucket, bound.to_bits()) };
    }
}
