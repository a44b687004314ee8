//! Special records: what the program wants done when an object becomes unreachable.
//!
//! A record hangs on an address inside an object: a finalizer (one per object), cleanups, a weak handle. The records of
//! a heap lie in a table outside the spans, cut into shards so that they can be root jobs; a span only counts its own,
//! so that sweeping one without records costs a comparison.
//!
//! # What happens when
//!
//! * Marking treats records as roots: a finalizer keeps its function and everything that can be reached *from* the
//!   object, not the object; a cleanup keeps its function; a weak handle is kept itself.
//! * Sweeping a span looks at the records of its unmarked objects. If one is a finalizer, the object lives once more:
//!   it is marked, the finalizer is queued, weak handles become nil, and cleanups wait for the object's real end.
//!   Otherwise the object is gone: cleanups are queued and weak handles become nil.
//!
//! # Invariants
//!
//! * **INV-SPECIAL-1 (counted).** A span's `specials` is the number of records on addresses in it. It changes under the lock
//!   of the records' shard.
//! * **INV-SPECIAL-2 (added to the living).** Who adds a record has a pointer to the object. So a sweeper that reads
//!   a count of 0 misses nothing: a record that is being added is on a marked object.
//! * **INV-SPECIAL-3 (dead is dead).** The lock of the shard is held while a sweeper decides about an object with records
//!   and while a weak handle is turned into a pointer: an object that was found dead is not given out again.
//!
//! Go counterpart: `mheap.go` (`special`, `addspecial`, `freeSpecial`, `getOrAddWeakHandle`), `mgcsweep.go`.

use crate::mem_profile::{BucketId, MemProfile};
use crate::mheap::{Heap, ObjectRef};
use crate::span::SpanRef;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};

/// Parts of the table.
pub const SHARDS: usize = 64;

/// A finalizer, as its caller described it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalizer {
    /// The func value.
    pub func: Addr,
    /// What the func value is called with besides the object: a type or a method table, or nothing.
    pub word: Addr,
    /// How it is called.
    pub mode: usize,
}

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// To be called with the object.
    Finalizer(Finalizer),
    /// A `func()` to be called when the object is gone, and its number.
    Cleanup(u64, Addr),
    /// A heap object of one word that holds the record's address until the object is gone.
    Weak(Addr),
    /// A sampled object of the memory profile.
    Profile(BucketId),
    /// The object belongs to that bubble of `testing/synctest`.
    Bubble(u64),
}

/// Whose an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Association {
    /// Of no bubble.
    None,
    /// Of the bubble that was asked about.
    Same,
    /// Of another one.
    Other,
}

/// What a sweeper found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A finalizer and its object.
    Finalizer(Finalizer, Addr),
    /// A cleanup.
    Cleanup(Addr),
}

type Table = BTreeMap<usize, Vec<Special>>;

/// A queue of calls that a goroutine makes.
#[derive(Debug)]
pub struct DueQueue {
    calls: Mutex<VecDeque<Due>>,
    /// Not empty, as a hint.
    some: AtomicBool,
    queued: AtomicU64,
    taken: AtomicU64,
}

impl Default for DueQueue {
    fn default() -> Self {
        Self {
            calls: Mutex::new(LockRank::Leaf, VecDeque::new()),
            some: AtomicBool::new(false),
            queued: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        }
    }
}

impl DueQueue {
    fn push(&self, due: Due) {
        self.calls.lock().push_back(due);
        // Release: pairs with the Acquire in `is_due`.
        self.some.store(true, Ordering::Release);
        // Relaxed: a count for statistics.
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    /// Is there a call to make? Asked by threads that look for work.
    #[inline]
    pub fn is_due(&self) -> bool {
        // Acquire: pairs with the Release in `push`.
        self.some.load(Ordering::Acquire)
    }

    /// The next call; if there is none, `wait` runs under the lock that keeps others from adding one.
    pub fn take_or(&self, wait: impl FnOnce()) -> Option<Due> {
        let mut calls = self.calls.lock();
        let due = calls.pop_front();
        if calls.is_empty() {
            // Release: under the lock; pairs with the Acquire in `is_due`.
            self.some.store(false, Ordering::Release);
        }
        if due.is_some() {
            // Relaxed: a count for statistics.
            self.taken.fetch_add(1, Ordering::Relaxed);
        } else {
            wait();
        }
        due
    }

    /// Calls ever queued.
    pub fn queued(&self) -> u64 {
        // Relaxed: a count for statistics.
        self.queued.load(Ordering::Relaxed)
    }

    /// Calls ever taken.
    pub fn taken(&self) -> u64 {
        // Relaxed: a count for statistics.
        self.taken.load(Ordering::Relaxed)
    }

    fn each(&self, mut visit: impl FnMut(Due)) {
        self.calls.lock().iter().for_each(|due| visit(*due));
    }
}

/// See the file's head.
#[derive(Debug)]
pub struct Specials {
    shards: Box<[Mutex<Table>]>,
    /// Weak handles of what is no heap object and never goes away, by address.
    immortal: Mutex<HashMap<usize, Box<AtomicUsize>>>,
    next_id: AtomicU64,
    count: AtomicUsize,
    /// Finalizers to run.
    pub finalizers: DueQueue,
    /// Cleanups to run.
    pub cleanups: DueQueue,
    /// Sampled objects.
    pub profile: MemProfile,
}

impl Default for Specials {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(LockRank::Specials, Table::new())).collect(),
            immortal: Mutex::new(LockRank::Leaf, HashMap::new()),
            next_id: AtomicU64::new(1),
            count: AtomicUsize::new(0),
            finalizers: DueQueue::default(),
            cleanups: DueQueue::default(),
            profile: MemProfile::default(),
        }
    }
}

