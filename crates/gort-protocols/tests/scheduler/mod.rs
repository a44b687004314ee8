//! A scheduler in small, of the real protocols: Ps with run queues, Ms that search and sleep, system calls, semaphores,
//! timers and a poller, suspension, stops of the world, ragged barriers. What it does follows `gort-sched`; goroutines are
//! lists of [`Op`]s instead of machine code, threads are shuttle's, time leaps.

pub mod chan;
pub mod find;
pub mod program;
pub mod stop;
pub mod wait;

use crate::collector::{Gc, SLOTS};
use crate::seeded::parts::{Alone, Note, below, log};
use chan::{Chan, Timer};
use gort_protocols::g_status::{GState, GStatus, Pin};
use gort_protocols::p_status::PStatus;
use gort_protocols::poll_word::PollWord;
use gort_protocols::run_queue::RunQueue;
use gort_protocols::select_claim::SelectClaim;
use gort_protocols::semaphore::SemaRoot;
use gort_protocols::sleeper::Sleeper;
use gort_protocols::spinning::Spinning;
use gort_protocols::turns::Turns;
use program::Op;
use shuttle::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread::{self, JoinHandle};
use std::cell::Cell;
use std::collections::VecDeque;
// What the harness alone needs to know is no step of the schedule.
use std::sync::atomic::{AtomicI64 as PlainI64, AtomicU64 as PlainU64, AtomicUsize as PlainUsize};

/// What is taken away for a mutation check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    /// Nothing.
    Nothing,
    /// A searcher that stopped does not look once more (INV-SPIN-1).
    SecondLook,
    /// Who scans stays `Running` (R2).
    ScansWhileRunning,
    /// Who comes back from a system call takes its P without asking (INV-P-2).
    ExitWithoutToken,
    /// The list of a semaphore is not locked between the announcement and the queueing (INV-SEMA-1).
    AnnounceUnlocked,
    /// The sleeper does not look at the timers again (INV-SLEEPER-1).
    NoLookAfterAnnounce,
    /// The timer is there before its goroutine waits (INV-PARK-1).
    TimerBeforePark,
    /// A stopper does not wait for Ps that run (INV-STOP-1).
    StopDoesNotWait,
    /// A suspender forgets to make ready who stopped for it.
    ForgetsResume,
    /// A barrier that held idle Ps looks at queues only, when it gives them back.
    BarrierForgetsTimers,
    /// One that came back from a system call, and was put on the queue of a P, waits there while that P runs another one.
    OwnMayWait,
    /// One that gives a P back without having searched never looks (INV-SPIN-1).
    NobodyIsAsked,
    /// Who takes the record of a select does not claim its goroutine (INV-SELECT-2).
    NobodyClaims,
    /// A selecting goroutine parks after it has unlocked the channels (INV-PARK-1).
    ParksUnlocked,
    /// Entries of timers are believed whatever their generation (INV-TIMER-2).
    VoidEntriesFire,
    // Of the collector.
    /// A mark worker stays `Running` while it drains (heart, mechanism 1).
    WorkerStaysRunning,
    /// Who asks whether marking is done does not look into the Ps (R10). (Only the second look being left out is for the
    /// loom model: it takes too rare a coincidence here.)
    NoRaggedFlush,
    /// The barrier forgets what was overwritten.
    NoOldValue,
    /// The barrier forgets what is written.
    NoNewValue,
    /// New objects are white while marking.
    BornWhite,
    /// The argument of a new goroutine passes by the barrier (R8).
    BornUnseen,
    /// Two sweep a span (INV-CLAIM-1).
    UnclaimedSweep,
}

pub type Handle = u64;
const NO_P: usize = usize::MAX;
/// After so many looks of the monitor a run hangs.
const PATIENCE: u32 = 60_000;
pub const NEVER: i64 = i64::MAX;

pub struct P {
    pub id: usize,
    pub status: PStatus,
    pub runq: RunQueue,
    /// Per-P state (INV-P-1).
    pub state: Alone,
    /// Somebody asks for a safepoint.
    pub request: AtomicBool,
    pub ragged: AtomicBool,
    pub in_place: AtomicBool,
    pub note: Note,
    pub times: Mutex<Vec<(i64, What)>>,
    /// Barriers that ran for it.
    pub barriers: PlainUsize,
}

/// What is to be done when the time has come.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Wake(Handle),
    /// The goroutine's timer, as it was in this generation.
    Timer(Handle, u64),
}

