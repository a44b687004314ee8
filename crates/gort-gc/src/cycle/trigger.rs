//! Who may start a cycle: an allocation that meets the trigger, and `runtime.GC`.

use crate::collector::Collector;
use crate::host::{PreemptWish, Suspendable};
use crate::mark::drain::DrainOptions;
use crate::mutator::Mutator;

/// Why a cycle starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The heap has grown to the trigger.
    Heap,
    /// The program, or a test, wants one.
    Forced,
    /// There was none for two minutes.
    Periodic,
}

/// Nanoseconds after which a cycle is due in any case.
const FORCE_PERIOD_NS: u64 = 120_000_000_000;

impl Collector {
    /// Does the heap's size call for a cycle?
    #[inline]
    pub(crate) fn trigger_reached(&self) -> bool {
        self.heap.tallies.live.get() >= self.published.trigger()
    }

    /// Has there been no cycle for two minutes? Asked by the scheduler's monitor.
    pub fn force_due(&self, now_ns: u64) -> bool {
        let last = self.published.last_end_ns();
        self.pacer.lock().is_on() && last != 0 && now_ns.saturating_sub(last) > FORCE_PERIOD_NS
    }

    /// Starts a cycle unless somebody else does or marking is under way. The caller holds a P.
    pub(crate) fn start_cycle(&self, own: &Mutator, why: Trigger) {
        if self.cycle.is_marking() || !self.cycle.try_start() {
            return;
        }
        if !self.cycle.is_marking() && (why != Trigger::Heap || self.trigger_reached()) {
            self.host().while_suspendable(&mut |who| {
                self.heap.finish_sweep();
                self.mark_setup(own, who, why);
            });
        }
        self.cycle.end_start();
    }

    /// `runtime.GC`: finishes the cycle under way, if there is one, then runs a whole one, sweeping
    /// included. The caller does the marking that nobody else does.
    pub fn gc_now(&self, own: &Mutator) {
        self.gc_for(own, Trigger::Forced);
    }

    /// For the scheduler's monitor, after two minutes without a cycle.
    pub fn gc_periodic(&self, own: &Mutator) {
        self.gc_for(own, Trigger::Periodic);
    }

    fn gc_for(&self, own: &Mutator, why: Trigger) {
        let wanted = self.cycle.completed() + 1 + u64::from(self.cycle.is_marking());
        while self.cycle.completed() < wanted {
            self.start_cycle(own, why);
            self.host().while_suspendable(&mut |who| self.help_to_the_end(own, who));
        }
        self.heap.finish_sweep();
        // Unless another cycle's marking has ended meanwhile, whose sweep is not done.
        if self.heap.swept() {
            self.profile().swept();
        }
    }

    pub(crate) fn help_to_the_end(&self, own: &Mutator, who: &Suspendable<'_>) {
        while self.cycle.is_marking() {
            self.drain(own, who, DrainOptions::FORCED);
            self.finish_marking_if_last(own, who);
            if self.cycle.is_marking() || self.host().preempt_wish(own) == PreemptWish::Stop {
                self.host().wait_a_little(who);
            }
        }
        self.host().wait_a_little(who);
    }
}
