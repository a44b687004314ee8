//! A system call by every thread of the process: what changes a thread only, and is meant for all (`setuid`).
//!
//! The caller makes the call first. If it succeeds, each other thread gets a signal, one after the other, whose handler
//! makes it too. Threads that start meanwhile are found by looking again until there is none that has not made it; one
//! that was started by a thread that had, makes it twice.
//!
//! Process-wide by nature, as all of [`super`]. Go counterpart: `runtime/os_linux.go` (syscall_runtime_doAllThreadsSyscall).

use super::set_action;
use crate::syscall;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The signal: the last one, which nobody else is likely to use. What it does otherwise it does again afterwards.
const SIGNAL: i32 = 64;
/// How long a thread has until it is looked for again.
const PATIENCE: Duration = Duration::from_micros(50);

/// One call at a time.
static TURN: Mutex<()> = Mutex::new(());
/// The call's number and arguments.
static CALL: [AtomicUsize; 7] = [const { AtomicUsize::new(0) }; 7];
/// What the thread that was signalled last got.
static RESULT: AtomicIsize = AtomicIsize::new(0);
static DONE: AtomicBool = AtomicBool::new(false);

/// Makes a system call in every thread. The result is the caller's, as of [`syscall::raw`], and whether all threads got the
/// same; if the caller gets an error, the others make no call.
///
/// # Safety
/// The caller answers for what the call does.
pub unsafe fn call(number: usize, args: [usize; 6]) -> (isize, bool) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the caller's contract.
    let first = unsafe { syscall::raw(number, args) };
    if (-4095..0).contains(&first) {
        return (first, true);
    }
    for (slot, word) in CALL.iter().zip(std::iter::once(number).chain(args)) {
        slot.store(word, Ordering::SeqCst);
    }
    // SAFETY: all-zero is a valid value, filled in below.
    let mut old: libc::sigaction = unsafe { std::mem::zeroed() };
    if set_action(SIGNAL, on_signal as *const () as usize, &raw mut old).is_err() {
        return (first, false);
    }
    // SAFETY: INV-SYS-2; no pointers.
    let own = unsafe { libc::gettid() };
    let mut asked = HashSet::from([own]);
    let mut same = true;
    loop {
        let new: Vec<i32> = threads().into_iter().filter(|tid| asked.insert(*tid)).collect();
        if new.is_empty() {
            break;
        }
        for tid in new {
            same &= in_thread(tid).is_none_or(|result| result == first);
        }
    }
    // SAFETY: INV-SYS-2; what was there before.
    unsafe { libc::sigaction(SIGNAL, &raw const old, std::ptr::null_mut()) };
    (first, same)
}

/// What the call gives in that thread; none if it has ended.
fn in_thread(tid: i32) -> Option<isize> {
    DONE.store(false, Ordering::SeqCst);
    // SAFETY: INV-SYS-2; no pointers.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, std::process::id(), tid, SIGNAL) };
    if sent != 0 {
        return None;
    }
    while !DONE.load(Ordering::SeqCst) {
        std::thread::sleep(PATIENCE);
        if !std::path::Path::new("/proc/self/task").join(tid.to_string()).exists() {
            return None;
        }
    }
    Some(RESULT.load(Ordering::SeqCst))
}

fn threads() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

extern "C" fn on_signal(_: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    if DONE.load(Ordering::SeqCst) {
        return;
    }
    let word = |i: usize| CALL[i].load(Ordering::SeqCst);
    // SAFETY: async-signal-safe; errno, which the interrupted code may be about to read, is put back.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { errno.read() };
    // SAFETY: the contract of `call`.
    let result = unsafe { syscall::raw(word(0), [word(1), word(2), word(3), word(4), word(5), word(6)]) };
    // SAFETY: as above.
    unsafe { errno.write(saved) };
    RESULT.store(result, Ordering::SeqCst);
    DONE.store(true, Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn every_thread_makes_the_call() {
        let (tell, told) = mpsc::channel::<()>();
        let (name, named) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            told.recv().expect("told");
            // SAFETY: harmless.
            name.send(unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) }).expect("heard");
        });
        // SAFETY: harmless calls.
        let (result, same) =
            unsafe { call(libc::SYS_prctl as usize, [libc::PR_SET_TIMERSLACK as usize, 70_001, 0, 0, 0, 0]) };
        assert_eq!((result, same), (0, true));
        tell.send(()).expect("it waits");
        assert_eq!(named.recv().expect("it answers"), 70_001);
        thread.join().expect("it ends");
        // SAFETY: as above.
        let (_, same) = unsafe { call(libc::SYS_gettid as usize, [0; 6]) };
        assert!(!same, "each thread has another number");
        // SAFETY: as above.
        let (error, same) = unsafe { call(libc::SYS_close as usize, [usize::MAX, 0, 0, 0, 0, 0]) };
        assert_eq!((error, same), (-(libc::EBADF as isize), true));
    }
}
