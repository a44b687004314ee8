//! The local run queue of a P: one owner pushes and pops, anybody steals half.
//!
//! Go counterpart: `proc.go` (`runqput`, `runqget`, `runqgrab`, `runqsteal`).
//!
//! # Problem
//!
//! Scheduling a goroutine must cost no lock and no cache line of another P, and yet no P may stay
//! without work while another has two goroutines waiting.
//!
//! # Protocol
//!
//! ```text
//!          head (consumers: owner and thieves, by CAS)      tail (owner only)
//!            ▼                                                ▼
//!   ring  ...│ h │ h │ h │ h │ h │ h │ h │ h │ h │ h │ h │ h │...      next: one more, runs first
//!            └──── a thief copies half, then moves head ─┘
//! ```
//!
//! # Invariants
//!
//! * **INV-RQ-1 (one owner).** `push`, `push_next`, `pop` and the receiving side of `steal_into` are
//!   called by one thread at a time, and the queue changes its owner only with a happens-before edge.
//! * **INV-RQ-2 (each handle once).** A handle that went in comes out exactly once.
//! * **INV-RQ-3 (slot).** The owner overwrites a slot only after it has seen the head move past it.
//!
//! # Orderings
//!
//! `tail` store `Release` / load `Acquire`: the slot's content, and what the handle refers to. `head` CAS
//! `Release` / load `Acquire`: the slot is read, it may be overwritten. `next` is put there by a `Release`
//! swap and taken by a thief with `Acquire`; its owner takes it with `Release`, for [`RunQueue::is_empty`].
//!
//! The model lets no load see a store of a later step, so it cannot turn red for the two `Acquire` loads
//! of `head` in `push` and `pop` (INV-RQ-3), nor for that of `tail` in `is_empty`, which keeps the three loads
//! in order: those rest on the argument above. (`pop` needs its own, since
//! a thief overwrites the slots of its empty queue after a `pop` that found nothing.)

use gort_sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Slots of the ring; a power of two.
#[cfg(not(any(loom, shuttle)))]
pub const SLOTS: usize = 256;
/// Slots of the ring, few for the models.
#[cfg(any(loom, shuttle))]
pub const SLOTS: usize = 4;

const MASK: u32 = SLOTS as u32 - 1;

/// Handles that did not fit: half of the queue and the new one, for the global queue.
#[derive(Debug)]
#[must_use]
pub struct Overflow {
    handles: [u64; SLOTS / 2 + 1],
}

impl Overflow {
    /// Oldest first.
    pub fn handles(&self) -> &[u64] {
        &self.handles
    }
}

/// A queue of handles (never 0).
#[derive(Debug)]
pub struct RunQueue {
    head: AtomicU32,
    tail: AtomicU32,
    slots: [AtomicU64; SLOTS],
    next: AtomicU64,
}

