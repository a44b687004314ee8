//! The bitmap of a chunk of pages, and what a search needs to know of it.

/// Pages per chunk.
pub const CHUNK_PAGES: usize = 512;
const WORDS: usize = CHUNK_PAGES / 64;

/// Free pages of a run of pages: at its start, at its end, in its longest free run, and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub start: u32,
    pub end: u32,
    pub longest: u32,
    pages: u32,
}

impl Summary {
    /// Of no pages.
    pub const EMPTY: Self = Self { start: 0, end: 0, longest: 0, pages: 0 };
    /// Of a free chunk.
    pub const FREE_CHUNK: Self = Self::free(CHUNK_PAGES as u32);

    const fn free(pages: u32) -> Self {
        Self { start: pages, end: pages, longest: pages, pages }
    }

    pub fn all_free(self) -> bool {
        self.start == self.pages
    }

    /// Of this run of pages and the one behind it.
    pub fn then(self, next: Self) -> Self {
        Self {
            start: if self.all_free() { self.pages + next.start } else { self.start },
            end: if next.all_free() { next.pages + self.end } else { next.end },
            longest: self.longest.max(next.longest).max(self.end + next.start),
            pages: self.pages + next.pages,
        }
    }

    /// The first of `runs`, from number `from` on, in which a free run of `pages` ends, and how many pages in front of
    /// it that run may use.
    pub fn first_fit(runs: &[Self], from: usize, pages: usize) -> Option<(usize, usize)> {
        let mut before = 0;
        for (number, run) in runs.iter().enumerate().skip(from) {
            if before + run.start as usize >= pages || run.longest as usize >= pages {
                return Some((number, before));
            }
            before = if run.all_free() { before + run.pages as usize } else { run.end as usize };
        }
        None
    }
}

/// A bit per page of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageBits([u64; WORDS]);

fn each_mask(from: usize, to: usize, mut visit: impl FnMut(usize, u64)) {
    let mut at = from;
    while at < to {
        let n = (64 - at % 64).min(to - at);
        visit(at / 64, (u64::MAX >> (64 - n)) << (at % 64));
        at += n;
    }
}

impl PageBits {
    pub const CLEAR: Self = Self([0; WORDS]);
    pub const SET: Self = Self([u64::MAX; WORDS]);

    /// Sets or clears bits that all were the other way.
    pub fn set_range(&mut self, from: usize, to: usize, on: bool) {
        each_mask(from, to, |word, mask| {
            let word = &mut self.0[word];
            debug_assert_eq!(
                *word & mask,
                if on { 0 } else { mask },
                "INV-PAGE-1: page taken or freed twice"
            );
            *word = if on { *word | mask } else { *word & !mask };
        });
    }

    /// Clears bits; returns how many were set.
    pub fn clear_range(&mut self, from: usize, to: usize) -> usize {
        let mut count = 0;
        each_mask(from, to, |word, mask| {
            count += (self.0[word] & mask).count_ones() as usize;
            self.0[word] &= !mask;
        });
        count
    }

    /// Sets a whole word; returns which bits were clear.
    pub fn fill_word(&mut self, word: usize) -> u64 {
        !std::mem::replace(&mut self.0[word], u64::MAX)
    }

    /// Clears bits of a word; returns which of them were set.
    pub fn clear_in_word(&mut self, word: usize, mask: u64) -> u64 {
        let set = self.0[word] & mask;
        self.0[word] &= !mask;
        set
    }

    pub fn set_in_word(&mut self, word: usize, mask: u64) {
        self.0[word] |= mask;
    }

    /// Of the clear bits.
    pub fn summary(&self) -> Summary {
        self.0.iter().fold(Summary::EMPTY, |sum, &word| sum.then(summary_of_word(word)))
    }

    /// First of the lowest run of so many clear bits.
    pub fn find_clear(&self, pages: usize) -> Option<usize> {
        let (mut start, mut at) = (0, 0);
        while at < CHUNK_PAGES {
            let word = self.0[at / 64] >> (at % 64);
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

    /// The highest run of bits that are clear in both.
    pub fn last_run_clear_in_both(one: &Self, other: &Self) -> Option<(usize, usize)> {
        let set = |at: usize| (one.0[at / 64] | other.0[at / 64]) >> (at % 64) & 1 != 0;
        let word = (0..WORDS).rev().find(|&w| one.0[w] | other.0[w] != u64::MAX)?;
        let to = word * 64 + 64 - (one.0[word] | other.0[word]).leading_ones() as usize;
        let mut from = to - 1;
        while from > 0 && !set(from - 1) {
            from -= 1;
        }
        Some((from, to))
    }
}

fn summary_of_word(word: u64) -> Summary {
    if word == 0 {
        return Summary::free(64);
    }
    // Every step shortens all runs of zeroes by one bit.
    let (mut free, mut longest) = (!word, 0);
    while free != 0 {
        free &= free << 1;
        longest += 1;
    }
    Summary { start: word.trailing_zeros(), end: word.leading_zeros(), longest, pages: 64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_right_for_random_bitmaps() {
        let mut seed = 7_u64;
        for round in 0..300 {
            let mut bits = PageBits::CLEAR;
            for word in &mut bits.0 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *word = if round % 3 == 0 { seed } else { seed & (seed << 7) & (seed >> 9) & (seed >> 21) };
            }
            let free: Vec<bool> = (0..CHUNK_PAGES).map(|i| bits.0[i / 64] >> (i % 64) & 1 == 0).collect();
            let (mut longest, mut run) = (0, 0);
            for &f in &free {
                run = if f { run + 1 } else { 0 };
                longest = longest.max(run);
            }
            let summary = bits.summary();
            assert_eq!(summary.longest, longest);
            assert_eq!(summary.start as usize, free.iter().take_while(|f| **f).count());
            assert_eq!(summary.end as usize, free.iter().rev().take_while(|f| **f).count());
            if longest > 0 {
                let at = bits.find_clear(longest as usize).unwrap();
                assert!(free[at..at + longest as usize].iter().all(|f| *f));
            }
            assert!(bits.find_clear(longest as usize + 1).is_none());
            let (from, to) = PageBits::last_run_clear_in_both(&bits, &PageBits::CLEAR).unwrap_or((0, 0));
            assert!(free[from..to].iter().all(|f| *f) && free[to..].iter().all(|f| !*f));
        }
    }
}
