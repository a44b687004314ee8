//! A P's own stock of free slots: for every layout a window `{next, end}` of consecutive zeroed slots.
//!
//! Allocation is: compare `next` with `end`, add the slot size. The table of windows has a fixed shape so
//! that compiled code can do it inline through `PContext::alloc_windows`. When a window is used up,
//! [`crate::Heap::refill`] takes the next run of free slots of the cached span, or another span.
//!
//! Which layout serves a type is remembered in a small direct-mapped table, keyed by descriptor and count.
//!
//! INV-CACHE-1 (one user): a cache is used by whoever holds its P, or with the world stopped.
//! INV-CACHE-2 (windows are free and zero): the bytes of `next .. end` are zero slots of the cached span,
//! referred to by nobody.
//!
//! Go counterpart: `mcache.go`.

use crate::layout::{LayoutId, Layouts, MAX_LAYOUTS, Placement};
use crate::mem_profile::Countdown;
use crate::page_cache::PageCache;
use crate::size_class::{CLASSES, SizeClass};
use crate::span::SpanRef;
use crate::type_ref::TypeRef;
use gort_abi::addr::Addr;

/// The free run that allocations of one layout come from.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct AllocWindow {
    /// Next slot.
    pub next: usize,
    /// One past the last.
    pub end: usize,
}

const MEMO: usize = 512;

#[derive(Clone, Copy, Debug)]
struct MemoEntry {
    typ: usize,
    count: usize,
    placed: Placed,
}

/// See the file's head.
#[derive(Debug)]
pub struct MCache {
    windows: Box<[AllocWindow]>,
    spans: Box<[Option<SpanRef>]>,
    /// The true end of a window that ends before a slot to be sampled, else 0.
    hidden_ends: Box<[usize]>,
    countdown: Countdown,
    /// Layouts that have a span.
    active: Vec<LayoutId>,
    memo: Box<[MemoEntry]>,
    /// Slots put into windows by size class, less those not used when a window is retired.
    mallocs: Box<[u64; CLASSES]>,
    /// What is left of the slot that tiny objects share.
    tiny: AllocWindow,
    /// Tiny objects that did not need a slot of their own.
    tiny_allocs: u64,
    pub(crate) pages: PageCache,
    pub(crate) unsettled: Unsettled,
}

/// Bytes put into windows that the heap's totals do not have yet.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    pub bytes: u64,
    /// Those with pointers among them.
    pub scan_bytes: u64,
    /// Those born marked.
    pub black_bytes: u64,
}

impl Unsettled {
    pub fn add(&mut self, bytes: u64, scan: bool, black: bool) {
        self.bytes += bytes;
        self.scan_bytes += if scan { bytes } else { 0 };
        self.black_bytes += if black { bytes } else { 0 };
    }
}

/// Objects without pointers that are smaller share slots of [`TINY_SLOT`] bytes. (Bigger ones have classes of their
/// own, 8 bytes apart, which waste no more than sharing would.)
pub const MAX_TINY: usize = 7;
/// See [`MAX_TINY`].
pub const TINY_SLOT: usize = 16;

impl Default for MCache {
    fn default() -> Self {
        let empty =
            MemoEntry { typ: 0, count: 0, placed: Placed { placement: Placement::Large, slot_size: 0 } };
        Self {
            // One more: the window that is always empty.
            windows: vec![AllocWindow::default(); MAX_LAYOUTS + 1].into_boxed_slice(),
            spans: vec![None; MAX_LAYOUTS].into_boxed_slice(),
            hidden_ends: vec![0; MAX_LAYOUTS].into_boxed_slice(),
            countdown: Countdown::default(),
            active: Vec::new(),
            memo: vec![empty; MEMO].into_boxed_slice(),
            mallocs: Box::new([0; CLASSES]),
            tiny: AllocWindow::default(),
            tiny_allocs: 0,
            pages: PageCache::default(),
            unsettled: Unsettled::default(),
        }
    }
}

