//! The scheduler as a value: everything that Gs, Ms and Ps of one runtime share.

use crate::all_gs::AllGs;
use crate::bubble::Bubbles;
use crate::g::GRef;
use crate::m::M;
use crate::net::poller::Poller;
use crate::p::P;
use crate::sema::SemaTable;
use crate::stack_cache::StartSize;
use crate::time::timer::Due;
use gort_abi::addr::Pc;
use gort_gc::{Collector, Host};
use gort_protocols::spinning::Spinning;
use gort_protocols::turns::Turns;
use gort_stack::alloc::StackAlloc;
use gort_stack::func_table::FuncTable;
use gort_sync::{LockRank, Mutex, Note};
use gort_sys::thread::Thread;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// More Ps than this are not made.
pub const PROCS_MAX: usize = 256;
/// More threads end the program, unless `debug.SetMaxThreads` says otherwise.
const MAX_THREADS: usize = 10_000;

/// What the crate above does for the scheduler.
pub trait Hooks: Send + Sync {
    /// Go's `fatal error: message`, traceback, exit status 2.
    fn fatal(&self, sched: &Sched, message: &str) -> !;

    /// With the world stopped: calls `visit` with the addresses of all channels that a goroutine waits for, which does wait
    /// for channels. False: a timer sends to one of them.
    fn channels(&self, g: GRef, visit: &mut dyn FnMut(usize)) -> bool {
        let _ = (g, visit);
        false
    }

    /// SIGQUIT came, and [`Sched::watch_quit`] was called: traceback, exit status 2.
    fn quit(&self, sched: &Sched) -> ! {
        self.fatal(sched, "SIGQUIT: quit")
    }
}

/// How a scheduler starts.
pub struct Config {
    /// GOMAXPROCS; 0 to follow the number of CPUs.
    pub procs: usize,
    /// The stub that Go goroutines start at, if known already.
    pub go_start: Pc,
    /// See [`Hooks`].
    pub hooks: Arc<dyn Hooks>,
    /// What `PContext::runtime` holds.
    pub runtime: usize,
    /// The collector's settings.
    pub gc: gort_gc::Config,
    /// Write a trace so often (GODEBUG=schedtrace), in milliseconds; 0 never.
    pub trace_every_ms: u64,
    /// With every P, M and G (GODEBUG=scheddetail).
    pub trace_detail: bool,
    /// Zeal: decide by chance where there is a choice.
    pub chaos: Option<u64>,
}

/// What the lock of the lists guards.
#[derive(Default)]
pub(crate) struct Lists {
    pub global: VecDeque<GRef>,
    pub idle_ms: Vec<Arc<M>>,
    /// Threads that came back from a call with their goroutine and wait for any P.
    pub wanting_ms: VecDeque<Arc<M>>,
    /// Threads that wait for their own goroutines: see [`crate::locked`].
    pub locked_ms: Vec<Arc<M>>,
    /// See [`crate::idle_ps`].
    pub idle_ps: Vec<u32>,
    /// INV-IDLE-2.
    pub monitor_sleeps: bool,
    pub ms: Vec<Arc<M>>,
    pub threads: Vec<Thread>,
    /// Ps that have not stopped yet.
    pub stop_wait: usize,
    pub free_gs: Vec<GRef>,
    /// Ms that are inside their loop or about to be.
    pub alive_ms: usize,
}

/// One scheduler.
pub struct Sched {
    pub(crate) me: Weak<Self>,
    collector: Collector,
    stacks: StackAlloc,
    funcs: FuncTable,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) ps: Box<[OnceLock<Box<P>>]>,
    pub(crate) procs: AtomicUsize,
    pub(crate) lists: Mutex<Lists>,
    pub(crate) all_gs: AllGs,
    pub(crate) spinning: Spinning,
    /// Length of the global queue, as a hint.
    pub(crate) global_len: AtomicUsize,
    /// The world is being stopped, or is.
    pub(crate) stop_requested: AtomicBool,
    /// The right to stop the world or to run a ragged barrier.
    pub(crate) world: Turns,
    /// Length of the list of threads that want a P, as a hint.
    pub(crate) wanting: AtomicUsize,
    pub(crate) stop_note: Note,
    pub(crate) ragged_wait: AtomicUsize,
    pub(crate) ragged_fn: Mutex<crate::ragged::RaggedFn>,
    pub(crate) ragged_note: Note,
    /// Counts `wake_workers`.
    pub(crate) gc_wishes: AtomicU32,
    pub(crate) next_goid: AtomicU64,
    /// Goroutines of the program (not of the runtime).
    pub(crate) live: AtomicUsize,
    /// `main` has been started.
    pub(crate) main_started: AtomicBool,
    pub(crate) ending: AtomicBool,
    pub(crate) frozen: AtomicBool,
    pub(crate) done: Note,
    pub(crate) exit_code: AtomicI32,
    pub(crate) go_start: AtomicUsize,
    pub(crate) runtime: AtomicUsize,
    /// Reasons outside the scheduler why a goroutine may still wake up.
    pub(crate) outside_wakers: AtomicUsize,
    pub(crate) sysmon_note: Note,
    pub(crate) force_gc: Mutex<Option<GRef>>,
    pub(crate) force_gc_parked: AtomicBool,
    pub(crate) trace_every_ms: u64,
    pub(crate) trace_detail: bool,
    pub(crate) chaos: Option<u64>,
    pub(crate) max_threads: AtomicUsize,
    /// GOMAXPROCS was not set by anybody.
    pub(crate) follows_cpus: AtomicBool,
    pub(crate) watches_quit: AtomicBool,
    pub(crate) semas: SemaTable,
    /// Who waits for finalizers, and for cleanups: see `due_calls`.
    pub(crate) due_waiters: [AtomicUsize; 2],
    /// A Go closure: see `stopped_call`.
    pub(crate) pool_cleanup: AtomicUsize,
    pub(crate) start_size: StartSize,
    pub(crate) poller: Poller,
    pub(crate) due: Due,
    pub(crate) bubbles: Bubbles,
}

