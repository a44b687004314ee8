//! A nil pointer dereference in Go code becomes a Go panic.
//!
//! Compiled code does not test pointers; the load or store faults. The handler makes it look as if the instruction had
//! called `runtime.panicmem`: it pushes a return address and continues there. The pushed address is the faulting instruction's plus
//! one, the middle of it, so that the walker takes the frame for a trap frame and the line is right.
//!
//! A fault in a runtime function that was called with a bad pointer is treated alike, from the thunk on (`in_runtime`).
//!
//! INV-FAULT-1 (room): every Go frame has [`gort_abi::layout::STACK_GUARD`] bytes below it.
//!
//! Go counterpart: `runtime/signal_amd64.go` (preparePanic).

use crate::shared::Shared;
use crate::{calls, fatal};
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::runtime_fn::RuntimeFn;
use gort_sched::Current;
use gort_stack::arch::{call_target, in_short_form, thunk_function};
use gort_sys::signal::{FaultContext, FaultKind};

/// Above this an address is no nil dereference.
const NIL_PAGE: usize = 4096;

/// The process-wide handler; false hands the fault to whoever was there before.
pub fn handle(fault: &mut FaultContext<'_>) -> bool {
    let Some(cur) = gort_sched::current() else { return false };
    let access = matches!(fault.kind(), FaultKind::Segv | FaultKind::Bus);
    let at = fault.address();
    if access && (cur.m().has_overflowed(at) || cur.try_g().is_some_and(|g| g.has_overflowed(at))) {
        fatal::system_stack_overflow(&cur, Shared::of(&cur), at);
    }
    let pc = fault.pc();
    if cur.m().try_p().is_none() || cur.try_g().is_none_or(|g| g.is_native()) {
        return false;
    }
    if fault.context_register() != cur.context() as usize || cur.sched().funcs().find(pc).is_none() {
        return in_runtime(fault, &cur);
    }
    let prefix = cur.g().prefix();
    // SAFETY: this thread runs the goroutine, which stands at the fault.
    let always = unsafe { (*prefix).fault_panics } != 0;
    // Any load or store of Go code may be one through a pointer that unsafe code made.
    if access && (always || fault.address().0 < NIL_PAGE) {
        panic_there(fault, &cur);
        return true;
    }
    die_there(fault, &cur)
}

/// The goroutine goes on in `runtime.panicmem`, as if the instruction had called it.
fn panic_there(fault: &mut FaultContext<'_>, cur: &Current<'_>) {
    let pc = fault.pc();
    let prefix = cur.g().prefix();
    // SAFETY: this thread runs the goroutine, which stands at the fault.
    unsafe { (*prefix).fault_pc = pc.0 };
    // SAFETY: as above.
    unsafe { (*prefix).fault_addr = fault.address().0 };
    let sp = fault.sp().sub(8);
    // SAFETY: INV-FAULT-1.
    unsafe { (sp.0 as *mut usize).write(pc.0 + 1) };
    fault.set_sp(sp);
    fault.set_pc(Shared::of(cur).panicmem());
}

/// A runtime function faulted that compiled code called with a bad pointer. One of those that only look at memory is left
/// for a panic, as if its caller had called `runtime.panicmem`; in others the program ends.
fn in_runtime(fault: &mut FaultContext<'_>, cur: &Current<'_>) -> bool {
    let access = matches!(fault.kind(), FaultKind::Segv | FaultKind::Bus);
    if access && in_short_form(fault.pc()) {
        return in_short(fault, cur);
    }
    let bounds = cur.g().stack_bounds();
    let on_its_stack = fault.sp() >= bounds.lo && fault.sp() < bounds.hi;
    if !access || on_its_stack || cur.m().in_loop() {
        return false;
    }
    // SAFETY: the context of this thread's P.
    let frame = Sp(unsafe { (*cur.context()).saved_fp });
    if frame < bounds.lo || frame.add(16) > bounds.hi || !frame.0.is_multiple_of(8) {
        return false;
    }
    // SAFETY: a word of the goroutine's stack, by the bounds above; the goroutine is in the thunk.
    let [caller, back] = unsafe { (frame.0 as *const [usize; 2]).read() };
    let (caller, back) = (Sp(caller), Pc(back));
    if cur.sched().funcs().find_return(back).is_none() {
        return false;
    }
    let prefix = cur.g().prefix();
    // SAFETY: this thread runs the goroutine, which stands in the thunk.
    let always = unsafe { (*prefix).fault_panics } != 0;
    if !(always || fault.address().0 < NIL_PAGE) || !only_looks(back) {
        die(fault.kind(), fault.address(), fault.pc(), cur);
    }
    // SAFETY: as above.
    unsafe { (*prefix).fault_pc = fault.pc().0 };
    // SAFETY: as above.
    unsafe { (*prefix).fault_addr = fault.address().0 };
    fault.set_sp(frame.add(8));
    fault.set_fp(caller);
    fault.set_context_register(cur.context() as usize);
    fault.set_pc(Shared::of(cur).panicmem());
    true
}

