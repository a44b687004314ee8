//! The idle Ps: a list of numbers, and what hangs on it.
//!
//! Go counterpart: `proc.go` (`pidleput`, `pidleget`).
//!
//! All of it happens under the lock of the lists:
//!
//! * **INV-IDLE-1 (counted).** The number of idle Ps in [`gort_protocols::spinning::Spinning`] is the length of the list.
//! * **INV-IDLE-2 (watched).** The monitor says that it sleeps long only while all Ps in use are on the list; who takes
//!   the first one off wakes it. A stopped P is on no list: it runs on without a wake-up when the world starts again.

use crate::m::M;
use crate::p::P;
use crate::sched::{Lists, Sched};
use gort_protocols::p_status::PState;

impl Sched {
    /// An `Idle` P goes on the list (INV-IDLE-1).
    pub(crate) fn put_idle_p(&self, lists: &mut Lists, p: &P) {
        lists.idle_ps.push(p.id);
        self.spinning.p_idle();
    }

    /// Takes an `Idle` P off the list.
    pub(crate) fn take_idle_p(&self, lists: &mut Lists) -> Option<&P> {
        let id = lists.idle_ps.pop()?;
        self.spinning.p_busy();
        if std::mem::take(&mut lists.monitor_sleeps) {
            self.sysmon_note.wakeup();
        }
        Some(self.p(id))
    }

    /// A thread gives its P away.
    pub(crate) fn give_p_back(&self, lists: &mut Lists, m: &M, p: &P) {
        m.set_p(None);
        p.status.release();
        self.put_idle_p(lists, p);
    }

    /// The monitor is about to sleep long, if all Ps in use are idle. False: it must go on looking.
    #[must_use]
    pub(crate) fn monitor_may_sleep(&self) -> bool {
        let mut lists = self.lists.lock();
        let mut in_use = 0;
        self.each_p(|p| in_use += usize::from(p.status.state() != PState::Dead));
        lists.monitor_sleeps = lists.idle_ps.len() == in_use;
        lists.monitor_sleeps
    }

    /// The monitor is awake again, for whatever reason.
    pub(crate) fn monitor_woke(&self) {
        self.lists.lock().monitor_sleeps = false;
    }
}
