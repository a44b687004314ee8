//! Which pages of the arena are in use: a bitmap and one summary number per chunk.
//!
//! A chunk is 512 pages (4 MiB). Its summary is the length of its longest free run, so most searches look
//! at two bytes per chunk. First fit by address keeps the heap dense. Runs longer than a chunk are found
//! by walking the bitmap word by word. This file knows numbers only; memory is the arena's business.
//!
//! INV-PAGE-1 (one owner): a page is handed out only while its bit is clear, which sets it.
//! INV-PAGE-2 (fresh is zero): pages from `fresh_from` up were never handed out.
//!
//! Go counterpart: `mpagealloc.go` (a radix tree of summaries there).

/// Pages per chunk.
pub const CHUNK_PAGES: usize = 512;
const WORDS: usize = CHUNK_PAGES / 64;

#[derive(Debug)]
struct Chunk {
    /// Bit set: in use.
    bits: [u64; WORDS],
    /// Longest free run.
    longest: u16,
}

impl Chunk {
    const FREE: Self = Self { bits: [0; WORDS], longest: CHUNK_PAGES as u16 };

    fn summarize(&mut self) {
        let (mut longest, mut run) = (0_u32, 0_u32);
        for &word in &self.bits {
            if word == 0 {
                run += 64;
                continue;
            }
            run += word.trailing_zeros();
            longest = longest.max(run);
            let mut rest = word >> word.trailing_zeros();
            let mut left = 64 - word.trailing_zeros();
            while rest != 0 {
                let ones = rest.trailing_ones();
                rest = rest.checked_shr(ones).unwrap_or(0);
                left -= ones;
                run = if rest == 0 { left } else { rest.trailing_zeros() };
                longest = longest.max(run);
                rest = rest.checked_shr(run).unwrap_or(0);
                left -= run;
            }
        }
        self.longest = longest.max(run) as u16;
    }

    fn find(&self, pages: usize) -> Option<usize> {
        let (mut start, mut at) = (0, 0);
        while at < CHUNK_PAGES {
            let word = self.bits[at / 64] >> (at % 64);
            let left = 64 - at % 64;
            let free = (word.trailing_zeros() as usize).min(left);
            at += free;
            if at - start >= pages {
                return Some(start);
            }
            if free < left {
                at += (!(word >> free)).trailing_zeros().min((left - free) as u32) as usize;
                start = at;
            }
        }
        None
    }

    fn set(&mut self, from: usize, to: usize, used: bool) {
        let mut at = from;
        while at < to {
            let n = (64 - at % 64).min(to - at);
            let mask = (u64::MAX >> (64 - n)) << (at % 64);
            let word = &mut self.bits[at / 64];
            debug_assert_eq!(
                *word & mask,
                if used { 0 } else { mask },
                "INV-PAGE-1: page taken or freed twice"
            );
            *word = if used { *word | mask } else { *word & !mask };
            at += n;
        }
        self.summarize();
    }
}

/// A run of pages that was handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRun {
    /// Number of the first page.
    pub first: usize,
    /// How many.
    pub pages: usize,
    /// Never used before: reads as zeroes (INV-PAGE-2).
    pub fresh: bool,
}

/// The allocator.
#[derive(Debug, Default)]
pub struct PageAlloc {
    chunks: Vec<Chunk>,
    /// No chunk below has a free page.
    first_free: usize,
    fresh_from: usize,
    used: usize,
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

    /// Adds free chunks at the end.
    pub fn grow(&mut self, chunks: usize) {
        self.chunks.extend((0..chunks).map(|_| Chunk::FREE));
    }

    /// Pages free at the very end: a bigger run may start there and continue in new chunks.
    pub fn free_tail(&self) -> usize {
        let mut tail = 0;
        for chunk in self.chunks.iter().rev() {
            for word in chunk.bits.iter().rev() {
                tail += word.leading_zeros() as usize;
                if *word != 0 {
                    return tail;
                }
            }
        }
        tail
    }

