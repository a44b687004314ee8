//! A word that one owner writes and others may read: an atomic without ordering of its own.
//!
//! Fields of a span are written while exactly one party owns the span (the page allocator, a sweeper, a
//! cache). Readers are either the owner, or markers, which got the span from the page table: its entry is
//! stored with Release after the fields, and loaded with Acquire before they are read. Markers accept an
//! old or a new value of the few fields that change while they run (`free_index`).

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

macro_rules! owned_word {
    ($(#[$doc:meta])* $name:ident, $atomic:ident, $int:ident) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name($atomic);

        impl $name {
            /// With this value.
            pub const fn new(value: $int) -> Self {
                Self($atomic::new(value))
            }

            /// Its value.
            #[inline]
            pub fn get(&self) -> $int {
                // Relaxed: pairs with nothing; the page table's Release and Acquire order it (see above).
                self.0.load(Ordering::Relaxed)
            }

            /// Writes it; only the owner does.
            #[inline]
            pub fn set(&self, value: $int) {
                // Relaxed: pairs with nothing; the page table's Release and Acquire order it (see above).
                self.0.store(value, Ordering::Relaxed);
            }
        }
    };
}

owned_word! {
    /// 32 bits.
    OwnedU32, AtomicU32, u32
}
owned_word! {
    /// 64 bits.
    OwnedU64, AtomicU64, u64
}
owned_word! {
    /// An address or size.
    OwnedUsize, AtomicUsize, usize
}

/// A counter that many add to and that is read for statistics and pacing only.
#[derive(Debug, Default)]
pub struct Tally(AtomicU64);

impl Tally {
    /// Zero.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Its value, about now.
    #[inline]
    pub fn get(&self) -> u64 {
        // Relaxed: pairs with nothing; a sum, nothing else is read on the strength of it.
        self.0.load(Ordering::Relaxed)
    }

    /// Adds.
    #[inline]
    pub fn add(&self, n: u64) {
        // Relaxed: pairs with nothing; a sum, nothing else is read on the strength of it.
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Subtracts.
    #[inline]
    pub fn sub(&self, n: u64) {
        // Relaxed: pairs with nothing; a sum, nothing else is read on the strength of it.
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    /// Starts again from a value.
    pub fn set(&self, n: u64) {
        // Relaxed: pairs with nothing; written while the world is stopped.
        self.0.store(n, Ordering::Relaxed);
    }
}
