//! Objects in spans, their marks, and sweeping. A freed object is dead: who finds one reachable panics.

use crate::seeded::parts::below;
use gort_protocols::mark_byte;
use gort_protocols::sweep_claim::SweepClaim;
use gort_sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use shuttle::sync::Mutex;
use std::sync::atomic::AtomicBool as PlainBool;

const SPANS: usize = 6;
const PER_SPAN: usize = 4;

pub struct Object {
    pub mark: AtomicU8,
    /// Numbers of objects; 0 is nil.
    pub fields: [AtomicUsize; 2],
    pub live: PlainBool,
}

struct Span {
    claim: SweepClaim,
    free: Mutex<Vec<usize>>,
}

pub struct Heap {
    pub objects: Vec<Object>,
    spans: Vec<Span>,
    pub globals: [AtomicUsize; 2],
    generation: AtomicU32,
}

impl Heap {
    pub fn new() -> Self {
        let object = |_| Object {
            mark: AtomicU8::new(mark_byte::WHITE),
            fields: [AtomicUsize::new(0), AtomicUsize::new(0)],
            live: PlainBool::new(false),
        };
        let span = |s: usize| Span {
            claim: SweepClaim::new(0),
            free: Mutex::new((1 + s * PER_SPAN..=(s + 1) * PER_SPAN).collect()),
        };
        Self {
            objects: (0..SPANS * PER_SPAN).map(object).collect(),
            spans: (0..SPANS).map(span).collect(),
            globals: [AtomicUsize::new(0), AtomicUsize::new(0)],
            generation: AtomicU32::new(0),
        }
    }

    /// An object that is reachable.
    pub fn of(&self, object: usize) -> &Object {
        let o = &self.objects[object - 1];
        assert!(o.live.load(Ordering::SeqCst), "a reachable object was freed");
        o
    }

    pub fn is_marked(&self, object: usize) -> bool {
        mark_byte::is_marked(&self.of(object).mark)
    }

    /// A new object with this mark; 0 if there is none.
    pub fn allocate(&self, mark: u8, claims: bool) -> usize {
        let generation = self.generation.load(Ordering::SeqCst);
        let first = below(SPANS);
        for s in 0..SPANS {
            let span = &self.spans[(first + s) % SPANS];
            self.sweep((first + s) % SPANS, claims);
            if !span.claim.is_swept(generation) {
                continue;
            }
            let Some(object) = span.free.lock().unwrap().pop() else { continue };
            let o = &self.objects[object - 1];
            mark_byte::set(&o.mark, mark);
            assert!(!o.live.swap(true, Ordering::SeqCst), "an object was allocated twice");
            return object;
        }
        0
    }

    pub fn start_sweep(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Sweeps a span if it is not swept and nobody does.
    fn sweep(&self, s: usize, claims: bool) -> bool {
        let generation = self.generation.load(Ordering::SeqCst);
        let span = &self.spans[s];
        let claimed = span.claim.claim(generation);
        if claimed.is_none() && (claims || span.claim.is_swept(generation)) {
            return false;
        }
        let mut freed = Vec::new();
        for object in 1 + s * PER_SPAN..=(s + 1) * PER_SPAN {
            let o = &self.objects[object - 1];
            if !o.live.load(Ordering::SeqCst) {
                continue;
            }
            if mark_byte::is_marked(&o.mark) {
                mark_byte::set(&o.mark, mark_byte::WHITE);
            } else {
                o.live.store(false, Ordering::SeqCst);
                o.fields.iter().for_each(|f| f.store(0, Ordering::SeqCst));
                freed.push(object);
            }
        }
        span.free.lock().unwrap().extend(freed);
        if let Some(claimed) = claimed {
            span.claim.finish(claimed);
        }
        true
    }

    /// Sweeps one span; false if there was nothing to do.
    pub fn sweep_one(&self) -> bool {
        (0..SPANS).any(|s| self.sweep(s, true))
    }

    /// With the world stopped: everything is swept.
    pub fn finish_sweep(&self) {
        let generation = self.generation.load(Ordering::SeqCst);
        for s in 0..SPANS {
            self.sweep(s, true);
            assert!(self.spans[s].claim.is_swept(generation), "INV-CLAIM-2: a sweeper stopped in the middle");
        }
    }
}
