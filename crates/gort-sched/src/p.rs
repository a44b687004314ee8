//! P: the right to run goroutines, and what goes with it: queue, context, allocator state.

use crate::g::GRef;
use crate::stack_cache::StackCache;
use crate::time::queue::TimeQueue;
use gort_abi::layout::{PContext, STACK_POISON};
use gort_gc::{Mutator, WorkerMode};
use gort_protocols::p_status::PStatus;
use gort_protocols::run_queue::RunQueue;
use gort_sync::Note;
use gort_sync::atomic::full_fence;
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

/// Requests to whoever runs on a P, besides those in the scheduler and in status words.
pub(crate) mod request {
    /// Its time slice is over.
    pub const YIELD: u32 = 1;
    /// The world is being stopped.
    pub const STOP: u32 = 2;
    /// A function must run on this P.
    pub const RAGGED: u32 = 4;
    /// A suspender wants its goroutine.
    pub const SUSPEND: u32 = 8;
    /// Its goroutine is to shrink its stack.
    pub const SHRINK: u32 = 32;
    /// Zeal: come to the runtime at every safepoint, for ever.
    pub const ALWAYS: u32 = 16;
}

/// A processor. The fields without atomics belong to the user of the P (INV-P-1).
#[repr(C)]
pub struct P {
    context: UnsafeCell<PContext>,
    /// Its number.
    pub id: u32,
    /// Who may use it.
    pub status: PStatus,
    pub(crate) runq: RunQueue,
    mutator: UnsafeCell<Option<Mutator>>,
    pub(crate) requests: AtomicU32,
    /// The function of the ragged barrier has not run for this P yet.
    pub(crate) ragged: AtomicBool,
    /// Turns of the scheduler on this P.
    pub(crate) tick: AtomicU32,
    m: AtomicU32,
    current: AtomicUsize,
    /// Stopped with its thread waiting in place, on `note`.
    pub(crate) in_place: Cell<bool>,
    /// Its number is too high for GOMAXPROCS: it goes when its thread comes to the loop.
    pub(crate) leaving: Cell<bool>,
    /// The goroutine to run next shares the time slice of the last one.
    pub(crate) inherits_slice: Cell<bool>,
    pub(crate) note: Note,
    /// Requests that came while its goroutine was pinned.
    pub(crate) put_off: Cell<u32>,
    /// The bubble whose goroutine is about to wait on this P, 0 none: counted when its thread has left it.
    pub(crate) parked_in: Cell<u64>,
    /// What is to happen when.
    pub(crate) times: TimeQueue,
    stacks: UnsafeCell<StackCache>,
    pub(crate) free_gs: UnsafeCell<Vec<GRef>>,
    pub(crate) goids: Cell<(u64, u64)>,
    pub(crate) worker: Cell<Option<GRef>>,
    pub(crate) worker_parked: AtomicBool,
    pub(crate) worker_mode: Cell<Option<WorkerMode>>,
}

// SAFETY: INV-P-1.
unsafe impl Sync for P {}
// SAFETY: INV-P-1.
unsafe impl Send for P {}

