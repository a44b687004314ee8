//! A type descriptor as the heap reads it: size, and where the pointers are.
//!
//! INV-DESC-1 (descriptors are sound): a [`TypeRef`] is the address of a descriptor laid out as
//! `gort_abi::type_desc` says, which is never changed or unloaded while the heap lives.

use gort_abi::addr::Addr;
use gort_abi::type_desc::offset;

/// The address of a type descriptor (INV-DESC-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct TypeRef(Addr);

impl TypeRef {
    /// Takes an address for a descriptor.
    ///
    /// # Safety
    /// INV-DESC-1.
    #[inline]
    pub const unsafe fn new(at: Addr) -> Self {
        Self(at)
    }

    /// Where the descriptor is.
    #[inline]
    pub const fn addr(self) -> Addr {
        self.0
    }

    #[inline]
    fn word(self, offset: usize) -> usize {
        let at = self.0.add(offset).0 as *const usize;
        // SAFETY: INV-DESC-1, the field lies in the descriptor.
        unsafe { at.read() }
    }

    /// `Size_`: bytes of a value.
    #[inline]
    pub fn size(self) -> usize {
        self.word(offset::SIZE)
    }

    /// `PtrBytes`: length of the prefix that holds all pointers.
    #[inline]
    pub fn ptr_bytes(self) -> usize {
        self.word(offset::PTR_BYTES)
    }

    /// Has it pointers at all?
    #[inline]
    pub fn has_pointers(self) -> bool {
        self.ptr_bytes() != 0
    }

    /// Byte `i` of the mask: words `8i .. 8i + 8` of the prefix.
    #[inline]
    pub fn mask_byte(self, i: usize) -> u8 {
        debug_assert!(i * 64 < self.ptr_bytes(), "INV-DESC-1: outside the mask");
        let mask = self.word(offset::GC_DATA) + i;
        // SAFETY: INV-DESC-1, the mask has a bit for every word of the prefix.
        unsafe { (mask as *const u8).read() }
    }

    /// The mask of `count` consecutive values, for at most 64 words in all.
    pub fn small_mask(self, count: usize) -> u64 {
        let (words, ptr_words) = (self.size() / 8, self.ptr_bytes() / 8);
        debug_assert!(words * count <= 64);
        let mut one = 0_u64;
        for i in 0..ptr_words.div_ceil(8) {
            one |= u64::from(self.mask_byte(i)) << (8 * i);
        }
        (0..count).fold(0, |mask, k| mask | one << (k * words))
    }

    /// Calls `visit` with the offset of every pointer word of one value.
    #[inline]
    pub fn each_pointer(self, mut visit: impl FnMut(usize)) {
        let ptr_bytes = self.ptr_bytes();
        let mut i = 0;
        while i * 64 < ptr_bytes {
            let mut bits = self.mask_byte(i);
            while bits != 0 {
                visit(i * 64 + bits.trailing_zeros() as usize * 8);
                bits &= bits - 1;
            }
            i += 1;
        }
    }
}
