//! Which goroutines will never run again: `goroutineleak` of `runtime/pprof`.
//!
//! A goroutine has leaked if it waits for channels or locks that nothing leads to but goroutines that have leaked
//! themselves. That is found as the greatest set: at first all that wait count as leaked; what the others lead to is
//! traced; whoever waits for something reached so far may run again, so his stack is traced too; and so on until
//! nobody joins.
//!
//! Go counterpart: `mgc.go` (`findGoroutineLeaks`), which does it with the marks of the cycle, over several rounds of
//! marking. Here it is a trace of its own at the end of a cycle, with the world stopped: only who asks for the profile
//! pays, but the stop is as long as a trace of the whole heap (docs/decisions/0023).
//!
//! Source: Saioc, Lee, Møller, Chabbi, *Dynamic Partial Deadlock Detection and Recovery via Garbage Collection*, ASPLOS 2025.

use super::retrace::Retrace;
use crate::collector::Collector;
use crate::host::{Suspendable, WorldStopped};
use std::sync::atomic::Ordering;

impl Collector {
    /// Asks the next cycle to look for leaked goroutines.
    pub fn want_leaks(&self) {
        self.leaks_wanted.store(true, Ordering::SeqCst);
    }

    /// Has no cycle answered yet?
    pub fn leaks_are_wanted(&self) -> bool {
        self.leaks_wanted.load(Ordering::SeqCst)
    }

    /// At the end of marking: looks for leaked goroutines if that was asked for, and tells the host.
    pub(crate) fn find_leaks(&self, stopped: &WorldStopped, who: &Suspendable<'_>) {
        if !self.leaks_wanted.swap(false, Ordering::SeqCst) {
            return;
        }
        let host = self.host();
        let mut trace = Retrace::new(self);
        let count = host.snapshot_goroutines(stopped);
        let mut leaked: Vec<usize> = (0..count).collect();
        loop {
            trace.drain();
            let before = leaked.len();
            leaked.retain(|&index| {
                let mut reached = false;
                let waits = host.waits_for(index, &mut |object| reached |= trace.has(object));
                if waits && !reached {
                    return true;
                }
                if !host.scan_goroutine(index, who, &mut |view| trace.goroutine(view)) {
                    host.fatal("leak search: a goroutine runs while the world is stopped");
                }
                false
            });
            if leaked.len() == before {
                break;
            }
        }
        (0..count).for_each(|index| host.set_leaked(index, leaked.binary_search(&index).is_ok()));
    }
}
