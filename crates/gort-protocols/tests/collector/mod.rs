//! A collector in small on the scheduler in small, of the real protocols: cycles, mark workers that are goroutines, assists,
//! distributed termination, sweeping by whoever comes. What it does follows `gort-gc`; the heap is an array of objects with
//! two fields each.

pub mod heap;
pub mod mark;
pub mod mutate;

use crate::scheduler::{Handle, M, Sched, Weak};
use gort_protocols::assist_credit::AssistCredit;
use gort_protocols::full_count::FullCount;
use gort_protocols::mark_termination::MarkTermination;
use heap::Heap;
use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use std::collections::VecDeque;
use std::sync::Mutex as PlainMutex;
use std::sync::atomic::{AtomicBool as PlainBool, AtomicI64 as PlainI64, AtomicUsize as PlainUsize};

/// References in a goroutine's stack.
pub const SLOTS: usize = 3;

/// What a P has for the collector. The locks are plain: whoever finds one taken is a second user of the P.
#[derive(Default)]
pub struct Mutator {
    pub grey: PlainMutex<Vec<usize>>,
    pub barrier: PlainMutex<Vec<usize>>,
    /// Below zero: a debt.
    pub assist_credit: PlainI64,
    pub owes: PlainBool,
    pub worker_parked: AtomicBool,
    pub dedicated: PlainBool,
}

pub fn own<T>(of_p: &PlainMutex<T>) -> std::sync::MutexGuard<'_, T> {
    of_p.try_lock().expect("INV-P-1: two use a P")
}

pub struct Gc {
    pub heap: Heap,
    pub marking: AtomicBool,
    starting: AtomicBool,
    pub mutators: Vec<Mutator>,
    /// Grey objects for everybody, in portions.
    pub list: Mutex<Vec<Vec<usize>>>,
    pub full: FullCount,
    pub termination: MarkTermination,
    // Root jobs: 0 are the globals, the others goroutines.
    pub jobs: PlainUsize,
    pub next_job: AtomicUsize,
    pub jobs_left: AtomicUsize,
    pub put_back: Mutex<Vec<usize>>,
    pub put_back_count: AtomicUsize,
    pub scans: Vec<PlainUsize>,
    pub credit: AssistCredit,
    pub waiters: Mutex<VecDeque<(Handle, u64)>>,
    pub dedicated_wanted: AtomicUsize,
    pub wishes: AtomicU32,
    /// The ragged barrier under way flushes; so many came out.
    pub flushing: PlainBool,
    pub flushed: PlainUsize,
    pub cycles: PlainUsize,
}

impl Gc {
    pub fn new(ps: usize, goroutines: usize) -> Self {
        let mutator = |_| {
            let mutator = Mutator::default();
            mutator.worker_parked.store(true, Ordering::SeqCst);
            mutator
        };
        Self {
            heap: Heap::new(),
            marking: AtomicBool::new(false),
            starting: AtomicBool::new(false),
            mutators: (0..ps).map(mutator).collect(),
            list: Mutex::default(),
            full: FullCount::default(),
            termination: MarkTermination::new(),
            jobs: PlainUsize::new(0),
            next_job: AtomicUsize::new(0),
            jobs_left: AtomicUsize::new(0),
            put_back: Mutex::default(),
            put_back_count: AtomicUsize::new(0),
            scans: (0..=goroutines).map(|_| PlainUsize::new(0)).collect(),
            credit: AssistCredit::new(),
            waiters: Mutex::default(),
            dedicated_wanted: AtomicUsize::new(0),
            wishes: AtomicU32::new(0),
            flushing: PlainBool::new(false),
            flushed: PlainUsize::new(0),
            cycles: PlainUsize::new(0),
        }
    }

    pub fn is_marking(&self) -> bool {
        self.marking.load(Ordering::SeqCst)
    }

    pub fn jobs_waiting(&self) -> bool {
        self.next_job.load(Ordering::SeqCst) < self.jobs.load(Ordering::SeqCst)
            || self.put_back_count.load(Ordering::SeqCst) != 0
    }

    fn work_is_left(&self) -> bool {
        !self.full.is_empty() || self.jobs_left.load(Ordering::SeqCst) != 0
    }
}

impl Sched {
    pub fn gc(&self) -> &Gc {
        self.gc.as_ref().expect("a run with a collector")
    }

