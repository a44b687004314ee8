//! Goroutines that stay on their thread: LockOSThread.
//!
//! Go counterpart: `proc.go` (`lockOSThread`, `stoplockedm`, `startlockedm`).
//!
//! A thread with a locked goroutine runs nothing else: when its goroutine stops it gives its P away and sleeps. Another
//! thread that finds the goroutine runnable gives it its own P and wakes it. If the goroutine ends without having been
//! unlocked, its thread ends too: nobody knows what state it left the thread in.

use crate::current::Current;
use crate::g::GRef;
use crate::m::M;
use crate::sched::Sched;

impl Current<'_> {
    /// The goroutine stays on this thread, until as many calls of [`Self::unlock_os_thread`].
    pub fn lock_os_thread(&self) {
        let (m, g) = (self.m(), self.g());
        m.locks.set(m.locks.get() + 1);
        m.locked_g.set(Some(g));
        g.set_locked_m(Some(m));
    }

    /// The opposite; nothing if it is not locked.
    pub fn unlock_os_thread(&self) {
        let m = self.m();
        match m.locks.get() {
            0 => {}
            1 => m.unlock(),
            n => m.locks.set(n - 1),
        }
    }
}

impl M {
    fn unlock(&self) {
        self.locks.set(0);
        if let Some(g) = self.locked_g.take() {
            g.set_locked_m(None);
        }
    }

    /// The goroutine is over: was the thread its own?
    pub(crate) fn loses(&self, g: GRef) -> bool {
        let own = self.locked_g.get() == Some(g);
        if own {
            self.unlock();
        }
        own
    }
}

impl Sched {
    /// The next goroutine for this thread; none: the thread ends.
    pub(crate) fn next_goroutine(&self, m: &M) -> Option<GRef> {
        loop {
            if m.doomed.get() {
                self.give_p_away(m);
                self.lists.lock().alive_ms -= 1;
                return None;
            }
            if let Some(g) = m.locked_g.get() {
                return self.wait_for_own(m, g);
            }
            let g = self.find_runnable(m)?;
            if m.searching.replace(false) && self.spinning.found() {
                // INV-SPIN-2: we were the last searcher.
                self.wake_p();
            }
            match g.locked_m() {
                Some(owner) => self.give_p_to(m, owner),
                None => return Some(g),
            }
        }
    }

    fn give_p_away(&self, m: &M) {
        if let Some(p) = m.try_p() {
            m.set_p(None);
            p.status.release();
            self.hand_off(p);
        }
    }

    /// Sleeps until somebody brings a P for the goroutine.
    fn wait_for_own(&self, m: &M, g: GRef) -> Option<GRef> {
        if m.run_own.replace(false) {
            return Some(g);
        }
        self.give_p_away(m);
        {
            let mut lists = self.lists.lock();
            if self.is_ending() {
                lists.alive_ms -= 1;
                return None;
            }
            if m.next_p.get().is_null() {
                m.waits_for_own.set(true);
                let me = lists.ms[m.id as usize].clone();
                lists.locked_ms.push(me);
                self.check_deadlock(lists);
            }
        }
        m.note.sleep();
        m.note.clear();
        if self.adopt_next_p(m) {
            return Some(g);
        }
        self.lists.lock().alive_ms -= 1;
        None
    }

    /// This thread found the goroutine of another one.
    fn give_p_to(&self, m: &M, owner: &M) {
        let p = m.p();
        m.set_p(None);
        let mut lists = self.lists.lock();
        owner.next_p.set(p);
        owner.next_searching.set(false);
        if owner.waits_for_own.replace(false) {
            lists.locked_ms.retain(|other| other.id != owner.id);
        }
        owner.note.wakeup();
    }
}
