//! Model of INV-CLAIM-1 and INV-CLAIM-2: a span is swept once, and who finds it swept finds it done.
#![cfg(loom)]
#![allow(missing_docs)]

use gort_protocols::sweep_claim::SweepClaim;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

struct Span {
    claim: SweepClaim,
    /// What sweeping writes: loom reports a race if two write, or one reads what another still writes.
    bits: UnsafeCell<u32>,
}

/// Sweeps it if nobody else does; true if it is swept for sure afterwards.
fn ensure_swept(span: &Span, generation: u32) -> bool {
    if let Some(sweeping) = span.claim.claim(generation) {
        span.bits.with_mut(|bits| {
            // SAFETY: a test; the claim makes us the only one (INV-CLAIM-1).
            unsafe { *bits += 1 };
        });
        span.claim.finish(sweeping);
        return true;
    }
    span.claim.is_swept(generation)
}

#[test]
fn one_sweeper_and_its_writes_are_seen() {
    loom::model(|| {
        let span = Arc::new(Span { claim: SweepClaim::new(1), bits: UnsafeCell::new(0) });
        let others = [0, 1].map(|_| {
            let span = span.clone();
            thread::spawn(move || {
                if ensure_swept(&span, 2) {
                    // SAFETY: a test; it is swept, so nobody writes (INV-CLAIM-2).
                    assert_eq!(span.bits.with(|bits| unsafe { *bits }), 1);
                }
            })
        });
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(ensure_swept(&span, 2));
        // SAFETY: a test; the others have ended.
        assert_eq!(span.bits.with(|bits| unsafe { *bits }), 1, "INV-CLAIM-1: swept twice");
    });
}

#[test]
fn the_next_sweep_sees_the_last() {
    loom::model(|| {
        let span = Arc::new(Span { claim: SweepClaim::new(1), bits: UnsafeCell::new(0) });
        let other = {
            let span = span.clone();
            thread::spawn(move || ensure_swept(&span, 2))
        };
        let mine = ensure_swept(&span, 2);
        let theirs = other.join().unwrap();
        assert!(mine || theirs);
        assert!(ensure_swept(&span, 3));
        // SAFETY: a test; the other has ended.
        assert_eq!(span.bits.with(|bits| unsafe { *bits }), 2);
    });
}
