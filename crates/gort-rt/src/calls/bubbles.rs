//! Bubbles of testing/synctest: std/runtime/synctest.go.

use super::{Pair, zeal};
use gort_abi::addr::Addr;
use gort_sched::Current;

pub(super) extern "C" fn begin() {
    Current::get().bubble_begin();
}

pub(super) extern "C" fn end() -> u64 {
    Current::get().bubble_end()
}

pub(super) extern "C" fn timer() -> Pair {
    match Current::get().bubble_timer() {
        Some((timer, delta)) => Pair(timer.0 as u64, delta as u64),
        None => Pair(0, 0),
    }
}

pub(super) extern "C" fn park() {
    let cur = Current::get();
    zeal::point(&cur);
    cur.bubble_park();
}

pub(super) extern "C" fn wait() -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    u64::from(cur.bubble_wait())
}

pub(super) extern "C" fn waited() {
    Current::get().bubble_waited();
}

pub(super) extern "C" fn advance() -> u64 {
    u64::from(Current::get().bubble_advance())
}

pub(super) extern "C" fn now() -> i64 {
    Current::get().bubble_now()
}

pub(super) extern "C" fn hold(id: u64, hold: u64) {
    Current::get().bubble_hold(id, hold & 1 != 0);
}

pub(super) extern "C" fn associate(at: Addr, id: u64, add: u64) -> u64 {
    Current::get().collector().associate(at, id, add & 1 != 0) as u64
}

pub(super) extern "C" fn disassociate(at: Addr) {
    Current::get().collector().disassociate(at);
}
