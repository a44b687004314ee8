//! The spans of one layout that no P allocates from: unswept, partly free, full.
//!
//! A span is in one of the three lists, in some P's cache, or in the hands of a sweeper that took it out
//! of `unswept`: being found there is owning it, so sweeping needs no lock of its own.
//!
//! INV-CENTRAL-1 (one place): a span is in at most one list, and no cached span is in any.
//!
//! Go counterpart: `mcentral.go`.

use crate::layout::Layout;
use crate::span::SpanRef;
use gort_sync::{LockRank, Mutex};

#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub unswept: Vec<SpanRef>,
    /// Those that had free slots already.
    pub unswept_partial: Vec<SpanRef>,
    pub partial: Vec<SpanRef>,
    pub full: Vec<SpanRef>,
}

impl Lists {
    /// Everything becomes unswept; returns how many spans and pages that are.
    pub fn start_sweep(&mut self) -> (usize, usize) {
        debug_assert!(self.unswept().next().is_none(), "INV-CENTRAL-1: last sweep not finished");
        // Swapped, not copied: the world is stopped, and there may be many.
        std::mem::swap(&mut self.unswept, &mut self.full);
        std::mem::swap(&mut self.unswept_partial, &mut self.partial);
        let count = self.unswept.len() + self.unswept_partial.len();
        let pages = self.unswept().next().map_or(0, |s| s.pages() * count);
        (count, pages)
    }

    /// All unswept ones.
    pub fn unswept(&self) -> impl Iterator<Item = &SpanRef> {
        self.unswept_partial.iter().chain(&self.unswept)
    }

    /// Takes one of them; those with free slots first.
    pub fn pop_unswept(&mut self) -> Option<SpanRef> {
        self.unswept_partial.pop().or_else(|| self.unswept.pop())
    }
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct MCentral {
    pub layout: Layout,
    pub lists: Mutex<Lists>,
}

impl MCentral {
    pub fn new(layout: Layout) -> Self {
        Self { layout, lists: Mutex::new(LockRank::Central, Lists::default()) }
    }

    pub fn pop_partial(&self) -> Option<SpanRef> {
        self.lists.lock().partial.pop()
    }

    pub fn pop_unswept(&self) -> Option<SpanRef> {
        self.lists.lock().pop_unswept()
    }

    /// Puts a swept span where it belongs.
    pub fn put(&self, span: SpanRef) {
        let mut lists = self.lists.lock();
        if span.next_run().is_some() {
            lists.partial.push(span);
        } else {
            lists.full.push(span);
        }
    }
}
