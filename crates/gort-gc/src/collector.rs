//! The collector as a value: the heap, the phase, the roots, the work, and the pacer.
//!
//! INV-COL-1 (host first): `attach_host` comes before any call that allocates or collects.

use crate::config::Config;
use crate::cycle::CycleState;
use crate::host::Host;
use crate::mark::kernel::Kernel;
use crate::mark::work_buffer::WorkList;
use crate::metrics::Metrics;
use crate::mutator::Mutator;
use crate::mutator::assist_queue::AssistQueue;
use crate::pacer::Pacer;
use crate::pacer::limiter::Limiter;
use crate::pacer::published::Published;
use crate::roots::Roots;
use crate::trace::CycleTrace;
use gort_abi::addr::Addr;
use gort_abi::layout::PContext;
use gort_heap::owned_word::Tally;
use gort_heap::{Heap, OutOfMemory};
use gort_sync::{LockRank, Mutex};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

#[derive(Clone, Copy)]
struct HostPtr(*const dyn Host);

// SAFETY: INV-HOST-1; `Host` is `Send + Sync`.
unsafe impl Send for HostPtr {}
// SAFETY: INV-HOST-1; `Host` is `Send + Sync`.
unsafe impl Sync for HostPtr {}

/// See the file's head.
pub struct Collector {
    pub(crate) heap: Heap,
    pub(crate) config: Config,
    pub(crate) cycle: CycleState,
    pub(crate) roots: Roots,
    pub(crate) work: WorkList,
    pub(crate) kernel: Kernel,
    pub(crate) pacer: Mutex<Pacer>,
    pub(crate) published: Published,
    pub(crate) limiter: Mutex<Limiter>,
    /// Mark terminations that found something grey with the world stopped.
    pub(crate) restarts: Tally,
    pub(crate) metrics: Metrics,
    pub(crate) assists: AssistQueue,
    pub(crate) trace: Mutex<CycleTrace>,
    /// Slow allocations so far, for `gcevery`.
    pub(crate) slow_allocs: AtomicU32,
    /// Bytes of stacks scanned in this cycle.
    pub(crate) stack_bytes: Tally,
    /// See [`Collector::want_leaks`].
    pub(crate) leaks_wanted: AtomicBool,
    host: OnceLock<HostPtr>,
    /// What a pointer to a zero-size object points to.
    zero_base: Box<u64>,
}

impl Collector {
    /// A collector with an empty heap.
    pub fn new(config: Config) -> Result<Self, OutOfMemory> {
        let heap = Heap::new()?;
        heap.set_clobber_free(config.clobber_free);
        let mut pacer = Pacer::new(config.gc_percent);
        pacer.set_limit(config.memory_limit);
        let published = Published::new(pacer.first_target());
        Ok(Self {
            heap,
            config,
            cycle: CycleState::default(),
            roots: Roots::default(),
            work: WorkList::default(),
            kernel: Kernel::best(),
            pacer: Mutex::new(LockRank::Leaf, pacer),
            published,
            limiter: Mutex::new(LockRank::Leaf, Limiter::default()),
            restarts: Tally::new(),
            metrics: Metrics::default(),
            assists: AssistQueue::default(),
            trace: Mutex::new(LockRank::Leaf, CycleTrace::default()),
            slow_allocs: AtomicU32::new(0),
            stack_bytes: Tally::new(),
            leaks_wanted: AtomicBool::new(false),
            host: OnceLock::new(),
            zero_base: Box::new(0),
        })
    }

    /// Connects the scheduler.
    ///
    /// # Safety
    /// INV-HOST-1, and all calls of the collector keep INV-HOST-2 from now on.
    ///
    /// # Panics
    /// If there is a host already.
    pub unsafe fn attach_host(&self, host: *const dyn Host) {
        let set = self.host.set(HostPtr(host));
        assert!(set.is_ok(), "INV-COL-1: host attached twice");
    }

    /// The scheduler.
    #[inline]
    pub(crate) fn host(&self) -> &dyn Host {
        let Some(host) = self.host.get() else {
            panic!("INV-COL-1: no host");
        };
        // SAFETY: INV-HOST-1.
        unsafe { &*host.0 }
    }

    /// State for a new P; fills in the collector's fields of its context.
    ///
    /// # Safety
    /// The context outlives the mutator and stays where it is; its collector fields are written by the
    /// collector only. Made with the world stopped, or before it starts.
    pub unsafe fn new_mutator(&self, context: *mut PContext) -> Mutator {
        let mutator = Mutator::new(context);
        mutator.set_barrier(self.cycle.is_marking());
        mutator
    }

    /// A P goes away: keeps what its mutator holds. The world is stopped.
    pub fn retire_mutator(&self, mutator: &Mutator) {
        self.flush(mutator);
        self.heap.retire(mutator.cache(), self.cycle.is_marking());
    }

    /// The heap, for statistics and tests.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where zero-size objects are.
    pub(crate) fn zero_base(&self) -> Addr {
        Addr(&raw const *self.zero_base as usize)
    }

    /// Ends the process as Go does when there is no memory for a request.
    #[cold]
    pub(crate) fn out_of_memory(&self, bytes: usize) -> ! {
        let in_use = self.heap.tallies.in_use.get();
        eprintln!("runtime: out of memory: cannot allocate {bytes}-byte block ({in_use} in use)");
        self.host().fatal("out of memory")
    }

    /// Is it time for a cycle at every Nth slow allocation?
    pub(crate) fn every_is_due(&self) -> bool {
        // Relaxed: pairs with nothing; a count.
        let count = self.slow_allocs.fetch_add(1, Ordering::Relaxed);
        count % self.config.every == self.config.every - 1
    }
}
