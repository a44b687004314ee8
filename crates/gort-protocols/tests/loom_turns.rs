//! Model of INV-TURN-1 and INV-TURN-2: one holder at a time, who sees what the last one did, in order.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::turns::Turns;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

#[test]
fn one_holder() {
    loom::model(|| {
        let shared = Arc::new((Turns::new(), UnsafeCell::new(0_u32)));
        let work = |shared: &(Turns, UnsafeCell<u32>)| {
            let turn = shared.0.queue_up();
            while !shared.0.has_come(&turn) {
                thread::yield_now();
            }
            // SAFETY: INV-TURN-1, which this model checks.
            shared.1.with_mut(|at| unsafe { *at += 1 });
            shared.0.pass_on();
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || work(&shared))
        };
        work(&shared);
        other.join().unwrap();
        // SAFETY: INV-TURN-1: nobody else is left.
        assert_eq!(shared.1.with(|at| unsafe { *at }), 2);
        assert!(shared.0.is_empty());
    });
}
