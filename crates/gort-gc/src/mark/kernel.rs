//! Picking the words that point into the heap out of a run of words: the inner loop of scanning memory that is pointers
//! and nothing else (arrays of pointers, tables, pieces of large objects).
//!
//! Three kernels, the best one the processor has, chosen when a collector is made: eight words a step with AVX-512, four with AVX2, and
//! one without either. All do the same, and are tested against the plainest way to say it.
//!
//! A word lies in the heap if `word - base < len`, as unsigned numbers. Words are read while the program may write them:
//! an aligned lane of a vector load is read in one piece on these processors, and either value will do (INV-GC-1).

/// Most words of one call.
pub(crate) const MAX_WORDS: usize = 64;

/// What is found; a whole vector may be written behind the last.
pub(crate) type Found = [usize; MAX_WORDS + 8];

/// The range of the heap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// First address.
    pub base: usize,
    /// Bytes.
    pub len: usize,
}

/// See the file's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Word by word.
    Portable,
    /// Four at a time.
    Avx2,
    /// Eight at a time.
    Avx512,
}

impl Kernel {
    /// The best that the processor has.
    pub fn best() -> Self {
        Self::all().into_iter().rev().find(|k| k.works()).unwrap_or(Self::Portable)
    }

    const fn all() -> [Self; 3] {
        [Self::Portable, Self::Avx2, Self::Avx512]
    }

    fn works(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        match self {
            Self::Portable => true,
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Avx512 => is_x86_feature_detected!("avx512f"),
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Self::Portable
        }
    }

    /// Puts the words of `at .. at + 8 * words` that lie in the range into `found`, in order; returns how many.
    ///
    /// # Safety
    /// The words are readable, `at` is a multiple of 8, there are at most [`MAX_WORDS`], and the processor has the kernel
    /// (as the best one).
    #[inline]
    pub unsafe fn pick(self, range: Range, at: usize, words: usize, found: &mut Found) -> usize {
        debug_assert!(words <= MAX_WORDS);
        match self {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the caller's contract.
            Self::Avx512 => unsafe { avx512(range, at, words, found) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the caller's contract.
            Self::Avx2 => unsafe { avx2(range, at, words, found) },
            // SAFETY: the caller's contract.
            _ => unsafe { portable(range, at, words, found, 0) },
        }
    }
}

/// Goes on behind `count` words already found.
unsafe fn portable(range: Range, at: usize, words: usize, found: &mut Found, mut count: usize) -> usize {
    for i in 0..words {
        // SAFETY: the caller's contract; volatile, since the program may write it.
        let word = unsafe { ((at + 8 * i) as *const usize).read_volatile() };
        found[count] = word;
        count += usize::from(word.wrapping_sub(range.base) < range.len);
    }
    count
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(range: Range, at: usize, words: usize, found: &mut Found) -> usize {
    use std::arch::x86_64::{
        _mm512_cmplt_epu64_mask, _mm512_loadu_si512, _mm512_maskz_compress_epi64, _mm512_maskz_loadu_epi64,
        _mm512_set1_epi64, _mm512_storeu_si512, _mm512_sub_epi64,
    };
    let (base, len) = (_mm512_set1_epi64(range.base as i64), _mm512_set1_epi64(range.len as i64));
    let (mut count, mut i) = (0, 0);
    while i < words {
        let from = (at + 8 * i) as *const i64;
        let left = words - i;
        let lanes = if left >= 8 {
            // SAFETY: the caller's contract: eight words more.
            unsafe { _mm512_loadu_si512(from.cast()) }
        } else {
            // SAFETY: the caller's contract: only the words that are left are read; the others are 0.
            unsafe { _mm512_maskz_loadu_epi64((1 << left) - 1, from) }
        };
        let mut inside = _mm512_cmplt_epu64_mask(_mm512_sub_epi64(lanes, base), len);
        if left < 8 {
            inside &= (1 << left) - 1;
        }
        // Into a register first: compressing straight to memory is slow on some processors.
        let packed = _mm512_maskz_compress_epi64(inside, lanes);
        let to = found[count..count + 8].as_mut_ptr();
        // SAFETY: eight places of `found`.
        unsafe { _mm512_storeu_si512(to.cast(), packed) };
        count += inside.count_ones() as usize;
        i += 8;
    }
    count
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2(range: Range, at: usize, words: usize, found: &mut Found) -> usize {
    use std::arch::x86_64::{
        _mm256_castsi256_pd, _mm256_cmpgt_epi64, _mm256_loadu_si256, _mm256_movemask_pd, _mm256_set1_epi64x,
        _mm256_storeu_si256, _mm256_sub_epi64, _mm256_xor_si256,
    };
    // There is no unsigned comparison: both sides are moved by half the range of numbers.
    let flip = _mm256_set1_epi64x(i64::MIN);
    let base = _mm256_set1_epi64x(range.base as i64);
    let len = _mm256_set1_epi64x((range.len as i64) ^ i64::MIN);
    let (mut count, mut i) = (0, 0);
    while i + 4 <= words {
        // SAFETY: the caller's contract: four words more.
        let lanes = unsafe { _mm256_loadu_si256(((at + 8 * i) as *const u8).cast()) };
        let inside = _mm256_cmpgt_epi64(len, _mm256_xor_si256(_mm256_sub_epi64(lanes, base), flip));
        let mut mask = _mm256_movemask_pd(_mm256_castsi256_pd(inside)) as u32;
        if mask != 0 {
            let mut four = [0_usize; 4];
            // SAFETY: four places.
            unsafe { _mm256_storeu_si256(four.as_mut_ptr().cast(), lanes) };
            while mask != 0 {
                found[count] = four[mask.trailing_zeros() as usize];
                count += 1;
                mask &= mask - 1;
            }
        }
        i += 4;
    }
    // SAFETY: the caller's contract: the words that are left.
    unsafe { portable(range, at + 8 * i, words - i, found, count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_agree_with_the_plain_way() {
        let range = Range { base: 0xc0_0000_0000, len: 1 << 38 };
        let mut seed = 3_usize;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        };
        for round in 0..3000 {
            let words: Vec<usize> = (0..random() % (MAX_WORDS + 1))
                .map(|_| match random() % 8 {
                    0 => 0,
                    1 => range.base,
                    2 => range.base - 1,
                    3 => range.base + range.len - 1,
                    4 => range.base + range.len,
                    5 => usize::MAX - random() % 4,
                    _ => range.base.wrapping_add(random() << (round % 8)),
                })
                .collect();
            let plain: Vec<usize> =
                words.iter().copied().filter(|w| (range.base..range.base + range.len).contains(w)).collect();
            for kernel in Kernel::all().into_iter().filter(|k| k.works()) {
                let mut found = [0; MAX_WORDS + 8];
                // SAFETY: the words of a vector; the processor has the kernel.
                let count = unsafe { kernel.pick(range, words.as_ptr() as usize, words.len(), &mut found) };
                assert_eq!(found[..count], plain, "{kernel:?}");
            }
        }
        // SAFETY: reads nothing.
        assert_eq!(unsafe { Kernel::best().pick(range, 8, 0, &mut [0; MAX_WORDS + 8]) }, 0);
    }
}
