//! Special records as roots: one job per shard of the table, and one for the calls that are due.

use crate::collector::Collector;
use crate::mark::scan_object::{Tracer, scan_object};
use crate::mutator::Mutator;
use gort_abi::addr::Addr;
use gort_heap::special::{Due, SHARDS, Special};

/// Collects the edges of one object, piece by piece.
struct Edges<F> {
    visit: F,
    pieces: Vec<usize>,
}

impl<F: FnMut(usize)> Tracer for Edges<F> {
    fn edge(&mut self, value: usize) {
        (self.visit)(value);
    }

    fn piece(&mut self, at: usize) {
        self.pieces.push(at);
    }
}

impl Collector {
    /// Root jobs of the special records: the world is stopped.
    pub(crate) fn special_jobs(&self) -> usize {
        // A shard that gets its first record later needs no job (INV-FIN-1).
        if self.heap.specials.is_empty() { 1 } else { SHARDS + 1 }
    }

    /// Visits every pointer word of the object that contains the address.
    pub(crate) fn each_edge(&self, at: Addr, visit: impl FnMut(usize)) {
        let Some(object) = self.heap.find(at.0) else { return };
        let mut edges = Edges { visit, pieces: vec![object.addr().0] };
        while let Some(piece) = edges.pieces.pop() {
            scan_object(&mut edges, object.span, object.index, piece);
        }
    }

    /// Visits the roots of a job.
    pub(crate) fn each_special_root(&self, job: usize, mut visit: impl FnMut(usize)) {
        // Copied first: shading takes locks that come before the shard's. Nothing is freed while marking.
        let mut objects = Vec::new();
        let mut values = Vec::new();
        if job == 0 {
            self.heap.specials.each_due(|due| match due {
                Due::Finalizer(f, at) => values.extend([f.func, f.word, at]),
                Due::Cleanup(func) => values.push(func),
            });
        } else {
            self.heap.specials.each_in_shard(job - 1, |at, special| match special {
                Special::Finalizer(f) => {
                    values.extend([f.func, f.word]);
                    objects.push(at);
                }
                Special::Cleanup(_, func) => values.push(func),
                Special::Weak(handle) => values.push(handle),
                Special::Profile(_) | Special::Bubble(_) => {}
            });
        }
        values.iter().for_each(|value| visit(value.0));
        for at in objects {
            self.each_edge(at, &mut visit);
        }
    }

    /// Runs a root job.
    pub(crate) fn shade_specials(&self, own: &Mutator, job: usize) {
        let (shader, grey) = (self.shader(), own.grey());
        self.each_special_root(job, |value| {
            shader.shade_root(grey, value);
            grey.scan_work += 8;
        });
    }
}
