//! Goroutine stacks as memory, as control flow, as roots.
//!
//! * [`alloc`]: where stacks come from. * [`context`]: the first frame of a goroutine.
//! * [`arch`]: switching between a goroutine's stack and the system stack, and the thunks by which Go code
//!   calls the runtime. * [`func_table`]: what is known about a program counter. * [`walk`]: the frames of
//!   a stopped goroutine and the roots in them. * [`grow`]: moving a stack that became too small.
//! * [`guard`]: the stack limit.
//!
//! # What a stopped goroutine looks like
//!
//! Its whole state is a stack pointer and, for the walker, a frame pointer:
//!
//! ```text
//!   hi ─▶ ┌──────────────────────────────┐
//!         │ start frame, Go frames ...   │
//!         │ return pc into the Go code   │ fp + 8
//!   fp ─▶ │ caller's rbp                 │
//!         │ (saved argument registers,   │   only if stopped in the MoreStack or PreserveAll thunk
//!         │  inner return pc, rbp)       │
//!         │ rbx r12 r13 r14              │
//!   sp ─▶ └──────────────────────────────┘   what `enter` pops: r14 r13 r12 rbx rbp, then `ret`
//! ```
//!
//! INV-STACK-1 (frame chain): every Go frame keeps the caller's frame pointer at `[rbp]` and the return
//! address at `[rbp + 8]`; the chain ends at a frame pointer of 0.
//! INV-STACK-2 (whole context): a goroutine that is not running can be resumed from its `sp` alone.
//! INV-STACK-3 (own range): goroutine stacks lie in one reserved address range that holds nothing else.
//! INV-STACK-4 (no way in): only the stack itself, and the records of a parked goroutine, hold addresses
//! of places in a goroutine stack; everything else names a frame by its distance from the stack's top.

pub mod alloc;
pub mod arch;
pub mod context;
pub mod func_table;
pub mod grow;
pub mod guard;
pub mod shrink;
pub mod walk;

#[cfg(test)]
mod tests;
