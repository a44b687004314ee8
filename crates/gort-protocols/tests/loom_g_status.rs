//! Models of INV-G-1: whoever touches the stack is alone, and INV-G-3: nobody waits for ever.
//! The stack is a loom cell, so every access without a happens-before edge is found.
#![cfg(loom)]
#![allow(unsafe_code, clippy::undocumented_unsafe_blocks, missing_docs)]

use gort_protocols::g_status::{Claim, GStatus, Pin, Resume, Suspendable};
use loom::{cell::UnsafeCell, sync::Arc, thread};

struct G {
    status: GStatus,
    stack: UnsafeCell<u32>,
}
// SAFETY: `stack` is reached only by the owner that INV-G-1 names; loom checks it.
unsafe impl Sync for G {}
// SAFETY: as above.
unsafe impl Send for G {}

impl G {
    fn running() -> Arc<Self> {
        let g = Self { status: GStatus::new(), stack: UnsafeCell::new(0) };
        g.status.publish();
        g.status.execute();
        Arc::new(g)
    }

    fn touch(&self) {
        // SAFETY: INV-G-1; loom checks it.
        self.stack.with_mut(|p| unsafe { *p += 1 });
    }

    fn read(&self) {
        // SAFETY: INV-G-1; loom checks it.
        self.stack.with(|p| unsafe { *p });
    }

    /// One try; makes it ready afterwards if it stopped for us.
    fn try_scan(&self, caller: &Suspendable<'_>, write: bool) -> bool {
        let Claim::Claimed(guard) = self.status.try_suspend(caller) else { return false };
        if write && guard.movable().is_some() {
            self.touch();
        } else {
            self.read();
        }
        if guard.release() == Resume::MakeReady {
            self.status.ready();
        }
        true
    }
}

fn outside() -> Suspendable<'static> {
    Suspendable::without_goroutine()
}

/// Scanner against park and wake-up, the stack moved by the scanner.
#[test]
fn scan_against_park_and_wakeup() {
    loom::model(|| {
        let g = G::running();
        let scanner = {
            let g = g.clone();
            thread::spawn(move || {
                g.try_scan(&outside(), true);
            })
        };
        g.touch();
        g.status.park(Pin::Free);
        g.status.ready();
        g.status.execute();
        g.touch();
        scanner.join().unwrap();
    });
}

/// The wake-up comes from another thread than the one that parked, the scanner is a third.
#[test]
fn scan_against_foreign_wakeup() {
    loom::model(|| {
        let g = G::running();
        g.touch();
        g.status.park(Pin::Free);
        let scanner = {
            let g = g.clone();
            thread::spawn(move || {
                g.try_scan(&outside(), true);
            })
        };
        let waker = {
            let g = g.clone();
            thread::spawn(move || {
                g.status.ready();
                g.status.execute();
                g.touch();
            })
        };
        waker.join().unwrap();
        scanner.join().unwrap();
    });
}

/// Two suspenders of one goroutine never hold it together.
#[test]
fn two_suspenders() {
    loom::model(|| {
        let g = G::running();
        g.touch();
        g.status.park(Pin::Free);
        let other = {
            let g = g.clone();
            thread::spawn(move || g.try_scan(&outside(), true))
        };
        let mine = g.try_scan(&outside(), true);
        let theirs = other.join().unwrap();
        assert!(mine || theirs, "both lost");
    });
}

/// A running goroutine is asked to stop, stops at its safepoint, and is made ready by the suspender.
#[test]
fn stop_request() {
    loom::model(|| {
        let g = G::running();
        let suspender = {
            let g = g.clone();
            thread::spawn(move || {
                let asked = matches!(g.status.try_suspend(&outside()), Claim::Running);
                (asked, g.try_scan(&outside(), true))
            })
        };
        g.touch();
        let stopped = g.status.stop_if_requested();
        if !stopped {
            g.touch();
        }
        let (asked, scanned) = suspender.join().unwrap();
        assert!(!stopped || asked);
        if stopped && !scanned {
            // The suspender in the model gives up; the real one tries again.
            assert!(g.try_scan(&outside(), true));
        }
        if stopped {
            g.status.execute();
            g.touch();
        }
    });
}

/// Return to Running against a held scan bit: the worker waits, then sees what the scanner did.
#[test]
fn return_to_running_waits() {
    loom::model(|| {
        let g = G::running();
        let scanner = {
            let g = g.clone();
            thread::spawn(move || {
                g.try_scan(&outside(), true);
            })
        };
        g.touch();
        let off = g.status.leave_stack();
        off.return_to_running();
        g.touch();
        scanner.join().unwrap();
    });
}

/// Two mark workers, each wants the other, both `SuspendVisible`: both get it, nobody waits for ever.
#[test]
fn mutual_scan() {
    loom::model(|| {
        let (a, b) = (G::running(), G::running());
        let worker = |me: Arc<G>, other: Arc<G>| {
            move || {
                me.touch();
                let off = me.status.leave_stack();
                let scanned = other.try_scan(&off.witness(), false);
                off.return_to_running();
                me.touch();
                scanned
            }
        };
        let first = thread::spawn(worker(a.clone(), b.clone()));
        worker(b, a)();
        first.join().unwrap();
    });
}

/// A goroutine scans itself from the system stack.
#[test]
fn self_scan() {
    loom::model(|| {
        let g = G::running();
        let off = g.status.leave_stack();
        assert!(g.try_scan(&off.witness(), false));
        off.return_to_running();
        g.touch();
    });
}