// SAFETY: the collector and everything else shared is Sync; Ps and Gs follow INV-P-1 and INV-G-1.
unsafe impl Sync for Sched {}
// SAFETY: as above.
unsafe impl Send for Sched {}

impl Sched {
    /// A scheduler with its collector; no thread yet.
    pub fn new(config: Config) -> std::io::Result<Arc<Self>> {
        let collector =
            Collector::new(config.gc).map_err(|_| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?;
        let stacks = StackAlloc::new().map_err(|e| std::io::Error::from_raw_os_error(e.0))?;
        let procs = if config.procs == 0 { crate::max_procs::default_procs() } else { config.procs };
        let sched = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            collector,
            stacks,
            funcs: FuncTable::new(),
            hooks: config.hooks,
            ps: (0..PROCS_MAX).map(|_| OnceLock::new()).collect(),
            procs: AtomicUsize::new(0),
            lists: Mutex::new(LockRank::Sched, Lists::default()),
            all_gs: AllGs::new(),
            spinning: Spinning::new(),
            global_len: AtomicUsize::new(0),
            stop_requested: AtomicBool::new(false),
            world: Turns::new(),
            wanting: AtomicUsize::new(0),
            stop_note: Note::new(),
            ragged_wait: AtomicUsize::new(0),
            ragged_fn: Mutex::new(LockRank::World, crate::ragged::RaggedFn::default()),
            ragged_note: Note::new(),
            gc_wishes: AtomicU32::new(0),
            next_goid: AtomicU64::new(2),
            live: AtomicUsize::new(0),
            main_started: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            frozen: AtomicBool::new(false),
            done: Note::new(),
            exit_code: AtomicI32::new(0),
            go_start: AtomicUsize::new(config.go_start.0),
            runtime: AtomicUsize::new(config.runtime),
            outside_wakers: AtomicUsize::new(0),
            sysmon_note: Note::new(),
            force_gc: Mutex::new(LockRank::Sched, None),
            force_gc_parked: AtomicBool::new(false),
            trace_every_ms: config.trace_every_ms,
            trace_detail: config.trace_detail,
            chaos: config.chaos,
            max_threads: AtomicUsize::new(MAX_THREADS),
            follows_cpus: AtomicBool::new(config.procs == 0),
            watches_quit: AtomicBool::new(false),
            semas: SemaTable::new(),
            due_waiters: [AtomicUsize::new(0), AtomicUsize::new(0)],
            pool_cleanup: AtomicUsize::new(0),
            start_size: StartSize::new(),
            poller: Poller::new(),
            due: Due::new(),
            bubbles: Bubbles::new(),
        });
        let at: *const Self = Arc::as_ptr(&sched);
        let host: *const dyn Host = at;
        // SAFETY: INV-HOST-1: the collector is a field of the host.
        unsafe { sched.collector.attach_host(host) };
        sched.make_ps(procs.clamp(1, PROCS_MAX));
        Ok(sched)
    }

    /// The collector.
    pub fn collector(&self) -> &Collector {
        &self.collector
    }

    /// Where goroutine stacks come from.
    pub fn stacks(&self) -> &StackAlloc {
        &self.stacks
    }

    /// What is known about code addresses.
    pub fn funcs(&self) -> &FuncTable {
        &self.funcs
    }

    /// Number of Ps: GOMAXPROCS.
    pub fn procs(&self) -> usize {
        // Acquire: pairs with the Release in `make_ps`.
        self.procs.load(Ordering::Acquire)
    }

    /// Number of goroutines of the program.
    pub fn num_goroutine(&self) -> usize {
        // Relaxed: the number is old when it is returned.
        self.live.load(Ordering::Relaxed)
    }

    /// Sets the stub that Go goroutines start at.
    pub fn set_go_start(&self, pc: Pc) {
        // Relaxed: set before `run_main`, whose thread starts publish it.
        self.go_start.store(pc.0, Ordering::Relaxed);
    }

    /// Sets what `PContext::runtime` holds. Before `run_main`.
    pub fn set_runtime(&self, runtime: usize) {
        // Relaxed: as `set_go_start`.
        self.runtime.store(runtime, Ordering::Relaxed);
        self.each_p(|p| p.set_runtime(runtime));
    }

    /// All Ps ever made, those not in use included.
    pub(crate) fn each_p(&self, mut visit: impl FnMut(&P)) {
        for slot in &self.ps {
            match slot.get() {
                Some(p) => visit(p),
                None => return,
            }
        }
    }

    pub(crate) fn p(&self, id: u32) -> &P {
        self.ps[id as usize].get().expect("INV-SCHED-1: no such P")
    }

    /// Number of Ps ever made.
    pub(crate) fn ps_made(&self) -> usize {
        self.ps.iter().take_while(|p| p.get().is_some()).count()
    }

    pub(crate) fn is_ending(&self) -> bool {
        // Acquire: pairs with the Release in `shutdown`.
        self.ending.load(Ordering::Acquire)
    }

    /// Something outside keeps goroutines alive (a timer, the embedder): no deadlock while it is held.
    pub fn add_outside_waker(&self) {
        // Relaxed: read under the lists' lock by a thread that found nothing to do.
        self.outside_wakers.fetch_add(1, Ordering::Relaxed);
    }

    /// The opposite of [`Self::add_outside_waker`].
    pub fn remove_outside_waker(&self) {
        // Relaxed: as above.
        self.outside_wakers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Starts the threads and the runtime's own goroutines.
    pub fn start(&self) {
        self.collector().refresh_limits();
        self.start_gc_workers();
        self.start_sysmon();
        self.wake_p();
    }

    /// Starts everything, runs the Go closure as goroutine 1, and waits for [`Self::finish`].
    pub fn run_main(&self, closure: usize) -> i32 {
        self.start();
        self.spawn_main(closure);
        // Release: pairs with the Acquire in `check_deadlock`. After the spawn, or a thread that goes to sleep
        // meanwhile would find no goroutine at all; the wake-up makes somebody look again.
        self.main_started.store(true, Ordering::Release);
        self.wake_p();
        self.wait_done()
    }

    /// From now on SIGQUIT prints a dump of this scheduler, and then what [`Hooks::quit`] prints.
    pub fn watch_quit(&self) {
        let _ = gort_sys::signal::watch_quit();
        // Relaxed: the monitor sees it at its next look.
        self.watches_quit.store(true, Ordering::Relaxed);
    }

    /// Waits for [`Self::finish`].
    pub fn wait_done(&self) -> i32 {
        self.done.sleep();
        // Acquire: pairs with the Release in `finish`.
        self.exit_code.load(Ordering::Acquire)
    }

    /// `run_main` returns that code; goroutines go on until [`Self::shutdown`].
    pub fn finish(&self, code: i32) {
        if !self.done.is_set() {
            // Release: pairs with the Acquire in `wait_done`.
            self.exit_code.store(code, Ordering::Release);
        }
        self.done.wakeup();
    }

    /// Ends all threads at their next safepoints and waits for them. Not from a thread of the scheduler.
    pub fn shutdown(&self) {
        assert!(crate::current().is_none(), "shutdown from inside");
        // Release: pairs with the Acquire in `is_ending`.
        self.ending.store(true, Ordering::Release);
        gort_sys::signal::allow_interrupts();
        self.sysmon_note.wakeup();
        loop {
            self.poller.wake();
            let threads = {
                let mut lists = self.lists.lock();
                for m in std::mem::take(&mut lists.idle_ms) {
                    m.note.wakeup();
                }
                for m in std::mem::take(&mut lists.locked_ms) {
                    m.note.wakeup();
                }
                std::mem::take(&mut lists.threads)
            };
            self.each_p(|p| p.request(crate::p::request::YIELD));
            if threads.is_empty() {
                break;
            }
            for thread in threads {
                while !thread.is_over() {
                    thread.interrupt();
                    self.poller.wake();
                    gort_sys::thread::sleep_nanos(1_000_000);
                }
                thread.join();
            }
        }
        self.done.wakeup();
    }
}

impl std::fmt::Debug for Sched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sched({} Ps, {} goroutines)", self.procs(), self.num_goroutine())
    }
}

impl Drop for Sched {
    fn drop(&mut self) {
        debug_assert!(
            self.lists.get_mut().threads.is_empty(),
            "INV-SCHED-1: a scheduler goes while its threads run"
        );
        for g in (0..self.all_gs.len()).map(|i| self.all_gs.get(i)) {
            // SAFETY: INV-SCHED-1: from `new_g`, and nothing of the scheduler runs any more.
            unsafe { g.free() };
        }
    }
}
