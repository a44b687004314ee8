//! A descriptor that goroutines wait for: what `internal/poll` calls.
//!
//! Go counterpart: `netpoll.go` (`poll_runtime_pollOpen` ..).
//!
//! **INV-PD-1 (stays).** A [`PollDesc`] lives as long as its scheduler and is used again after a close; events and
//! deadlines for an earlier use are told by its numbers.

use crate::current::Current;
use crate::g::GRef;
use crate::time::queue::{Entry, What};
use crate::wait_reason::WaitReason;
use gort_protocols::g_status::Pin;
use gort_protocols::poll_word::{PollWord, Waiting};
use gort_sync::{LockRank, Mutex};
use gort_sys::{OsError, clock};
use std::sync::atomic::{AtomicBool, Ordering};

/// Results of waiting, as `internal/poll` knows them.
pub mod result {
    /// Ready.
    pub const NO_ERROR: i64 = 0;
    /// The descriptor is being closed.
    pub const CLOSING: i64 = 1;
    /// The deadline has passed.
    pub const TIMEOUT: i64 = 2;
    /// It cannot be polled.
    pub const NOT_POLLABLE: i64 = 3;
    /// Call again.
    pub const AGAIN: i64 = -1;
}

/// A direction: the letters that `internal/poll` uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `'r'`.
    Read,
    /// `'w'`.
    Write,
    /// Both.
    Both,
}

impl Mode {
    /// From `'r'`, `'w'` or their sum.
    pub fn from_letter(letter: i64) -> Self {
        match letter {
            0x72 => Self::Read,
            0x77 => Self::Write,
            _ => Self::Both,
        }
    }
    fn reads(self) -> bool {
        self != Self::Write
    }
    fn writes(self) -> bool {
        self != Self::Read
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub fd: i32,
    /// Counts the uses of this structure.
    pub uses: u32,
    closing: bool,
    /// Absolute; 0 none, -1 passed.
    deadline: [i64; 2],
    /// Numbers of the deadlines; older ones are void.
    number: [u64; 2],
}

/// See the file's head.
pub struct PollDesc {
    index: u32,
    pub(crate) state: Mutex<State>,
    word: [PollWord; 2],
    pub(crate) error: AtomicBool,
}

impl PollDesc {
    pub(crate) fn new(index: u32) -> Self {
        Self {
            index,
            state: Mutex::new(LockRank::PollDesc, State::default()),
            word: Default::default(),
            error: AtomicBool::new(false),
        }
    }

    /// For a new descriptor; returns the key that its events carry.
    pub(crate) fn begin(&self, fd: i32) -> u64 {
        let mut state = self.state.lock();
        let number = state.number.map(|n| n + 1);
        *state = State { fd, uses: state.uses.wrapping_add(1), number, ..State::default() };
        self.word.iter().for_each(PollWord::reset);
        // Relaxed: nobody else uses it yet.
        self.error.store(false, Ordering::Relaxed);
        u64::from(state.uses) << 32 | u64::from(self.index)
    }

    fn check(&self, mode: Mode) -> i64 {
        let state = self.state.lock();
        if state.closing {
            result::CLOSING
        } else if mode.reads() && state.deadline[0] < 0 || mode.writes() && state.deadline[1] < 0 {
            result::TIMEOUT
        // Relaxed: a flag that the event itself follows.
        } else if mode == Mode::Read && self.error.load(Ordering::Relaxed) {
            result::NOT_POLLABLE
        } else {
            result::NO_ERROR
        }
    }

