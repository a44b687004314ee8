//! The process, the clock, the number of things.

use crate::shared::Shared;
use gort_sched::{Current, Pin, WaitReason};

/// The program ends; the goroutine that asked for it does not go on.
pub(super) extern "C" fn exit(code: i64) {
    end_program(&Current::get(), code as i32);
}

/// Ends the program; the current goroutine stops for good. What it waits for is outside: this is no
/// deadlock.
pub(super) fn end_program(cur: &Current<'_>, code: i32) {
    cur.sched().add_outside_waker();
    cur.sched().finish(code);
    cur.park(WaitReason::SelectNoCases, Pin::Free);
}

pub(super) extern "C" fn num_goroutine() -> usize {
    Current::get().sched().num_goroutine()
}

pub(super) extern "C" fn go_max_procs(n: i64) -> usize {
    let cur = Current::get();
    match usize::try_from(n) {
        Ok(n) if n > 0 => {
            // It may go on on another P.
            cur.save_context();
            let old = cur.gomaxprocs(n);
            cur.g().set_results(old as u64, 0);
            old
        }
        _ => cur.sched().procs(),
    }
}

pub(super) extern "C" fn default_go_max_procs() {
    let cur = Current::get();
    // It may go on on another P.
    cur.save_context();
    cur.default_gomaxprocs();
}

pub(super) extern "C" fn lock_os_thread() {
    Current::get().lock_os_thread();
}

pub(super) extern "C" fn unlock_os_thread() {
    Current::get().unlock_os_thread();
}

pub(super) extern "C" fn set_max_threads(n: i64) -> usize {
    Current::get().sched().set_max_threads(usize::try_from(n).unwrap_or(0))
}

pub(super) extern "C" fn num_cpu() -> usize {
    gort_sys::cpu::cpu_count_cached()
}

pub(super) extern "C" fn nano_time() -> i64 {
    gort_sys::clock::nanotime()
}

pub(super) extern "C" fn fast_rand() -> u64 {
    let cur = Current::get();
    Shared::of(&cur).random()
}
