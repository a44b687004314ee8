//! A span: one run of pages cut into equal slots, with their allocation bits and marks.
//!
//! The first cache line holds all that marking reads. A span struct lives outside the heap and is recycled
//! with its pages. Its states: *free* (in the pool), *cached* (some P allocates from it), or in one of the
//! lists of its layout: unswept, partly free, full. Being in exactly one place is what owning it means.
//!
//! A slot below `free_index` is allocated. Above, its bit in the allocation bits (the marks of the last
//! cycle) tells. Marks are bytes, see [`gort_protocols::mark_byte`].
//!
//! INV-SPAN-1 (structs stay): a span struct is valid as long as the heap; a stale `SpanRef` reads the
//! fields of a later span, never foreign memory.
//! INV-SPAN-2 (bits fit): `alloc_bits` points to `bit_words` words, `marks` to 64 times as many bytes.
//! INV-SPAN-3 (own slots): free slots of a span are touched only by its owner; allocated ones only by
//! Go code and the marker's reads.

use crate::layout::{LayoutId, LayoutKind};
use crate::owned_word::{OwnedU32, OwnedU64, OwnedUsize};
use crate::size_class::PAGE_SIZE;
use crate::type_ref::TypeRef;
use gort_abi::addr::Addr;
use gort_protocols::mark_byte::{self, MARKED, WHITE};
use gort_protocols::sweep_claim::SweepClaim;
use gort_sync::atomic::AtomicU8;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the scanner finds the pointers of a span's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ScanKind {
    /// The struct is in the pool.
    Free,
    /// There are none.
    NoScan,
    /// By the span's mask.
    Masked,
    /// The first word of a slot is the descriptor of the type that the rest repeats.
    Typed,
    /// One large object: the span names the type it repeats.
    Large,
}

/// Bytes of the block of marks and allocation bits with so many words of allocation bits.
pub(crate) const fn block_bytes(bit_words: usize) -> usize {
    bit_words * (64 + 8)
}

/// See the file's head.
#[repr(C, align(64))]
#[derive(Debug, Default)]
pub struct Span {
    base: OwnedUsize,
    slot_size: OwnedUsize,
    ptr_mask: OwnedU64,
    /// Address of the mark bytes.
    marks: OwnedUsize,
    magic: OwnedU32,
    objects: OwnedU32,
    kind: OwnedU32,
    layout: OwnedU32,
    /// Descriptor for [`ScanKind::Large`], 0 if none.
    large_type: OwnedUsize,
    // Second line.
    alloc_bits: OwnedUsize,
    bit_words: OwnedU32,
    pages: OwnedU32,
    free_index: OwnedU32,
    allocated: OwnedU32,
    /// Its memory is known to be zero from `free_index` on.
    zeroed: OwnedU32,
    /// Special records on its objects (INV-SPECIAL-1).
    specials: OwnedU32,
    /// Heap's sweep generation in which it was last swept or made; checked, not relied upon.
    swept_in: OwnedU32,
    /// Who sweeps it.
    pub(crate) claim: SweepClaim,
}

/// A span, by address (INV-SPAN-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct SpanRef(NonNull<Span>);

// SAFETY: INV-SPAN-1, and all fields are atomics.
unsafe impl Send for SpanRef {}
// SAFETY: INV-SPAN-1, and all fields are atomics.
unsafe impl Sync for SpanRef {}

impl SpanRef {
    #[inline]
    pub(crate) fn from_ptr(at: *mut Span) -> Option<Self> {
        NonNull::new(at).map(Self)
    }

    /// Where its struct is, to be fetched ahead of use.
    #[inline]
    pub fn struct_addr(self) -> Addr {
        Addr(self.0.as_ptr() as usize)
    }

    pub(crate) fn as_ptr(self) -> *mut Span {
        self.0.as_ptr()
    }
}

impl Deref for SpanRef {
    type Target = Span;
    #[inline]
    fn deref(&self) -> &Span {
        // SAFETY: INV-SPAN-1.
        unsafe { self.0.as_ref() }
    }
}

/// What a span is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanShape {
    pub base: Addr,
    pub pages: usize,
    pub slot_size: usize,
    pub objects: usize,
    pub magic: u32,
    pub kind: ScanKind,
    pub ptr_mask: u64,
    pub layout: LayoutId,
    pub large_type: Option<TypeRef>,
    pub zeroed: bool,
}

impl Span {
    /// Makes it a span of this shape; `bits` is a zeroed block for `bit_words`.
    pub(crate) fn init(&self, shape: &SpanShape, bits: Addr, bit_words: usize, sweep_gen: u32) {
        debug_assert!(bit_words * 64 >= shape.objects, "INV-SPAN-2: too few bits");
        self.base.set(shape.base.0);
        self.slot_size.set(shape.slot_size);
        self.ptr_mask.set(shape.ptr_mask);
        self.marks.set(bits.0);
        self.magic.set(shape.magic);
        self.objects.set(shape.objects as u32);
        self.kind.set(shape.kind as u32);
        self.layout.set(shape.layout.0);
        self.large_type.set(shape.large_type.map_or(0, |t| t.addr().0));
        self.alloc_bits.set(bits.0 + bit_words * 64);
        self.bit_words.set(bit_words as u32);
        self.pages.set(shape.pages as u32);
        self.free_index.set(0);
        self.allocated.set(0);
        self.zeroed.set(u32::from(shape.zeroed));
        self.swept_in.set(sweep_gen);
        self.specials.set(0);
    }

