//! Profiles: what std/runtime/cpuprof.go and mprof.go ask.

use super::symbols::calls_above;
use crate::contention;
use crate::shared::Shared;
use gort_abi::addr::Sp;
use gort_sched::Current;

pub(super) extern "C" fn start(hz: u64) -> u64 {
    let cur = Current::get();
    u64::from(Shared::of(&cur).cpu_profile.start(hz as u32))
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

/// Calls of an event at most.
const DEPTH: usize = 128;
/// The numbers of the profiles: blocking, mutexes.
const MUTEX: usize = 1;

/// A goroutine waited (profile 0), or the function at `fp` let one go on that had waited for it (1), for that long.
pub(super) extern "C" fn contention_event(which: usize, ns: u64, rate: u64, fp: Sp) {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    let random = shared.random();
    let weight = match which {
        MUTEX if rate == 0 || !random.is_multiple_of(rate) => None,
        MUTEX => Some((rate as f64, ns as f64 * rate as f64)),
        _ => contention::weigh(ns, rate, random),
    };
    let (Some((count, ns)), Some(profile)) = (weight, shared.contention.get(which)) else { return };
    profile.add(operation(&cur, fp), count, ns);
}

/// The calls in progress above the function at `fp`, from the operation on.
fn operation(cur: &Current<'_>, fp: Sp) -> Vec<usize> {
    // SAFETY: INV-CALL-1: frames of the caller's chain.
    let calls = unsafe { calls_above(cur.sched().funcs(), fp) };
    calls.skip_while(|(name, _)| contention::is_inside(name)).map(|(_, pc)| pc).take(DEPTH).collect()
}

pub(super) extern "C" fn contention_read(which: usize, to: *mut u64, n: usize) -> usize {
    let cur = Current::get();
    // SAFETY: INV-CALL-1: room for n words.
    let to = unsafe { std::slice::from_raw_parts_mut(to, n) };
    Shared::of(&cur).contention.get(which).map_or(0, |profile| profile.read(to))
}
