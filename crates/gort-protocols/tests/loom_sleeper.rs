//! Model of INV-SLEEPER-1: a timer that is added while a thread goes to sleep is not overslept.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::sleeper::{Sleeper, Wake};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use loom::thread;

#[test]
fn nobody_oversleeps() {
    loom::model(|| {
        let place = Arc::new((Sleeper::new(), AtomicI64::new(100), AtomicBool::new(false)));
        let other = place.clone();
        let adder = thread::spawn(move || {
            let (sleeper, queue, woken) = &*other;
            queue.store(50, Ordering::Relaxed);
            match sleeper.added(50) {
                Wake::Sleeper => woken.store(true, Ordering::Relaxed),
                Wake::Nobody | Wake::AnyThread => {}
            }
        });
        let (sleeper, queue, woken) = &*place;
        assert!(sleeper.try_enter());
        let mut until = queue.load(Ordering::Relaxed);
        loop {
            sleeper.announce(until);
            let again = queue.load(Ordering::Relaxed);
            if again >= until {
                break;
            }
            until = again;
        }
        adder.join().unwrap();
        assert!(until == 50 || woken.load(Ordering::Relaxed), "INV-SLEEPER-1");
        sleeper.leave();
    });
}