pub struct G {
    pub status: GStatus,
    pub stack: Alone,
    pub ops: Vec<Op>,
    pub next_op: PlainUsize,
    /// The descriptor it waits with.
    pub poll: PollWord,
    pub p: PlainUsize,
    /// How often it has come to meet another, and whom it waits for.
    pub meetings: PlainUsize,
    pub waits_for: PlainU64,
    pub select: SelectClaim,
    /// For the one that completes its select: which channel, and the value.
    pub wait_slot: Alone,
    pub won: PlainUsize,
    pub came: PlainU64,
    /// What its stack refers to.
    pub roots: [PlainUsize; SLOTS],
}

/// A thread, as others see it.
pub struct Thread {
    note: Note,
    next_p: PlainUsize,
    next_searching: AtomicBool,
}

/// A thread, as it sees itself.
pub struct M {
    pub thread: Arc<Thread>,
    p: Cell<usize>,
    pub searching: Cell<bool>,
}

impl M {
    pub fn p(&self) -> usize {
        assert_ne!(self.p.get(), NO_P, "a thread without a P");
        self.p.get()
    }

    pub fn has_p(&self) -> bool {
        self.p.get() != NO_P
    }

    pub fn set_p(&self, p: Option<usize>) {
        self.p.set(p.unwrap_or(NO_P));
    }
}

#[derive(Default)]
pub struct Lists {
    pub global: VecDeque<Handle>,
    pub idle_ps: Vec<usize>,
    pub idle_ms: Vec<Arc<Thread>>,
    pub stop_wait: usize,
    threads: Vec<JoinHandle<()>>,
}

pub struct Sema {
    pub count: AtomicU32,
    pub root: SemaRoot,
    pub list: Mutex<VecDeque<Handle>>,
    /// What the one unit gives a right to.
    pub inside: Alone,
}

#[derive(Default)]
pub struct Poller {
    pub sleeper: Sleeper,
    pub note: Note,
    pub waiters: AtomicUsize,
    pub events: Mutex<VecDeque<Handle>>,
    /// To the device.
    pub wishes: Mutex<VecDeque<Handle>>,
    pub device: Note,
}

/// What a run is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub ps: usize,
    pub programs: Vec<Vec<Op>>,
    /// There is a descriptor that never becomes ready.
    pub silent_descriptor: bool,
    /// The monitor ends time slices.
    pub slices: bool,
    pub collector: bool,
    pub weak: Weak,
}

pub struct Sched {
    pub weak: Weak,
    slices: bool,
    pub gc: Option<Gc>,
    pub chans: Vec<Mutex<Chan>>,
    pub timers: Vec<Timer>,
    pub received: std::sync::Mutex<Vec<u64>>,
    pub ps: Vec<P>,
    pub gs: Vec<G>,
    pub lists: Mutex<Lists>,
    pub global_len: AtomicUsize,
    pub spinning: Spinning,
    pub sema: Sema,
    pub poller: Poller,
    pub world: Turns,
    pub stop_requested: AtomicBool,
    pub stop_note: Note,
    pub ragged_wait: AtomicUsize,
    pub ending: AtomicBool,
    alive: AtomicUsize,
    pub clock: PlainI64,
}

impl Sched {
    /// Runs the programs, the first of which starts the others, to their ends, and checks that nothing is left over.
    pub fn run(Setup { ps, programs, silent_descriptor, slices, collector, weak }: Setup) {
        let alive = programs.len();
        let workers = if collector { ps } else { 0 };
        let sched = Arc::new(Self {
            weak,
            slices,
            chans: Self::chans(alive),
            timers: Self::timers(alive),
            received: std::sync::Mutex::default(),
            gc: collector.then(|| Gc::new(ps, alive + workers)),
            ps: (0..ps).map(new_p).collect(),
            gs: programs.into_iter().chain(vec![Vec::new(); workers]).map(new_g).collect(),
            lists: Mutex::default(),
            global_len: AtomicUsize::new(0),
            spinning: Spinning::new(),
            sema: Sema {
                count: AtomicU32::new(1),
                root: SemaRoot::new(),
                list: Mutex::default(),
                inside: Alone::new("what the semaphore guards"),
            },
            poller: Poller::default(),
            world: Turns::new(),
            stop_requested: AtomicBool::new(false),
            stop_note: Note::default(),
            ragged_wait: AtomicUsize::new(0),
            ending: AtomicBool::new(false),
            alive: AtomicUsize::new(alive),
            clock: PlainI64::new(1),
        });
        sched.poller.waiters.store(usize::from(silent_descriptor), Ordering::SeqCst);
        {
            let mut lists = sched.lists.lock().unwrap();
            for p in (0..ps).rev() {
                sched.ps[p].status.restart();
                sched.put_idle_p(&mut lists, p);
            }
            for worker in &sched.gs[alive..] {
                worker.status.publish();
                worker.status.execute();
                worker.status.park(Pin::Free);
            }
            sched.g(1).status.publish();
            let p = sched.take_idle_p(&mut lists).expect("a P");
            assert!(sched.ps[p].runq.push(1).is_none());
            sched.start_m(&mut lists, p, false);
            for service in [Self::monitor, Self::device] {
                let s = sched.clone();
                lists.threads.push(thread::spawn(move || service(&s)));
            }
        }
        loop {
            let Some(thread) = sched.lists.lock().unwrap().threads.pop() else { break };
            thread.join().unwrap();
        }
        sched.check_end(alive);
    }

