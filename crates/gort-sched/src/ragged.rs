//! The ragged barrier: a function runs once for every P, each at its own time.
//!
//! Go counterpart: `proc.go` (`forEachP`, `runSafePointFn`).
//!
//! Busy Ps run it at their next safepoint or in their scheduler loop; for idle Ps, and for its own, the
//! caller does. It is under the same right as a stop of the world, so the two never overlap.
//!
//! **INV-RAGGED-1 (alive).** The function is called only for a P whose `ragged` flag the caller took, and it
//! lives until all flags were taken and counted.

use crate::m::M;
use crate::p::{P, request};
use crate::sched::Sched;
use gort_gc::Mutator;
use gort_protocols::p_status::PState;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The function of the barrier that is under way (INV-RAGGED-1).
#[derive(Clone, Copy, Default)]
pub(crate) struct RaggedFn(Option<*const (dyn Fn(&Mutator) + Sync)>);

// SAFETY: the function is Sync.
unsafe impl Send for RaggedFn {}

impl Sched {
    /// Runs `run` once for every P; returns when all are done.
    pub(crate) fn run_on_every_p(&self, m: &M, run: &(dyn Fn(&Mutator) + Sync)) {
        self.lock_world(m);
        let own = m.p();
        let run_ptr: *const (dyn Fn(&Mutator) + Sync + '_) = run;
        // SAFETY: only the lifetime changes: INV-RAGGED-1, this function waits for all calls.
        let run_ptr: *const (dyn Fn(&Mutator) + Sync + 'static) = unsafe { std::mem::transmute(run_ptr) };
        *self.ragged_fn.lock() = RaggedFn(Some(run_ptr));
        self.ragged_note.clear();
        self.ragged_wait.store(self.others_in_use(own), Ordering::SeqCst);
        let mut idle = Vec::new();
        {
            let mut lists = self.lists.lock();
            self.each_p(|p| {
                if p.id != own.id && p.status.state() != PState::Dead {
                    p.ragged.store(true, Ordering::SeqCst);
                }
            });
            while let Some(p) = self.take_idle_p(&mut lists) {
                p.status.acquire();
                idle.push(p);
            }
        }
        for p in &idle {
            self.answer_ragged(p);
        }
        run(own.mutator());
        let held = !idle.is_empty();
        if held {
            let mut lists = self.lists.lock();
            for p in idle {
                p.status.release();
                self.put_idle_p(&mut lists, p);
            }
        }
        self.wait_for_ragged(own);
        *self.ragged_fn.lock() = RaggedFn(None);
        self.unlock_world();
        // While we held idle Ps, a submitter may have found none, and so may the thread in the poller, which then left what is
        // due to those who have a P: to us. Somebody must look, at timers too, and sleep there again.
        if held || self.any_queue_has_work() {
            self.wake_p();
        }
    }

    fn wait_for_ragged(&self, own: &P) {
        while self.ragged_wait.load(Ordering::SeqCst) > 0 {
            self.each_p(|p| {
                if p.id == own.id || !p.ragged.load(Ordering::SeqCst) {
                    return;
                }
                match p.status.syscall_token() {
                    Some(call) => {
                        self.retake(p, call);
                    }
                    None => p.request(request::RAGGED),
                }
            });
            if self.ragged_note.sleep_timeout(Duration::from_micros(200)) {
                return;
            }
        }
    }

    /// The user of a P runs the function, if it has not run for this P yet.
    pub(crate) fn answer_ragged(&self, p: &P) {
        // Relaxed: a look; the swap decides.
        if !p.ragged.load(Ordering::Relaxed) || !p.ragged.swap(false, Ordering::SeqCst) {
            return;
        }
        let RaggedFn(run) = *self.ragged_fn.lock();
        let run = run.expect("INV-RAGGED-1: a flag without a function");
        // SAFETY: INV-RAGGED-1: we took the flag and have not counted yet.
        let run = unsafe { &*run };
        run(p.mutator());
        if self.ragged_wait.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.ragged_note.wakeup();
        }
    }
}
