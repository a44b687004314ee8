//! The epoll instance, and the thread that sleeps in it.
//!
//! Go counterpart: `netpoll_epoll.go`, `proc.go` (`findRunnable`, `wakeNetPoller`).
//!
//! A thread without work sleeps here instead of on its own note if timers run or goroutines wait for descriptors, and
//! nobody does so yet ([`gort_protocols::sleeper`]). A thread that looks for work asks without waiting.

use super::poll_desc::PollDesc;
use crate::g::GRef;
use crate::m::M;
use crate::p::P;
use crate::sched::Sched;
use crate::time::queue::NEVER;
use gort_protocols::sleeper::Sleeper;
use gort_sync::{LockRank, Mutex};
use gort_sys::poll::Poll;
use gort_sys::{OsError, clock};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

/// Descriptors ever used, and those free for use.
#[derive(Default)]
struct Descs {
    #[allow(clippy::vec_box)] // their addresses are given away
    all: Vec<Box<PollDesc>>,
    free: Vec<u32>,
}

pub(crate) struct Poller {
    poll: OnceLock<Result<Poll, OsError>>,
    descs: Mutex<Descs>,
    /// Goroutines that wait for descriptors.
    waiters: AtomicUsize,
    pub sleeper: Sleeper,
    /// When somebody asked last.
    last: AtomicI64,
}

impl Poller {
    pub fn new() -> Self {
        Self {
            poll: OnceLock::new(),
            descs: Mutex::new(LockRank::PollDescs, Descs::default()),
            waiters: AtomicUsize::new(0),
            sleeper: Sleeper::new(),
            last: AtomicI64::new(0),
        }
    }

    fn poll(&self) -> Result<&Poll, OsError> {
        self.poll.get_or_init(Poll::new).as_ref().map_err(|e| *e)
    }

    /// Wakes the sleeper.
    pub fn wake(&self) {
        if let Some(Ok(poll)) = self.poll.get() {
            poll.wake();
        }
    }

    pub fn owns(&self, fd: i32) -> bool {
        matches!(self.poll.get(), Some(Ok(poll)) if poll.owns(fd))
    }

    pub fn waiters(&self) -> usize {
        self.waiters.load(Ordering::SeqCst)
    }

    pub fn one_waits(&self) {
        self.waiters.fetch_add(1, Ordering::SeqCst);
    }

    pub fn one_waits_no_more(&self) {
        self.waiters.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn open(&self, fd: i32) -> Result<&PollDesc, OsError> {
        let poll = self.poll()?;
        let desc: *const PollDesc = {
            let mut descs = self.descs.lock();
            let index = descs.free.pop().unwrap_or(descs.all.len() as u32);
            if index as usize == descs.all.len() {
                descs.all.push(Box::new(PollDesc::new(index)));
            }
            &raw const *descs.all[index as usize]
        };
        // SAFETY: INV-PD-1.
        let desc = unsafe { &*desc };
        let key = desc.begin(fd);
        if let Err(e) = poll.add(fd, key) {
            self.descs.lock().free.push(desc.index());
            return Err(e);
        }
        Ok(desc)
    }

    pub fn close(&self, desc: &PollDesc) {
        let fd = {
            let mut state = desc.state.lock();
            // Events on their way are for an earlier use.
            state.uses = state.uses.wrapping_add(1);
            state.fd
        };
        if let Ok(poll) = self.poll() {
            let _ = poll.remove(fd);
        }
        self.descs.lock().free.push(desc.index());
    }

    fn desc(&self, index: u32) -> Option<&PollDesc> {
        let desc: *const PollDesc = &raw const **self.descs.lock().all.get(index as usize)?;
        // SAFETY: INV-PD-1.
        Some(unsafe { &*desc })
    }

    /// See [`PollDesc::deadline_passed`]; the goroutine waits no more.
    pub fn deadline_passed(&self, desc: u32, write: bool, number: u64) -> Option<GRef> {
        let g = self.desc(desc)?.deadline_passed(write, number)?;
        self.one_waits_no_more();
        Some(g)
    }

    /// Asks for events, waiting at most so long: the goroutines to make ready.
    fn events(&self, nanos: Option<i64>) -> Vec<GRef> {
        let Ok(poll) = self.poll() else { return Vec::new() };
        let mut woken = Vec::new();
        poll.wait(nanos, &mut |event| {
            let Some(desc) = self.desc(event.key as u32) else { return };
            if desc.state.lock().uses != (event.key >> 32) as u32 {
                return;
            }
            // Relaxed: read by who the event wakes.
            desc.error.store(event.error, Ordering::Relaxed);
            let gs = desc.notify(event.readable, event.writable);
            woken.extend(gs.into_iter().flatten());
        });
        for _ in &woken {
            self.one_waits_no_more();
        }
        // Relaxed: a hint for the monitor.
        self.last.store(clock::nanotime(), Ordering::Relaxed);
        woken
    }
}

/// What came of going to sleep in the poller.
pub(crate) enum Slept {
    /// It has a P, and there is work or a reason to look for it.
    WithP,
    /// Sleep elsewhere.
    NotHere,
}

impl Sched {
    /// Is that a descriptor of the runtime's own?
    pub fn is_poll_descriptor(&self, fd: i32) -> bool {
        self.poller.owns(fd)
    }