    fn check_end(&self, programs: usize) {
        for (i, g) in self.gs[..programs].iter().enumerate() {
            assert_eq!(g.status.view().state, GState::Dead, "goroutine {i} was lost");
            assert_eq!(g.next_op.load(Ordering::SeqCst), g.ops.len(), "goroutine {i} left something out");
        }
        assert!(self.ps.iter().all(|p| p.runq.is_empty()));
        let is_sleeper = |t: &(i64, What)| matches!(t.1, What::Wake(_));
        assert!(!self.ps.iter().any(|p| p.times.lock().unwrap().iter().any(is_sleeper)));
        let mut sent: Vec<u64> = self.gs.iter().flat_map(|g| g.ops.iter().filter_map(Op::sends)).collect();
        let mut received = self.received.lock().unwrap().clone();
        sent.sort_unstable();
        received.sort_unstable();
        assert_eq!(sent, received, "what was sent comes once");
        assert!(self.lists.lock().unwrap().global.is_empty());
        assert_eq!(self.sema.count.load(Ordering::SeqCst), 1, "a unit was lost");
        assert!(self.world.is_empty());
    }

    pub fn g(&self, handle: Handle) -> &G {
        &self.gs[handle as usize - 1]
    }

    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }

    /// A goroutine died.
    fn one_less(&self) {
        if self.alive.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        let mut lists = self.lists.lock().unwrap();
        self.log("the end", 0, 0);
        self.ending.store(true, Ordering::SeqCst);
        for thread in lists.idle_ms.drain(..) {
            thread.note.wakeup();
        }
        self.poller.note.wakeup();
        self.poller.device.wakeup();
    }

    // Ps and threads.

    pub fn put_idle_p(&self, lists: &mut Lists, p: usize) {
        self.log("P goes on the idle list:", p, lists.idle_ps.len());
        lists.idle_ps.push(p);
        self.spinning.p_idle();
    }

    pub fn take_idle_p(&self, lists: &mut Lists) -> Option<usize> {
        let p = lists.idle_ps.pop()?;
        self.spinning.p_busy();
        Some(p)
    }

    /// Gives an `Idle` P that is on no list to a thread.
    pub fn start_m(self: &Arc<Self>, lists: &mut Lists, p: usize, searching: bool) {
        self.log("a thread is started, searching:", p, usize::from(searching));
        self.ps[p].status.acquire();
        let (thread, is_new) = match lists.idle_ms.pop() {
            Some(thread) => (thread, false),
            None => {
                let next_p = PlainUsize::new(NO_P);
                let note = Note::default();
                (Arc::new(Thread { note, next_p, next_searching: AtomicBool::new(false) }), true)
            }
        };
        thread.next_p.store(p, Ordering::SeqCst);
        thread.next_searching.store(searching, Ordering::SeqCst);
        if is_new {
            let s = self.clone();
            lists.threads.push(thread::spawn(move || s.m_main(thread)));
        } else {
            thread.note.wakeup();
        }
    }

    fn m_main(self: &Arc<Self>, thread: Arc<Thread>) {
        let m = M { thread, p: Cell::new(NO_P), searching: Cell::new(false) };
        self.adopt_next_p(&m);
        while let Some(g) = self.find_runnable(&m) {
            if m.searching.replace(false) && self.spinning.found() {
                self.wake_p();
            }
            self.execute(&m, g);
        }
    }

    fn adopt_next_p(&self, m: &M) -> bool {
        m.p.set(m.thread.next_p.swap(NO_P, Ordering::SeqCst));
        m.searching.set(m.thread.next_searching.swap(false, Ordering::SeqCst));
        m.has_p()
    }

    /// Sleeps until it gets a P; false at the end.
    pub fn park_m(&self, m: &M) -> bool {
        assert!(!m.has_p() && !m.searching.get());
        {
            let mut lists = self.lists.lock().unwrap();
            if self.is_ending() {
                return false;
            }
            lists.idle_ms.push(m.thread.clone());
        }
        m.thread.note.sleep();
        self.adopt_next_p(m)
    }

    /// Work was put on a queue.
    pub fn wake_p(self: &Arc<Self>) {
        if !self.spinning.submitted() {
            return self.log("nobody is woken", 0, 0);
        }
        let mut lists = self.lists.lock().unwrap();
        if self.is_ending() {
            return self.spinning.cancel();
        }
        match self.take_idle_p(&mut lists) {
            Some(p) => self.start_m(&mut lists, p, true),
            None => self.spinning.cancel(),
        }
    }

    // Queues.

    pub fn put_next(&self, p: usize, g: Handle) {
        self.log("P is to run G next:", p, g as usize);
        if let Some(overflow) = self.ps[p].runq.push_next(g) {
            self.put_global(overflow.handles().iter().copied());
        }
    }

    pub fn put_last(&self, p: usize, g: Handle) {
        self.log("P is to run G last:", p, g as usize);
        if let Some(overflow) = self.ps[p].runq.push(g) {
            self.put_global(overflow.handles().iter().copied());
        }
    }

    pub fn put_global(&self, gs: impl IntoIterator<Item = Handle>) {
        let mut lists = self.lists.lock().unwrap();
        lists.global.extend(gs);
        self.global_len.store(lists.global.len(), Ordering::SeqCst);
    }

    // Threads that are no Ms.

    /// Takes Ps out of system calls that last, asks goroutines to yield.
    fn monitor(self: &Arc<Self>) {
        let mut seen = vec![None; self.ps.len()];
        let mut looks = 0;
        while !self.is_ending() {
            looks += 1;
            assert!(looks < PATIENCE, "nobody comes to an end: {}", self.dump());
            let p = &self.ps[below(self.ps.len())];
            match p.status.syscall_token() {
                Some(token) if seen[p.id] == Some(token) => {
                    self.retake(p, token);
                }
                token => seen[p.id] = token,
            }
            if below(16) == 0 {
                self.poll_late();
            }
            if self.slices && below(8) == 0 {
                p.request.store(true, Ordering::SeqCst);
            }
            thread::yield_now();
        }
    }

    pub fn log(&self, what: &'static str, one: usize, other: usize) {
        log(what, one, other);
    }

    /// All Gs and Ps.
    fn dump(&self) -> String {
        let mut text =
            format!("stop {:?}, searching and idle {:?}", self.stop_requested, self.spinning.counts());
        for (i, g) in self.gs.iter().enumerate() {
            let at = g.next_op.load(Ordering::SeqCst);
            let p = g.p.load(Ordering::SeqCst) as isize;
            text += &format!("\n G {}: {:?} on P {p}, {at} of {:?}", i + 1, g.status.view(), g.ops);
        }
        for p in &self.ps {
            let (state, queue, times) = (p.status.state(), p.runq.len(), p.times.lock().unwrap().len());
            text += &format!(
                "\n P {}: {state:?}, {queue} in its queue, {times} timers, ragged {:?}",
                p.id, p.ragged
            );
        }
        let poller = &self.poller;
        let (waiters, events) = (poller.waiters.load(Ordering::SeqCst), poller.events.lock().unwrap().len());
        text += &format!("\n poller: {:?}, {waiters} wait, {events} events", poller.sleeper);
        text
    }

    /// Makes descriptors ready.
    fn device(self: &Arc<Self>) {
        while !self.is_ending() {
            self.poller.device.sleep();
            while let Some(g) = { self.poller.wishes.lock().unwrap().pop_front() } {
                self.poller.events.lock().unwrap().push_back(g);
                self.poller.note.wakeup();
            }
        }
    }
}

fn new_p(id: usize) -> P {
    P {
        id,
        status: PStatus::new(),
        runq: RunQueue::new(),
        state: Alone::new("state of a P"),
        request: AtomicBool::new(false),
        ragged: AtomicBool::new(false),
        in_place: AtomicBool::new(false),
        note: Note::default(),
        times: Mutex::default(),
        barriers: PlainUsize::new(0),
    }
}

fn new_g(ops: Vec<Op>) -> G {
    G {
        status: GStatus::new(),
        stack: Alone::new("a stack"),
        ops,
        next_op: PlainUsize::new(0),
        poll: PollWord::new(),
        p: PlainUsize::new(NO_P),
        meetings: PlainUsize::new(0),
        waits_for: PlainU64::new(0),
        select: SelectClaim::new(),
        wait_slot: Alone::new("the record of a select"),
        won: PlainUsize::new(0),
        came: PlainU64::new(0),
        roots: std::array::from_fn(|_| PlainUsize::new(0)),
    }
}
