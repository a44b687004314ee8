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
