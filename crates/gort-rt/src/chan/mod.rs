//! Channels.
//!
//! An [`Hchan`] lives in the collected heap. It holds a ring buffer and two queues of waiting goroutines. All of it is guarded by the channel's lock.
//!
//! INV-CHAN-1 (guarded): the fields of an [`Hchan`] but `elem_type`, `elem_size` and `capacity` are read
//! and written only under its lock (its length may be read without, as a hint).
//! INV-CHAN-2 (one queue): senders wait only while the buffer is full, receivers only while it is empty;
//! a closed channel has no waiters.
//! INV-CHAN-3 (hand-off): who takes a record out of a queue does the other side's work as well: it moves
//! the element and sets the result words; the waiting goroutine only continues.
//! INV-CHAN-4 (still stacks): `Sudog::elem` may point into the stack of a parked goroutine: only its own goroutine moves a
//! stack, and it is parked.
//!
//! Elements are moved by the collector's typed copy, which has the barriers that a write into another
//! goroutine's stack needs (heart rule R9).
//!
//! Go counterpart: `runtime/chan.go`.

pub mod awaited;
pub mod close;
pub mod queue;
pub mod recv;
pub mod select;
pub mod send;

use crate::iface::type_info::TypeInfo;
use crate::shared::Shared;
use gort_abi::addr::Addr;
use gort_sched::Current;
use gort_sync::{LockRank, RawMutex};
use queue::WaitQueue;
use std::mem::size_of;

/// A channel.
#[derive(Debug)]
#[repr(C)]
pub struct Hchan {
    /// The ring, `capacity` elements.
    pub buffer: Addr,
    /// The timer of package time that sends to it, if it belongs to one: set by Go code. Such a channel seems to have no
    /// buffer. This and the ring are the heap pointers of the structure.
    pub timer: Addr,
    /// The bubble it was made in, 0 none: looked at by Go code, which lets only goroutines of that bubble use it.
    pub bubble: u64,
    /// Elements in the ring.
    pub count: usize,
    /// Size of the ring in elements.
    pub capacity: usize,
    /// Size of an element in bytes.
    pub elem_size: usize,
    /// Its type descriptor.
    pub elem_type: Addr,
    /// Where the next sent element goes.
    pub send_at: usize,
    /// Where the next received element comes from.
    pub recv_at: usize,
    /// Waiting receivers.
    pub receivers: WaitQueue,
    /// Waiting senders.
    pub senders: WaitQueue,
    /// Closed?
    pub closed: bool,
    /// Guards all of it.
    pub lock: RawMutex,
}

/// Results of `chansend` and the status of `selectwait`.
pub mod status {
    /// The operation was done.
    pub const DONE: u64 = 0;
    /// `chansend`: the channel is closed.
    pub const CLOSED: u64 = 1;
    /// `selectwait`: a receive from a closed channel.
    pub const SELECT_RECV_CLOSED: u64 = 1;
    /// `selectwait`: a send on a closed channel.
    pub const SELECT_SEND_CLOSED: u64 = 2;
    /// `selectwait`, added: the goroutine waited, and calls `selectdone`.
    pub const SELECT_WAITED: u64 = 4;
}

/// A channel as compiled code names it, in use by one thread at a time once locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChanRef(pub Addr);

/// A channel whose lock we hold.
#[derive(Debug)]
pub struct Locked<'c> {
    chan: &'c mut Hchan,
}

impl ChanRef {
    /// Locks the channel, which is not nil.
    ///
    /// # Safety
    /// It is the address of a channel that the caller's goroutine keeps alive.
    pub unsafe fn lock<'c>(self) -> Locked<'c> {
        let chan = self.0.0 as *mut Hchan;
        // SAFETY: the caller's contract; the lock word is an atomic.
        let lock = unsafe { &(*chan).lock };
        lock.lock(LockRank::Chan);
        // SAFETY: INV-CHAN-1: the lock makes us its only user.
        Locked { chan: unsafe { &mut *chan } }
    }

    /// Does a timer send to it?
    ///
    /// # Safety
    /// As [`ChanRef::lock`], and nobody else uses it: the world is stopped.
    pub unsafe fn has_timer(self) -> bool {
        // SAFETY: the caller's contract.
        unsafe { !(*(self.0.0 as *const Hchan)).timer.is_null() }
    }

    /// Elements in the buffer; a hint.
    ///
    /// # Safety
    /// As [`ChanRef::lock`].
    pub unsafe fn count(self) -> usize {
        let chan = self.0.0 as *const Hchan;
        // SAFETY: the caller's contract; set before the channel is known to anybody else.
        if !unsafe { (*chan).timer }.is_null() {
            return 0;
        }
        // SAFETY: the caller's contract.
        let count = unsafe { &raw const (*chan).count };
        // SAFETY: as above; volatile since others may write it.
        unsafe { count.read_volatile() }
    }

