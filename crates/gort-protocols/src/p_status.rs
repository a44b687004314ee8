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
//! * **INV-P-3 (same call).** A system call is named by its [`Token`]: the word counts them, so that nobody
//!   takes the P out of a later call than the one he saw, and a thread that comes back late does not get a P
//!   that somebody else has meanwhile taken into another call.
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

/// One stay of a P in a system call (INV-P-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u32);

const STATE: u32 = 0xff;
/// Counts system calls in the bits above the state.
const CALL: u32 = 0x100;

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
        match self.word.load(Ordering::Relaxed) & STATE {
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

    /// `Running -> Syscall`, by the user of the P.
    #[must_use]
    pub fn enter_syscall(&self) -> Token {
        // Relaxed: only the user of the P changes the word now.
        let word = self.word.load(Ordering::Relaxed);
        assert_eq!(word & STATE, PState::Running as u32, "INV-P-1: a system call without a P");
        let new = (word & !STATE).wrapping_add(CALL) | PState::Syscall as u32;
        // Release: pairs with the AcqRel of whoever takes it; an arrow from `Running` has no rival.
        self.word.store(new, Ordering::Release);
        Token(new)
    }

    /// The system call it is in, if it is in one.
    pub fn syscall_token(&self) -> Option<Token> {
        // Relaxed: a look; taking it decides.
        let word = self.word.load(Ordering::Relaxed);
        (word & STATE == PState::Syscall as u32).then_some(Token(word))
    }

    /// System calls so far, for display.
    pub fn calls(&self) -> u32 {
        // Relaxed: for display.
        self.word.load(Ordering::Relaxed) / CALL
    }

    /// `Syscall -> Running`, unless somebody else took it (INV-P-2).
    #[must_use]
    pub fn try_exit_syscall(&self, call: Token) -> bool {
        self.end_call(call, PState::Running)
    }

    /// `Syscall -> Idle`: taken from a thread that stays away too long (INV-P-2).
    #[must_use]
    pub fn try_retake(&self, call: Token) -> bool {
        self.end_call(call, PState::Idle)
    }

    /// `Syscall -> Stopped` (INV-P-2).
    #[must_use]
    pub fn try_stop_syscall(&self, call: Token) -> bool {
        self.end_call(call, PState::Stopped)
    }

    fn end_call(&self, call: Token, to: PState) -> bool {
        let new = (call.0 & !STATE) | to as u32;
        // AcqRel: pairs with itself and the Release in `enter_syscall`.
        self.word.compare_exchange(call.0, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
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
        // Relaxed: the exchange decides.
        let word = self.word.load(Ordering::Relaxed);
        if word & STATE != from as u32 {
            return false;
        }
        let new = (word & !STATE) | to as u32;
        // AcqRel: pairs with itself, see the header.
        self.word.compare_exchange(word, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    fn arrow(&self, from: PState, to: PState) {
        assert!(self.try_arrow(from, to), "INV-P-1: {from:?} -> {to:?} but it is {:?}", self.state());
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn system_call_has_one_winner() {
        let p = PStatus::new();
        p.restart();
        p.acquire();
        let call = p.enter_syscall();
        assert_eq!(p.syscall_token(), Some(call));
        assert!(p.try_retake(call));
        assert!(!p.try_exit_syscall(call));
        assert!(!p.try_stop_syscall(call));
        p.acquire();
        let next = p.enter_syscall();
        assert!(!p.try_exit_syscall(call));
        assert!(p.try_exit_syscall(next));
        p.release();
        p.stop_idle();
        p.retire();
        p.revive();
        p.resume();
        assert_eq!(p.state(), PState::Running);
    }
}
