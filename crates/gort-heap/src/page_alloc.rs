//! Which pages of the arena are in use, and which have memory of the system behind them.
//!
//! A chunk is 512 pages (4 MiB, two huge pages): two bitmaps. A *summary* of a run of pages is three numbers: how
//! many are free at its start, at its end, and in its longest free run. Every chunk has one, and every group of
//! [`GROUP`] chunks; a search walks group summaries, then the chunks of one group, then the bitmap of one chunk.
//! First fit by address keeps the heap dense and leaves whole chunks at the top for the scavenger.
//! This file knows numbers only; memory is the arena's business.
//!
//! INV-PAGE-1 (one owner): a page is handed out only while its bit is clear, which sets it.
//! INV-PAGE-2 (released is zero): a page whose `released` bit is set was never touched, or was given back to the
//! system, since it last was in use: it reads as zeroes.
//!
//! Go counterpart: `mpagealloc.go` (a radix tree of summaries there), `mpallocbits.go`.

use crate::page_bits::{CHUNK_PAGES, PageBits, Summary};

/// Chunks per group: 64 MiB.
const GROUP: usize = 16;

#[derive(Debug)]
struct Chunk {
    used: PageBits,
    released: PageBits,
}

/// A run of pages that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRun {
    /// Number of the first page.
    pub first: usize,
    /// How many.
    pub pages: usize,
    /// Reads as zeroes (INV-PAGE-2).
    pub zeroed: bool,
}

/// Up to 64 pages of one aligned block of 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageBlock {
    /// Number of the first page of the block.
    pub base: usize,
    /// Which of the 64 are handed out.
    pub pages: u64,
    /// Which of them read as zeroes.
    pub zeroed: u64,
}

/// The allocator.
#[derive(Debug, Default)]
pub struct PageAlloc {
    chunks: Vec<Chunk>,
    /// Of every chunk.
    summaries: Vec<Summary>,
    /// Of every group of chunks.
    groups: Vec<Summary>,
    /// No group below has a free page.
    first_group: usize,
    /// Chunks from here up hold nothing to release.
    release_below: usize,
    used: usize,
    released: usize,
}

impl PageAlloc {
    /// Pages it knows.
    pub fn pages(&self) -> usize {
        self.chunks.len() * CHUNK_PAGES
    }

    /// Pages handed out.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Free pages without memory behind them.
    pub fn released(&self) -> usize {
        self.released
    }

    /// Adds free chunks at the end.
    pub fn grow(&mut self, chunks: usize) {
        for _ in 0..chunks {
            self.chunks.push(Chunk { used: PageBits::CLEAR, released: PageBits::SET });
            self.summaries.push(Summary::FREE_CHUNK);
            self.summarize_group((self.chunks.len() - 1) / GROUP);
        }
        self.released += chunks * CHUNK_PAGES;
        self.first_group = self.first_group.min((self.chunks.len() - chunks) / GROUP);
    }

    /// Pages free at the very end: a bigger run may start there and continue in new chunks.
    pub fn free_tail(&self) -> usize {
        let mut tail = 0;
        for summary in self.summaries.iter().rev() {
            tail += summary.end as usize;
            if !summary.all_free() {
                break;
            }
        }
        tail
    }

    /// Hands out `pages` consecutive pages, the lowest there are.
    pub fn alloc(&mut self, pages: usize) -> Option<PageRun> {
        let first = self.find(pages)?;
        let released = self.take(first, pages);
        Some(PageRun { first, pages, zeroed: released == pages })
    }

    /// Hands out all free pages of the lowest block of 64 that has any, at most.
    pub fn alloc_block(&mut self) -> Option<PageBlock> {
        let first = self.find(1)?;
        let (number, word) = (first / CHUNK_PAGES, first % CHUNK_PAGES / 64);
        let chunk = &mut self.chunks[number];
        let pages = chunk.used.fill_word(word);
        let zeroed = chunk.released.clear_in_word(word, pages);
        self.used += pages.count_ones() as usize;
        self.released -= zeroed.count_ones() as usize;
        self.summarize(number);
        Some(PageBlock { base: number * CHUNK_PAGES + word * 64, pages, zeroed })
    }

    /// Takes back what is left of a block.
    pub fn free_block(&mut self, block: PageBlock) {
        if block.pages == 0 {
            return;
        }
        let (number, word) = (block.base / CHUNK_PAGES, block.base % CHUNK_PAGES / 64);
        let chunk = &mut self.chunks[number];
        chunk.used.clear_in_word(word, block.pages);
        chunk.released.set_in_word(word, block.pages & block.zeroed);
        self.used -= block.pages.count_ones() as usize;
        self.released += (block.pages & block.zeroed).count_ones() as usize;
        self.became_free(number, number);
        self.summarize(number);
    }

