//! G: a goroutine.
//!
//! The head of the descriptor is [`GPrefix`], which Go code sees as its `*g`; so the address of a G is the
//! address that `PContext::g` holds. Descriptors are used again after a goroutine's end, never freed
//! (INV-SCHED-1).

use crate::m::M;
use crate::wait_reason::WaitReason;
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::layout::GPrefix;
use gort_protocols::g_status::{GState, GStatus};
use gort_protocols::select_claim::SelectClaim;
use gort_stack::alloc::{NativeStack, Stack};
use gort_stack::arch::SavedContext;
use gort_stack::walk::StackView;
use gort_sys::clock;
use std::cell::{Cell, UnsafeCell};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// One wait for a P in so many is measured: reading the clock costs as much as a switch.
const SAMPLE: u32 = 32;

/// No P.
pub(crate) const NO_P: u32 = u32::MAX;

/// What a goroutine's stack is.
#[derive(Debug)]
pub(crate) enum StackKind {
    /// None yet, or no more.
    None,
    /// A Go stack, which moves: its bounds are in the prefix.
    Go,
    /// The stack of a Rust goroutine, kept mapped by being here.
    Native(#[allow(dead_code)] NativeStack),
}

/// A goroutine's place in a list of waiters; belongs to whoever holds the list's lock.
#[derive(Debug, Default)]
pub(crate) struct WaitLink {
    pub next: Cell<Option<GRef>>,
    pub ticket: Cell<u32>,
}

/// A goroutine descriptor. Fields behind [`UnsafeCell`] belong to the owner of the stack (INV-G-1).
#[repr(C)]
#[derive(Debug)]
pub struct G {
    prefix: UnsafeCell<GPrefix>,
    /// Who owns the stack.
    pub status: GStatus,
    context: UnsafeCell<SavedContext>,
    pub(crate) stack: UnsafeCell<StackKind>,
    pub(crate) native: AtomicBool,
    pub(crate) system: AtomicBool,
    pub(crate) exited: AtomicBool,
    reason: AtomicU8,
    /// Since when it waits, as the collector saw it; monotonic nanoseconds, 0 not seen yet.
    wait_since: AtomicI64,
    /// The P it runs on.
    pub(crate) p: AtomicU32,
    created_by: AtomicU64,
    created_at: AtomicUsize,
    name: UnsafeCell<&'static str>,
    wait_roots: [AtomicUsize; 2],
    wait_slot: UnsafeCell<[usize; 8]>,
    /// For `select`: which of its channels wakes it.
    pub select: SelectClaim,
    /// A Rust goroutine that waits for its end.
    pub(crate) joiner: Cell<Option<GRef>>,
    lives: AtomicU32,
    shrink_wanted: AtomicBool,
    /// How often it became runnable, and since when it is, if that is to be counted.
    readied: AtomicU32,
    runnable_since: AtomicI64,
    /// Since when it waits for a mutex.
    mutex_since: AtomicI64,
    /// See [`G::is_leaked`].
    leaked: AtomicBool,
    /// It waits, or is about to, for what only its bubble can do.
    durable: AtomicBool,
    link: WaitLink,
    locked_m: AtomicUsize,
}

// SAFETY: INV-G-1: the cells are touched by the owner of the stack only; everything else is atomic.
unsafe impl Sync for G {}
// SAFETY: as above.
unsafe impl Send for G {}

impl G {
    pub(crate) fn new() -> Self {
        Self {
            prefix: UnsafeCell::default(),
            status: GStatus::new(),
            context: UnsafeCell::default(),
            stack: UnsafeCell::new(StackKind::None),
            native: AtomicBool::new(false),
            system: AtomicBool::new(false),
            exited: AtomicBool::new(false),
            reason: AtomicU8::new(0),
            wait_since: AtomicI64::new(0),
            p: AtomicU32::new(NO_P),
            created_by: AtomicU64::new(0),
            created_at: AtomicUsize::new(0),
            name: UnsafeCell::new(""),
            wait_roots: [AtomicUsize::new(0), AtomicUsize::new(0)],
            wait_slot: UnsafeCell::new([0; 8]),
            select: SelectClaim::new(),
            joiner: Cell::new(None),
            lives: AtomicU32::new(0),
            shrink_wanted: AtomicBool::new(false),
            readied: AtomicU32::new(0),
            runnable_since: AtomicI64::new(0),
            mutex_since: AtomicI64::new(0),
            leaked: AtomicBool::new(false),
            durable: AtomicBool::new(false),
            link: WaitLink::default(),
            locked_m: AtomicUsize::new(0),
        }
    }

