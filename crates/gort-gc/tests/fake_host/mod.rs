//! A scheduler small enough to see through: every test thread is a P with one goroutine.
//!
//! A goroutine's lock is its status word: 1 while it runs, 2 while somebody scans it, 0 when it can be
//! suspended. A P's word is 1 while its thread may touch the heap, 0 when it is stopped or idle. Threads
//! call [`Thread::safepoint`] often; there they stop, answer ragged barriers, let scanners in, and run
//! mark workers.
#![allow(dead_code, clippy::undocumented_unsafe_blocks, reason = "shared by several test programs")]

use gort_abi::addr::Addr;
use gort_abi::layout::PContext;
use gort_gc::host::{FrameRoots, SchedCounts};
use gort_gc::{
    Collector, Config, Frames, GoroutineId, GoroutineView, Host, Mutator, PreemptWish, StopReason,
    Suspendable, WorldStopped,
};
use std::cell::{Cell, UnsafeCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::time::Instant;

struct P {
    running: AtomicU32,
    ragged_wanted: AtomicBool,
    context: Box<UnsafeCell<PContext>>,
    mutator: Mutator,
}

/// A goroutine with a shadow stack of roots.
struct G {
    status: AtomicU32,
    scan_wanted: AtomicBool,
    scans: AtomicUsize,
    parked: AtomicBool,
    roots: UnsafeCell<Vec<usize>>,
}

unsafe impl Sync for P {}
unsafe impl Sync for G {}

type RaggedFn = *const (dyn Fn(&Mutator) + Sync);

/// Called before a stop of the world.
pub type StopHook = Box<dyn FnMut(StopReason) + Send>;

/// See the file's head.
pub struct FakeHost {
    began: Instant,
    ps: Vec<P>,
    gs: Vec<G>,
    stop: AtomicBool,
    exclusive: AtomicBool,
    ragged: Mutex<Option<SendFn>>,
    pub stops: AtomicUsize,
    pub parks: AtomicUsize,
    /// Calls of `wake_workers`.
    pub wakes: AtomicUsize,
    /// Runs at each stop of the world, before it: whatever may happen in that moment does.
    pub before_stop: Mutex<Option<StopHook>>,
    /// Goroutines that wait, and for what.
    pub waits: Mutex<HashMap<usize, Vec<usize>>>,
    /// Those found to have leaked.
    pub leaked: Mutex<BTreeSet<usize>>,
}

struct SendFn(RaggedFn);
unsafe impl Send for SendFn {}

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl FrameRoots for G {
    fn each_root(&self, visit: &mut dyn FnMut(usize)) {
        for &root in unsafe { &*self.roots.get() } {
            visit(root);
        }
    }
}

impl FakeHost {
    fn answer(&self, p: usize) {
        if self.ps[p].ragged_wanted.load(SeqCst) {
            let run = self.ragged.lock().unwrap();
            if self.ps[p].ragged_wanted.swap(false, SeqCst) {
                let run = run.as_ref().unwrap();
                (unsafe { &*run.0 })(&self.ps[p].mutator);
            }
        }
        if self.stop.load(SeqCst) && self.ps[p].running.load(SeqCst) == 1 {
            self.ps[p].running.store(0, SeqCst);
            self.start_running(p);
        }
    }

    fn start_running(&self, p: usize) {
        loop {
            while self.stop.load(SeqCst) {
                std::thread::yield_now();
            }
            if self.ps[p].running.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
                std::thread::yield_now();
                continue;
            }
            if !self.stop.load(SeqCst) {
                return;
            }
            self.ps[p].running.store(0, SeqCst);
        }
    }

    fn lock_g(&self, g: usize, to: u32) {
        while self.gs[g].status.compare_exchange(0, to, SeqCst, SeqCst).is_err() {
            std::thread::yield_now();
        }
    }

    fn take_exclusive(&self) {
        while self.exclusive.swap(true, SeqCst) {
            self.answer(CURRENT.get());
            std::thread::yield_now();
        }
    }
}

