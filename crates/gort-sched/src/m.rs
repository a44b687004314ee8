//! M: an operating system thread that runs goroutines.

use crate::g::GRef;
use crate::p::P;
use crate::sched::Sched;
use gort_abi::addr::Addr;
use gort_protocols::g_status::Pin;
use gort_sync::Note;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering};

/// Decides, after the goroutine is `Waiting`, whether it really waits; releases the lock that kept wakers out.
pub(crate) type Commit = Box<dyn FnOnce() -> bool>;

/// A thread descriptor (INV-SCHED-2).
pub struct M {
    /// Its number.
    pub id: u32,
    sched: *const Sched,
    p: AtomicPtr<P>,
    g: AtomicUsize,
    /// It sleeps here when idle.
    pub(crate) note: Note,
    /// The P to go on with, set by who wakes it.
    pub(crate) next_p: Cell<*const P>,
    /// Goes on searching, set by who wakes it.
    pub(crate) next_searching: Cell<bool>,
    /// Counted in [`gort_protocols::spinning::Spinning`].
    pub(crate) searching: Cell<bool>,
    /// Code of a Rust goroutine runs on this thread's system stack.
    pub(crate) on_system_stack: Cell<bool>,
    /// Holds a scan guard (rules R3, R6).
    pub(crate) scanning: Cell<bool>,
    pub(crate) commit: Cell<Option<(Pin, Commit)>>,
    signal_mask: Cell<u64>,
    /// Lowest address of its thread's stack, the system stack; below it lies the guard page.
    stack_lo: Cell<Addr>,
    /// Its thread's CPU clock, plus one; 0 before the thread runs.
    cpu_clock: AtomicI64,
    /// The goroutine that stays on it, and how often that was asked for.
    pub(crate) locked_g: Cell<Option<GRef>>,
    pub(crate) locks: Cell<u32>,
    /// It has its P and goes on with `locked_g`.
    pub(crate) run_own: Cell<bool>,
    /// It sleeps until somebody brings a P; under the lists' lock.
    pub(crate) waits_for_own: Cell<bool>,
    /// It ends at the next turn.
    pub(crate) doomed: Cell<bool>,
    rng: Cell<u64>,
}

// SAFETY: INV-SCHED-2.
unsafe impl Sync for M {}
// SAFETY: INV-SCHED-2.
unsafe impl Send for M {}

/// Is the address in the guard page below a stack that begins at `lo`? Frames are probed page by page: none leaps over it.
pub(crate) fn beyond(lo: Addr, at: Addr) -> bool {
    !lo.is_null() && lo.0.wrapping_sub(at.0).wrapping_sub(1) < gort_sys::mem::PAGE
}

impl M {
    pub(crate) fn new(id: u32, sched: *const Sched) -> Self {
        Self {
            id,
            sched,
            p: AtomicPtr::new(ptr::null_mut()),
            g: AtomicUsize::new(0),
            note: Note::new(),
            next_p: Cell::new(ptr::null()),
            next_searching: Cell::new(false),
            searching: Cell::new(false),
            on_system_stack: Cell::new(false),
            scanning: Cell::new(false),
            commit: Cell::new(None),
            signal_mask: Cell::new(0),
            stack_lo: Cell::new(Addr::NULL),
            cpu_clock: AtomicI64::new(0),
            locked_g: Cell::new(None),
            locks: Cell::new(0),
            run_own: Cell::new(false),
            waits_for_own: Cell::new(false),
            doomed: Cell::new(false),
            rng: Cell::new(gort_sys::cpu::random_seed() | 1),
        }
    }

    /// The scheduler it belongs to.
    pub fn sched(&self) -> &Sched {
        // SAFETY: INV-SCHED-1: the scheduler ends its threads before it goes.
        unsafe { &*self.sched }
    }

    /// Called by its thread when that begins.
    pub(crate) fn set_stack(&self) {
        self.stack_lo.set(gort_sys::thread::stack_bounds().0);
    }

    /// Is an access of this thread at the address one beyond the end of its system stack?
    pub fn has_overflowed(&self, at: Addr) -> bool {
        beyond(self.stack_lo.get(), at)
    }

    /// Its P, if it has one.
    pub fn try_p(&self) -> Option<&P> {
        // Relaxed: written by this thread; others only display it.
        let p = self.p.load(Ordering::Relaxed);
        // SAFETY: INV-SCHED-1.
        unsafe { p.as_ref() }
    }

    /// Its P.
    ///
    /// # Panics
    /// If it has none: INV-SCHED-3.
    pub fn p(&self) -> &P {
        self.try_p().expect("INV-SCHED-3: a thread without a P")
    }

    pub(crate) fn set_p(&self, p: Option<&P>) {
        let at = p.map_or(ptr::null_mut(), |p| ptr::from_ref(p).cast_mut());
        // Relaxed: see `try_p`.
        self.p.store(at, Ordering::Relaxed);
        if let Some(p) = p {
            p.set_m(self.id);
        }
    }

    /// Does the scheduler's own code run on it, or that of a Rust goroutine on the system stack?
    pub fn in_loop(&self) -> bool {
        self.on_system_stack.get()
    }

    /// The goroutine it runs.
    pub fn g(&self) -> Option<GRef> {
        // Relaxed: written by this thread; others only display it.
        let g = self.g.load(Ordering::Relaxed);
        (g != 0).then(|| GRef::of_handle(g as u64))
    }

    pub(crate) fn set_g(&self, g: Option<GRef>) {
        // Relaxed: see `g`.
        self.g.store(g.map_or(0, GRef::addr), Ordering::Relaxed);
    }

    /// Called by its thread, at the start.
    pub(crate) fn set_cpu_clock(&self) {
        // Relaxed: a number that others use or not.
        self.cpu_clock
            .store(gort_sys::clock::own_cpu_clock().map_or(0, |c| i64::from(c) + 1), Ordering::Relaxed);
    }

    /// The CPU clock of its thread.
    pub(crate) fn cpu_clock(&self) -> Option<i32> {
        // Relaxed: as above.
        match self.cpu_clock.load(Ordering::Relaxed) {
            0 => None,
            clock => i32::try_from(clock - 1).ok(),
        }
    }

    /// Remembers the thread's signal mask over a fork.
    pub fn save_signal_mask(&self, mask: u64) {
        self.signal_mask.set(mask);
    }

    /// What [`Self::save_signal_mask`] stored.
    pub fn saved_signal_mask(&self) -> u64 {
        self.signal_mask.get()
    }

    /// A random number, good enough to choose a victim.
    pub fn random(&self) -> u64 {
        let mut x = self.rng.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.rng.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}
