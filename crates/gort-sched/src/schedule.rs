//! The loop of a thread: find a goroutine, run it until it leaves, see why it left.
//!
//! Go counterpart: `proc.go` (`schedule`, `execute`).

use crate::current;
use crate::g::{GRef, NO_P};
use crate::leave;
use crate::m::M;
use crate::p::{P, request};
use crate::sched::Sched;
use gort_stack::{arch, guard};
use gort_sys::clock;
use std::sync::atomic::Ordering;

impl Sched {
    /// The whole life of a thread.
    pub(crate) fn m_main(&self, m: &M) {
        let _alt_stack = gort_sys::signal::AltStack::install();
        current::set(Some(m));
        m.set_cpu_clock();
        m.set_stack();
        self.adopt_next_p(m);
        while let Some(g) = self.next_goroutine(m) {
            self.execute(m, g);
        }
        current::set(None);
    }

    fn execute(&self, m: &M, g: GRef) {
        let p = m.p();
        g.status.execute();
        if let Some(since) = g.take_runnable_since() {
            self.collector().metrics().latencies.count((clock::nanotime() - since).max(0) as u64);
        }
        m.set_g(Some(g));
        p.set_context_g(Some(g));
        // Relaxed: a hint for suspenders and dumps.
        g.p.store(p.id, Ordering::Relaxed);
        if !p.inherits_slice.get() {
            p.begin_slice();
        }
        while self.run(m, p, g) {}
    }

    /// One stay on the thread; true if the goroutine goes on at once.
    fn run(&self, m: &M, p: &P, g: GRef) -> bool {
        if g.context().sp.is_null() {
            self.give_stack(p, g);
        }
        if g.shrink_wanted() {
            p.request(request::SHRINK);
        }
        p.set_limit(guard::stack_limit(g.stack_bounds().lo));
        let (ret0, ret1) = g.results();
        // They are roots: what is handed over now is not kept alive longer.
        g.set_results(0, 0);
        m.on_system_stack.set(false);
        // SAFETY: we are on the system stack and own the P; the goroutine is `Running`, so its stack and
        // context are ours (INV-G-1), and the context is complete (INV-PARK-1).
        let why = unsafe { arch::enter(p.context(), g.context().sp, ret0, ret1) };
        m.on_system_stack.set(true);
        match why {
            leave::RESUME => return true,
            leave::COMMIT => {
                let (pin, commit) = m.commit.take().expect("INV-PARK-1: a park without its commit");
                g.status.park(pin);
                Self::forget(m, p);
                if commit() {
                    return false;
                }
                g.status.unpark_self();
                m.set_g(Some(g));
                p.set_context_g(Some(g));
                return true;
            }
            leave::YIELD => {
                Self::forget(m, p);
                g.status.yield_now();
                self.put_global([g]);
            }
            leave::YIELD_TO_NEXT => {
                Self::forget(m, p);
                g.status.yield_now();
                self.put_last(p, g);
            }
            leave::EXIT => {
                Self::forget(m, p);
                m.doomed.set(m.loses(g));
                self.bury(p, g);
            }
            leave::LOST_P => self.without_p_after_syscall(m, g),
            leave::PARKED => {
                Self::forget(m, p);
                match p.parked_in.take() {
                    0 => {}
                    bubble => self.left_in_bubble(p, bubble),
                }
            }
            leave::PREEMPTED => Self::forget(m, p),
            other => panic!("INV-PARK-1: a goroutine left with {other}"),
        }
        false
    }

    fn forget(m: &M, p: &P) {
        m.set_g(None);
        p.set_context_g(None);
    }

    /// Runs next on this P.
    pub(crate) fn put_next(&self, p: &P, g: GRef) {
        debug_assert_ne!(p.id, NO_P);
        if self.chance(2) {
            return self.put_last(p, g);
        }
        g.becomes_runnable();
        if let Some(overflow) = p.runq.push_next(g.handle()) {
            self.append_global(overflow.handles().iter().map(|h| GRef::of_handle(*h)));
        }
    }

    /// Runs after what is in this P's queue.
    pub(crate) fn put_last(&self, p: &P, g: GRef) {
        g.becomes_runnable();
        if let Some(overflow) = p.runq.push(g.handle()) {
            self.append_global(overflow.handles().iter().map(|h| GRef::of_handle(*h)));
        }
    }

    /// At the end of the global queue.
    pub(crate) fn put_global(&self, gs: impl IntoIterator<Item = GRef>) {
        self.append_global(gs.into_iter().inspect(|g| g.becomes_runnable()));
    }

    /// As [`Self::put_global`], for goroutines that come from another queue.
    pub(crate) fn append_global(&self, gs: impl IntoIterator<Item = GRef>) {
        let mut lists = self.lists.lock();
        lists.global.extend(gs);
        // Relaxed: a hint; the truth is behind the lock.
        self.global_len.store(lists.global.len(), Ordering::Relaxed);
    }
}
