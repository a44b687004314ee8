//! `c <- v`.

use super::queue::Sudog;
use super::{ChanRef, Locked, status};
use gort_abi::addr::Addr;
use gort_sched::{Current, GRef, Pin, WaitReason};

/// What a send did.
#[derive(Debug)]
pub enum Sent {
    /// Done; a receiver to make ready once the lock is released.
    Done(Option<GRef>),
    /// The channel is closed.
    Closed,
    /// It would have to wait.
    WouldBlock,
}

/// Sends without waiting.
pub fn try_send(cur: &Current<'_>, chan: &mut Locked<'_>, elem: Addr) -> Sent {
    if chan.closed {
        return Sent::Closed;
    }
    // SAFETY: locked.
    if let Some(receiver) = unsafe { chan.receivers.dequeue() } {
        chan.copy(cur, receiver.elem(), elem);
        return Sent::Done(Some(receiver.complete(1, status::DONE)));
    }
    if chan.count < chan.capacity {
        chan.push(cur, elem);
        return Sent::Done(None);
    }
    Sent::WouldBlock
}

/// `chansend`: sends, waiting if need be. The result counts only if the goroutine does not leave.
///
/// # Safety
/// Called by the thunk, with a channel (or nil) and an element address from compiled code.
pub unsafe fn send(cur: &Current<'_>, c: Addr, elem: Addr) -> u64 {
    if c.is_null() {
        cur.park(WaitReason::ChanSendNil, Pin::Free);
        return 0;
    }
    // SAFETY: the caller's contract.
    let mut chan = unsafe { ChanRef(c).lock() };
    match try_send(cur, &mut chan, elem) {
        Sent::Done(receiver) => {
            drop(chan);
            if let Some(g) = receiver {
                cur.ready(g);
            }
            status::DONE
        }
        Sent::Closed => status::CLOSED,
        Sent::WouldBlock => {
            let g = cur.g();
            let sudog = Sudog::of(g, elem);
            // SAFETY: locked; a new record.
            unsafe { chan.senders.enqueue(sudog) };
            g.set_wait_roots([c.0, elem.0]);
            let reason = if chan.bubble == 0 { WaitReason::ChanSend } else { WaitReason::SynctestChanSend };
            cur.park(reason, Pin::Pinned);
            drop(chan);
            0
        }
    }
}
