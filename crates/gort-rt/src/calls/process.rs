//! What the program sees of the process: arguments, environment, file descriptors.

use super::{Pair, bytes};
use crate::debug_vars::Traceback;
use crate::shared::Shared;
use gort_sched::Current;
use gort_sys::signal::notify;
use gort_sys::{fd, process};
use std::sync::atomic::Ordering;

const SIGPIPE: u32 = 13;

/// A text that lives as long as the runtime.
fn nth(texts: &[Vec<u8>], n: usize) -> Pair {
    let text: &[u8] = texts.get(n).map_or(&[], Vec::as_slice);
    Pair(text.as_ptr() as u64, text.len() as u64)
}

pub(super) extern "C" fn arg_count() -> usize {
    Shared::of(&Current::get()).process.args.len()
}

pub(super) extern "C" fn argument(n: usize) -> Pair {
    nth(&Shared::of(&Current::get()).process.args, n)
}

pub(super) extern "C" fn env_count() -> usize {
    Shared::of(&Current::get()).process.environment.len()
}

pub(super) extern "C" fn environment(n: usize) -> Pair {
    nth(&Shared::of(&Current::get()).process.environment, n)
}

/// Bytes written, or minus the error number.
pub(super) extern "C" fn write_fd(to: i64, p: *const u8, n: usize) -> i64 {
    // SAFETY: INV-CALL-1.
    match fd::write(to as i32, unsafe { bytes(p, n) }) {
        Ok(n) => n as i64,
        Err(e) => -i64::from(e.0),
    }
}

/// A write to standard output or error met a closed pipe: the end, unless the program wants the signal itself.
pub(super) extern "C" fn sigpipe() {
    if !notify::is_wanted(SIGPIPE) {
        process::die_of_sigpipe();
    }
}

pub(super) extern "C" fn set_traceback(p: *const u8, n: usize) {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let name = unsafe { bytes(p, n) };
    let level = std::str::from_utf8(name).ok().and_then(Traceback::by_name);
    // As Go does with a word it does not know.
    Shared::of(&cur).set_traceback(level.unwrap_or(Traceback::All));
}

/// Returns the descriptor that was set before, or -1.
pub(super) extern "C" fn set_crash_fd(to: i64) -> i64 {
    let shared = Shared::of(&Current::get()).crash_fd.swap(to as i32, Ordering::Relaxed);
    // Relaxed: a number of its own.
    i64::from(shared)
}
