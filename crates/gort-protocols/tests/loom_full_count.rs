//! Model of INV-WORK-1: work given away is never invisible, and none is lost or taken twice.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::full_count::FullCount;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

#[derive(Default)]
struct List {
    items: Mutex<Vec<u32>>,
    full: FullCount,
}

impl List {
    fn give(&self, item: u32) {
        let mut items = self.items.lock().unwrap();
        items.push(item);
        self.full.publish(items.len());
    }

    fn take(&self) -> Option<u32> {
        if self.full.is_empty() {
            return None;
        }
        let mut items = self.items.lock().unwrap();
        let item = items.pop();
        self.full.publish(items.len());
        item
    }
}

#[test]
fn what_is_given_is_taken_once() {
    loom::model(|| {
        let list = Arc::new(List::default());
        let taker = {
            let list = list.clone();
            thread::spawn(move || usize::from(list.take().is_some()))
        };
        list.give(1);
        list.give(2);
        let mut taken = taker.join().unwrap();
        while list.take().is_some() {
            taken += 1;
        }
        assert_eq!(taken, 2);
        assert!(list.full.is_empty());
    });
}

/// A drain gives its work away and leaves; who sees that no drain is under way sees the work.
#[test]
fn the_last_drain_hides_nothing() {
    loom::model(|| {
        let shared = Arc::new((List::default(), AtomicUsize::new(1)));
        let drain = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.give(1);
                shared.1.fetch_sub(1, Ordering::SeqCst);
            })
        };
        if shared.1.load(Ordering::SeqCst) == 0 {
            assert!(!shared.0.full.is_empty(), "INV-WORK-1: the end of marking would be seen too early");
        }
        drain.join().unwrap();
    });
}