    /// Back to the pool; returns the address of its block and how many words of bits it has.
    pub(crate) fn clear(&self) -> (Addr, usize) {
        let words = self.bit_words.get() as usize;
        self.kind.set(ScanKind::Free as u32);
        self.objects.set(0);
        (Addr(self.marks.get()), words)
    }

    /// First byte of the first slot.
    #[inline]
    pub fn base(&self) -> Addr {
        Addr(self.base.get())
    }

    /// Bytes per slot.
    #[inline]
    pub fn slot_size(&self) -> usize {
        self.slot_size.get()
    }

    /// Slots.
    #[inline]
    pub fn objects(&self) -> u32 {
        self.objects.get()
    }

    /// Pages.
    pub fn pages(&self) -> usize {
        self.pages.get() as usize
    }

    /// Bytes of its pages.
    pub fn bytes(&self) -> usize {
        self.pages() * PAGE_SIZE
    }

    /// Its layout; meaningless for large ones.
    pub fn layout(&self) -> LayoutId {
        LayoutId(self.layout.get())
    }

    /// How its objects are scanned.
    #[inline]
    pub fn kind(&self) -> ScanKind {
        match self.kind.get() {
            1 => ScanKind::NoScan,
            2 => ScanKind::Masked,
            3 => ScanKind::Typed,
            4 => ScanKind::Large,
            _ => ScanKind::Free,
        }
    }

    /// Is it the span of one large object?
    pub(crate) fn is_large(&self) -> bool {
        self.magic.get() == 0
    }

    /// Have its objects no pointers?
    #[inline]
    pub fn is_noscan(&self) -> bool {
        self.kind.get() <= ScanKind::NoScan as u32
    }

    /// The pointer mask of a [`ScanKind::Masked`] span.
    #[inline]
    pub fn ptr_mask(&self) -> u64 {
        self.ptr_mask.get()
    }

    /// The type that a [`ScanKind::Large`] object repeats.
    pub fn large_type(&self) -> Option<TypeRef> {
        let at = self.large_type.get();
        // SAFETY: INV-DESC-1, it was a `TypeRef` when the span was made.
        (at != 0).then(|| unsafe { TypeRef::new(Addr(at)) })
    }

    pub(crate) fn sets_kind(&self, kind: LayoutKind) -> bool {
        kind.scan_kind() == self.kind()
    }

    /// The slot that holds `at`; `None` in the tail behind the last slot.
    #[inline]
    pub fn index_of(&self, at: usize) -> Option<u32> {
        let offset = at.wrapping_sub(self.base.get()) as u64;
        // INV-SIZE-2; a large object has magic 0 and thus index 0.
        let index = (offset.wrapping_mul(u64::from(self.magic.get())) >> 32) as u32;
        (index < self.objects.get()).then_some(index)
    }

    /// First byte of a slot.
    #[inline]
    pub fn slot(&self, index: u32) -> Addr {
        Addr(self.base.get() + index as usize * self.slot_size.get())
    }

    #[inline]
    fn alloc_word(&self, word: usize) -> &AtomicU64 {
        debug_assert!(word < self.bit_words.get() as usize, "INV-SPAN-2: outside the bits");
        let at = (self.alloc_bits.get() + word * 8) as *const AtomicU64;
        // SAFETY: INV-SPAN-2; the blocks are never unmapped while the heap lives.
        unsafe { &*at }
    }

    #[inline]
    fn mark_byte(&self, index: u32) -> &AtomicU8 {
        debug_assert!((index as usize) < self.bit_words.get() as usize * 64, "INV-SPAN-2: outside the marks");
        let at = (self.marks.get() + index as usize) as *const AtomicU8;
        // SAFETY: INV-SPAN-2; the blocks are never unmapped while the heap lives.
        unsafe { &*at }
    }

    /// Eight marks at once.
    #[inline]
    fn mark_octet(&self, octet: usize) -> &AtomicU64 {
        debug_assert!(octet < self.bit_words.get() as usize * 8, "INV-SPAN-2: outside the marks");
        let at = (self.marks.get() + octet * 8) as *const AtomicU64;
        // SAFETY: INV-SPAN-2; the blocks are never unmapped while the heap lives. All accesses by octets happen
        // while no marker runs.
        unsafe { &*at }
    }

    /// Where the slot's mark is, to be fetched ahead of `mark`.
    #[inline]
    pub fn mark_addr(&self, index: u32) -> Addr {
        Addr(self.marks.get() + index as usize)
    }

    /// Is the slot marked?
    #[inline]
    pub fn is_marked(&self, index: u32) -> bool {
        mark_byte::is_marked(self.mark_byte(index))
    }

    /// Marks the slot; true for every caller that found it white, of which there may be several (INV-MARK-1).
    #[inline]
    pub fn mark(&self, index: u32) -> bool {
        mark_byte::mark(self.mark_byte(index))
    }

