//! Sleep on a word, wake sleepers on a word.
//!
//! Go counterpart: `os_linux.go` (`futexsleep`, `futexwakeup`).

use crate::OsError;
use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Sleeps while the word holds `expected`, at most for `timeout`. May return early for no reason; false
/// means the time is up.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> bool {
    let spec = timeout.map(|t| libc::timespec {
        tv_sec: t.as_secs().min(i64::MAX as u64) as i64,
        tv_nsec: i64::from(t.subsec_nanos()),
    });
    let spec_ptr = spec.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: INV-SYS-2; the word and the time are borrowed for the call.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            spec_ptr,
        )
    };
    !(rc < 0 && OsError::last().0 == libc::ETIMEDOUT)
}

/// Wakes up to `count` sleepers; returns how many.
pub fn wake(word: &AtomicU32, count: u32) -> usize {
    let count = count.min(i32::MAX as u32);
    // SAFETY: INV-SYS-2; the kernel uses the address only as a key.
    let rc = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, count)
    };
    usize::try_from(rc).unwrap_or(0)
}

/// Wakes every sleeper.
pub fn wake_all(word: &AtomicU32) -> usize {
    wake(word, u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_out_and_mismatch() {
        let word = AtomicU32::new(1);
        assert!(wait(&word, 0, None));
        assert!(!wait(&word, 1, Some(Duration::from_millis(1))));
        assert_eq!(wake(&word, 1), 0);
    }
}
