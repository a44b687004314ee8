//! Who sweeps a span: its generation word.
//!
//! Go counterpart: `mspan.sweepgen` (`mgcsweep.go`).
//!
//! # Problem
//!
//! After marking, every span is swept once before the next cycle, by whoever needs it first: a cache that wants slots,
//! an allocation of pages, an idle P, or one that must change the span's records (a finalizer). Two of them may want
//! the same span at once.
//!
//! # Protocol
//!
//! ```text
//!   swept in g-1 ──claim(g)──▶ being swept in g ──finish──▶ swept in g
//!    (= unswept, since the heap is at g)
//! ```
//!
//! # Invariants
//!
//! * **INV-CLAIM-1 (one sweeper).** Of all who claim a span in a generation one succeeds.
//! * **INV-CLAIM-2 (swept means done).** Who sees a span as swept sees all that its sweeper wrote.
//!
//! # Orderings
//!
//! The claim takes what the last owner left (Acquire), the finish hands on (Release).

use gort_sync::atomic::{AtomicU32, Ordering};

/// The generation in which a span was swept last, times two; odd while it is being swept in the next.
#[derive(Debug)]
pub struct SweepClaim(AtomicU32);

/// Proof of a claim; ends in [`SweepClaim::finish`].
#[derive(Debug)]
#[must_use]
pub struct Sweeping(u32);

impl Default for SweepClaim {
    fn default() -> Self {
        Self::new(0)
    }
}

impl SweepClaim {
    /// Swept in this generation.
    pub fn new(generation: u32) -> Self {
        Self(AtomicU32::new(generation.wrapping_mul(2)))
    }

    /// A span that is made anew counts as swept; its maker owns it.
    pub fn reset(&self, generation: u32) {
        // Relaxed: pairs with nothing; the page table publishes the span.
        self.0.store(generation.wrapping_mul(2), Ordering::Relaxed);
    }

    /// Takes the right to sweep it; none if it is swept, or somebody else does it.
    pub fn claim(&self, generation: u32) -> Option<Sweeping> {
        let sweeping = generation.wrapping_mul(2).wrapping_sub(1);
        // Relaxed: pairs with nothing; the exchange decides.
        let old = self.0.load(Ordering::Relaxed);
        if old & 1 != 0 || old == generation.wrapping_mul(2) {
            return None;
        }
        // Acquire: pairs with the Release in `finish` of the last sweep.
        // Relaxed: the failure tells nothing.
        self.0.compare_exchange(old, sweeping, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(Sweeping(generation))
    }

    /// Sweeping is over.
    pub fn finish(&self, sweeping: Sweeping) {
        // Release: pairs with the Acquire in `is_swept` and in the next `claim`.
        self.0.store(sweeping.0.wrapping_mul(2), Ordering::Release);
    }

    /// Has it been swept in this generation?
    pub fn is_swept(&self, generation: u32) -> bool {
        // Acquire: pairs with the Release in `finish` (INV-CLAIM-2).
        self.0.load(Ordering::Acquire) == generation.wrapping_mul(2)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn once_per_generation() {
        let claim = SweepClaim::new(7);
        assert!(claim.is_swept(7) && claim.claim(7).is_none());
        let sweeping = claim.claim(8).unwrap();
        assert!(!claim.is_swept(8) && claim.claim(8).is_none(), "INV-CLAIM-1");
        claim.finish(sweeping);
        assert!(claim.is_swept(8) && claim.claim(8).is_none() && claim.claim(9).is_some());
    }
}
