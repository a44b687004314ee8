//! The heap: spans from pages, caches from spans.
//!
//! [`Heap::refill`] is the slow half of small allocation: it climbs from the cache's own span to the
//! layout's lists, to unswept spans, to fresh pages. Large objects get pages directly ([`crate::large`]).
//!
//! INV-HEAP-1 (colour of new objects): while `black` is passed, every slot handed out is marked before
//! anybody can see it.

use crate::arena::Arena;
use crate::layout::{LayoutId, LayoutKind, Layouts, MAX_LAYOUTS, Placement};
use crate::mcache::{MCache, Placed};
use crate::mcentral::MCentral;
use crate::owned_word::{OwnedU32, Tally};
use crate::page_alloc::{PageAlloc, PageRun};
use crate::page_bits::CHUNK_PAGES;
use crate::page_cache::{MAX_CACHED_RUN, PageCache};
use crate::scavenge::Scavenger;
use crate::size_class::PAGE_SIZE;
use crate::span::{ScanKind, SpanRef, SpanShape};
use crate::span_pool::{PoolBytes, SpanPool};
use crate::special::Specials;
use crate::stats::HeapTallies;
use crate::type_ref::TypeRef;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use gort_sys::OsError;
use std::sync::OnceLock;

/// The system has no more memory for us, or the request is bigger than any heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl From<OsError> for OutOfMemory {
    fn from(_: OsError) -> Self {
        Self
    }
}

/// Windows of so many bytes are counted together: totals are words that all Ps share.
const SETTLE_BYTES: u64 = 8 << 10;

/// One chunk-aligned step of growth: 16 MiB.
const GROW_CHUNKS: usize = 4;

/// See the file's head.
#[derive(Debug)]
pub struct Heap {
    pub(crate) arena: Arena,
    pub(crate) pages: Mutex<PageAlloc>,
    pool: Mutex<SpanPool>,
    layouts: Layouts,
    central: Box<[OnceLock<MCentral>]>,
    pub(crate) large: Mutex<crate::mcentral::Lists>,
    /// Goes up by one when sweeping starts.
    pub(crate) sweep_gen: OwnedU32,
    /// Spans in `unswept` lists or in the hands of sweepers.
    pub(crate) unswept: Tally,
    /// Where background sweeping looks next.
    pub(crate) sweep_cursor: Tally,
    /// Pages to sweep per fresh page allocated.
    pub(crate) sweep_ratio: OwnedU32,
    /// Fill freed slots with a pattern (`GODEBUG=clobberfree=1`).
    pub(crate) clobber_free: OwnedU32,
    /// Finalizers, cleanups, weak handles.
    pub specials: Specials,
    pub(crate) scavenger: Scavenger,
    /// Counters.
    pub tallies: HeapTallies,
}

/// An object of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its span.
    pub span: SpanRef,
    /// Its slot.
    pub index: u32,
}

impl ObjectRef {
    /// First byte of its slot.
    #[inline]
    pub fn addr(self) -> Addr {
        self.span.slot(self.index)
    }
}

impl Heap {
    /// An empty heap.
    pub fn new() -> Result<Self, OutOfMemory> {
        Ok(Self {
            arena: Arena::reserve()?,
            pages: Mutex::new(LockRank::Heap, PageAlloc::default()),
            pool: Mutex::new(LockRank::Leaf, SpanPool::new()),
            scavenger: Scavenger::default(),
            layouts: Layouts::default(),
            central: (0..MAX_LAYOUTS).map(|_| OnceLock::new()).collect(),
            large: Mutex::new(LockRank::LargeObjects, crate::mcentral::Lists::default()),
            sweep_gen: OwnedU32::new(0),
            unswept: Tally::new(),
            sweep_cursor: Tally::new(),
            sweep_ratio: OwnedU32::new(1),
            clobber_free: OwnedU32::new(0),
            specials: Specials::default(),
            tallies: HeapTallies::default(),
        })
    }

    /// Memory of the heap's own.
    pub fn pool_bytes(&self) -> PoolBytes {
        self.pool.lock().bytes()
    }

    /// Turns `GODEBUG=clobberfree` on.
    pub fn set_clobber_free(&self, on: bool) {
        self.clobber_free.set(u32::from(on));
    }

    /// The object whose slot holds the address, if it is one of the heap's.
    #[inline]
    pub fn find(&self, at: usize) -> Option<ObjectRef> {
        let span = self.arena.span_of(at)?;
        let index = span.index_of(at)?;
        Some(ObjectRef { span, index })
    }

    /// Does the address lie in the range of the heap? (Most that do not point to an object do not.)
    #[inline]
    pub fn in_range(&self, at: usize) -> bool {
        self.arena.contains(at)
    }

    /// The range of addresses it may use: where it begins, and its bytes.
    #[inline]
    pub fn range(&self) -> (Addr, usize) {
        (self.arena.base(), self.arena.pages() * PAGE_SIZE)
    }

