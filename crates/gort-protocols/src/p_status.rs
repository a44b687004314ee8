//! The P status word: who may use a P.
//!
//! Go counterpart: `runtime2.go` (`_Pidle` ..), `proc.go` (`retake`, `handoffp`, `entersyscall`).
//!
//! # Protocol
//!
//! ```text
//!          acquire               enter_syscall
//!   Idle ──────────▶ Running ──────────────────▶ Syscall
//!    ▲ ▲                │  ▲                     │ │ │
//!    │ └─── release ────┘  └── try_exit_syscall ─┘ │ │
//!    │                  │                          │ │
//!    │             stop │    try_retake (sysmon) ──┘ │
//!    │                  ▼                            │
//!    └── restart ──── Stopped ◀── try_stop_syscall ──┘      Stopped ─ retire ⇄ revive ─ Dead
//! ```
//!
//! # Invariants
//!
//! * **INV-P-1 (one user).** The per-P state is touched only by the thread that made the P `Running`, or,
//!   while it is `Stopped`, by the one that stopped the world.
//! * **INV-P-2 (one winner).** A P in a system call is got back by exactly one of: the returning thread,
//!   sysmon, the stopper.
//!
//! # Orderings
//!
//! All arrows are `AcqRel`: each hands the per-P state to the taker of the next arrow.

use gort_sync::atomic::{AtomicU32, Ordering};

/// What a P is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PState {
    /// On the idle list.
    Idle = 0,
    /// Held by a thread that runs goroutines or looks for one.
    Running = 1,
    /// Its thread is in a system call; anybody may take it back.
    Syscall = 2,
    /// Held by whoever stopped the world.
    Stopped = 3,
    /// Not in use: GOMAXPROCS is smaller.
    Dead = 4,
}

/// The status word of one P.
#[derive(Debug)]
pub struct PStatus {
    word: AtomicU32,
}

impl Default for PStatus {
    fn default() -> Self {
        Self::new()
    }
}

impl PStatus {
    /// `Stopped`: whoever makes it holds it.
    pub fn new() -> Self {
        Self { word: AtomicU32::new(PState::Stopped as u32) }
    }

    /// One look; it may be old already.
    pub fn state(&self) -> PState {
        // Relaxed: a look; the right to the per-P state comes from an arrow only.
        match self.word.load(Ordering::Relaxed) {
            0 => PState::Idle,
            1 => PState::Running,
            2 => PState::Syscall,
            3 => PState::Stopped,
            _ => PState::Dead,
        }
    }

    /// `Idle -> Running`, by who took it off the idle list.
    pub fn acquire(&self) {
        self.arrow(PState::Idle, PState::Running);
    }

    /// `Running -> Idle`, before it goes on the idle list.
    pub fn release(&self) {
        self.arrow(PState::Running, PState::Idle);
    }

    /// `Running -> Syscall`.
    pub fn enter_syscall(&self) {
        self.arrow(PState::Running, PState::Syscall);
    }

    /// `Syscall -> Running`, unless somebody else took it (INV-P-2).
    #[must_use]
    pub fn try_exit_syscall(&self) -> bool {
        self.try_arrow(PState::Syscall, PState::Running)
    }

    /// `Syscall -> Idle`: taken from a thread that stays away too long (INV-P-2).
    #[must_use]
    pub fn try_retake(&self) -> bool {
        self.try_arrow(PState::Syscall, PState::Idle)
    }

    /// `Syscall -> Stopped` (INV-P-2).
    #[must_use]
    pub fn try_stop_syscall(&self) -> bool {
        self.try_arrow(PState::Syscall, PState::Stopped)
    }

    /// `Running -> Stopped`, by its own thread at a safepoint.
    pub fn stop(&self) {
        self.arrow(PState::Running, PState::Stopped);
    }

    /// `Idle -> Stopped`, by the stopper, with the idle list locked.
    pub fn stop_idle(&self) {
        self.arrow(PState::Idle, PState::Stopped);
    }

    /// `Stopped -> Idle`: the world starts.
    pub fn restart(&self) {
        self.arrow(PState::Stopped, PState::Idle);
    }

    /// `Stopped -> Running`: the stopper goes on with it.
    pub fn resume(&self) {
        self.arrow(PState::Stopped, PState::Running);
    }

    /// `Stopped -> Dead`: GOMAXPROCS shrinks.
    pub fn retire(&self) {
        self.arrow(PState::Stopped, PState::Dead);
    }

    /// `Dead -> Stopped`: GOMAXPROCS grows.
    pub fn revive(&self) {
        self.arrow(PState::Dead, PState::Stopped);
    }

    fn try_arrow(&self, from: PState, to: PState) -> bool {
        // AcqRel: pairs with itself, see the header.
        self.word.compare_exchange(from as u32, to as u32, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    fn arrow(&self, from: PState, to: PState) {
        assert!(self.try_arrow(from, to), "INV-P-1: {from:?} -> {to:?} but it is {:?}", self.state());
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn system_call_has_one_winner() {
        let p = PStatus::new();
        p.restart();
        p.acquire();
        p.enter_syscall();
        assert!(p.try_retake());
        assert!(!p.try_exit_syscall());
        assert!(!p.try_stop_syscall());
        p.stop_idle();
        p.retire();
        p.revive();
        p.resume();
        assert_eq!(p.state(), PState::Running);
    }
}
