//! The search for a goroutine: what is asked, in which order, before a thread goes to sleep.
//!
//! Go counterpart: `proc.go` (`findRunnable`, `stealWork`, `checkRunqsNoP`).
//!
//! Order: a stop of the world; what is due; a mark worker; fairness (the global queue, every 61 turns); the own queue;
//! the global queue; descriptors; other queues and what is due there; an idle mark worker; a little sweeping. Then the P is given back, and
//! after that everything is looked at once more (INV-SPIN-1).

use crate::g::GRef;
use crate::m::M;
use crate::net::poller::Slept;
use crate::p::P;
use crate::sched::{Lists, Sched};
use gort_protocols::spinning::SecondLook;
use std::sync::atomic::{AtomicU32, Ordering, fence};

/// Every so many turns the global queue comes first.
const FAIRNESS: u32 = 61;
/// Rounds over all victims.
const STEAL_ROUNDS: usize = 4;
/// At most so many goroutines come from the global queue at once.
const BATCH_MAX: usize = gort_protocols::run_queue::SLOTS / 2;

impl Sched {
    /// A goroutine to run; none when the scheduler ends. The M has a P whenever one is returned.
    pub(crate) fn find_runnable(&self, m: &M) -> Option<GRef> {
        if m.try_p().is_none() && !self.park_m(m) {
            return None;
        }
        loop {
            if self.is_ending() {
                self.leave_for_ever(m);
                return None;
            }
            if self.stop_wished() {
                if !self.stop_m_for_world(m) {
                    return None;
                }
                continue;
            }
            if m.p().leaving.get() {
                self.leave_p(m);
                if m.try_p().is_none() && !self.park_m(m) {
                    return None;
                }
                continue;
            }
            if self.give_p_to_wanting(m) {
                if !self.park_m(m) {
                    return None;
                }
                continue;
            }
            let p = m.p();
            p.inherits_slice.set(false);
            p.forget_requests_but_yield();
            self.answer_ragged(p);
            if self.stop_wished() {
                continue;
            }
            // Read before the search: a wish that comes later is seen below.
            let wishes = self.gc_wishes.load(Ordering::SeqCst);
            if let Some(g) = self.find_with_p(m, p) {
                return Some(g);
            }
            if self.collector().idle_sweep() {
                continue;
            }
            if !self.sleep_without_work(m, p, wishes) {
                return None;
            }
        }
    }

    fn find_with_p(&self, m: &M, p: &P) -> Option<GRef> {
        self.run_due(p, p);
        if let Some(g) = self.find_gc_worker(p).or_else(|| self.find_due_caller()) {
            self.own_wait(p);
            return Some(g);
        }
        // One that was made to run next does not wait: it shares the slice of the last one, so the turn is the same one
        // when the next goroutine is looked for. Relaxed: our own counter.
        if (!p.runq.has_next() && p.tick.load(Ordering::Relaxed).is_multiple_of(FAIRNESS) || self.chance(4))
            && self.global_hint() > 0
            && let Some(g) = self.take_global(p, 1)
        {
            self.own_wait(p);
            return Some(g);
        }
        // Not with goroutines of its own: INV-RQ-1.
        if self.chance(4)
            && p.runq.is_empty()
            && let Some(g) = self.steal(m, p)
        {
            return Some(g);
        }
        if let Some((handle, next)) = p.runq.pop_and_tell() {
            // Two goroutines that wake each other share one time slice, or others here would starve.
            p.inherits_slice.set(next);
            return Some(GRef::of_handle(handle));
        }
        if self.global_hint() > 0
            && let Some(g) = self.take_global(p, 0)
        {
            return Some(g);
        }
        if let Some(g) = self.poll_now(p) {
            return Some(g);
        }
        if let Some(g) = self.steal(m, p) {
            return Some(g);
        }
        if let Some(g) = self.find_idle_gc_worker(p) {
            return Some(g);
        }
        None
    }

    /// Another goroutine runs before those of this P's queue: an idle P is to take them. One that came back from a system
    /// call was put there without a word, since it was to run at once.
    fn own_wait(&self, p: &P) {
        if !p.runq.is_empty() {
            self.wake_p();
        }
    }

    /// Zeal: once in `n` times, by chance; else never.
    pub(crate) fn chance(&self, n: u64) -> bool {
        let Some(seed) = self.chaos else { return false };
        let m = crate::current().map(|c| c.m());
        m.is_some_and(|m| (m.random() ^ seed.rotate_left(17)).is_multiple_of(n))
    }

