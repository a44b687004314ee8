//! Background mark workers: one goroutine per P, run by the scheduler in one of three modes.
//!
//! | mode | when | until |
//! |---|---|---|
//! | dedicated | whole Ps are needed to make the 25 % goal | no work, or preempted |
//! | fractional | the goal is not a whole number of Ps | its share of the time is used |
//! | idle | the P has nothing else to do | any goroutine wants to run |
//!
//! A worker's turn runs on the system stack with its goroutine `SuspendVisible`, so anybody can suspend it
//! without its help (heart, mechanism 1). A dedicated worker that is preempted gives its place back and is
//! chosen again when the P next schedules, after the goroutines that waited have been handed on.

use crate::collector::Collector;
use crate::host::{PreemptWish, Suspendable};
use crate::mark::drain::{DrainOptions, Until};
use crate::mutator::Mutator;

/// How a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerMode {
    /// The whole P marks.
    Dedicated,
    /// A share of the P's time.
    Fractional,
    /// Nothing else to do.
    Idle,
}

impl Collector {
    /// Should this P run its mark worker now, before its goroutines? Asked at every scheduling turn.
    #[inline]
    pub fn worker_mode(&self, own: &Mutator, now_ns: u64) -> Option<WorkerMode> {
        if !self.cycle.is_marking() {
            return None;
        }
        self.worker_mode_marking(own, now_ns)
    }

    #[cold]
    fn worker_mode_marking(&self, own: &Mutator, now_ns: u64) -> Option<WorkerMode> {
        if !self.worker_wanted(own) {
            return None;
        }
        if self.published.take_dedicated() {
            return Some(WorkerMode::Dedicated);
        }
        let share = self.published.fractional_share();
        let passed = now_ns.saturating_sub(self.published.mark_start_ns());
        let due = share > 0.0 && own.fractional_ns() as f64 <= share * passed as f64;
        due.then_some(WorkerMode::Fractional)
    }

    /// Should this P, which has nothing to run, mark?
    #[inline]
    pub fn idle_worker_mode(&self, own: &Mutator) -> Option<WorkerMode> {
        // Whoever waits for credit must not wait for a P that has nothing else to do.
        let may = !self.config.idle_off || self.assists.anybody_waits();
        let wanted = self.cycle.is_marking() && may && self.worker_wanted(own);
        wanted.then_some(WorkerMode::Idle)
    }

    /// The mode was given but the worker is not run after all.
    pub fn cancel_worker(&self, _own: &Mutator, mode: WorkerMode) {
        if mode == WorkerMode::Dedicated {
            self.published.give_dedicated_back();
        }
    }

    /// Work to see, or nobody left who would notice that there is none. (Whoever is finding out whether marking
    /// is done looks again afterwards: nobody else needs to turn round and round meanwhile.)
    fn worker_wanted(&self, own: &Mutator) -> bool {
        !own.grey().is_empty()
            || !self.work.is_empty()
            || self.roots.jobs_waiting()
            || (self.cycle.termination.drainers() == 0
                && !self.roots.jobs_left()
                && !self.cycle.termination.is_asking())
    }

    /// One turn of the P's worker. May finish the cycle, stopping the world.
    pub fn run_worker(&self, own: &Mutator, mode: WorkerMode, who: &Suspendable<'_>) {
        let began_ns = self.host().now_ns();
        let until = match mode {
            WorkerMode::Dedicated => Until::Preempted,
            WorkerMode::Fractional => Until::ShareUsed { began_ns },
            WorkerMode::Idle => Until::Runnable,
        };
        self.drain(own, who, DrainOptions { until, credits_all: true });
        let spent = self.host().now_ns().saturating_sub(began_ns);
        if mode == WorkerMode::Fractional {
            own.add_fractional_ns(spent);
        }
        self.published.add_worker_time(mode, spent);
        self.cancel_worker(own, mode);
        if self.host().preempt_wish(own) != PreemptWish::Stop {
            self.finish_marking_if_last(own, who);
        }
    }

    /// Has the fractional worker of this P used its share, with some slack against flapping?
    pub(crate) fn share_used(&self, own: &Mutator, began_ns: u64) -> bool {
        let now = self.host().now_ns();
        let used = own.fractional_ns() + now.saturating_sub(began_ns);
        let passed = now.saturating_sub(self.published.mark_start_ns());
        used as f64 > 1.2 * self.published.fractional_share() * passed as f64
    }
}
