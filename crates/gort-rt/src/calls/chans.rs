//! Channel operations: [`crate::chan`].

use super::{Pair, zeal};
use crate::chan::select::{self, Case};
use crate::chan::{self, ChanRef, close, recv, send};
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_sched::Current;

pub(super) extern "C" fn new_chan(typ: Addr, size: usize) -> Addr {
    let cur = Current::get();
    zeal::point(&cur);
    chan::new_chan(&cur, Shared::of(&cur), typ, size)
}

pub(super) extern "C" fn send(c: Addr, elem: Addr) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1.
    unsafe { send::send(&cur, c, elem) }
}

pub(super) extern "C" fn recv(c: Addr, elem: Addr) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1.
    unsafe { recv::recv(&cur, c, elem) }
}

pub(super) extern "C" fn close(c: Addr) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1.
    unsafe { close::close(&cur, c) }
}

pub(super) extern "C" fn drain(c: Addr) -> u64 {
    // SAFETY: INV-CALL-1.
    u64::from(unsafe { chan::drain(&Current::get(), c) })
}

pub(super) extern "C" fn len(c: Addr) -> usize {
    // SAFETY: INV-CALL-1.
    if c.is_null() { 0 } else { unsafe { ChanRef(c).count() } }
}

pub(super) extern "C" fn cap(c: Addr) -> usize {
    // SAFETY: INV-CALL-1.
    if c.is_null() { 0 } else { unsafe { ChanRef(c).seen_capacity() } }
}

pub(super) extern "C" fn select_wait(cases: *const Case, n: usize, nsends: usize, block: u64) -> Pair {
    let cur = Current::get();
    zeal::point(&cur);
    let random = Shared::of(&cur).random();
    // SAFETY: INV-CALL-1: n cases in the caller's frame.
    let cases = if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(cases, n) } };
    // SAFETY: INV-CALL-1.
    let (index, status) = unsafe { select::select(&cur, cases, nsends, block & 1 != 0, random) };
    Pair(index, status)
}

pub(super) extern "C" fn select_done() {
    // SAFETY: std/runtime calls it after a selectwait that waited.
    unsafe { select::select_done(&Current::get()) }
}
