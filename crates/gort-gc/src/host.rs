//! What the collector asks of the scheduler: the one seam between them.
//!
//! The collector knows neither G, M nor P. It sees [`Mutator`]s, which the scheduler embeds one per P, and
//! this trait. None of its calls is on the allocation or barrier fast path.
//!
//! # Who may call what
//!
//! Every call comes from a thread that holds a P and is on its system stack: the mark worker of the P, or
//! a runtime function called by the P's goroutine. Code that may suspend goroutines holds a
//! [`Suspendable`]; code that may touch all mutators holds a [`WorldStopped`].
//!
//! INV-HOST-1 (the host outlives): the host given to `Collector::attach_host` lives as long as the collector.
//! INV-HOST-2 (a mutator has one user): a `Mutator` is used by the thread that holds its P, or by the
//! holder of a `WorldStopped`, or by the function of a ragged barrier while the P is held for it.
//! INV-HOST-3 (a view is still): while a scan call-back runs, the stack in its view neither runs nor moves.

use crate::mutator::Mutator;
use gort_abi::addr::{Addr, Sp};

pub use gort_protocols::g_status::Suspendable;

/// Proof that no goroutine runs and every P is stopped at a safepoint, but for the caller's own.
#[derive(Debug)]
pub struct WorldStopped {
    why: StopReason,
    began_ns: i64,
}

impl WorldStopped {
    /// Made by the scheduler when the last P has stopped; it began to stop them at `began_ns`, for `why`.
    ///
    /// # Safety
    /// No other P runs, and none starts until this value is consumed by [`Host::start_world`].
    pub unsafe fn new(why: StopReason, began_ns: i64) -> Self {
        Self { why, began_ns }
    }

    /// What it was stopped for.
    pub fn why(&self) -> StopReason {
        self.why
    }

    /// When the stop began, in nanoseconds of the host's clock.
    pub fn began_ns(&self) -> i64 {
        self.began_ns
    }
}

/// A goroutine, as the host names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoroutineId(pub usize);

/// Numbers of the scheduler's, for statistics.
#[allow(missing_docs, reason = "named as runtime/metrics names them")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SchedCounts {
    pub procs: u64,
    pub threads: u64,
    pub goroutines: u64,
    pub created: u64,
    pub not_in_go: u64,
    pub runnable: u64,
    pub running: u64,
    pub waiting: u64,
    pub starting_stack: u64,
    pub mutex_wait_ns: u64,
}

/// Why the world stops; for traces and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A cycle starts.
    SweepTermination,
    /// A cycle ends.
    MarkTermination,
    /// Statistics are read.
    ReadMemStats,
    /// The stacks of all goroutines are shown.
    StackTrace,
    /// The number of Ps changes.
    Procs,
}

/// What somebody wants of the P that a drain runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PreemptWish {
    /// Nothing.
    None,
    /// The P's time slice is over: let goroutines run.
    Yield,
    /// The world is being stopped or a ragged barrier waits for this P: leave at once.
    Stop,
}

/// The roots that the frames of a Go stack hold.
pub trait FrameRoots {
    /// Calls `visit` with the value of every live pointer word, by precise maps.
    fn each_root(&self, visit: &mut dyn FnMut(usize));
}

/// How the words of a stopped stack are found.
pub enum Frames<'a> {
    /// A Go stack: by maps.
    Go(&'a dyn FrameRoots),
    /// A native stack: every word from `sp` up to `hi`, conservatively.
    Native {
        /// Lowest live byte, 8-aligned.
        sp: Sp,
        /// One past the highest byte.
        hi: Sp,
    },
    /// No stack: a dead goroutine, or one that has never run.
    Empty,
}

/// A goroutine that stands still (INV-HOST-3).
pub struct GoroutineView<'a> {
    /// Its frames.
    pub frames: Frames<'a>,
    /// Roots outside the frames: the words of its descriptor (`defer_head`, `panic_head`, `param`, the
    /// waiting records' elements that are not on its stack).
    pub words: &'a [usize],
    /// Bytes of stack in use, for pacing.
    pub used_bytes: usize,
}

/// What the scheduler does for the collector.
pub trait Host: Send + Sync {
    /// Monotonic time in nanoseconds.
    fn now_ns(&self) -> u64;

    /// Wall-clock time in nanoseconds since 1970.
    fn unix_ns(&self) -> u64;

    /// Bytes of goroutine stacks in use.
    fn stack_bytes(&self) -> u64;

    /// Numbers of the scheduler's; the world is stopped.
    fn sched_counts(&self) -> SchedCounts;

