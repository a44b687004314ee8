//! Models of INV-RQ-2: each handle comes out exactly once, with what it stands for.
#![cfg(loom)]
#![allow(unsafe_code, missing_docs)]

use gort_protocols::run_queue::{RunQueue, SLOTS};
use loom::{cell::UnsafeCell, sync::Arc, thread};

/// What handle `i` stands for: written before it is pushed, read and written after it came out.
struct Payloads(Vec<UnsafeCell<u32>>);
// SAFETY: INV-RQ-2; loom checks it.
unsafe impl Sync for Payloads {}
// SAFETY: INV-RQ-2; loom checks it.
unsafe impl Send for Payloads {}

impl Payloads {
    fn new(n: usize) -> Self {
        Self((0..n).map(|_| UnsafeCell::new(0)).collect())
    }

    fn make(&self, h: u64) {
        // SAFETY: not pushed yet.
        self.0[h as usize].with_mut(|p| unsafe { *p = 1 });
    }

    fn consume(&self, h: u64) {
        let old = self.0[h as usize].with_mut(|p| {
            // SAFETY: INV-RQ-2, taken out by us.
            unsafe { std::mem::replace(&mut *p, 2) }
        });
        assert_eq!(old, 1, "handle {h} came out twice, or without its payload");
    }

    fn all_consumed(&self, n: u64) {
        for h in 1..=n {
            // SAFETY: all threads are joined.
            self.0[h as usize].with(|p| unsafe { assert_eq!(*p, 2, "handle {h} lost") });
        }
    }
}

fn drain(q: &RunQueue, payloads: &Payloads) {
    while let Some(h) = q.pop() {
        payloads.consume(h);
    }
}

/// Owner pushes and pops while one thief steals.
#[test]
fn push_pop_against_thief() {
    loom::model(|| {
        let shared = Arc::new((RunQueue::new(), Payloads::new(5)));
        let thief = {
            let shared = shared.clone();
            thread::spawn(move || {
                let mine = RunQueue::new();
                if let Some(h) = shared.0.steal_into(&mine, false) {
                    shared.1.consume(h);
                    drain(&mine, &shared.1);
                }
            })
        };
        let (q, payloads) = &*shared;
        for h in 1..=2 {
            payloads.make(h);
            assert!(q.push(h).is_none());
        }
        if let Some(h) = q.pop() {
            payloads.consume(h);
        }
        thief.join().unwrap();
        drain(q, payloads);
        payloads.all_consumed(2);
    });
}

/// The ring wraps around and its slots are used again while a thief copies.
#[test]
fn slots_are_reused_under_a_thief() {
    loom::model(|| {
        let n = SLOTS as u64 + 1;
        let shared = Arc::new((RunQueue::new(), Payloads::new(n as usize + 1)));
        let (q, payloads) = &*shared;
        for h in 1..n {
            payloads.make(h);
            assert!(q.push(h).is_none());
        }
        let thief = {
            let shared = shared.clone();
            thread::spawn(move || {
                let mine = RunQueue::new();
                if let Some(h) = shared.0.steal_into(&mine, false) {
                    shared.1.consume(h);
                    drain(&mine, &shared.1);
                }
            })
        };
        payloads.make(n);
        if let Some(overflow) = q.push(n) {
            overflow.handles().iter().for_each(|h| payloads.consume(*h));
        }
        thief.join().unwrap();
        drain(q, payloads);
        payloads.all_consumed(n);
    });
}

/// The handle that runs next is taken by the owner or by the thief, and pushed out by a newer one.
#[test]
fn next_against_thief() {
    loom::model(|| {
        let shared = Arc::new((RunQueue::new(), Payloads::new(3)));
        let thief = {
            let shared = shared.clone();
            thread::spawn(move || {
                let mine = RunQueue::new();
                if let Some(h) = shared.0.steal_into(&mine, true) {
                    shared.1.consume(h);
                    drain(&mine, &shared.1);
                }
            })
        };
        let (q, payloads) = &*shared;
        payloads.make(1);
        assert!(q.push_next(1).is_none());
        payloads.make(2);
        assert!(q.push_next(2).is_none());
        if let Some(h) = q.pop() {
            payloads.consume(h);
        }
        thief.join().unwrap();
        drain(q, payloads);
        payloads.all_consumed(2);
    });
}

/// Two thieves, one victim.
#[test]
fn two_thieves() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let shared = Arc::new((RunQueue::new(), Payloads::new(4)));
        let (q, payloads) = &*shared;
        for h in 1..=3 {
            payloads.make(h);
            assert!(q.push(h).is_none());
        }
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let mine = RunQueue::new();
                    if let Some(h) = shared.0.steal_into(&mine, false) {
                        shared.1.consume(h);
                        drain(&mine, &shared.1);
                    }
                })
            })
            .collect();
        thieves.into_iter().for_each(|t| t.join().unwrap());
        drain(q, payloads);
        payloads.all_consumed(3);
    });
}

/// A second thief steals from the first: what was stolen is handed on with its payload.
#[test]
fn second_hand() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let shared = Arc::new((RunQueue::new(), RunQueue::new(), Payloads::new(4)));
        let (a, b, payloads) = &*shared;
        for h in 1..=3 {
            payloads.make(h);
            assert!(a.push(h).is_none());
        }
        let first = {
            let shared = shared.clone();
            thread::spawn(move || {
                let (a, b, payloads) = &*shared;
                if let Some(h) = a.steal_into(b, false) {
                    payloads.consume(h);
                }
            })
        };
        let second = {
            let shared = shared.clone();
            thread::spawn(move || {
                let (_, b, payloads) = &*shared;
                let mine = RunQueue::new();
                if let Some(h) = b.steal_into(&mine, false) {
                    payloads.consume(h);
                    drain(&mine, payloads);
                }
            })
        };
        first.join().unwrap();
        second.join().unwrap();
        drain(a, payloads);
        drain(b, payloads);
        payloads.all_consumed(3);
    });
}

/// A queue with something in it never looks empty while things move from `next` to the ring.
#[test]
fn never_looks_empty_while_next_is_pushed_out() {
    loom::model(|| {
        let q = Arc::new(RunQueue::new());
        assert!(q.push_next(1).is_none());
        let looker = {
            let q = q.clone();
            thread::spawn(move || assert!(!q.is_empty()))
        };
        assert!(q.push_next(2).is_none());
        assert_eq!(q.pop(), Some(2));
        looker.join().unwrap();
    });
}

/// Nor while one is pushed and another popped.
#[test]
fn never_looks_empty_while_the_ring_moves() {
    loom::model(|| {
        let q = Arc::new(RunQueue::new());
        assert!(q.push(1).is_none());
        let looker = {
            let q = q.clone();
            thread::spawn(move || assert!(!q.is_empty()))
        };
        assert!(q.push(2).is_none());
        assert_eq!(q.pop(), Some(1));
        looker.join().unwrap();
    });
}
