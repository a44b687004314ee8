//! Semaphores: how `sync` makes goroutines wait for a word of memory.
//!
//! Go counterpart: `sema.go` (`semacquire1`, `semrelease1`, `semaRoot`).
//!
//! A semaphore is any word; goroutines that wait for it are found by its address, in one of some buckets.
//! Within a bucket a list per address, linked through the goroutines' own [`crate::g::WaitLink`].
//!
//! Acquiring loops: the runtime function tries, else parks; woken without a unit, Go code calls it again. A
//! releaser that hands its unit over (`handoff`) takes it for the waiter and yields to it.
//!
//! **INV-SEMA-2 (linked).** A goroutine in a list is `Waiting` with [`WaitReason`] of a semaphore, and its link
//! belongs to whoever holds the lock of the bucket.

use crate::current::Current;
use crate::g::GRef;
use crate::wait_reason::WaitReason;
use gort_protocols::g_status::Pin;
use gort_protocols::semaphore::{SemaRoot, try_acquire};
use gort_sync::{CachePadded, LockRank, Mutex};
use gort_sys::clock;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Buckets; a prime, as addresses come in steps.
const BUCKETS: usize = 251;

/// Waiting goroutines, first to be woken first.
#[derive(Clone, Copy, Default)]
pub(crate) struct WaitList {
    pub first: Option<GRef>,
    pub last: Option<GRef>,
}

impl WaitList {
    /// Appends; the lock that guards the list is held.
    pub fn push_back(&mut self, g: GRef) {
        g.link().next.set(None);
        match self.last {
            Some(last) => last.link().next.set(Some(g)),
            None => self.first = Some(g),
        }
        self.last = Some(g);
    }

    /// Puts it before all others.
    pub fn push_front(&mut self, g: GRef) {
        g.link().next.set(self.first);
        if self.first.is_none() {
            self.last = Some(g);
        }
        self.first = Some(g);
    }

    /// Takes out the first.
    pub fn pop_front(&mut self) -> Option<GRef> {
        let g = self.first?;
        self.first = g.link().next.take();
        if self.first.is_none() {
            self.last = None;
        }
        Some(g)
    }
}

/// Spreads addresses.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_usize(*b as usize);
        }
    }
    fn write_usize(&mut self, n: usize) {
        let mixed = (self.0 ^ n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

type Lists = HashMap<usize, WaitList, BuildHasherDefault<AddressHasher>>;

struct Bucket {
    root: SemaRoot,
    lists: Mutex<Lists>,
}

/// The semaphores of one runtime.
pub(crate) struct SemaTable {
    buckets: Box<[CachePadded<Bucket>]>,
    mutex_wait_ns: AtomicU64,
}

impl SemaTable {
    pub fn new() -> Self {
        let bucket = || Bucket { root: SemaRoot::new(), lists: Mutex::new(LockRank::Sema, Lists::default()) };
        let buckets = (0..BUCKETS).map(|_| CachePadded(bucket())).collect();
        Self { buckets, mutex_wait_ns: AtomicU64::new(0) }
    }

    /// How long goroutines waited for mutexes, all together.
    pub fn mutex_wait_ns(&self) -> u64 {
        // Relaxed: for statistics.
        self.mutex_wait_ns.load(Ordering::Relaxed)
    }

    /// A goroutine is woken: since when it had waited for a mutex, or 0.
    fn woken(&self, g: GRef) -> i64 {
        let since = g.swap_mutex_since(0);
        if since != 0 {
            // Relaxed: for statistics.
            self.mutex_wait_ns.fetch_add((clock::nanotime() - since).max(0) as u64, Ordering::Relaxed);
        }
        since
    }

    fn bucket(&self, address: usize) -> &Bucket {
        &self.buckets[(address >> 3) % BUCKETS]
    }
}

fn is_mutex(reason: WaitReason) -> bool {
    matches!(reason, WaitReason::SyncMutexLock | WaitReason::SyncRWMutexLock | WaitReason::SyncRWMutexRLock)
}

/// The word at an address, as an atomic.
///
/// # Safety
/// A live, aligned word of the program that is only used atomically.
unsafe fn word<'a>(address: usize) -> &'a AtomicU32 {
    // SAFETY: the caller's contract.
    unsafe { AtomicU32::from_ptr(std::ptr::with_exposed_provenance_mut(address)) }
}

impl Current<'_> {
    /// Takes a unit of the semaphore: true. Or waits, as the last thing the runtime function does; its result
    /// is true then if the unit was handed over, else the caller tries again. `lifo`: wait before all others.
    ///
    /// # Safety
    /// `address` is a live word of the program, used as a semaphore only.
    pub unsafe fn sema_acquire(&self, address: usize, lifo: bool, reason: WaitReason) -> bool {
        // SAFETY: the caller's contract.
        let count = unsafe { word(address) };
        if try_acquire(count) {
            return true;
        }
        let bucket = self.sched().semas.bucket(address);
        let mut lists = bucket.lists.lock();
        if !bucket.root.announce(count) {
            return true;
        }
        let g = self.g();
        let list = lists.entry(address).or_default();
        if lifo {
            list.push_front(g)
        } else {
            list.push_back(g)
        }
        if is_mutex(reason) {
            g.swap_mutex_since(clock::nanotime());
        }
        // The word's object stays while somebody waits for it.
        g.set_wait_roots([address, 0]);
        g.set_results(0, 0);
        self.park(reason, Pin::Free);
        drop(lists);
        false
    }

    /// Gives a unit back and wakes a waiter; returns since when that had waited for a mutex, else 0. With `handoff` the waiter
    /// gets the unit, and runs at once: then that is what the caller's thunk returns, later.
    ///
    /// # Safety
    /// As [`Self::sema_acquire`].
    pub unsafe fn sema_release(&self, address: usize, handoff: bool) -> u64 {
        // SAFETY: the caller's contract.
        let count = unsafe { word(address) };
        let bucket = self.sched().semas.bucket(address);
        if !bucket.root.release(count) {
            return 0;
        }
        let woken = {
            let mut lists = bucket.lists.lock();
            let Some(list) = lists.get_mut(&address) else { return 0 };
            let woken = list.pop_front();
            if list.first.is_none() {
                lists.remove(&address);
            }
            if woken.is_some() {
                bucket.root.taken();
            }
            woken
        };
        let Some(g) = woken else { return 0 };
        let since = self.sched().semas.woken(g) as u64;
        let handed = handoff && try_acquire(count);
        // INV-SEMA-2: it is out of the list, and waits for us.
        g.set_results(u64::from(handed), 0);
        self.ready(g);
        if handed && !self.is_pinned() {
            self.g().set_results(since, 0);
            self.yield_to_next();
        }
        since
    }
}
