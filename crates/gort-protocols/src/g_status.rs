//! The G status word: who owns a goroutine's stack right now.
//!
//! Go counterpart: `runtime2.go` (`_Gidle` ..), `proc.go` (`casgstatus`, `castogscanstatus`),
//! `preempt.go` (`suspendG`, `resumeG`).
//!
//! # Problem
//!
//! A goroutine's stack is written by the goroutine, read by whoever marks, moved by whoever grows it. No
//! lock is taken: the status word *is* the lock. Mark workers are goroutines too, and must never wait
//! for each other while they want to read each other's stacks.
//!
//! # Protocol
//!
//! ```text
//!  Idle ──publish──▶ Runnable ──execute──▶ Running ──die──▶ Dead ──reuse──▶ Idle
//!                     ▲  ▲  ▲               │ │ ▲ │
//!                     │  │  └───── yield ───┘ │ │ └── copy_stack ⇄ CopyStack
//!                     │ ready                 │ │
//!                     │  │                    │ ├── enter_syscall ⇄ Syscall
//!                     │ Waiting ◀─── park ────┘ └── leave_stack   ⇄ SuspendVisible
//!                     │  ▲
//!                     │  └── (claimed) Preempted ◀── stop_if_requested ── Running
//!                     └── Syscall (exit without a P)
//! ```
//!
//! One that is to be born waiting (a coroutine) goes `Idle ──publish_waiting──▶ Waiting`.
//!
//! `SCAN` may be set over `Runnable`, `Waiting`, `Syscall`, `SuspendVisible` and (becoming `Waiting` by
//! the claim) `Preempted`. While it is set no arrow can be taken: the mover waits. `STOP` may be set over
//! `Running`: a suspender asks it to become `Preempted` at its next safepoint; whatever arrow leaves
//! `Running` clears it. `PINNED` is set over `Waiting` by a goroutine that published addresses of its
//! stack (waiting records), so that the stack can be read but not moved.
//!
//! # Invariants
//!
//! * **INV-G-1 (one owner).** At any instant at most one party may touch the stack: the goroutine (in
//!   `Running`, `CopyStack`), or the holder of the [`ScanGuard`]; in `SuspendVisible` the goroutine's own
//!   code, running on the system stack, may write variables it already holds addresses of only while
//!   they are not roots.
//! * **INV-G-2 (no skipped arrow).** Every store to the word is an arrow of the diagram, or sets or
//!   clears `SCAN` or `STOP`.
//! * **INV-G-3 (bounded hold).** The holder of a [`ScanGuard`] waits for no other goroutine, so the wait
//!   of a mover ends.
//! * **INV-G-4 (pin).** A stack is moved only by the holder of a [`Movable`].
//!
//! # Orderings
//!
//! A transition is `AcqRel`; clearing `SCAN` is `Release` and pairs with the `Acquire` half of the next
//! transition, so stack writes by the scanner (a moved frame) are seen by the goroutine. Setting `SCAN` is
//! `Acquire` and pairs with the `Release` half of the arrow that stopped the goroutine.
//!
//! # Rejected
//!
//! One `cas(old, new)` for every arrow, as Go has: it lets a caller name an arrow that does not exist.
//! A separate "stop wanted" flag: it can outlive the request and stop a goroutine that nobody will resume.

use gort_sync::atomic::{AtomicU32, Ordering, spin_loop, yield_now};
use std::marker::PhantomData;

const SCAN: u32 = 0x1000;
const STOP: u32 = 0x2000;
const PINNED: u32 = 0x4000;
const STATE: u32 = 0xff;

/// What a goroutine is doing, with the bits left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GState {
    /// Being made, or waiting for reuse; has no life yet.
    Idle = 0,
    /// On a run queue; nobody owns the stack.
    Runnable = 1,
    /// Executing; the goroutine owns its stack.
    Running = 2,
    /// In a system call; the stack is frozen until it returns.
    Syscall = 3,
    /// Parked; somebody else holds what will `ready` it.
    Waiting = 4,
    /// Frozen at a known safepoint; its code now runs on the system stack.
    SuspendVisible = 5,
    /// Stopped at a suspender's request; the suspender will make it runnable.
    Preempted = 6,
    /// Its stack is being moved by itself.
    CopyStack = 7,
    /// Exited; the stack may be freed.
    Dead = 8,
}

impl GState {
    fn of(word: u32) -> Self {
        match word & STATE {
            0 => Self::Idle,
            1 => Self::Runnable,
            2 => Self::Running,
            3 => Self::Syscall,
            4 => Self::Waiting,
            5 => Self::SuspendVisible,
            6 => Self::Preempted,
            7 => Self::CopyStack,
            8 => Self::Dead,
            other => panic!("INV-G-2: status word {word:#x}, state {other}"),
        }
    }
}

