//! Size classes: which slot size serves a request, by arithmetic alone.
//!
//! Up to 128 bytes the classes are 8 bytes apart; above, every doubling is cut into eight equal steps. So
//! no request above 64 bytes wastes more than an eighth of its slot, and the class of a size needs no
//! table. Spans of a class have so many pages that their tail wastes at most an eighth.
//!
//! INV-SIZE-1 (fits): `slot_size(class_of(n)) >= n`, and the class below would be too small.
//! INV-SIZE-2 (divides): `(offset * magic) >> 32` is `offset / slot_size` for every offset in a span.
//!
//! Go counterpart: `internal/runtime/gc/sizeclasses.go` (a generated table there).

/// Bytes per heap page.
pub const PAGE_SIZE: usize = 8192;
/// log2 of [`PAGE_SIZE`].
pub const PAGE_SHIFT: u32 = 13;
/// Largest object that shares a span.
pub const MAX_SMALL: usize = 32768;
/// Largest object whose pointers are described by the mask of its span.
pub const MAX_MASKED: usize = 512;
/// Number of classes.
pub const CLASSES: usize = 80;
/// Most objects a span holds.
pub const MAX_OBJECTS: usize = PAGE_SIZE / 8;

/// A size class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SizeClass(pub u8);

impl SizeClass {
    /// The class that serves objects of `bytes` (0 counts as 1), at most [`MAX_SMALL`].
    #[inline]
    pub const fn of(bytes: usize) -> Self {
        if bytes <= 128 {
            let steps = bytes.div_ceil(8);
            return Self(if steps == 0 { 0 } else { steps as u8 - 1 });
        }
        // bytes - 1 is in [2^k, 2^(k+1)): eight steps of 2^(k-3) each.
        let k = (bytes - 1).ilog2();
        let step = ((bytes - 1) >> (k - 3)) & 7;
        Self((16 + (k as usize - 7) * 8 + step) as u8)
    }

    /// Bytes per slot.
    #[inline]
    pub const fn slot_size(self) -> usize {
        let class = self.0 as usize;
        if class < 16 {
            return (class + 1) * 8;
        }
        let doubling = (class - 16) / 8;
        let step = (class - 16) % 8;
        (128 << doubling) + (step + 1) * (16 << doubling)
    }

    /// Pages of a span of this class.
    pub const fn pages(self) -> usize {
        let size = self.slot_size();
        let mut pages = 1;
        loop {
            let bytes = pages * PAGE_SIZE;
            let wanted = if size <= 2048 { 4 } else { 1 };
            if bytes / size >= wanted && (bytes % size) * 8 <= bytes {
                return pages;
            }
            pages += 1;
        }
    }

    /// Slots of a span of this class.
    pub const fn objects(self) -> usize {
        self.pages() * PAGE_SIZE / self.slot_size()
    }

    /// The factor of INV-SIZE-2.
    pub const fn magic(self) -> u32 {
        (u32::MAX as u64 / self.slot_size() as u64 + 1) as u32
    }
}

/// A large object needs so many pages.
pub const fn pages_for(bytes: usize) -> usize {
    bytes.div_ceil(PAGE_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_fits_tightly() {
        for bytes in 1..=MAX_SMALL {
            let class = SizeClass::of(bytes);
            let slot = class.slot_size();
            assert!(slot >= bytes, "INV-SIZE-1: {bytes} in {slot}");
            if class.0 > 0 {
                assert!(SizeClass(class.0 - 1).slot_size() < bytes, "INV-SIZE-1: {bytes} in {slot}");
            }
            assert!(bytes <= 64 || (slot - bytes) * 8 <= slot, "{bytes} wastes too much of {slot}");
        }
        assert_eq!(SizeClass::of(MAX_SMALL).0 as usize, CLASSES - 1);
        assert_eq!(SizeClass(CLASSES as u8 - 1).slot_size(), MAX_SMALL);
    }

    #[test]
    fn compiled_code_knows_the_slot_sizes() {
        for bytes in 1..=MAX_SMALL {
            assert_eq!(gort_abi::alloc::slot_size(bytes), SizeClass::of(bytes).slot_size(), "{bytes}");
        }
    }

    #[test]
    fn division_by_multiplication() {
        for class in 0..CLASSES as u8 {
            let class = SizeClass(class);
            let (size, magic) = (class.slot_size(), u64::from(class.magic()));
            assert!(class.objects() <= MAX_OBJECTS);
            assert!(class.pages() <= 8, "{class:?} {}", class.pages());
            for offset in 0..class.pages() * PAGE_SIZE {
                let index = (offset as u64 * magic) >> 32;
                assert_eq!(index as usize, offset / size, "INV-SIZE-2: {class:?} {offset}");
            }
        }
    }
}
