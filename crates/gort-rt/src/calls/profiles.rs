//! The CPU profile: what std/runtime/cpuprof.go asks.

use crate::shared::Shared;
use gort_abi::addr::Pc;
use gort_sched::Current;

pub(super) extern "C" fn start(hz: u64, system: Pc, gc: Pc) -> u64 {
    let cur = Current::get();
    u64::from(Shared::of(&cur).cpu_profile.start(hz as u32, system, gc))
}

pub(super) extern "C" fn stop() {
    let cur = Current::get();
    Shared::of(&cur).cpu_profile.stop();
}

pub(super) extern "C" fn fetch(to: *mut u64, n: usize) -> usize {
    let cur = Current::get();
    // SAFETY: INV-CALL-1: room for n words.
    let to = unsafe { std::slice::from_raw_parts_mut(to, n) };
    Shared::of(&cur).cpu_profile.fetch(to)
}