impl Host for FakeHost {
    fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64 + 1
    }

    fn unix_ns(&self) -> u64 {
        self.now_ns()
    }

    fn stack_bytes(&self) -> u64 {
        0
    }

    fn sched_counts(&self) -> SchedCounts {
        SchedCounts::default()
    }

    fn current_stack(&self, _to: &mut [usize]) -> usize {
        0
    }

    fn procs(&self) -> usize {
        self.ps.len()
    }

    fn stop_world(&self, why: StopReason) -> WorldStopped {
        if let Some(before) = self.before_stop.lock().unwrap().as_mut() {
            before(why);
        }
        self.take_exclusive();
        self.stop.store(true, SeqCst);
        let own = CURRENT.get();
        for (number, p) in self.ps.iter().enumerate() {
            while number != own && p.running.load(SeqCst) != 0 {
                std::thread::yield_now();
            }
        }
        self.stops.fetch_add(1, SeqCst);
        unsafe { WorldStopped::new(why, 0) }
    }

    fn start_world(&self, _stopped: WorldStopped) {
        self.stop.store(false, SeqCst);
        self.exclusive.store(false, SeqCst);
    }

    fn clean_pools(&self, _stopped: &WorldStopped) {}

    fn waits_for(&self, index: usize, visit: &mut dyn FnMut(usize)) -> bool {
        let waits = self.waits.lock().unwrap();
        let waits = waits.get(&index);
        waits.into_iter().flatten().for_each(|&object| visit(object));
        waits.is_some()
    }

    fn set_leaked(&self, index: usize, leaked: bool) {
        if leaked {
            self.leaked.lock().unwrap().insert(index);
        }
    }

    fn each_mutator(&self, _stopped: &WorldStopped, visit: &mut dyn FnMut(&Mutator)) {
        self.ps.iter().for_each(|p| visit(&p.mutator));
    }

    fn ragged_barrier(&self, _who: &Suspendable<'_>, run: &(dyn Fn(&Mutator) + Sync)) {
        self.take_exclusive();
        let own = CURRENT.get();
        run(&self.ps[own].mutator);
        let erased: RaggedFn = unsafe { std::mem::transmute(std::ptr::from_ref(run)) };
        *self.ragged.lock().unwrap() = Some(SendFn(erased));
        for (number, p) in self.ps.iter().enumerate() {
            p.ragged_wanted.store(number != own, SeqCst);
        }
        for (number, p) in self.ps.iter().enumerate() {
            while number != own && p.ragged_wanted.load(SeqCst) {
                // An idle P: run it for it.
                if p.running.compare_exchange(0, 2, SeqCst, SeqCst).is_ok() {
                    if p.ragged_wanted.swap(false, SeqCst) {
                        run(&p.mutator);
                    }
                    p.running.store(0, SeqCst);
                }
                std::thread::yield_now();
            }
        }
        *self.ragged.lock().unwrap() = None;
        self.exclusive.store(false, SeqCst);
    }

    fn snapshot_goroutines(&self, _stopped: &WorldStopped) -> usize {
        self.gs.len()
    }

    fn scan_goroutine(
        &self,
        index: usize,
        _who: &Suspendable<'_>,
        scan: &mut dyn FnMut(&GoroutineView<'_>),
    ) -> bool {
        let g = &self.gs[index];
        let own = CURRENT.get();
        while g.status.compare_exchange(0, 2, SeqCst, SeqCst).is_err() {
            g.scan_wanted.store(true, SeqCst);
            // A stopped P's goroutine stands at a safepoint.
            if self.stop.load(SeqCst)
                && self.exclusive.load(SeqCst)
                && self.ps[index].running.load(SeqCst) == 0
            {
                scan(&GoroutineView { frames: Frames::Go(g), words: &[], used_bytes: 64 });
                g.scans.fetch_add(1, SeqCst);
                return true;
            }
            if self.preempt_wish(&self.ps[own].mutator) == PreemptWish::Stop {
                return false;
            }
            std::thread::yield_now();
        }
        scan(&GoroutineView { frames: Frames::Go(g), words: &[], used_bytes: 64 });
        g.scans.fetch_add(1, SeqCst);
        g.scan_wanted.store(false, SeqCst);
        g.status.store(0, SeqCst);
        true
    }

    fn while_suspendable(&self, run: &mut dyn FnMut(&Suspendable<'_>)) {
        let own = CURRENT.get();
        self.gs[own].status.store(0, SeqCst);
        run(&Suspendable::without_goroutine());
        self.lock_g(own, 1);
    }

    fn preempt_wish(&self, _own: &Mutator) -> PreemptWish {
        let own = CURRENT.get();
        let ragged = self.ps[own].ragged_wanted.load(SeqCst);
        if ragged || (self.stop.load(SeqCst) && self.ps[own].running.load(SeqCst) == 1 && !STOPPER.get()) {
            return PreemptWish::Stop;
        }
        PreemptWish::None
    }

    fn wait_a_little(&self, _who: &Suspendable<'_>) {
        self.answer(CURRENT.get());
        std::thread::yield_now();
    }

    fn runnable_waiting(&self) -> bool {
        false
    }

    fn wake_workers(&self) {
        self.wakes.fetch_add(1, SeqCst);
    }

    fn can_park(&self) -> bool {
        true
    }

    fn park_for_credit(&self) -> GoroutineId {
        let own = CURRENT.get();
        self.parks.fetch_add(1, SeqCst);
        self.gs[own].parked.store(true, SeqCst);
        GoroutineId(own)
    }

    fn ready(&self, goroutine: GoroutineId) {
        assert!(self.gs[goroutine.0].parked.swap(false, SeqCst), "woken but not parked");
    }

    fn fatal(&self, message: &str) -> ! {
        eprintln!("fatal error: {message}");
        std::process::abort();
    }
}

thread_local! {
    static STOPPER: Cell<bool> = const { Cell::new(false) };
}

/// A collector with `ps` Ps, leaked: tests end with the process.
pub struct World {
    pub gc: &'static Collector,
    pub host: &'static FakeHost,
}

impl World {
    pub fn new(config: Config, ps: usize) -> Self {
        let gc: &'static Collector = Box::leak(Box::new(Collector::new(config).unwrap()));
        let make = |_| {
            let context = Box::new(UnsafeCell::new(PContext::default()));
            let mutator = unsafe { gc.new_mutator(context.get()) };
            P { running: AtomicU32::new(0), ragged_wanted: AtomicBool::new(false), context, mutator }
        };
        let host = FakeHost {
            began: Instant::now(),
            ps: (0..ps).map(make).collect(),
            gs: (0..ps)
                .map(|_| G {
                    status: AtomicU32::new(0),
                    scan_wanted: AtomicBool::new(false),
                    scans: AtomicUsize::new(0),
                    parked: AtomicBool::new(false),
                    roots: UnsafeCell::new(Vec::new()),
                })
                .collect(),
            stop: AtomicBool::new(false),
            exclusive: AtomicBool::new(false),
            ragged: Mutex::new(None),
            stops: AtomicUsize::new(0),
            parks: AtomicUsize::new(0),
            wakes: AtomicUsize::new(0),
            waits: Mutex::default(),
            leaked: Mutex::default(),
            before_stop: Mutex::new(None),
        };
        let host: &'static FakeHost = Box::leak(Box::new(host));
        unsafe { gc.attach_host(host) };
        gc.start_clock();
        Self { gc, host }
    }

    /// Becomes P and goroutine `number`.
    pub fn enter(&self, number: usize) -> Thread {
        CURRENT.set(number);
        self.host.start_running(number);
        self.host.lock_g(number, 1);
        Thread { gc: self.gc, host: self.host, number }
    }

    /// Statistics, exact.
    pub fn stats(&self) -> gort_gc::MemStats {
        let stopped = self.host.stop_world(StopReason::ReadMemStats);
        let stats = self.gc.read_mem_stats(&stopped);
        self.host.start_world(stopped);
        stats
    }

    pub fn by_size(&self) -> Vec<gort_gc::size_stats::ClassCount> {
        let stopped = self.host.stop_world(StopReason::ReadMemStats);
        let counts = self.gc.read_by_size(&stopped).to_vec();
        self.host.start_world(stopped);
        counts
    }
}

/// Leaves the deletion half of the barrier out.
pub static SABOTAGE: AtomicBool = AtomicBool::new(false);

/// A running goroutine.
pub struct Thread {
    pub gc: &'static Collector,
    host: &'static FakeHost,
    number: usize,
}

impl Thread {
    pub fn mutator(&self) -> &'static Mutator {
        &self.host.ps[self.number].mutator
    }

    /// The shadow stack.
    #[allow(clippy::mut_from_ref)]
    pub fn roots(&self) -> &mut Vec<usize> {
        unsafe { &mut *self.host.gs[self.number].roots.get() }
    }

    /// How often its stack was scanned.
    pub fn scans(&self) -> usize {
        self.host.gs[self.number].scans.load(SeqCst)
    }

    pub fn safepoint(&self) {
        let g = &self.host.gs[self.number];
        let mode = self.gc.worker_mode(self.mutator(), self.host.now_ns());
        let p = &self.host.ps[self.number];
        let wanted =
            g.scan_wanted.load(SeqCst) || self.host.stop.load(SeqCst) || p.ragged_wanted.load(SeqCst);
        if mode.is_none() && !wanted {
            return;
        }
        g.status.store(0, SeqCst);
        if let Some(mode) = mode {
            self.gc.run_worker(self.mutator(), mode, &Suspendable::without_goroutine());
        }
        self.host.answer(self.number);
        std::thread::yield_now();
        self.host.lock_g(self.number, 1);
    }

    pub fn alloc(&self, typ: &TestType) -> usize {
        self.settle(unsafe { self.gc.alloc_object(self.mutator(), typ.addr()) }.0)
    }

    pub fn alloc_array(&self, typ: &TestType, count: usize) -> usize {
        self.settle(unsafe { self.gc.alloc_array(self.mutator(), typ.addr(), count) }.0)
    }

    /// A goroutine in debt waits: its P does what an idle P does.
    fn settle(&self, at: usize) -> usize {
        self.roots().push(at);
        if self.gc.settle_debt(self.mutator()) {
            let g = &self.host.gs[self.number];
            g.status.store(0, SeqCst);
            while g.parked.load(SeqCst) {
                if let Some(mode) = self.gc.idle_worker_mode(self.mutator()) {
                    self.gc.run_worker(self.mutator(), mode, &Suspendable::without_goroutine());
                }
                self.host.answer(self.number);
                std::thread::yield_now();
            }
            self.host.lock_g(self.number, 1);
        }
        self.roots().pop();
        at
    }

    /// Stores a pointer with the barrier, or with half of it if a test wants to see what that does.
    pub fn store(&self, slot: usize, value: usize) {
        if SABOTAGE.load(SeqCst) {
            self.gc.shade(self.mutator(), Addr(value));
        } else if self.gc.barrier_on() {
            unsafe { self.gc.write_barrier(self.mutator(), Addr(slot), Addr(value)) };
        }
        unsafe { (slot as *mut usize).write_volatile(value) };
    }

    pub fn gc_now(&self) {
        self.gc.gc_now(self.mutator());
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.roots().clear();
        self.host.gs[self.number].status.store(0, SeqCst);
        self.host.ps[self.number].running.store(0, SeqCst);
    }
}

pub fn load(slot: usize) -> usize {
    unsafe { (slot as *const usize).read_volatile() }
}

/// A type descriptor made by hand.
pub struct TestType {
    words: Box<[usize; 6]>,
    _mask: Box<[u8]>,
}

unsafe impl Sync for TestType {}
unsafe impl Send for TestType {}

impl TestType {
    /// `size` bytes with pointers at these word numbers.
    pub fn new(size: usize, pointers: &[usize]) -> Self {
        let prefix = pointers.iter().max().map_or(0, |last| last + 1);
        let mut mask = vec![0_u8; prefix.div_ceil(8)].into_boxed_slice();
        for word in pointers {
            mask[word / 8] |= 1 << (word % 8);
        }
        let words = Box::new([size, prefix * 8, 0, 0, mask.as_ptr() as usize, 0]);
        Self { words, _mask: mask }
    }

    pub fn addr(&self) -> Addr {
        Addr(self.words.as_ptr() as usize)
    }
}
