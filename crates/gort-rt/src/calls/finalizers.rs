//! Finalizers, cleanups, weak pointers: what std/runtime/mfinal.go, mcleanup.go and mweak.go call.

use super::Pair;
use super::goroutines::return_pc;
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_gc::finalize::{Due, Finalizer};
use gort_sched::{Current, DueCalls, SpawnInfo};
use std::sync::atomic::Ordering;

/// Starts one of the runtime's own goroutines, once.
pub(super) extern "C" fn system_go(which: usize, closure: Addr) {
    let cur = Current::get();
    if !Shared::of(&cur).system_gos[which].swap(true, Ordering::SeqCst) {
        cur.spawn_go(
            closure.0,
            SpawnInfo { created_by_pc: return_pc(&cur), system: true, ..SpawnInfo::default() },
        );
    }
}

/// Where the object that contains the address begins, and its size; 1 and 0 if it is in a module's data, 0 and 0 if
/// it is in no object.
pub(super) extern "C" fn find_object(at: Addr) -> Pair {
    let cur = Current::get();
    match cur.collector().find_object(at) {
        Some((base, size)) => Pair(base.0 as u64, size as u64),
        None if super::memory::is_static(Shared::of(&cur), at) => Pair(1, 0),
        None => Pair(0, 0),
    }
}

pub(super) extern "C" fn object_holds(holder: Addr, from: Addr, size: usize) -> u64 {
    u64::from(Current::get().collector().object_holds(holder, from, size))
}

pub(super) extern "C" fn add_finalizer(at: Addr, func: Addr, word: Addr, mode: usize) -> u64 {
    let cur = Current::get();
    u64::from(cur.collector().add_finalizer(cur.mutator(), at, Finalizer { func, word, mode }))
}

pub(super) extern "C" fn remove_finalizer(at: Addr) {
    Current::get().collector().remove_finalizer(at);
}

/// Fills a `finrec {fn, arg, word, mode}`; 0 if it had to wait.
pub(super) extern "C" fn fin_next(to: Addr) -> u64 {
    let cur = Current::get();
    let Some(Due::Finalizer(f, at)) = cur.next_due(DueCalls::Finalizers) else { return 0 };
    for (i, value) in [f.func, at, f.word].into_iter().enumerate() {
        let slot = to.add(i * 8);
        if cur.collector().barrier_on() {
            // SAFETY: INV-CALL-1: a pointer word of the record.
            unsafe { cur.collector().write_barrier(cur.mutator(), slot, value) };
        }
        // SAFETY: as above.
        unsafe { (slot.0 as *mut usize).write_volatile(value.0) };
    }
    // SAFETY: INV-CALL-1: the record's last word.
    unsafe { (to.add(24).0 as *mut usize).write(f.mode) };
    1
}

pub(super) extern "C" fn add_cleanup(at: Addr, func: Addr) -> u64 {
    let cur = Current::get();
    cur.collector().add_cleanup(cur.mutator(), at, func)
}

pub(super) extern "C" fn stop_cleanup(at: Addr, id: u64) {
    Current::get().collector().remove_cleanup(at, id);
}

/// The next cleanup; nil if it had to wait.
pub(super) extern "C" fn cleanup_next() -> Addr {
    let cur = Current::get();
    match cur.next_due(DueCalls::Cleanups) {
        Some(Due::Cleanup(func)) => {
            // It leaves the queue, a root, for a stack that may be black.
            cur.collector().shade(cur.mutator(), func);
            func
        }
        _ => Addr::NULL,
    }
}

pub(super) extern "C" fn add_weak(at: Addr, fresh: Addr) -> Addr {
    let cur = Current::get();
    cur.collector().add_weak(cur.mutator(), at, fresh)
}

pub(super) extern "C" fn strong_from_weak(handle: Addr) -> Addr {
    let cur = Current::get();
    cur.collector().strong_from_weak(cur.mutator(), handle)
}
