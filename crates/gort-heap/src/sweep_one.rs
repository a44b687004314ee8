//! Sweeping: what a span's marks leave unallocated becomes free.
//!
//! Sweeping starts with the world stopped: all spans become unswept at once. Then three parties sweep, each
//! owning the span it took out of its list: a cache that needs a span of that layout, an allocation of fresh
//! pages (in proportion, so that sweeping is over before the next cycle), and idle Ps. A new cycle finishes
//! what is left first.
//!
//! INV-SWEEP-1 (marks are final): a span is swept between the end of one cycle's marking and the start of
//! the next, once.
//!
//! Go counterpart: `mgcsweep.go`.

use crate::layout::MAX_LAYOUTS;
use crate::mheap::Heap;
use crate::size_class::PAGE_SIZE;
use crate::span::SpanRef;

const CLOBBER: u64 = 0xdead_beef_dead_beef;

impl Heap {
    /// All spans become unswept. The world is stopped, caches are retired. `pages_until_trigger` is how
    /// many pages may be allocated before the next cycle.
    pub fn start_sweep(&self, pages_until_trigger: usize) {
        self.sweep_gen.set(self.sweep_gen.get() + 1);
        let (mut spans, mut pages) = (0, 0);
        for central in self.centrals() {
            let (s, p) = central.lists.lock().start_sweep();
            spans += s;
            pages += p;
        }
        let mut large = self.large.lock();
        spans += large.start_sweep().0;
        drop(large);
        self.sweep_ratio.set((pages / pages_until_trigger.max(1)).min(1 << 16) as u32 + 1);
        self.sweep_cursor.set(0);
        self.unswept.add(spans as u64);
    }

    /// Is everything swept?
    pub fn swept(&self) -> bool {
        self.unswept.get() == 0
    }

    /// Before fresh pages are taken: sweeps in proportion.
    pub(crate) fn sweep_for_pages(&self, pages: usize) {
        if self.swept() {
            return;
        }
        let wanted = pages.saturating_mul(self.sweep_ratio.get() as usize);
        let mut done = 0;
        while done < wanted {
            match self.sweep_next() {
                Some(pages) => done += pages,
                None => return,
            }
        }
    }

    /// Sweeps one span of any layout; returns its pages, `None` when no list has any.
    pub fn sweep_next(&self) -> Option<usize> {
        loop {
            // The cursor only speeds the search up: cursor 0 is the large objects, then the layouts.
            let cursor = self.sweep_cursor.get() as usize;
            let span = if cursor == 0 {
                self.large.lock().pop_unswept()
            } else if cursor <= MAX_LAYOUTS {
                self.central_at(cursor - 1).and_then(|c| c.pop_unswept())
            } else {
                return None;
            };
            match span {
                Some(span) => {
                    let pages = span.pages();
                    let large = cursor == 0;
                    if self.sweep_keeps(span) {
                        if large {
                            self.large.lock().full.push(span);
                        } else {
                            self.central(span.layout()).put(span);
                        }
                    }
                    return Some(pages);
                }
                None => self.sweep_cursor.set(cursor as u64 + 1),
            }
        }
    }

    /// Sweeps all there is and waits for other sweepers.
    pub fn finish_sweep(&self) {
        if self.swept() {
            return;
        }
        self.sweep_cursor.set(0);
        loop {
            while self.sweep_next().is_some() {}
            if self.swept() {
                return;
            }
            // Somebody else has the last spans in hand, or moved the cursor past a list: look again.
            self.sweep_cursor.set(0);
            std::thread::yield_now();
        }
    }

    /// Sweeps a span the caller took out of an unswept list. False if that freed the whole span.
    pub(crate) fn sweep_keeps(&self, span: SpanRef) -> bool {
        let Some(sweeping) = span.claim.claim(self.sweep_gen.get()) else {
            panic!("INV-SWEEP-1: a span is swept twice");
        };
        // First: it may mark objects.
        let revived = self.specials.sweep(span, self.sweep_gen.get());
        if revived > 0 {
            self.tallies.live.add(u64::from(revived) * span.slot_size() as u64);
        }
        if self.clobber_free.get() != 0 {
            clobber(span);
        }
        let allocated = span.allocated();
        let marked = span.adopt_marks();
        span.claim.finish(sweeping);
        let freed = u64::from(allocated.saturating_sub(marked));
        if freed > 0 {
            self.tallies.count_frees(freed, span.slot_size(), span.is_large());
        }
        let keep = marked > 0;
        if !keep {
            self.free_span(span);
        }
        self.unswept.sub(1);
        keep
    }

    /// Pages that hold a number of bytes.
    pub fn pages_of(bytes: u64) -> usize {
        bytes as usize / PAGE_SIZE
    }
}

/// Overwrites the slots that are about to become free.
fn clobber(span: SpanRef) {
    for index in 0..span.objects() {
        if span.is_marked(index) {
            continue;
        }
        let (at, words) = (span.slot(index).0 as *mut u64, span.slot_size() / 8);
        for word in 0..words {
            // SAFETY: INV-SPAN-3, the slot is dead and the span is the sweeper's.
            let at = unsafe { at.add(word) };
            // SAFETY: as above.
            unsafe { at.write(CLOBBER) };
        }
    }
}
