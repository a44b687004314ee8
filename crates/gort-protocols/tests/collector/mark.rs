//! Draining, root jobs, mark workers (`mark/drain.rs`, `mark/worker.rs`, `roots`).

use super::own;
use crate::scheduler::{Handle, M, P, Sched, Weak};
use gort_protocols::g_status::{Claim, Pin, Resume, Suspendable};
use gort_protocols::mark_byte;
use shuttle::sync::Arc;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

/// Objects of a P before it gives half away.
const PORTION: usize = 3;
/// Objects between two looks around.
const QUANTUM: usize = 3;
/// What scanning one thing earns.
pub const UNIT: u64 = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Preempted,
    Runnable,
    Work(u64),
}

impl Sched {
    pub fn shade(&self, p: usize, object: usize) {
        let gc = self.gc();
        if object == 0 || !mark_byte::mark(&gc.heap.of(object).mark) {
            return;
        }
        let mut grey = own(&gc.mutators[p].grey);
        grey.push(object);
        if grey.len() > PORTION {
            let half = grey.split_off(PORTION / 2);
            self.give(half);
        }
    }

    fn give(&self, portion: Vec<usize>) {
        let gc = self.gc();
        let mut list = gc.list.lock().unwrap();
        list.push(portion);
        gc.full.publish(list.len());
    }

    fn pop_grey(&self, p: usize) -> Option<usize> {
        let gc = self.gc();
        let mut grey = own(&gc.mutators[p].grey);
        if grey.is_empty() && !gc.full.is_empty() {
            let mut list = gc.list.lock().unwrap();
            if let Some(portion) = list.pop() {
                gc.full.publish(list.len());
                *grey = portion;
            }
        }
        grey.pop()
    }

    fn balance(&self, p: usize) {
        let mut grey = own(&self.gc().mutators[p].grey);
        if grey.len() > 1 {
            let half = grey.len() / 2;
            let half = grey.split_off(half);
            self.give(half);
        }
    }

    pub fn flush_barrier(&self, p: usize) {
        let remembered = std::mem::take(&mut *own(&self.gc().mutators[p].barrier));
        remembered.into_iter().for_each(|object| self.shade(p, object));
    }

    /// Gives all that the P has to everybody; how many objects.
    pub fn flush(&self, p: usize) -> usize {
        self.flush_barrier(p);
        let grey = std::mem::take(&mut *own(&self.gc().mutators[p].grey));
        let count = grey.len();
        if count > 0 {
            self.give(grey);
        }
        count
    }

    // The drain.

    pub fn drain(self: &Arc<Self>, m: &M, who: &Suspendable<'_>, until: Until) -> u64 {
        let gc = self.gc();
        gc.termination.enter_drain();
        let done = if gc.is_marking() { self.drain_entered(m, who, until) } else { 0 };
        gc.termination.leave_drain();
        done
    }

    fn drain_entered(self: &Arc<Self>, m: &M, who: &Suspendable<'_>, until: Until) -> u64 {
        let goal = if let Until::Work(units) = until { units } else { u64::MAX };
        let mut done = 0;
        loop {
            while let Some(job) = self.take_job() {
                let ran = self.run_job(m, who, job);
                done += self.credited(m, until, if ran { UNIT } else { 0 });
                if done >= goal || self.gives_up(m, until) {
                    return done;
                }
            }
            let (work, more) = self.scan_quantum(m);
            done += self.credited(m, until, work);
            if !more && !self.gc().jobs_waiting() || done >= goal || self.gives_up(m, until) {
                return done;
            }
        }
    }

    fn scan_quantum(self: &Arc<Self>, m: &M) -> (u64, bool) {
        let (gc, p) = (self.gc(), m.p());
        if gc.full.is_empty() {
            self.balance(p);
        }
        if !gc.full.is_empty() {
            self.wake_workers();
        }
        let mut work = 0;
        for _ in 0..QUANTUM {
            let Some(object) = self.pop_grey(p) else {
                self.flush_barrier(p);
                return (work, !own(&gc.mutators[p].grey).is_empty());
            };
            for field in &gc.heap.of(object).fields {
                self.shade(p, field.load(Ordering::SeqCst));
            }
            work += UNIT;
        }
        (work, true)
    }

    fn stop_is_wished(&self, m: &M) -> bool {
        self.stop_wished() || self.ps[m.p()].ragged.load(Ordering::SeqCst)
    }

    fn gives_up(&self, m: &M, until: Until) -> bool {
        let p = &self.ps[m.p()];
        if self.stop_is_wished(m) {
            return true;
        }
        let yields = || p.request.load(Ordering::SeqCst) || self.is_ending();
        match until {
            Until::Work(_) => false,
            Until::Preempted => yields(),
            Until::Runnable => yields() || !p.runq.is_empty() || self.global_len.load(Ordering::SeqCst) > 0,
        }
    }

    fn credited(self: &Arc<Self>, m: &M, until: Until, work: u64) -> u64 {
        let gc = self.gc();
        if work > 0 && !matches!(until, Until::Work(_)) && gc.credit.earn(work) {
            self.pay(m, &mut gc.waiters.lock().unwrap());
        }
        work
    }

    // Root jobs.

