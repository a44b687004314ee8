//! The memory profile: of a sample of all objects, which call stack allocated them, and how many of those are gone.
//!
//! An object is sampled if a point of a random sequence lies in its bytes; the points are on average `rate` bytes apart. A
//! cache counts down to the next point as windows are filled ([`Countdown`]): one with a point in it ends before the slot
//! that has it, so compiled code never looks at the profile.
//!
//! What the profile shows is a heap as it was when a cycle ended: an allocation counts only when the cycle after the next has
//! been marked, a free when its own cycle's sweep is done. Otherwise objects that nobody had a chance to free yet would show.
//!
//! INV-PROFILE-1 (a record each): a sampled object has a record `Special::Profile` until it is swept.
//!
//! Go counterpart: `mprof.go`, `malloc.go` (`nextSample`).

use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Frames of a stack that are kept.
pub const DEPTH: usize = 128;

/// What is counted of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects allocated.
    pub allocs: u64,
    /// Objects freed.
    pub frees: u64,
}

impl Counts {
    fn take(&mut self, other: &mut Self) {
        let other = std::mem::take(other);
        self.allocs += other.allocs;
        self.frees += other.frees;
    }
}

/// Objects of one size and one stack.
#[derive(Debug)]
struct Bucket {
    stack: Box<[usize]>,
    size: usize,
    /// What is shown.
    active: Counts,
    /// What is to be shown, by cycle modulo 3.
    future: [Counts; 3],
}

/// A bucket's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketId(u32);

#[derive(Debug, Default)]
struct Table {
    buckets: Vec<Bucket>,
    index: HashMap<(Box<[usize]>, usize), u32>,
    /// Cycles whose marking is over.
    cycle: usize,
    /// Has this cycle's part been added?
    flushed: bool,
}

impl Table {
    /// Adds a cycle's part to what is shown.
    fn show(&mut self, cycle: usize) {
        for b in &mut self.buckets {
            b.active.take(&mut b.future[cycle % 3]);
        }
    }
}

/// See the file's head.
#[derive(Debug)]
pub struct MemProfile {
    /// Address of the program's `runtime.MemProfileRate`; 0: nothing is sampled.
    rate: AtomicUsize,
    table: Mutex<Table>,
}

impl Default for MemProfile {
    fn default() -> Self {
        Self { rate: AtomicUsize::new(0), table: Mutex::new(LockRank::Leaf, Table::default()) }
    }
}

impl MemProfile {
    /// From now on objects are sampled, at the rate that the word says at any time.
    ///
    /// # Safety
    /// It is a word of the program's variables, which live as long as the heap.
    pub unsafe fn start(&self, rate: usize) {
        // Relaxed: pairs with nothing; seen by each cache when it fills its next window.
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Bytes between two points; 0: nothing is sampled.
    #[inline]
    pub fn rate(&self) -> u64 {
        // Relaxed: see `start`.
        let at = self.rate.load(Ordering::Relaxed);
        if at == 0 {
            return 0;
        }
        // SAFETY: the contract of `start`; the program may write it meanwhile, and either value is right.
        let rate = unsafe { (at as *const i64).read_volatile() };
        rate.max(0) as u64
    }

    /// An object was allocated.
    pub fn count_alloc(&self, stack: &[usize], size: usize) -> BucketId {
        let mut table = self.table.lock();
        let key = (Box::from(stack), size);
        let id = match table.index.get(&key) {
            Some(id) => *id,
            None => {
                let id = table.buckets.len() as u32;
                let (active, future) = Default::default();
                table.buckets.push(Bucket { stack: key.0.clone(), size, active, future });
                table.index.insert(key, id);
                id
            }
        };
        let cycle = table.cycle;
        table.buckets[id as usize].future[(cycle + 2) % 3].allocs += 1;
        BucketId(id)
    }

    /// It was swept.
    pub fn count_free(&self, id: BucketId) {
        let mut table = self.table.lock();
        let cycle = table.cycle;
        table.buckets[id.0 as usize].future[(cycle + 1) % 3].frees += 1;
    }

    /// Marking is over, and sweeping has not begun: the world is stopped.
    pub fn next_cycle(&self) {
        let mut table = self.table.lock();
        table.cycle += 1;
        table.flushed = false;
    }

    /// Shows what the cycle that ended has made certain.
    pub fn flush(&self) {
        let mut table = self.table.lock();
        if !table.flushed {
            table.flushed = true;
            let cycle = table.cycle;
            table.show(cycle);
        }
    }

    /// All is swept: the frees of this cycle can be shown without waiting for the next one.
    pub fn swept(&self) {
        let mut table = self.table.lock();
        let next = table.cycle + 1;
        table.show(next);
    }

    /// Visits every bucket with its size, counts and stack, `all` or those with objects in use.
    pub fn each(&self, all: bool, mut visit: impl FnMut(usize, Counts, &[usize])) {
        let mut table = self.table.lock();
        if table.buckets.iter().all(|b| b.active == Counts::default()) {
            // No cycle has ended yet: better all there is than nothing.
            (0..3).for_each(|cycle| table.show(cycle));
        }
        for b in &table.buckets {
            if all && b.active != Counts::default() || b.active.allocs != b.active.frees {
                visit(b.size, b.active, &b.stack);
            }
        }
    }
}

/// Bytes until the next point, as a cache counts them.
#[derive(Debug)]
pub struct Countdown {
    rate: u64,
    left: u64,
    random: u64,
}

impl Default for Countdown {
    fn default() -> Self {
        Self { rate: 0, left: u64::MAX, random: 0x9e37_79b9_7f4a_7c15 }
    }
}

impl Countdown {
    /// The bytes before the next point, if that lies in the next `bytes`; counts them.
    #[inline]
    pub fn pass(&mut self, rate: u64, bytes: usize) -> Option<usize> {
        if rate != self.rate {
            self.rate = rate;
            self.draw();
        }
        if rate == 0 || self.left >= bytes as u64 {
            self.left -= if rate == 0 { 0 } else { bytes as u64 };
            return None;
        }
        let before = self.left as usize;
        self.draw();
        Some(before)
    }

