//! Model of INV-SPIN-1: work is never left on a queue with an idle P and nobody searching.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::spinning::{SecondLook, Spinning};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

#[test]
fn no_lost_wakeup() {
    loom::model(|| {
        // The queue: Relaxed, so that only the protocol's fences order it.
        let shared = Arc::new((Spinning::new(), AtomicU32::new(0)));
        shared.0.start_searching();
        let searcher = {
            let shared = shared.clone();
            thread::spawn(move || {
                let (spinning, queue) = &*shared;
                if queue.load(Ordering::Relaxed) != 0 {
                    return true;
                }
                spinning.p_idle();
                spinning.stop_searching(true) == SecondLook::Needed && queue.load(Ordering::Relaxed) != 0
            })
        };
        shared.1.store(1, Ordering::Relaxed);
        let started = shared.0.submitted();
        let found = searcher.join().unwrap();
        assert!(started || found, "the work is lost");
    });
}

/// One that did not search gives its P back, while work comes from so many.
fn without_searching(submitters: usize) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let queues: Vec<_> = (0..submitters).map(|_| AtomicU32::new(0)).collect();
        let shared = Arc::new((Spinning::new(), queues));
        let submit = |shared: &(Spinning, Vec<AtomicU32>), i: usize| {
            shared.1[i].store(1, Ordering::Relaxed);
            shared.0.submitted()
        };
        let others: Vec<_> = (1..submitters)
            .map(|i| {
                let shared = shared.clone();
                thread::spawn(move || submit(&shared, i))
            })
            .collect();
        let gives_back = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.p_idle();
                let look = shared.0.stop_searching(false) == SecondLook::Needed;
                look && shared.1.iter().all(|q| q.load(Ordering::Relaxed) != 0)
            })
        };
        let started = submit(&shared, 0);
        let all = others.into_iter().fold(started, |all, o| o.join().unwrap() | all);
        let seen = gives_back.join().unwrap();
        // A searcher that was started sees all; else whoever did not find it was told, and saw all that came before.
        assert!(all || seen, "the work is lost");
    });
}

#[test]
fn one_that_did_not_search_is_told() {
    without_searching(1);
}

#[test]
fn one_that_did_not_search_is_told_by_two() {
    without_searching(2);
}
