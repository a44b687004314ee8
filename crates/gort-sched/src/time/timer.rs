//! Timers of package time: objects of the Go heap, made by std/runtime/time.go.
//!
//! **INV-TIMEOBJ-1 (layout).** A [`TimerRef`] is the address of a live object laid out as [`Timer`], the head of
//! std/runtime's `timeTimer`; all its fields but the generation are read and written under its lock.

use super::queue::{Entry, What};
use crate::current::Current;
use crate::g::GRef;
use crate::sched::Sched;
use crate::spawn::SpawnInfo;
use gort_abi::addr::Addr;
use gort_protocols::g_status::Pin;
use gort_protocols::timer_state::{Change, Fire, TimerState};
use gort_sync::{LockRank, Mutex, RawMutex};
use gort_sys::clock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the runtime sees of a timer; what the program sees (a channel and a flag) comes first, what Go code
/// calls (a function and its argument) follows.
#[repr(C)]
struct Timer {
    channel: usize,
    init: u64,
    lock: RawMutex,
    /// The P whose queue got its last entry.
    home: u32,
    state: TimerState,
    /// The bubble by whose clock it goes, 0 none.
    bubble: u64,
}

/// Address of a timer (INV-TIMEOBJ-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerRef(pub usize);

/// Results of operations on a timer, for Go code.
pub mod outcome {
    /// It was not active.
    pub const IDLE: i64 = 0;
    /// It was active.
    pub const ACTIVE: i64 = 1;
    /// Its function is being called: try again.
    pub const BUSY: i64 = 2;
}

impl TimerRef {
    fn get(self) -> *mut Timer {
        std::ptr::with_exposed_provenance_mut(self.0)
    }

    /// Is an entry of that generation void?
    pub(crate) fn is_void(self, generation: u64) -> bool {
        // SAFETY: INV-TIMEOBJ-1: the object is alive (it is in a queue); the generation is atomic.
        unsafe { &(*self.get()).state }.is_void(generation)
    }

    /// Calls `f` with the timer locked.
    fn locked<R>(self, f: impl FnOnce(&mut Timer) -> R) -> R {
        // SAFETY: INV-TIMEOBJ-1; the lock is an atomic.
        let lock = unsafe { &(*self.get()).lock };
        lock.lock(LockRank::Timers);
        // SAFETY: INV-TIMEOBJ-1, locked.
        let result = f(unsafe { &mut *self.get() });
        lock.unlock(LockRank::Timers);
        result
    }
}

/// Timers whose function is to be called, and the goroutine that does it.
pub(crate) struct Due {
    list: Mutex<VecDeque<(TimerRef, u64)>>,
    /// The goroutine, while it waits for the list to fill.
    waiting: AtomicUsize,
    /// The goroutine, once it exists.
    caller: AtomicUsize,
    making: Mutex<bool>,
}

impl Due {
    pub fn new() -> Self {
        Self {
            list: Mutex::new(LockRank::DueTimers, VecDeque::new()),
            waiting: AtomicUsize::new(0),
            caller: AtomicUsize::new(0),
            making: Mutex::new(LockRank::Sema, false),
        }
    }

    pub fn push(&self, timer: TimerRef, generation: u64) {
        self.list.lock().push_back((timer, generation));
    }

    /// The goroutine that calls the functions, if it waits: the caller wakes it.
    pub fn take_caller(&self) -> Option<GRef> {
        let g = self.waiting.swap(0, Ordering::SeqCst);
        (g != 0).then(|| GRef::of_handle(g as u64))
    }
}

impl Sched {
    /// Are the timers shown to the collector with this goroutine?
    pub(crate) fn calls_timers(&self, g: GRef) -> bool {
        // Acquire: pairs with the Release in `start_timer_caller`, which comes before any timer is started.
        self.due.caller.load(Ordering::Acquire) == g.addr()
    }

    /// All timers that the runtime holds. Queues before the list: a timer moves in that direction only, at once.
    pub(crate) fn each_timer(&self, mut visit: impl FnMut(usize)) {
        self.each_p(|p| p.times.each_timer(|timer| visit(timer.0)));
        self.bubbles.each_timer(|timer| visit(timer.0));
        self.due.list.lock().iter().for_each(|(timer, _)| visit(timer.0));
    }
}