/// One look at the word, for display only: it may be old already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GView {
    /// The state.
    pub state: GState,
    /// Somebody holds the scan guard.
    pub scan: bool,
    /// A suspender asked it to stop.
    pub stop: bool,
    /// Parked with addresses of its stack published.
    pub pinned: bool,
}

/// Does the goroutine that parks leave addresses of its stack behind (waiting records of channels)?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// No: the stack may be moved while it waits.
    Free,
    /// Yes: read, but do not move.
    Pinned,
}

/// Proof that the caller is itself suspendable (rule R2): its own goroutine, if it has one, is not
/// `Running`, so that whoever wants to suspend *it* need not wait for it.
#[derive(Clone, Copy, Debug)]
pub struct Suspendable<'w>(PhantomData<&'w ()>);

impl Suspendable<'static> {
    /// The calling thread runs no goroutine at all: it is in the scheduler loop, or outside the runtime.
    /// The scheduler checks that; a thread with a goroutine gets the proof from [`OffStack::witness`].
    pub fn without_goroutine() -> Self {
        Self(PhantomData)
    }
}

/// The goroutine is `SuspendVisible` while this lives; made and dropped by code on the system stack.
#[derive(Debug)]
#[must_use]
pub struct OffStack<'g>(&'g GStatus);

impl OffStack<'_> {
    /// The right to suspend others (R2).
    pub fn witness(&self) -> Suspendable<'_> {
        Suspendable(PhantomData)
    }

    /// `SuspendVisible -> Running`; waits while somebody scans.
    pub fn return_to_running(self) {
        drop(self);
    }
}

impl Drop for OffStack<'_> {
    fn drop(&mut self) {
        self.0.arrow(GState::SuspendVisible, GState::Running);
    }
}

/// The goroutine is `CopyStack` while this lives: its own system-stack code moves its stack.
#[derive(Debug)]
#[must_use]
pub struct CopyingStack<'g>(&'g GStatus);

impl CopyingStack<'_> {
    /// The right to move the stack (R4).
    pub fn movable(&self) -> Movable<'_> {
        Movable(PhantomData)
    }
}

impl Drop for CopyingStack<'_> {
    fn drop(&mut self) {
        self.0.arrow(GState::CopyStack, GState::Running);
    }
}

/// Proof that a stack may be moved (R4, INV-G-4).
#[derive(Debug)]
pub struct Movable<'a>(PhantomData<&'a ()>);

/// Outcome of [`GStatus::try_suspend`].
#[derive(Debug)]
#[must_use]
pub enum Claim<'g> {
    /// The stack is ours until the guard is released.
    Claimed(ScanGuard<'g>),
    /// It runs; it has been asked to stop. The caller poisons its stack limit and tries again.
    Running,
    /// Somebody else scans it, or it is between two states: try again.
    Contended,
    /// Nothing to scan.
    Dead,
}

/// What the holder of a [`ScanGuard`] must do after releasing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Resume {
    /// Nothing: it goes on by itself.
    Nothing,
    /// It stopped only for us: make it ready.
    MakeReady,
}

/// Proof that `SCAN` is set by us: the only way to reach a stopped stack (INV-G-1).
#[derive(Debug)]
#[must_use]
pub struct ScanGuard<'g> {
    status: &'g GStatus,
    /// What it was when claimed.
    state: GState,
    pinned: bool,
}

impl ScanGuard<'_> {
    /// The state under the scan bit; a claimed `Preempted` goroutine says so.
    pub fn state(&self) -> GState {
        self.state
    }

    /// The right to move the stack as well, unless somebody may hold addresses into it (R4).
    pub fn movable(&self) -> Option<Movable<'_>> {
        let free = match self.state {
            GState::Runnable | GState::Preempted => true,
            GState::Waiting => !self.pinned,
            _ => false,
        };
        free.then_some(Movable(PhantomData))
    }

    /// Gives the stack back.
    pub fn release(self) -> Resume {
        let resume = if self.state == GState::Preempted { Resume::MakeReady } else { Resume::Nothing };
        self.clear_scan();
        std::mem::forget(self);
        resume
    }

    fn clear_scan(&self) {
        // Release: pairs with the AcqRel in `GStatus::arrow` (INV-G-1).
        let old = self.status.word.fetch_and(!SCAN, Ordering::Release);
        assert!(old & SCAN != 0, "INV-G-1: scan bit cleared by a stranger");
    }
}

impl Drop for ScanGuard<'_> {
    fn drop(&mut self) {
        self.clear_scan();
        // A preempted goroutine would sleep for ever.
        assert!(
            self.state != GState::Preempted || std::thread::panicking(),
            "scan guard of a preempted goroutine dropped, not released"
        );
    }
}

