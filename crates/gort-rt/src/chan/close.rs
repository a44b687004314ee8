//! `close(c)`: everybody who waits is told.

use super::{ChanRef, status};
use gort_abi::addr::Addr;
use gort_sched::Current;

/// `chanclose`: 0 done, 1 it was closed, 2 it is nil.
///
/// # Safety
/// Called by the thunk, with a channel (or nil) from compiled code.
pub unsafe fn close(cur: &Current<'_>, c: Addr) -> u64 {
    if c.is_null() {
        return 2;
    }
    // SAFETY: the caller's contract.
    let mut chan = unsafe { ChanRef(c).lock() };
    if chan.closed {
        return 1;
    }
    chan.closed = true;
    let mut woken = Vec::new();
    // SAFETY: locked.
    while let Some(receiver) = unsafe { chan.receivers.dequeue() } {
        chan.clear(cur, receiver.elem());
        woken.push(receiver.complete(0, status::SELECT_RECV_CLOSED));
    }
    // SAFETY: locked.
    while let Some(sender) = unsafe { chan.senders.dequeue() } {
        woken.push(sender.complete(status::CLOSED, status::SELECT_SEND_CLOSED));
    }
    drop(chan);
    for g in woken {
        cur.ready(g);
    }
    0
}