/// As [`in_runtime`], for a short form, which has no frame (INV-SHORT-1): its caller's registers are as they were.
fn in_short(fault: &mut FaultContext<'_>, cur: &Current<'_>) -> bool {
    let prefix = cur.g().prefix();
    // SAFETY: this thread runs the goroutine, which stands in the short form.
    let always = unsafe { (*prefix).fault_panics } != 0;
    if !(always || fault.address().0 < NIL_PAGE) {
        // At rsp is the return address.
        die_below(fault.sp().sub(8), fault, cur);
    }
    // SAFETY: as above.
    unsafe { (*prefix).fault_pc = fault.pc().0 };
    // SAFETY: as above.
    unsafe { (*prefix).fault_addr = fault.address().0 };
    fault.set_pc(Shared::of(cur).panicmem());
    true
}

/// Does the call before `back` go to the thunk of a function that holds nothing of the runtime's while it reads and writes?
fn only_looks(back: Pc) -> bool {
    // SAFETY: before a return address lies the call.
    let Some(thunk) = (unsafe { call_target(back) }) else { return false };
    // SAFETY: the thunk that the thread is in, as it came back by no other way.
    let function = unsafe { thunk_function(thunk) };
    let looking = [RuntimeFn::MemMove, RuntimeFn::MemClr, RuntimeFn::MemEqual, RuntimeFn::CmpString];
    looking.iter().any(|f| calls::address(*f) == function)
}

/// No Go panic: the program ends with the stack of the goroutine, which gets a frame for the walker to
/// start at.
fn die_there(fault: &FaultContext<'_>, cur: &Current<'_>) -> ! {
    let link = fault.sp().sub(16);
    // SAFETY: INV-FAULT-1.
    unsafe { (link.add(8).0 as *mut usize).write(fault.pc().0 + 1) };
    die_below(link, fault, cur)
}

/// Ends the program with the stack from the frame at `link` on, whose return address is there already.
fn die_below(link: Sp, fault: &FaultContext<'_>, cur: &Current<'_>) -> ! {
    // SAFETY: INV-FAULT-1.
    unsafe { (link.0 as *mut usize).write(fault.fp().0) };
    let ctx = cur.context();
    // SAFETY: the context of this thread's P.
    unsafe { (*ctx).saved_sp = link.0 };
    // SAFETY: as above.
    unsafe { (*ctx).saved_fp = link.0 };
    die(fault.kind(), fault.address(), fault.pc(), cur)
}

/// Ends the program; the goroutine's context is saved.
fn die(kind: FaultKind, address: Addr, pc: Pc, cur: &Current<'_>) -> ! {
    let text = match kind {
        FaultKind::Segv => format!(
            "unexpected fault address {address:?}\nfatal error: fault\n\
             [signal SIGSEGV: segmentation violation code=0x1 addr={address:?} pc={pc:?}]\n"
        ),
        FaultKind::Bus => format!(
            "unexpected fault address {address:?}\nfatal error: fault\n\
             [signal SIGBUS: bus error code=0x2 addr={address:?} pc={pc:?}]\n"
        ),
        FaultKind::Fpe => format!("SIGFPE: floating-point exception\nPC={pc:?}\n"),
        FaultKind::Ill => format!("SIGILL: illegal instruction\nPC={pc:?}\n"),
    };
    fatal::fault(cur, Shared::of(cur), text)
}