    /// The head, as Go code sees it. To be read and written by the owner of the stack.
    pub fn prefix(&self) -> *mut GPrefix {
        self.prefix.get()
    }

    /// The goroutine's number.
    pub fn goid(&self) -> u64 {
        // SAFETY: the cell is valid (INV-SCHED-1); goid changes only between two lives.
        unsafe { (*self.prefix.get()).goid }
    }

    /// Why it waits.
    pub fn wait_reason(&self) -> WaitReason {
        // Relaxed: for display.
        WaitReason::from_u8(self.reason.load(Ordering::Relaxed))
    }

    /// Since when it waits, in monotonic nanoseconds, if a collection has seen it wait.
    pub fn wait_since(&self) -> Option<i64> {
        // Relaxed: for display.
        Some(self.wait_since.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// A scanner saw it wait (a clock call at each park would cost too much).
    pub(crate) fn seen_waiting(&self, now_ns: i64) {
        // Relaxed: for display.
        if self.wait_since.load(Ordering::Relaxed) == 0 {
            // Relaxed: for display.
            self.wait_since.store(now_ns, Ordering::Relaxed);
        }
    }

    pub(crate) fn set_wait_reason(&self, reason: WaitReason) {
        // Relaxed: for display.
        self.wait_since.store(0, Ordering::Relaxed);
        // Relaxed: for display.
        self.reason.store(reason as u8, Ordering::Relaxed);
    }

    /// Its stack was to shrink but could not be moved: it does that itself.
    pub fn shrink_wanted(&self) -> bool {
        // Relaxed: a hint; handed over with the status word.
        self.shrink_wanted.load(Ordering::Relaxed)
    }

    /// Sets or clears it.
    pub fn set_shrink_wanted(&self, wanted: bool) {
        // Relaxed: as above.
        self.shrink_wanted.store(wanted, Ordering::Relaxed);
    }

    /// Lives it has had, this one included.
    pub(crate) fn lives(&self) -> u64 {
        // Relaxed: a count for statistics.
        u64::from(self.lives.load(Ordering::Relaxed))
    }

    /// Does it belong to the runtime (not counted, not shown, no reason to live)?
    pub fn is_system(&self) -> bool {
        // Relaxed: set before it is published.
        self.system.load(Ordering::Relaxed)
    }

    /// Is it one of the runtime's, and not in a function of the program? Asked while it stands still, or by itself.
    pub fn is_hidden(&self) -> bool {
        // SAFETY: INV-G-1: nobody writes it meanwhile.
        self.is_system() && unsafe { (*self.prefix.get()).in_user } == 0
    }

    /// Is it a Rust goroutine?
    pub fn is_native(&self) -> bool {
        // Relaxed: set before it is published.
        self.native.load(Ordering::Relaxed)
    }

    /// Name of a Rust goroutine.
    pub fn name(&self) -> &'static str {
        // SAFETY: written between two lives only.
        unsafe { *self.name.get() }
    }

    pub(crate) fn set_name(&self, name: &'static str) {
        // SAFETY: called between two lives, by the only holder.
        unsafe { *self.name.get() = name };
    }

    /// The goroutine that made it and the return address of its `go` statement.
    pub fn created_by(&self) -> (u64, Pc) {
        // Relaxed: set before it is published.
        let goid = self.created_by.load(Ordering::Relaxed);
        // Relaxed: as above.
        (goid, Pc(self.created_at.load(Ordering::Relaxed)))
    }

    pub(crate) fn set_created_by(&self, goid: u64, at: Pc) {
        // Relaxed: published with the goroutine.
        self.created_by.store(goid, Ordering::Relaxed);
        // Relaxed: as above.
        self.created_at.store(at.0, Ordering::Relaxed);
    }

    /// Where it stopped: true while it is not `Running`.
    pub fn context(&self) -> SavedContext {
        // SAFETY: INV-G-1, asked by the owner of the stack.
        unsafe { *self.context.get() }
    }

    pub(crate) fn set_context(&self, context: SavedContext) {
        // SAFETY: INV-G-1, called by the owner of the stack.
        unsafe { *self.context.get() = context };
    }

    pub(crate) fn context_ptr(&self) -> *mut SavedContext {
        self.context.get()
    }

    /// Bounds of its stack.
    pub fn stack_bounds(&self) -> Stack {
        // SAFETY: INV-G-1, asked by the owner of the stack.
        let lo = unsafe { (*self.prefix.get()).stack_lo };
        // SAFETY: as above.
        let hi = unsafe { (*self.prefix.get()).stack_hi };
        Stack { lo: Sp(lo), hi: Sp(hi) }
    }

    /// Its stack for a walker: true while it is not `Running`.
    pub fn stack_view(&self) -> StackView {
        let (stack, at) = (self.stack_bounds(), self.context());
        StackView { lo: stack.lo, hi: stack.hi, sp: at.sp, fp: at.fp }
    }

    /// Results of the call it stopped in, for when it is resumed. Written by who wakes it.
    pub fn set_results(&self, ret0: u64, ret1: u64) {
        let prefix = self.prefix.get();
        // SAFETY: INV-G-1, called by the owner or by the one waker of a waiting goroutine.
        unsafe { (*prefix).ret0 = ret0 };
        // SAFETY: as above.
        unsafe { (*prefix).ret1 = ret1 };
    }

    pub(crate) fn results(&self) -> (u64, u64) {
        let prefix = self.prefix.get();
        // SAFETY: INV-G-1, asked by the owner.
        let ret0 = unsafe { (*prefix).ret0 };
        // SAFETY: as above.
        (ret0, unsafe { (*prefix).ret1 })
    }

    /// The first of them: the address of what it waits for, if that is one channel or lock.
    pub fn waits_for(&self) -> usize {
        // Relaxed: asked with the world stopped.
        self.wait_roots[0].load(Ordering::Relaxed)
    }

    /// It was made runnable, by who puts it on a queue. The clock is read one time in [`SAMPLE`] (Go: in 8).
    pub(crate) fn becomes_runnable(&self) {
        // Relaxed (here and below): handed over by the queue.
        let times = self.readied.load(Ordering::Relaxed).wrapping_add(1);
        // Relaxed: as above.
        self.readied.store(times, Ordering::Relaxed);
        if times.is_multiple_of(SAMPLE) {
            // Relaxed: as above.
            self.runnable_since.store(clock::nanotime(), Ordering::Relaxed);
        }
    }

    /// It runs: since when it could have, if that is to be counted.
    pub(crate) fn take_runnable_since(&self) -> Option<i64> {
        // Relaxed: as above.
        let since = self.runnable_since.load(Ordering::Relaxed);
        (since != 0).then(|| {
            // Relaxed: as above.
            self.runnable_since.store(0, Ordering::Relaxed);
            since
        })
    }

    /// It is about to wait for a mutex; or is woken, and says since when it waited.
    pub(crate) fn swap_mutex_since(&self, since: i64) -> i64 {
        // Relaxed: guarded by the lock of the semaphore's bucket.
        self.mutex_since.swap(since, Ordering::Relaxed)
    }

    /// Is an access of its own at the address one beyond the end of its stack, which does not grow?
    pub fn has_overflowed(&self, at: Addr) -> bool {
        self.is_native() && crate::m::beyond(Addr(self.stack_bounds().lo.0), at)
    }

    /// Will it never run again, as the last search for leaks found?
    pub fn is_leaked(&self) -> bool {
        // Relaxed: for display.
        self.leaked.load(Ordering::Relaxed)
    }

    pub(crate) fn set_leaked(&self, leaked: bool) {
        // Relaxed: for display.
        self.leaked.store(leaked, Ordering::Relaxed);
    }

    /// Number of its bubble, 0 if it is in none. Asked by who runs it, or may wake it.
    pub fn bubble(&self) -> u64 {
        // SAFETY: INV-G-1: changed by itself only, while it runs.
        unsafe { (*self.prefix.get()).bubble }
    }

    pub(crate) fn set_bubble(&self, id: u64) {
        // SAFETY: INV-G-1, called by itself.
        unsafe { (*self.prefix.get()).bubble = id };
    }

    pub(crate) fn set_durable(&self) {
        // Relaxed: handed over with the status word.
        self.durable.store(true, Ordering::Relaxed);
    }

    /// Did it wait so? Not any more.
    pub(crate) fn take_durable(&self) -> bool {
        // Relaxed (both): asked by the one who wakes it.
        self.durable.load(Ordering::Relaxed) && self.durable.swap(false, Ordering::Relaxed)
    }

    /// Two more roots while it waits: the channel and the element, say. Set by itself before it parks.
    pub fn set_wait_roots(&self, roots: [usize; 2]) {
        for (slot, root) in self.wait_roots.iter().zip(roots) {
            // Relaxed: handed to a scanner with the status word.
            slot.store(root, Ordering::Relaxed);
        }
    }

    pub(crate) fn link(&self) -> &WaitLink {
        &self.link
    }

    /// Words that gort-rt may use as it likes; not roots.
    pub fn wait_slot(&self) -> *mut [usize; 8] {
        self.wait_slot.get()
    }

    /// The thread it stays on.
    pub(crate) fn locked_m(&self) -> Option<&M> {
        // Relaxed: handed over with the status word.
        let at = self.locked_m.load(Ordering::Relaxed);
        // SAFETY: INV-SCHED-1: threads' descriptors stay.
        unsafe { std::ptr::with_exposed_provenance::<M>(at).as_ref() }
    }

    pub(crate) fn set_locked_m(&self, m: Option<&M>) {
        let at = m.map_or(0, |m| std::ptr::from_ref(m).expose_provenance());
        // Relaxed: see `locked_m`.
        self.locked_m.store(at, Ordering::Relaxed);
    }

    /// In a system call these words are roots. They lie where records of waiting lie otherwise.
    pub fn hold_words(&self, words: [usize; 6]) {
        // SAFETY: INV-G-1, called by the owner, which does not wait.
        let slot = unsafe { &mut *self.wait_slot.get() };
        slot[..words.len()].copy_from_slice(&words);
    }

    /// All roots of the descriptor: `defer_head`, `panic_head`, `param`, results, waiting roots.
    pub fn root_words(&self) -> [usize; 14] {
        let prefix = self.prefix.get();
        let (ret0, ret1) = self.results();
        // SAFETY: INV-G-1, asked by the holder of the scan guard.
        let defer_head = unsafe { (*prefix).defer_head };
        // SAFETY: as above.
        let panic_head = unsafe { (*prefix).panic_head };
        // SAFETY: as above.
        let param = unsafe { (*prefix).param };
        // SAFETY: as above.
        let labels = unsafe { (*prefix).labels };
        // Relaxed: handed over with the status word.
        let waits = [0, 1].map(|i: usize| self.wait_roots[i].load(Ordering::Relaxed));
        let in_call = self.status.view().state == GState::Syscall;
        let held = match in_call {
            // SAFETY: INV-G-1: in a system call it does not write them.
            true => unsafe { *self.wait_slot.get() },
            false => [0; 8],
        };
        let own = [defer_head, panic_head, param, labels, ret0 as usize, ret1 as usize, waits[0], waits[1]];
        std::array::from_fn(|i| if i < own.len() { own[i] } else { held[i - own.len()] })
    }

    /// Makes the descriptor ready for another life. The caller is its only holder.
    pub(crate) fn begin_life(&self, goid: u64, system: bool, native: bool) {
        let prefix = self.prefix.get();
        let (lo, hi) = {
            let stack = self.stack_bounds();
            (stack.lo.0, stack.hi.0)
        };
        // SAFETY: nobody else holds a goroutine that is not published yet.
        unsafe { prefix.write(GPrefix { goid, stack_lo: lo, stack_hi: hi, ..GPrefix::default() }) };
        // Relaxed (all): published with the status word and the run queue.
        self.system.store(system, Ordering::Relaxed);
        // Relaxed: as above.
        self.native.store(native, Ordering::Relaxed);
        // Relaxed: as above.
        self.exited.store(false, Ordering::Relaxed);
        // Relaxed: as above.
        self.lives.fetch_add(1, Ordering::Relaxed);
        self.set_wait_reason(WaitReason::Zero);
        self.set_wait_roots([0, 0]);
        self.set_shrink_wanted(false);
        self.set_leaked(false);
        self.take_durable();
        self.set_name("");
    }

    /// Takes over what a goroutine inherits from the one that starts it: labels of profiles, the bubble. The caller is its only
    /// holder, and runs the other.
    pub(crate) fn inherit(&self, from: GRef) -> usize {
        // SAFETY: INV-G-1: the running goroutine's own descriptor.
        let labels = unsafe { (*from.prefix()).labels };
        let prefix = self.prefix.get();
        // SAFETY: nobody else holds a goroutine that is not published yet.
        unsafe { (*prefix).labels = labels };
        if !self.is_system() {
            // SAFETY: as above.
            unsafe { (*prefix).bubble = from.bubble() };
        }
        labels
    }

    pub(crate) fn set_stack_bounds(&self, stack: Stack) {
        let prefix = self.prefix.get();
        // SAFETY: INV-G-1, called by the only holder.
        unsafe { (*prefix).stack_lo = stack.lo.0 };
        // SAFETY: as above.
        unsafe { (*prefix).stack_hi = stack.hi.0 };
    }

    pub(crate) fn set_param(&self, param: usize) {
        // SAFETY: INV-G-1, called by the only holder.
        unsafe { (*self.prefix.get()).param = param };
    }
}

/// A handle of a goroutine: its address. Valid as long as the scheduler that made it (INV-SCHED-1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct GRef(NonNull<G>);

// SAFETY: a `&G` in disguise, and G is Sync.
unsafe impl Send for GRef {}
// SAFETY: as above.
unsafe impl Sync for GRef {}

impl GRef {
    pub(crate) fn new() -> Self {
        Self(NonNull::from(Box::leak(Box::new(G::new()))))
    }

