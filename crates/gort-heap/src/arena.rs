//! One reserved range of addresses, and for every page of it the span it belongs to.
//!
//! Address to span is a subtraction, a comparison, a shift and one load. The range is reserved without
//! access and made accessible in steps as the page allocator grows.
//!
//! INV-ARENA-1 (table covers the range): the table has one entry per page of the reservation, and is
//! accessible as a whole.
//! INV-ARENA-2 (publish last): an entry is stored after the span's fields, and cleared before the pages
//! are handed to anybody else.

use crate::size_class::{PAGE_SHIFT, PAGE_SIZE};
use crate::span::{Span, SpanRef};
use gort_abi::addr::Addr;
use gort_sys::{OsError, mem};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Where Go's heap starts too: such addresses are recognised at sight, and no small integer is one.
const HINT: Addr = Addr(0xc0_0000_0000);
const RESERVE: usize = 1 << 38;
const RESERVE_MIN: usize = 1 << 26;
const ALIGN: usize = 1 << 26;

/// The range and its table.
#[derive(Debug)]
pub struct Arena {
    base: usize,
    len: usize,
    table: NonNull<AtomicPtr<Span>>,
}

// SAFETY: INV-ARENA-1, the table is memory of atomics owned by the arena.
unsafe impl Send for Arena {}
// SAFETY: INV-ARENA-1, the table is memory of atomics owned by the arena.
unsafe impl Sync for Arena {}

impl Arena {
    /// Reserves as much as the system allows, and half of it if the process's address space is limited
    /// (`ulimit -v`), since a reservation counts.
    pub fn reserve() -> Result<Self, OsError> {
        let limit = mem::address_space_limit().unwrap_or(usize::MAX);
        let mut len = RESERVE.min((limit / 2) & !(ALIGN - 1)).max(RESERVE_MIN);
        let base = loop {
            match mem::reserve_aligned(len, ALIGN, HINT) {
                Ok(base) => break base,
                Err(error) if len <= RESERVE_MIN => return Err(error),
                Err(_) => len = ((len / 4) & !(ALIGN - 1)).max(RESERVE_MIN),
            }
        };
        let table_bytes = (len >> PAGE_SHIFT) * size_of::<usize>();
        let table = mem::reserve(table_bytes, Addr::NULL)?;
        // SAFETY: INV-SYS-1, just reserved.
        unsafe { mem::commit(table, table_bytes)? };
        let table = NonNull::new(table.0 as *mut AtomicPtr<Span>).ok_or(OsError(0))?;
        Ok(Self { base: base.0, len, table })
    }

    /// First address.
    pub fn base(&self) -> Addr {
        Addr(self.base)
    }

    /// Pages of the whole range.
    pub fn pages(&self) -> usize {
        self.len >> PAGE_SHIFT
    }

    /// Address of a page.
    pub fn page_addr(&self, page: usize) -> Addr {
        Addr(self.base + page * PAGE_SIZE)
    }

    /// Number of the page that holds an address of the range.
    pub fn page_of(&self, at: Addr) -> usize {
        (at.0 - self.base) >> PAGE_SHIFT
    }

    /// Makes pages accessible.
    pub fn commit(&self, first: usize, pages: usize) -> Result<(), OsError> {
        // SAFETY: INV-SYS-1, the page allocator grows into the reservation once.
        unsafe { mem::commit(self.page_addr(first), pages * PAGE_SIZE) }
    }

    /// Gives the memory of pages back to the system; they read as zeroes afterwards.
    pub fn discard(&self, first: usize, pages: usize) {
        // SAFETY: INV-SYS-1, committed pages that belong to the caller (INV-PAGE-1) and that nobody refers to.
        unsafe { mem::discard(self.page_addr(first), pages * PAGE_SIZE) };
    }

    #[inline]
    fn entry(&self, page: usize) -> &AtomicPtr<Span> {
        debug_assert!(page < self.pages(), "INV-ARENA-1: outside the table");
        // SAFETY: INV-ARENA-1, the page lies in the range.
        let entry = unsafe { self.table.add(page) };
        // SAFETY: INV-ARENA-1; zeroed memory is a null `AtomicPtr`.
        unsafe { entry.as_ref() }
    }

    /// Does the address lie in the range?
    #[inline]
    pub fn contains(&self, at: usize) -> bool {
        at.wrapping_sub(self.base) < self.len
    }

    /// The span that holds an address, if it is one of the heap's.
    #[inline]
    pub fn span_of(&self, at: usize) -> Option<SpanRef> {
        let offset = at.wrapping_sub(self.base);
        if offset >= self.len {
            return None;
        }
        // Acquire: pairs with the Release in `publish`: the fields are those of this span (INV-ARENA-2).
        let span = self.entry(offset >> PAGE_SHIFT).load(Ordering::Acquire);
        SpanRef::from_ptr(span)
    }

    /// Enters a span for its pages.
    pub fn publish(&self, span: SpanRef) {
        let first = self.page_of(span.base());
        for page in first..first + span.pages() {
            // Release: pairs with the Acquire in `span_of` (INV-ARENA-2).
            self.entry(page).store(span.as_ptr(), Ordering::Release);
        }
    }

    /// Takes a span's pages out.
    pub fn retract(&self, span: SpanRef) {
        let first = self.page_of(span.base());
        for page in first..first + span.pages() {
            // Relaxed: pairs with the Release in the next `publish` of the page (INV-ARENA-2).
            self.entry(page).store(std::ptr::null_mut(), Ordering::Relaxed);
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-1, reserved by `reserve`, and the heap goes away with us.
        unsafe { mem::release(Addr(self.base), self.len) };
        let bytes = self.pages() * size_of::<usize>();
        // SAFETY: INV-SYS-1, reserved by `reserve`, and the heap goes away with us.
        unsafe { mem::release(Addr(self.table.as_ptr() as usize), bytes) };
    }
}
