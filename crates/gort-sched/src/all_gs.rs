//! Every goroutine ever made: the collector's snapshot, tracebacks, dumps.

use crate::g::GRef;
use crate::sched::Sched;

impl Sched {
    /// A new descriptor. It is never freed before the scheduler (INV-SCHED-1).
    pub(crate) fn new_g(&self) -> GRef {
        let g = GRef::new();
        self.all_gs.lock().push(g);
        g
    }

    /// Calls `visit` for every descriptor, dead ones included. `visit` must make no goroutine.
    pub fn each_g(&self, mut visit: impl FnMut(GRef)) {
        let all: Vec<GRef> = self.all_gs.lock().clone();
        all.into_iter().for_each(&mut visit);
    }

    /// Remembers all goroutines that exist now; returns how many.
    pub(crate) fn take_snapshot(&self) -> usize {
        self.start_size.update();
        let all: Vec<GRef> = self.all_gs.lock().clone();
        let count = all.len();
        *self.snapshot.lock() = all;
        count
    }
}
