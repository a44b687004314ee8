//! Model of INV-SEMA-1: whoever waits is found by a release.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::semaphore::{SemaRoot, try_acquire};
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

#[derive(Default)]
struct Sema {
    root: SemaRoot,
    count: AtomicU32,
    queue: Mutex<Vec<Arc<AtomicBool>>>,
}

impl Sema {
    fn acquire(&self) {
        loop {
            if try_acquire(&self.count) {
                return;
            }
            let woken = Arc::new(AtomicBool::new(false));
            {
                let mut queue = self.queue.lock().unwrap();
                if !self.root.announce(&self.count) {
                    return;
                }
                queue.push(woken.clone());
            }
            // A lost wake-up is a loop that loom reports.
            while !woken.load(Ordering::Acquire) {
                thread::yield_now();
            }
        }
    }

    fn release(&self) {
        if !self.root.release(&self.count) {
            return;
        }
        let mut queue = self.queue.lock().unwrap();
        if let Some(waiter) = queue.pop() {
            self.root.taken();
            waiter.store(true, Ordering::Release);
        }
    }
}

#[test]
fn nobody_sleeps_for_ever() {
    loom::model(|| {
        let sema = Arc::new(Sema::default());
        let other = sema.clone();
        let releaser = thread::spawn(move || other.release());
        sema.acquire();
        releaser.join().unwrap();
        assert_eq!(sema.count.load(Ordering::SeqCst), 0);
    });
}

/// A unit is there already, another comes: two acquirers, one of which may have to wait.
#[test]
fn two_units_for_two() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let sema = Arc::new(Sema::default());
        sema.release();
        let other = sema.clone();
        let acquirer = thread::spawn(move || other.acquire());
        let other = sema.clone();
        let releaser = thread::spawn(move || other.release());
        acquirer.join().unwrap();
        releaser.join().unwrap();
        sema.acquire();
        assert_eq!(sema.count.load(Ordering::SeqCst), 0);
    });
}
