//! Notify lists: what `sync.Cond` waits on.
//!
//! Go counterpart: `sema.go` (`notifyListAdd` ..).
//!
//! A list lives in a Go object. Waiters take a ticket, and then wait; a notification may overtake one that
//! has its ticket but does not wait yet, so it is counted and not lost. The waiters hang in the list through
//! their [`crate::g::WaitLink`], which holds the ticket too.
//!
//! **INV-NOTIFY-1 (guarded).** All fields but `wait` change under the list's lock only; `wait` is atomic.

use crate::current::Current;
use crate::g::GRef;
use crate::sema::WaitList;
use crate::wait_reason::WaitReason;
use gort_protocols::g_status::Pin;
use gort_sync::{LockRank, RawMutex};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

/// The list as `sync.notifyList` lays it out.
#[repr(C)]
pub struct NotifyList {
    /// Ticket of the next waiter.
    wait: AtomicU32,
    /// Ticket of the next waiter to be notified.
    notify: AtomicU32,
    lock: RawMutex,
    _pad: u32,
    /// First and last waiter: descriptors, none of the collector's business.
    first: Cell<usize>,
    last: Cell<usize>,
}

/// Tickets wrap around.
fn less(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

fn handle(at: usize) -> Option<GRef> {
    (at != 0).then(|| GRef::of_handle(at as u64))
}

impl NotifyList {
    /// Size of the structure, for `sync.runtime_notifyListCheck`.
    pub const SIZE: usize = size_of::<Self>();

    /// The list at that address.
    ///
    /// # Safety
    /// A live `sync.notifyList`.
    pub unsafe fn at<'a>(address: usize) -> &'a Self {
        // SAFETY: the caller's contract; every field may be shared (INV-NOTIFY-1).
        unsafe { &*std::ptr::with_exposed_provenance(address) }
    }

    /// A ticket.
    pub fn add(&self) -> u32 {
        self.wait.fetch_add(1, Ordering::SeqCst)
    }

    fn list(&self) -> WaitList {
        WaitList { first: handle(self.first.get()), last: handle(self.last.get()) }
    }

    fn set_list(&self, list: WaitList) {
        self.first.set(list.first.map_or(0, GRef::addr));
        self.last.set(list.last.map_or(0, GRef::addr));
    }

    /// Waits until the ticket is notified, as the last thing the runtime function does.
    pub fn wait(&self, cur: &Current<'_>, ticket: u32) {
        self.lock.lock(LockRank::Sema);
        if !less(ticket, self.notify.load(Ordering::SeqCst)) {
            let g = cur.g();
            g.link().ticket.set(ticket);
            let mut list = self.list();
            list.push_back(g);
            self.set_list(list);
            g.set_wait_roots([std::ptr::from_ref(self).expose_provenance(), 0]);
            cur.park(WaitReason::SyncCondWait, Pin::Free);
        }
        self.lock.unlock(LockRank::Sema);
    }

    /// Wakes all waiters.
    pub fn notify_all(&self, cur: &Current<'_>) {
        if self.wait.load(Ordering::SeqCst) == self.notify.load(Ordering::SeqCst) {
            return;
        }
        self.lock.lock(LockRank::Sema);
        let mut list = self.list();
        self.set_list(WaitList::default());
        self.notify.store(self.wait.load(Ordering::SeqCst), Ordering::SeqCst);
        self.lock.unlock(LockRank::Sema);
        while let Some(g) = list.pop_front() {
            cur.check_wakes_own(g);
            cur.ready(g);
        }
    }

    /// Wakes the one whose turn it is.
    pub fn notify_one(&self, cur: &Current<'_>) {
        if self.wait.load(Ordering::SeqCst) == self.notify.load(Ordering::SeqCst) {
            return;
        }
        self.lock.lock(LockRank::Sema);
        let ticket = self.notify.load(Ordering::SeqCst);
        let mut woken = None;
        if ticket != self.wait.load(Ordering::SeqCst) {
            self.notify.store(ticket.wrapping_add(1), Ordering::SeqCst);
            woken = self.take(ticket);
        }
        self.lock.unlock(LockRank::Sema);
        if let Some(g) = woken {
            cur.check_wakes_own(g);
            cur.ready(g);
        }
    }

    /// Takes the waiter with that ticket out, if it waits already. Near the front, as tickets are given in
    /// order and waiting soon follows.
    fn take(&self, ticket: u32) -> Option<GRef> {
        let mut list = self.list();
        let mut before: Option<GRef> = None;
        let mut at = list.first;
        while let Some(g) = at {
            let next = g.link().next.get();
            if g.link().ticket.get() == ticket {
                match before {
                    Some(before) => before.link().next.set(next),
                    None => list.first = next,
                }
                if next.is_none() {
                    list.last = before;
                }
                g.link().next.set(None);
                self.set_list(list);
                return Some(g);
            }
            (before, at) = (at, next);
        }
        None
    }
}
