//! Step 6: everything that is not marked may be reused; sweeping itself is lazy.

use crate::collector::Collector;
use gort_heap::Heap;

impl Collector {
    /// Starts sweeping; `runway` is how many bytes may be allocated before the next cycle.
    pub(crate) fn start_sweep(&self, runway: u64) {
        self.heap.start_sweep(Heap::pages_of(runway.min(1 << 40)));
    }

    /// For an idle P: sweeps a few spans. False if there was nothing to do.
    pub fn idle_sweep(&self) -> bool {
        if self.heap.swept() {
            return false;
        }
        (0..16).all(|_| self.heap.sweep_next().is_some())
    }
}