    /// Waits for an event: a [`result`]. After [`result::AGAIN`], or if it parked, call again.
    pub fn wait(&self, cur: &Current<'_>, mode: Mode, whatever_happens: bool) -> i64 {
        let problem = || if whatever_happens { result::NO_ERROR } else { self.check(mode) };
        match problem() {
            result::NO_ERROR => {}
            problem => return problem,
        }
        let word = &self.word[usize::from(mode == Mode::Write)];
        if word.take_ready() {
            return result::NO_ERROR;
        }
        let (g, poller) = (cur.g(), &cur.sched().poller);
        g.set_results(result::AGAIN as u64, 0);
        cur.park(WaitReason::IoWait, Pin::Free);
        poller.one_waits();
        let outcome = match word.wait(g.handle()) {
            Waiting::Yes => match problem() {
                result::NO_ERROR => return result::AGAIN,
                // A close or deadline that came just before did not see us.
                problem if word.take_back(g.handle()) => problem,
                _ => return result::AGAIN,
            },
            Waiting::Ready => result::NO_ERROR,
            Waiting::Taken => cur.sched().hooks.fatal(cur.sched(), "runtime: double wait"),
        };
        poller.one_waits_no_more();
        cur.unpark_self();
        outcome
    }

    /// Before an operation: forgets old events. A [`result`].
    pub fn reset(&self, mode: Mode) -> i64 {
        let problem = self.check(mode);
        if problem == result::NO_ERROR {
            self.word[usize::from(mode == Mode::Write)].reset();
        }
        problem
    }

    /// An event; goroutines to wake.
    pub(crate) fn notify(&self, readable: bool, writable: bool) -> [Option<GRef>; 2] {
        let wake = |on: bool, i: usize| if on { self.word[i].notify() } else { None };
        [wake(readable, 0), wake(writable, 1)].map(|g| g.map(GRef::of_handle))
    }

    fn unblock(&self, which: [bool; 2]) -> [Option<GRef>; 2] {
        [0, 1].map(|i| if which[i] { self.word[i].unblock().map(GRef::of_handle) } else { None })
    }

    /// Who waits is told that the descriptor is being closed.
    pub fn evict(&self, cur: &Current<'_>) {
        {
            let mut state = self.state.lock();
            state.closing = true;
            state.number = state.number.map(|n| n + 1);
        }
        cur.wake_waiters(self.unblock([true, true]));
    }

    /// Operations fail after so many nanoseconds; 0: never; below 0: at once.
    pub fn set_deadline(&self, cur: &Current<'_>, nanos: i64, mode: Mode) {
        let at = match nanos {
            1.. => clock::nanotime().saturating_add(nanos),
            0 => 0,
            _ => -1,
        };
        let which = [mode.reads(), mode.writes()];
        let mut entries = Vec::new();
        {
            let mut state = self.state.lock();
            if state.closing {
                return;
            }
            for i in [0, 1].into_iter().filter(|i| which[*i]) {
                state.number[i] += 1;
                state.deadline[i] = at;
                if at > 0 {
                    let number = state.number[i];
                    let what = What::Deadline { desc: self.index, write: i == 1, number };
                    entries.push(Entry::new(at, what));
                }
            }
        }
        for entry in entries {
            cur.sched().add_entry(cur.p(), entry);
        }
        if at < 0 {
            cur.wake_waiters(self.unblock(which));
        }
    }

    /// The entry of a deadline is due: who to wake.
    pub(crate) fn deadline_passed(&self, write: bool, number: u64) -> Option<GRef> {
        let i = usize::from(write);
        {
            let mut state = self.state.lock();
            if state.number[i] != number {
                return None;
            }
            state.deadline[i] = -1;
        }
        self.unblock([i == 0, i == 1])[i]
    }
}

impl Current<'_> {
    fn wake_waiters(&self, gs: [Option<GRef>; 2]) {
        for g in gs.into_iter().flatten() {
            self.sched().poller.one_waits_no_more();
            self.ready(g);
        }
    }

    /// Begins to poll a descriptor: its structure.
    pub fn poll_open(&self, fd: i32) -> Result<&PollDesc, OsError> {
        self.sched().poller.open(fd)
    }

    /// Ends it.
    pub fn poll_close(&self, desc: &PollDesc) {
        self.sched().poller.close(desc);
    }
}

impl PollDesc {
    /// The number of the structure.
    pub(crate) fn index(&self) -> u32 {
        self.index
    }
}
