//! The mark of one object: a byte that several markers set without an atomic read-modify-write.
//!
//! Go counterpart: `mbitmap.go` (`markBits`, which are bits set by an atomic or).
//!
//! # Problem
//!
//! A locked operation per object waits for all earlier loads, so a marker could not run ahead into the next cache
//! misses. A bit cannot be set by a plain store, since its neighbours share the word; a byte can.
//!
//! # Protocol
//!
//! ```text
//!   marker: load; WHITE? ── no ──▶ somebody scans it
//!                   │ yes
//!                   ▼
//!             store MARKED, scan it
//! ```
//!
//! # Invariants
//!
//! * **INV-MARK-1 (at least one scans).** Of the markers that reach a white object at least one finds it white, and a
//!   byte once marked stays so until it is swept. More than one may find it white: it is scanned twice then, which
//!   costs time and nothing else.
//!
//! # Orderings
//!
//! `Relaxed`: the byte carries no other data. What an object holds was published by the write barrier's or the stop's
//! own ordering; that all marks are there when sweeping starts is the doing of the stop in between.

use gort_sync::atomic::{AtomicU8, Ordering};

/// Not reached.
pub const WHITE: u8 = 0;
/// Reached.
pub const MARKED: u8 = 1;

/// Marks; true for every caller that found it white (INV-MARK-1).
#[inline]
pub fn mark(byte: &AtomicU8) -> bool {
    // Relaxed: pairs with nothing, see above.
    if byte.load(Ordering::Relaxed) != WHITE {
        return false;
    }
    // Relaxed: pairs with nothing, see above.
    byte.store(MARKED, Ordering::Relaxed);
    true
}

/// Is it marked?
#[inline]
pub fn is_marked(byte: &AtomicU8) -> bool {
    // Relaxed: pairs with nothing, see above.
    byte.load(Ordering::Relaxed) != WHITE
}

/// Sets it for an object that is born marked, or clears it while nobody marks.
#[inline]
pub fn set(byte: &AtomicU8, mark: u8) {
    // Relaxed: pairs with nothing, see above.
    byte.store(mark, Ordering::Relaxed);
}
