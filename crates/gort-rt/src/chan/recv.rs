//! `v, ok := <-c`.

use super::queue::Sudog;
use super::{ChanRef, Locked, status};
use gort_abi::addr::Addr;
use gort_sched::{Current, GRef, Pin, WaitReason};

/// What a receive did.
#[derive(Debug)]
pub enum Received {
    /// Done; a sender to make ready once the lock is released.
    Done(Option<GRef>),
    /// The channel is closed and empty: the element was zeroed.
    Closed,
    /// It would have to wait.
    WouldBlock,
}

/// Receives without waiting; `elem` may be null.
pub fn try_recv(cur: &Current<'_>, chan: &mut Locked<'_>, elem: Addr) -> Received {
    if chan.closed && chan.count == 0 {
        chan.clear(cur, elem);
        return Received::Closed;
    }
    // SAFETY: locked.
    if let Some(sender) = unsafe { chan.senders.dequeue() } {
        if chan.capacity == 0 {
            chan.copy(cur, elem, sender.elem());
        } else {
            // The ring is full (INV-CHAN-2): take the oldest, and append the sender's.
            chan.pop(cur, elem);
            chan.push(cur, sender.elem());
        }
        return Received::Done(Some(sender.complete(status::DONE, status::DONE)));
    }
    if chan.count > 0 {
        chan.pop(cur, elem);
        return Received::Done(None);
    }
    Received::WouldBlock
}

/// `chanrecv`: receives, waiting if need be; 1 if a value was sent, 0 if the channel is closed. The result
/// counts only if the goroutine does not leave.
///
/// # Safety
/// Called by the thunk, with a channel (or nil) and an element address (or nil) from compiled code.
pub unsafe fn recv(cur: &Current<'_>, c: Addr, elem: Addr) -> u64 {
    if c.is_null() {
        cur.park(WaitReason::ChanReceiveNil, Pin::Free);
        return 0;
    }
    // SAFETY: the caller's contract.
    let mut chan = unsafe { ChanRef(c).lock() };
    match try_recv(cur, &mut chan, elem) {
        Received::Done(sender) => {
            drop(chan);
            if let Some(g) = sender {
                cur.ready(g);
            }
            1
        }
        Received::Closed => 0,
        Received::WouldBlock => {
            let g = cur.g();
            let sudog = Sudog::of(g, elem);
            // SAFETY: locked; a new record.
            unsafe { chan.receivers.enqueue(sudog) };
            g.set_wait_roots([c.0, elem.0]);
            let reason =
                if chan.bubble == 0 { WaitReason::ChanReceive } else { WaitReason::SynctestChanReceive };
            cur.park(reason, Pin::Pinned);
            drop(chan);
            0
        }
    }
}
