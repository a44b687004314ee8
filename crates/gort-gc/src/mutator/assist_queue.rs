//! Goroutines in debt that found nothing to mark: they wait here until marking by others has paid for them.
//!
//! First come, first paid. One that the credit pays only in part goes to the end of the queue, so that a large debt
//! does not keep the small ones behind it waiting. The end of marking forgives all debts.
//!
//! INV-ASSIST-1 (all are woken): a goroutine joins the queue only while marking, and mark termination empties it.
//!
//! Go counterpart: `mgcmark.go` (`gcParkAssist`, `gcFlushBgCredit`, `gcWakeAllAssists`).

use crate::collector::Collector;
use crate::host::GoroutineId;
use crate::mutator::Mutator;
use gort_protocols::assist_credit::AssistCredit;
use gort_sync::{LockRank, Mutex};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
struct Waiter {
    who: GoroutineId,
    debt: u64,
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct AssistQueue {
    credit: AssistCredit,
    waiters: Mutex<VecDeque<Waiter>>,
}

impl Default for AssistQueue {
    fn default() -> Self {
        Self { credit: AssistCredit::new(), waiters: Mutex::new(LockRank::AssistQueue, VecDeque::new()) }
    }
}

impl AssistQueue {
    /// A cycle's marking begins; the world is stopped.
    pub fn start_marking(&self) {
        assert!(self.waiters.lock().is_empty(), "INV-ASSIST-1: somebody waits for the last cycle");
        self.credit.reset();
    }

    /// Takes up to `wanted` bytes of what background marking has earned.
    pub fn steal(&self, wanted: u64) -> u64 {
        self.credit.take(wanted)
    }

    /// Does anybody wait?
    pub fn anybody_waits(&self) -> bool {
        self.credit.anybody_waits()
    }

    /// Background marking has scanned so many bytes; who can be paid is handed to `ready`.
    pub fn earn(&self, bytes: u64, ready: impl FnMut(GoroutineId)) {
        if self.credit.earn(bytes) {
            self.pay(&mut self.waiters.lock(), ready);
        }
    }

    fn pay(&self, waiters: &mut VecDeque<Waiter>, mut ready: impl FnMut(GoroutineId)) {
        while let Some(mut waiter) = waiters.pop_front() {
            waiter.debt -= self.credit.take(waiter.debt);
            if waiter.debt > 0 {
                waiters.push_back(waiter);
                return;
            }
            self.credit.leave(1);
            ready(waiter.who);
        }
    }

    /// The current goroutine joins, and `park` makes it wait, unless its debt could be paid at once (false) or
    /// `may_wait` says, under the lock, that it must not.
    pub fn wait(
        &self,
        debt: u64,
        may_wait: impl FnOnce() -> bool,
        park: impl FnOnce() -> GoroutineId,
        ready: impl FnMut(GoroutineId),
    ) -> bool {
        let mut waiters = self.waiters.lock();
        if !may_wait() {
            return false;
        }
        // Parked first: once in the queue it may be found and woken.
        waiters.push_back(Waiter { who: park(), debt });
        if self.credit.join() {
            self.pay(&mut waiters, ready);
        }
        true
    }

    /// Everybody, for the end of marking.
    pub fn take_all(&self) -> Vec<GoroutineId> {
        let mut waiters = self.waiters.lock();
        self.credit.leave(waiters.len());
        waiters.drain(..).map(|w| w.who).collect()
    }
}

impl Collector {
    /// Background marking has scanned so many bytes: pays waiters in their order, the rest is for assists to take.
    pub(crate) fn earn_background_credit(&self, bytes: u64) {
        self.assists.earn(bytes, |g| self.host().ready(g));
    }

    /// After an allocation, its result stored where the collector finds it: if the P's goroutine owes marking that
    /// could not be done, makes it wait until others have done it. True if it waits (or may be running again already):
    /// the caller returns without touching it.
    pub fn settle_debt(&self, own: &Mutator) -> bool {
        own.owes() && self.settle_debt_slow(own)
    }

    #[cold]
    fn settle_debt_slow(&self, own: &Mutator) -> bool {
        own.set_owes(false);
        let debt = -own.assist_credit.get();
        if debt <= 0 || !self.host().can_park() {
            return false;
        }
        let may_wait = || self.cycle.is_marking();
        let park = || {
            // The goroutine takes the debt along; the P starts anew.
            own.assist_credit.set(0);
            self.host().park_for_credit()
        };
        self.assists.wait(debt as u64, may_wait, park, |g| self.host().ready(g))
    }

    /// Marking is over and the world runs again: debts are forgiven (INV-ASSIST-1).
    pub(crate) fn wake_assists(&self, waiters: Vec<GoroutineId>) {
        for g in waiters {
            self.host().ready(g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue_of(debts: &[u64]) -> AssistQueue {
        let queue = AssistQueue::default();
        for (i, &debt) in debts.iter().enumerate() {
            let waits = queue.wait(debt, || true, || GoroutineId(i), |_| panic!("paid from nothing"));
            assert!(waits);
        }
        queue
    }

    #[test]
    fn paid_in_order_and_the_rest_is_kept() {
        let queue = queue_of(&[10, 20, 5]);
        let mut woken = Vec::new();
        queue.earn(30, |g| woken.push(g.0));
        assert_eq!(woken, [0, 1]);
        queue.earn(6, |g| woken.push(g.0));
        assert_eq!((woken, queue.steal(9), queue.anybody_waits()), (vec![0, 1, 2], 1, false));
    }

    #[test]
    fn a_large_debt_goes_to_the_end() {
        let queue = queue_of(&[1000, 5, 5]);
        let mut woken = Vec::new();
        queue.earn(100, |g| woken.push(g.0));
        assert!(woken.is_empty());
        queue.earn(10, |g| woken.push(g.0));
        assert_eq!(woken, [1, 2], "900 are still owed by the first");
        queue.earn(900, |g| woken.push(g.0));
        assert_eq!(woken, [1, 2, 0]);
    }

    #[test]
    fn who_comes_when_there_is_credit_is_paid_at_once() {
        let queue = AssistQueue::default();
        queue.earn(100, |_| panic!("nobody waits"));
        let mut woken = Vec::new();
        assert!(queue.wait(60, || true, || GoroutineId(7), |g| woken.push(g.0)));
        assert_eq!((woken, queue.steal(1000)), (vec![7], 40));
        assert!(!queue.wait(60, || false, || GoroutineId(8), |_| {}), "INV-ASSIST-1");
        assert!(queue.take_all().is_empty() && !queue.anybody_waits());
    }
}
