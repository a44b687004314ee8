//! The current M, and through it P, G and the runtime: a thread-local pointer set by the M's loop.
//!
//! A Rust goroutine may continue on another thread after a park: whatever was got from here before is
//! stale then. The accessor is never inlined, so that no compiler keeps the thread-local address.

use crate::g::GRef;
use crate::m::M;
use crate::p::P;
use crate::sched::Sched;
use gort_abi::layout::PContext;
use gort_gc::{Collector, Mutator};
use std::cell::Cell;
use std::ptr;

thread_local! {
    static CURRENT: Cell<*const M> = const { Cell::new(ptr::null()) };
}

/// This thread as seen by the scheduler. Not to be kept over a park.
#[derive(Clone, Copy)]
pub struct Current<'a> {
    m: &'a M,
}

/// The current M, if this thread is one.
#[inline(never)]
pub fn current<'a>() -> Option<Current<'a>> {
    let m = CURRENT.get();
    // SAFETY: INV-SCHED-3.
    unsafe { m.as_ref() }.map(|m| Current { m })
}

/// Sets the current M of this thread for the duration of its loop.
pub(crate) fn set(m: Option<&M>) {
    CURRENT.set(m.map_or(ptr::null(), ptr::from_ref));
}

impl<'a> Current<'a> {
    /// The current M.
    ///
    /// # Panics
    /// If this thread is none of ours.
    pub fn get() -> Self {
        current().expect("INV-SCHED-3: not a thread of the scheduler")
    }

    /// The thread.
    pub fn m(&self) -> &'a M {
        self.m
    }

    /// The processor.
    pub fn p(&self) -> &'a P {
        self.m.p()
    }

    /// The goroutine.
    ///
    /// # Panics
    /// If the thread runs none.
    pub fn g(&self) -> GRef {
        self.m.g().expect("INV-SCHED-3: no current goroutine")
    }

    /// The goroutine, if the thread runs one.
    pub fn try_g(&self) -> Option<GRef> {
        self.m.g()
    }

    /// The scheduler.
    pub fn sched(&self) -> &'a Sched {
        self.m.sched()
    }

    /// The collector's per-P state.
    pub fn mutator(&self) -> &'a Mutator {
        self.m.p().mutator()
    }

    /// The collector.
    pub fn collector(&self) -> &'a Collector {
        self.m.sched().collector()
    }

    /// What the context register points to.
    pub fn context(&self) -> *mut PContext {
        self.m.p().context()
    }

    /// What `PContext::runtime` holds.
    pub fn runtime(&self) -> usize {
        // SAFETY: INV-P-1, our P.
        unsafe { (*self.context()).runtime }
    }
}
