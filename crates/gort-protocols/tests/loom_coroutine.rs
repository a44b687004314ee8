//! Model of INV-CORO-1: two threads switch at once, then the coroutine ends.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::coroutine::{Coroutine, Next};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

#[derive(Default)]
struct Shared {
    coroutine: Coroutine,
    /// What a goroutine wrote before it parked, by handle.
    parked: [AtomicU32; 12],
}

impl Shared {
    fn switch(&self, me: u64) -> Next {
        // Relaxed: handed over by the exchange, which is what the model checks.
        self.parked[me as usize].store(1, Ordering::Relaxed);
        let next = self.coroutine.exchange(me);
        self.check(next);
        next
    }

    fn check(&self, next: Next) {
        if let Next::Resumed(other) = next {
            // Relaxed: see `switch`.
            assert_eq!(self.parked[other as usize].load(Ordering::Relaxed), 1, "INV-PARK-1");
        }
    }
}

#[test]
fn each_that_waits_is_resumed_once() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        // Relaxed: see `switch`.
        shared.parked[9].store(1, Ordering::Relaxed);
        shared.coroutine.begin(9);
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.switch(10))
        };
        let mine = shared.switch(11);
        let others = other.join().unwrap();
        let last = shared.coroutine.finish();
        shared.check(last);
        let all = [mine, others, last];
        for handle in [9, 10, 11] {
            let resumed = all.iter().filter(|n| **n == Next::Resumed(handle)).count();
            assert_eq!(resumed, 1, "INV-CORO-1");
        }
    });
}