/// The status word of one goroutine. Private word, public arrows.
#[derive(Debug)]
pub struct GStatus {
    word: AtomicU32,
}

impl Default for GStatus {
    fn default() -> Self {
        Self::new()
    }
}

impl GStatus {
    /// `Idle`.
    pub fn new() -> Self {
        Self { word: AtomicU32::new(GState::Idle as u32) }
    }

    /// One look, for display and for decisions that tolerate an old answer.
    pub fn view(&self) -> GView {
        // Relaxed: nothing is read on the strength of it.
        let word = self.word.load(Ordering::Relaxed);
        GView {
            state: GState::of(word),
            scan: word & SCAN != 0,
            stop: word & STOP != 0,
            pinned: word & PINNED != 0,
        }
    }

    /// `Idle -> Waiting`: somebody else will ready it for the first time.
    pub fn publish_waiting(&self) {
        self.arrow(GState::Idle, GState::Waiting);
    }

    /// `Idle -> Runnable`: it is complete and goes on a run queue.
    #[inline]
    pub fn publish(&self) {
        self.arrow(GState::Idle, GState::Runnable);
    }

    /// `Dead -> Idle`: the descriptor gets another life.
    #[inline]
    pub fn reuse(&self) {
        self.arrow(GState::Dead, GState::Idle);
    }

    /// `Runnable -> Running`: a P took it off a run queue.
    #[inline]
    pub fn execute(&self) {
        self.arrow(GState::Runnable, GState::Running);
    }

    /// `Running -> Runnable`: it gives its P away, and goes on a run queue.
    #[inline]
    pub fn yield_now(&self) {
        self.arrow(GState::Running, GState::Runnable);
    }

    /// `Running -> Waiting`: it parks itself; what will wake it is locked or published afterwards.
    #[inline]
    pub fn park(&self, pin: Pin) {
        let bits = if pin == Pin::Pinned { PINNED } else { 0 };
        self.arrow_with(GState::Running, GState::Waiting as u32 | bits);
    }

    /// `Waiting -> Runnable`: the event it waited for happened.
    #[inline]
    pub fn ready(&self) {
        self.arrow(GState::Waiting, GState::Runnable);
    }

    /// `Waiting -> Running`: as [`Self::ready`] and [`Self::execute`] at once, when the parking goroutine
    /// finds that it need not have parked.
    pub fn unpark_self(&self) {
        self.arrow(GState::Waiting, GState::Running);
    }

    /// `Running -> Syscall`.
    pub fn enter_syscall(&self) {
        self.arrow(GState::Running, GState::Syscall);
    }

    /// `Syscall -> Running`: it still has, or again has, a P.
    pub fn exit_syscall(&self) {
        self.arrow(GState::Syscall, GState::Running);
    }

    /// `Syscall -> Runnable`: it lost its P and found no other.
    pub fn exit_syscall_without_p(&self) {
        self.arrow(GState::Syscall, GState::Runnable);
    }

    /// `Running -> Dead`.
    #[inline]
    pub fn die(&self) {
        self.arrow(GState::Running, GState::Dead);
    }

