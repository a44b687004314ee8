//! `GODEBUG=gccheckmark=1`: trace again with the world stopped, and compare.
//!
//! At the end of marking every object that can be reached from the roots *as they are now* must be marked: a new snapshot
//! of the goroutines, all globals, the special records. An unmarked one is a lost object: the barrier, a stack map or the
//! marker itself has a bug. The path to it is printed.

use super::retrace::Retrace;
use crate::collector::Collector;
use crate::host::{Suspendable, WorldStopped};

impl Collector {
    /// Compares; ends the process if an object was lost.
    pub(crate) fn check_mark(&self, stopped: &WorldStopped, who: &Suspendable<'_>) {
        let mut trace = Retrace::new(self);
        for index in 0..self.host().snapshot_goroutines(stopped) {
            if !self.host().scan_goroutine(index, who, &mut |view| trace.goroutine(view)) {
                self.host().fatal("gccheckmark: a goroutine runs while the world is stopped");
            }
        }
        trace.drain();
        let marked = |at: usize| self.heap.find(at).is_some_and(|o| o.span.is_marked(o.index));
        // The first of its path: it was lost, what is behind it followed.
        let lost =
            trace.objects().find(|(o, from)| !o.span.is_marked(o.index) && (*from == 0 || marked(*from)));
        if let Some((lost, _)) = lost {
            let at = lost.addr().0;
            eprintln!(
                "runtime: marking missed the object {:#x} ({} bytes, {:?}): {}",
                at,
                lost.span.slot_size(),
                lost.span.kind(),
                trace.path(at)
            );
            self.host().fatal("gccheckmark: found an unmarked object");
        }
    }
}
