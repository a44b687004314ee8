//! Stopping the world: every P is `Stopped`, held by the one who stops it.
//!
//! Go counterpart: `proc.go` (`stopTheWorldWithSema`, `startTheWorldWithSema`, `gcstopm`).
//!
//! # Protocol
//!
//! One thread at a time holds the right to stop (`Sched::world`), in turn: who overtook would starve those that wait
//! with a P of their own. It raises the flag, takes idle Ps and
//! Ps in system calls itself, and asks the others. A thread that comes to its loop gives its P away and
//! sleeps; one that waits on the system stack inside a runtime function stops *in place*: it keeps its
//! goroutine and gets the same P back.
//!
//! **INV-STOP-1 (all stopped).** While a `WorldStopped` exists, every P but the stopper's is `Stopped` or
//! `Dead`, so only the stopper touches per-P state.

use crate::current::Current;
use crate::m::M;
use crate::p::{P, request};
use crate::sched::{Lists, Sched};
use gort_gc::host::{Host, StopReason, WorldStopped};
use gort_protocols::p_status::PState;
use gort_protocols::turns::Turn;
use gort_sys::clock;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

/// After this long the others are asked again.
const ASK_AGAIN: Duration = Duration::from_micros(200);

impl Sched {
    /// Gets the right to stop the world; meanwhile lets others stop it (the caller's P waits in place).
    ///
    /// A goroutine that waits here is `SuspendVisible`. Were it `Running` while another has stopped the world, who wants
    /// to scan its stack then could neither get it nor wait for it.
    pub(crate) fn lock_world(&self, m: &M) {
        let turn = self.world.queue_up();
        if !self.world.has_come(&turn) {
            self.while_suspendable(&mut |_| self.wait_for_world(m, &turn));
        }
    }

    fn wait_for_world(&self, m: &M, turn: &Turn) {
        let mut looks = 0_u32;
        while !self.world.has_come(turn) {
            self.answer_in_place(m);
            looks += 1;
            if looks > 100 {
                gort_sys::thread::sleep_nanos(20_000);
            } else {
                gort_sys::thread::yield_now();
            }
        }
    }

    pub(crate) fn unlock_world(&self) {
        self.world.pass_on();
    }

    /// Stops all other Ps.
    pub(crate) fn stop_the_world(&self, m: &M, why: StopReason) -> WorldStopped {
        self.lock_world(m);
        let began = clock::nanotime();
        self.stop_others(m.p());
        self.collector().metrics().count_stopping(why, clock::nanotime() - began);
        // SAFETY: INV-STOP-1 has just been established.
        unsafe { WorldStopped::new(why, began) }
    }

    fn stop_others(&self, own: &P) {
        let left = {
            let mut lists = self.lists.lock();
            self.stop_note.clear();
            // Release: pairs with the Acquire in `stop_wished`.
            self.stop_requested.store(true, Ordering::Release);
            lists.stop_wait = self.others_in_use(own);
            while let Some(p) = self.take_idle_p(&mut lists) {
                p.status.stop_idle();
                lists.stop_wait -= 1;
            }
            self.each_p(|p| {
                if p.id != own.id
                    && p.status.syscall_token().is_some_and(|call| p.status.try_stop_syscall(call))
                {
                    lists.stop_wait -= 1;
                }
            });
            own.status.stop();
            lists.stop_wait
        };
        // Pairs with the fence in `serve_entering`.
        fence(Ordering::SeqCst);
        if left > 0 {
            loop {
                self.each_p(|p| {
                    if let Some(call) = p.status.syscall_token() {
                        let mut lists = self.lists.lock();
                        if p.status.try_stop_syscall(call) {
                            self.count_stopped(&mut lists);
                        }
                    }
                    if p.id != own.id && p.status.state() == PState::Running {
                        p.request(request::STOP);
                    }
                });
                if self.stop_note.sleep_timeout(ASK_AGAIN) {
                    break;
                }
            }
        }
        self.each_p(|p| {
            let state = p.status.state();
            debug_assert!(
                matches!(state, PState::Stopped | PState::Dead),
                "INV-STOP-1: P {} is {state:?}",
                p.id
            );
        });
    }

