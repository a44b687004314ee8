//! `select`.
//!
//! 1. Lock all channels, in address order (no two selects can wait for each other).
//! 2. Look at the cases in random order (no case starves) and do the first that can be done.
//! 3. Otherwise put a record into the queue of every channel, park, unlock all.
//! 4. Whoever takes one of the records first ([`super::queue`]) does the case and wakes the goroutine, which
//!    calls `selectdone`: take the other records out of their queues.
//!
//! INV-SELECT-1 (claimed): between 3 and the end of 4 `G::select` is open: see [`gort_protocols::select_claim`].
//!
//! Go counterpart: `runtime/select.go`.

use super::queue::{SelectCase, Sudog};
use super::recv::{Received, try_recv};
use super::send::{Sent, try_send};
use super::{ChanRef, Locked, status};
use gort_abi::addr::Addr;
use gort_sched::{Current, Pin, WaitReason};
use std::ptr;

/// A case as compiled code lays it out.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Case {
    /// The channel, may be nil.
    pub chan: Addr,
    /// What to send, or where to store.
    pub elem: Addr,
}

/// `selectwait`: index (-1: default) and status.
///
/// # Safety
/// Called by the thunk; the cases lie in the caller's frame and keep their channels alive.
pub unsafe fn select(
    cur: &Current<'_>,
    cases: &[Case],
    nsends: usize,
    block: bool,
    random: u64,
) -> (u64, u64) {
    let mut chans: Vec<ChanRef> =
        cases.iter().filter(|c| !c.chan.is_null()).map(|c| ChanRef(c.chan)).collect();
    chans.sort_unstable();
    chans.dedup();
    // SAFETY: the caller's contract.
    let mut locked: Vec<Locked<'_>> = chans.iter().map(|c| unsafe { c.lock() }).collect();
    let position = |case: &Case| chans.binary_search(&ChanRef(case.chan)).ok();

    for index in poll_order(cases.len(), random) {
        let case = &cases[index];
        let Some(at) = position(case) else { continue };
        if let Some((status, woken)) = try_case(cur, &mut locked[at], case, index < nsends) {
            drop(locked);
            if let Some(g) = woken {
                cur.ready(g);
            }
            return (index as u64, status);
        }
    }
    if !block {
        return (u64::MAX, status::DONE);
    }
    let g = cur.g();
    g.select.open();
    let mut list: *mut Sudog = ptr::null_mut();
    for (index, case) in cases.iter().enumerate() {
        let Some(at) = position(case) else { continue };
        let is_send = index < nsends;
        let chan = ChanRef(case.chan);
        let select = SelectCase { chan, next_case: list, index: index as u32, is_send };
        list = Sudog::new(g, case.elem, select);
        let chan = &mut locked[at];
        let queue = if is_send { &mut chan.senders } else { &mut chan.receivers };
        // SAFETY: locked; a new record.
        unsafe { queue.enqueue(list) };
    }
    let slot = g.wait_slot();
    // SAFETY: the current goroutine's own slot, used by selects only.
    unsafe { (*slot)[0] = list as usize };
    g.set_wait_roots([0, 0]);
    let reason = match cases {
        [] => WaitReason::SelectNoCases,
        _ if g.bubble() != 0 && locked.iter().all(|c| c.bubble != 0) => WaitReason::SynctestSelect,
        _ => WaitReason::Select,
    };
    cur.park(reason, Pin::Pinned);
    drop(locked);
    (0, 0)
}

/// Does a case if it can be done: status, and a goroutine to make ready.
fn try_case(
    cur: &Current<'_>,
    chan: &mut Locked<'_>,
    case: &Case,
    is_send: bool,
) -> Option<(u64, Option<gort_sched::GRef>)> {
    if is_send {
        match try_send(cur, chan, case.elem) {
            Sent::Done(woken) => Some((status::DONE, woken)),
            Sent::Closed => Some((status::SELECT_SEND_CLOSED, None)),
            Sent::WouldBlock => None,
        }
    } else {
        match try_recv(cur, chan, case.elem) {
            Received::Done(woken) => Some((status::DONE, woken)),
            Received::Closed => Some((status::SELECT_RECV_CLOSED, None)),
            Received::WouldBlock => None,
        }
    }
}

/// The case numbers in random order.
fn poll_order(n: usize, mut random: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, ((random >> 32) as usize) % (i + 1));
    }
    order
}

/// `selectdone`: the goroutine was woken; its other records leave their queues.
///
/// # Safety
/// Called by the thunk, once after each `selectwait` that waited; the channels are still kept alive by the
/// cases in the caller's frame.
pub unsafe fn select_done(cur: &Current<'_>) {
    debug_assert!(cur.g().select.is_claimed(), "INV-SELECT-1");
    let slot = cur.g().wait_slot();
    // SAFETY: the current goroutine's own slot.
    let mut list = unsafe { (*slot)[0] } as *mut Sudog;
    // SAFETY: as above.
    unsafe { (*slot)[0] = 0 };
    while !list.is_null() {
        // SAFETY: records of a select are freed only here.
        let Some(case) = (unsafe { (*list).select }) else { break };
        // SAFETY: the caller's contract.
        let mut chan = unsafe { case.chan.lock() };
        let queue = if case.is_send { &mut chan.senders } else { &mut chan.receivers };
        // SAFETY: locked; the record is in that queue or in none.
        unsafe { queue.remove(list) };
        drop(chan);
        // SAFETY: in no queue now, and ours.
        unsafe { Sudog::free(list) };
        list = case.next_case;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_comes_first_sometimes() {
        let mut first = [0; 4];
        for seed in 0..400_u64 {
            let order = poll_order(4, seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3]);
            first[order[0]] += 1;
        }
        assert!(first.iter().all(|n| *n > 50), "{first:?}");
    }
}
