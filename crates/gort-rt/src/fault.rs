//! A nil pointer dereference in Go code becomes a Go panic.
//!
//! Compiled code does not test pointers; the load or store faults, and the code generator has noted that
//! this instruction may. The handler makes it look as if the instruction had called `runtime.panicmem`:
//! it pushes a return address and continues there. The pushed address is the faulting instruction's plus
//! one, the middle of it, so that the walker takes the frame for a trap frame and the line is right.
//!
//! INV-FAULT-1 (room): every Go frame has [`gort_abi::layout::STACK_GUARD`] bytes below it.
//!
//! Go counterpart: `runtime/signal_amd64.go` (preparePanic).

use crate::shared::Shared;
use gort_abi::module::Trap;
use gort_sys::signal::{FaultContext, FaultKind};

/// Above this an address is no nil dereference.
const NIL_PAGE: usize = 4096;

/// The process-wide handler; false hands the fault to whoever was there before.
pub fn handle(fault: &mut FaultContext<'_>) -> bool {
    let Some(cur) = gort_sched::current() else { return false };
    if !matches!(fault.kind(), FaultKind::Segv | FaultKind::Bus) || fault.address().0 >= NIL_PAGE {
        return false;
    }
    let pc = fault.pc();
    if cur.sched().funcs().trap_at(pc) != Some(Trap::NilDereference) {
        return false;
    }
    if fault.context_register() != cur.context() as usize {
        return false;
    }
    let prefix = cur.g().prefix();
    // SAFETY: this thread runs the goroutine, which stands at the fault.
    unsafe { (*prefix).fault_pc = pc.0 };
    // SAFETY: as above.
    unsafe { (*prefix).fault_addr = fault.address().0 };
    let sp = fault.sp().sub(8);
    // SAFETY: INV-FAULT-1.
    unsafe { (sp.0 as *mut usize).write(pc.0 + 1) };
    fault.set_sp(sp);
    fault.set_pc(Shared::of(&cur).panicmem());
    true
}