    fn set_marks(&self, from: u32, to: u32, mark: u8) {
        for index in from..to {
            mark_byte::set(self.mark_byte(index), mark);
        }
    }

    /// Marks a run of slots that is being allocated during a cycle.
    pub(crate) fn mark_run(&self, from: u32, to: u32) {
        self.set_marks(from, to, MARKED);
    }

    /// Takes the marks of slots back that were not allocated after all.
    pub(crate) fn unmark_run(&self, from: u32, to: u32) {
        self.set_marks(from, to, WHITE);
    }

    /// Is the slot free, as far as this thread knows?
    #[inline]
    pub fn is_free(&self, index: u32) -> bool {
        index >= self.free_index.get() && !self.alloc_bit(index)
    }

    fn alloc_bit(&self, index: u32) -> bool {
        // Relaxed: pairs with nothing; written by a sweeper that owned the span.
        self.alloc_word(index as usize / 64).load(Ordering::Relaxed) >> (index % 64) & 1 != 0
    }

    /// The next run of free slots at or above the free index.
    pub(crate) fn next_run(&self) -> Option<(u32, u32)> {
        let objects = self.objects();
        let start = self.next_bit(self.free_index.get(), false);
        if start >= objects {
            return None;
        }
        Some((start, self.next_bit(start, true).min(objects)))
    }

    /// First slot at or above `from` whose allocation bit is `set`, or some number past the last slot.
    fn next_bit(&self, from: u32, set: bool) -> u32 {
        let (mut word, words) = (from as usize / 64, self.bit_words.get() as usize);
        let mut skip = from % 64;
        while word < words {
            // Relaxed: pairs with nothing; the owner reads.
            let bits = self.alloc_word(word).load(Ordering::Relaxed);
            let found = (if set { bits } else { !bits }) >> skip << skip;
            if found != 0 {
                return word as u32 * 64 + found.trailing_zeros();
            }
            skip = 0;
            word += 1;
        }
        u32::MAX
    }

    /// The owner takes slots up to `to`, of which `taken` were free. The next free slot is fetched into the cache.
    pub(crate) fn take(&self, to: u32, taken: u32) {
        // Those in between are allocated by their bits.
        let next = self.next_bit(to, false).min(self.objects());
        prefetch_to_write(self.slot(next).0);
        self.free_index.set(next);
        self.allocated.set(self.allocated.get() + taken);
    }

    /// The owner gives the slots from `index` on back, `unused` of them.
    pub(crate) fn give_back(&self, index: u32, unused: u32) {
        self.free_index.set(index);
        self.allocated.set(self.allocated.get() - unused);
        self.zeroed.set(0);
    }

    /// Objects allocated in it (as of now, for the owner).
    pub fn allocated(&self) -> u32 {
        self.allocated.get()
    }

    pub(crate) fn is_zeroed(&self) -> bool {
        self.zeroed.get() != 0
    }

    pub(crate) fn specials(&self) -> u32 {
        self.specials.get()
    }

    pub(crate) fn set_specials(&self, count: u32) {
        self.specials.set(count);
    }

    pub(crate) fn swept_in(&self) -> u32 {
        self.swept_in.get()
    }

    pub(crate) fn set_swept_in(&self, sweep_gen: u32) {
        self.swept_in.set(sweep_gen);
        self.claim.reset(sweep_gen);
    }

    /// What was marked is what is allocated now; nothing is marked any more. Returns how many that are.
    pub(crate) fn adopt_marks(&self) -> u32 {
        let mut marked = 0;
        for word in 0..self.bit_words.get() as usize {
            let mut bits = 0;
            for octet in 0..8 {
                let octet_at = self.mark_octet(word * 8 + octet);
                // Relaxed: pairs with nothing; marking is over and the sweeper owns the span.
                let marks = octet_at.load(Ordering::Relaxed);
                // Relaxed: as above.
                octet_at.store(0, Ordering::Relaxed);
                bits |= gather(marks) << (octet * 8);
            }
            // Relaxed: as above.
            self.alloc_word(word).store(bits, Ordering::Relaxed);
            marked += bits.count_ones();
        }
        self.free_index.set(0);
        self.allocated.set(marked);
        self.zeroed.set(0);
        marked
    }

    /// Visits the allocated slots of a span that nobody allocates from.
    pub fn each_allocated(&self, mut visit: impl FnMut(u32)) {
        for index in 0..self.objects() {
            if !self.is_free(index) {
                visit(index);
            }
        }
    }
}

/// Asks the processor for a line that will be written soon. Any address may be passed.
#[inline(always)]
fn prefetch_to_write(at: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_ET0 }>(at as *const i8);
    }
}

/// The lowest bits of eight bytes, as one byte.
#[inline]
const fn gather(bytes: u64) -> u64 {
    (bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_every_byte() {
        for bits in 0..256_u64 {
            let bytes = (0..8).fold(0, |bytes, i| bytes | (bits >> i & 1) << (8 * i));
            assert_eq!(gather(bytes), bits);
        }
    }
}
