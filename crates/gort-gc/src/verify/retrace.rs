//! A trace with the world stopped, into a table of its own instead of mark bits.
//!
//! It trusts nothing that marking has computed: the roots are read anew, as they are now.

use crate::collector::Collector;
use crate::host::{GoroutineView, word_at};
use crate::mark::scan_object::{Tracer, scan_object};
use crate::mark::scan_stack::each_root;
use gort_heap::{Heap, ObjectRef};
use std::collections::HashMap;

/// What has been reached so far.
pub(super) struct Retrace<'h> {
    heap: &'h Heap,
    /// Object -> the one it was found from (0: a root).
    seen: HashMap<usize, usize>,
    todo: Vec<usize>,
    from: usize,
}

impl<'h> Retrace<'h> {
    /// Reaches what the collector's roots besides the goroutines lead to; [`Self::drain`] completes it.
    pub fn new(collector: &'h Collector) -> Self {
        let mut this = Self { heap: &collector.heap, seen: HashMap::new(), todo: Vec::new(), from: 0 };
        for piece in 0..collector.roots.global_pieces() {
            collector.roots.each_word(piece, |at| this.root(word_at(at)));
        }
        for job in 0..collector.special_jobs() {
            collector.each_special_root(job, |value| this.root(value));
        }
        this
    }

    fn root(&mut self, value: usize) {
        let free = |object: &ObjectRef| object.span.is_free(object.index);
        if let Some(object) = self.heap.find(value).filter(|object| !free(object)) {
            self.from = 0;
            self.reach(object);
        }
    }

    /// The roots of a goroutine.
    pub fn goroutine(&mut self, view: &GoroutineView<'_>) {
        each_root(view, |value| self.root(value));
    }

    fn reach(&mut self, object: ObjectRef) {
        let at = object.addr().0;
        if self.seen.contains_key(&at) {
            return;
        }
        self.seen.insert(at, self.from);
        if !object.span.is_noscan() {
            self.todo.push(at);
        }
    }

    /// Reaches all that can be reached from what has been.
    pub fn drain(&mut self) {
        while let Some(at) = self.todo.pop() {
            let Some(object) = self.heap.find(at) else { continue };
            self.from = object.addr().0;
            scan_object(self, object.span, object.index, at);
        }
    }

    /// Has the object that holds the address been reached, or is it none of the heap's?
    pub fn has(&self, address: usize) -> bool {
        self.heap.find(address).is_none_or(|object| self.seen.contains_key(&object.addr().0))
    }

    /// The objects reached, each with the address of the one it was found from (0: a root).
    pub fn objects(&self) -> impl Iterator<Item = (ObjectRef, usize)> {
        self.seen.iter().filter_map(|(&at, &from)| Some((self.heap.find(at)?, from)))
    }

    /// How the object at `at` was reached, for a report.
    pub fn path(&self, mut at: usize) -> String {
        let mut path = format!("{at:#x}");
        for _ in 0..20 {
            match self.seen.get(&at) {
                Some(0) | None => return format!("{path} <- root"),
                Some(&from) => {
                    at = from;
                    path = format!("{path} <- {at:#x}");
                }
            }
        }
        path
    }
}

impl Tracer for Retrace<'_> {
    fn edge(&mut self, value: usize) {
        if let Some(object) = self.heap.find(value) {
            self.reach(object);
        }
    }

    fn piece(&mut self, at: usize) {
        self.todo.push(at);
    }
}
