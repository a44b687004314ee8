//! The hybrid write barrier: Yuasa's deletion barrier and Dijkstra's insertion barrier together.
//!
//! ```text
//!   writePointer(slot, new):
//!       shade(*slot)      // what is overwritten may be the last path from the heap to a white object
//!       shade(new)        // what is written may come from a stack that is not scanned yet
//!       *slot = new
//! ```
//!
//! Why a scanned stack need not be scanned again: a black stack can get hold of a white object only by
//! loading it from the heap, where it is still protected: either by the slot it was read from, or, when
//! that is overwritten, by the first line. A white object that a grey stack hands to a black heap object
//! is covered by the second line. (Go proposal 17503 has the proof.)
//!
//! Compiled code calls the barrier thunk, which remembers both in the P's buffer and comes here when that is
//! full, before the store and only while its P's `barrier_on` is set. Slots on the
//! current stack need no barrier; shading for them is harmless.

use crate::collector::Collector;
use crate::host::word_at;
use crate::mutator::Mutator;
use gort_abi::addr::Addr;

impl Collector {
    /// Is the write barrier on?
    #[inline]
    pub fn barrier_on(&self) -> bool {
        self.cycle.is_marking()
    }

    /// Before `new` is stored in `slot`.
    ///
    /// # Safety
    /// `slot` is a readable pointer slot; INV-HOST-2.
    #[inline]
    pub unsafe fn write_barrier(&self, own: &Mutator, slot: Addr, new: Addr) {
        self.remember(own, word_at(slot), new.0);
    }

    /// Shades a value that the runtime moves past the collector: to another goroutine's stack, into its
    /// descriptor, or out of a place that is not a root. Does nothing while the barrier is off.
    #[inline]
    pub fn shade(&self, own: &Mutator, value: Addr) {
        if self.barrier_on() {
            self.remember(own, value.0, 0);
        }
    }
}
