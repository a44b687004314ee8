//! Threads: started when work has a P but no thread, asleep when they have nothing to do.
//!
//! Go counterpart: `proc.go` (`startm`, `stopm`, `wakep`, `mstart`).

use crate::m::M;
use crate::p::P;
use crate::sched::{Lists, Sched};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Size of a thread's stack: the system stack that runtime functions run on. Functions are compiled there when first called.
pub const SYSTEM_STACK: usize = 2 << 20;

impl Sched {
    /// Work was put on a queue: wakes or starts a thread for an idle P, if nobody searches.
    pub(crate) fn wake_p(&self) {
        if !self.spinning.submitted() {
            return;
        }
        let mut lists = self.lists.lock();
        if self.is_ending() {
            self.spinning.cancel();
            return;
        }
        match self.take_idle_p(&mut lists) {
            Some(p) => self.start_m(&mut lists, p, true),
            None => self.spinning.cancel(),
        }
    }

    /// Gives the idle P (taken off the list) to a thread.
    pub(crate) fn start_m(&self, lists: &mut Lists, p: &P, searching: bool) {
        p.status.acquire();
        if let Some(m) = lists.idle_ms.pop() {
            m.next_p.set(p);
            m.next_searching.set(searching);
            m.note.wakeup();
            return;
        }
        let sched = self.me.upgrade().expect("INV-SCHED-1: a thread for a scheduler that goes");
        self.check_thread_limit(lists);
        let m = Arc::new(M::new(lists.ms.len() as u32, Arc::as_ptr(&sched)));
        m.next_p.set(p);
        m.next_searching.set(searching);
        lists.ms.push(m.clone());
        lists.alive_ms += 1;
        // The thread holds the M only: the scheduler waits for it in `shutdown`.
        let m_for_thread = m.clone();
        let weak = self.me.clone();
        drop(sched);
        let thread = gort_sys::thread::spawn(format!("gort-m{}", m.id), SYSTEM_STACK, move || {
            let Some(sched) = weak.upgrade() else { return };
            let at: *const Self = Arc::as_ptr(&sched);
            drop(sched);
            // SAFETY: INV-SCHED-1: `shutdown` joins this thread before the scheduler goes.
            let sched = unsafe { &*at };
            sched.m_main(&m_for_thread);
        });
        match thread {
            Ok(thread) => lists.threads.push(thread),
            Err(e) => panic!("cannot start a thread: {e}"),
        }
    }

    /// Go's end of a program with too many threads. At once: the lists are locked.
    fn check_thread_limit(&self, lists: &Lists) {
        // Relaxed: a setting.
        let max = self.max_threads.load(Ordering::Relaxed);
        if lists.alive_ms < max {
            return;
        }
        let text = format!("runtime: program exceeds {max}-thread limit\nfatal error: thread exhaustion\n");
        gort_sys::fd::write_all(gort_sys::fd::STDERR, text.as_bytes());
        gort_sys::process::exit(2);
    }

    /// Sets the limit; returns the old one.
    pub fn set_max_threads(&self, max: usize) -> usize {
        // Relaxed: a setting.
        let old = self.max_threads.swap(max, Ordering::Relaxed);
        self.check_thread_limit(&self.lists.lock());
        old
    }

    /// Sleeps until somebody gives this thread a P. False when the scheduler ends.
    pub(crate) fn park_m(&self, m: &M) -> bool {
        debug_assert!(m.try_p().is_none() && !m.searching.get());
        {
            let mut lists = self.lists.lock();
            if self.is_ending() {
                lists.alive_ms -= 1;
                return false;
            }
            let me = lists.ms[m.id as usize].clone();
            lists.idle_ms.push(me);
            self.check_deadlock(lists);
        }
        m.note.sleep();
        m.note.clear();
        if self.adopt_next_p(m) {
            return true;
        }
        self.lists.lock().alive_ms -= 1;
        false
    }

    /// Takes over what the waker left. False if it left nothing: the scheduler ends.
    pub(crate) fn adopt_next_p(&self, m: &M) -> bool {
        let p = m.next_p.replace(ptr::null());
        m.searching.set(m.next_searching.replace(false));
        // SAFETY: INV-SCHED-1.
        let p = unsafe { p.as_ref() };
        m.set_p(p);
        m.on_system_stack.set(true);
        p.is_some()
    }

    /// The scheduler ends: gives everything back, and lets no stopper and no barrier wait.
    pub(crate) fn leave_for_ever(&self, m: &M) {
        if m.searching.replace(false) {
            self.spinning.cancel();
        }
        loop {
            let p = m.p();
            self.answer_ragged(p);
            let mut lists = self.lists.lock();
            if p.ragged.load(Ordering::SeqCst) {
                continue;
            }
            if self.stop_wished() {
                m.set_p(None);
                p.status.stop();
                self.count_stopped(&mut lists);
            } else if self.hand_to_wanting(&mut lists, p) {
                m.set_p(None);
            } else {
                self.give_p_back(&mut lists, m, p);
            }
            break;
        }
        let mut lists = self.lists.lock();
        lists.alive_ms -= 1;
    }
}