    /// A thread with a P and nothing to do asks for events; the first goroutine of those that are ready now.
    pub(crate) fn poll_now(&self, p: &P) -> Option<GRef> {
        if self.poller.waiters() == 0 || self.poller.sleeper.is_taken() {
            return None;
        }
        let mut woken = self.poller.events(Some(0)).into_iter();
        let first = woken.next()?;
        first.status.ready();
        for g in woken {
            self.ready_last(p, g);
        }
        Some(first)
    }

    /// The monitor: nobody has asked for long.
    pub(crate) fn poll_if_late(&self, now: i64, late: i64) {
        // Relaxed: a hint.
        let last = self.poller.last.load(Ordering::Relaxed);
        if self.poller.waiters() == 0 || now - last < late || self.poller.sleeper.is_taken() {
            return;
        }
        let woken = self.poller.events(Some(0));
        self.ready_everywhere(woken);
    }

    fn ready_everywhere(&self, gs: Vec<GRef>) {
        let count = gs.len();
        gs.iter().for_each(|g| g.status.ready());
        self.put_global(gs);
        for _ in 0..count.min(self.procs()) {
            self.wake_p();
        }
    }

    /// The last timer was stopped, or the last descriptor closed: the thread in the poller must not count as one that will
    /// wake somebody ([`crate::deadlock`]).
    pub(crate) fn wake_useless_sleeper(&self) {
        if self.poller.sleeper.is_taken() && self.poller.waiters() == 0 && self.earliest() == NEVER {
            self.poller.wake();
        }
    }

    /// A thread without a P, about to sleep: sleeps in the poller if somebody must.
    pub(crate) fn sleep_in_poller(&self, m: &M) -> Slept {
        loop {
            let mut until = self.earliest();
            if self.is_ending() || until == NEVER && self.poller.waiters() == 0 {
                return Slept::NotHere;
            }
            // Made before `is_ending` is looked at again: the one who ends us must find it.
            if self.poller.poll().is_err() || !self.poller.sleeper.try_enter() {
                return Slept::NotHere;
            }
            loop {
                self.poller.sleeper.announce(until);
                match self.earliest() {
                    earlier if earlier < until => until = earlier,
                    _ => break,
                }
            }
            let nanos = match until {
                NEVER => None,
                until => Some((until - clock::nanotime()).max(0)),
            };
            let nanos = if self.is_ending() { Some(0) } else { nanos };
            let woken = self.poller.events(nanos);
            self.poller.sleeper.leave();
            if self.take_idle_p_and_search(m) {
                for g in woken {
                    self.ready_last(m.p(), g);
                }
                return Slept::WithP;
            }
            self.ready_everywhere(woken);
            // All Ps are busy: who has one that is due will see it.
            if self.earliest() <= clock::nanotime() {
                return Slept::NotHere;
            }
        }
    }
}
