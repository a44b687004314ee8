//! The per-P state of the collector, embedded in every P.
//!
//! It is used through shared references, since the world's stopper visits it while the P's own thread has a
//! reference too; INV-HOST-2 says that only one of them touches it at a time.
//!
//! INV-MUT-1 (short borrows): a reference from [`Mutator::cache`], `grey` or `barrier_buffer` is dropped
//! before any call of the host that may wait, and two for the same part never live at once.

pub mod alloc;
pub mod assist;
pub(crate) mod assist_queue;
pub mod barrier;
pub mod barrier_buffer;
pub mod bulk_barrier;

use crate::mark::work_buffer::Grey;
use barrier_buffer::BarrierBuffer;
use gort_abi::layout::PContext;
use gort_heap::MCache;
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::Ordering;

/// Per-P state.
pub struct Mutator {
    cache: UnsafeCell<MCache>,
    grey: UnsafeCell<Grey>,
    barrier: UnsafeCell<BarrierBuffer>,
    /// Bytes of scanning this P has done in advance; negative is debt.
    pub(crate) assist_credit: Cell<i64>,
    fractional_ns: Cell<u64>,
    owes: Cell<bool>,
    context: *mut PContext,
}

// SAFETY: INV-HOST-2, one user at a time.
unsafe impl Send for Mutator {}
// SAFETY: INV-HOST-2, one user at a time.
unsafe impl Sync for Mutator {}

impl Mutator {
    pub(crate) fn new(context: *mut PContext) -> Self {
        let cache = MCache::default();
        // SAFETY: the caller of `Collector::new_mutator` promised a live context.
        unsafe { (*context).alloc_windows = cache.windows_addr().0 };
        Self {
            cache: UnsafeCell::new(cache),
            grey: UnsafeCell::new(Grey::default()),
            // SAFETY: the caller of `Collector::new_mutator` promised a live context.
            barrier: UnsafeCell::new(unsafe { BarrierBuffer::new(context) }),
            assist_credit: Cell::new(0),
            fractional_ns: Cell::new(0),
            owes: Cell::new(false),
            context,
        }
    }

    #[inline]
    #[allow(clippy::mut_from_ref, reason = "INV-HOST-2 and INV-MUT-1 make the borrow exclusive")]
    pub(crate) fn cache(&self) -> &mut MCache {
        // SAFETY: INV-HOST-2, INV-MUT-1.
        unsafe { &mut *self.cache.get() }
    }

    #[inline]
    #[allow(clippy::mut_from_ref, reason = "INV-HOST-2 and INV-MUT-1 make the borrow exclusive")]
    pub(crate) fn grey(&self) -> &mut Grey {
        // SAFETY: INV-HOST-2, INV-MUT-1.
        unsafe { &mut *self.grey.get() }
    }

    #[inline]
    #[allow(clippy::mut_from_ref, reason = "INV-HOST-2 and INV-MUT-1 make the borrow exclusive")]
    pub(crate) fn barrier_buffer(&self) -> &mut BarrierBuffer {
        // SAFETY: INV-HOST-2, INV-MUT-1.
        unsafe { &mut *self.barrier.get() }
    }

    /// Switches the P's write barrier, for compiled code.
    pub(crate) fn set_barrier(&self, on: bool) {
        // SAFETY: the caller of `Collector::new_mutator` promised a live context.
        let word = unsafe { &(*self.context).barrier_on };
        // Relaxed: pairs with nothing; the world is stopped, and starting it publishes the word.
        word.store(u32::from(on), Ordering::Relaxed);
    }

    /// A cycle's marking begins; the world is stopped.
    pub(crate) fn start_marking(&self) {
        debug_assert!(self.grey().is_empty() && self.barrier_buffer().is_empty(), "INV-GC-4: left-over work");
        self.assist_credit.set(0);
        self.fractional_ns.set(0);
        self.set_barrier(true);
    }

    /// Marking is over; the world is stopped.
    pub(crate) fn end_marking(&self) {
        self.assist_credit.set(0);
        self.owes.set(false);
        self.set_barrier(false);
    }

    /// Nanoseconds of fractional marking in this cycle.
    pub(crate) fn fractional_ns(&self) -> u64 {
        self.fractional_ns.get()
    }

    pub(crate) fn add_fractional_ns(&self, ns: u64) {
        self.fractional_ns.set(self.fractional_ns.get() + ns);
    }

    pub(crate) fn set_owes(&self, owes: bool) {
        self.owes.set(owes);
    }

    /// Did the last allocation leave a debt that its goroutine should wait for (`Collector::settle_debt`)?
    #[inline]
    pub(crate) fn owes(&self) -> bool {
        self.owes.get()
    }
}