    /// The running goroutine starts a cycle, if none is under way.
    pub fn start_cycle(self: &Arc<Self>, m: &M, handle: Handle) {
        let gc = self.gc();
        if gc.is_marking() || gc.starting.swap(true, Ordering::SeqCst) {
            return;
        }
        if gc.is_marking() {
            return gc.starting.store(false, Ordering::SeqCst);
        }
        self.stop_world(m, Some(self.g(handle)));
        gc.heap.finish_sweep();
        assert!(!gc.work_is_left(), "INV-GC-4: grey objects outside a cycle");
        for mutator in &gc.mutators {
            assert!(own(&mutator.grey).is_empty() && own(&mutator.barrier).is_empty(), "INV-GC-4");
            mutator.assist_credit.store(0, Ordering::SeqCst);
        }
        gc.jobs.store(1 + self.gs.len(), Ordering::SeqCst);
        gc.jobs_left.store(1 + self.gs.len(), Ordering::SeqCst);
        gc.next_job.store(0, Ordering::SeqCst);
        gc.scans.iter().for_each(|s| s.store(0, Ordering::SeqCst));
        assert!(gc.waiters.lock().unwrap().is_empty(), "INV-ASSIST-1: somebody waits for the last cycle");
        gc.credit.reset();
        gc.dedicated_wanted.store(self.ps.len().div_ceil(2), Ordering::SeqCst);
        self.log("a cycle starts; P:", m.p(), 0);
        gc.marking.store(true, Ordering::SeqCst);
        gc.starting.store(false, Ordering::SeqCst);
        self.start_the_world(m);
        self.wake_workers();
    }

    pub fn wake_workers(self: &Arc<Self>) {
        self.gc().wishes.fetch_add(1, Ordering::SeqCst);
        self.wake_p();
    }

    /// The world is stopped, and nothing is grey.
    pub fn mark_termination(&self) -> Vec<Handle> {
        let gc = self.gc();
        assert!(gc.is_marking() && !gc.work_is_left(), "INV-GC-4: mark termination with work left");
        self.log("marking ends", 0, 0);
        self.check_mark();
        for (i, scans) in gc.scans.iter().enumerate() {
            assert_eq!(scans.load(Ordering::SeqCst), 1, "INV-ROOT-1: root job {i} done once");
        }
        gc.marking.store(false, Ordering::SeqCst);
        for mutator in &gc.mutators {
            assert!(own(&mutator.grey).is_empty(), "INV-TERM-1: grey objects at mark termination");
            own(&mutator.barrier).clear();
        }
        gc.heap.start_sweep();
        gc.cycles.fetch_add(1, Ordering::SeqCst);
        let mut waiters = gc.waiters.lock().unwrap();
        gc.credit.leave(waiters.len());
        waiters.drain(..).map(|w| w.0).collect()
    }

    /// Traces again and compares.
    fn check_mark(&self) {
        let heap = &self.gc().heap;
        let mut seen = vec![false; heap.objects.len() + 1];
        let mut todo: Vec<usize> = heap.globals.iter().map(|g| g.load(Ordering::SeqCst)).collect();
        for g in &self.gs {
            todo.extend(g.roots.iter().map(|r| r.load(Ordering::SeqCst)));
        }
        while let Some(object) = todo.pop() {
            if object == 0 || std::mem::replace(&mut seen[object], true) {
                continue;
            }
            assert!(heap.is_marked(object), "a reachable object is white");
            todo.extend(heap.of(object).fields.iter().map(|f| f.load(Ordering::SeqCst)));
        }
    }

    /// After each drain.
    pub fn finish_marking_if_last(self: &Arc<Self>, m: &M) {
        let gc = self.gc();
        let left = || gc.termination.drainers() != 0 || gc.work_is_left();
        while gc.is_marking() && !left() && own(&gc.mutators[m.p()].grey).is_empty() {
            let Some(asking) = gc.termination.try_ask() else { return };
            if !gc.is_marking() {
                continue;
            }
            self.log("asks whether marking is done; P:", m.p(), 0);
            let flush_all = || {
                gc.flushed.store(0, Ordering::SeqCst);
                self.ragged_barrier(m, None, self.weak != Weak::NoRaggedFlush);
                gc.flushed.load(Ordering::SeqCst)
            };
            let flush_stopped = |(): &()| {
                if self.weak == Weak::NoRaggedFlush {
                    return 0;
                }
                (0..self.ps.len()).map(|p| self.flush(p)).sum()
            };
            let stop = || self.stop_world(m, None);
            match asking.decide(|| gc.work_is_left(), flush_all, stop, flush_stopped) {
                gort_protocols::mark_termination::Verdict::NotYet => {}
                gort_protocols::mark_termination::Verdict::GoOn(stopped) => {
                    if stopped.is_some() {
                        self.start_the_world(m);
                    }
                    self.wake_workers();
                }
                gort_protocols::mark_termination::Verdict::Done(()) => {
                    let waiters = self.mark_termination();
                    self.start_the_world(m);
                    for g in waiters {
                        self.ready(m.p(), g);
                    }
                    return;
                }
            }
        }
    }
}
