//! The queue of a P: what is to happen when.
//!
//! **INV-TIMEQ-1 (earliest known).** `next` is the time of the first entry, changed under the lock; others read it
//! without.

use super::timer::TimerRef;
use crate::current::Current;
use crate::g::GRef;
use crate::p::P;
use crate::sched::Sched;
use gort_abi::addr::Addr;
use gort_protocols::sleeper::Wake;
use gort_sync::{LockRank, Mutex};
use gort_sys::clock;
use std::cmp::Ordering as Order;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicI64, AtomicIsize, Ordering};

/// No entry.
pub(crate) const NEVER: i64 = i64::MAX;
/// A queue with more void entries than this, and more void than valid ones, is cleaned.
const VOID_MIN: isize = 64;

/// What an entry is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A goroutine sleeps.
    Sleep(GRef),
    /// A timer of package time, if it still has that generation.
    Timer(TimerRef, u64),
    /// The deadline for reading or writing of a descriptor, if it still has that number.
    Deadline { desc: u32, write: bool, number: u64 },
}

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub when: i64,
    /// Decides among those for the same time.
    pub tie: u32,
    pub what: What,
}

impl Entry {
    pub fn new(when: i64, what: What) -> Self {
        Self { when, tie: 0, what }
    }

    fn is_void(&self) -> bool {
        matches!(self.what, What::Timer(timer, generation) if timer.is_void(generation))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Order {
        // The heap gives the greatest first.
        (other.when, other.tie).cmp(&(self.when, self.tie))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

/// See the file's head.
pub(crate) struct TimeQueue {
    heap: Mutex<BinaryHeap<Entry>>,
    next: AtomicI64,
    void: AtomicIsize,
}

impl TimeQueue {
    pub fn new() -> Self {
        Self {
            heap: Mutex::new(LockRank::TimeQueue, BinaryHeap::new()),
            next: AtomicI64::new(NEVER),
            void: AtomicIsize::new(0),
        }
    }

    /// When the first entry is due; may be void.
    pub fn next(&self) -> i64 {
        // Relaxed: who needs it exactly goes through fences ([`gort_protocols::sleeper`]).
        self.next.load(Ordering::Relaxed)
    }

    /// INV-TIMEQ-1; with the lock held.
    fn set_next(&self, heap: &BinaryHeap<Entry>) {
        // Relaxed: as above.
        self.next.store(heap.peek().map_or(NEVER, |e| e.when), Ordering::Relaxed);
    }

    /// True if it is the first now.
    pub fn push(&self, entry: Entry) -> bool {
        let mut heap = self.heap.lock();
        // Relaxed: a heuristic.
        let void = self.void.load(Ordering::Relaxed);
        if void > VOID_MIN && void as usize * 2 > heap.len() {
            heap.retain(|e| !e.is_void());
            // Relaxed: as above.
            self.void.store(0, Ordering::Relaxed);
        }
        heap.push(entry);
        let first = heap.peek() == Some(&entry);
        self.set_next(&heap);
        first
    }

    /// Entries, void ones too.
    pub fn len(&self) -> usize {
        self.heap.lock().len()
    }

    /// An entry has become void.
    pub fn one_is_void(&self) {
        // Relaxed: a heuristic.
        self.void.fetch_add(1, Ordering::Relaxed);
    }

    /// As [`Self::next`], void entries at the front dropped.
    pub fn valid_next(&self) -> i64 {
        if self.next() == NEVER {
            return NEVER;
        }
        let mut heap = self.heap.lock();
        while heap.peek().is_some_and(Entry::is_void) {
            heap.pop();
        }
        self.set_next(&heap);
        self.next()
    }

    /// Takes the first entry that is due and not void.
    pub fn pop_due(&self, now: i64) -> Option<Entry> {
        if self.valid_next() > now {
            return None;
        }
        let mut heap = self.heap.lock();
        let entry = heap.pop();
        self.set_next(&heap);
        entry
    }

    /// All entries, for a P that goes out of use.
    pub fn take_all(&self) -> Vec<Entry> {
        let mut heap = self.heap.lock();
        let all = std::mem::take(&mut *heap).into_vec();
        self.set_next(&heap);
        all
    }

    /// The timers in it, for the collector.
    pub fn each_timer(&self, mut visit: impl FnMut(TimerRef)) {
        for entry in self.heap.lock().iter() {
            if let What::Timer(timer, _) = entry.what {
                visit(timer);
            }
        }
    }
}

impl Sched {
    /// Puts an entry into the P's queue; the caller uses the P.
    pub(crate) fn add_entry(&self, p: &P, entry: Entry) {
        if let What::Timer(timer, _) = entry.what
            && self.collector().barrier_on()
        {
            // The queue's roots may have been marked already.
            self.collector().shade(p.mutator(), Addr(timer.0));
        }
        if p.times.push(entry) {
            match self.poller.sleeper.added(entry.when) {
                Wake::Nobody => {}
                Wake::Sleeper => self.poller.wake(),
                Wake::AnyThread => self.wake_p(),
            }
        }
    }

    /// When the first entry of all is due. Exact: void entries do not count.
    pub(crate) fn earliest(&self) -> i64 {
        let mut first = NEVER;
        self.each_p(|p| first = first.min(p.times.valid_next()));
        first
    }

    /// Does what is due in the queue of `of`, which may be another P; `p` is the caller's.
    pub(crate) fn run_due(&self, p: &P, of: &P) {
        let now = match of.times.next() {
            NEVER => return,
            next => {
                let now = clock::nanotime();
                if next > now {
                    return;
                }
                now
            }
        };
        let mut sleepers = Vec::new();
        let mut deadlines = Vec::new();
        let mut due = false;
        {
            let mut heap = of.times.heap.lock();
            while let Some(entry) = heap.peek().copied().filter(|e| e.when <= now) {
                heap.pop();
                match entry.what {
                    What::Sleep(g) => sleepers.push(g),
                    What::Timer(..) if entry.is_void() => {
                        // Relaxed: a heuristic.
                        of.times.void.fetch_sub(1, Ordering::Relaxed);
                    }
                    What::Timer(timer, generation) => {
                        // Under the queue's lock: the timer is a root at every moment.
                        self.due.push(timer, generation);
                        due = true;
                    }
                    What::Deadline { desc, write, number } => deadlines.push((desc, write, number)),
                }
            }
            of.times.set_next(&heap);
        }
        for g in sleepers {
            self.ready_last(p, g);
        }
        for (desc, write, number) in deadlines {
            if let Some(g) = self.poller.deadline_passed(desc, write, number) {
                self.ready_last(p, g);
            }
        }
        if due && let Some(g) = self.due.take_caller() {
            self.ready_last(p, g);
        }
    }

    /// Makes a waiting goroutine runnable, behind those that are.
    pub(crate) fn ready_last(&self, p: &P, g: GRef) {
        g.status.ready();
        self.put_last(p, g);
        self.wake_p();
    }
}

impl Current<'_> {
    /// The current Go goroutine sleeps so long: the caller returns.
    pub fn sleep(&self, nanos: i64) {
        if nanos <= 0 {
            return;
        }
        let g = self.g();
        if let Some(bubble) = self.sched().bubble_of(g) {
            return self.sleep_in(&bubble, nanos);
        }
        let when = clock::nanotime().saturating_add(nanos);
        self.park(crate::WaitReason::Sleep, crate::Pin::Free);
        // INV-PARK-1: it waits; from now on it may be woken.
        self.sched().add_entry(self.p(), Entry::new(when, What::Sleep(g)));
    }
}