    /// Size of the buffer in elements, as the program sees it.
    ///
    /// # Safety
    /// As [`ChanRef::lock`].
    pub unsafe fn seen_capacity(self) -> usize {
        let chan = self.0.0 as *const Hchan;
        // SAFETY: as `count`.
        if !unsafe { (*chan).timer }.is_null() {
            return 0;
        }
        // SAFETY: the caller's contract; never changes.
        unsafe { (*chan).capacity }
    }
}

impl std::ops::Deref for Locked<'_> {
    type Target = Hchan;
    fn deref(&self) -> &Hchan {
        self.chan
    }
}

impl std::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Hchan {
        self.chan
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.chan.lock.unlock(LockRank::Chan);
    }
}

impl Hchan {
    fn slot(&self, i: usize) -> Addr {
        self.buffer.add(i * self.elem_size)
    }

    fn after(&self, i: usize) -> usize {
        if i + 1 == self.capacity { 0 } else { i + 1 }
    }

    /// Copies one element, with barriers.
    fn copy(&self, cur: &Current<'_>, dst: Addr, src: Addr) {
        if dst.is_null() || self.elem_size == 0 {
            return;
        }
        // SAFETY: dst and src are element places of this channel's type: its ring, or what compiled code
        // passed as element address (INV-CHAN-4).
        unsafe { cur.collector().typed_copy(cur.mutator(), self.elem_type, dst, src, 1) };
    }

    /// Zeroes one element, with barriers.
    fn clear(&self, cur: &Current<'_>, at: Addr) {
        if at.is_null() || self.elem_size == 0 {
            return;
        }
        // SAFETY: as `copy`.
        unsafe { cur.collector().typed_clear(cur.mutator(), self.elem_type, at, 1) };
    }

    /// Appends an element to the ring, which has room.
    fn push(&mut self, cur: &Current<'_>, elem: Addr) {
        let slot = self.slot(self.send_at);
        self.copy(cur, slot, elem);
        self.send_at = self.after(self.send_at);
        self.count += 1;
    }

    /// Takes the oldest element from the ring, which has one.
    fn pop(&mut self, cur: &Current<'_>, elem: Addr) {
        let slot = self.slot(self.recv_at);
        self.copy(cur, elem, slot);
        self.clear(cur, slot);
        self.recv_at = self.after(self.recv_at);
        self.count -= 1;
    }
}

/// Empties the ring of a timer's channel. Was there anything?
///
/// # Safety
/// As [`ChanRef::lock`].
pub unsafe fn drain(cur: &Current<'_>, c: Addr) -> bool {
    // SAFETY: the caller's contract.
    let mut chan = unsafe { ChanRef(c).lock() };
    let any = chan.count > 0;
    while chan.count > 0 {
        chan.pop(cur, Addr::NULL);
    }
    any
}

/// Makes a channel; the size has been checked.
pub fn new_chan(cur: &Current<'_>, shared: &Shared, chan_type: Addr, capacity: usize) -> Addr {
    let elem_type = TypeInfo::new(&shared.modules, chan_type).elem();
    let elem = TypeInfo::new(&shared.modules, elem_type);
    let (collector, mutator) = (cur.collector(), cur.mutator());
    let head = size_of::<Hchan>().next_multiple_of(16);
    let buffer_size = elem.size() * capacity;
    let (chan, buffer) = if elem.ptr_bytes() == 0 || buffer_size == 0 {
        // The collector need not look inside: head and ring are one object.
        // SAFETY: the goroutine is stopped at a call with a stack map (INV-CALL-1).
        let chan = unsafe { collector.alloc_noscan(mutator, head + buffer_size) };
        (chan, chan.add(head))
    } else {
        // SAFETY: as above.
        let buffer = unsafe { collector.alloc_array(mutator, elem_type, capacity) };
        // The ring is held by nothing yet: let the goroutine hold it while the head is allocated.
        let prefix = cur.g().prefix();
        // SAFETY: the current goroutine's descriptor; `param` is its own to use.
        unsafe { (*prefix).param = buffer.0 };
        // SAFETY: as above.
        let chan = unsafe { collector.alloc_object(mutator, shared.chan_head.address()) };
        // SAFETY: as above.
        unsafe { (*prefix).param = 0 };
        if collector.barrier_on() {
            // SAFETY: the buffer word of the new object, about to be written.
            unsafe { collector.write_barrier(mutator, chan, buffer) };
        }
        (chan, buffer)
    };
    let head = Hchan {
        buffer,
        timer: Addr::NULL,
        bubble: cur.g().bubble(),
        count: 0,
        capacity,
        elem_size: elem.size(),
        elem_type,
        send_at: 0,
        recv_at: 0,
        receivers: WaitQueue::default(),
        senders: WaitQueue::default(),
        closed: false,
        lock: RawMutex::new(),
    };
    // SAFETY: a new object of at least that size, known to nobody else.
    unsafe { (chan.0 as *mut Hchan).write(head) };
    chan
}