    /// `Running -> SuspendVisible`, by its own code on the system stack, its context saved.
    pub fn leave_stack(&self) -> OffStack<'_> {
        self.arrow(GState::Running, GState::SuspendVisible);
        OffStack(self)
    }

    /// `Running -> CopyStack`, by its own code on the system stack, its context saved.
    pub fn copy_stack(&self) -> CopyingStack<'_> {
        self.arrow(GState::Running, GState::CopyStack);
        CopyingStack(self)
    }

    /// Did a suspender ask this running goroutine to stop? A hint for safepoints.
    #[inline]
    pub fn stop_requested(&self) -> bool {
        // Relaxed: `stop_if_requested` decides.
        self.word.load(Ordering::Relaxed) & STOP != 0
    }

    /// `Running -> Preempted` if a suspender asked for it, at a safepoint, the context saved. True: it is
    /// stopped, on no run queue, and the suspender will make it ready.
    pub fn stop_if_requested(&self) -> bool {
        // Release: pairs with the Acquire in `try_suspend`; whoever runs it next acquires.
        self.word
            .compare_exchange(
                GState::Running as u32 | STOP,
                GState::Preempted as u32,
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Tries to become the owner of the stack; asks a running goroutine to stop. The caller is itself
    /// suspendable (R2), so two callers that want each other never wait for each other.
    pub fn try_suspend(&self, _caller: &Suspendable<'_>) -> Claim<'_> {
        // Relaxed: the compare-exchange below decides.
        let word = self.word.load(Ordering::Relaxed);
        if word & SCAN != 0 {
            return Claim::Contended;
        }
        let state = GState::of(word);
        let new = match state {
            GState::Dead | GState::Idle => return Claim::Dead,
            GState::CopyStack => return Claim::Contended,
            GState::Running if word & STOP != 0 => return Claim::Running,
            GState::Running => {
                // Relaxed: a request carries no data; the goroutine's answer does.
                let asked =
                    self.word.compare_exchange(word, word | STOP, Ordering::Relaxed, Ordering::Relaxed);
                return if asked.is_ok() { Claim::Running } else { Claim::Contended };
            }
            GState::Preempted => GState::Waiting as u32 | SCAN,
            GState::Runnable | GState::Syscall | GState::Waiting | GState::SuspendVisible => word | SCAN,
        };
        // Acquire: pairs with the AcqRel in `arrow` and `stop_if_requested`, so we read what it wrote to
        // its stack before it stopped (INV-G-1).
        match self.word.compare_exchange(word, new, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Claim::Claimed(ScanGuard { status: self, state, pinned: word & PINNED != 0 }),
            Err(_) => Claim::Contended,
        }
    }

    #[inline]
    fn arrow(&self, from: GState, to: GState) {
        self.arrow_with(from, to as u32);
    }

    /// The only writer of states but for claims (INV-G-2). Waits while `SCAN` is set; the wait ends by
    /// INV-G-3, and debug builds bound it (R5). Clears `STOP` and `PINNED`.
    fn arrow_with(&self, from: GState, to: u32) {
        let mut guess = from as u32;
        let mut turns = 0_u32;
        loop {
            // AcqRel: Release pairs with the Acquire in `try_suspend`, Acquire with the Release in
            // `ScanGuard::clear_scan` and with the Release of the arrow before (another thread took it).
            let Err(now) = self.word.compare_exchange(guess, to, Ordering::AcqRel, Ordering::Relaxed) else {
                return;
            };
            assert!(
                now & STATE == from as u32,
                "INV-G-2: {from:?} -> {:?} but the word is {now:#x}",
                GState::of(to)
            );
            guess = now & !SCAN;
            if now & SCAN != 0 {
                turns += 1;
                wait_turn(turns);
            }
        }
    }
}

/// Spins, then yields; a debug build gives up after minutes.
fn wait_turn(turns: u32) {
    if turns < 64 {
        spin_loop();
    } else {
        yield_now();
        debug_assert!(turns < 1 << 28, "INV-G-3: a scan guard is held for ever");
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn outside() -> Suspendable<'static> {
        Suspendable::without_goroutine()
    }

    fn claim(g: &GStatus) -> ScanGuard<'_> {
        match g.try_suspend(&outside()) {
            Claim::Claimed(guard) => guard,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_life() {
        let g = GStatus::new();
        assert!(matches!(g.try_suspend(&outside()), Claim::Dead));
        g.publish();
        g.execute();
        g.park(Pin::Free);
        {
            let guard = claim(&g);
            assert!(matches!(g.try_suspend(&outside()), Claim::Contended));
            assert_eq!(guard.release(), Resume::Nothing);
        }
        g.ready();
        g.execute();
        g.die();
        assert!(matches!(g.try_suspend(&outside()), Claim::Dead));
        g.reuse();
    }

    #[test]
    fn stop_request_is_answered_once() {
        let g = GStatus::new();
        g.publish();
        g.execute();
        assert!(!g.stop_if_requested());
        assert!(matches!(g.try_suspend(&outside()), Claim::Running));
        assert!(g.stop_requested());
        assert!(g.stop_if_requested());
        let guard = claim(&g);
        assert_eq!(guard.state(), GState::Preempted);
        assert!(guard.movable().is_some());
        assert_eq!(guard.release(), Resume::MakeReady);
        g.ready();
        g.execute();
        assert!(!g.stop_if_requested());
    }

    #[test]
    fn leaving_running_forgets_the_request() {
        let g = GStatus::new();
        g.publish();
        g.execute();
        assert!(matches!(g.try_suspend(&outside()), Claim::Running));
        g.park(Pin::Pinned);
        g.ready();
        g.execute();
        assert!(!g.stop_requested());
        assert!(!g.view().pinned);
    }

    #[test]
    fn what_may_be_moved() {
        let g = GStatus::new();
        g.publish();
        assert!(claim(&g).movable().is_some());
        g.execute();
        {
            let off = g.leave_stack();
            let _proof = off.witness();
            assert!(claim(&g).movable().is_none());
        }
        g.park(Pin::Pinned);
        assert!(claim(&g).movable().is_none());
        g.ready();
        g.execute();
        g.park(Pin::Free);
        assert!(claim(&g).movable().is_some());
    }

    #[test]
    #[should_panic(expected = "INV-G-2")]
    fn a_skipped_arrow_is_a_bug() {
        let g = GStatus::new();
        g.execute();
    }
}
