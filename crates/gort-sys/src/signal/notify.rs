//! Signals for the program: what os/signal asks for.
//!
//! The handler notes the signal in a process-wide set and makes an eventfd readable, which the program's goroutine waits
//! for with the network poller. Process-wide by nature, as all of [`super`]. Go counterpart: `sigqueue.go`.

use super::{SIGNAL_MAX, set_action};
use crate::OsError;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// Signals the program wants, a bit each.
static WANTED: AtomicU64 = AtomicU64::new(0);
/// Signals it ignores.
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// Signals that came and have not been received.
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Signals that had no effect when the program started.
static INHERITED: AtomicU64 = AtomicU64::new(0);
/// Handlers that run.
static DELIVERING: AtomicU64 = AtomicU64::new(0);
/// The eventfd, -1 before it is made.
static EVENT: AtomicI32 = AtomicI32::new(-1);
static MADE: OnceLock<Result<i32, OsError>> = OnceLock::new();

fn bit(signal: u32) -> u64 {
    // Signals begin at 1; what does not exist is never set.
    1_u64.checked_shl(signal.wrapping_sub(1)).unwrap_or(0)
}

/// The descriptor that becomes readable when a signal comes.
pub fn event_fd() -> Result<i32, OsError> {
    *MADE.get_or_init(|| {
        // SAFETY: INV-SYS-2; no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(OsError::last());
        }
        EVENT.store(fd, Ordering::SeqCst);
        Ok(fd)
    })
}

/// The program wants the signal.
pub fn enable(signal: u32) {
    if event_fd().is_err() || bit(signal) == 0 {
        return;
    }
    IGNORED.fetch_and(!bit(signal), Ordering::SeqCst);
    WANTED.fetch_or(bit(signal), Ordering::SeqCst);
    let _ = set_action(signal as i32, on_signal as *const () as usize, std::ptr::null_mut());
}

/// It does not want it any more: it does what it does without us. One whose handler runs already is still received, so none is lost.
pub fn disable(signal: u32) {
    IGNORED.fetch_and(!bit(signal), Ordering::SeqCst);
    let number = signal as i32;
    if INHERITED.load(Ordering::SeqCst) & bit(signal) != 0 {
        let _ = set_action(number, libc::SIG_IGN, std::ptr::null_mut());
    } else if number == libc::SIGQUIT {
        let _ = super::watch_quit();
    } else if number == libc::SIGPIPE || is_harmless(number) {
        catch(number);
    } else {
        let _ = set_action(number, libc::SIG_DFL, std::ptr::null_mut());
    }
    WANTED.fetch_and(!bit(signal), Ordering::SeqCst);
}

/// It is to have no effect.
pub fn ignore(signal: u32) {
    WANTED.fetch_and(!bit(signal), Ordering::SeqCst);
    IGNORED.fetch_or(bit(signal), Ordering::SeqCst);
    let _ = set_action(signal as i32, libc::SIG_IGN, std::ptr::null_mut());
}

/// Has it no effect, by us or from the start?
pub fn is_ignored(signal: u32) -> bool {
    if IGNORED.load(Ordering::SeqCst) & bit(signal) != 0 {
        return true;
    }
    action(signal as i32) == Some(libc::SIG_IGN)
}

fn is_default(signal: i32) -> bool {
    action(signal) == Some(libc::SIG_DFL)
}

/// What the signal does.
fn action(signal: i32) -> Option<usize> {
    // SAFETY: all-zero is a valid value, filled in below.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: INV-SYS-2; the result is a live local.
    let rc = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    (rc == 0).then_some(action.sa_sigaction)
}

/// Does the program want it?
pub fn is_wanted(signal: u32) -> bool {
    WANTED.load(Ordering::SeqCst) & bit(signal) != 0
}

/// Takes a signal that came.
pub fn next() -> Option<u32> {
    loop {
        let pending = PENDING.load(Ordering::SeqCst);
        if pending == 0 {
            return None;
        }
        let signal = pending.trailing_zeros() + 1;
        if PENDING.fetch_and(!bit(signal), Ordering::SeqCst) & bit(signal) != 0 {
            return Some(signal);
        }
    }
}

/// Is none waiting to be taken, or about to?
pub fn none_pending() -> bool {
    DELIVERING.load(Ordering::SeqCst) == 0 && PENDING.load(Ordering::SeqCst) == 0
}

/// A write to a closed pipe is an error of the write, and signals that mean nothing to a Go program do not end it, though they
/// would end others. Unlike ignored signals this is not passed on to programs we start.
pub fn catch_harmless() {
    for signal in [libc::SIGHUP, libc::SIGINT].into_iter().filter(|s| action(*s) == Some(libc::SIG_IGN)) {
        INHERITED.fetch_or(bit(signal as u32), Ordering::SeqCst);
    }
    catch(libc::SIGPIPE);
    (1..=SIGNAL_MAX).filter(|signal| is_harmless(*signal) && is_default(*signal)).for_each(catch);
}

/// Does the signal have no effect on a Go program that does not ask for it, but end others?
fn is_harmless(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGUSR1
            | libc::SIGUSR2
            | libc::SIGALRM
            | libc::SIGXCPU
            | libc::SIGXFSZ
            | libc::SIGVTALRM
            | libc::SIGIO
            | libc::SIGPWR
    ) || (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&signal)
}

fn catch(signal: i32) {
    let _ = set_action(signal, on_signal as *const () as usize, std::ptr::null_mut());
}

extern "C" fn on_signal(signal: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    DELIVERING.fetch_add(1, Ordering::SeqCst);
    receive(signal as u32);
    DELIVERING.fetch_sub(1, Ordering::SeqCst);
}

fn receive(signal: u32) {
    let number = signal as i32;
    if WANTED.load(Ordering::SeqCst) & bit(signal) == 0 {
        if number != libc::SIGPIPE && !is_harmless(number) {
            // Its handler had begun when `disable` or `ignore` changed what it does: that it does now.
            // SAFETY: INV-SYS-2; it comes when the handler has returned.
            unsafe { libc::raise(number) };
        }
        return;
    }
    PENDING.fetch_or(bit(signal), Ordering::SeqCst);
    let one = 1_u64;
    // SAFETY: async-signal-safe; errno, which the interrupted code may be about to read, is put back.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above.
    let saved = unsafe { errno.read() };
    // SAFETY: INV-SYS-2; a live local.
    unsafe { libc::write(EVENT.load(Ordering::SeqCst), (&raw const one).cast(), size_of::<u64>()) };
    // SAFETY: as above.
    unsafe { errno.write(saved) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_signals_are_kept() {
        enable(libc::SIGUSR1 as u32);
        assert!(is_wanted(libc::SIGUSR1 as u32));
        // SAFETY: the handler is installed.
        unsafe { libc::raise(libc::SIGUSR1) };
        assert_eq!(next(), Some(libc::SIGUSR1 as u32));
        assert_eq!(next(), None);
        ignore(libc::SIGUSR1 as u32);
        assert!(is_ignored(libc::SIGUSR1 as u32));
        disable(libc::SIGUSR1 as u32);
        assert!(!is_ignored(libc::SIGUSR1 as u32));
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGUSR1) };
        assert_eq!(next(), None, "nobody wants it, and it ends nobody");
    }
}
