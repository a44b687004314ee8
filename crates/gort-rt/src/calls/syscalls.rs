//! System calls of the program, and the moments around a fork.

use super::{Pair, zeal};
use gort_sched::Current;
use gort_sys::{signal, syscall};

/// The system call whose number is in the goroutine's descriptor: its result, and whether the goroutine leaves.
pub(super) extern "C" fn syscall6(a1: usize, a2: usize, a3: usize, a4: usize, a5: usize, a6: usize) -> Pair {
    let cur = Current::get();
    let prefix = cur.g().prefix();
    // SAFETY: INV-CALL-1: the current goroutine's own descriptor.
    let trap = unsafe { (*prefix).trap };
    // SAFETY: as above.
    let blocking = unsafe { (*prefix).blocking };
    let args = [a1, a2, a3, a4, a5, a6];
    // SAFETY: the program's own call, with all that it may break.
    let call = move || unsafe { syscall::raw(trap, args) } as u64;
    if blocking == 0 || cur.is_pinned() {
        return Pair(call(), 0);
    }
    zeal::wish(&cur);
    // The objects behind the arguments stay, though they are numbers to the collector's maps.
    cur.g().hold_words(args);
    let (result, leave) = cur.in_syscall(call);
    Pair(result, leave as u64)
}

/// Nothing may interrupt the goroutine until [`after_fork`], least of all a signal handler in the child.
pub(super) extern "C" fn before_fork() {
    let cur = Current::get();
    cur.pin();
    cur.m().save_signal_mask(signal::block_all());
}

pub(super) extern "C" fn after_fork() {
    let cur = Current::get();
    signal::set_mask(cur.m().saved_signal_mask());
    cur.unpin();
}

pub(super) extern "C" fn fork_pin() {
    Current::get().pin();
}

pub(super) extern "C" fn fork_unpin() {
    Current::get().unpin();
}

/// In the child, which may share our memory: only the kernel's state of this process changes.
pub(super) extern "C" fn after_fork_in_child() {
    signal::reset_handlers();
    signal::set_mask(Current::get().m().saved_signal_mask());
}