    /// Number of Ps (GOMAXPROCS).
    fn procs(&self) -> usize;

    /// Stops all other Ps. If somebody else is stopping the world, lets him, and then stops it.
    fn stop_world(&self, why: StopReason) -> WorldStopped;

    /// Starts them again.
    fn start_world(&self, stopped: WorldStopped);

    /// Before a cycle: lets the program empty its pools. Nothing is allocated meanwhile.
    fn clean_pools(&self, stopped: &WorldStopped);

    /// Visits the mutator of every P, the caller's and idle ones included.
    fn each_mutator(&self, stopped: &WorldStopped, visit: &mut dyn FnMut(&Mutator));

    /// Runs `run` once for every P: by the P itself at its next safepoint, or by the caller for its own
    /// and for idle Ps. Returns when all are done. Memory effects before the call are seen by `run`,
    /// those of `run` by the caller afterwards.
    fn ragged_barrier(&self, who: &Suspendable<'_>, run: &(dyn Fn(&Mutator) + Sync));

    /// Remembers all goroutines that exist now, mark workers included; returns how many. They are
    /// numbered from 0 until the next snapshot.
    fn snapshot_goroutines(&self, stopped: &WorldStopped) -> usize;

    /// Suspends goroutine `index` of the snapshot (which may be the caller's own), calls `scan` with the
    /// scan bit held, and lets it go. Calls `scan` exactly once, also for dead ones ([`Frames::Empty`]).
    /// `scan` takes no scheduler lock and wakes nobody.
    ///
    /// Returns without calling `scan`, false, if the goroutine is running and a stop is wished of the
    /// caller's P ([`PreemptWish::Stop`]): waiting for it then could deadlock. The caller tries again later.
    fn scan_goroutine(
        &self,
        index: usize,
        who: &Suspendable<'_>,
        scan: &mut dyn FnMut(&GoroutineView<'_>),
    ) -> bool;

    /// With the world stopped: calls `visit` with the addresses of the channels, locks or other things of the heap that
    /// goroutine `index` of the snapshot waits for, all of them. False: it does not wait, or for something else.
    fn waits_for(&self, index: usize, visit: &mut dyn FnMut(usize)) -> bool;

    /// Goroutine `index` of the snapshot will never run again, or may: the answer to [`crate::Collector::want_leaks`].
    fn set_leaked(&self, index: usize, leaked: bool);

    /// Makes the current goroutine (in a runtime function, on the system stack) `SuspendVisible`, calls
    /// `run`, and makes it `Running` again. When the current goroutine is a mark worker that already
    /// is, or there is none, only calls `run`.
    fn while_suspendable(&self, run: &mut dyn FnMut(&Suspendable<'_>));

    /// What is wished of the caller's P.
    fn preempt_wish(&self, own: &Mutator) -> PreemptWish;

    /// For code that waits on the system stack: answers a ragged barrier and a stop of the world by
    /// others here (blocking until the world starts again on the same P), then gives other threads a chance.
    fn wait_a_little(&self, who: &Suspendable<'_>);

    /// Is any goroutine but mark workers waiting for a P? Asked by idle workers.
    fn runnable_waiting(&self) -> bool;

    /// There is marking to do: idle Ps should look (`Collector::idle_worker_mode`), busy ones will when
    /// they schedule. Takes no lock above the collector's; may be called while the world is stopped.
    fn wake_workers(&self);

    /// May the current goroutine be parked by [`Self::park_for_credit`]?
    fn can_park(&self) -> bool;

    /// Makes the current goroutine wait for mark credit; called in a runtime function, at its end, under the assist
    /// queue's lock. Returns its name for [`Self::ready`].
    fn park_for_credit(&self) -> GoroutineId;

    /// Makes a goroutine parked by [`Self::park_for_credit`] runnable. May be called under the assist queue's lock, never
    /// under a scan guard.
    fn ready(&self, goroutine: GoroutineId);

    /// Return addresses of the current goroutine's frames, newest first; returns how many. Called in a runtime function, and
    /// takes no lock.
    fn current_stack(&self, to: &mut [usize]) -> usize;

    /// Ends the process with Go's `fatal error: message`, status 2.
    fn fatal(&self, message: &str) -> !;
}

/// A root word as the collector sees it: a value, wherever it was read.
pub(crate) fn word_at(at: Addr) -> usize {
    let at = at.0 as *const usize;
    // SAFETY: callers hold an address inside a registered global, a live heap object or a still stack
    // (INV-HOST-3); volatile since a mutator may write the word at the same time, and either value is right.
    unsafe { at.read_volatile() }
}
