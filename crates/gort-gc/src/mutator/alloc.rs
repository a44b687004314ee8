//! Allocation: assist first, then take a slot, which is born marked while marking.
//!
//! The fast path looks the request's layout up in a small table of the P and takes the next slot of its
//! window. The slow path, once per window, first does all that may wait (start a cycle, assist), and only
//! then takes memory.
//!
//! INV-ALLOC-1 (nothing waits in between): no stop of the world lies between a slot's leaving the window
//! and its address reaching the program. Else the object could be swept before anybody has it.

use crate::collector::Collector;
use crate::cycle::trigger::Trigger;
use crate::mutator::Mutator;
use gort_abi::addr::Addr;
use gort_heap::layout::{HEADER, Layouts};
use gort_heap::mcache::{MAX_TINY, TINY_SLOT};
use gort_heap::mem_profile::{DEPTH, MemProfile};
use gort_heap::size_class::MAX_SMALL;
use gort_heap::{LayoutId, MCache, Placement, TypeRef};

impl Collector {
    /// A zeroed object of the type whose descriptor is at `typ`.
    ///
    /// # Safety
    /// INV-DESC-1 for `typ`; INV-HOST-2. The current goroutine is at a place where it can be scanned.
    #[inline]
    pub unsafe fn alloc_object(&self, own: &Mutator, typ: Addr) -> Addr {
        // SAFETY: INV-DESC-1, promised by the caller.
        let typ = unsafe { TypeRef::new(typ) };
        self.alloc_values(own, typ, 1)
    }

    /// `count` zeroed elements, one behind the other.
    ///
    /// # Safety
    /// As [`Self::alloc_object`].
    #[inline]
    pub unsafe fn alloc_array(&self, own: &Mutator, elem: Addr, count: usize) -> Addr {
        // SAFETY: INV-DESC-1, promised by the caller.
        let typ = unsafe { TypeRef::new(elem) };
        self.alloc_values(own, typ, count)
    }

    #[inline]
    fn alloc_values(&self, own: &Mutator, typ: TypeRef, count: usize) -> Addr {
        // By reference: a copy through the stack waits for all stores before it.
        let Some(placed) = own.cache().recall(typ, count) else { return self.alloc_unknown(own, typ, count) };
        let slot_size = placed.slot_size as usize;
        match placed.placement {
            Placement::Small(layout) => self.take(own, layout, slot_size),
            Placement::Described(layout) => describe(self.take(own, layout, slot_size), typ),
            Placement::Large => self.alloc_large(own, typ.size() * count, Some(typ)),
        }
    }

    /// A request that the cache does not remember.
    #[cold]
    fn alloc_unknown(&self, own: &Mutator, typ: TypeRef, count: usize) -> Addr {
        match typ.size().checked_mul(count) {
            Some(0) => return self.zero_base(),
            Some(bytes) if bytes < usize::MAX / 2 => {}
            _ => self.out_of_memory(usize::MAX),
        }
        let placed = self.heap.place(own.cache(), typ, count);
        let slot_size = placed.slot_size as usize;
        match placed.placement {
            Placement::Small(layout) => self.take(own, layout, slot_size),
            Placement::Described(layout) => describe(self.take(own, layout, slot_size), typ),
            Placement::Large => self.alloc_large(own, typ.size() * count, Some(typ)),
        }
    }

    #[inline]
    fn take(&self, own: &Mutator, layout: LayoutId, slot_size: usize) -> Addr {
        match own.cache().take(layout, slot_size) {
            Some(at) => at,
            None => self.take_slow(own, layout, slot_size),
        }
    }

    /// `bytes` zeroed bytes without pointers.
    ///
    /// # Safety
    /// INV-HOST-2. The current goroutine is at a place where it can be scanned.
    #[inline]
    pub unsafe fn alloc_noscan(&self, own: &Mutator, bytes: usize) -> Addr {
        if bytes == 0 {
            return self.zero_base();
        }
        if bytes > MAX_SMALL {
            return self.alloc_large(own, bytes, None);
        }
        if bytes <= MAX_TINY {
            return self.alloc_tiny(own, bytes);
        }
        let layout = Layouts::noscan(bytes);
        self.take(own, layout, gort_heap::size_class::SizeClass::of(bytes).slot_size())
    }

