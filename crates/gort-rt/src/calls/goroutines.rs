//! Starting, stopping and ending goroutines; stack growth and preemption.

use super::zeal;
use crate::fatal;
use crate::shared::Shared;
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::layout::{GPrefix, PContext};
use gort_protocols::g_status::Movable;
use gort_sched::{Current, Pin, SpawnInfo, WaitReason};
use gort_stack::alloc::StackAlloc;
use gort_stack::grow::{GrowError, grow_current, move_stack};
use gort_stack::guard::is_poisoned;
use gort_stack::shrink::shrunk_size;
use std::sync::atomic::Ordering;

/// The return address of the thunk that called us: in the Go function that called the runtime.
pub(super) fn return_pc(cur: &Current<'_>) -> Pc {
    let ctx = cur.context();
    // SAFETY: the context of this thread's P (INV-ARCH-1).
    let fp = unsafe { (*ctx).saved_fp };
    // SAFETY: INV-STACK-1: the thunk's frame.
    Pc(unsafe { ((fp + 8) as *const usize).read() })
}

/// The stack check of a function failed: because somebody wants this goroutine to stop, or because the
/// stack is too small. The check is made again afterwards, so one reason at a time is enough.
pub(super) extern "C" fn more_stack() {
    let cur = Current::get();
    let ctx = cur.context();
    // Relaxed: a request seen late is seen at the next check.
    // SAFETY: the context of this thread's P.
    let limit = unsafe { (*ctx).stack_limit.load(Ordering::Relaxed) };
    if is_poisoned(limit) {
        cur.safepoint();
        // A pinned goroutine may be a child that runs on its parent's stack.
        // SAFETY: the context of this thread's P.
        if unsafe { (*ctx).leave } == 0 && cur.g().shrink_wanted() && !cur.is_pinned() {
            shrink(&cur);
        }
        // SAFETY: the context of this thread's P.
        if Shared::of(&cur).zeal.stack_move && unsafe { (*ctx).leave } == 0 {
            zeal::at_entry(&cur);
        }
        return;
    }
    grow(&cur, |ctx, g, stacks, movable| {
        // SAFETY: the contract of `grow`.
        unsafe { grow_current(ctx, g, stacks, 0, movable) }
    });
}

/// The collector wanted the stack to shrink and could not move it: now nobody has addresses of it.
fn shrink(cur: &Current<'_>) {
    cur.g().set_shrink_wanted(false);
    grow(cur, |ctx, g, stacks, movable| {
        let (size, used) = (g.stack_hi - g.stack_lo, g.stack_hi - ctx.saved_sp);
        match shrunk_size(size, used, stacks.shrink_policy()) {
            // SAFETY: the contract of `grow`; `shrunk_size` leaves room.
            Some(size) => unsafe { move_stack(ctx, g, stacks, size, movable) },
            None => Ok(()),
        }
    });
}

/// Moves the stack of the current goroutine, which is stopped in a MoreStack thunk, by `mover`, which is
/// called while nobody scans it.
pub(super) fn grow(
    cur: &Current<'_>,
    mover: impl FnOnce(&mut PContext, &mut GPrefix, &StackAlloc, &Movable<'_>) -> Result<(), GrowError>,
) {
    let ctx = cur.context();
    let g = cur.g();
    let prefix = g.prefix();
    let copying = g.status.copy_stack();
    // SAFETY: the context of this thread's P, which only this thread uses.
    let ctx = unsafe { &mut *ctx };
    // SAFETY: the current goroutine, stopped in the MoreStack thunk; nobody scans it in CopyStack.
    let prefix = unsafe { &mut *prefix };
    let grown = mover(ctx, prefix, cur.sched().stacks(), &copying.movable());
    drop(copying);
    match grown {
        Ok(()) => {}
        Err(GrowError::Overflow) => fatal::stack_overflow(cur, Shared::of(cur)),
        Err(GrowError::OutOfMemory) => fatal::throw(cur, Shared::of(cur), "out of memory (stack)"),
    }
}

/// A loop saw the poisoned limit.
pub(super) extern "C" fn poll() {
    Current::get().safepoint();
}

pub(super) extern "C" fn new_proc(closure: Addr) {
    let cur = Current::get();
    zeal::wish(&cur);
    // A goroutine born during marking starts black: what it starts with must not be white.
    if cur.collector().barrier_on() {
        cur.collector().shade(cur.mutator(), closure);
    }
    cur.spawn_go(closure.0, SpawnInfo { created_by_pc: return_pc(&cur), ..SpawnInfo::default() });
}

pub(super) extern "C" fn gosched() {
    Current::get().yield_now();
}

/// The goroutine is done. If it is the main one and returned to its start stub, so is the program.
pub(super) extern "C" fn goexit0() {
    let cur = Current::get();
    let fp = {
        let ctx = cur.context();
        // SAFETY: the context of this thread's P.
        Sp(unsafe { (*ctx).saved_fp })
    };
    // SAFETY: INV-STACK-1: the caller's frame pointer; it is 0 in the start stub only.
    let from_stub = unsafe { (fp.0 as *const usize).read() } == 0;
    if from_stub && cur.g().goid() == 1 {
        super::system::end_program(&cur, 0);
    } else {
        cur.exit();
    }
}

pub(super) extern "C" fn block() {
    Current::get().park(WaitReason::SelectNoCases, Pin::Free);
}
