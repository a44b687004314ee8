//! The search for a goroutine, and going to sleep without losing one (`find_runnable.rs`, `net/poller.rs`).

use super::{Handle, Lists, M, NEVER, P, Sched, Weak, What};
use crate::seeded::parts::{below, one_in};
use gort_protocols::run_queue::SLOTS;
use gort_protocols::spinning::SecondLook;
use shuttle::sync::Arc;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

impl Sched {
    pub fn find_runnable(self: &Arc<Self>, m: &M) -> Option<Handle> {
        if !m.has_p() && !self.park_m(m) {
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
            let p = &self.ps[m.p()];
            p.state.write();
            self.answer_ragged(p);
            let wishes = self.wishes();
            if let Some(g) = self.find_with_p(m, p) {
                return Some(g);
            }
            if self.gc.as_ref().is_some_and(|gc| gc.heap.sweep_one()) {
                continue;
            }
            if !self.sleep_without_work(m, p, wishes) {
                return None;
            }
        }
    }

    fn find_with_p(self: &Arc<Self>, m: &M, p: &P) -> Option<Handle> {
        self.clock.fetch_add(below(2) as i64, Ordering::SeqCst);
        self.run_due(p, p);
        if let Some(g) = self.find_worker(p, false) {
            self.own_wait(p);
            return Some(g);
        }
        if one_in(16) {
            self.other_turn(m, p);
        }
        if one_in(8)
            && let Some(g) = self.take_global(p, 1)
        {
            self.own_wait(p);
            return Some(g);
        }
        p.runq
            .pop()
            .or_else(|| self.take_global(p, 0))
            .or_else(|| self.poll_now(p))
            .or_else(|| self.steal(m, p))
            .or_else(|| self.find_worker(p, true))
    }

    fn wishes(&self) -> u32 {
        self.gc.as_ref().map_or(0, |gc| gc.wishes.load(Ordering::SeqCst))
    }

    /// The P runs something else first, as a mark worker, until it is asked to stop; but not while its own goroutines could
    /// run elsewhere.
    fn other_turn(self: &Arc<Self>, m: &M, p: &P) {
        if m.searching.replace(false) && self.spinning.found() {
            self.wake_p();
        }
        self.own_wait(p);
        while !p.runq.is_empty() && self.spinning.counts().1 > 0 && !self.stop_wished() && !self.is_ending() {
            if p.request.load(Ordering::SeqCst) {
                return;
            }
            thread::yield_now();
        }
    }

    fn own_wait(self: &Arc<Self>, p: &P) {
        if !p.runq.is_empty() && self.weak != Weak::OwnMayWait {
            self.wake_p();
        }
    }

    fn take_global(&self, p: &P, max: usize) -> Option<Handle> {
        if self.global_len.load(Ordering::SeqCst) == 0 {
            return None;
        }
        self.take_global_locked(&mut self.lists.lock().unwrap(), p, max)
    }

    fn take_global_locked(&self, lists: &mut Lists, p: &P, max: usize) -> Option<Handle> {
        let there = lists.global.len();
        let share = (there / self.ps.len() + 1).min(there).min(SLOTS / 2);
        let count = if max > 0 { share.min(max) } else { share };
        let first = if count > 0 { lists.global.pop_front() } else { None };
        for g in lists.global.drain(..count.saturating_sub(1)) {
            assert!(p.runq.push(g).is_none(), "INV-RQ-1: batch into a full queue");
        }
        self.global_len.store(lists.global.len(), Ordering::SeqCst);
        first
    }

    fn steal(self: &Arc<Self>, m: &M, p: &P) -> Option<Handle> {
        if !m.searching.get() {
            let busy = (self.ps.len() as u32).saturating_sub(self.spinning.counts().1);
            if !self.spinning.may_search(busy) {
                return None;
            }
            m.searching.set(true);
            self.spinning.start_searching();
        }
        for and_next in [false, true] {
            let start = below(self.ps.len());
            for i in 0..self.ps.len() {
                if self.stop_wished() || self.is_ending() {
                    return None;
                }
                let victim = &self.ps[(start + i) % self.ps.len()];
                if victim.id == p.id {
                    continue;
                }
                if and_next {
                    self.run_due(p, victim);
                    if let Some(g) = p.runq.pop() {
                        return Some(g);
                    }
                }
                if let Some(g) = victim.runq.steal_into(&p.runq, and_next) {
                    return Some(g);
                }
            }
        }
        None
    }

    /// Gives the P back, looks once more, and sleeps. False at the end.
    fn sleep_without_work(self: &Arc<Self>, m: &M, p: &P, wishes: u32) -> bool {
        {
            let mut lists = self.lists.lock().unwrap();
            if self.stop_wished() || self.is_ending() || p.ragged.load(Ordering::SeqCst) {
                return true;
            }
            if let Some(g) = self.take_global_locked(&mut lists, p, 0) {
                drop(lists);
                self.put_next(p.id, g);
                return true;
            }
            m.set_p(None);
            p.status.release();
            self.put_idle_p(&mut lists, p.id);
        }
        let searched = m.searching.replace(false);
        self.log("a thread gave its P away; searched:", p.id, usize::from(searched));
        let look = self.spinning.stop_searching(searched);
        let weak = if searched { Weak::SecondLook } else { Weak::NobodyIsAsked };
        if look == SecondLook::Needed && self.weak != weak && self.any_queue_has_work() {
            return self.take_idle_p_and_search(m) || self.sleep_m(m);
        }
        if self.wishes() != wishes && self.take_idle_p_and_search(m) {
            return true;
        }
        self.sleep_m(m)
    }

