//! Queues of waiting goroutines, first in first out.
//!
//! A [`Sudog`] is one goroutine waiting on one channel. It lives outside the collected heap: that of a plain send or
//! receive in the goroutine's descriptor; those of a select are allocated, and belong to the selecting goroutine, which takes
//! the losers out itself (`selectdone`).
//!
//! INV-SUDOG-1 (linked under the lock): links are read and written only under the lock of the channel.

use gort_abi::addr::Addr;
use gort_sched::GRef;
use std::ptr;

/// A waiting goroutine.
#[derive(Debug)]
pub struct Sudog {
    /// Who waits.
    pub g: GRef,
    /// The element to send, or where to store the received one (null: nowhere).
    pub elem: Addr,
    /// For a select: which case, and the channel.
    pub select: Option<SelectCase>,
    next: *mut Sudog,
    prev: *mut Sudog,
    queued: bool,
}

/// What a record of a select knows besides.
#[derive(Clone, Copy, Debug)]
pub struct SelectCase {
    /// Its channel.
    pub chan: super::ChanRef,
    /// The next record of the same select.
    pub next_case: *mut Sudog,
    /// Index of the case.
    pub index: u32,
    /// Is it a send?
    pub is_send: bool,
}

/// A queue.
#[derive(Debug)]
#[repr(C)]
pub struct WaitQueue {
    first: *mut Sudog,
    last: *mut Sudog,
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self { first: ptr::null_mut(), last: ptr::null_mut() }
    }
}

impl Sudog {
    fn fresh(g: GRef, elem: Addr, select: Option<SelectCase>) -> Self {
        Self { g, elem, select, next: ptr::null_mut(), prev: ptr::null_mut(), queued: false }
    }

    /// The record of the current goroutine, for a plain operation.
    pub fn of(g: GRef, elem: Addr) -> *mut Self {
        const { assert!(size_of::<Self>() <= size_of::<[usize; 8]>()) };
        let at = g.wait_slot().cast::<Self>();
        // SAFETY: the current goroutine's own words, which it uses for one thing at a time.
        unsafe { at.write(Self::fresh(g, elem, None)) };
        at
    }

    /// A record of a select.
    pub fn new(g: GRef, elem: Addr, select: SelectCase) -> *mut Self {
        Box::into_raw(Box::new(Self::fresh(g, elem, Some(select))))
    }

    /// Frees a record.
    ///
    /// # Safety
    /// It came from `new`, is in no queue and is not used again.
    pub unsafe fn free(this: *mut Self) {
        // SAFETY: the caller's contract.
        drop(unsafe { Box::from_raw(this) });
    }
}

impl WaitQueue {
    /// Appends a record.
    ///
    /// # Safety
    /// The channel is locked; the record is alive and in no queue.
    pub unsafe fn enqueue(&mut self, sudog: *mut Sudog) {
        // SAFETY: the caller's contract.
        let record = unsafe { &mut *sudog };
        record.prev = self.last;
        record.next = ptr::null_mut();
        record.queued = true;
        if self.last.is_null() {
            self.first = sudog;
        } else {
            // SAFETY: queued records are alive (INV-SUDOG-1).
            unsafe { (*self.last).next = sudog };
        }
        self.last = sudog;
    }

    /// Takes a record out, if it is in.
    ///
    /// # Safety
    /// The channel is locked; the record is alive and is in this queue or in none.
    pub unsafe fn remove(&mut self, sudog: *mut Sudog) {
        // SAFETY: the caller's contract.
        let record = unsafe { &mut *sudog };
        if !record.queued {
            return;
        }
        record.queued = false;
        if record.prev.is_null() {
            self.first = record.next;
        } else {
            // SAFETY: queued records are alive (INV-SUDOG-1).
            unsafe { (*record.prev).next = record.next };
        }
        if record.next.is_null() {
            self.last = record.prev;
        } else {
            // SAFETY: as above.
            unsafe { (*record.next).prev = record.prev };
        }
    }

    /// Takes out the oldest goroutine that still waits. A select waits on several channels: whoever sets
    /// its flag first wins it, and records that lost are skipped.
    ///
    /// # Safety
    /// The channel is locked.
    pub unsafe fn dequeue(&mut self) -> Option<Winner> {
        loop {
            let sudog = self.first;
            if sudog.is_null() {
                return None;
            }
            // SAFETY: it is queued here.
            unsafe { self.remove(sudog) };
            // SAFETY: alive: its goroutine waits; a select that lost this one goes on only after we unlock.
            let record = unsafe { &*sudog };
            if record.select.is_none() || record.g.select.claim() {
                return Some(Winner(sudog));
            }
        }
    }

    /// Nobody there?
    pub fn is_empty(&self) -> bool {
        self.first.is_null()
    }
}

/// A record taken out by [`WaitQueue::dequeue`]: its goroutine is ours to complete.
#[derive(Debug)]
#[must_use]
pub struct Winner(*mut Sudog);

impl Winner {
    /// Address of its element.
    pub fn elem(&self) -> Addr {
        // SAFETY: alive until `complete`.
        unsafe { (*self.0).elem }
    }

    /// Sets the results of the goroutine's call and returns it, to be made ready. `plain` is the result of a plain operation,
    /// `select` the status of a select.
    pub fn complete(self, plain: u64, select: u64) -> GRef {
        let sudog = self.0;
        // SAFETY: alive until its goroutine runs.
        let record = unsafe { &*sudog };
        let g = record.g;
        let case = record.select;
        let (ret0, ret1) = match case {
            Some(case) => (case.index as u64, select | super::status::SELECT_WAITED),
            None => (plain, 0),
        };
        // INV-CHAN-3: the goroutine is parked and its result words are ours to set.
        g.set_results(ret0, ret1);
        g
    }
}
