//! Modes for tests (`GODEBUG`, see [`crate::debug_vars`]): what must work at some moment is made to happen
//! at every moment.
//!
//! What may collect, may be stopped: zeal points lie in calls with a stack map, before the call does anything.

use crate::fatal;
use crate::shared::Shared;
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::layout::{STACK_GUARD, STACK_POISON};
use gort_sched::Current;
use gort_stack::arch;
use gort_stack::grow::{grow_current, move_stack};
use std::sync::atomic::Ordering;

/// One in so many zeal points yields.
const YIELD_ODDS: u64 = 4;
/// A stack of which so many bytes are used moves always, a larger one in proportion less often.
const CHEAP: usize = 16 << 10;

/// Something may happen here.
#[inline]
pub(super) fn point(cur: &Current<'_>) {
    if Shared::of(cur).zeal.any() {
        wish_in_zeal(cur);
        collect(cur, Shared::of(cur));
    }
}

/// As [`point`], in a call that must not wait: only what comes at the next safepoint.
#[inline]
pub(super) fn wish(cur: &Current<'_>) {
    if Shared::of(cur).zeal.any() {
        wish_in_zeal(cur);
    }
}

#[cold]
fn wish_in_zeal(cur: &Current<'_>) {
    let shared = Shared::of(cur);
    let zeal = &shared.zeal;
    if zeal.sched_seed.is_some() && shared.random().is_multiple_of(YIELD_ODDS) {
        cur.wish_yield();
    }
    if zeal.move_always {
        cur.always_come();
    }
    if zeal.stack_move {
        poison(cur);
    }
}

fn collect(cur: &Current<'_>, shared: &Shared) {
    let every = shared.zeal.gc_stress;
    // Relaxed: a count.
    if every != 0 && shared.zeal_points.fetch_add(1, Ordering::Relaxed).is_multiple_of(every) {
        cur.collector().gc_now(cur.mutator());
    }
}

/// The next entry stub comes to the runtime.
fn poison(cur: &Current<'_>) {
    let ctx = cur.context();
    // SAFETY: the context of this thread's P.
    let limit = unsafe { &(*ctx).stack_limit };
    // Relaxed: read by this thread.
    limit.store(STACK_POISON, Ordering::Relaxed);
}

/// Moves the stack of the goroutine, which is stopped in a MoreStack thunk. With `stackmove=1` the limit stays poisoned,
/// so the goroutine goes on behind the check that brought it here, which was made here.
pub(super) fn at_entry(cur: &Current<'_>) {
    let shared = Shared::of(cur);
    if !shared.zeal.move_always {
        return move_it(cur, 0, false);
    }
    // A child that has not called `exec` yet runs on the parent's stack, in its memory, and is pinned.
    let may_be_child = cur.is_pinned();
    if !may_be_child {
        collect(cur, shared);
    }
    let stub = super::goroutines::return_pc(cur);
    let Some(info) = cur.sched().funcs().find(stub) else {
        fatal::throw(cur, shared, "zeal: an entry stub of no function");
    };
    let entry = Pc(info.start.0 + info.func.entry_offset as usize);
    // SAFETY: a loaded function with a stub, which just called the thunk.
    let frame = unsafe { arch::stub_frame(entry) };
    move_it(cur, frame, may_be_child);
    let ctx = cur.context();
    // SAFETY: the context of this thread's P.
    let fp = Sp(unsafe { (*ctx).saved_fp });
    // SAFETY: INV-STACK-1: the thunk's frame.
    unsafe { (fp.add(8).0 as *mut usize).write(info.start.0 + info.func.body_offset as usize) };
    poison(cur);
}

/// `stays`: only if there is no room.
fn move_it(cur: &Current<'_>, frame: usize, stays: bool) {
    let random = Shared::of(cur).random();
    super::goroutines::grow(cur, |ctx, g, stacks, movable| {
        let size = g.stack_hi - g.stack_lo;
        let used = g.stack_hi - ctx.saved_sp;
        if used + frame + 2 * STACK_GUARD > size {
            // SAFETY: the contract of `grow`.
            return unsafe { grow_current(ctx, g, stacks, frame, movable) };
        }
        // A deep recursion would copy itself at every step.
        if stays || !random.is_multiple_of((used / CHEAP + 1) as u64) {
            return Ok(());
        }
        // SAFETY: the contract of `grow`.
        unsafe { move_stack(ctx, g, stacks, size, movable) }
    });
}

/// With `gcpoison=1`: is the new object zero?
#[inline]
pub(super) fn check_zero(cur: &Current<'_>, at: Addr, size: usize) -> Addr {
    let shared = Shared::of(cur);
    if shared.zeal.poison {
        // SAFETY: an object of that size which nobody else has seen.
        let bytes = unsafe { std::slice::from_raw_parts(at.0 as *const u8, size) };
        if bytes.iter().any(|b| *b != 0) {
            fatal::throw(cur, shared, "gcpoison: a new object is not zero");
        }
    }
    at
}
