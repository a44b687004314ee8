//! Stopping the world, ragged barriers, suspending one goroutine (`stop_world.rs`, `ragged.rs`, `suspend.rs`).

use super::{G, Handle, Lists, M, P, Sched, Weak};
use gort_protocols::g_status::{Claim, GState, Resume, Suspendable};
use gort_protocols::p_status::{PState, Token};
use gort_protocols::spinning::SecondLook;
use shuttle::sync::Arc;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

impl Sched {
    pub fn stop_wished(&self) -> bool {
        self.stop_requested.load(Ordering::Acquire)
    }

    /// The right to stop the world; meanwhile others may stop it. For the running goroutine, or for one that is off its
    /// stack already.
    fn lock_world(self: &Arc<Self>, m: &M, g: Option<&G>) {
        let turn = self.world.queue_up();
        if self.world.has_come(&turn) {
            return;
        }
        let off = g.map(|g| g.status.leave_stack());
        while !self.world.has_come(&turn) {
            self.answer_in_place(m);
            thread::yield_now();
        }
        drop(off);
    }

    pub fn stop_world(self: &Arc<Self>, m: &M, g: Option<&G>) {
        self.lock_world(m, g);
        self.stop_others(&self.ps[m.p()]);
    }

    /// One stop by a running goroutine, who looks at everything that it has a right to meanwhile.
    pub fn stop_and_start(self: &Arc<Self>, m: &M, g: &G) {
        self.stop_world(m, Some(g));
        let own = &self.ps[m.p()];
        self.log("P has stopped the world", own.id, 0);
        for p in &self.ps {
            assert_eq!(p.status.state(), PState::Stopped, "INV-STOP-1: P {}", p.id);
            p.state.write();
        }
        for other in self.gs.iter().filter(|o| !std::ptr::eq(*o, g)) {
            let state = other.status.view().state;
            assert!(
                !matches!(state, GState::Running | GState::CopyStack),
                "INV-STOP-1: a goroutine is {state:?}"
            );
        }
        self.start_the_world(m);
    }

    fn stop_others(&self, own: &P) {
        let left = {
            let mut lists = self.lists.lock().unwrap();
            self.stop_note.take();
            self.stop_requested.store(true, Ordering::Release);
            lists.stop_wait = self.ps.len() - 1;
            while let Some(p) = self.take_idle_p(&mut lists) {
                self.ps[p].status.stop_idle();
                lists.stop_wait -= 1;
            }
            for p in self.others(own) {
                if p.status.syscall_token().is_some_and(|call| p.status.try_stop_syscall(call)) {
                    lists.stop_wait -= 1;
                }
            }
            own.status.stop();
            lists.stop_wait
        };
        self.log("P stops the world, left:", own.id, left);
        if left == 0 || self.weak == Weak::StopDoesNotWait {
            return;
        }
        while !self.stop_note.take() {
            for p in self.others(own) {
                if let Some(call) = p.status.syscall_token() {
                    let mut lists = self.lists.lock().unwrap();
                    if p.status.try_stop_syscall(call) {
                        self.count_stopped(&mut lists);
                    }
                }
                p.request.store(true, Ordering::SeqCst);
            }
            thread::yield_now();
        }
    }

