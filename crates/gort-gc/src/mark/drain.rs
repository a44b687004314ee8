//! The loop of marking: take something grey, scan it, shade what it points to.
//!
//! Root jobs come first, then grey objects until none is left or the options say to stop. Every
//! [`QUANTUM`] bytes of scanning the counts are published, and the wishes of the host are asked.

use crate::collector::Collector;
use crate::host::{PreemptWish, Suspendable, word_at};
use crate::mark::ahead::Ahead;
use crate::mark::edges::Edges;
use crate::mark::scan_object::{Tracer, scan_object};
use crate::mark::shade::Shader;
use crate::mark::work_buffer::Grey;
use crate::mutator::Mutator;
use gort_abi::addr::Addr;

/// Bytes of scanning between two looks around.
const QUANTUM: u64 = 64 << 10;

/// Objects between two looks around, if they are small.
const QUANTUM_OBJECTS: u32 = 2000;

/// When a drain gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// No work is left, or the world wants to stop.
    Done,
    /// Also when the time slice is over.
    Preempted,
    /// Also when this P has done its share for now.
    ShareUsed {
        /// When the drain began.
        began_ns: u64,
    },
    /// Also when any goroutine wants to run.
    Runnable,
    /// Also when so many bytes are scanned.
    Work(u64),
    /// Nothing but "no work left" counts: the world is stopped.
    Stopped,
}

/// How a drain behaves: one value instead of loose flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrainOptions {
    /// When it gives up.
    pub until: Until,
    /// Its work pays for the assists of others.
    pub credits_all: bool,
}

impl DrainOptions {
    /// For `runtime.GC`'s caller.
    pub const FORCED: Self = Self { until: Until::Done, credits_all: true };
    /// With the world stopped.
    pub const STOPPED: Self = Self { until: Until::Stopped, credits_all: false };
}

struct Marker<'c> {
    shader: Shader<'c>,
    grey: &'c mut Grey,
    edges: Edges,
}

impl Tracer for Marker<'_> {
    #[inline(always)]
    fn edge(&mut self, value: usize) {
        self.edges.push_masked(&self.shader, self.grey, 1, |_| value);
    }

    #[inline(always)]
    fn masked(&mut self, at: usize, mask: u64) {
        self.edges.push_masked(&self.shader, self.grey, mask, |word| word_at(Addr(at + word * 8)));
    }

    fn words(&mut self, from: usize, to: usize) {
        self.edges.push_words(&self.shader, self.grey, from, to);
    }

    fn piece(&mut self, at: usize) {
        self.grey.push(self.shader.work, at);
    }
}

impl Collector {
    /// Marks; returns the bytes scanned. Afterwards the caller calls `finish_marking_if_last`.
    pub(crate) fn drain(&self, own: &Mutator, who: &Suspendable<'_>, options: DrainOptions) -> u64 {
        self.cycle.termination.enter_drain();
        let done = if self.cycle.is_marking() { self.drain_entered(own, who, options) } else { 0 };
        self.cycle.termination.leave_drain();
        done
    }

    fn drain_entered(&self, own: &Mutator, who: &Suspendable<'_>, options: DrainOptions) -> u64 {
        let goal = if let Until::Work(bytes) = options.until { bytes } else { u64::MAX };
        let mut done = 0;
        loop {
            while let Some(job) = self.roots.take() {
                self.run_root_job(own, who, job);
                done += self.credit(own, options);
                if done >= goal || self.gives_up(own, options) {
                    return done;
                }
            }
            let more = self.scan_quantum(own, goal - done);
            done += self.credit(own, options);
            let out_of_work = !more && !self.roots.jobs_waiting();
            if out_of_work || done >= goal || self.gives_up(own, options) {
                return done;
            }
        }
    }

    /// Scans about a quantum; false if it ran out of work.
    fn scan_quantum(&self, own: &Mutator, goal: u64) -> bool {
        let goal = goal.min(QUANTUM);
        let grey = own.grey();
        if self.work.is_empty() {
            grey.balance(&self.work);
        }
        // A P that found nothing to mark has gone to sleep: it is told, or it would sleep through the cycle.
        if !self.work.is_empty() && self.cycle.is_marking() {
            self.host().wake_workers();
        }
        let mut marker = Marker { shader: self.shader(), grey, edges: Edges::new(self.shader()) };
        let mut ahead = Ahead::new();
        let mut objects = 0;
        let more = loop {
            ahead.fill(marker.grey);
            let Some(at) = ahead.next() else {
                if !marker.edges.is_empty() {
                    marker.edges.shade(&marker.shader, marker.grey);
                } else if let Some(item) = marker.grey.pop(&self.work) {
                    ahead.push(item);
                } else {
                    break false;
                }
                continue;
            };
            let Some(object) = self.heap.find(at) else {
                panic!("INV-GC-2: grey object {at:#x} is not in the heap");
            };
            let bytes = scan_object(&mut marker, object.span, object.index, at) as u64;
            marker.grey.scan_work += bytes;
            objects += 1;
            if marker.grey.scan_work >= goal || objects == QUANTUM_OBJECTS {
                break true;
            }
        };
        ahead.give_back(marker.grey, &self.work);
        marker.edges.shade(&marker.shader, marker.grey);
        if !more {
            self.flush_barrier(own);
            return !own.grey().is_empty();
        }
        true
    }

    fn gives_up(&self, own: &Mutator, options: DrainOptions) -> bool {
        if options.until == Until::Stopped {
            return false;
        }
        let wish = self.host().preempt_wish(own);
        if wish == PreemptWish::Stop {
            return true;
        }
        match options.until {
            Until::Done | Until::Stopped | Until::Work(_) => false,
            Until::Preempted => wish == PreemptWish::Yield,
            Until::ShareUsed { began_ns } => wish == PreemptWish::Yield || self.share_used(own, began_ns),
            Until::Runnable => wish == PreemptWish::Yield || self.host().runnable_waiting(),
        }
    }

    /// Publishes the counts of the P; returns the scan work among them.
    fn credit(&self, own: &Mutator, options: DrainOptions) -> u64 {
        let work = self.publish_counts(own.grey());
        if options.credits_all && work > 0 {
            self.earn_background_credit(work);
        }
        work
    }

    /// Adds a P's counts to the totals.
    pub(crate) fn publish_counts(&self, grey: &mut Grey) -> u64 {
        let work = std::mem::take(&mut grey.scan_work);
        let marked = std::mem::take(&mut grey.marked);
        if marked > 0 {
            self.heap.tallies.marked.add(marked);
            self.published.add_marked_scannable(std::mem::take(&mut grey.marked_scannable));
        }
        if work > 0 {
            self.published.add_scan_work(work);
            self.published.revise(self.heap.tallies.live.get());
        }
        work
    }
}
