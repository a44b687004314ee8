//! The registry behind `runtime/metrics`: a table of Go's names and how each value is read from a snapshot.
//!
//! A snapshot is taken with the world stopped, so the values of one reading belong together.
//!
//! Go counterpart: `metrics.go`, `histogram.go`.

use crate::collector::Collector;
use crate::host::{SchedCounts, StopReason, WorldStopped};
use crate::pacer::memory::NO_LIMIT;
use crate::size_stats::ClassCount;
use crate::stats::MemStats;
use gort_heap::size_class::{CLASSES, SizeClass};
use std::sync::atomic::{AtomicU64, Ordering};

/// Durations, counted by size: four steps in each power of two from 2^9 to 2^48 nanoseconds.
#[derive(Debug)]
pub struct TimeHistogram {
    counts: Box<[AtomicU64]>,
}

const MIN_BITS: u32 = 9;
const MAX_BITS: u32 = 48;
const SUB: usize = 4;
const STEPS: usize = (MAX_BITS - MIN_BITS + 1) as usize * SUB;

impl Default for TimeHistogram {
    fn default() -> Self {
        Self { counts: (0..Self::BUCKETS).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl TimeHistogram {
    /// Number of counts: one below zero and one above the largest step besides.
    pub const BUCKETS: usize = STEPS + 2;

    /// Counts a duration.
    pub fn count(&self, ns: u64) {
        let bits = u64::BITS - ns.leading_zeros();
        let step = if bits < MIN_BITS {
            (ns >> (MIN_BITS - 3)) as usize
        } else {
            (bits - MIN_BITS + 1) as usize * SUB + ((ns >> (bits - 3)) & 3) as usize
        };
        // Relaxed: a count for statistics.
        self.counts[1 + step.min(STEPS)].fetch_add(1, Ordering::Relaxed);
    }

    /// The count of a bucket.
    pub fn get(&self, bucket: usize) -> u64 {
        // Relaxed: a count for statistics.
        self.counts[bucket].load(Ordering::Relaxed)
    }

    /// Lower bound of a bucket in seconds, and, for the number of buckets, the upper bound of the last one.
    pub fn bound(bucket: usize) -> f64 {
        let Some(step) = bucket.checked_sub(1) else { return f64::NEG_INFINITY };
        let (power, sub) = ((step / SUB) as u32, (step % SUB) as u64);
        let ns = match power {
            _ if step > STEPS => return f64::INFINITY,
            _ if step == STEPS => 1_u64 << (MAX_BITS - 1),
            0 => sub << (MIN_BITS - 3),
            _ => (4 + sub) << (power + MIN_BITS - 1 - 3),
        };
        ns as f64 / 1e9
    }
}

/// What is counted for the registry only.
#[derive(Debug, Default)]
pub struct Metrics {
    /// How long goroutines that could run did not, a sample.
    pub latencies: TimeHistogram,
    /// How long it took until the world stood still, for the collector and for others.
    stopping: [TimeHistogram; 2],
    /// How long stops took from their beginning to the start of the world.
    stopped: [TimeHistogram; 2],
}

impl Metrics {
    /// All goroutines stand still, `ns` nanoseconds after the stop began.
    pub fn count_stopping(&self, why: StopReason, ns: i64) {
        self.times(Times::Stopping(Stopper::of(why))).count(ns.max(0) as u64);
    }

    /// The world starts again, `ns` nanoseconds after the stop began.
    pub fn count_stopped(&self, why: StopReason, ns: i64) {
        self.times(Times::Stopped(Stopper::of(why))).count(ns.max(0) as u64);
    }

    fn times(&self, what: Times) -> &TimeHistogram {
        match what {
            Times::Latencies => &self.latencies,
            Times::Stopping(who) => &self.stopping[who as usize],
            Times::Stopped(who) => &self.stopped[who as usize],
        }
    }
}

/// Who stops the world.
#[derive(Clone, Copy, Debug)]
enum Stopper {
    Gc,
    Other,
}

impl Stopper {
    fn of(why: StopReason) -> Self {
        match why {
            StopReason::SweepTermination | StopReason::MarkTermination => Self::Gc,
            StopReason::ReadMemStats | StopReason::StackTrace | StopReason::Procs => Self::Other,
        }
    }
}

/// Histograms of durations.
#[derive(Clone, Copy, Debug)]
enum Times {
    Latencies,
    Stopping(Stopper),
    Stopped(Stopper),
}

/// Everything that values are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    memory: MemStats,
    by_size: [ClassCount; CLASSES],
    sched: SchedCounts,
    live: u64,
    scan: [u64; 3],
    gogc: i32,
    limit: u64,
    /// The cycle that the CPU limiter was last switched on in.
    limiter_enabled: u64,
    /// Assists, background, idle marking, stops.
    gc_cpu_ns: [u64; 4],
    all_cpu_ns: u64,
    used_cpu_ns: u64,
    /// Queued and taken: finalizers, cleanups.
    due: [[u64; 2]; 2],
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count.
    Uint(u64),
    /// A fraction or a time.
    Float(f64),
    /// A histogram, with so many buckets.
    Histogram(usize),
}

/// What a histogram counts.
#[derive(Clone, Copy, Debug)]
enum Counted {
    /// Durations.
    Times(Times),
    /// Objects allocated, by size.
    Allocs,
    /// Objects freed, by size.
    Frees,
}

impl Counted {
    fn buckets(self) -> usize {
        match self {
            Self::Times(_) => TimeHistogram::BUCKETS,
            // The last one has the large objects.
            Self::Allocs | Self::Frees => CLASSES + 1,
        }
    }
}

type Read = fn(&Snapshot) -> Value;

macro_rules! registry {
    ($($name:literal => |$s:ident| $kind:ident $value:expr;)*) => {
        &[$(($name, |$s| registry!(@ $kind $value))),*]
    };
    (@ uint $value:expr) => { Value::Uint($value) };
    (@ seconds $value:expr) => { Value::Float($value as f64 / 1e9) };
}

/// All names but those of histograms. What is not there is zero: foreign code, scavenging that is counted apart, tiny
/// objects, caches out of use, buckets of profiles.
const REGISTRY: &[(&str, Read)] = registry! {
    "/cgo/go-to-c-calls:calls" => |_s| uint 0;
    "/cpu/classes/gc/mark/assist:cpu-seconds" => |s| seconds s.gc_cpu_ns[0];
    "/cpu/classes/gc/mark/dedicated:cpu-seconds" => |s| seconds s.gc_cpu_ns[1];
    "/cpu/classes/gc/mark/idle:cpu-seconds" => |s| seconds s.gc_cpu_ns[2];
    "/cpu/classes/gc/pause:cpu-seconds" => |s| seconds s.gc_cpu_ns[3];
    "/cpu/classes/gc/total:cpu-seconds" => |s| seconds s.gc_total();
    "/cpu/classes/idle:cpu-seconds" => |s| seconds s.idle();
    "/cpu/classes/scavenge/assist:cpu-seconds" => |_s| seconds 0;
    "/cpu/classes/scavenge/background:cpu-seconds" => |_s| seconds 0;
    "/cpu/classes/scavenge/total:cpu-seconds" => |_s| seconds 0;
    "/cpu/classes/total:cpu-seconds" => |s| seconds s.all_cpu_ns;
    "/cpu/classes/user:cpu-seconds" => |s| seconds s.all_cpu_ns.saturating_sub(s.gc_total() + s.idle());
    "/gc/cleanups/executed:cleanups" => |s| uint s.due[1][1];
    "/gc/cleanups/queued:cleanups" => |s| uint s.due[1][0];
    "/gc/cycles/automatic:gc-cycles" => |s| uint u64::from(s.memory.num_gc - s.memory.num_forced_gc);
    "/gc/cycles/forced:gc-cycles" => |s| uint u64::from(s.memory.num_forced_gc);
    "/gc/cycles/total:gc-cycles" => |s| uint u64::from(s.memory.num_gc);
    "/gc/finalizers/executed:finalizers" => |s| uint s.due[0][1];
    "/gc/finalizers/queued:finalizers" => |s| uint s.due[0][0];
    "/gc/gogc:percent" => |s| uint i64::from(s.gogc) as u64;
    "/gc/gomemlimit:bytes" => |s| uint s.limit;
    "/gc/heap/allocs:bytes" => |s| uint s.memory.total_alloc;
    "/gc/heap/allocs:objects" => |s| uint s.memory.mallocs;
    "/gc/heap/frees:bytes" => |s| uint s.memory.total_alloc - s.memory.alloc;
    "/gc/heap/frees:objects" => |s| uint s.memory.frees;
    "/gc/heap/goal:bytes" => |s| uint s.memory.next_gc;
    "/gc/heap/live:bytes" => |s| uint s.live;
    "/gc/heap/objects:objects" => |s| uint s.memory.heap_objects;
    "/gc/heap/tiny/allocs:objects" => |_s| uint 0;
    "/gc/limiter/last-enabled:gc-cycle" => |s| uint s.limiter_enabled;
    "/gc/scan/globals:bytes" => |s| uint s.scan[0];
    "/gc/scan/heap:bytes" => |s| uint s.scan[1];
    "/gc/scan/stack:bytes" => |s| uint s.scan[2];
    "/gc/scan/total:bytes" => |s| uint s.scan.iter().sum();
    "/gc/stack/starting-size:bytes" => |s| uint s.sched.starting_stack;
    "/memory/classes/heap/free:bytes" => |s| uint s.memory.heap_idle - s.memory.heap_released;
    "/memory/classes/heap/objects:bytes" => |s| uint s.memory.heap_alloc;
    "/memory/classes/heap/released:bytes" => |s| uint s.memory.heap_released;
    "/memory/classes/heap/stacks:bytes" => |s| uint s.memory.stack_inuse;
    "/memory/classes/heap/unused:bytes" => |s| uint s.memory.heap_inuse.saturating_sub(s.memory.heap_alloc);
    "/memory/classes/metadata/mcache/free:bytes" => |_s| uint 0;
    "/memory/classes/metadata/mcache/inuse:bytes" => |s| uint s.memory.mcache_inuse;
    "/memory/classes/metadata/mspan/free:bytes" => |s| uint s.memory.mspan_sys - s.memory.mspan_inuse;
    "/memory/classes/metadata/mspan/inuse:bytes" => |s| uint s.memory.mspan_inuse;
    "/memory/classes/metadata/other:bytes" => |s| uint s.memory.gc_sys;
    "/memory/classes/os-stacks:bytes" => |s| uint s.memory.stack_sys - s.memory.stack_inuse;
    "/memory/classes/other:bytes" => |s| uint s.memory.other_sys;
    "/memory/classes/profiling/buckets:bytes" => |_s| uint 0;
    "/memory/classes/total:bytes" => |s| uint s.memory.sys;
    "/sched/gomaxprocs:threads" => |s| uint s.sched.procs;
    "/sched/goroutines-created:goroutines" => |s| uint s.sched.created;
    "/sched/goroutines/not-in-go:goroutines" => |s| uint s.sched.not_in_go;
    "/sched/goroutines/runnable:goroutines" => |s| uint s.sched.runnable;
    "/sched/goroutines/running:goroutines" => |s| uint s.sched.running;
    "/sched/goroutines/waiting:goroutines" => |s| uint s.sched.waiting;
    "/sched/goroutines:goroutines" => |s| uint s.sched.goroutines;
    "/sched/threads/total:threads" => |s| uint s.sched.threads;
    "/sync/mutex/wait/total:seconds" => |s| seconds s.sched.mutex_wait_ns;
};

/// Names of histograms.
const HISTOGRAMS: [(&str, Counted); 8] = [
    ("/gc/heap/allocs-by-size:bytes", Counted::Allocs),
    ("/gc/heap/frees-by-size:bytes", Counted::Frees),
    ("/gc/pauses:seconds", Counted::Times(Times::Stopped(Stopper::Gc))),
    ("/sched/latencies:seconds", Counted::Times(Times::Latencies)),
    ("/sched/pauses/stopping/gc:seconds", Counted::Times(Times::Stopping(Stopper::Gc))),
    ("/sched/pauses/stopping/other:seconds", Counted::Times(Times::Stopping(Stopper::Other))),
    ("/sched/pauses/total/gc:seconds", Counted::Times(Times::Stopped(Stopper::Gc))),
    ("/sched/pauses/total/other:seconds", Counted::Times(Times::Stopped(Stopper::Other))),
];

/// All names there are.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().map(|(name, _)| *name).chain(HISTOGRAMS.iter().map(|(name, _)| *name))
}

fn counted(name: &str) -> Option<Counted> {
    HISTOGRAMS.iter().find(|(n, _)| *n == name).map(|(_, counted)| *counted)
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            memory: MemStats::default(),
            by_size: [ClassCount::default(); CLASSES],
            sched: SchedCounts::default(),
            live: 0,
            scan: [0; 3],
            gogc: 0,
            limit: 0,
            limiter_enabled: 0,
            gc_cpu_ns: [0; 4],
            all_cpu_ns: 0,
            used_cpu_ns: 0,
            due: [[0; 2]; 2],
        }
    }
}