    /// The end: lets no stopper and no barrier wait.
    fn leave_for_ever(self: &Arc<Self>, m: &M) {
        let p = &self.ps[m.p()];
        loop {
            self.answer_ragged(p);
            let mut lists = self.lists.lock().unwrap();
            if p.ragged.load(Ordering::SeqCst) {
                continue;
            }
            m.set_p(None);
            if self.stop_wished() {
                p.status.stop();
                self.count_stopped(&mut lists);
            } else {
                p.status.release();
                self.put_idle_p(&mut lists, p.id);
            }
            return;
        }
    }

    fn sleep_m(self: &Arc<Self>, m: &M) -> bool {
        self.sleep_in_poller(m) || self.park_m(m)
    }

    pub fn any_queue_has_work(&self) -> bool {
        self.global_len.load(Ordering::SeqCst) > 0 || self.ps.iter().any(|p| !p.runq.is_empty())
    }

    fn take_idle_p_and_search(&self, m: &M) -> bool {
        let mut lists = self.lists.lock().unwrap();
        let Some(p) = self.take_idle_p(&mut lists) else { return false };
        self.ps[p].status.acquire();
        self.log("a thread takes a P and searches:", p, 0);
        m.set_p(Some(p));
        m.searching.set(true);
        self.spinning.start_searching();
        true
    }

    // Timers and descriptors.

    /// When the first timer of all is due.
    fn earliest(&self) -> i64 {
        let first = |p: &P| p.times.lock().unwrap().iter().map(|t| t.0).min().unwrap_or(NEVER);
        self.ps.iter().map(first).min().unwrap_or(NEVER)
    }

    fn run_due(self: &Arc<Self>, p: &P, of: &P) {
        let now = self.clock.load(Ordering::SeqCst);
        let due: Vec<_> = of.times.lock().unwrap().extract_if(.., |t| t.0 <= now).collect();
        for (_, what) in due {
            match what {
                What::Wake(g) => self.ready_last(p, g),
                What::Timer(g, generation) => self.timer_is_due(p, g, generation),
            }
        }
    }

    pub fn ready_last(self: &Arc<Self>, p: &P, g: Handle) {
        self.g(g).status.ready();
        self.put_last(p.id, g);
        self.wake_p();
    }

    /// Descriptors that are ready: the goroutines that wait for them.
    fn events(&self) -> Vec<Handle> {
        let events: Vec<_> = self.poller.events.lock().unwrap().drain(..).collect();
        events.into_iter().filter_map(|g| self.g(g).poll.notify()).map(|g| g - 1).collect()
    }

    /// The monitor: nobody has asked for long. (As in Go, a thread that is asleep already is not woken to wait in the poller
    /// when the first goroutine waits for a descriptor.)
    pub fn poll_late(self: &Arc<Self>) {
        if self.poller.waiters.load(Ordering::SeqCst) > 0 && !self.poller.sleeper.is_taken() {
            self.ready_everywhere(self.events());
        }
    }

    fn ready_everywhere(self: &Arc<Self>, woken: Vec<Handle>) {
        let count = woken.len();
        woken.iter().for_each(|g| self.g(*g).status.ready());
        self.put_global(woken);
        for _ in 0..count.min(self.ps.len()) {
            self.wake_p();
        }
    }

    fn poll_now(self: &Arc<Self>, p: &P) -> Option<Handle> {
        if self.poller.waiters.load(Ordering::SeqCst) == 0 || self.poller.sleeper.is_taken() {
            return None;
        }
        let mut woken = self.events().into_iter();
        let first = woken.next()?;
        self.g(first).status.ready();
        for g in woken {
            self.ready_last(p, g);
        }
        Some(first)
    }

    /// True: it has a P.
    fn sleep_in_poller(self: &Arc<Self>, m: &M) -> bool {
        loop {
            let mut until = self.earliest();
            if self.is_ending() || until == NEVER && self.poller.waiters.load(Ordering::SeqCst) == 0 {
                return false;
            }
            if !self.poller.sleeper.try_enter() {
                return false;
            }
            loop {
                self.poller.sleeper.announce(until);
                if self.weak == Weak::NoLookAfterAnnounce {
                    break;
                }
                match self.earliest() {
                    earlier if earlier < until => until = earlier,
                    _ => break,
                }
            }
            self.log("a thread sleeps in the poller", until as usize, 0);
            self.wait_for_events(until);
            let woken = self.events();
            self.poller.sleeper.leave();
            if self.take_idle_p_and_search(m) {
                for g in woken {
                    self.ready_last(&self.ps[m.p()], g);
                }
                return true;
            }
            self.ready_everywhere(woken);
            if self.earliest() <= self.clock.load(Ordering::SeqCst) {
                self.log("the poller is left to those who have a P", 0, 0);
                return false;
            }
        }
    }

    /// Until an event, a wake-up, or the time: that is up whenever chance says so.
    fn wait_for_events(&self, until: i64) {
        if self.is_ending() {
            return;
        }
        if until == NEVER {
            return self.poller.note.sleep();
        }
        while !self.poller.note.take() {
            if one_in(4) {
                self.clock.fetch_max(until, Ordering::SeqCst);
                return;
            }
            thread::yield_now();
        }
    }
}