/// A placement and the slot size of its layout (0 for large ones).
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Where.
    pub placement: Placement,
    /// Bytes per slot.
    pub slot_size: u32,
}

/// Byte offset in a table of windows of one that is always empty: for compiled code that shall ask the runtime.
pub const EMPTY_WINDOW: u32 = (MAX_LAYOUTS * size_of::<AllocWindow>()) as u32;

impl MCache {
    /// Address of the window table, for compiled code.
    pub fn windows_addr(&self) -> Addr {
        Addr(self.windows.as_ptr() as usize)
    }

    /// Takes a slot out of the window.
    #[inline]
    pub fn take(&mut self, layout: LayoutId, slot_size: usize) -> Option<Addr> {
        let window = &mut self.windows[layout.0 as usize];
        let at = window.next;
        if at == window.end {
            return None;
        }
        debug_assert!(at + slot_size <= window.end, "INV-CACHE-2: window of another slot size");
        window.next = at + slot_size;
        Some(Addr(at))
    }

    /// Room for a tiny object (1 to [`MAX_TINY`] bytes), if the shared slot has some: aligned as its size asks for,
    /// which for an odd size is not at all.
    #[inline]
    pub fn take_tiny(&mut self, bytes: usize) -> Option<Addr> {
        debug_assert!((1..=MAX_TINY).contains(&bytes));
        let align = 1 << bytes.trailing_zeros();
        let at = self.tiny.next.next_multiple_of(align);
        if at + bytes > self.tiny.end {
            return None;
        }
        self.tiny.next = at + bytes;
        self.tiny_allocs += 1;
        Some(Addr(at))
    }

    /// A fresh slot of [`TINY_SLOT`] bytes for tiny objects, of which the first has `bytes`. What has more room left
    /// becomes the shared slot.
    #[inline]
    pub fn share_tiny(&mut self, slot: Addr, bytes: usize) -> Addr {
        if TINY_SLOT - bytes > self.tiny.end - self.tiny.next {
            self.tiny = AllocWindow { next: slot.0 + bytes, end: slot.0 + TINY_SLOT };
        }
        slot
    }

    /// The layout of the slots that tiny objects share.
    pub fn tiny_layout() -> LayoutId {
        Layouts::noscan(TINY_SLOT)
    }

    #[inline]
    fn memo_slot(typ: TypeRef, count: usize) -> usize {
        let key = (typ.addr().0 >> 3) ^ count.wrapping_mul(0x9e37_79b1);
        (key ^ (key >> 9)) & (MEMO - 1)
    }

    /// The remembered placement of a request.
    #[inline]
    pub fn recall(&self, typ: TypeRef, count: usize) -> Option<&Placed> {
        let entry = &self.memo[Self::memo_slot(typ, count)];
        (entry.typ == typ.addr().0 && entry.count == count).then_some(&entry.placed)
    }

    pub(crate) fn remember(&mut self, typ: TypeRef, count: usize, placed: Placed) {
        self.memo[Self::memo_slot(typ, count)] = MemoEntry { typ: typ.addr().0, count, placed };
    }

    pub(crate) fn span(&self, layout: LayoutId) -> Option<SpanRef> {
        self.spans[layout.0 as usize]
    }

    pub(crate) fn set_span(&mut self, layout: LayoutId, span: SpanRef) {
        let window = self.windows[layout.0 as usize];
        debug_assert_eq!(window.next, window.end, "INV-CACHE-1: refilled before it was used up");
        if self.spans[layout.0 as usize].replace(span).is_none() {
            self.active.push(layout);
        }
    }

    /// Makes free slots the window, up to the first that is to be sampled.
    pub(crate) fn open_window(
        &mut self,
        layout: LayoutId,
        from: usize,
        to: usize,
        slot_size: usize,
        rate: u64,
    ) {
        let index = layout.0 as usize;
        let (end, hidden) = match self.countdown.pass(rate, to - from) {
            None => (to, 0),
            Some(before) => (from + before / slot_size * slot_size, to),
        };
        self.windows[index] = AllocWindow { next: from, end };
        self.hidden_ends[index] = hidden;
    }

