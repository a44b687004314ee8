//! `GODEBUG=gccheckmark=1`: trace again with the world stopped, into bits of its own, and compare.
//!
//! At the end of marking every object that can be reached from the roots *as they are now* must be marked.
//! The roots are read anew: a new snapshot of the goroutines, all globals, the special records. An unmarked one is a lost
//! object: the barrier, a stack map or the marker itself has a bug. The path to it is printed.

use crate::collector::Collector;
use crate::host::{Suspendable, WorldStopped, word_at};
use crate::mark::scan_object::{Tracer, scan_object};
use crate::mark::scan_stack::each_root;
use gort_heap::{Heap, ObjectRef};
use std::collections::HashMap;

struct Checker<'h> {
    heap: &'h Heap,
    /// Object -> the one it was found from (0: a root).
    seen: HashMap<usize, usize>,
    todo: Vec<usize>,
    from: usize,
    lost: Option<ObjectRef>,
}

impl Checker<'_> {
    fn reach(&mut self, value: usize, root: bool) {
        let Some(object) = self.heap.find(value) else { return };
        if root && object.span.is_free(object.index) {
            return;
        }
        let at = object.addr().0;
        if self.seen.contains_key(&at) {
            return;
        }
        self.seen.insert(at, self.from);
        if !object.span.is_marked(object.index) && self.lost.is_none() {
            self.lost = Some(object);
        }
        if !object.span.is_noscan() {
            self.todo.push(at);
        }
    }

    fn path(&self, mut at: usize) -> String {
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

impl Tracer for Checker<'_> {
    fn edge(&mut self, value: usize) {
        self.reach(value, false);
    }

    fn piece(&mut self, at: usize) {
        self.todo.push(at);
    }
}

impl Collector {
    /// Compares; ends the process if an object was lost.
    pub(crate) fn check_mark(&self, stopped: &WorldStopped, who: &Suspendable<'_>) {
        let mut checker =
            Checker { heap: &self.heap, seen: HashMap::new(), todo: Vec::new(), from: 0, lost: None };
        for piece in 0..self.roots.global_pieces() {
            self.roots.each_word(piece, |at| checker.reach(word_at(at), true));
        }
        for job in 0..self.special_jobs() {
            self.each_special_root(job, |value| checker.reach(value, true));
        }
        for index in 0..self.host().snapshot_goroutines(stopped) {
            let scanned = self.host().scan_goroutine(index, who, &mut |view| {
                each_root(view, |value| checker.reach(value, true));
            });
            if !scanned {
                self.host().fatal("gccheckmark: a goroutine runs while the world is stopped");
            }
        }
        while let Some(at) = checker.todo.pop() {
            let Some(object) = self.heap.find(at) else { continue };
            checker.from = object.addr().0;
            scan_object(&mut checker, object.span, object.index, at);
        }
        if let Some(lost) = checker.lost {
            let at = lost.addr().0;
            eprintln!(
                "runtime: marking missed the object {:#x} ({} bytes, {:?}): {}",
                at,
                lost.span.slot_size(),
                lost.span.kind(),
                checker.path(at)
            );
            self.host().fatal("gccheckmark: found an unmarked object");
        }
    }
}
