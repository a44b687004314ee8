//! The pacer's results and the cycle's running sums, as words that every P reads and adds to.

use super::MarkPlan;
use super::assist_ratio::{Progress, assist_ratio};
use super::goal::Target;
use crate::mark::worker::WorkerMode;
use gort_heap::owned_word::{OwnedU32, OwnedU64, Tally};
use std::sync::atomic::{AtomicI64, Ordering};

/// Between two updates of the CPU limiter.
const LIMITER_PERIOD_NS: u64 = 10_000_000;

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Published {
    trigger: OwnedU64,
    goal: OwnedU64,
    mark_start_ns: OwnedU64,
    last_end_ns: OwnedU64,
    /// An `f64`.
    assist_ratio: OwnedU64,
    /// An `f64`.
    fractional_share: OwnedU64,
    expected_work: OwnedU64,
    most_work: OwnedU64,
    scannable_before: OwnedU64,
    /// Assists are called off: the CPU limiter's bucket is full.
    limiting: OwnedU32,
    limiter_ns: OwnedU64,
    /// Idle marking of the cycles before this one.
    total_idle_ns: Tally,
    dedicated_wanted: AtomicI64,
    scan_work: Tally,
    marked_scannable: Tally,
    assist_ns: Tally,
    dedicated_ns: Tally,
    fractional_ns: Tally,
    idle_ns: Tally,
    total_gc_ns: Tally,
    turns: [Tally; 3],
    /// Assists of the cycles before this one.
    total_assist_ns: Tally,
}

/// CPU time of a cycle's marking.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MarkTimes {
    pub assist_ns: u64,
    pub background_ns: u64,
    pub idle_ns: u64,
    pub total_gc_ns: u64,
}

impl Published {
    pub fn new(target: Target) -> Self {
        let published = Self::default();
        published.set_target(target);
        published
    }

    pub fn set_target(&self, target: Target) {
        self.trigger.set(target.trigger);
        self.goal.set(target.goal);
    }

    #[inline]
    pub fn trigger(&self) -> u64 {
        self.trigger.get()
    }

    pub fn goal(&self) -> u64 {
        self.goal.get()
    }

    pub fn mark_start_ns(&self) -> u64 {
        self.mark_start_ns.get()
    }

    pub fn last_end_ns(&self) -> u64 {
        self.last_end_ns.get()
    }

    pub fn fractional_share(&self) -> f64 {
        f64::from_bits(self.fractional_share.get())
    }

    #[inline]
    pub fn assist_ratio(&self) -> f64 {
        f64::from_bits(self.assist_ratio.get())
    }

    /// The world is stopped.
    pub fn start_marking(&self, plan: &MarkPlan, now_ns: u64, live: u64, scannable: u64) {
        self.mark_start_ns.set(now_ns);
        self.fractional_share.set(plan.share.fractional.to_bits());
        self.expected_work.set(plan.expected_work);
        self.most_work.set(plan.most_work);
        self.scannable_before.set(scannable);
        // Relaxed: pairs with nothing; the world is stopped.
        self.dedicated_wanted.store(plan.share.dedicated as i64, Ordering::Relaxed);
        for tally in [
            &self.scan_work,
            &self.marked_scannable,
            &self.assist_ns,
            &self.dedicated_ns,
            &self.fractional_ns,
            &self.idle_ns,
        ] {
            tally.set(0);
        }
        self.revise(live);
    }

    /// The world is stopped.
    pub fn end_marking(&self, target: Target, now_ns: u64) -> MarkTimes {
        let mut times = self.times();
        self.total_gc_ns.add(times.assist_ns + times.background_ns);
        times.total_gc_ns = self.total_gc_ns.get();
        self.total_idle_ns.add(times.idle_ns);
        self.total_assist_ns.add(times.assist_ns);
        // Else they would count twice until the next cycle; the trace reads them from what is returned.
        for tally in [&self.assist_ns, &self.dedicated_ns, &self.fractional_ns, &self.idle_ns] {
            tally.set(0);
        }
        self.set_target(target);
        self.last_end_ns.set(now_ns);
        times
    }