    fn global_hint(&self) -> usize {
        // Relaxed: a hint; the truth is behind the lock.
        self.global_len.load(Ordering::Relaxed)
    }

    /// Takes this P's share of the global queue (at most `max`, 0 for no limit); returns the first.
    fn take_global(&self, p: &P, max: usize) -> Option<GRef> {
        let mut lists = self.lists.lock();
        self.take_global_locked(&mut lists, p, max)
    }

    fn take_global_locked(&self, lists: &mut Lists, p: &P, max: usize) -> Option<GRef> {
        let there = lists.global.len();
        let share = (there / self.procs() + 1).min(there).min(BATCH_MAX);
        let count = if max > 0 { share.min(max) } else { share };
        let first = if count > 0 { lists.global.pop_front() } else { None };
        for g in lists.global.drain(..count.saturating_sub(1)) {
            let overflow = p.runq.push(g.handle());
            assert!(overflow.is_none(), "INV-RQ-1: batch into a full queue");
        }
        // Relaxed: a hint.
        self.global_len.store(lists.global.len(), Ordering::Relaxed);
        first
    }

    fn steal(&self, m: &M, p: &P) -> Option<GRef> {
        if !m.searching.get() {
            let idle = self.spinning.counts().1;
            let busy = (self.procs() as u32).saturating_sub(idle);
            if !self.spinning.may_search(busy) {
                return None;
            }
            m.searching.set(true);
            self.spinning.start_searching();
        }
        let made = self.ps_made();
        for round in 0..STEAL_ROUNDS {
            let and_next = round == STEAL_ROUNDS - 1;
            let start = m.random() as usize % made;
            for i in 0..made {
                if self.stop_wished() || self.is_ending() {
                    return None;
                }
                let victim = self.p(((start + i) % made) as u32);
                if victim.id == p.id {
                    continue;
                }
                if and_next && !victim.runq.is_empty() {
                    // It was just made to run next over there: leave it a moment.
                    std::hint::spin_loop();
                    gort_sys::thread::yield_now();
                }
                if and_next {
                    self.run_due(p, victim);
                    if let Some(handle) = p.runq.pop() {
                        return Some(GRef::of_handle(handle));
                    }
                }
                if let Some(handle) = victim.runq.steal_into(&p.runq, and_next) {
                    return Some(GRef::of_handle(handle));
                }
            }
        }
        None
    }

    /// Gives the P back, looks once more, and sleeps. False when the scheduler ends.
    fn sleep_without_work(&self, m: &M, p: &P, wishes: u32) -> bool {
        {
            let mut lists = self.lists.lock();
            let wanted = !lists.wanting_ms.is_empty();
            if wanted || self.stop_wished() || self.is_ending() || p.ragged.load(Ordering::SeqCst) {
                return true;
            }
            if let Some(g) = self.take_global_locked(&mut lists, p, 0) {
                self.put_next(p, g);
                return true;
            }
            self.give_p_back(&mut lists, m, p);
        }
        let searched = m.searching.replace(false);
        if self.spinning.stop_searching(searched) == SecondLook::Needed && self.any_queue_has_work() {
            return self.take_idle_p_and_search(m) || self.sleep_m(m);
        }
        // Pairs with the SeqCst increment in `wake_workers`: it counted us as idle, or we see its wish.
        fence(Ordering::SeqCst);
        if load(&self.gc_wishes) != wishes && self.take_idle_p_and_search(m) {
            return true;
        }
        self.sleep_m(m)
    }

    /// Sleeps until there is something to do, where somebody is needed. False when the scheduler ends.
    fn sleep_m(&self, m: &M) -> bool {
        match self.sleep_in_poller(m) {
            Slept::WithP => true,
            Slept::NotHere => {
                self.wake_useless_sleeper();
                self.park_m(m)
            }
        }
    }

    pub(crate) fn any_queue_has_work(&self) -> bool {
        // Relaxed: a hint; only ever set under the lock of who wants a P.
        let mut found = self.global_hint() > 0 || self.wanting.load(Ordering::Relaxed) > 0;
        self.each_p(|p| found |= !p.runq.is_empty());
        found
    }

    pub(crate) fn take_idle_p_and_search(&self, m: &M) -> bool {
        let mut lists = self.lists.lock();
        let Some(p) = self.take_idle_p(&mut lists) else { return false };
        p.status.acquire();
        m.set_p(Some(p));
        m.searching.set(true);
        self.spinning.start_searching();
        true
    }
}

fn load(word: &AtomicU32) -> u32 {
    word.load(Ordering::SeqCst)
}
