//! Models of INV-POLL-1 and 2: an event and a deadline against a goroutine that is about to wait.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::poll_word::{PollWord, Waiting};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

const G: u64 = 8;

#[test]
fn one_waker_and_no_lost_event() {
    loom::model(|| {
        let shared = Arc::new((PollWord::new(), AtomicU32::new(0)));
        let wakers = [true, false].map(|event| {
            let shared = shared.clone();
            thread::spawn(move || {
                let (word, woken) = &*shared;
                let g = if event { word.notify() } else { word.unblock() };
                if g.is_some() {
                    woken.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        let (word, woken) = &*shared;
        let waiting = word.wait(G);
        assert_ne!(waiting, Waiting::Taken);
        wakers.into_iter().for_each(|w| w.join().unwrap());
        let woken = woken.load(Ordering::SeqCst);
        match waiting {
            Waiting::Ready => assert_eq!(woken, 0, "INV-POLL-1"),
            _ => {
                assert_eq!(woken, 1, "INV-POLL-1: woken {woken} times");
                // The deadline may have come first: then the event is still there.
                assert!(word.take_ready(), "INV-POLL-2");
            }
        }
        assert!(!word.take_ready());
    });
}

#[test]
fn taken_back_or_woken() {
    loom::model(|| {
        let word = Arc::new(PollWord::new());
        let other = word.clone();
        let waker = thread::spawn(move || other.notify().is_some());
        if word.wait(G) == Waiting::Yes {
            let back = word.take_back(G);
            let woken = waker.join().unwrap();
            assert!(back != woken, "INV-POLL-1");
            assert!(word.take_ready(), "INV-POLL-2");
        }
    });
}