impl Snapshot {
    fn gc_total(&self) -> u64 {
        self.gc_cpu_ns.iter().sum()
    }

    /// CPU time that this process might have used and did not.
    fn idle(&self) -> u64 {
        self.all_cpu_ns.saturating_sub(self.used_cpu_ns)
    }

    /// The value of a name; none for an unknown one.
    pub fn value(&self, name: &str) -> Option<Value> {
        if let Some(counted) = counted(name) {
            return Some(Value::Histogram(counted.buckets()));
        }
        REGISTRY.iter().find(|(n, _)| *n == name).map(|(_, read)| read(self))
    }

    /// Objects of a bucket's sizes: allocated, freed.
    fn objects(&self, bucket: usize) -> [u64; 2] {
        if let Some(class) = self.by_size.get(bucket) {
            return [class.mallocs, class.frees];
        }
        let sum = |of: fn(&ClassCount) -> u64| self.by_size.iter().map(of).sum::<u64>();
        let (mallocs, frees) = (sum(|c| c.mallocs), sum(|c| c.frees));
        [self.memory.mallocs.saturating_sub(mallocs), self.memory.frees.saturating_sub(frees)]
    }
}

/// The smallest size in a bucket of sizes.
fn size_bound(bucket: usize) -> f64 {
    match bucket.checked_sub(1) {
        None => 1.0,
        Some(class) => SizeClass(class as u8).slot_size() as f64 + 1.0,
    }
}

