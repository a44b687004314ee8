//! Signals for os/signal: std/runtime/sigqueue.go. And what is done by a signal: system calls in every thread.

use super::Pair;
use gort_sys::signal::{every_thread, notify};

pub(super) extern "C" fn fd() -> i64 {
    notify::event_fd().map_or(-1, i64::from)
}

pub(super) extern "C" fn set(signal: u64, what: i64) {
    match what {
        1 => notify::enable(signal as u32),
        2 => notify::ignore(signal as u32),
        _ => notify::disable(signal as u32),
    }
}

pub(super) extern "C" fn all_threads_syscall(call: *const [usize; 7]) -> Pair {
    // SAFETY: INV-CALL-1: seven words.
    let [number, args @ ..] = unsafe { call.read() };
    // SAFETY: the program answers for it.
    let (result, same) = unsafe { every_thread::call(number, args) };
    Pair(result as u64, u64::from(same))
}

pub(super) extern "C" fn ignored(signal: u64) -> u64 {
    u64::from(notify::is_ignored(signal as u32))
}

pub(super) extern "C" fn next() -> u64 {
    u64::from(notify::next().unwrap_or(0))
}

pub(super) extern "C" fn pending() -> u64 {
    u64::from(!notify::none_pending())
}
