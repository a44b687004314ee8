//! A nil pointer dereference in Go code becomes a Go panic.
//!
//! Compiled code does not test pointers; the load or store faults. The handler makes it look as if the instruction had
//! called `runtime.panicmem`: it pushes a return address and continues there. The pushed address is the faulting instruction's plus
//! one, the middle of it, so that the walker takes the frame for a trap frame and the line is right.
//!
//! INV-FAULT-1 (room): every Go frame has [`gort_abi::layout::STACK_GUARD`] bytes below it.
//!
//! Go counterpart: `runtime/signal_amd64.go` (preparePanic).

use crate::fatal;
use crate::shared::Shared;
use gort_sched::Current;
use gort_sys::signal::{FaultContext, FaultKind};

/// Above this an address is no nil dereference.
const NIL_PAGE: usize = 4096;

/// The process-wide handler; false hands the fault to whoever was there before.
pub fn handle(fault: &mut FaultContext<'_>) -> bool {
    let Some(cur) = gort_sched::current() else { return false };
    let pc = fault.pc();
    if fault.context_register() != cur.context() as usize || cur.sched().funcs().find(pc).is_none() {
        return false;
    }
    let access = matches!(fault.kind(), FaultKind::Segv | FaultKind::Bus);
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

/// No Go panic: the program ends with the stack of the goroutine, which gets a frame for the walker to
/// start at.
fn die_there(fault: &FaultContext<'_>, cur: &Current<'_>) -> ! {
    let (pc, address) = (fault.pc(), fault.address());
    let link = fault.sp().sub(16);
    // SAFETY: INV-FAULT-1.
    unsafe { (link.0 as *mut [usize; 2]).write([fault.fp().0, pc.0 + 1]) };
    let ctx = cur.context();
    // SAFETY: the context of this thread's P.
    unsafe { (*ctx).saved_sp = link.0 };
    // SAFETY: as above.
    unsafe { (*ctx).saved_fp = link.0 };
    let text = match fault.kind() {
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
