//! What `internal/poll` waits with: std/runtime/netpoll.go.

use super::{Pair, zeal};
use gort_sched::Current;
use gort_sched::net::poll_desc::{Mode, PollDesc};

/// # Safety
/// INV-CALL-1: what `open` returned (INV-PD-1).
unsafe fn desc<'a>(ctx: usize) -> &'a PollDesc {
    // SAFETY: the caller's contract.
    unsafe { &*std::ptr::with_exposed_provenance(ctx) }
}

pub(super) extern "C" fn open(fd: usize) -> Pair {
    match Current::get().poll_open(fd as i32) {
        Ok(desc) => Pair(std::ptr::from_ref(desc).expose_provenance() as u64, 0),
        Err(e) => Pair(0, e.0 as u64),
    }
}

pub(super) extern "C" fn close(ctx: usize) {
    // SAFETY: INV-CALL-1.
    Current::get().poll_close(unsafe { desc(ctx) });
}

pub(super) extern "C" fn reset(ctx: usize, mode: i64) -> i64 {
    // SAFETY: INV-CALL-1.
    unsafe { desc(ctx) }.reset(Mode::from_letter(mode))
}

pub(super) extern "C" fn wait(ctx: usize, mode: i64, canceled: u64) -> i64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1.
    unsafe { desc(ctx) }.wait(&cur, Mode::from_letter(mode), canceled & 1 != 0)
}

pub(super) extern "C" fn set_deadline(ctx: usize, nanos: i64, mode: i64) {
    // SAFETY: INV-CALL-1.
    unsafe { desc(ctx) }.set_deadline(&Current::get(), nanos, Mode::from_letter(mode));
}

pub(super) extern "C" fn unblock(ctx: usize) {
    // SAFETY: INV-CALL-1.
    unsafe { desc(ctx) }.evict(&Current::get());
}

pub(super) extern "C" fn is_descriptor(fd: usize) -> u64 {
    u64::from(Current::get().sched().is_poll_descriptor(fd as i32))
}