    /// Distances have an exponential distribution: what was passed says nothing of what is to come.
    fn draw(&mut self) {
        if self.rate <= 1 {
            self.left = if self.rate == 0 { u64::MAX } else { 0 };
            return;
        }
        // xorshift
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let uniform = ((self.random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        self.left = (-uniform.ln() * self.rate as f64) as u64;
    }

    /// Makes the caches of different Ps differ.
    pub fn seed(&mut self, seed: u64) {
        self.random ^= seed.wrapping_mul(0xd134_2543_de82_ef95) | 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(profile: &MemProfile) -> Vec<(usize, Counts)> {
        let mut all = Vec::new();
        profile.each(true, |size, counts, _| all.push((size, counts)));
        all
    }

    #[test]
    fn allocations_show_two_cycles_later() {
        let profile = MemProfile::default();
        let end = |p: &MemProfile| {
            p.next_cycle();
            p.flush();
        };
        let first = profile.count_alloc(&[1, 2], 16);
        end(&profile);
        end(&profile);
        assert_eq!(shown(&profile), [(16, Counts { allocs: 1, frees: 0 })]);
        profile.count_alloc(&[1, 2], 16);
        profile.count_free(first);
        end(&profile);
        assert_eq!(shown(&profile), [(16, Counts { allocs: 1, frees: 1 })], "the second is not shown yet");
        end(&profile);
        assert_eq!(shown(&profile), [(16, Counts { allocs: 2, frees: 1 })]);
    }

    #[test]
    fn frees_show_when_all_is_swept() {
        let profile = MemProfile::default();
        let id = profile.count_alloc(&[1], 8);
        (0..2).for_each(|_| profile.next_cycle());
        profile.flush();
        profile.count_free(id);
        profile.swept();
        assert_eq!(shown(&profile), [(8, Counts { allocs: 1, frees: 1 })]);
    }

    #[test]
    fn points_are_rate_bytes_apart() {
        let mut countdown = Countdown::default();
        let (rate, step, steps) = (1 << 12, 64, 1 << 18);
        let points = (0..steps).filter(|_| countdown.pass(rate, step).is_some()).count() as f64;
        let wanted = f64::from(steps) * (1.0 - (-64.0 / 4096.0_f64).exp());
        assert!((points - wanted).abs() < wanted * 0.1, "{points} of {wanted}");
        assert_eq!(countdown.pass(1, 8), Some(0), "at rate 1 every object");
        assert_eq!(countdown.pass(0, 8), None);
    }
}
