//! Goroutines written in Rust: mark workers, the forced-collection helper, host functions, tests.
//!
//! ```no_run
//! # use gort_sched::{Sched, WaitReason, blocking_native, call_go, park_native, ready_from_anywhere, sleep_native};
//! # fn example(sched: &Sched, closure: usize) {
//! let worker = sched.spawn_user_native("worker", move || {
//!     // Other goroutines run meanwhile; the thread that calls may be another one afterwards.
//!     sleep_native(1_000_000);
//!     // The host's own blocking call: others use the P.
//!     let text = blocking_native(|| std::fs::read_to_string("/etc/hostname"));
//!     // A Go closure, run as a goroutine of its own; we wait for its end.
//!     call_go(closure);
//!     // Wait for somebody: true when the goroutine is `Waiting`, so that it can be found.
//!     park_native(WaitReason::Native, || true);
//!     drop(text);
//! });
//! ready_from_anywhere(sched, worker); // once it waits
//! # }
//! ```
//!
//! They run on stacks of their own that never move, may park anywhere, and are scanned conservatively.
//! They park by [`gort_stack::arch::leave`]: their context is complete only when the scheduler loop has
//! their thread back, so the loop makes them `Waiting` and then runs the commit function (INV-PARK-1).

use crate::current::Current;
use crate::g::GRef;
use crate::leave;
use crate::sched::Sched;
use crate::spawn::SpawnInfo;
use crate::time::queue::{Entry, What};
use crate::wait_reason::WaitReason;
use gort_protocols::g_status::Pin;
use gort_stack::alloc::NativeStack;
use gort_stack::arch::{self, SavedContext};
use gort_stack::context;
use gort_sys::clock;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Body = Box<dyn FnOnce() + Send>;

/// The context in which a new Rust goroutine starts.
///
/// # Safety
/// Nobody else uses the stack.
pub(crate) unsafe fn first_context(stack: &NativeStack, body: Body) -> SavedContext {
    let arg = Box::into_raw(Box::new(body)).cast::<u8>();
    // SAFETY: the caller's contract.
    unsafe { context::new_native(stack, native_main, arg) }
}

unsafe extern "sysv64" fn native_main(arg: *mut u8) -> ! {
    {
        // SAFETY: made by `first_context`, run once.
        let body = unsafe { Box::from_raw(arg.cast::<Body>()) };
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            // A bug of ours: nothing above us on this stack could handle it.
            gort_sys::process::abort();
        }
    }
    leave_with(leave::EXIT);
    unreachable!("INV-PARK-1: a dead goroutine was entered")
}

fn leave_with(why: usize) {
    let current = Current::get();
    let (context, saved) = (current.context(), current.g().context_ptr());
    debug_assert!(!current.m().on_system_stack.get(), "INV-PARK-1: leave from the system stack");
    // SAFETY: we are on our Rust goroutine's own stack and run with our P's context.
    unsafe { arch::leave(context, why, saved) };
}

/// Makes the current Rust goroutine wait. `commit` runs on the scheduler loop when it is `Waiting`: it
/// publishes it to its waker or releases the lock that kept wakers out, and touches nothing of it
/// afterwards; false calls the park off.
pub fn park_native(reason: WaitReason, commit: impl FnOnce() -> bool + 'static) {
    {
        let current = Current::get();
        let g = current.g();
        assert!(g.is_native(), "INV-PARK-1: a Go goroutine parks by Current::park");
        g.set_wait_reason(reason);
        current.m().commit.set(Some((Pin::Free, Box::new(commit))));
    }
    leave_with(leave::COMMIT);
}

/// The current Rust goroutine sleeps so long.
pub fn sleep_native(nanos: i64) {
    let when = clock::nanotime().saturating_add(nanos.max(0));
    let g = Current::get().g();
    park_native(WaitReason::Sleep, move || {
        let current = Current::get();
        current.sched().add_entry(current.p(), Entry::new(when, What::Sleep(g)));
        true
    });
}

/// Runs the Go closure as a goroutine; the current Rust goroutine waits for its end.
pub fn call_go(closure: usize) {
    let joiner = Some(Current::get().g());
    park_native(WaitReason::Native, move || {
        Current::get().spawn_go(closure, SpawnInfo { joiner, ..SpawnInfo::default() });
        true
    });
}

/// Runs `f`, which may block, on the system stack of the current Rust goroutine's thread, while others use the P.
pub fn blocking_native<R>(f: impl FnOnce() -> R) -> R {
    let native = crate::current()
        .is_some_and(|c| !c.m().on_system_stack.get() && c.try_g().is_some_and(|g| g.is_native()));
    if !native {
        return f();
    }
    system_stack(|| {
        let current = Current::get();
        // SAFETY: INV-P-1, our P.
        let system_stack = unsafe { (*current.context()).g0_sp };
        let mut result = None;
        let (_, lost) = current.in_syscall(|| {
            result = Some(f());
            0
        });
        if lost != 0 {
            current.sched().wait_for_p(current.m(), current.g());
            // The new P comes from another thread; this one's stack is where it was.
            // SAFETY: INV-P-1, our P.
            unsafe { (*current.context()).g0_sp = system_stack };
        }
        result.expect("the call has run")
    })
}

/// The current Rust goroutine goes to the end of the queue.
pub fn yield_native() {
    leave_with(leave::YIELD);
}

/// Makes a waiting goroutine runnable, from any thread.
pub fn ready_from_anywhere(sched: &Sched, g: GRef) {
    match crate::current() {
        Some(current) if std::ptr::eq(current.sched(), sched) && current.m().try_p().is_some() => {
            current.ready(g)
        }
        _ => {
            g.status.ready();
            sched.put_global([g]);
            sched.wake_p();
        }
    }
}

/// Calls `f` on the system stack: at once if we are there already (or no goroutine runs), else after
/// switching from the current Rust goroutine's stack, whose context is saved then.
pub fn system_stack<R>(f: impl FnOnce() -> R) -> R {
    let Some(current) = crate::current() else { return f() };
    if current.m().on_system_stack.get() || !current.try_g().is_some_and(|g| g.is_native()) {
        return f();
    }
    let mut call = (Some(f), None);
    let arg: *mut (Option<_>, Option<R>) = &raw mut call;
    current.m().on_system_stack.set(true);
    // SAFETY: we are on our Rust goroutine's own stack and run with our P's context; `trampoline` does not
    // unwind, and nothing called on the system stack leaves the goroutine.
    unsafe { arch::system_stack(current.context(), trampoline_of(&call), arg.cast()) };
    Current::get().m().on_system_stack.set(false);
    call.1.expect("the call has run")
}

fn trampoline_of<F: FnOnce() -> R, R>(_: &(Option<F>, Option<R>)) -> unsafe extern "sysv64" fn(*mut u8) {
    trampoline::<F, R>
}

unsafe extern "sysv64" fn trampoline<F: FnOnce() -> R, R>(arg: *mut u8) {
    // SAFETY: `system_stack` passes its own local.
    let call = unsafe { &mut *arg.cast::<(Option<F>, Option<R>)>() };
    let f = call.0.take().expect("called once");
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => call.1 = Some(result),
        Err(_) => gort_sys::process::abort(),
    }
}
