//! Program counters: what package runtime's symtab.go asks.

use super::Pair;
use super::panics::frame_link;
use crate::shared::Shared;
use crate::traceback;
use gort_abi::addr::{Pc, Sp};
use gort_abi::module::FuncFlags;
use gort_gc::host::{Host, StopReason};
use gort_sched::Current;

/// Return addresses into the callers of the function at `fp`.
pub(super) extern "C" fn callers(fp: Sp, skip: usize, to: *mut usize, n: usize) -> usize {
    let cur = Current::get();
    let table = cur.sched().funcs();
    let (mut fp, mut seen, mut stored) = (fp, 0, 0);
    while stored < n && !fp.is_null() {
        // SAFETY: INV-CALL-1: frames of the caller's chain.
        let (caller, pc) = unsafe { frame_link(fp) };
        let Some(info) = table.find_return(pc) else { break };
        if !info.func.flags.contains(FuncFlags::WRAPPER) {
            if seen >= skip {
                // SAFETY: INV-CALL-1: room for n words.
                let slot = unsafe { to.add(stored) };
                // SAFETY: as above.
                unsafe { slot.write(pc.0) };
                stored += 1;
            }
            seen += 1;
        }
        fp = caller;
    }
    stored
}

pub(super) extern "C" fn pc_name(pc: Pc) -> Pair {
    let cur = Current::get();
    let name: &str = cur.sched().funcs().find(pc).map_or("", |info| &info.func.name);
    Pair::text(name)
}

pub(super) extern "C" fn pc_file(pc: Pc) -> Pair {
    let cur = Current::get();
    let file = cur.sched().funcs().position(pc).map_or("", |p| p.file);
    Pair::text(file)
}

pub(super) extern "C" fn pc_line(pc: Pc) -> u64 {
    let cur = Current::get();
    cur.sched().funcs().position(pc).map_or(0, |p| u64::from(p.line))
}

pub(super) extern "C" fn pc_entry(pc: Pc) -> Pc {
    let cur = Current::get();
    cur.sched().funcs().find(pc).map_or(Pc::NULL, |info| info.entry())
}

/// `runtime.Stack`: the goroutine's traceback from the caller of the function at `fp` on, and with `all` the
/// others'. Returns how many bytes there are in `to`.
pub(super) extern "C" fn stack_trace(fp: Sp, to: *mut u8, n: usize, all: u64) -> usize {
    let cur = Current::get();
    let level = Shared::of(&cur).traceback();
    cur.save_context();
    let stopped = (all & 1 != 0).then(|| cur.sched().stop_world(StopReason::StackTrace));
    // SAFETY: it is the current goroutine of this thread, stopped in this runtime function.
    let mut text = unsafe { traceback::goroutine_from(cur.sched(), cur.g(), "running", level, Some(fp)) };
    if let Some(stopped) = stopped {
        // SAFETY: the world is stopped.
        text.push_str(&unsafe { traceback::others(cur.sched(), Some(cur.g()), level) });
        cur.sched().start_world(stopped);
    }
    let len = text.len().min(n);
    // SAFETY: INV-CALL-1: room for n bytes.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), to, len) };
    len
}
