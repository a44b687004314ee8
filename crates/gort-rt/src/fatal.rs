//! The end of a program by an error: Go's messages, tracebacks, exit status 2.
//!
//! Go counterpart: `runtime/panic.go` (fatalpanic, throw, dopanic).

use crate::debug_vars::Traceback;
use crate::shared::Shared;
use crate::traceback;
use gort_abi::addr::Addr;
use gort_sched::{Current, GRef, Sched};
use gort_sys::{fd, process};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn write(text: &str) {
    fd::write_all(fd::STDERR, text.as_bytes());
}

/// Only one fatal error is reported; the threads of later ones stop here.
fn only_one(shared: &Shared) {
    // AcqRel pairs with itself: exactly one thread sees false.
    if shared.dying.swap(true, Ordering::AcqRel) {
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
}

fn exit(level: Traceback) -> ! {
    if level == Traceback::Crash {
        process::abort();
    }
    process::exit(2)
}

/// Before the panic messages are printed: may this goroutine print its own? Two goroutines' messages must not mix.
pub fn start_panic(shared: &Shared) -> bool {
    // AcqRel pairs with itself, as in `only_one`.
    let own = !shared.dying.swap(true, Ordering::AcqRel);
    // Relaxed: set by the program, long ago.
    let also = shared.crash_fd.load(Ordering::Relaxed);
    if own && also >= 0 {
        shared.printer.copy_to(also);
    }
    own
}

/// `fatalpanic`: the panic messages are printed, after [`start_panic`].
pub fn panic(cur: &Current<'_>, shared: &Shared) -> ! {
    let g = cur.g();
    cur.save_context();
    let mut text = String::new();
    let prefix = g.prefix();
    // SAFETY: the current goroutine's descriptor.
    let pc = unsafe { (*prefix).fault_pc };
    // SAFETY: as above.
    let address = unsafe { (*prefix).fault_addr };
    if pc != 0 {
        let _ =
            writeln!(text, "[signal SIGSEGV: segmentation violation code=0x1 addr={address:#x} pc={pc:#x}]");
    }
    report(cur.sched(), shared, Some(g), text, false)
}

/// `throw`, and other fatal errors found on a goroutine's behalf.
pub fn throw(cur: &Current<'_>, shared: &Shared, message: &str) -> ! {
    only_one(shared);
    cur.save_context();
    report(cur.sched(), shared, Some(cur.g()), format!("fatal error: {message}\n"), true)
}

/// The stack of the current goroutine would exceed its limit.
pub fn stack_overflow(cur: &Current<'_>, shared: &Shared) -> ! {
    only_one(shared);
    cur.save_context();
    let g = cur.g();
    let view = g.stack_view();
    let text = format!(
        "runtime: goroutine stack exceeds {}-byte limit\nruntime: sp={:?} stack=[{:?}, {:?}]\n\
         fatal error: stack overflow\n",
        cur.sched().stacks().max(),
        view.sp,
        view.lo,
        view.hi
    );
    report(cur.sched(), shared, Some(g), text, true)
}

/// The runtime's own code needs more than a system stack has, or the stack of a Rust goroutine: a bug of ours, or of the
/// embedder's. Nothing is said of Go frames: the state of the thread is not one that they could be walked from.
pub fn system_stack_overflow(cur: &Current<'_>, shared: &Shared, at: Addr) -> ! {
    only_one(shared);
    let who = match cur.try_g() {
        Some(g) if g.has_overflowed(at) => format!("goroutine {}", g.goid()),
        _ => format!("thread m{}", cur.m().id),
    };
    write(&format!("fatal error: system stack overflow\nruntime: {who}, fault address {at:?}\n\n"));
    cur.sched().dump(fd::STDERR);
    exit(shared.traceback())
}

/// Compiled code faulted where no Go panic may come of it; `text` says how.
pub fn fault(cur: &Current<'_>, shared: &Shared, text: String) -> ! {
    only_one(shared);
    cur.save_context();
    report(cur.sched(), shared, Some(cur.g()), text, true)
}

/// A fatal error that the scheduler or the collector found; `g` if it concerns a goroutine that stands still.
pub fn of_runtime(sched: &Sched, shared: &Shared, g: Option<GRef>, message: &str) -> ! {
    only_one(shared);
    report(sched, shared, g, format!("fatal error: {message}\n"), true)
}

/// SIGQUIT.
pub fn quit(sched: &Sched, shared: &Shared) -> ! {
    only_one(shared);
    report(sched, shared, None, "SIGQUIT: quit\n".to_owned(), true)
}

fn report(sched: &Sched, shared: &Shared, g: Option<GRef>, mut text: String, all: bool) -> ! {
    let level = shared.traceback();
    if level > Traceback::None {
        if all || level >= Traceback::All {
            sched.freeze_world();
        }
        if let Some(g) = g {
            text.push('\n');
            // SAFETY: it is the current goroutine of this thread, stopped in this runtime function.
            text.push_str(&unsafe { traceback::goroutine(sched, g, "running", level) });
        }
        if all || level >= Traceback::All {
            // SAFETY: frozen above.
            text.push_str(&unsafe { traceback::others(sched, g, level) });
        }
    }
    write(&text);
    // Relaxed: set by the program, long ago.
    let also = shared.crash_fd.load(Ordering::Relaxed);
    if also >= 0 {
        fd::write_all(also, text.as_bytes());
    }
    exit(level)
}