    /// How many Ps are in use besides this one. For who has the right to stop the world: only it changes that.
    pub(crate) fn others_in_use(&self, own: &P) -> usize {
        let mut count = 0;
        self.each_p(|p| count += usize::from(p.id != own.id && p.status.state() != PState::Dead));
        count
    }

    /// Starts all Ps again; those with work get a thread. The caller may have lost its own.
    pub(crate) fn start_the_world(&self, m: &M, stopped: WorldStopped) {
        {
            let mut lists = self.lists.lock();
            // Release: pairs with the Acquire in `stop_wished`.
            self.stop_requested.store(false, Ordering::Release);
            let own = m.try_p();
            if let Some(own) = own {
                own.status.resume();
            }
            let own = own.map(|p| p.id);
            self.each_p(|p| {
                if Some(p.id) != own && p.status.state() == PState::Stopped {
                    self.start_p(&mut lists, p);
                }
            });
        }
        self.unlock_world();
        self.collector().metrics().count_stopped(stopped.why(), clock::nanotime() - stopped.began_ns());
        // One more, in case there is work that no queue shows.
        self.wake_p();
    }

    fn start_p(&self, lists: &mut Lists, p: &P) {
        if p.in_place.replace(false) {
            p.status.resume();
            p.note.wakeup();
            return;
        }
        p.status.restart();
        if p.runq.is_empty() || self.is_ending() {
            self.put_idle_p(lists, p);
        } else {
            self.start_m(lists, p, false);
        }
    }

    /// A thread in its loop, with the world being stopped: gives its P away and sleeps. False when the
    /// scheduler ends.
    pub(crate) fn stop_m_for_world(&self, m: &M) -> bool {
        if m.searching.replace(false) {
            self.spinning.cancel();
        }
        {
            let mut lists = self.lists.lock();
            if !self.stop_wished() {
                return true;
            }
            let p = m.p();
            self.answer_ragged(p);
            m.set_p(None);
            p.status.stop();
            self.count_stopped(&mut lists);
        }
        self.park_m(m)
    }

    /// One P has stopped. (In a frozen world nobody counts.)
    pub(crate) fn count_stopped(&self, lists: &mut Lists) {
        if lists.stop_wait > 0 {
            lists.stop_wait -= 1;
            if lists.stop_wait == 0 {
                self.stop_note.wakeup();
            }
        }
    }

    /// A thread that waits on the system stack: answers a ragged barrier, and stops in place while the
    /// world is stopped by another.
    pub(crate) fn answer_in_place(&self, m: &M) {
        let p = m.p();
        self.answer_ragged(p);
        if !self.stop_wished() {
            return;
        }
        {
            let mut lists = self.lists.lock();
            if !self.stop_wished() {
                return;
            }
            p.note.clear();
            p.in_place.set(true);
            p.status.stop();
            self.count_stopped(&mut lists);
        }
        p.note.sleep();
    }

    /// Stops what can be stopped, for a fatal error's traceback: nothing starts again.
    pub fn freeze_world(&self) {
        // Relaxed: only suppresses the deadlock check.
        self.frozen.store(true, Ordering::Relaxed);
        // Release: pairs with the Acquire in `stop_wished`.
        self.stop_requested.store(true, Ordering::Release);
        let own = crate::current().and_then(|c| c.m().try_p().map(|p| p.id));
        for _ in 0..5 {
            let mut running = false;
            self.each_p(|p| {
                if Some(p.id) != own && p.status.state() == PState::Running {
                    p.request(request::STOP);
                    running = true;
                }
            });
            if !running {
                return;
            }
            gort_sys::thread::sleep_nanos(1_000_000);
        }
    }
}

impl Current<'_> {
    /// Calls `f` while the world is stopped.
    pub fn with_world_stopped<R>(&self, why: StopReason, f: impl FnOnce(&WorldStopped) -> R) -> R {
        let stopped = self.sched().stop_the_world(self.m(), why);
        let result = f(&stopped);
        self.sched().start_the_world(self.m(), stopped);
        result
    }
}
