//! Root jobs: the places where marking starts, numbered, each done once.
//!
//! Jobs `0 .. globals` are pieces of the globals, the next ones special records, the last ones the goroutines of the
//! snapshot. A drain
//! takes the next number. A goroutine that could not be suspended just now is put back.
//!
//! INV-ROOT-1 (every job once): `left` counts the jobs that are not finished; each finishes once.

mod globals;

use globals::Globals;
use gort_abi::addr::Addr;
use gort_heap::owned_word::OwnedUsize;
use gort_sync::{LockRank, Mutex};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A root job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootJob {
    /// A piece of the globals.
    Globals(usize),
    /// A part of the special records.
    Specials(usize),
    /// A goroutine of the snapshot.
    Goroutine(usize),
}

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Roots {
    globals: Globals,
    global_jobs: OwnedUsize,
    special_jobs: OwnedUsize,
    jobs: OwnedUsize,
    next: AtomicUsize,
    left: AtomicUsize,
    put_back: Mutex<Vec<usize>>,
    put_back_count: AtomicUsize,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            globals: Globals::default(),
            global_jobs: OwnedUsize::new(0),
            special_jobs: OwnedUsize::new(0),
            jobs: OwnedUsize::new(0),
            next: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            put_back: Mutex::new(LockRank::Leaf, Vec::new()),
            put_back_count: AtomicUsize::new(0),
        }
    }
}

impl Roots {
    /// Adds a segment of globals: heap pointers may be at `base + offset` for every offset.
    pub fn register(&self, base: Addr, offsets: &[u32]) {
        self.globals.add(base, offsets);
    }

    pub fn globals_bytes(&self) -> u64 {
        self.globals.bytes()
    }

    /// New jobs for a cycle; the world is stopped.
    pub fn prepare(&self, specials: usize, goroutines: usize) {
        assert_eq!(self.left.load(Ordering::SeqCst), 0, "INV-ROOT-1: jobs left from the last cycle");
        let globals = self.globals.pieces();
        self.global_jobs.set(globals);
        self.special_jobs.set(specials);
        let jobs = globals + specials + goroutines;
        self.jobs.set(jobs);
        self.left.store(jobs, Ordering::SeqCst);
        self.next.store(0, Ordering::SeqCst);
    }

    /// Is any job not finished?
    pub fn jobs_left(&self) -> bool {
        self.left.load(Ordering::SeqCst) != 0
    }

    /// Is any job waiting to be taken?
    pub fn jobs_waiting(&self) -> bool {
        // Relaxed: pairs with nothing; a hint that `take` decides.
        self.next.load(Ordering::Relaxed) < self.jobs.get()
            || self.put_back_count.load(Ordering::Relaxed) != 0
    }

    /// The next job.
    pub fn take(&self) -> Option<RootJob> {
        if !self.jobs_waiting() {
            return None;
        }
        let jobs = self.jobs.get();
        // Relaxed: pairs with nothing; the number alone is what is handed out. Numbers run past the end
        // by at most one per drain.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number < jobs {
            let globals = self.global_jobs.get();
            let before_stacks = globals + self.special_jobs.get();
            return Some(if number < globals {
                RootJob::Globals(number)
            } else if number < before_stacks {
                RootJob::Specials(number - globals)
            } else {
                RootJob::Goroutine(number - before_stacks)
            });
        }
        // Relaxed: pairs with nothing; keeps the counter from wrapping.
        self.next.store(jobs, Ordering::Relaxed);
        let mut list = self.put_back.lock();
        let index = list.pop()?;
        // Relaxed: pairs with nothing; a hint.
        self.put_back_count.store(list.len(), Ordering::Relaxed);
        Some(RootJob::Goroutine(index))
    }

    /// The goroutine could not be suspended now.
    pub fn put_back(&self, index: usize) {
        let mut list = self.put_back.lock();
        list.push(index);
        // Relaxed: pairs with nothing; a hint.
        self.put_back_count.store(list.len(), Ordering::Relaxed);
    }

    /// A job is finished.
    pub fn finish(&self) {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        assert!(left > 0, "INV-ROOT-1: more jobs finished than there are");
    }

    /// Visits the words of a piece of the globals.
    pub fn each_word(&self, piece: usize, visit: impl FnMut(Addr)) {
        self.globals.each_word(piece, visit);
    }

    pub fn global_pieces(&self) -> usize {
        self.globals.pieces()
    }
}
