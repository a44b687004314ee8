//! System calls, semaphores, timers, descriptors: how goroutines wait (`syscall.rs`, `sema.rs`, `time`, `net`).

use super::{G, Handle, M, Sched, Weak, What};
use crate::seeded::parts::below;
use gort_protocols::g_status::Pin;
use gort_protocols::p_status::PState;
use gort_protocols::poll_word::Waiting;
use gort_protocols::semaphore::try_acquire;
use gort_protocols::sleeper::Wake;
use shuttle::sync::Arc;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

impl Sched {
    /// A waiting goroutine runs next on this P.
    pub fn ready(self: &Arc<Self>, p: usize, g: Handle) {
        self.g(g).status.ready();
        self.put_next(p, g);
        self.wake_p();
    }

    /// A call that may block. False: the P is lost, and the goroutine is on a queue.
    pub fn in_syscall(self: &Arc<Self>, m: &M, g: &G, handle: Handle) -> bool {
        let p = &self.ps[m.p()];
        g.status.enter_syscall();
        let token = p.status.enter_syscall();
        if self.stop_wished() {
            let mut lists = self.lists.lock().unwrap();
            if self.stop_wished() && p.status.state() == PState::Syscall && p.status.try_stop_syscall(token) {
                self.count_stopped(&mut lists);
            }
        } else if p.ragged.load(Ordering::SeqCst) && p.status.try_retake(token) {
            self.hand_off(p);
        }
        (0..below(8)).for_each(|_| thread::yield_now());
        if p.status.try_exit_syscall(token) || self.weak == Weak::ExitWithoutToken {
            g.status.exit_syscall();
            return true;
        }
        self.log("a call lost its P; G:", p.id, handle as usize);
        m.set_p(None);
        g.status.exit_syscall_without_p();
        let found = {
            let mut lists = self.lists.lock().unwrap();
            let p = self.take_idle_p(&mut lists);
            if let Some(p) = p {
                self.ps[p].status.acquire();
                m.set_p(Some(p));
            }
            p
        };
        match found {
            Some(p) => self.put_next(p, handle),
            None => {
                self.put_global([handle]);
                self.wake_p();
            }
        }
        false
    }

    /// Takes the unit of the semaphore; false: it waits, and tries again when it is woken.
    pub fn acquire(&self, g: &G, handle: Handle) -> bool {
        let sema = &self.sema;
        if try_acquire(&sema.count) {
            return true;
        }
        let mut list = sema.list.lock().unwrap();
        if !sema.root.announce(&sema.count) {
            return true;
        }
        if self.weak == Weak::AnnounceUnlocked {
            drop(list);
            list = sema.list.lock().unwrap();
        }
        list.push_back(handle);
        g.status.park(Pin::Free);
        false
    }

    /// Gives the unit back.
    pub fn release(self: &Arc<Self>, m: &M) {
        let sema = &self.sema;
        if !sema.root.release(&sema.count) {
            return;
        }
        let woken = {
            let mut list = sema.list.lock().unwrap();
            let woken = list.pop_front();
            if woken.is_some() {
                sema.root.taken();
            }
            woken
        };
        if let Some(woken) = woken {
            self.ready(m.p(), woken);
        }
    }

    /// Waits for a time.
    pub fn sleep(self: &Arc<Self>, m: &M, g: &G, handle: Handle, time: i64) {
        let when = self.clock.load(Ordering::SeqCst) + time;
        if self.weak != Weak::TimerBeforePark {
            g.status.park(Pin::Free);
        }
        self.add_time(m, when, What::Wake(handle));
        if self.weak == Weak::TimerBeforePark {
            g.status.park(Pin::Free);
        }
    }

    /// Puts an entry on the P's queue.
    pub fn add_time(self: &Arc<Self>, m: &M, when: i64, what: What) {
        let is_first = {
            let mut times = self.ps[m.p()].times.lock().unwrap();
            times.push((when, what));
            times.iter().all(|t| t.0 >= when)
        };
        if is_first {
            match self.poller.sleeper.added(when) {
                Wake::Nobody => {}
                Wake::Sleeper => self.poller.note.wakeup(),
                Wake::AnyThread => self.wake_p(),
            }
        }
    }

    /// Waits for its descriptor; true: it was ready.
    pub fn wait_for_descriptor(&self, g: &G, handle: Handle) -> bool {
        self.poller.waiters.fetch_add(1, Ordering::SeqCst);
        self.poller.wishes.lock().unwrap().push_back(handle);
        self.poller.device.wakeup();
        g.status.park(Pin::Pinned);
        match g.poll.wait(handle + 1) {
            Waiting::Yes => false,
            Waiting::Ready => {
                g.status.unpark_self();
                self.poller.waiters.fetch_sub(1, Ordering::SeqCst);
                true
            }
            Waiting::Taken => panic!("INV-POLL-1: another waits"),
        }
    }

    /// It was woken: the event is there to be taken.
    pub fn take_event(&self, g: &G) {
        assert!(g.poll.take_ready(), "INV-POLL-2: the event is gone");
        self.poller.waiters.fetch_sub(1, Ordering::SeqCst);
    }
}
