//! Model of INV-SELECT-2: a select on two channels against a sender on each.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::select_claim::SelectClaim;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

/// A channel: is the selecting goroutine's record in its queue? Does a value wait for a receiver?
#[derive(Default)]
struct Channel {
    waiting: bool,
    value: bool,
}

#[derive(Default)]
struct Shared {
    claim: SelectClaim,
    channels: [Mutex<Channel>; 2],
    woken: AtomicU32,
}

impl Shared {
    fn send(&self, i: usize) {
        let mut channel = self.channels[i].lock().unwrap();
        if std::mem::take(&mut channel.waiting) && self.claim.claim() {
            self.woken.fetch_add(1, Ordering::SeqCst);
        } else {
            channel.value = true;
        }
    }

    /// True: received at once; else parked.
    fn select(&self) -> bool {
        let mut first = self.channels[0].lock().unwrap();
        let mut second = self.channels[1].lock().unwrap();
        for channel in [&mut *first, &mut *second] {
            if std::mem::take(&mut channel.value) {
                return true;
            }
        }
        self.claim.open();
        (first.waiting, second.waiting) = (true, true);
        false
    }
}

#[test]
fn one_sender_wakes_it_and_no_value_is_lost() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let senders = [0, 1].map(|i| {
            let shared = shared.clone();
            thread::spawn(move || shared.send(i))
        });
        let at_once = shared.select();
        senders.into_iter().for_each(|s| s.join().unwrap());
        let woken = shared.woken.load(Ordering::SeqCst);
        let left = shared.channels.iter().filter(|c| c.lock().unwrap().value).count();
        assert_eq!(woken, u32::from(!at_once), "INV-SELECT-2");
        assert_eq!(left, 1, "one of two values was received");
        assert!(shared.claim.is_claimed());
    });
}
