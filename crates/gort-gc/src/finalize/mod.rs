//! Finalizers, cleanups and weak pointers: what [`gort_heap::special`] keeps, as the program asks for it.
//!
//! Records are added and taken away by runtime functions. Sweeping finds what is due and queues it; goroutines of
//! the program's (std/runtime/mfinal.go, mcleanup.go) take the calls from the queues and make them, never the collector
//! itself.
//!
//! INV-FIN-1 (shaded at the door): while marking, whatever enters a record is shaded, since the root job of its shard may
//! have run already. So is the object: it may be reachable from a stack only, and what it points to must not be lost.

pub(crate) mod roots;

use crate::collector::Collector;
use crate::mutator::Mutator;
use gort_abi::addr::Addr;
use gort_heap::layout::HEADER;
pub use gort_heap::special::{Association, Due, DueQueue, Finalizer};
use gort_heap::{ObjectRef, ScanKind};

impl Collector {
    fn object_at(&self, at: Addr) -> Option<ObjectRef> {
        self.heap.find(at.0).filter(|o| !o.span.is_free(o.index))
    }

    /// The heap object that contains the address: where it begins, and its size.
    pub fn find_object(&self, at: Addr) -> Option<(Addr, usize)> {
        let object = self.object_at(at)?;
        let header = if object.span.kind() == ScanKind::Typed { HEADER } else { 0 };
        Some((object.addr().add(header), object.span.slot_size() - header))
    }

    /// Does the object at `holder` have a pointer into `from .. from + size`?
    pub fn object_holds(&self, holder: Addr, from: Addr, size: usize) -> bool {
        let mut found = false;
        self.each_edge(holder, |value| found |= value.wrapping_sub(from.0) < size);
        found
    }

    /// Sets the finalizer of the object that contains the address; false if it has one, or is none.
    pub fn add_finalizer(&self, own: &Mutator, at: Addr, finalizer: Finalizer) -> bool {
        let Some(object) = self.object_at(at) else { return false };
        // INV-FIN-1
        self.shade(own, at);
        self.shade(own, finalizer.func);
        self.shade(own, finalizer.word);
        self.heap.specials.add_finalizer(object, at, finalizer)
    }

    /// Takes it away.
    pub fn remove_finalizer(&self, at: Addr) {
        if let Some(object) = self.object_at(at) {
            self.heap.specials.remove_finalizer(object, at);
        }
    }

    /// Adds a cleanup, a `func()`; returns its number, 0 if there is no such object.
    pub fn add_cleanup(&self, own: &Mutator, at: Addr, func: Addr) -> u64 {
        let Some(object) = self.object_at(at) else { return 0 };
        // INV-FIN-1
        self.shade(own, at);
        self.shade(own, func);
        self.heap.specials.add_cleanup(object, at, func)
    }

    /// Takes it away, unless the object is gone.
    pub fn remove_cleanup(&self, at: Addr, id: u64) {
        if let Some(object) = self.object_at(at) {
            self.heap.specials.remove_cleanup(object, at, id);
        }
    }

    /// The weak handle of an address: the one it has, or `fresh`, a new heap object without pointers.
    pub fn add_weak(&self, own: &Mutator, at: Addr, fresh: Addr) -> Addr {
        let Some(object) = self.object_at(at) else { return self.heap.specials.immortal_weak(at) };
        // INV-FIN-1
        self.shade(own, fresh);
        self.heap.specials.add_weak(object, at, fresh)
    }

    /// Does the object at an address belong to the bubble (of `testing/synctest`)? `add`: it does from now on, unless it
    /// belongs to one. What is no heap object belongs to none.
    pub fn associate(&self, at: Addr, bubble: u64, add: bool) -> Association {
        match self.object_at(at) {
            Some(object) => self.heap.specials.associate(object, at, bubble, add),
            None => Association::None,
        }
    }

    /// The object at an address belongs to no bubble any more.
    pub fn disassociate(&self, at: Addr) {
        if let Some(object) = self.object_at(at) {
            self.heap.specials.disassociate(object, at);
        }
    }

    /// What a weak handle stands for, null if it is gone. A white object becomes grey here, perhaps after marking seemed
    /// to be over: the flush with the world stopped sees it (heart rule R10).
    pub fn strong_from_weak(&self, own: &Mutator, handle: Addr) -> Addr {
        let at = self.heap.strong_from_weak(handle);
        self.shade(own, at);
        at
    }

    /// Finalizers to run.
    pub fn finalizers(&self) -> &DueQueue {
        &self.heap.specials.finalizers
    }

    /// Cleanups to run.
    pub fn cleanups(&self) -> &DueQueue {
        &self.heap.specials.cleanups
    }
}
