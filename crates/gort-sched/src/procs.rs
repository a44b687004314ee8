//! GOMAXPROCS: how many Ps there are.
//!
//! Go counterpart: `proc.go` (`procresize`), `debug.go` (`GOMAXPROCS`).

use crate::current::Current;
use crate::g::GRef;
use crate::p::P;
use crate::sched::{PROCS_MAX, Sched};
use gort_protocols::p_status::PState;
use std::sync::atomic::Ordering;

impl Sched {
    /// Makes the first Ps; all idle.
    pub(crate) fn make_ps(&self, count: usize) {
        for id in 0..count {
            self.make_p(id as u32);
            let mut lists = self.lists.lock();
            self.p(id as u32).status.restart();
            lists.idle_ps.push(id as u32);
            self.spinning.p_idle();
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

    /// Takes a P out of use; its goroutines go to the global queue.
    fn retire_p(&self, p: &P) {
        let mut gs = Vec::new();
        while let Some(handle) = p.runq.pop() {
            gs.push(GRef::of_handle(handle));
        }
        self.put_global(gs);
        let heir = crate::Current::get().p();
        p.times.take_all().into_iter().for_each(|entry| self.add_entry(heir, entry));
        self.drop_stacks(p);
        let free = std::mem::take(p.free_gs());
        self.lists.lock().free_gs.extend(free);
        self.collector().retire_mutator(p.mutator());
        p.set_mutator(None);
        p.status.retire();
    }
}

impl Current<'_> {
    /// With the world stopped: Ps are used by number, so a thread whose P will go takes one that stays.
    fn move_below(&self, count: usize) {
        let (sched, m, old) = (self.sched(), self.m(), self.p());
        if (old.id as usize) < count {
            return;
        }
        let stays = |id: &u32| {
            let p = sched.ps[*id as usize].get();
            p.is_some_and(|p| p.status.state() == PState::Stopped && !p.in_place.get())
        };
        let Some(id) = (0..count as u32).find(stays) else { return };
        let new = sched.p(id);
        m.set_p(Some(new));
        old.set_context_g(None);
        let Some(g) = self.try_g() else { return };
        if g.is_native() {
            new.set_context_g(Some(g));
            // SAFETY: INV-P-1: the world is stopped, and the old P was ours.
            let from = unsafe { &*old.context() };
            // SAFETY: as above; the new P is another one.
            let to = unsafe { &mut *new.context() };
            (to.g0_sp, to.saved_sp, to.saved_fp) = (from.g0_sp, from.saved_sp, from.saved_fp);
        } else {
            // Its thunk looks at the old context, which nobody uses any more.
            old.set_leave(crate::leave::MOVED);
        }
    }

    /// Sets the number of Ps to `n` if it is not zero and different; returns what it was.
    pub(crate) fn change_procs(&self, n: usize) -> usize {
        let sched = self.sched();
        let old = sched.procs();
        let wanted = n.min(PROCS_MAX);
        if wanted == 0 || wanted == old {
            return old;
        }
        let mut grown = Vec::new();
        self.with_world_stopped(|_| {
            self.move_below(wanted);
            let own = self.p().id;
            let mut count = sched.procs();
            for id in (0..sched.ps_made() as u32).rev() {
                let p = sched.p(id);
                // A P that waits in place belongs to a goroutine in the middle of a runtime call.
                if count > wanted && id != own && p.status.state() == PState::Stopped && !p.in_place.get() {
                    sched.retire_p(p);
                    count -= 1;
                }
            }
            let mut id = 0;
            while count < wanted {
                let slot = sched.ps[id as usize].get();
                if slot.is_none_or(|p| p.status.state() == PState::Dead) {
                    let p = sched.make_p(id);
                    if slot.is_some() {
                        p.status.revive();
                    }
                    grown.push(id);
                    count += 1;
                }
                id += 1;
            }
            // Release: pairs with the Acquire in `procs`.
            sched.procs.store(count, Ordering::Release);
        });
        for id in grown {
            sched.start_gc_worker(sched.p(id));
        }
        old
    }
}
