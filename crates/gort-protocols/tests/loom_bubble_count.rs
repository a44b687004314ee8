//! Model of INV-BUBBLE-1: one goroutine parks while another one wakes it, if it waits already, and parks too.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::bubble_count::BubbleCount;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

#[derive(Default)]
struct Shared {
    count: Mutex<BubbleCount>,
    /// The first goroutine waits, and may be found.
    waits: AtomicBool,
    /// It has been woken.
    runnable: AtomicBool,
}

impl Shared {
    /// The thread of a goroutine that waits has left it. Is the bubble blocked?
    fn leave(&self) -> bool {
        let mut count = self.count.lock().unwrap();
        let blocked = count.left();
        assert!(!(blocked && self.runnable.load(Ordering::SeqCst)), "blocked while one is runnable");
        blocked
    }
}

#[test]
fn a_bubble_with_somebody_to_run_is_not_blocked() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        for _ in 0..2 {
            shared.count.lock().unwrap().born();
        }
        let first = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.waits.store(true, Ordering::SeqCst);
                shared.leave()
            })
        };
        let woke = shared.waits.swap(false, Ordering::SeqCst);
        if woke {
            shared.count.lock().unwrap().woken();
            shared.runnable.store(true, Ordering::SeqCst);
        }
        let blocked = [shared.leave(), first.join().unwrap()];
        let times = blocked.iter().filter(|b| **b).count();
        assert_eq!(
            times,
            usize::from(!woke),
            "INV-BUBBLE-1: exactly one chooses who is woken, if nobody runs"
        );
    });
}