impl Collector {
    /// Where the scheduler counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What the registry's values are read from.
    pub fn metrics_snapshot(&self, stopped: &WorldStopped) -> Snapshot {
        let memory = self.read_mem_stats(stopped);
        let by_size = self.read_by_size(stopped);
        let limiter_enabled = self.limiter.lock().last_enabled();
        let host = self.host();
        let now_ns = host.now_ns();
        let (trace, pacer) = (self.trace.lock(), self.pacer.lock());
        let (stacks, globals) = trace.scanned();
        let [assist, background, idle] = self.published.all_mark_ns();
        let queue = |q: &gort_heap::special::DueQueue| [q.queued(), q.taken()];
        Snapshot {
            memory,
            by_size,
            sched: host.sched_counts(),
            live: self.heap.tallies.marked.get(),
            scan: [globals, self.heap.tallies.scannable.get(), stacks],
            gogc: pacer.percent(),
            limiter_enabled,
            limit: pacer.limit().min(NO_LIMIT),
            gc_cpu_ns: [assist, background, idle, trace.pause_cpu_ns()],
            all_cpu_ns: trace.age_ns(now_ns) * host.procs() as u64,
            used_cpu_ns: gort_sys::clock::process_cpu_nanos() as u64,
            due: [queue(self.finalizers()), queue(self.cleanups())],
        }
    }