    /// The span that holds the address, if it is one of the heap's.
    #[inline]
    pub fn span_of(&self, at: usize) -> Option<SpanRef> {
        self.arena.span_of(at)
    }

    pub(crate) fn central(&self, layout: LayoutId) -> &MCentral {
        self.central[layout.0 as usize].get_or_init(|| MCentral::new(self.layouts.get(layout)))
    }

    /// Every layout that has been used.
    pub(crate) fn centrals(&self) -> impl Iterator<Item = &MCentral> {
        self.central.iter().filter_map(OnceLock::get)
    }

    pub(crate) fn central_at(&self, number: usize) -> Option<&MCentral> {
        self.central.get(number)?.get()
    }

    /// Where `count` values of a type go; remembers it in the cache.
    #[cold]
    pub fn place(&self, cache: &mut MCache, typ: TypeRef, count: usize) -> Placed {
        let placement = self.layouts.place(typ, count);
        let slot_size = match placement {
            Placement::Small(id) | Placement::Described(id) => self.layouts.get(id).class.slot_size(),
            Placement::Large => 0,
        };
        let placed = Placed { placement, slot_size: slot_size as u32 };
        cache.remember(typ, count, placed);
        placed
    }

    /// Byte offset of a type's window in every cache's table, if its objects need no descriptor.
    pub fn window_of(&self, typ: TypeRef) -> Option<u32> {
        match self.layouts.place(typ, 1) {
            Placement::Small(id) => Some(id.0 * size_of::<crate::mcache::AllocWindow>() as u32),
            Placement::Described(_) | Placement::Large => None,
        }
    }

    /// Fills the cache's window of a layout that is used up. Returns the bytes taken.
    #[cold]
    pub fn refill(&self, cache: &mut MCache, layout: LayoutId, black: bool) -> Result<usize, OutOfMemory> {
        let mut span = match cache.span(layout) {
            Some(span) => span,
            None => self.next_span(&mut cache.pages, layout)?,
        };
        let (from, to) = loop {
            if let Some(run) = span.next_run() {
                break run;
            }
            span.take(span.objects(), 0);
            self.central(layout).put(span);
            span = self.next_span(&mut cache.pages, layout)?;
        };
        cache.set_span(layout, span);
        let size = span.slot_size();
        let slots = to - from;
        let bytes = slots as usize * size;
        span.take(to, slots);
        let start = span.slot(from);
        if !span.is_zeroed() {
            // SAFETY: INV-SPAN-3, free slots of a span that this cache owns.
            unsafe { std::ptr::write_bytes(start.0 as *mut u8, 0, bytes) };
        }
        if black {
            // INV-HEAP-1
            span.mark_run(from, to);
        }
        cache.open_window(layout, start.0, start.0 + bytes, size, self.specials.profile.rate());
        cache.count_mallocs(size, slots);
        cache.unsettled.add(bytes as u64, !span.is_noscan(), black);
        if cache.unsettled.bytes >= SETTLE_BYTES {
            self.settle(cache);
        }
        Ok(bytes)
    }

    /// Adds what a cache has taken since the last time to the totals.
    pub fn settle(&self, cache: &mut MCache) {
        let taken = std::mem::take(&mut cache.unsettled);
        if taken.bytes > 0 {
            self.tallies.live.add(taken.bytes);
            self.tallies.total_alloc.add(taken.bytes);
            self.tallies.scannable.add(taken.scan_bytes);
            self.tallies.marked.add(taken.black_bytes);
        }
    }

    pub(crate) fn count_allocated(&self, bytes: usize, scan: bool) {
        self.tallies.live.add(bytes as u64);
        self.tallies.total_alloc.add(bytes as u64);
        if scan {
            self.tallies.scannable.add(bytes as u64);
        }
    }

    /// A span of the layout with free slots, owned by the caller.
    fn next_span(&self, stock: &mut PageCache, layout: LayoutId) -> Result<SpanRef, OutOfMemory> {
        let central = self.central(layout);
        if let Some(span) = central.pop_partial() {
            return Ok(span);
        }
        while let Some(span) = central.pop_unswept() {
            if !self.sweep_keeps(span) {
                continue;
            }
            if span.next_run().is_some() {
                return Ok(span);
            }
            central.put(span);
        }
        let (class, kind) = (central.layout.class, central.layout.kind);
        let shape = SpanShape {
            base: Addr::NULL,
            pages: class.pages(),
            slot_size: class.slot_size(),
            objects: class.objects(),
            magic: class.magic(),
            kind: kind.scan_kind(),
            ptr_mask: if let LayoutKind::Mask(mask) = kind { mask } else { 0 },
            layout,
            large_type: None,
            zeroed: false,
        };
        let span = self.alloc_span(Some(stock), shape)?;
        debug_assert!(span.sets_kind(kind));
        Ok(span)
    }