    /// Tiny objects without pointers share slots; a slot lives as long as any of them is referred to.
    #[inline]
    fn alloc_tiny(&self, own: &Mutator, bytes: usize) -> Addr {
        if let Some(at) = own.cache().take_tiny(bytes) {
            return at;
        }
        let layout = MCache::tiny_layout();
        let slot = self.take(own, layout, TINY_SLOT);
        own.cache().share_tiny(slot, bytes)
    }

    /// The window is used up. (A window of one slot is no rarity: often no two free slots are neighbours.)
    #[inline(never)]
    fn take_slow(&self, own: &Mutator, layout: LayoutId, slot_size: usize) -> Addr {
        if let Some(at) = self.take_sampled(own, layout, slot_size) {
            return at;
        }
        self.before_memory(own);
        // INV-ALLOC-1: from here to the return nothing waits.
        match self.heap.refill(own.cache(), layout, self.cycle.is_marking()) {
            Ok(bytes) => self.charge(own, bytes),
            Err(_) => self.out_of_memory(slot_size),
        }
        match own.cache().take(layout, slot_size).or_else(|| self.take_sampled(own, layout, slot_size)) {
            Some(at) => at,
            None => panic!("INV-CACHE-2: refilled window of layout {layout:?} is empty"),
        }
    }

    /// The slot that the window ends before because it is to be sampled.
    fn take_sampled(&self, own: &Mutator, layout: LayoutId, slot_size: usize) -> Option<Addr> {
        let at = own.cache().take_sampled(layout, slot_size, self.profile().rate())?;
        self.sample(at, slot_size);
        Some(at)
    }

    /// Counts an object that nobody has yet for the memory profile. Nothing waits here (INV-ALLOC-1).
    fn sample(&self, at: Addr, bytes: usize) {
        let mut stack = [0; DEPTH];
        let depth = self.host().current_stack(&mut stack);
        let Some(object) = self.heap.find(at.0) else { return };
        let bucket = self.profile().count_alloc(&stack[..depth], bytes);
        self.heap.specials.add_profile(object, bucket);
    }

    /// The memory profile.
    pub fn profile(&self) -> &MemProfile {
        &self.heap.specials.profile
    }

    #[cold]
    fn alloc_large(&self, own: &Mutator, bytes: usize, typ: Option<TypeRef>) -> Addr {
        if self.cycle.is_marking() {
            self.charge(own, bytes);
        }
        self.before_memory(own);
        // INV-ALLOC-1: from here to the return nothing waits.
        match self.heap.alloc_large(bytes, typ, self.cycle.is_marking()) {
            Ok(at) => {
                if own.cache().samples(bytes, self.profile().rate()) {
                    self.sample(at, bytes);
                }
                at
            }
            Err(_) => self.out_of_memory(bytes),
        }
    }

    /// All that may wait: zeal, starting a cycle, assisting.
    fn before_memory(&self, own: &Mutator) {
        if self.config.every != 0 && self.every_is_due() {
            self.gc_now(own);
        }
        if self.cycle.is_marking() {
            self.pay_debt(own);
        } else if self.trigger_reached() {
            self.start_cycle(own, Trigger::Heap);
        }
    }

    /// Where compiled code finds the window for objects of a type: a byte offset into the table that
    /// `PContext::alloc_windows` points to, the same on every P. `None` if such objects have no window, or
    /// need a descriptor. The slot size is `gort_abi::alloc::slot_size` of the type's size.
    ///
    /// # Safety
    /// INV-DESC-1 for `typ`.
    pub unsafe fn window_of(&self, typ: Addr) -> Option<u32> {
        // SAFETY: INV-DESC-1, promised by the caller.
        let typ = unsafe { TypeRef::new(typ) };
        if typ.size() == 0 {
            return None;
        }
        self.heap.window_of(typ)
    }
}

/// Writes the descriptor word; the object begins behind it.
#[inline]
fn describe(slot: Addr, typ: TypeRef) -> Addr {
    // SAFETY: INV-CACHE-2, a zeroed slot that was just taken and is larger than a word.
    unsafe { (slot.0 as *mut usize).write(typ.addr().0) };
    slot.add(HEADER)
}