    fn take_job(&self) -> Option<usize> {
        let gc = self.gc();
        if !gc.jobs_waiting() {
            return None;
        }
        let jobs = gc.jobs.load(Ordering::SeqCst);
        let number = gc.next_job.fetch_add(1, Ordering::SeqCst);
        if number < jobs {
            return Some(number);
        }
        gc.next_job.store(jobs, Ordering::SeqCst);
        let mut list = gc.put_back.lock().unwrap();
        let job = list.pop()?;
        gc.put_back_count.store(list.len(), Ordering::SeqCst);
        Some(job)
    }

    /// False if it is to be tried again.
    fn run_job(self: &Arc<Self>, m: &M, who: &Suspendable<'_>, job: usize) -> bool {
        let gc = self.gc();
        if job == 0 {
            for global in &gc.heap.globals {
                self.shade(m.p(), global.load(Ordering::SeqCst));
            }
        } else if !self.scan_goroutine(m, who, (self.gs.len() + 1 - job) as Handle) {
            let mut list = gc.put_back.lock().unwrap();
            self.log("put back: job", job, list.len());
            list.push(job);
            gc.put_back_count.store(list.len(), Ordering::SeqCst);
            return false;
        }
        gc.scans[job].fetch_add(1, Ordering::SeqCst);
        assert!(gc.jobs_left.fetch_sub(1, Ordering::SeqCst) > 0, "INV-ROOT-1");
        true
    }

    fn scan_goroutine(self: &Arc<Self>, m: &M, who: &Suspendable<'_>, handle: Handle) -> bool {
        let g = self.g(handle);
        for turn in 0.. {
            match g.status.try_suspend(who) {
                Claim::Dead => return true,
                Claim::Claimed(guard) => {
                    g.stack.read();
                    for root in &g.roots {
                        self.shade(m.p(), root.load(Ordering::SeqCst));
                    }
                    g.stack.read();
                    if guard.release() == Resume::MakeReady {
                        g.status.ready();
                        self.put_last(m.p(), handle);
                        self.wake_p();
                    }
                    return true;
                }
                Claim::Running => {
                    if self.stop_is_wished(m) && self.weak != Weak::WorkerStaysRunning {
                        return false;
                    }
                    if let Some(p) = self.ps.get(g.p.load(Ordering::SeqCst)) {
                        p.request.store(true, Ordering::SeqCst);
                    }
                }
                Claim::Contended => {
                    if turn > 20 && self.stop_is_wished(m) {
                        return false;
                    }
                }
            }
            thread::yield_now();
        }
        unreachable!()
    }

    // Workers.

    fn worker_wanted(&self, p: &P) -> bool {
        let gc = self.gc();
        !own(&gc.mutators[p.id].grey).is_empty()
            || !gc.full.is_empty()
            || gc.jobs_waiting()
            || (gc.termination.drainers() == 0
                && gc.jobs_left.load(Ordering::SeqCst) == 0
                && !gc.termination.is_asking())
    }

    /// The worker of this P, before its goroutines or, `idle`, if it has none.
    pub fn find_worker(&self, p: &P, idle: bool) -> Option<Handle> {
        let gc = self.gc.as_ref()?;
        if !gc.is_marking() || !self.worker_wanted(p) {
            return None;
        }
        if !idle {
            let wanted = &gc.dedicated_wanted;
            wanted.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).ok()?;
        }
        let mutator = &gc.mutators[p.id];
        if !mutator.worker_parked.swap(false, Ordering::SeqCst) {
            if !idle {
                gc.dedicated_wanted.fetch_add(1, Ordering::SeqCst);
            }
            return None;
        }
        mutator.dedicated.store(!idle, Ordering::SeqCst);
        let handle = (self.gs.len() - self.ps.len() + p.id + 1) as Handle;
        self.g(handle).status.ready();
        Some(handle)
    }

    /// One turn of a worker, which is a goroutine: while it drains, it can be suspended without its help.
    pub fn run_worker(self: &Arc<Self>, m: &M, handle: Handle) {
        let (gc, g) = (self.gc(), self.g(handle));
        let mutator = &gc.mutators[m.p()];
        let dedicated = mutator.dedicated.load(Ordering::SeqCst);
        let until = if dedicated { Until::Preempted } else { Until::Runnable };
        self.log("a worker's turn, dedicated:", m.p(), usize::from(dedicated));
        let turn = |who: &Suspendable<'_>| {
            if self.drain(m, who, until) == 0 {
                // Others have the last work. A schedule by priorities is not to turn round and round here.
                thread::yield_now();
            }
            if dedicated {
                gc.dedicated_wanted.fetch_add(1, Ordering::SeqCst);
            }
            if !self.stop_is_wished(m) {
                self.finish_marking_if_last(m);
            }
        };
        if self.weak == Weak::WorkerStaysRunning {
            turn(&Suspendable::without_goroutine());
        } else {
            let off = g.status.leave_stack();
            turn(&off.witness());
            off.return_to_running();
        }
        self.ps[m.p()].request.store(false, Ordering::SeqCst);
        g.stack.write();
        g.status.park(Pin::Free);
        mutator.worker_parked.store(true, Ordering::SeqCst);
    }
}