    /// A span of fresh pages in this shape (base and zeroed are filled in here), from a P's stock of pages if
    /// there is one and the span is small.
    pub(crate) fn alloc_span(
        &self,
        stock: Option<&mut PageCache>,
        mut shape: SpanShape,
    ) -> Result<SpanRef, OutOfMemory> {
        self.sweep_for_pages(shape.pages);
        let words = shape.objects.div_ceil(64);
        let mut pool = self.pool.lock();
        let (span, bits) = (pool.take_span()?, pool.take_bits(words)?);
        drop(pool);
        let run = match stock {
            Some(stock) if shape.pages <= MAX_CACHED_RUN => self.pages_from(stock, shape.pages)?,
            _ => self.alloc_pages(shape.pages)?,
        };
        shape.base = self.arena.page_addr(run.first);
        shape.zeroed = run.zeroed;
        span.init(&shape, bits, words, self.sweep_gen.get());
        self.arena.publish(span);
        self.tallies.in_use.add(span.bytes() as u64);
        Ok(span)
    }

    fn pages_from(&self, stock: &mut PageCache, count: usize) -> Result<PageRun, OutOfMemory> {
        if let Some(run) = stock.take(count) {
            return Ok(run);
        }
        let mut pages = self.pages.lock();
        if !stock.refill(&mut pages) {
            self.grow(&mut pages, 1)?;
            stock.refill(&mut pages);
        }
        drop(pages);
        // The block may have too few pages in a row: then they come from anywhere.
        stock.take(count).map_or_else(|| self.alloc_pages(count), Ok)
    }

    fn alloc_pages(&self, count: usize) -> Result<PageRun, OutOfMemory> {
        for _ in 0..2 {
            let mut pages = self.pages.lock();
            if let Some(run) = pages.alloc(count) {
                return Ok(run);
            }
            if self.grow(&mut pages, count).is_ok() {
                return pages.alloc(count).ok_or(OutOfMemory);
            }
            drop(pages);
            // The last resort: pages of spans that are free, but not swept yet.
            while self.sweep_next().is_some() {}
        }
        Err(OutOfMemory)
    }

    fn grow(&self, alloc: &mut PageAlloc, pages: usize) -> Result<(), OutOfMemory> {
        let wanted = pages.saturating_sub(alloc.free_tail()).max(1);
        let old = alloc.pages();
        let room = (self.arena.pages() - old) / CHUNK_PAGES;
        let chunks = wanted.div_ceil(CHUNK_PAGES).max(GROW_CHUNKS.min(room));
        if chunks > room {
            return Err(OutOfMemory);
        }
        self.arena.commit(old, chunks * CHUNK_PAGES)?;
        alloc.grow(chunks);
        self.tallies.committed.add((chunks * CHUNK_PAGES * PAGE_SIZE) as u64);
        Ok(())
    }

    /// Returns the pages of a span in which nothing is allocated; the caller owns it.
    pub(crate) fn free_span(&self, span: SpanRef) {
        self.arena.retract(span);
        let (first, count) = (self.arena.page_of(span.base()), span.pages());
        self.tallies.in_use.sub(span.bytes() as u64);
        let (bits, words) = span.clear();
        self.pool.lock().give_back(span, bits, words);
        self.pages.lock().free(first, count);
    }

    /// Takes every span and window out of a cache, before a colour change or when its P goes away.
    pub fn retire(&self, cache: &mut MCache, marking: bool) {
        self.settle(cache);
        let (mut unused_bytes, mut unused_scan) = (0, 0);
        cache.drain(|span, window| {
            let left = window.end - window.next;
            if left > 0 {
                let slots = (left / span.slot_size()) as u32;
                let index = span.index_of(window.next).unwrap_or(span.objects());
                if marking {
                    span.unmark_run(index, index + slots);
                }
                span.give_back(index, slots);
                unused_bytes += left as u64;
                if !span.is_noscan() {
                    unused_scan += left as u64;
                }
            }
            self.central(span.layout()).put(span);
        });
        if !cache.pages.is_empty() {
            cache.pages.give_back(&mut self.pages.lock());
        }
        self.tallies.add_mallocs(cache);
        self.tallies.live.sub(unused_bytes);
        self.tallies.scannable.sub(unused_scan);
        self.tallies.total_alloc.sub(unused_bytes);
        if marking {
            self.tallies.marked.sub(unused_bytes);
        }
    }

    /// Visits every span with objects; the world is stopped and caches are retired.
    pub fn each_span(&self, mut visit: impl FnMut(SpanRef)) {
        for central in self.centrals() {
            let lists = central.lists.lock();
            lists.unswept().chain(&lists.partial).chain(&lists.full).for_each(|s| visit(*s));
        }
        let large = self.large.lock();
        large.unswept().chain(&large.full).for_each(|s| visit(*s));
    }

    /// First address of the heap, for messages.
    pub fn base(&self) -> Addr {
        self.arena.base()
    }
}

/// Is the object's own kind one without pointers?
pub fn is_noscan(object: ObjectRef) -> bool {
    matches!(object.span.kind(), ScanKind::NoScan | ScanKind::Free)
}