    /// Hands out `pages` consecutive pages, the lowest there are.
    pub fn alloc(&mut self, pages: usize) -> Option<PageRun> {
        while self.chunks.get(self.first_free).is_some_and(|c| c.longest == 0) {
            self.first_free += 1;
        }
        let first = if pages <= CHUNK_PAGES / 8 { self.find_in_chunk(pages) } else { None };
        let first = first.or_else(|| self.find_across(pages))?;
        self.set(first, pages, true);
        let fresh = first >= self.fresh_from;
        self.fresh_from = self.fresh_from.max(first + pages);
        self.used += pages;
        Some(PageRun { first, pages, fresh })
    }

    /// Takes pages back.
    pub fn free(&mut self, first: usize, pages: usize) {
        self.set(first, pages, false);
        self.first_free = self.first_free.min(first / CHUNK_PAGES);
        self.used -= pages;
    }

    fn find_in_chunk(&self, pages: usize) -> Option<usize> {
        let from = self.first_free.min(self.chunks.len());
        let at = self.chunks[from..].iter().position(|c| usize::from(c.longest) >= pages)? + from;
        Some(at * CHUNK_PAGES + self.chunks[at].find(pages)?)
    }

    fn find_across(&self, pages: usize) -> Option<usize> {
        let mut start = self.first_free * CHUNK_PAGES;
        for (number, chunk) in self.chunks.iter().enumerate().skip(self.first_free) {
            let base = number * CHUNK_PAGES;
            for (i, &word) in chunk.bits.iter().enumerate() {
                let at = base + i * 64;
                if word == 0 {
                    if at + 64 - start >= pages {
                        return Some(start);
                    }
                    continue;
                }
                for bit in 0..64 {
                    if word >> bit & 1 != 0 {
                        start = at + bit + 1;
                    } else if at + bit + 1 - start >= pages {
                        return Some(start);
                    }
                }
            }
        }
        None
    }

    fn set(&mut self, first: usize, pages: usize, used: bool) {
        let mut at = first;
        while at < first + pages {
            let chunk = at / CHUNK_PAGES;
            let end = (first + pages).min((chunk + 1) * CHUNK_PAGES);
            self.chunks[chunk].set(at - chunk * CHUNK_PAGES, end - chunk * CHUNK_PAGES, used);
            at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_run_is_right_for_random_bitmaps() {
        let mut seed = 7_u64;
        for round in 0..200 {
            let mut chunk = Chunk::FREE;
            for word in &mut chunk.bits {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *word = if round % 3 == 0 { seed } else { seed & (seed << 7) & (seed >> 9) };
            }
            chunk.summarize();
            let (mut longest, mut run) = (0, 0);
            for i in 0..CHUNK_PAGES {
                run = if chunk.bits[i / 64] >> (i % 64) & 1 == 0 { run + 1 } else { 0 };
                longest = longest.max(run);
            }
            assert_eq!(chunk.longest, longest);
            if longest > 0 {
                assert!(chunk.find(longest as usize).is_some());
            }
            assert!(chunk.find(longest as usize + 1).is_none());
        }
    }

    #[test]
    fn hands_out_every_page_once() {
        let mut alloc = PageAlloc::default();
        alloc.grow(4);
        let mut owned = Vec::new();
        let mut seen = vec![false; alloc.pages()];
        let mut seed = 1_usize;
        while let Some(run) = alloc.alloc(1 + seed % 90) {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345) >> 3;
            for flag in &mut seen[run.first..run.first + run.pages] {
                assert!(!std::mem::replace(flag, true), "INV-PAGE-1");
            }
            owned.push(run);
        }
        assert!(owned.iter().any(|run| run.fresh) && owned[0].fresh);
        for run in owned {
            alloc.free(run.first, run.pages);
        }
        assert_eq!(alloc.used(), 0);
        let all = alloc.alloc(4 * CHUNK_PAGES).unwrap();
        assert_eq!((all.first, all.fresh), (0, false), "INV-PAGE-2");
        assert!(alloc.alloc(1).is_none());
    }
}
