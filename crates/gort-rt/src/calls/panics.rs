//! What package runtime's Go code about panics (std/runtime/panic.go) needs of the machine.

use super::{Pair, bytes};
use crate::fatal;
use crate::shared::Shared;
use gort_abi::addr::{Pc, Sp};
use gort_abi::module::FuncFlags;
use gort_sched::{Current, Pin, WaitReason};
use gort_stack::arch::{is_frame_return, write_landing};

/// Never called: its thunk is a bare return.
pub(super) extern "C" fn defer_enter() {}

/// What is at `fp`: the caller's frame pointer and the return address into it.
///
/// # Safety
/// A frame of the stopped current goroutine (INV-STACK-1).
pub(super) unsafe fn frame_link(fp: Sp) -> (Sp, Pc) {
    // SAFETY: the caller's contract.
    let [caller, pc] = unsafe { (fp.0 as *const [usize; 2]).read() };
    (Sp(caller), Pc(pc))
}

/// Frame pointer of the first caller of the function at `fp` that is no wrapper; 0 if there is none.
pub(super) extern "C" fn caller_frame(fp: Sp) -> Sp {
    let cur = Current::get();
    let table = cur.sched().funcs();
    let mut fp = fp;
    while !fp.is_null() {
        // SAFETY: INV-CALL-1: frames of the caller's chain.
        let (caller, pc) = unsafe { frame_link(fp) };
        match table.find_return(pc) {
            Some(info) if info.func.flags.contains(FuncFlags::WRAPPER) => fp = caller,
            Some(_) => return caller,
            // As a wrapper.
            None if is_frame_return(pc) => fp = caller,
            None => break,
        }
    }
    Sp::NULL
}

/// Name of the function that called the one at `fp`.
pub(super) extern "C" fn caller_name(fp: Sp) -> Pair {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let (_, pc) = unsafe { frame_link(fp) };
    Pair::text(cur.sched().funcs().calls(pc.sub(1)).next().map_or("?", |call| call.name))
}

/// Continues at the landing block of the function whose frame is `stack_hi - frame`.
pub(super) extern "C" fn recovery(frame: usize) {
    let cur = Current::get();
    let prefix = cur.g().prefix();
    // SAFETY: the current goroutine's descriptor.
    let fp = Sp(unsafe { (*prefix).stack_hi } - frame);
    match landing(&cur, fp) {
        Some((sp, pc)) => {
            // SAFETY: below the landing frame lie frames that are over now.
            let saved = unsafe { write_landing(sp, fp, pc) };
            let ctx = cur.context();
            // The thunk takes its resume frame from there.
            // SAFETY: the context of this thread's P.
            unsafe { (*ctx).saved_sp = saved.sp.0 };
            // SAFETY: as above.
            unsafe { (*ctx).saved_fp = saved.fp.0 };
        }
        None => fatal::throw(&cur, Shared::of(&cur), "recovery: no landing block in the deferring frame"),
    }
}

/// Stack pointer and pc of the landing block of the frame at `fp`: found by the return address of the
/// frame it called.
fn landing(cur: &Current<'_>, fp: Sp) -> Option<(Sp, Pc)> {
    let ctx = cur.context();
    // SAFETY: the context of this thread's P.
    let mut at = Sp(unsafe { (*ctx).saved_fp });
    while !at.is_null() && at < fp {
        // SAFETY: INV-STACK-1.
        let (caller, pc) = unsafe { frame_link(at) };
        if caller == fp {
            let info = cur.sched().funcs().find_return(pc)?;
            let landing = info.func.landing?;
            return Some((fp.sub(landing.frame_offset as usize), info.start.add(landing.offset as usize)));
        }
        at = caller;
    }
    None
}

/// The newest frame with pending open defers among the callers of the frame `stack_hi - link` that are newer than
/// `stack_hi - bound`, and the frame it called; 0 if there is none.
pub(super) extern "C" fn open_defer(link: usize, bound: usize) -> Pair {
    let cur = Current::get();
    let table = cur.sched().funcs();
    let prefix = cur.g().prefix();
    // SAFETY: the current goroutine's descriptor.
    let hi = unsafe { (*prefix).stack_hi };
    let mut fp = Sp(hi - link);
    while !fp.is_null() {
        // SAFETY: INV-CALL-1: frames of the caller's chain.
        let (caller, pc) = unsafe { frame_link(fp) };
        let distance = hi.wrapping_sub(caller.0);
        if caller.is_null() || distance <= bound {
            break;
        }
        if let Some(info) = table.find_return(pc)
            && let Some(defers) = &info.func.open_defers
        {
            // SAFETY: a slot of that frame, which is past its start.
            let pending = unsafe { (caller.sub(defers.bits as usize).0 as *const u64).read() };
            if pending != 0 {
                return Pair(distance as u64, (hi - fp.0) as u64);
            }
        }
        fp = caller;
    }
    Pair(0, 0)
}

/// The closure of the newest pending call of the frame `stack_hi - frame`, which called the frame `stack_hi - link`. It
/// is pending no more.
pub(super) extern "C" fn take_open_defer(frame: usize, link: usize) -> Sp {
    let cur = Current::get();
    let prefix = cur.g().prefix();
    // SAFETY: the current goroutine's descriptor.
    let hi = unsafe { (*prefix).stack_hi };
    // SAFETY: INV-CALL-1: what `open_defer` found.
    let (fp, pc) = unsafe { frame_link(Sp(hi - link)) };
    debug_assert_eq!(fp.0, hi - frame);
    let info = cur.sched().funcs().find_return(pc);
    let Some(defers) = info.and_then(|info| info.func.open_defers.as_ref()) else {
        fatal::throw(&cur, Shared::of(&cur), "takeopendefer: no open defers in the frame");
    };
    let bits = fp.sub(defers.bits as usize).0 as *mut u64;
    // SAFETY: a slot of that frame.
    let pending = unsafe { bits.read() };
    let newest = 63 - pending.leading_zeros();
    // SAFETY: as above.
    unsafe { bits.write(pending & !(1 << newest)) };
    fp.sub(defers.sites[newest as usize] as usize)
}

pub(super) extern "C" fn start_panic() {
    let cur = Current::get();
    if !fatal::start_panic(Shared::of(&cur)) {
        // Not by keeping the thread: the goroutine that prints may have to stop the world, or to wait for that.
        cur.park(WaitReason::SelectNoCases, Pin::Free);
    }
}

pub(super) extern "C" fn fatal_panic() {
    let cur = Current::get();
    fatal::panic(&cur, Shared::of(&cur))
}

pub(super) extern "C" fn throw(p: *const u8, n: usize) {
    let cur = Current::get();
    // SAFETY: INV-CALL-1.
    let message = String::from_utf8_lossy(unsafe { bytes(p, n) });
    fatal::throw(&cur, Shared::of(&cur), &message)
}