impl Current<'_> {
    fn apply(&self, timer: TimerRef, t: &mut Timer, change: Change) {
        let sched = self.sched();
        if t.bubble != 0 {
            return self.apply_in_bubble(timer, t, change);
        }
        if change.voided
            && let Some(home) = sched.ps.get(t.home as usize).and_then(|p| p.get())
        {
            home.times.one_is_void();
        }
        if let Some((when, generation)) = change.insert {
            let p = self.p();
            t.home = p.id;
            sched.add_entry(p, Entry::new(when, What::Timer(timer, generation)));
        }
    }

    fn apply_in_bubble(&self, timer: TimerRef, t: &Timer, change: Change) {
        let sched = self.sched();
        let Some(bubble) = sched.bubbles.get(t.bubble) else { return };
        if change.voided {
            bubble.times.one_is_void();
        }
        if let Some((when, generation)) = change.insert {
            if sched.collector().barrier_on() {
                // As in `Sched::add_entry`.
                sched.collector().shade(self.p().mutator(), Addr(timer.0));
            }
            bubble.add(self, when, What::Timer(timer, generation));
        }
    }

    /// What the time is for a timer.
    fn now_of(&self, t: &Timer) -> i64 {
        match self.sched().bubbles.get(t.bubble) {
            Some(bubble) => bubble.now(),
            None => clock::nanotime(),
        }
    }

    fn change(&self, timer: TimerRef, f: impl FnOnce(&mut TimerState) -> Change) -> i64 {
        timer.locked(|t| {
            if t.state.has_channel() && t.state.is_sending() {
                return outcome::BUSY;
            }
            let change = f(&mut t.state);
            self.apply(timer, t, change);
            i64::from(change.was_active)
        })
    }

    /// A new timer object: with a channel?
    pub fn timer_init(&self, timer: TimerRef, channel: bool) {
        let bubble = self.g().bubble();
        timer.locked(|t| {
            t.bubble = bubble;
            t.state = TimerState::new(channel);
            if bubble != 0 {
                // Always in the queue, as if somebody waited for it: the bubble's clock stops at it.
                let change = t.state.block();
                debug_assert!(change.insert.is_none(), "INV-TIMER-3: a new timer is idle");
            }
        });
    }

    /// Starts a timer, or starts it again: an [`outcome`].
    pub fn timer_start(&self, timer: TimerRef, when: i64, period: i64) -> i64 {
        self.change(timer, |t| t.start(when, period))
    }

    /// Stops a timer: an [`outcome`].
    pub fn timer_stop(&self, timer: TimerRef) -> i64 {
        self.change(timer, TimerState::stop)
    }

    /// The goroutine is going to wait for the timer's channel (or waits no more).
    pub fn timer_blocks(&self, timer: TimerRef, blocks: bool) {
        timer.locked(|t| {
            let change = if blocks { t.state.block() } else { t.state.unblock() };
            self.apply(timer, t, change);
        });
    }

    /// The goroutine looks at the timer's channel: if the timer is due, since how long; the caller calls its function
    /// and then [`Self::timer_sent`]. Else -1.
    pub fn timer_look(&self, timer: TimerRef) -> i64 {
        timer.locked(|t| {
            let now = self.now_of(t);
            match t.state.look(now) {
                Some(fire) => self.fired(timer, t, fire),
                None => -1,
            }
        })
    }

    /// A timer's entry came up: if it is not void, since when it was due; the caller calls the timer's function.
    pub(crate) fn timer_expires(&self, timer: TimerRef, generation: u64, now: i64) -> Option<i64> {
        timer.locked(|t| {
            let fire = t.state.expire(generation, now)?;
            Some(self.fired(timer, t, fire))
        })
    }

    fn fired(&self, timer: TimerRef, t: &mut Timer, fire: Fire) -> i64 {
        self.apply(timer, t, fire.change);
        fire.delta
    }

    /// The timer's function has been called.
    pub fn timer_sent(&self, timer: TimerRef) {
        timer.locked(|t| t.state.sent());
    }

    /// Starts the goroutine that calls the functions of timers, once; before the first timer is started.
    pub fn start_timer_caller(&self, closure: usize) {
        let due = &self.sched().due;
        // Acquire: pairs with the Release below.
        if due.caller.load(Ordering::Acquire) != 0 {
            return;
        }
        let mut caller = due.making.lock();
        if !*caller {
            *caller = true;
            let g = self.spawn_go(closure, SpawnInfo { system: true, ..SpawnInfo::default() });
            // Release: pairs with the Acquire above.
            due.caller.store(g.addr(), Ordering::Release);
        }
    }

    /// The next timer whose function to call, and since how long it is due. None: call again; if the goroutine has parked,
    /// the runtime function returns first.
    pub fn timer_next(&self) -> Option<(TimerRef, i64)> {
        let due = &self.sched().due;
        loop {
            let next = due.list.lock().pop_front();
            let Some((timer, generation)) = next else { break };
            if let Some(delta) = self.timer_expires(timer, generation, clock::nanotime()) {
                return Some((timer, delta));
            }
        }
        let g = self.g();
        g.set_results(0, 0);
        self.park(crate::WaitReason::Sleep, Pin::Free);
        due.waiting.store(g.addr(), Ordering::SeqCst);
        // A timer that came meanwhile did not find us waiting.
        if !due.list.lock().is_empty() && due.take_caller().is_some() {
            self.unpark_self();
        }
        None
    }
}