impl Default for RunQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl RunQueue {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            slots: std::array::from_fn(|_| AtomicU64::new(0)),
            next: AtomicU64::new(0),
        }
    }

    /// Owner: puts it at the end. When full, half of the queue comes back with it.
    pub fn push(&self, handle: u64) -> Option<Overflow> {
        debug_assert_ne!(handle, 0);
        loop {
            // Acquire: pairs with the Release of a consumer's CAS (INV-RQ-3).
            let head = self.head.load(Ordering::Acquire);
            // Relaxed: only the owner writes it (INV-RQ-1).
            let tail = self.tail.load(Ordering::Relaxed);
            if tail.wrapping_sub(head) < SLOTS as u32 {
                // Relaxed: published by the Release below.
                self.slots[(tail & MASK) as usize].store(handle, Ordering::Relaxed);
                // Release: pairs with the Acquire of `tail` in `grab`.
                self.tail.store(tail.wrapping_add(1), Ordering::Release);
                return None;
            }
            if let Some(overflow) = self.take_half(head, handle) {
                return Some(overflow);
            }
        }
    }

    /// Owner: makes it the one that runs next; what was to run next goes to the end of the ring.
    pub fn push_next(&self, handle: u64) -> Option<Overflow> {
        debug_assert_ne!(handle, 0);
        // Release: pairs with the Acquire in `grab_next`. What comes out was put in by ourselves.
        let old = self.next.swap(handle, Ordering::Release);
        if old == 0 { None } else { self.push(old) }
    }

    /// Owner: takes the first.
    pub fn pop(&self) -> Option<u64> {
        self.pop_and_tell().map(|(handle, _)| handle)
    }

    /// Owner: is there one that is to run next? A thief may take it meanwhile.
    pub fn has_next(&self) -> bool {
        // Relaxed: only the owner puts one there.
        self.next.load(Ordering::Relaxed) != 0
    }

    /// Owner: takes the first; was it the one that was to run next (and so shares the time slice of who
    /// put it there)?
    pub fn pop_and_tell(&self) -> Option<(u64, bool)> {
        // Relaxed: a look; the compare-exchange below decides.
        let next = self.next.load(Ordering::Relaxed);
        if next != 0 {
            // Release: pairs with the Acquire in `is_empty`. Fails only if a thief took it.
            if self.next.compare_exchange(next, 0, Ordering::Release, Ordering::Relaxed).is_ok() {
                return Some((next, true));
            }
        }
        loop {
            // Acquire: pairs with the Release of a thief's CAS.
            let head = self.head.load(Ordering::Acquire);
            // Relaxed: only the owner writes it (INV-RQ-1).
            let tail = self.tail.load(Ordering::Relaxed);
            if tail == head {
                return None;
            }
            // Relaxed: written by the owner, or received by it in `steal_into`.
            let handle = self.slots[(head & MASK) as usize].load(Ordering::Relaxed);
            // Release: pairs with the Acquire in `push`: the slot is read.
            if self.move_head(head, head.wrapping_add(1)) {
                return Some((handle, false));
            }
        }
    }

    /// Owner of `to`: takes half of this queue, puts it there but for one, and returns that one. With
    /// `and_next`, the handle that is to run next is taken when the ring is empty.
    pub fn steal_into(&self, to: &Self, and_next: bool) -> Option<u64> {
        // Relaxed: the caller is the owner of `to` (INV-RQ-1).
        let tail = to.tail.load(Ordering::Relaxed);
        let count = self.grab(to, tail, and_next);
        if count == 0 {
            return None;
        }
        let last = tail.wrapping_add(count - 1);
        // Relaxed: we wrote it a moment ago.
        let handle = to.slots[(last & MASK) as usize].load(Ordering::Relaxed);
        if count > 1 {
            // Relaxed: only checked; that the slots are free was seen by the `pop` that found nothing.
            let head = to.head.load(Ordering::Relaxed);
            assert!(last.wrapping_sub(head) < SLOTS as u32, "INV-RQ-1: a thief's queue is not empty");
            // Release: pairs with the Acquire of `tail` in `grab`.
            to.tail.store(last, Ordering::Release);
        }
        Some(handle)
    }

    /// Nothing in it at one instant. For anybody; the answer may be old.
    pub fn is_empty(&self) -> bool {
        loop {
            // Acquire: the three loads are in this order, or the answer could be of no instant.
            let head = self.head.load(Ordering::Acquire);
            // Acquire: see above; pairs with the Release in `push`.
            let tail = self.tail.load(Ordering::Acquire);
            // Acquire: see above; pairs with the swap in `push_next`.
            let next = self.next.load(Ordering::Acquire);
            // Relaxed: the same tail as before means that nothing moved from `next` to the ring meanwhile.
            if tail == self.tail.load(Ordering::Relaxed) {
                return head == tail && next == 0;
            }
        }
    }

    /// How many are in it, roughly.
    pub fn len(&self) -> usize {
        // Relaxed: a hint.
        let head = self.head.load(Ordering::Relaxed);
        // Relaxed: a hint.
        let tail = self.tail.load(Ordering::Relaxed);
        // Relaxed: a hint.
        let next = self.next.load(Ordering::Relaxed);
        (tail.wrapping_sub(head) as usize).min(SLOTS) + usize::from(next != 0)
    }

    fn move_head(&self, from: u32, to: u32) -> bool {
        // Release: pairs with the Acquire of `head` in `push` and `pop` (INV-RQ-3).
        self.head.compare_exchange(from, to, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Owner: the ring was full when `head` was read; takes half of it and `handle`.
    fn take_half(&self, head: u32, handle: u64) -> Option<Overflow> {
        let count = SLOTS as u32 / 2;
        let mut handles = [0; SLOTS / 2 + 1];
        for i in 0..count {
            let slot = &self.slots[(head.wrapping_add(i) & MASK) as usize];
            // Relaxed: written by the owner, which we are.
            handles[i as usize] = slot.load(Ordering::Relaxed);
        }
        handles[count as usize] = handle;
        self.move_head(head, head.wrapping_add(count)).then_some(Overflow { handles })
    }

    /// Copies half of this ring into the slots of `to` from `at` on; how many.
    fn grab(&self, to: &Self, at: u32, and_next: bool) -> u32 {
        loop {
            // Acquire: `tail` below is not read earlier.
            let head = self.head.load(Ordering::Acquire);
            // Acquire: pairs with the Release in `push`: the slots' contents.
            let tail = self.tail.load(Ordering::Acquire);
            let there = tail.wrapping_sub(head);
            let count = there - there / 2;
            if count == 0 {
                return if and_next { self.grab_next(to, at) } else { 0 };
            }
            if count > SLOTS as u32 / 2 {
                continue; // head and tail are of different instants
            }
            for i in 0..count {
                let from = &self.slots[(head.wrapping_add(i) & MASK) as usize];
                // Relaxed: content was published with `tail`; if it is overwritten, the CAS fails.
                let handle = from.load(Ordering::Relaxed);
                // Relaxed: published by whoever moves the tail of `to`.
                to.slots[(at.wrapping_add(i) & MASK) as usize].store(handle, Ordering::Relaxed);
            }
            if self.move_head(head, head.wrapping_add(count)) {
                return count;
            }
        }
    }

    fn grab_next(&self, to: &Self, at: u32) -> u32 {
        // Relaxed: the compare-exchange decides.
        let next = self.next.load(Ordering::Relaxed);
        // Acquire: pairs with the Release in `push_next`.
        if next == 0 || self.next.compare_exchange(next, 0, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return 0;
        }
        // Relaxed: read again by the same thread only.
        to.slots[(at & MASK) as usize].store(next, Ordering::Relaxed);
        1
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_but_for_next() {
        let q = RunQueue::new();
        assert!(q.push(1).is_none());
        assert!(q.push(2).is_none());
        assert!(q.push_next(3).is_none());
        assert!(q.push_next(4).is_none());
        assert_eq!(q.len(), 4);
        assert_eq!([q.pop(), q.pop(), q.pop(), q.pop(), q.pop()], [Some(4), Some(1), Some(2), Some(3), None]);
        assert!(q.is_empty());
    }

    #[test]
    fn overflow_gives_half_back() {
        let q = RunQueue::new();
        for h in 1..=SLOTS as u64 {
            assert!(q.push(h).is_none());
        }
        let overflow = q.push(1000).unwrap();
        assert_eq!(overflow.handles().len(), SLOTS / 2 + 1);
        assert_eq!(overflow.handles()[0], 1);
        assert_eq!(*overflow.handles().last().unwrap(), 1000);
        assert_eq!(q.len(), SLOTS / 2);
        assert_eq!(q.pop(), Some(SLOTS as u64 / 2 + 1));
    }

    #[test]
    fn a_thief_takes_half() {
        let (a, b) = (RunQueue::new(), RunQueue::new());
        for h in 1..=5 {
            assert!(a.push(h).is_none());
        }
        assert_eq!(a.steal_into(&b, false), Some(3));
        assert_eq!((a.len(), b.len()), (2, 2));
        assert_eq!(b.pop(), Some(1));
        assert!(a.push_next(9).is_none());
        assert_eq!(a.steal_into(&b, false), Some(4));
        assert_eq!(a.steal_into(&b, false), Some(5));
        assert_eq!(a.steal_into(&b, false), None);
        assert_eq!(a.steal_into(&b, true), Some(9));
    }

    #[test]
    fn nothing_lost_under_theft() {
        let a = RunQueue::new();
        let total = 200_000_u64;
        let sum = std::thread::scope(|s| {
            let thieves: Vec<_> = (0..2)
                .map(|_| {
                    s.spawn(|| {
                        let (mine, mut sum) = (RunQueue::new(), 0);
                        loop {
                            let got = mine.pop().or_else(|| a.steal_into(&mine, true));
                            match got {
                                Some(u64::MAX) => return sum,
                                Some(h) => sum += h,
                                None => std::thread::yield_now(),
                            }
                        }
                    })
                })
                .collect();
            let mut sum = 0;
            for h in 1..=total {
                let overflow = if h % 3 == 0 { a.push_next(h) } else { a.push(h) };
                sum += overflow.map_or(0, |o| o.handles().iter().sum());
            }
            while let Some(h) = a.pop() {
                sum += h;
            }
            for _ in 0..2 {
                // One at a time: a thief that finds one ends, and takes no other with it.
                while !a.is_empty() {
                    std::thread::yield_now();
                }
                assert!(a.push(u64::MAX).is_none());
            }
            thieves.into_iter().fold(sum, |n, t| n + t.join().unwrap())
        });
        assert_eq!(sum, total * (total + 1) / 2);
    }
}
