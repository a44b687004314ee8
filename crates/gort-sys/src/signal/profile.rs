//! The profiling signal: SIGPROF, so many times a second of CPU time that the process takes.
//!
//! The kernel sends it to the thread whose time it counts. Process-wide by nature, as all of [`super`].
//! Go counterpart: `os_linux.go` (setProcessCPUProfiler), `signal_unix.go` (sigprof's caller).

use super::set_action;
use crate::OsError;
use gort_abi::addr::{Pc, Sp};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Registers of the interrupted thread.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted {
    /// The instruction that comes next.
    pub pc: Pc,
    /// Stack pointer.
    pub sp: Sp,
    /// Frame pointer.
    pub fp: Sp,
    /// The context register, r15.
    pub context_register: usize,
}

/// Takes a sample. It runs inside a signal handler: no allocation, no locks but those whose holders block the signal.
pub type SampleHandler = fn(&Interrupted);

/// The handler, as an address, 0 for none.
static HANDLER: AtomicUsize = AtomicUsize::new(0);

/// From now on the handler is called `hz` times a second of CPU time, in the thread that takes it.
pub fn start(hz: u32, handler: SampleHandler) -> Result<(), OsError> {
    // Release: pairs with the Acquire in `on_profile`.
    HANDLER.store(handler as usize, Ordering::Release);
    set_action(libc::SIGPROF, on_profile as *const () as usize, ptr::null_mut())?;
    set_timer(1_000_000 / hz.clamp(1, 1_000_000))
}

/// No more samples. The signal stays caught: one may still be on its way.
pub fn stop() {
    let _ = set_timer(0);
}

fn set_timer(every_us: u32) -> Result<(), OsError> {
    let every =
        libc::timeval { tv_sec: i64::from(every_us / 1_000_000), tv_usec: i64::from(every_us % 1_000_000) };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: INV-SYS-2; a live local.
    if unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) } != 0 {
        return Err(OsError::last());
    }
    Ok(())
}

extern "C" fn on_profile(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // Acquire: pairs with the Release in `start`.
    let handler = HANDLER.load(Ordering::Acquire);
    if handler == 0 {
        return;
    }
    // SAFETY: INV-SYS-3.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let register = |index: i32| context.uc_mcontext.gregs[index as usize] as usize;
    let interrupted = Interrupted {
        pc: Pc(register(libc::REG_RIP)),
        sp: Sp(register(libc::REG_RSP)),
        fp: Sp(register(libc::REG_RBP)),
        context_register: register(libc::REG_R15),
    };
    // SAFETY: only `start` stores here, from a `SampleHandler`.
    let handler: SampleHandler = unsafe { std::mem::transmute(handler) };
    handler(&interrupted);
}

#[cfg(test)]
mod tests {
    use super::*;

    static SAMPLES: AtomicUsize = AtomicUsize::new(0);

    #[test]
    fn a_busy_thread_is_sampled() {
        start(1000, |at| {
            assert!(!at.pc.is_null());
            SAMPLES.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
        let mut x = 1_u64;
        while SAMPLES.load(Ordering::SeqCst) < 3 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        stop();
    }
}