    /// Takes pages back.
    pub fn free(&mut self, first: usize, pages: usize) {
        self.each_chunk(first, pages, |chunk, from, to| chunk.used.set_range(from, to, false));
        self.used -= pages;
        self.became_free(first / CHUNK_PAGES, (first + pages - 1) / CHUNK_PAGES);
    }

    fn became_free(&mut self, lowest: usize, highest: usize) {
        self.first_group = self.first_group.min(lowest / GROUP);
        self.release_below = self.release_below.max(highest + 1);
    }

    /// Takes out, from the top down, a run of free pages that have memory behind them, for the caller to give back to
    /// the system: at most a chunk, whole huge pages if it can be. The caller returns it by [`Self::released_run`].
    pub fn take_for_release(&mut self) -> Option<PageRun> {
        while let Some(number) = self.release_below.checked_sub(1) {
            let chunk = &self.chunks[number];
            if let Some((from, to)) = PageBits::last_run_clear_in_both(&chunk.used, &chunk.released) {
                let first = number * CHUNK_PAGES + from;
                self.take(first, to - from);
                return Some(PageRun { first, pages: to - from, zeroed: false });
            }
            self.release_below = number;
        }
        None
    }

    /// The pages of a run of [`Self::take_for_release`] have no memory any more.
    pub fn released_run(&mut self, run: PageRun) {
        self.each_chunk(run.first, run.pages, |chunk, from, to| {
            chunk.used.set_range(from, to, false);
            chunk.released.set_range(from, to, true);
        });
        self.used -= run.pages;
        self.released += run.pages;
        self.first_group = self.first_group.min(run.first / CHUNK_PAGES / GROUP);
    }

    /// Marks pages as used; returns how many of them were released.
    fn take(&mut self, first: usize, pages: usize) -> usize {
        let mut released = 0;
        self.each_chunk(first, pages, |chunk, from, to| {
            chunk.used.set_range(from, to, true);
            released += chunk.released.clear_range(from, to);
        });
        self.used += pages;
        self.released -= released;
        released
    }

    fn each_chunk(&mut self, first: usize, pages: usize, mut change: impl FnMut(&mut Chunk, usize, usize)) {
        let (mut at, end) = (first, first + pages);
        while at < end {
            let number = at / CHUNK_PAGES;
            let base = number * CHUNK_PAGES;
            let to = end.min(base + CHUNK_PAGES);
            change(&mut self.chunks[number], at - base, to - base);
            self.summarize(number);
            at = to;
        }
    }

    fn summarize(&mut self, number: usize) {
        let summary = self.chunks[number].used.summary();
        if self.summaries[number] != summary {
            self.summaries[number] = summary;
            self.summarize_group(number / GROUP);
        }
    }

    fn summarize_group(&mut self, group: usize) {
        let from = group * GROUP;
        let to = (from + GROUP).min(self.summaries.len());
        let mut summary = Summary::EMPTY;
        self.summaries[from..to].iter().for_each(|s| summary = summary.then(*s));
        if group == self.groups.len() {
            self.groups.push(summary);
        } else {
            self.groups[group] = summary;
        }
    }

