//! Sleep, clocks, and the timers of package time: std/runtime/time.go.

use super::{Pair, zeal};
use gort_abi::addr::Addr;
use gort_sched::Current;
use gort_sched::time::timer::TimerRef;
use gort_sys::clock;

pub(super) extern "C" fn wall_time() -> Pair {
    let (seconds, nanos) = clock::walltime();
    Pair(seconds as u64, nanos as u64)
}

pub(super) extern "C" fn sleep(nanos: i64) {
    let cur = Current::get();
    zeal::point(&cur);
    cur.sleep(nanos);
}

pub(super) extern "C" fn init(timer: Addr, channel: u64) {
    Current::get().timer_init(TimerRef(timer.0), channel & 1 != 0);
}

pub(super) extern "C" fn start(timer: Addr, when: i64, period: i64) -> i64 {
    Current::get().timer_start(TimerRef(timer.0), when, period)
}

pub(super) extern "C" fn stop(timer: Addr) -> i64 {
    Current::get().timer_stop(TimerRef(timer.0))
}

pub(super) extern "C" fn block(timer: Addr, blocks: u64) {
    Current::get().timer_blocks(TimerRef(timer.0), blocks & 1 != 0);
}

pub(super) extern "C" fn look(timer: Addr) -> i64 {
    Current::get().timer_look(TimerRef(timer.0))
}

pub(super) extern "C" fn sent(timer: Addr) {
    Current::get().timer_sent(TimerRef(timer.0));
}

pub(super) extern "C" fn next() -> Pair {
    let cur = Current::get();
    zeal::point(&cur);
    match cur.timer_next() {
        Some((timer, delta)) => Pair(timer.0 as u64, delta as u64),
        None => Pair(0, 0),
    }
}

pub(super) extern "C" fn start_caller(closure: Addr) {
    Current::get().start_timer_caller(closure.0);
}
