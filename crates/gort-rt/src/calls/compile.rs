//! The first call of a function that is not compiled yet.

use super::goroutines::return_pc;
use crate::fatal;
use crate::shared::Shared;
use gort_sched::Current;

/// Compiles the function whose stub called.
pub(super) extern "C" fn compile_func() {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    let pc = return_pc(&cur);
    let Some(module) = shared.modules.program() else { panic!("INV-LATE-1: a stub without a module") };
    let window_of = |typ| shared.window_of(cur.sched(), typ);
    if let Err(e) = module.compile(pc, cur.sched().funcs(), &window_of) {
        fatal::throw(&cur, shared, &format!("cannot compile a function: {e}"));
    }
}