    /// A bucket of a histogram: its count and its lower bound. The bucket behind the last one has the upper bound of
    /// that and no count.
    pub fn histogram_bucket(&self, snapshot: &Snapshot, name: &str, bucket: usize) -> (u64, f64) {
        let Some(counted) = counted(name) else { return (0, f64::INFINITY) };
        let last = bucket >= counted.buckets();
        match counted {
            Counted::Times(_) if last => (0, TimeHistogram::bound(bucket)),
            Counted::Times(what) => (self.metrics.times(what).get(bucket), TimeHistogram::bound(bucket)),
            Counted::Allocs | Counted::Frees if last => (0, f64::INFINITY),
            Counted::Allocs => (snapshot.objects(bucket)[0], size_bound(bucket)),
            Counted::Frees => (snapshot.objects(bucket)[1], size_bound(bucket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket() {
        let mut before = f64::NEG_INFINITY;
        for bucket in 0..=TimeHistogram::BUCKETS {
            let bound = TimeHistogram::bound(bucket);
            assert!(bucket == 0 || bound > before, "bucket {bucket}: {before} {bound}");
            before = bound;
        }
        assert_eq!(before, f64::INFINITY);
        for ns in
            [0, 1, 63, 64, 255, 256, 257, 320, 511, 512, 1000, 123_456, 7_000_000_000, 1 << 47, u64::MAX]
        {
            let histogram = TimeHistogram::default();
            histogram.count(ns);
            let bucket = (0..TimeHistogram::BUCKETS).find(|b| histogram.get(*b) == 1).expect("counted");
            let seconds = ns as f64 / 1e9;
            let fits = TimeHistogram::bound(bucket) <= seconds && seconds < TimeHistogram::bound(bucket + 1);
            assert!(fits, "{ns} in bucket {bucket}");
        }
    }

    #[test]
    fn every_size_lies_in_its_bucket() {
        for class in 0..CLASSES {
            let size = SizeClass(class as u8).slot_size() as f64;
            assert!(size_bound(class) <= size && size < size_bound(class + 1), "class {class}");
        }
    }

    #[test]
    fn names_are_found_once() {
        let snapshot = Snapshot::default();
        for (i, (name, _)) in REGISTRY.iter().enumerate() {
            assert!(REGISTRY[..i].iter().all(|(n, _)| n != name), "{name} twice");
            assert!(snapshot.value(name).is_some());
        }
        for (name, counted) in HISTOGRAMS {
            assert!(REGISTRY.iter().all(|(n, _)| *n != name), "{name} twice");
            assert_eq!(snapshot.value(name), Some(Value::Histogram(counted.buckets())));
        }
        assert_eq!(snapshot.value("/no/such:thing"), None);
    }
}