    /// Frees the descriptor.
    ///
    /// # Safety
    /// No other handle of it is used afterwards.
    pub(crate) unsafe fn free(self) {
        // SAFETY: from `new`; the caller's contract.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }

    /// The goroutine whose prefix is at that address (what `PContext::g` holds).
    ///
    /// # Safety
    /// It is the address of a descriptor of a living scheduler.
    pub unsafe fn from_prefix(address: usize) -> Self {
        let g = std::ptr::with_exposed_provenance_mut::<G>(address);
        // SAFETY: not null by contract.
        Self(unsafe { NonNull::new_unchecked(g) })
    }

    /// The address, also that of its prefix.
    pub fn addr(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    /// A waiter's word: an address from [`Self::addr`], or 0.
    pub(crate) fn of_waiter(address: usize) -> Option<Self> {
        // SAFETY: INV-SCHED-1.
        (address != 0).then(|| unsafe { Self::from_prefix(address) })
    }

    pub(crate) fn handle(self) -> u64 {
        self.addr() as u64
    }

    pub(crate) fn of_handle(handle: u64) -> Self {
        debug_assert_ne!(handle, 0);
        // SAFETY: handles come from `handle` (INV-RQ-2), and INV-SCHED-1.
        unsafe { Self::from_prefix(handle as usize) }
    }
}

impl Deref for GRef {
    type Target = G;
    fn deref(&self) -> &G {
        // SAFETY: INV-SCHED-1.
        unsafe { self.0.as_ref() }
    }
}

impl std::fmt::Debug for GRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "goroutine {} {:?}", self.goid(), self.status.view())
    }
}