fn handle_word(handle: Addr) -> &'static AtomicUsize {
    // SAFETY: a weak handle: an aligned word of a heap object that its record keeps alive; the reference does not
    // outlive the statement that asks for it.
    unsafe { &*(handle.0 as *const AtomicUsize) }
}

impl Specials {
    fn shard(&self, span: SpanRef) -> &Mutex<Table> {
        &self.shards[(span.base().0 / crate::size_class::PAGE_SIZE) % SHARDS]
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        // Relaxed: a count for statistics.
        self.count.load(Ordering::Relaxed)
    }

    /// Is there no record?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn insert(&self, table: &mut Table, span: SpanRef, at: usize, special: Special) {
        table.entry(at).or_default().push(special);
        span.set_specials(span.specials() + 1);
        // Relaxed: a count for statistics.
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn removed(&self, span: SpanRef, count: usize) {
        span.set_specials(span.specials() - count as u32);
        // Relaxed: a count for statistics.
        self.count.fetch_sub(count, Ordering::Relaxed);
    }

    fn remove_if(&self, object: ObjectRef, at: usize, mut wanted: impl FnMut(&Special) -> bool) -> bool {
        let mut table = self.shard(object.span).lock();
        let Some(list) = table.get_mut(&at) else { return false };
        let before = list.len();
        list.retain(|s| !wanted(s));
        let removed = before - list.len();
        if list.is_empty() {
            table.remove(&at);
        }
        self.removed(object.span, removed);
        removed > 0
    }

    /// Sets the finalizer of an object; false if it has one.
    pub fn add_finalizer(&self, object: ObjectRef, at: Addr, finalizer: Finalizer) -> bool {
        let mut table = self.shard(object.span).lock();
        let is_finalizer = |s: &Special| matches!(s, Special::Finalizer(_));
        if table.get(&at.0).is_some_and(|list| list.iter().any(is_finalizer)) {
            return false;
        }
        self.insert(&mut table, object.span, at.0, Special::Finalizer(finalizer));
        true
    }

    /// Takes the finalizer of an object away.
    pub fn remove_finalizer(&self, object: ObjectRef, at: Addr) -> bool {
        self.remove_if(object, at.0, |s| matches!(s, Special::Finalizer(_)))
    }

    /// Adds a cleanup; returns its number.
    pub fn add_cleanup(&self, object: ObjectRef, at: Addr, func: Addr) -> u64 {
        // Relaxed: numbers need to differ, nothing else.
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        self.insert(&mut self.shard(object.span).lock(), object.span, at.0, Special::Cleanup(id, func));
        id
    }

    /// The object, which nobody has yet, was sampled.
    pub fn add_profile(&self, object: ObjectRef, bucket: BucketId) {
        let at = object.addr().0;
        // INV-PROFILE-1
        self.insert(&mut self.shard(object.span).lock(), object.span, at, Special::Profile(bucket));
    }

    /// Takes a cleanup away, if the object is not gone yet.
    pub fn remove_cleanup(&self, object: ObjectRef, at: Addr, id: u64) -> bool {
        self.remove_if(object, at.0, |s| matches!(s, Special::Cleanup(i, _) if *i == id))
    }

    /// The weak handle of an address: the one it has, or `fresh`, which holds nothing yet.
    pub fn add_weak(&self, object: ObjectRef, at: Addr, fresh: Addr) -> Addr {
        let mut table = self.shard(object.span).lock();
        let known = table.get(&at.0).and_then(|list| {
            list.iter().find_map(|s| if let Special::Weak(handle) = s { Some(*handle) } else { None })
        });
        if let Some(handle) = known {
            return handle;
        }
        // Release: pairs with the Acquire in `Heap::strong_from_weak`.
        handle_word(fresh).store(at.0, Ordering::Release);
        self.insert(&mut table, object.span, at.0, Special::Weak(fresh));
        fresh
    }

    /// Does an address belong to the bubble? `add`: it does from now on, unless it belongs to one.
    pub fn associate(&self, object: ObjectRef, at: Addr, bubble: u64, add: bool) -> Association {
        let mut table = self.shard(object.span).lock();
        let known = table.get(&at.0).and_then(|list| {
            list.iter().find_map(|s| if let Special::Bubble(id) = s { Some(*id) } else { None })
        });
        match known {
            Some(id) if id == bubble => Association::Same,
            Some(_) => Association::Other,
            None if add => {
                self.insert(&mut table, object.span, at.0, Special::Bubble(bubble));
                Association::Same
            }
            None => Association::None,
        }
    }