    /// Computes the assist ratio anew.
    pub fn revise(&self, live: u64) {
        let ratio = assist_ratio(Progress {
            expected: self.expected_work.get(),
            most: self.most_work.get(),
            done: self.scan_work.get(),
            live,
            goal: self.goal.get(),
        });
        self.assist_ratio.set(ratio.to_bits());
    }

    pub fn add_scan_work(&self, bytes: u64) {
        self.scan_work.add(bytes);
    }

    pub fn scan_work_done(&self) -> u64 {
        self.scan_work.get()
    }

    pub fn add_marked_scannable(&self, bytes: u64) {
        self.marked_scannable.add(bytes);
    }

    /// Bytes to scan in what survived, given all that counted as scannable until now.
    pub fn scannable_after(&self, scannable: u64) -> u64 {
        self.marked_scannable.get() + scannable.saturating_sub(self.scannable_before.get())
    }

    pub fn take_dedicated(&self) -> bool {
        // Relaxed: pairs with nothing; a count of places.
        self.dedicated_wanted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n > 0).then_some(n - 1))
            .is_ok()
    }

    pub fn give_dedicated_back(&self) {
        // Relaxed: pairs with nothing; a count of places.
        self.dedicated_wanted.fetch_add(1, Ordering::Relaxed);
    }

    /// Is collecting limited?
    #[inline]
    pub fn is_limiting(&self) -> bool {
        self.limiting.get() != 0
    }

    pub fn set_limiting(&self, limiting: bool) {
        self.limiting.set(u32::from(limiting));
    }

    /// Is the limiter to be asked? Once in a while, by one.
    pub fn limiter_due(&self, now_ns: u64) -> bool {
        let due = now_ns.saturating_sub(self.limiter_ns.get()) > LIMITER_PERIOD_NS;
        if due {
            self.limiter_ns.set(now_ns);
        }
        due
    }

    /// CPU time of collecting and of idle marking since the start.
    pub fn all_gc_ns(&self) -> (u64, u64) {
        let times = self.times();
        let gc = times.total_gc_ns + times.assist_ns + times.background_ns;
        (gc, self.total_idle_ns.get() + times.idle_ns)
    }

    /// CPU time of assists, background workers and idle marking since the start.
    pub fn all_mark_ns(&self) -> [u64; 3] {
        let (gc, idle) = self.all_gc_ns();
        let assist = self.total_assist_ns.get() + self.assist_ns.get();
        [assist, gc.saturating_sub(assist), idle]
    }

    pub fn add_assist_time(&self, ns: u64) {
        self.assist_ns.add(ns);
    }

    /// Turns by mode: dedicated, fractional, idle.
    pub fn worker_turns(&self) -> [u64; 3] {
        [0, 1, 2].map(|i: usize| self.turns[i].get())
    }

    pub fn add_worker_time(&self, mode: WorkerMode, ns: u64) {
        self.turns[mode as usize].add(1);
        match mode {
            WorkerMode::Dedicated => self.dedicated_ns.add(ns),
            WorkerMode::Fractional => self.fractional_ns.add(ns),
            WorkerMode::Idle => self.idle_ns.add(ns),
        }
    }

    pub fn times(&self) -> MarkTimes {
        MarkTimes {
            assist_ns: self.assist_ns.get(),
            background_ns: self.dedicated_ns.get() + self.fractional_ns.get(),
            idle_ns: self.idle_ns.get(),
            total_gc_ns: self.total_gc_ns.get(),
        }
    }

    /// Share of the CPU that this cycle's marking has taken, idle time excluded.
    pub fn gc_share(&self, now_ns: u64, procs: usize) -> f64 {
        let passed = now_ns.saturating_sub(self.mark_start_ns.get()) * procs as u64;
        let times = self.times();
        let program = passed.saturating_sub(times.idle_ns);
        if program == 0 {
            return super::goal::GOAL_SHARE;
        }
        ((times.assist_ns + times.background_ns) as f64 / program as f64).clamp(0.0, 1.0)
    }
}
