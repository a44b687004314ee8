//! Models of INV-TIMER-1 and 2: a stop and a start against an entry that is due.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::timer_state::TimerState;
use loom::sync::{Arc, Mutex};
use loom::thread;

struct Timer {
    state: Mutex<TimerState>,
    queue: Mutex<Vec<(i64, u64)>>,
    /// Which start the calls were for: the time it was due.
    calls: Mutex<Vec<i64>>,
}

impl Timer {
    fn new() -> Self {
        Self { state: Mutex::new(TimerState::new(false)), queue: Mutex::default(), calls: Mutex::default() }
    }

    fn start(&self, when: i64) {
        let change = self.state.lock().unwrap().start(when, 0);
        self.queue.lock().unwrap().extend(change.insert);
    }

    /// Takes what is due out of the queue and calls.
    fn run(&self, now: i64) {
        let due = self.queue.lock().unwrap().pop();
        let Some((_, generation)) = due else { return };
        let fire = self.state.lock().unwrap().expire(generation, now);
        if let Some(fire) = fire {
            self.calls.lock().unwrap().push(now - fire.delta);
            self.state.lock().unwrap().sent();
        }
    }
}

#[test]
fn a_stop_that_succeeded_means_no_call() {
    loom::model(|| {
        let timer = Arc::new(Timer::new());
        timer.start(10);
        let other = timer.clone();
        let runner = thread::spawn(move || other.run(20));
        let stopped = timer.state.lock().unwrap().stop().was_active;
        runner.join().unwrap();
        let calls = timer.calls.lock().unwrap().len();
        assert_eq!(calls, usize::from(!stopped), "INV-TIMER-2");
    });
}

#[test]
fn a_reset_timer_fires_once_per_start() {
    loom::model(|| {
        let timer = Arc::new(Timer::new());
        timer.start(10);
        let runners = [(); 2].map(|()| {
            let other = timer.clone();
            thread::spawn(move || other.run(20))
        });
        timer.start(15);
        runners.into_iter().for_each(|r| r.join().unwrap());
        timer.run(20);
        timer.run(20);
        // Calls are made without the lock, so they may overtake each other.
        let mut calls = timer.calls.lock().unwrap().clone();
        calls.sort_unstable();
        assert!(calls == [15] || calls == [10, 15], "INV-TIMER-1: {calls:?}");
    });
}
