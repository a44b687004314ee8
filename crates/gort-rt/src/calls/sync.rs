//! What package sync waits with: semaphores, notify lists, pinning, spinning.

use super::goroutines::return_pc;
use super::zeal;
use gort_abi::addr::Addr;
use gort_protocols::coroutine::Coroutine;
use gort_sched::notify_list::NotifyList;
use gort_sched::{Current, SpawnInfo, WaitReason};

/// Turns of a spin.
const SPINS: u32 = 30;

/// Why it waits, as std/runtime/sema.go numbers the reasons.
fn reason(number: u64) -> WaitReason {
    match number {
        1 => WaitReason::SyncMutexLock,
        2 => WaitReason::SyncRWMutexRLock,
        3 => WaitReason::SyncRWMutexLock,
        4 => WaitReason::SyncWaitGroupWait,
        5 => WaitReason::SynctestWaitGroupWait,
        _ => WaitReason::Semacquire,
    }
}

pub(super) extern "C" fn sem_acquire(addr: Addr, lifo: u64, why: u64) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1: a semaphore of the program.
    u64::from(unsafe { cur.sema_acquire(addr.0, lifo & 1 != 0, reason(why)) })
}

pub(super) extern "C" fn sem_release(addr: Addr, handoff: u64) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1: a semaphore of the program.
    unsafe { cur.sema_release(addr.0, handoff & 1 != 0) }
}

/// # Safety
/// INV-CALL-1: a `sync.notifyList`.
unsafe fn list<'a>(at: Addr) -> &'a NotifyList {
    // SAFETY: the caller's contract.
    unsafe { NotifyList::at(at.0) }
}

pub(super) extern "C" fn notify_list_add(at: Addr) -> u64 {
    // SAFETY: INV-CALL-1.
    u64::from(unsafe { list(at) }.add())
}

pub(super) extern "C" fn notify_list_wait(at: Addr, ticket: u64) {
    let cur = Current::get();
    zeal::point(&cur);
    // SAFETY: INV-CALL-1.
    unsafe { list(at) }.wait(&cur, ticket as u32);
}

pub(super) extern "C" fn notify_list_notify_all(at: Addr) {
    // SAFETY: INV-CALL-1.
    unsafe { list(at) }.notify_all(&Current::get());
}

pub(super) extern "C" fn notify_list_notify_one(at: Addr) {
    // SAFETY: INV-CALL-1.
    unsafe { list(at) }.notify_one(&Current::get());
}

/// # Safety
/// INV-CALL-1: a `coro` of std/runtime/coro.go.
unsafe fn coroutine<'a>(at: Addr) -> &'a Coroutine {
    // SAFETY: the caller's contract; the first word is ours, and atomic.
    unsafe { &*std::ptr::with_exposed_provenance(at.0) }
}

pub(super) extern "C" fn begin_coro(at: Addr, closure: Addr) {
    let cur = Current::get();
    let info = SpawnInfo { created_by_pc: return_pc(&cur), ..SpawnInfo::default() };
    // SAFETY: INV-CALL-1.
    cur.coro_begin(unsafe { coroutine(at) }, closure.0, info);
}

pub(super) extern "C" fn switch_coro(at: Addr) -> u64 {
    let cur = Current::get();
    zeal::point(&cur);
    // What the goroutine gets when it is resumed.
    cur.g().set_results(1, 0);
    // SAFETY: INV-CALL-1.
    let switched = cur.coro_switch(unsafe { coroutine(at) });
    if !switched {
        cur.g().set_results(0, 0);
    }
    u64::from(switched)
}

pub(super) extern "C" fn finish_coro(at: Addr) -> u64 {
    // SAFETY: INV-CALL-1.
    u64::from(Current::get().coro_finish(unsafe { coroutine(at) }))
}

pub(super) extern "C" fn proc_pin() -> i64 {
    let cur = Current::get();
    // A P whose number is too high is about to go: the caller yields, and tries again.
    if cur.p().id as usize >= cur.sched().procs() { -1 } else { i64::from(cur.pin()) }
}

pub(super) extern "C" fn proc_unpin() {
    Current::get().unpin();
}

pub(super) extern "C" fn can_spin(turn: i64) -> u64 {
    u64::from(usize::try_from(turn).is_ok_and(|turn| Current::get().can_spin(turn)))
}

pub(super) extern "C" fn do_spin() {
    for _ in 0..SPINS {
        std::hint::spin_loop();
    }
}
