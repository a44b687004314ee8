//! System calls: a thread that may block leaves its P to others.
//!
//! Go counterpart: `proc.go` (`entersyscall`, `exitsyscall`, `handoffp`).
//!
//! # Protocol
//!
//! Entering costs two arrows: the goroutine becomes `Syscall` (its stack stands still and can be scanned) and
//! so does the P. The P stays with its thread; whoever needs it takes it: the monitor when the call lasts,
//! the stopper of the world, a ragged barrier. The returning thread tries to get it back by its
//! [`Token`]; if that fails it has no P: the thunk leaves the goroutine, whose result is stored, and the loop
//! of the thread looks for another P, or queues the goroutine and sleeps.
//!
//! **INV-SYSCALL-1 (hands off).** Between `enter_syscall` and the return of its token the thread touches
//! nothing of the P, nor of the goroutine's stack (but what the kernel writes for it).

use crate::current::Current;
use crate::g::GRef;
use crate::leave;
use crate::m::M;
use crate::p::P;
use crate::sched::{Lists, Sched};
use gort_protocols::p_status::{PState, Token};
use gort_protocols::spinning::SecondLook;
use std::sync::atomic::{Ordering, fence};

impl Current<'_> {
    /// Runs `f`, which may block, while others may use the P. For a function of a `Syscall` thunk: it returns
    /// the pair at once, the result and whether the goroutine must leave.
    pub fn in_syscall(&self, f: impl FnOnce() -> u64) -> (u64, usize) {
        let (m, p, g) = (self.m(), self.p(), self.g());
        self.save_context();
        g.status.enter_syscall();
        let token = p.status.enter_syscall();
        self.sched().serve_entering(p, token);
        // INV-SYSCALL-1 holds until the P is ours again.
        let result = f();
        if p.status.try_exit_syscall(token) {
            g.status.exit_syscall();
            return (result, 0);
        }
        m.set_p(None);
        g.set_results(result, 0);
        (result, leave::LOST_P)
    }
}

impl Sched {
    /// Somebody who needs the P may have looked just before it was in a system call.
    fn serve_entering(&self, p: &P, token: Token) {
        // Pairs with the fence in `stop_others`: it sees our P in the call, or we see its wish.
        fence(Ordering::SeqCst);
        if self.stop_wished() {
            let mut lists = self.lists.lock();
            if self.stop_wished() && p.status.state() == PState::Syscall && p.status.try_stop_syscall(token) {
                self.count_stopped(&mut lists);
            }
        } else if p.ragged.load(Ordering::SeqCst) && p.status.try_retake(token) {
            self.hand_off(p);
        }
    }

    /// The thread has lost its P in a system call of `g`: finds another one, or queues the goroutine.
    pub(crate) fn without_p_after_syscall(&self, m: &M, g: GRef) {
        m.set_g(None);
        g.status.exit_syscall_without_p();
        let found = {
            let mut lists = self.lists.lock();
            let p = self.take_idle_p(&mut lists);
            if let Some(p) = p {
                p.status.acquire();
                m.set_p(Some(p));
            }
            p
        };
        match found {
            Some(p) => {
                if m.locked_g.get() == Some(g) {
                    m.run_own.set(true);
                } else {
                    self.put_next(p, g);
                }
            }
            None => {
                self.put_global([g]);
                self.wake_p();
            }
        }
    }

    /// The thread of a Rust goroutine has lost its P in a call: waits until it has one again.
    pub(crate) fn wait_for_p(&self, m: &M, g: GRef) {
        let found = {
            let mut lists = self.lists.lock();
            let p = self.take_idle_p(&mut lists);
            match p {
                Some(p) => p.status.acquire(),
                None => {
                    let me = lists.ms[m.id as usize].clone();
                    lists.wanting_ms.push_back(me);
                    self.wanting.store(lists.wanting_ms.len(), Ordering::SeqCst);
                }
            }
            p
        };
        match found {
            Some(p) => {
                m.set_p(Some(p));
            }
            None => {
                m.note.sleep();
                m.note.clear();
                self.adopt_next_p(m);
            }
        }
        m.p().set_context_g(Some(g));
        g.status.exit_syscall();
    }

    /// A thread at its loop gives its P to one that wants one: true if it did.
    pub(crate) fn give_p_to_wanting(&self, m: &M) -> bool {
        // Relaxed: a hint; who goes to sleep looks under the lock.
        if self.wanting.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut lists = self.lists.lock();
        let p = m.p();
        if !self.hand_to_wanting(&mut lists, p) {
            return false;
        }
        drop(lists);
        m.set_p(None);
        if m.searching.replace(false) {
            self.spinning.cancel();
            // Who submitted work meanwhile counted on us.
            self.wake_p();
        }
        true
    }

    /// Gives the P, which the caller uses, to a thread that wants one, if there is one.
    pub(crate) fn hand_to_wanting(&self, lists: &mut Lists, p: &P) -> bool {
        let Some(other) = lists.wanting_ms.pop_front() else { return false };
        self.wanting.store(lists.wanting_ms.len(), Ordering::SeqCst);
        other.next_p.set(p);
        other.next_searching.set(false);
        other.note.wakeup();
        true
    }

    /// Takes the P of a thread in a system call, if it is still in the same one, and gives it to another.
    pub(crate) fn retake(&self, p: &P, token: Token) -> bool {
        let taken = p.status.try_retake(token);
        if taken {
            self.hand_off(p);
        }
        taken
    }

    /// Gives a P that was taken (`Idle`, on no list) to a thread if there is work, else to the idle list.
    pub(crate) fn hand_off(&self, p: &P) {
        p.status.acquire();
        loop {
            self.answer_ragged(p);
            let mut lists = self.lists.lock();
            if p.ragged.load(Ordering::SeqCst) {
                continue;
            }
            if self.stop_wished() {
                p.status.stop();
                self.count_stopped(&mut lists);
                return;
            }
            if self.hand_to_wanting(&mut lists, p) {
                return;
            }
            p.status.release();
            let (searching, idle) = self.spinning.counts();
            if !p.runq.is_empty() || !lists.global.is_empty() || self.collector().barrier_on() {
                self.start_m(&mut lists, p, false);
            } else if searching == 0 && idle == 0 {
                self.spinning.start_searching();
                self.start_m(&mut lists, p, true);
            } else {
                self.put_idle_p(&mut lists, p);
                drop(lists);
                if self.spinning.stop_searching(false) == SecondLook::Needed && self.any_queue_has_work() {
                    self.wake_p();
                }
            }
            return;
        }
    }
}
