//! Mark workers: one Rust goroutine per P, started by the P's own scheduler turn, scanned like any other.
//!
//! Go counterpart: `mgc.go` (`gcBgMarkWorker`), `mgcpacer.go` (`findRunnableGCWorker`).
//!
//! A worker never migrates while it marks: it marks on the system stack, `SuspendVisible` (heart rule 1),
//! and parks before its P does anything else.

use crate::current::Current;
use crate::g::GRef;
use crate::native::{park_native, system_stack};
use crate::p::P;
use crate::sched::Sched;
use crate::wait_reason::WaitReason;
use gort_gc::WorkerMode;
use gort_sys::clock;
use std::sync::atomic::Ordering;

impl Sched {
    pub(crate) fn start_gc_workers(&self) {
        for id in 0..self.ps_made() as u32 {
            self.start_gc_worker(self.p(id));
        }
        self.start_force_gc();
    }

    /// Makes the worker of a P, once.
    pub(crate) fn start_gc_worker(&self, p: &P) {
        if p.worker.get().is_none() {
            let id = p.id;
            let g = self.spawn_native("runtime.gcBgMarkWorker", move || worker_main(id));
            p.worker.set(Some(g));
        }
    }

    /// The worker of this P, if the collector wants it to run before anything else.
    pub(crate) fn find_gc_worker(&self, p: &P) -> Option<GRef> {
        if !self.collector().barrier_on() {
            return None;
        }
        let mode = self.collector().worker_mode(p.mutator(), clock::nanotime() as u64)?;
        self.take_worker(p, mode)
    }

    /// The worker of this P, if nothing else is to be done.
    pub(crate) fn find_idle_gc_worker(&self, p: &P) -> Option<GRef> {
        if !self.collector().barrier_on() {
            return None;
        }
        let mode = self.collector().idle_worker_mode(p.mutator())?;
        self.take_worker(p, mode)
    }

    fn take_worker(&self, p: &P, mode: WorkerMode) -> Option<GRef> {
        // Acquire: pairs with the Release in `worker_main`.
        if !p.worker_parked.load(Ordering::Acquire) {
            self.collector().cancel_worker(p.mutator(), mode);
            return None;
        }
        // Relaxed: only the user of the P writes and reads it now.
        p.worker_parked.store(false, Ordering::Relaxed);
        p.worker_mode.set(Some(mode));
        let g = p.worker.get().expect("a parked worker exists");
        g.status.ready();
        Some(g)
    }

    fn start_force_gc(&self) {
        let mut slot = self.force_gc.lock();
        if slot.is_none() {
            // The lock is not held while the goroutine is made: it takes the lists' lock.
            drop(slot);
            let g = self.spawn_native("runtime.forcegchelper", force_gc_main);
            slot = self.force_gc.lock();
            *slot = Some(g);
        }
    }

    /// Sysmon: two minutes without a collection.
    pub(crate) fn force_gc_if_due(&self, now_ns: i64) {
        if self.collector().force_due(now_ns as u64) && self.force_gc_parked.swap(false, Ordering::SeqCst) {
            let g = *self.force_gc.lock();
            if let Some(g) = g {
                crate::native::ready_from_anywhere(self, g);
            }
        }
    }
}

fn worker_main(p_id: u32) {
    loop {
        park_native(WaitReason::GcWorkerIdle, move || {
            let p = Current::get().sched().p(p_id);
            // Release: pairs with the Acquire in `take_worker`.
            p.worker_parked.store(true, Ordering::Release);
            true
        });
        system_stack(|| {
            let current = Current::get();
            let p = current.p();
            assert_eq!(p.id, p_id, "INV-P-1: a mark worker on a foreign P");
            let mode = p.worker_mode.take().expect("a worker is started with its mode");
            current.save_context();
            let g = current.g();
            g.set_wait_reason(WaitReason::GcWorkerActive);
            let off = g.status.leave_stack();
            current.collector().run_worker(p.mutator(), mode, &off.witness());
            off.return_to_running();
        });
    }
}

fn force_gc_main() {
    loop {
        park_native(WaitReason::ForceGcIdle, || {
            Current::get().sched().force_gc_parked.store(true, Ordering::SeqCst);
            true
        });
        system_stack(|| {
            let current = Current::get();
            current.save_context();
            current.collector().gc_periodic(current.mutator());
        });
    }
}
