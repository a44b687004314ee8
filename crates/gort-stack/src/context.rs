//! The first frame of a goroutine.
//!
//! A Go goroutine starts at the start stub ([`crate::arch::write_start_stub`]; the loader places one beside the
//! thunks): it takes the closure from `GPrefix::param`, calls it with itself as the only argument, and
//! calls `goexit0` when it returns. A Rust goroutine starts in its entry function, which never returns.

use crate::alloc::{NativeStack, Stack};
use crate::arch::{self, SavedContext};
use gort_abi::addr::Pc;

/// Prepares `stack` for a new Go goroutine. The caller stores the closure in `GPrefix::param`.
///
/// # Safety
/// Nobody else uses the stack; `start` is a start stub.
pub unsafe fn new_go(stack: Stack, start: Pc) -> SavedContext {
    // SAFETY: the caller's contract.
    unsafe { arch::write_go_start(stack.hi, start) }
}

/// Prepares `stack` for a new Rust goroutine that runs `entry(arg)`.
///
/// # Safety
/// Nobody else uses the stack.
pub unsafe fn new_native(
    stack: &NativeStack,
    entry: unsafe extern "sysv64" fn(*mut u8) -> !,
    arg: *mut u8,
) -> SavedContext {
    // SAFETY: the caller's contract; `hi` is page-aligned.
    unsafe { arch::write_native_start(stack.hi(), entry, arg) }
}
