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

use crate::layout::{LayoutId, MAX_LAYOUTS, Placement};
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
    placement: Placement,
    slot_size: u32,
}

/// See the file's head.
#[derive(Debug)]
pub struct MCache {
    windows: Box<[AllocWindow]>,
    spans: Box<[Option<SpanRef>]>,
    /// Layouts that have a span.
    active: Vec<LayoutId>,
    memo: Box<[MemoEntry]>,
    /// Objects handed to the program, less unused window slots when a window is retired.
    pub(crate) mallocs: u64,
}

impl Default for MCache {
    fn default() -> Self {
        let empty = MemoEntry { typ: 0, count: 0, placement: Placement::Large, slot_size: 0 };
        Self {
            // One more: the window that is always empty.
            windows: vec![AllocWindow::default(); MAX_LAYOUTS + 1].into_boxed_slice(),
            spans: vec![None; MAX_LAYOUTS].into_boxed_slice(),
            active: Vec::new(),
            memo: vec![empty; MEMO].into_boxed_slice(),
            mallocs: 0,
        }
    }
}

/// A placement and the slot size of its layout (0 for large ones).
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Where.
    pub placement: Placement,
    /// Bytes per slot.
    pub slot_size: usize,
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

    #[inline]
    fn memo_slot(typ: TypeRef, count: usize) -> usize {
        let key = (typ.addr().0 >> 3) ^ count.wrapping_mul(0x9e37_79b1);
        (key ^ (key >> 9)) & (MEMO - 1)
    }

    /// The remembered placement of a request.
    #[inline]
    pub fn recall(&self, typ: TypeRef, count: usize) -> Option<Placed> {
        let entry = &self.memo[Self::memo_slot(typ, count)];
        (entry.typ == typ.addr().0 && entry.count == count)
            .then_some(Placed { placement: entry.placement, slot_size: entry.slot_size as usize })
    }

    pub(crate) fn remember(&mut self, typ: TypeRef, count: usize, placed: Placed) {
        self.memo[Self::memo_slot(typ, count)] = MemoEntry {
            typ: typ.addr().0,
            count,
            placement: placed.placement,
            slot_size: placed.slot_size as u32,
        };
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

    pub(crate) fn window_mut(&mut self, layout: LayoutId) -> &mut AllocWindow {
        &mut self.windows[layout.0 as usize]
    }

    /// Gives every span up, with what is left of its window.
    pub(crate) fn drain(&mut self, mut give: impl FnMut(SpanRef, AllocWindow)) {
        for layout in self.active.drain(..) {
            let window = std::mem::take(&mut self.windows[layout.0 as usize]);
            if let Some(span) = self.spans[layout.0 as usize].take() {
                give(span, window);
            }
        }
    }

    /// Bytes and slots that windows hold and nobody uses yet, for statistics.
    pub fn unused(&self) -> (u64, u64) {
        self.active.iter().fold((0, 0), |(bytes, slots), layout| {
            let window = self.windows[layout.0 as usize];
            let left = (window.end - window.next) as u64;
            let size = self.spans[layout.0 as usize].map_or(1, |s| s.slot_size() as u64);
            (bytes + left, slots + left / size)
        })
    }

    /// Objects allocated through it.
    pub fn mallocs(&self) -> u64 {
        self.mallocs
    }
}
