//! The phase of the collector, and the steps of a cycle.
//!
//! ```text
//!   Off ──mark_setup──▶ Mark ──mark_termination──▶ Off (sweeping)
//! ```
//!
//! The phase changes only with the world stopped (INV-GC-5), so a thread that holds a P sees one phase
//! between two safepoints.

mod mark_done;
mod mark_setup;
mod mark_termination;
mod sweep_start;
pub mod trigger;

use gort_protocols::mark_termination::MarkTermination;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// What the collector is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not marking; sweeping, if anything is left to sweep.
    Off,
    /// Marking; the barrier is on and objects are born marked.
    Mark,
}

/// Where the collector is in its cycle.
#[derive(Debug, Default)]
pub(crate) struct CycleState {
    phase: AtomicU8,
    /// Cycles completed (marking over).
    completed: AtomicU64,
    /// Somebody is starting a cycle.
    starting: AtomicBool,
    /// Drains, and who finds out whether marking is done.
    pub termination: MarkTermination,
}

impl CycleState {
    #[inline]
    pub fn phase(&self) -> Phase {
        // Acquire: pairs with the Release in `set_phase`, for threads without a P; others are ordered by
        // the stop of the world.
        if self.phase.load(Ordering::Acquire) == Phase::Mark as u8 { Phase::Mark } else { Phase::Off }
    }

    #[inline]
    pub fn is_marking(&self) -> bool {
        self.phase() == Phase::Mark
    }

    fn set_phase(&self, phase: Phase) {
        // Release: pairs with the Acquire in `phase`.
        self.phase.store(phase as u8, Ordering::Release);
    }

    pub fn completed(&self) -> u64 {
        self.completed.load(Ordering::SeqCst)
    }

    fn complete(&self) {
        self.completed.fetch_add(1, Ordering::SeqCst);
    }

    fn try_start(&self) -> bool {
        !self.starting.swap(true, Ordering::SeqCst)
    }

    fn end_start(&self) {
        self.starting.store(false, Ordering::SeqCst);
    }
}
