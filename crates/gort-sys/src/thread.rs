//! Operating system threads.

use crate::OsError;
use gort_abi::addr::Addr;
use std::os::unix::thread::JoinHandleExt;
use std::thread::{Builder, JoinHandle};

/// A thread that was started and can be waited for.
#[derive(Debug)]
pub struct Thread(JoinHandle<()>);

impl Thread {
    /// Waits for its end. A panic in it is passed on.
    pub fn join(self) {
        if let Err(payload) = self.0.join() {
            std::panic::resume_unwind(payload);
        }
    }

    /// Has it ended?
    pub fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// Makes a system call it is in fail ([`crate::signal::allow_interrupts`] was called).
    pub fn interrupt(&self) {
        if !self.is_over() {
            // SAFETY: INV-SYS-2; not joined yet, so the number is valid.
            unsafe { libc::pthread_kill(self.0.as_pthread_t(), libc::SIGURG) };
        }
    }

    /// Is it this very thread?
    pub fn is_current(&self) -> bool {
        self.0.thread().id() == std::thread::current().id()
    }
}

/// Starts a thread with a stack of at least `stack_size` bytes.
pub fn spawn(
    name: String,
    stack_size: usize,
    body: impl FnOnce() + Send + 'static,
) -> Result<Thread, OsError> {
    match Builder::new().name(name).stack_size(stack_size).spawn(body) {
        Ok(handle) => Ok(Thread(handle)),
        Err(e) => Err(OsError(e.raw_os_error().unwrap_or(libc::EAGAIN))),
    }
}

/// Gives the CPU to another thread.
pub fn yield_now() {
    std::thread::yield_now();
}

/// Sleeps without a wake-up call.
pub fn sleep_nanos(nanos: u64) {
    std::thread::sleep(std::time::Duration::from_nanos(nanos));
}

/// The kernel's number of this thread.
pub fn id() -> i32 {
    // SAFETY: INV-SYS-2; no arguments.
    unsafe { libc::gettid() }
}

/// Lowest address and one past the highest of this thread's own stack.
pub fn stack_bounds() -> (Addr, Addr) {
    // SAFETY: INV-SYS-2; no arguments.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: plain data, filled in by the next call.
    let mut attr: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: INV-SYS-2; the result is a live local.
    let rc = unsafe { libc::pthread_getattr_np(me, &raw mut attr) };
    assert_eq!(rc, 0, "pthread_getattr_np");
    let mut low = std::ptr::null_mut();
    let mut len = 0;
    // SAFETY: INV-SYS-2; attr was filled in above, the results are live locals.
    let rc = unsafe { libc::pthread_attr_getstack(&raw const attr, &raw mut low, &raw mut len) };
    assert_eq!(rc, 0, "pthread_attr_getstack");
    // SAFETY: INV-SYS-2; attr was filled in above and is not used again.
    unsafe { libc::pthread_attr_destroy(&raw mut attr) };
    let low = Addr(low.addr());
    (low, low.add(len))
}
