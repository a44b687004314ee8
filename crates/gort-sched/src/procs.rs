//! GOMAXPROCS: how many Ps there are.
//!
//! Go counterpart: `proc.go` (`procresize`), `debug.go` (`GOMAXPROCS`).
//!
//! Ps are used by number. One whose number is too high now, but whose thread is in the middle of a runtime function,
//! cannot be taken from it: it is `leaving`, the goroutine yields at its next safepoint, and the loop of the
//! thread takes the P out of use. Until then there are more Ps than [`Sched::procs`] says.

use crate::current::Current;
use crate::g::GRef;
use crate::m::M;
use crate::p::{P, request};
use crate::sched::{PROCS_MAX, Sched};
use gort_gc::host::StopReason;
use gort_protocols::p_status::PState;
use std::sync::atomic::Ordering;

impl Sched {
    /// Makes the first Ps; all idle.
    pub(crate) fn make_ps(&self, count: usize) {
        for id in 0..count {
            self.make_p(id as u32);
            let mut lists = self.lists.lock();
            let p = self.p(id as u32);
            p.status.restart();
            self.put_idle_p(&mut lists, p);
        }
        // Lowest number first.
        self.lists.lock().idle_ps.reverse();
        // Release: pairs with the Acquire in `procs`.
        self.procs.store(count, Ordering::Release);
    }

    /// A new P, `Stopped`.
    fn make_p(&self, id: u32) -> &P {
        let p = self.ps[id as usize].get_or_init(|| Box::new(P::new(id)));
        // SAFETY: the context lives at a stable address as long as the P (INV-SCHED-1).
        let mutator = unsafe { self.collector().new_mutator(p.context()) };
        p.set_mutator(Some(mutator));
        // Relaxed: set before the threads start, or by a thread of ours.
        p.set_runtime(self.runtime.load(Ordering::Relaxed));
        p
    }

    /// With the world stopped: the first `wanted` Ps are in use, and no other, but those whose threads are in the middle
    /// of a runtime function: they go when these come to their loops. Returns the Ps that are new.
    fn resize(&self, wanted: usize, own: &P) -> Vec<u32> {
        let mut new = Vec::new();
        for id in 0..self.ps_made().max(wanted) {
            let p = self.ps[id].get();
            let dead = p.is_none_or(|p| p.status.state() == PState::Dead);
            match p {
                Some(p) if !dead && id < wanted => p.set_leaving(false),
                Some(p) if !dead && (p.id == own.id || p.in_place.get()) => {
                    p.set_leaving(true);
                    p.request(request::YIELD);
                }
                Some(p) if !dead => self.retire_p(p),
                _ if id < wanted => {
                    let made = self.make_p(id as u32);
                    if p.is_some() {
                        made.status.revive();
                    }
                    new.push(id as u32);
                }
                _ => {}
            }
        }
        // Release: pairs with the Acquire in `procs`.
        self.procs.store(wanted, Ordering::Release);
        new
    }

    /// With the world stopped: takes a P out of use; its goroutines go to the global queue.
    fn retire_p(&self, p: &P) {
        let mut gs = Vec::new();
        while let Some(handle) = p.runq.pop() {
            gs.push(GRef::of_handle(handle));
        }
        self.append_global(gs);
        // The first P is never retired.
        let heir = self.p(0);
        p.times.take_all().into_iter().for_each(|entry| self.add_entry(heir, entry));
        self.drop_stacks(p);
        let free = std::mem::take(p.free_gs());
        self.lists.lock().free_gs.extend(free);
        self.collector().retire_mutator(p.mutator());
        p.set_mutator(None);
        p.set_leaving(false);
        p.status.retire();
    }

    /// A thread in its loop, whose P is [`P::leaving`]: takes it out of use, unless it stays after all.
    pub(crate) fn leave_p(&self, m: &M) {
        if m.searching.replace(false) {
            self.spinning.cancel();
        }
        let stopped = self.stop_the_world(m, StopReason::Procs);
        let p = m.p();
        if p.leaving.get() {
            self.retire_p(p);
            m.set_p(None);
        }
        self.start_the_world(m, stopped);
    }
}

impl Current<'_> {
    /// Sets the number of Ps to `n` if it is not zero and different; returns what it was.
    pub(crate) fn change_procs(&self, n: usize) -> usize {
        let sched = self.sched();
        let old = sched.procs();
        let wanted = n.min(PROCS_MAX);
        if wanted == 0 || wanted == old {
            return old;
        }
        let new = self.with_world_stopped(StopReason::Procs, |_| sched.resize(wanted, self.p()));
        for id in new {
            sched.start_gc_worker(sched.p(id));
        }
        old
    }
}
