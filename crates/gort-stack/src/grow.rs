//! Moving a stack that became too small.
//!
//! # Problem
//! The used part of the stack holds addresses into itself: frame pointers, saved registers, and addresses of
//! variables whose home the code generator chose, which no map names (it may keep an address
//! computed once in a register or spill slot over a call).
//!
//! # Protocol
//! The goroutine itself comes here, from the MoreStack thunk: all its registers lie on its stack. Copy the
//! used part to the top of a stack of twice the size; then add the distance to *every* word in it whose
//! value lies in the old stack. Nothing else has to be told (INV-STACK-4): records elsewhere name frames by
//! their distance from the top, and a running goroutine is in no channel queue.
//!
//! INV-GROW-1 (by value): a word of the used part holds a value in the old stack's range exactly if it is
//! an address into the old stack. It rests on INV-STACK-3: the range holds only stacks, and no number a
//! program computes plausibly lies there.
//!
//! # Rejected
//! Adjusting only what maps name: the code generator hoists stack addresses into callee-saved registers
//! and spill slots. A zeal mode can move at every stub instead, see [`move_stack`].
//!
//! Go counterpart: `runtime/stack.go` (newstack, copystack).

use crate::alloc::{Stack, StackAlloc};
use crate::guard;
use gort_abi::addr::Sp;
use gort_abi::layout::{GPrefix, PContext};
use gort_protocols::g_status::Movable;
use std::sync::atomic::Ordering;

/// Why a stack could not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrowError {
    /// Go's "stack overflow": it would exceed [`StackAlloc::max`].
    Overflow,
    /// The OS gives no memory.
    OutOfMemory,
}

/// Doubles the stack of the current goroutine, which is stopped in a MoreStack thunk of this thread.
/// `room` is what the function asks for below the current stack pointer.
///
/// # Safety
/// Called on the system stack by the owner of `ctx`; `g` is its current goroutine and nobody scans it.
pub unsafe fn grow_current(
    ctx: &mut PContext,
    g: &mut GPrefix,
    stacks: &StackAlloc,
    room: usize,
    movable: &Movable<'_>,
) -> Result<(), GrowError> {
    let old = Stack { lo: Sp(g.stack_lo), hi: Sp(g.stack_hi) };
    let used = old.hi.offset_from(Sp(ctx.saved_sp));
    let mut size = old.size() * 2;
    while size < used + room + 2 * gort_abi::layout::STACK_GUARD {
        size *= 2;
    }
    if size > stacks.max() {
        return Err(GrowError::Overflow);
    }
    // SAFETY: the caller's contract.
    unsafe { move_stack(ctx, g, stacks, size, movable) }
}

/// Moves the current goroutine to a stack of `size` bytes (growth, and zeal modes that move at every stub).
///
/// # Safety
/// As [`grow_current`]; the used part fits.
pub unsafe fn move_stack(
    ctx: &mut PContext,
    g: &mut GPrefix,
    stacks: &StackAlloc,
    size: usize,
    _: &Movable<'_>,
) -> Result<(), GrowError> {
    let old = Stack { lo: Sp(g.stack_lo), hi: Sp(g.stack_hi) };
    let new = stacks.alloc(size).ok_or(GrowError::OutOfMemory)?;
    let sp = Sp(ctx.saved_sp);
    debug_assert!(sp >= old.lo && sp < old.hi, "INV-STACK-2: saved sp {sp:?} outside {old:?}");
    // SAFETY: `old` is stopped and `new` is ours.
    unsafe { copy_adjusted(old, new, sp) };
    let delta = new.hi.offset_from(old.hi);
    if stacks.is_quarantine_on() {
        // SAFETY: the part that is not used yet.
        unsafe { fill_with_addresses(new, sp.add(delta)) };
    }
    g.stack_lo = new.lo.0;
    g.stack_hi = new.hi.0;
    ctx.saved_sp = ctx.saved_sp.wrapping_add(delta);
    ctx.saved_fp = ctx.saved_fp.wrapping_add(delta);
    // A request that arrives meanwhile must survive: only the limit that belongs to the old stack is replaced.
    // Relaxed: a suspender poisons again until it sees the goroutine stop; the value alone matters.
    let _ = ctx.stack_limit.compare_exchange(
        guard::stack_limit(old.lo),
        guard::stack_limit(new.lo),
        Ordering::Relaxed,
        Ordering::Relaxed,
    );
    // SAFETY: everything that lived there has been copied and adjusted.
    unsafe { stacks.free(old) };
    Ok(())
}

/// Zeal: makes what is left from older frames look like addresses in the stack, such that they are still addresses in it
/// when their two lowest bytes are overwritten, if that is possible. Code that keeps such words breaks at the next move.
///
/// # Safety
/// The stack is ours and not used below `sp`.
unsafe fn fill_with_addresses(stack: Stack, sp: Sp) {
    let boundary = sp.0 & !0xffff;
    let address = if boundary > stack.lo.0 { boundary } else { stack.hi.0 - 8 };
    let words = sp.offset_from(stack.lo) / 8;
    // SAFETY: the caller's contract; lo is 8-aligned.
    unsafe { std::slice::from_raw_parts_mut(stack.lo.0 as *mut usize, words) }.fill(address);
}

/// Copies `[sp, old.hi)` to the top of `new`, adjusting addresses into `old` (INV-GROW-1).
///
/// # Safety
/// Both stacks are mapped, nobody runs on `old` and nobody uses `new`; the used part fits.
pub(crate) unsafe fn copy_adjusted(old: Stack, new: Stack, sp: Sp) {
    let words = old.hi.offset_from(sp) / 8;
    assert!(words * 8 <= new.size());
    let delta = new.hi.offset_from(old.hi);
    let size = old.size();
    // SAFETY: the used part of the stopped old stack; sp and hi are 8-aligned.
    let from = unsafe { std::slice::from_raw_parts(sp.0 as *const usize, words) };
    // SAFETY: the top of the new stack, which is ours alone.
    let to = unsafe {
        std::slice::from_raw_parts_mut(sp.add(delta).0 as *mut std::mem::MaybeUninit<usize>, words)
    };
    for (word, &value) in to.iter_mut().zip(from) {
        let inside = value.wrapping_sub(old.lo.0) <= size;
        word.write(if inside { value.wrapping_add(delta) } else { value });
    }
}