impl P {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            context: UnsafeCell::new(PContext { id, ..PContext::default() }),
            id,
            status: PStatus::new(),
            runq: RunQueue::new(),
            mutator: UnsafeCell::new(None),
            requests: AtomicU32::new(0),
            ragged: AtomicBool::new(false),
            tick: AtomicU32::new(0),
            m: AtomicU32::new(0),
            current: AtomicUsize::new(0),
            in_place: Cell::new(false),
            leaving: Cell::new(false),
            inherits_slice: Cell::new(false),
            note: Note::new(),
            put_off: Cell::new(0),
            parked_in: Cell::new(0),
            times: TimeQueue::new(),
            stacks: UnsafeCell::default(),
            free_gs: UnsafeCell::new(Vec::new()),
            goids: Cell::new((0, 0)),
            worker: Cell::new(None),
            worker_parked: AtomicBool::new(false),
            worker_mode: Cell::new(None),
        }
    }

    /// What the context register points to.
    pub fn context(&self) -> *mut PContext {
        self.context.get()
    }

    /// So many reasons not to take the goroutine away.
    pub(crate) fn pins(&self) -> u32 {
        // SAFETY: INV-P-1: only the user of the P, and code that runs on it, changes the count.
        unsafe { (*self.context()).pins }
    }

    pub(crate) fn set_pins(&self, pins: u32) {
        // SAFETY: INV-P-1, by the user of the P.
        unsafe { (*self.context()).pins = pins };
    }

    /// The P goes, or does not go, when its thread is done with what it does. With the world stopped.
    pub(crate) fn set_leaving(&self, leaving: bool) {
        self.leaving.set(leaving);
        self.update_pin_slow();
    }

    /// Tells compiled code whether pinning is more than counting.
    pub(crate) fn update_pin_slow(&self) {
        let slow = self.leaving.get() || self.put_off.get() != 0;
        // SAFETY: INV-P-1, by the user of the P or with the world stopped.
        unsafe { (*self.context()).pin_slow = u32::from(slow) };
    }

    pub(crate) fn set_mutator(&self, mutator: Option<Mutator>) {
        // SAFETY: INV-P-1: the P is new, or the world is stopped.
        unsafe { *self.mutator.get() = mutator };
    }

    /// The collector's part of it.
    pub fn mutator(&self) -> &Mutator {
        // SAFETY: INV-P-1 (and INV-HOST-2): changed only while nobody uses the P.
        let mutator = unsafe { &*self.mutator.get() };
        mutator.as_ref().expect("INV-P-1: a P without a mutator")
    }

    /// The stack limit, which anybody may poison.
    pub(crate) fn limit(&self) -> &AtomicUsize {
        // SAFETY: the context lives as long as the P; this field is atomic.
        unsafe { &(*self.context.get()).stack_limit }
    }

    pub(crate) fn set_leave(&self, leave: usize) {
        // SAFETY: INV-P-1.
        unsafe { (*self.context.get()).leave = leave };
    }

    pub(crate) fn set_context_g(&self, g: Option<GRef>) {
        let at = g.map_or(0, GRef::addr);
        // SAFETY: INV-P-1.
        unsafe { (*self.context.get()).g = at };
        // Relaxed: others use it as a hint and check the goroutine's status.
        self.current.store(at, Ordering::Relaxed);
    }

    pub(crate) fn set_runtime(&self, runtime: usize) {
        // SAFETY: INV-P-1: before the P is used.
        unsafe { (*self.context.get()).runtime = runtime };
    }

    /// The goroutine it runs, as a hint.
    pub(crate) fn current(&self) -> Option<GRef> {
        // Relaxed: a hint.
        let g = self.current.load(Ordering::Relaxed);
        (g != 0).then(|| GRef::of_handle(g as u64))
    }

    pub(crate) fn set_m(&self, id: u32) {
        // Relaxed: for display.
        self.m.store(id, Ordering::Relaxed);
    }

    /// The thread that used it last, for display.
    pub(crate) fn m(&self) -> u32 {
        // Relaxed: for display.
        self.m.load(Ordering::Relaxed)
    }

    /// Asks whoever runs on it to come to the runtime. For anybody.
    pub(crate) fn request(&self, what: u32) {
        // Relaxed: ordered by the fence.
        self.requests.fetch_or(what, Ordering::Relaxed);
        // Pairs with the fence in `set_limit`: either it sees the request, or we overwrite its limit.
        full_fence();
        // Relaxed: ordered by the fence.
        self.limit().store(STACK_POISON, Ordering::Relaxed);
    }

    /// The user of the P sets the limit of its goroutine; a request that is there poisons it again.
    pub(crate) fn set_limit(&self, limit: usize) {
        // Relaxed: ordered by the fence.
        self.limit().store(limit, Ordering::Relaxed);
        // Pairs with the fence in `request`.
        full_fence();
        // Relaxed: ordered by the fence.
        if self.requests.load(Ordering::Relaxed) != 0 {
            // Relaxed: as above.
            self.limit().store(STACK_POISON, Ordering::Relaxed);
        }
    }

    /// Takes all requests; the caller answers them.
    pub(crate) fn take_requests(&self) -> u32 {
        // AcqRel: pairs with itself and with `request`'s fence; what led to the request is seen.
        self.requests.fetch_and(request::ALWAYS, Ordering::AcqRel)
    }

    /// The loop is a safepoint for everything but the end of a time slice.
    pub(crate) fn forget_requests_but_yield(&self) {
        // Relaxed: a look; a request that comes now is repeated by whoever waits for its answer.
        if self.requests.load(Ordering::Relaxed) & !(request::YIELD | request::ALWAYS) != 0 {
            // Relaxed: as above; what is asked is read from the places that hold it.
            self.requests.fetch_and(request::YIELD | request::ALWAYS, Ordering::Relaxed);
        }
    }

    /// A new time slice begins.
    pub(crate) fn begin_slice(&self) {
        // Relaxed: read by sysmon to see that something happens.
        self.tick.fetch_add(1, Ordering::Relaxed);
        // Relaxed: a look; a late request ends a slice early, no more.
        if self.requests.load(Ordering::Relaxed) & request::YIELD != 0 {
            // Relaxed: as above.
            self.requests.fetch_and(!request::YIELD, Ordering::Relaxed);
        }
    }

    /// Is something asked of this P?
    pub(crate) fn has_request(&self, what: u32) -> bool {
        // Relaxed: a hint; asked again and again.
        self.requests.load(Ordering::Relaxed) & what != 0
    }

    #[allow(clippy::mut_from_ref)]
    pub(crate) fn stack_cache(&self) -> &mut StackCache {
        // SAFETY: INV-P-1; used by the functions of stack_cache.rs, which do not call each other.
        unsafe { &mut *self.stacks.get() }
    }

    #[allow(clippy::mut_from_ref)]
    pub(crate) fn free_gs(&self) -> &mut Vec<GRef> {
        // SAFETY: INV-P-1; every use is one statement long.
        unsafe { &mut *self.free_gs.get() }
    }
}
