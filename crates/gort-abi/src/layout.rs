//! Layouts that compiled code reads and writes, with the offsets it uses.
//!
//! * [`PContext`]: what the context register (r15) points to, one per P.
//! * [`GPrefix`]: the head of every goroutine descriptor, seen by Go code as `runtime.g`.
//! * Value layouts are gc's (design decision D3): string = {data, len}; slice = {data, len, cap};
//!   empty interface = {*type, data}; other interface = {*itab, data}, where a pointer-shaped type is
//!   stored in `data` itself and anything else in an object that `data` points to; func value =
//!   pointer to {code, captures...}; chan and map values = pointers.
//!
//! # Calls between Go functions
//!
//! Cranelift's `Tail` convention. A value is passed as the scalars it flattens to (the lowering
//! decides). Calling a func value passes the closure pointer as the first argument; the code of a func
//! value therefore always takes it, and a plain function used as a value gets a wrapper that drops it.
//!
//! # Calls from Go code into the runtime
//!
//! `SystemV` convention, at most six integer words in and two out, through a thunk that switches to the
//! system stack. See [`crate::runtime_fn`].

use core::mem::offset_of;
use std::sync::atomic::{AtomicU32, AtomicUsize};

/// A stack limit no stack pointer is above: every entry check and every loop poll fails, so the
/// goroutine comes to the runtime at its next safepoint.
pub const STACK_POISON: usize = usize::MAX - 0x1000;

/// A loop poll treats a stack limit at or above this as poisoned (no user address is that high).
pub const STACK_POISON_MIN: usize = 1 << 62;

/// Bytes below the stack limit that unchecked leaf functions, thunks and trap frames may use.
pub const STACK_GUARD: usize = 800;

/// A leaf function with at most this many bytes of frame needs no entry check.
pub const STACK_SMALL: usize = 128;

/// What the context register points to: the part of a P that compiled code and the thunks touch.
///
/// Only the thread that runs the P writes it, but for `stack_limit` (poisoned by a suspender) and
/// `barrier_on` (switched while the world is stopped).
#[repr(C)]
#[derive(Debug, Default)]
pub struct PContext {
    /// Lowest stack pointer an entry check accepts for the current goroutine, or [`STACK_POISON`].
    pub stack_limit: AtomicUsize,
    /// Goroutine stack pointer, stored by a thunk on its way to the system stack.
    pub saved_sp: usize,
    /// Frame pointer of the thunk's own frame: `[saved_fp]` is the caller's frame pointer,
    /// `[saved_fp + 8]` the return address into Go code.
    pub saved_fp: usize,
    /// System stack pointer to switch to: where the scheduler loop entered the goroutine.
    pub g0_sp: usize,
    /// The current goroutine: address of its [`GPrefix`], 0 when none.
    pub g: usize,
    /// Set by a runtime function that does not want to return to the goroutine now (it parked, yielded,
    /// exited): the thunk then returns to the scheduler loop. Only `Blocking` thunks look at it.
    pub leave: usize,
    /// Non-zero while the write barrier is on.
    pub barrier_on: AtomicU32,
    /// So many reasons not to take the goroutine away from this P (`procPin`).
    pub pins: u32,
    /// Per-P table of inline allocation windows, indexed by layout number; owned by the collector.
    pub alloc_windows: usize,
    /// The runtime this P belongs to: opaque to compiled code.
    pub runtime: usize,
    /// Where the write-barrier thunk stores the next pair of pointers, and the end of that buffer; owned by the
    /// collector.
    pub barrier_next: usize,
    /// See `barrier_next`.
    pub barrier_end: usize,
    /// Number of the P.
    pub id: u32,
    /// Non-zero if pinning and unpinning is more than counting: something was put off, or the P is about to go.
    pub pin_slow: u32,
}

/// Offsets into [`PContext`], as immediate operands of compiled code and thunks.
pub mod p_offset {
    use super::{PContext, offset_of};
    /// `stack_limit`
    pub const STACK_LIMIT: i32 = offset_of!(PContext, stack_limit) as i32;
    /// `saved_sp`
    pub const SAVED_SP: i32 = offset_of!(PContext, saved_sp) as i32;
    /// `saved_fp`
    pub const SAVED_FP: i32 = offset_of!(PContext, saved_fp) as i32;
    /// `g0_sp`
    pub const G0_SP: i32 = offset_of!(PContext, g0_sp) as i32;
    /// `g`
    pub const G: i32 = offset_of!(PContext, g) as i32;
    /// `leave`
    pub const LEAVE: i32 = offset_of!(PContext, leave) as i32;
    /// `barrier_on`
    pub const BARRIER_ON: i32 = offset_of!(PContext, barrier_on) as i32;
    /// `pins`
    pub const PINS: i32 = offset_of!(PContext, pins) as i32;
    /// `id`
    pub const ID: i32 = offset_of!(PContext, id) as i32;
    /// `pin_slow`
    pub const PIN_SLOW: i32 = offset_of!(PContext, pin_slow) as i32;
    /// `alloc_windows`
    pub const ALLOC_WINDOWS: i32 = offset_of!(PContext, alloc_windows) as i32;
    /// `barrier_next`
    pub const BARRIER_NEXT: i32 = offset_of!(PContext, barrier_next) as i32;
    /// `barrier_end`
    pub const BARRIER_END: i32 = offset_of!(PContext, barrier_end) as i32;
}

/// Head of a goroutine descriptor. Go code (std/runtime) declares the same fields as `type g struct`.
#[repr(C)]
#[derive(Debug, Default)]
pub struct GPrefix {
    /// `*_defer`, newest first: a root.
    pub defer_head: usize,
    /// `*_panic`, newest first: a root.
    pub panic_head: usize,
    /// One past the highest byte of the stack; frames are named by `stack_hi - fp`, which survives a move.
    pub stack_hi: usize,
    /// Lowest byte of the stack.
    pub stack_lo: usize,
    /// Goroutine number, from 1.
    pub goid: u64,
    /// First result word of a runtime function that left and is resumed later (rax).
    pub ret0: u64,
    /// Second result word (rdx).
    pub ret1: u64,
    /// A root that a runtime function may use while its goroutine waits (for example the closure that a
    /// new goroutine starts with).
    pub param: usize,
    /// The instruction that faulted, if `runtime.panicmem` runs on its behalf, else 0.
    pub fault_pc: usize,
    /// The address it accessed.
    pub fault_addr: usize,
    /// Number of the system call to make.
    pub trap: usize,
    /// Not 0: the next system call may block.
    pub blocking: usize,
    /// What FIPS 140 code keeps for a goroutine: 1 bypassed; from bit 8 on the indicator.
    pub fips: u64,
    /// Not 0: a fault at any address is a panic (`debug.SetPanicOnFault`).
    pub fault_panics: u64,
    /// Labels of `runtime/pprof`: a root.
    pub labels: usize,
    /// How often it waited.
    pub parks: u64,
    /// Number of its bubble (`testing/synctest`); 0 none.
    pub bubble: u64,
    /// Not 0: this goroutine of the runtime's is in a function of the program, a finalizer or a cleanup.
    pub in_user: u64,
}

/// Head of what a func value points to.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Closure {
    /// Entry address of the code; captures follow.
    pub code: usize,
}
