//! Giving back what a goroutine's stack does not need any more.
//!
//! The collector looks at every stack anyway, with the goroutine standing still. If less than a quarter is in use, the stack
//! moves to one of half the size: the same copy as growth ([`crate::grow`]), by another party. So it needs the same
//! right, a [`Movable`] (heart rule R4): a goroutine that has left addresses of its stack behind is refused, and shrinks
//! itself when it next comes to an entry check.
//!
//! Go counterpart: `runtime/stack.go` (`shrinkstack`, `isShrinkStackSafe`).

use crate::alloc::{STACK_MIN, Stack, StackAlloc};
use crate::arch::SavedContext;
use crate::grow::copy_adjusted;
use gort_abi::addr::Sp;
use gort_abi::layout::{GPrefix, STACK_GUARD};
use gort_protocols::g_status::Movable;

/// When stacks shrink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShrinkPolicy {
    /// To half the size, when less than a quarter is used.
    #[default]
    Quarter,
    /// Never (`gcshrinkstackoff=1`).
    Never,
    /// Whenever a smaller size fits (`gcshrinkstack=1`, for tests).
    Always,
}

/// The size a stack should shrink to, if it should.
pub fn shrunk_size(size: usize, used: usize, policy: ShrinkPolicy) -> Option<usize> {
    let half = size / 2;
    let needed = used + STACK_GUARD;
    let wanted = match policy {
        ShrinkPolicy::Never => return None,
        ShrinkPolicy::Quarter => needed < size / 4,
        // A function that is being entered may want some more.
        ShrinkPolicy::Always => needed + STACK_GUARD <= half,
    };
    (wanted && half >= STACK_MIN).then_some(half)
}

/// Moves the stack of a goroutine that stands still to one of `size` bytes. False if there is no memory: then nothing has
/// changed.
///
/// # Safety
/// `g` and `context` are those of the goroutine that `movable` was given for, which runs Go code; the used part fits.
pub unsafe fn move_stopped(
    g: &mut GPrefix,
    context: &mut SavedContext,
    stacks: &StackAlloc,
    size: usize,
    _: &Movable<'_>,
) -> bool {
    let old = Stack { lo: Sp(g.stack_lo), hi: Sp(g.stack_hi) };
    let Some(new) = stacks.alloc(size) else { return false };
    // SAFETY: the goroutine stands still, and `new` is ours.
    unsafe { copy_adjusted(old, new, context.sp) };
    let delta = new.hi.0.wrapping_sub(old.hi.0);
    g.stack_lo = new.lo.0;
    g.stack_hi = new.hi.0;
    context.sp = Sp(context.sp.0.wrapping_add(delta));
    context.fp = Sp(context.fp.0.wrapping_add(delta));
    // SAFETY: everything that lived there has been copied and adjusted.
    unsafe { stacks.free(old) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use gort_protocols::g_status::{Claim, GStatus, Pin, Resume, Suspendable};

    #[test]
    fn sizes() {
        let quarter = |size, used| shrunk_size(size, used, ShrinkPolicy::Quarter);
        assert_eq!(quarter(64 << 10, 1000), Some(32 << 10));
        assert_eq!(quarter(64 << 10, 16 << 10), None);
        assert_eq!(quarter(STACK_MIN, 0), None);
        assert_eq!(shrunk_size(64 << 10, 0, ShrinkPolicy::Never), None);
        assert_eq!(shrunk_size(64 << 10, 20 << 10, ShrinkPolicy::Always), Some(32 << 10));
        assert_eq!(shrunk_size(64 << 10, 31 << 10, ShrinkPolicy::Always), None);
    }

    /// A goroutine waits with the address of one of its variables left behind, as a channel's waiting record does; a scanner
    /// shrinks its stack if it may; then a value is delivered through the address. Does the variable get it?
    fn delivered(pin: Pin) -> bool {
        let stacks = StackAlloc::new().expect("a range of addresses");
        let stack = stacks.alloc(64 << 10).expect("a stack");
        let mut g = GPrefix { stack_lo: stack.lo.0, stack_hi: stack.hi.0, ..GPrefix::default() };
        let mut context = SavedContext { sp: Sp(stack.hi.0 - 256), fp: Sp(stack.hi.0 - 256) };
        let variable = |g: &GPrefix| (g.stack_hi - 64) as *mut u64;
        for word in 1..=32 {
            // SAFETY: the used part of our own stack.
            unsafe { ((stack.hi.0 - word * 8) as *mut u64).write(0) };
        }
        let status = GStatus::new();
        status.publish();
        status.execute();
        let record = variable(&g);
        status.park(pin);
        let Claim::Claimed(guard) = status.try_suspend(&Suspendable::without_goroutine()) else {
            panic!("it waits");
        };
        if let Some(movable) = guard.movable() {
            let size = shrunk_size(64 << 10, 256, ShrinkPolicy::Quarter).expect("little is used");
            // SAFETY: it waits, and we hold the guard.
            assert!(unsafe { move_stopped(&mut g, &mut context, &stacks, size, &movable) });
        }
        assert_eq!(guard.release(), Resume::Nothing);
        // SAFETY: memory of the range that stays mapped, whosever it is now.
        unsafe { record.write(7) };
        // SAFETY: the goroutine's own variable.
        unsafe { variable(&g).read() == 7 }
    }

    #[test]
    fn the_pin_keeps_published_addresses_true() {
        assert!(delivered(Pin::Pinned), "R4: a pinned stack was moved");
        // The mutation check: without the pin the value goes to the vacated stack.
        assert!(!delivered(Pin::Free), "the canary did not notice a moved stack");
    }
}