    /// An address belongs to no bubble any more.
    pub fn disassociate(&self, object: ObjectRef, at: Addr) {
        self.remove_if(object, at.0, |s| matches!(s, Special::Bubble(_)));
    }

    /// The weak handle of an address outside the heap.
    pub fn immortal_weak(&self, at: Addr) -> Addr {
        let mut immortal = self.immortal.lock();
        let handle = immortal.entry(at.0).or_insert_with(|| Box::new(AtomicUsize::new(at.0)));
        Addr(&raw const **handle as usize)
    }

    /// Visits the records of a shard, with their addresses.
    pub fn each_in_shard(&self, shard: usize, mut visit: impl FnMut(Addr, Special)) {
        for (at, list) in self.shards[shard].lock().iter() {
            list.iter().for_each(|s| visit(Addr(*at), *s));
        }
    }

    /// Visits the calls that are due and not taken yet.
    pub fn each_due(&self, mut visit: impl FnMut(Due)) {
        self.finalizers.each(&mut visit);
        self.cleanups.each(&mut visit);
    }

    /// The sweeper has the span in hand, and `sweep_gen` is under way: settles the records of its unmarked objects.
    /// Returns how many objects live once more.
    pub(crate) fn sweep(&self, span: SpanRef, sweep_gen: u32) -> u32 {
        if span.specials() == 0 {
            // INV-SPECIAL-2
            span.set_swept_in(sweep_gen);
            // Pairs with the fence in `is_alive`: who sees the marks taken away sees this too.
            fence(Ordering::Release);
            return 0;
        }
        let mut table = self.shard(span).lock();
        let (from, to) = (span.base().0, span.base().0 + span.bytes());
        let addresses: Vec<usize> = table.range(from..to).map(|(at, _)| *at).collect();
        let mut next = 0;
        let mut revived = 0;
        while let Some(&at) = addresses.get(next) {
            let index = span.index_of(at);
            // All addresses inside one object.
            let end = next + addresses[next..].iter().take_while(|a| span.index_of(**a) == index).count();
            if let Some(index) = index
                && !span.is_marked(index)
            {
                revived += self.settle(&mut table, span, index, &addresses[next..end]);
            }
            next = end;
        }
        // INV-SPECIAL-3
        span.set_swept_in(sweep_gen);
        // As above.
        fence(Ordering::Release);
        revived
    }

    /// An unmarked object with records at these addresses; 1 if it lives once more.
    fn settle(&self, table: &mut Table, span: SpanRef, index: u32, addresses: &[usize]) -> u32 {
        let is_finalizer = |s: &Special| matches!(s, Special::Finalizer(_));
        let lists = || addresses.iter().filter_map(|at| table.get(at));
        let revive = lists().flatten().any(is_finalizer);
        if revive {
            span.mark(index);
        }
        let mut gone = 0;
        for at in addresses {
            let Some(list) = table.get_mut(at) else { continue };
            list.retain(|special| {
                match *special {
                    Special::Finalizer(f) => self.finalizers.push(Due::Finalizer(f, Addr(*at))),
                    // Release: pairs with the Acquire in `Heap::strong_from_weak`.
                    Special::Weak(handle) => handle_word(handle).store(0, Ordering::Release),
                    Special::Cleanup(..) | Special::Profile(_) | Special::Bubble(_) if revive => return true,
                    Special::Bubble(_) => {}
                    Special::Profile(bucket) => self.profile.count_free(bucket),
                    Special::Cleanup(_, func) => self.cleanups.push(Due::Cleanup(func)),
                }
                gone += 1;
                false
            });
            if list.is_empty() {
                table.remove(at);
            }
        }
        self.removed(span, gone);
        u32::from(revive)
    }
}

impl Heap {
    /// The object that a weak handle stands for, null if it is gone. While marking, the caller shades it.
    pub fn strong_from_weak(&self, handle: Addr) -> Addr {
        // Acquire: pairs with the Release in `add_weak`; looked at again under the lock.
        let at = handle_word(handle).load(Ordering::Acquire);
        let Some(object) = self.find(at) else {
            // Outside the heap, or gone meanwhile: the handle became nil before its span left the page table.
            let same = handle_word(handle).load(Ordering::Acquire) == at;
            return if same { Addr(at) } else { Addr::NULL };
        };
        let _guard = self.specials.shard(object.span).lock();
        // Relaxed: written under this lock.
        if handle_word(handle).load(Ordering::Relaxed) != at || !self.is_alive(object) {
            return Addr::NULL;
        }
        Addr(at)
    }

    /// Outside marking: is the object not one that sweeping will find dead? For objects with records, under their lock.
    fn is_alive(&self, object: ObjectRef) -> bool {
        let marked = object.span.is_marked(object.index);
        // Pairs with the fence in `sweep`.
        fence(Ordering::Acquire);
        marked || object.span.swept_in() == self.sweep_gen.get()
    }
}