    /// The lowest free run of so many pages.
    fn find(&mut self, pages: usize) -> Option<usize> {
        while self.groups.get(self.first_group).is_some_and(|g| g.longest == 0) {
            self.first_group += 1;
        }
        let size = GROUP * CHUNK_PAGES;
        let (group, before) = Summary::first_fit(&self.groups, self.first_group, pages)?;
        if before > 0 && before + self.groups[group].start as usize >= pages {
            return Some(group * size - before);
        }
        let from = group * GROUP;
        let to = (from + GROUP).min(self.summaries.len());
        let (chunk, before) = Summary::first_fit(&self.summaries[..to], from, pages)?;
        if before > 0 && before + self.summaries[chunk].start as usize >= pages {
            return Some(chunk * CHUNK_PAGES - before);
        }
        Some(chunk * CHUNK_PAGES + self.chunks[chunk].used.find_clear(pages)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: &mut usize) -> usize {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }

    #[test]
    fn hands_out_every_page_once() {
        let mut alloc = PageAlloc::default();
        alloc.grow(40);
        let mut owned = Vec::new();
        let mut seen = vec![false; alloc.pages()];
        let mut seed = 1_usize;
        while let Some(run) = alloc.alloc(1 + random(&mut seed) % 900) {
            for flag in &mut seen[run.first..run.first + run.pages] {
                assert!(!std::mem::replace(flag, true), "INV-PAGE-1");
            }
            owned.push(run);
        }
        assert!(owned.iter().all(|run| run.zeroed));
        for run in owned {
            alloc.free(run.first, run.pages);
        }
        assert_eq!(
            (alloc.used(), alloc.released()),
            (0, 40 * CHUNK_PAGES - seen.iter().filter(|s| **s).count())
        );
        let all = alloc.alloc(40 * CHUNK_PAGES).unwrap();
        assert_eq!((all.first, all.zeroed), (0, false), "INV-PAGE-2");
        assert!(alloc.alloc(1).is_none());
    }

    /// Against the simplest allocator there is.
    #[test]
    fn finds_the_lowest_fit() {
        let mut alloc = PageAlloc::default();
        alloc.grow(35);
        let mut model = vec![false; alloc.pages()];
        let (mut seed, mut owned) = (9_usize, Vec::new());
        for round in 0..4000 {
            if random(&mut seed) % 5 < 3 || owned.is_empty() {
                let pages = match random(&mut seed) % 8 {
                    0 => 1 + random(&mut seed) % 3000,
                    1 | 2 => 1 + random(&mut seed) % 300,
                    _ => 1 + random(&mut seed) % 9,
                };
                let lowest = model.windows(pages).position(|w| w.iter().all(|used| !used));
                let run = alloc.alloc(pages);
                assert_eq!(run.map(|r| r.first), lowest, "round {round}, {pages} pages");
                if let Some(run) = run {
                    model[run.first..run.first + pages].fill(true);
                    owned.push(run);
                }
            } else {
                let run = owned.swap_remove(random(&mut seed) % owned.len());
                model[run.first..run.first + run.pages].fill(false);
                alloc.free(run.first, run.pages);
            }
        }
    }

    #[test]
    fn releases_from_the_top_and_knows_what_is_zero() {
        let mut alloc = PageAlloc::default();
        alloc.grow(4);
        let low = alloc.alloc(100).unwrap();
        let high = alloc.alloc(3 * CHUNK_PAGES).unwrap();
        alloc.free(high.first, high.pages);
        let mut released = 0;
        let mut last = usize::MAX;
        while let Some(run) = alloc.take_for_release() {
            assert!(run.first < last && run.first >= low.first + low.pages);
            (last, released) = (run.first, released + run.pages);
            alloc.released_run(run);
        }
        assert_eq!((released, alloc.used()), (high.pages, low.pages));
        assert!(alloc.alloc(200).unwrap().zeroed, "INV-PAGE-2");
    }

    #[test]
    fn blocks_come_and_go() {
        let mut alloc = PageAlloc::default();
        alloc.grow(1);
        let run = alloc.alloc(70).unwrap();
        let block = alloc.alloc_block().unwrap();
        assert_eq!((block.base, block.pages, block.zeroed), (64, !0 << 6, !0 << 6));
        alloc.free(run.first, run.pages);
        let other = alloc.alloc_block().unwrap();
        assert_eq!((other.base, other.pages, other.zeroed), (0, !0, 0));
        alloc.free_block(other);
        alloc.free_block(PageBlock { pages: block.pages & !(1 << 63), ..block });
        assert_eq!(alloc.used(), 1);
        assert_eq!(alloc.alloc(CHUNK_PAGES - 128).unwrap().first, 128);
        assert_eq!(alloc.alloc(127).unwrap().first, 0);
    }

    #[test]
    fn what_is_added_to_a_full_group_is_found() {
        let mut alloc = PageAlloc::default();
        for round in 0..40 {
            assert!(alloc.alloc(1).is_none());
            alloc.grow(3);
            assert_eq!(alloc.alloc(3 * CHUNK_PAGES).unwrap().first, round * 3 * CHUNK_PAGES);
        }
    }

    /// Not a timing: how many summaries a search may look at, with every chunk but the last one full of holes.
    #[test]
    fn searches_stay_short_in_a_big_heap() {
        let mut alloc = PageAlloc::default();
        let chunks = 16 << 10; // 64 GiB
        alloc.grow(chunks);
        assert!(alloc.groups.len() * GROUP == chunks && alloc.groups.len() <= 1024);
        while alloc.used() < (chunks - GROUP) * CHUNK_PAGES {
            alloc.alloc(CHUNK_PAGES * GROUP).unwrap();
        }
        assert_eq!(alloc.alloc(1).unwrap().first, (chunks - GROUP) * CHUNK_PAGES);
        assert_eq!(alloc.first_group, chunks / GROUP - 1, "full groups are skipped for good");
    }
}