    /// The slot to be sampled that the window ends before, if it does and is used up.
    #[inline]
    pub fn take_sampled(&mut self, layout: LayoutId, slot_size: usize, rate: u64) -> Option<Addr> {
        let index = layout.0 as usize;
        let window = self.windows[index];
        let hidden = self.hidden_ends[index];
        if hidden == 0 || window.next != window.end {
            return None;
        }
        self.open_window(layout, window.end + slot_size, hidden, slot_size, rate);
        Some(Addr(window.end))
    }

    /// Is a large object to be sampled?
    pub fn samples(&mut self, bytes: usize, rate: u64) -> bool {
        self.countdown.pass(rate, bytes).is_some()
    }

    /// The window with what is hidden of it.
    fn whole_window(&self, layout: LayoutId) -> AllocWindow {
        let window = self.windows[layout.0 as usize];
        AllocWindow { next: window.next, end: window.end.max(self.hidden_ends[layout.0 as usize]) }
    }

    /// Gives every span up, with what is left of its window.
    pub(crate) fn drain(&mut self, mut give: impl FnMut(SpanRef, AllocWindow)) {
        self.tiny = AllocWindow::default();
        for layout in std::mem::take(&mut self.active) {
            let window = self.whole_window(layout);
            self.windows[layout.0 as usize] = AllocWindow::default();
            self.hidden_ends[layout.0 as usize] = 0;
            if let Some(span) = self.spans[layout.0 as usize].take() {
                let size = span.slot_size();
                self.mallocs[SizeClass::of(size).0 as usize] -= ((window.end - window.next) / size) as u64;
                give(span, window);
            }
        }
    }

    /// Slots of this size were put into a window.
    pub(crate) fn count_mallocs(&mut self, size: usize, slots: u32) {
        self.mallocs[SizeClass::of(size).0 as usize] += u64::from(slots);
    }

    /// Takes the counts out; its windows are retired.
    pub(crate) fn take_counts(&mut self, mut add: impl FnMut(usize, u64)) -> u64 {
        for (class, count) in self.mallocs.iter_mut().enumerate() {
            if *count > 0 {
                add(class, std::mem::take(count));
            }
        }
        std::mem::take(&mut self.tiny_allocs)
    }

    /// Bytes and slots that windows hold and nobody uses yet, for statistics.
    pub fn unused(&self) -> (u64, u64) {
        self.active.iter().fold((0, 0), |(bytes, slots), layout| {
            let window = self.whole_window(*layout);
            let left = (window.end - window.next) as u64;
            let size = self.spans[layout.0 as usize].map_or(1, |s| s.slot_size() as u64);
            (bytes + left, slots + left / size)
        })
    }

    /// Slots handed to windows, unused ones included.
    pub fn mallocs(&self) -> u64 {
        self.mallocs.iter().sum()
    }

    /// Tiny objects beyond the first of their slot.
    pub fn tiny_allocs(&self) -> u64 {
        self.tiny_allocs
    }

    /// Objects allocated by size class since the counts were last taken.
    pub fn mallocs_by_class(&self) -> [u64; CLASSES] {
        let mut counts = *self.mallocs;
        for layout in &self.active {
            let window = self.whole_window(*layout);
            if let Some(span) = self.spans[layout.0 as usize] {
                let size = span.slot_size();
                counts[SizeClass::of(size).0 as usize] -= ((window.end - window.next) / size) as u64;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_objects_share_a_slot() {
        let mut cache = MCache::default();
        assert!(cache.take_tiny(4).is_none());
        assert_eq!(cache.share_tiny(Addr(160), 3), Addr(160));
        assert_eq!(cache.take_tiny(4), Some(Addr(164)), "aligned");
        assert_eq!(cache.take_tiny(1), Some(Addr(168)));
        assert_eq!(cache.take_tiny(6), Some(Addr(170)));
        assert!(cache.take_tiny(1).is_none());
        assert_eq!(cache.tiny_allocs(), 3);
    }
}
