//! The scheduler: goroutines (G) on threads (M), each of which needs a processor (P) to run one.
//!
//! Go counterpart: `proc.go`, as rooms.
//!
//! # Problem
//!
//! Many goroutines, few threads. A thread that has nothing to do must sleep, yet no goroutine may wait
//! while a CPU is free; and every goroutine must be stoppable soon, for the collector.
//!
//! # Map
//!
//! * The nouns: [`g`], [`m`], [`p`]; [`sched`] holds them all. [`all_gs`]: every goroutine ever made.
//! * A goroutine's life: [`spawn`], [`park`] (and ready), [`exit`]; in Rust: [`native`].
//! * A thread's life: [`schedule`] (one turn), [`find_runnable`], [`m_park`] (start, sleep, wake), [`idle_ps`].
//! * Stopping: [`preempt`] (requests and safepoints), [`stop_world`], [`ragged`], [`suspend`], [`procs`].
//! * Waiting for words: [`sema`], [`notify_list`].
//! * Leaving Go for a while: [`syscall`].
//! * The collector: [`host_impl`] (what it asks of us), [`gc_worker`] (what we run for it), [`due_calls`] (finalizers),
//!   [`stopped_call`] (pools).
//! * Waiting for time and descriptors: [`time`], [`net`].
//! * Two goroutines that take turns: [`coro`].
//! * Staying on a thread: [`locked`]. How many Ps: [`procs`], [`max_procs`].
//! * Watching: [`sysmon`], [`deadlock`], [`dump`], [`sched_trace`].
//! * For the crates above: [`current`], [`Sched`].
//!
//! # How a thread is woken
//!
//! Whoever makes a goroutine runnable wakes at most one thread, and only if a P is idle and nobody is
//! searching already ([`gort_protocols::spinning`]); a searcher that finds work wakes the next. Three ways
//! were rejected, as in Go: one central scheduler state (does not scale), waking a thread for each
//! goroutine (thrashes), handing the P over at each wake-up (destroys locality).
//!
//! # Invariants
//!
//! * **INV-SCHED-1 (descriptors stay).** G, M and P are freed only with their [`Sched`], after its threads
//!   have ended; so a reference to one is valid for as long as the scheduler.
//! * **INV-SCHED-2 (an M's own fields).** The fields of an M are touched by its own thread, or, while it is
//!   on the idle list or not started, by whoever holds the list's lock.
//! * **INV-SCHED-3 (current).** The thread-local pointer names the M of this thread while its loop runs; the
//!   M has a P whenever a goroutine of it runs.
//! * **INV-P-1**, **INV-G-1**: see [`gort_protocols`].

pub mod all_gs;
pub mod bubble;
pub mod coro;
pub mod current;
pub mod deadlock;
pub mod due_calls;
pub mod dump;
pub mod exit;
pub mod find_runnable;
pub mod g;
pub mod gc_worker;
pub mod host_impl;
pub mod idle_ps;
pub mod leave;
pub mod locked;
pub mod m;
pub mod m_park;
pub mod max_procs;
pub mod native;
pub mod net;
pub mod notify_list;
pub mod p;
pub mod park;
pub mod preempt;
pub mod procs;
pub mod ragged;
pub mod sched;
pub mod sched_trace;
pub mod schedule;
pub mod sema;
pub mod spawn;
pub(crate) mod stack_cache;
pub mod stop_world;
pub mod stopped_call;
pub mod suspend;
pub mod syscall;
pub mod sysmon;
pub mod time;
pub mod wait_reason;

pub use current::{Current, current};
pub use due_calls::DueCalls;
pub use g::{G, GRef};
pub use gort_protocols::g_status::Pin;
pub use native::{
    blocking_native, call_go, park_native, ready_from_anywhere, sleep_native, system_stack, yield_native,
};
pub use sched::{Config, Hooks, Sched};
pub use spawn::SpawnInfo;
pub use wait_reason::WaitReason;

#[cfg(test)]
mod tests;
