//! Models of INV-TERM-1: a write barrier late in marking, and a drain that begins while somebody asks. And the mutation
//! check: without the count after the stop, the late write is lost.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::mark_termination::{MarkTermination, Verdict};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

/// A P: whoever holds the lock may touch it, its own thread or who stopped it at a safepoint.
struct P {
    /// Grey objects in its buffers, the barrier's included.
    grey: usize,
    /// The barrier is on.
    marking: bool,
}

struct World {
    term: MarkTermination,
    list: AtomicUsize,
    p: Mutex<P>,
}

impl World {
    fn new(list: usize) -> Arc<Self> {
        let p = Mutex::new(P { grey: 0, marking: true });
        Arc::new(Self { term: MarkTermination::new(), list: AtomicUsize::new(list), p })
    }

    fn flush(&self, p: &mut P) -> usize {
        let out = std::mem::take(&mut p.grey);
        self.list.fetch_add(out, Ordering::SeqCst);
        out
    }

    fn drain(&self) {
        self.term.enter_drain();
        while self.list.load(Ordering::SeqCst) > 0 {
            self.list.fetch_sub(1, Ordering::SeqCst);
        }
        self.term.leave_drain();
    }

    /// The asker: drains and asks until marking is over.
    fn finish(&self, recount: bool) {
        for _ in 0..3 {
            self.drain();
            let Some(asking) = self.term.try_ask() else { return };
            let verdict = asking.decide(
                || self.list.load(Ordering::SeqCst) != 0,
                || self.flush(&mut self.p.lock().unwrap()),
                || self.p.lock().unwrap(),
                |_| 0,
            );
            match verdict {
                Verdict::Done(mut p) => {
                    // `flush_stopped` of the real code, here so that the guard can be changed.
                    if recount && self.flush(&mut p) != 0 {
                        continue;
                    }
                    assert_eq!(
                        (p.grey, self.list.load(Ordering::SeqCst)),
                        (0, 0),
                        "INV-TERM-1: grey after the end"
                    );
                    p.marking = false;
                    return;
                }
                Verdict::GoOn(_) | Verdict::NotYet => {}
            }
        }
    }
}

fn late_write(recount: bool) {
    loom::model(move || {
        let world = World::new(0);
        let program = {
            let world = world.clone();
            thread::spawn(move || {
                // Between two safepoints: a pointer is overwritten.
                let mut p = world.p.lock().unwrap();
                if p.marking {
                    p.grey += 1;
                }
            })
        };
        world.finish(recount);
        program.join().unwrap();
    });
}

#[test]
fn a_late_barrier_write_is_seen() {
    late_write(true);
}

#[test]
#[should_panic(expected = "INV-TERM-1")]
fn without_the_second_count_it_is_lost() {
    late_write(false);
}

#[test]
fn a_drain_that_begins_meanwhile_is_waited_for() {
    loom::model(|| {
        let world = World::new(1);
        let worker = {
            let world = world.clone();
            thread::spawn(move || {
                world.term.enter_drain();
                // It takes the object, and finds another one.
                let mut p = world.p.lock().unwrap();
                let taken = p.marking && world.list.load(Ordering::SeqCst) > 0;
                if taken {
                    world.list.fetch_sub(1, Ordering::SeqCst);
                    p.grey += 1;
                }
                drop(p);
                world.term.leave_drain();
            })
        };
        let asking = world.term.try_ask().unwrap();
        let verdict = asking.decide(
            || world.list.load(Ordering::SeqCst) != 0,
            || world.flush(&mut world.p.lock().unwrap()),
            || world.p.lock().unwrap(),
            |p| p.grey,
        );
        if let Verdict::Done(p) = verdict {
            assert_eq!((p.grey, world.list.load(Ordering::SeqCst)), (0, 0), "INV-TERM-1");
        }
        worker.join().unwrap();
    });
}

/// Two that end their drains together: one of them asks, and marking ends once.
#[test]
fn one_at_a_time_asks() {
    loom::model(|| {
        let world = World::new(1);
        let ended = Arc::new(AtomicUsize::new(0));
        let ask = |world: &World, ended: &AtomicUsize| {
            world.term.enter_drain();
            world.list.store(0, Ordering::SeqCst);
            world.term.leave_drain();
            let Some(asking) = world.term.try_ask() else { return };
            if !world.p.lock().unwrap().marking {
                return;
            }
            let left = || world.list.load(Ordering::SeqCst) != 0;
            if let Verdict::Done(mut p) = asking.decide(left, || 0, || world.p.lock().unwrap(), |p| p.grey) {
                assert!(p.marking, "ended twice");
                p.marking = false;
                ended.fetch_add(1, Ordering::SeqCst);
            }
        };
        let other = {
            let (world, ended) = (world.clone(), ended.clone());
            thread::spawn(move || ask(&world, &ended))
        };
        ask(&world, &ended);
        other.join().unwrap();
    });
}