    fn others<'s>(&'s self, own: &P) -> impl Iterator<Item = &'s P> + use<'s> {
        let own = own.id;
        self.ps.iter().filter(move |p| p.id != own)
    }

    pub fn start_the_world(self: &Arc<Self>, m: &M) {
        let own = &self.ps[m.p()];
        {
            let mut lists = self.lists.lock().unwrap();
            self.stop_requested.store(false, Ordering::Release);
            own.status.resume();
            for p in self.others(own) {
                if p.status.state() == PState::Stopped {
                    self.start_p(&mut lists, p);
                }
            }
        }
        self.world.pass_on();
        self.wake_p();
    }

    fn start_p(self: &Arc<Self>, lists: &mut Lists, p: &P) {
        if p.in_place.swap(false, Ordering::SeqCst) {
            p.status.resume();
            p.note.wakeup();
            return;
        }
        p.status.restart();
        if p.runq.is_empty() || self.is_ending() {
            self.put_idle_p(lists, p.id);
        } else {
            self.start_m(lists, p.id, false);
        }
    }

    pub fn count_stopped(&self, lists: &mut Lists) {
        if lists.stop_wait > 0 {
            lists.stop_wait -= 1;
            if lists.stop_wait == 0 {
                self.stop_note.wakeup();
            }
        }
    }

    /// A thread in its loop; false at the end.
    pub fn stop_m_for_world(&self, m: &M) -> bool {
        if m.searching.replace(false) {
            self.spinning.cancel();
        }
        {
            let mut lists = self.lists.lock().unwrap();
            if !self.stop_wished() {
                return true;
            }
            let p = &self.ps[m.p()];
            self.answer_ragged(p);
            m.set_p(None);
            p.status.stop();
            self.count_stopped(&mut lists);
        }
        self.park_m(m)
    }

    /// A thread that waits on the system stack keeps its goroutine, and gets the same P back.
    pub fn answer_in_place(&self, m: &M) {
        let p = &self.ps[m.p()];
        self.answer_ragged(p);
        if !self.stop_wished() {
            return;
        }
        {
            let mut lists = self.lists.lock().unwrap();
            if !self.stop_wished() {
                return;
            }
            p.in_place.store(true, Ordering::SeqCst);
            p.status.stop();
            self.count_stopped(&mut lists);
        }
        p.note.sleep();
        assert_eq!(p.status.state(), PState::Running);
    }

    // The ragged barrier.

    /// Runs once for every P, each at its own time; it flushes what the P has for the collector.
    pub fn ragged_barrier(self: &Arc<Self>, m: &M, g: Option<&G>, flushes: bool) {
        self.lock_world(m, g);
        if let Some(gc) = &self.gc {
            gc.flushing.store(flushes, Ordering::SeqCst);
        }
        let own = &self.ps[m.p()];
        let before: Vec<_> = self.ps.iter().map(|p| p.barriers.load(Ordering::SeqCst)).collect();
        self.ragged_wait.store(self.ps.len() - 1, Ordering::SeqCst);
        let mut idle = Vec::new();
        {
            let mut lists = self.lists.lock().unwrap();
            self.others(own).for_each(|p| p.ragged.store(true, Ordering::SeqCst));
            while let Some(p) = self.take_idle_p(&mut lists) {
                self.ps[p].status.acquire();
                idle.push(p);
            }
        }
        idle.iter().for_each(|p| self.answer_ragged(&self.ps[*p]));
        self.at_barrier(own);
        let held = !idle.is_empty() && self.weak != Weak::BarrierForgetsTimers;
        {
            let mut lists = self.lists.lock().unwrap();
            for p in idle {
                self.ps[p].status.release();
                self.put_idle_p(&mut lists, p);
            }
        }
        self.log("P waits at a barrier for", own.id, self.ragged_wait.load(Ordering::SeqCst));
        while self.ragged_wait.load(Ordering::SeqCst) > 0 {
            for p in self.others(own).filter(|p| p.ragged.load(Ordering::SeqCst)) {
                match p.status.syscall_token() {
                    Some(call) => {
                        self.retake(p, call);
                    }
                    None => p.request.store(true, Ordering::SeqCst),
                }
            }
            thread::yield_now();
        }
        for (p, before) in self.ps.iter().zip(before) {
            assert_eq!(p.barriers.load(Ordering::SeqCst), before + 1, "INV-RAGGED-1: P {}", p.id);
        }
        self.world.pass_on();
        if held || self.any_queue_has_work() {
            self.wake_p();
        }
    }

    pub fn answer_ragged(&self, p: &P) {
        if !p.ragged.load(Ordering::Relaxed) || !p.ragged.swap(false, Ordering::SeqCst) {
            return;
        }
        p.state.write();
        self.at_barrier(p);
        self.ragged_wait.fetch_sub(1, Ordering::SeqCst);
    }

    fn at_barrier(&self, p: &P) {
        p.barriers.fetch_add(1, Ordering::SeqCst);
        if let Some(gc) = &self.gc
            && gc.flushing.load(Ordering::SeqCst)
        {
            gc.flushed.fetch_add(self.flush(p.id), Ordering::SeqCst);
        }
    }

    // Ps out of system calls.

    /// Takes the P out of that call, if it is still in it.
    pub fn retake(self: &Arc<Self>, p: &P, call: Token) -> bool {
        let taken = p.status.try_retake(call);
        if taken {
            self.log("P is taken from a system call", p.id, 0);
            self.hand_off(p);
        }
        taken
    }

    /// An `Idle` P on no list goes to a thread if there is work, else on the list.
    pub fn hand_off(self: &Arc<Self>, p: &P) {
        p.status.acquire();
        loop {
            self.answer_ragged(p);
            let mut lists = self.lists.lock().unwrap();
            if p.ragged.load(Ordering::SeqCst) {
                continue;
            }
            if self.stop_wished() {
                p.status.stop();
                self.count_stopped(&mut lists);
                return;
            }
            p.status.release();
            let (searching, idle) = self.spinning.counts();
            let marking = self.gc.as_ref().is_some_and(|gc| gc.is_marking());
            if !p.runq.is_empty() || !lists.global.is_empty() || marking {
                self.start_m(&mut lists, p.id, false);
            } else if searching == 0 && idle == 0 {
                self.spinning.start_searching();
                self.start_m(&mut lists, p.id, true);
            } else {
                self.put_idle_p(&mut lists, p.id);
                drop(lists);
                let look = self.weak != Weak::NobodyIsAsked;
                if look
                    && self.spinning.stop_searching(false) == SecondLook::Needed
                    && self.any_queue_has_work()
                {
                    self.wake_p();
                }
            }
            return;
        }
    }

    // One goroutine.

    /// The goroutine `g`, which runs, reads the stack of another, or moves it if it may.
    pub fn scan(self: &Arc<Self>, m: &M, g: &G, target: Handle) {
        if self.weak == Weak::ScansWhileRunning {
            return self.scan_as(m, target, &Suspendable::without_goroutine());
        }
        let off = g.status.leave_stack();
        self.scan_as(m, target, &off.witness());
        off.return_to_running();
    }

    fn scan_as(self: &Arc<Self>, m: &M, target: Handle, who: &Suspendable<'_>) {
        let other = self.g(target);
        loop {
            match other.status.try_suspend(who) {
                Claim::Dead => return,
                Claim::Claimed(guard) => {
                    match guard.movable() {
                        Some(_) => other.stack.write(),
                        None => other.stack.read(),
                    }
                    if guard.release() == Resume::MakeReady && self.weak != Weak::ForgetsResume {
                        other.status.ready();
                        self.put_last(m.p(), target);
                        self.wake_p();
                    }
                    return;
                }
                Claim::Running => {
                    if let Some(p) = self.ps.get(other.p.load(Ordering::SeqCst)) {
                        p.request.store(true, Ordering::SeqCst);
                    }
                }
                Claim::Contended => {}
            }
            self.answer_in_place(m);
            thread::yield_now();
        }
    }
}
