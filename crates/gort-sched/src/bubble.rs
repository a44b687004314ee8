//! Bubbles of `testing/synctest`: goroutines with a clock of their own, which moves when all of them are blocked.
//!
//! A goroutine knows the number of its bubble ([`gort_abi::layout::GPrefix::bubble`]) and passes it on to those it
//! starts. The *root* began the bubble; it waits until the bubble is blocked, moves the clock to the next timer and calls
//! what is due then (std/runtime/synctest.go). When that is, [`BubbleCount`] says; only waits that nobody outside can end
//! count ([`WaitReason::is_durable`]).
//!
//! A park is counted by the loop of the thread, once it has left the goroutine: see [`P::parked_in`](crate::p::P).
//!
//! Roots: the timers in a bubble's queue, shown with those of the Ps.
//!
//! Go counterpart: `synctest.go`.

use crate::current::Current;
use crate::g::GRef;
use crate::p::P;
use crate::sched::Sched;
use crate::time::queue::{Entry, NEVER, TimeQueue, What};
use crate::time::timer::TimerRef;
use crate::wait_reason::WaitReason;
use gort_abi::addr::Addr;
use gort_protocols::bubble_count::BubbleCount;
use gort_protocols::g_status::Pin;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Midnight UTC on 1 January 2000, in nanoseconds of Unix time: when bubbles begin.
const BEGINNING: i64 = 946_684_800_000_000_000;

/// All bubbles, by number, until their roots leave them.
pub(crate) struct Bubbles {
    list: Mutex<HashMap<u64, Arc<Bubble>>>,
    last_id: AtomicU64,
}

/// One.
pub(crate) struct Bubble {
    root: GRef,
    now: AtomicI64,
    pub times: TimeQueue,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    count: BubbleCount,
    /// The first goroutine that the root started.
    main: Option<u64>,
    /// It is over: time stands still.
    done: bool,
    /// Somebody is in `Wait`; it has parked.
    waiting: bool,
    waiter: Option<GRef>,
}

/// How the root leaves its bubble.
pub mod end {
    /// All other goroutines are over.
    pub const CLEAN: u64 = 0;
    /// The main one is, others are blocked.
    pub const LEFT_BEHIND: u64 = 1;
    /// The main one is blocked too.
    pub const DEADLOCK: u64 = 2;
}

impl Bubbles {
    pub fn new() -> Self {
        Self { list: Mutex::new(LockRank::Bubbles, HashMap::new()), last_id: AtomicU64::new(0) }
    }

    /// The one of that number; none for 0, or if its root has left.
    pub fn get(&self, id: u64) -> Option<Arc<Bubble>> {
        if id == 0 {
            return None;
        }
        self.list.lock().get(&id).cloned()
    }

    /// The timers in their queues, for the collector.
    pub fn each_timer(&self, mut visit: impl FnMut(TimerRef)) {
        let all: Vec<Arc<Bubble>> = self.list.lock().values().cloned().collect();
        all.iter().for_each(|bubble| bubble.times.each_timer(&mut visit));
    }
}

impl Bubble {
    /// Its time.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Puts an entry into its queue. Of those for the same time any may come first: nobody is to rely on an order.
    pub fn add(&self, cur: &Current<'_>, when: i64, what: What) {
        self.times.push(Entry { when, tie: cur.m().random() as u32, what });
    }

    /// It is blocked: who is to be woken (INV-BUBBLE-1).
    fn choose(&self, state: &mut State) -> GRef {
        state.count.woken();
        let due = self.times.valid_next() <= self.now();
        let g = if due { self.root } else { state.waiter.take().unwrap_or(self.root) };
        g.take_durable();
        g
    }
}

impl Sched {
    /// The bubble of a goroutine that the caller runs or may wake.
    pub(crate) fn bubble_of(&self, g: GRef) -> Option<Arc<Bubble>> {
        self.bubbles.get(g.bubble())
    }

    /// Changes the count of a bubble, and wakes whom that leaves to wake.
    fn count(&self, p: &P, bubble: &Bubble, change: impl FnOnce(&mut State) -> bool) {
        let woken = {
            let mut state = bubble.state.lock();
            change(&mut state).then(|| bubble.choose(&mut state))
        };
        if let Some(g) = woken {
            g.status.ready();
            self.put_last(p, g);
            self.wake_p();
        }
    }

    /// On the scheduler loop: a goroutine of that bubble has been left, and waits.
    pub(crate) fn left_in_bubble(&self, p: &P, id: u64) {
        if let Some(bubble) = self.bubbles.get(id) {
            self.count(p, &bubble, |state| state.count.left());
        }
    }

    /// A waiting goroutine is about to become runnable.
    pub(crate) fn wakes_in_bubble(&self, g: GRef) {
        if g.take_durable()
            && let Some(bubble) = self.bubble_of(g)
        {
            bubble.state.lock().count.woken();
        }
    }

    /// A goroutine is born, of one in a bubble.
    pub(crate) fn born_in_bubble(&self, g: GRef, parent: GRef) {
        let Some(bubble) = self.bubble_of(g) else { return };
        let mut state = bubble.state.lock();
        state.count.born();
        if parent == bubble.root && state.main.is_none() {
            state.main = Some(g.goid());
        }
    }

    /// One that was just born waits for the goroutine that runs.
    pub(crate) fn born_waiting(&self, g: GRef) {
        if let Some(bubble) = self.bubble_of(g) {
            g.set_durable();
            let blocked = bubble.state.lock().count.left();
            debug_assert!(!blocked, "INV-BUBBLE-1: who runs counts");
        }
    }

    /// A goroutine is over.
    pub(crate) fn dies_in_bubble(&self, p: &P, g: GRef) {
        let Some(bubble) = self.bubble_of(g) else { return };
        self.count(p, &bubble, |state| {
            state.done |= state.main == Some(g.goid());
            state.count.ended()
        });
    }
}

impl Current<'_> {
    fn bubble(&self) -> Option<Arc<Bubble>> {
        self.sched().bubble_of(self.g())
    }

    /// The current goroutine is the root of a new bubble.
    pub fn bubble_begin(&self) {
        let bubbles = &self.sched().bubbles;
        // Relaxed: only the value matters.
        let id = bubbles.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut state = State::default();
        state.count.born();
        let bubble = Bubble {
            root: self.g(),
            now: AtomicI64::new(BEGINNING),
            times: TimeQueue::new(),
            state: Mutex::new(LockRank::Bubble, state),
        };
        bubbles.list.lock().insert(id, Arc::new(bubble));
        self.g().set_bubble(id);
    }

    /// The root leaves: see [`end`].
    pub fn bubble_end(&self) -> u64 {
        let id = self.g().bubble();
        let Some(bubble) = self.sched().bubbles.get(id) else { return end::CLEAN };
        self.g().set_bubble(0);
        let state = bubble.state.lock();
        let how = match (state.count.total(), state.done) {
            (..=1, _) => end::CLEAN,
            (_, true) => end::LEFT_BEHIND,
            (_, false) => end::DEADLOCK,
        };
        drop(state);
        self.sched().bubbles.list.lock().remove(&id);
        how
    }

    /// The next timer that is due by the bubble's clock, and since when: the caller calls its function. Wakes the sleepers
    /// before it.
    pub fn bubble_timer(&self) -> Option<(TimerRef, i64)> {
        let (bubble, collector) = (self.bubble()?, self.sched().collector());
        let now = bubble.now();
        while let Some(entry) = bubble.times.pop_due(now) {
            match entry.what {
                What::Sleep(g) => self.ready(g),
                What::Timer(timer, generation) => {
                    if collector.barrier_on() {
                        // It was a root by being in the queue.
                        collector.shade(self.p().mutator(), Addr(timer.0));
                    }
                    if let Some(delta) = self.timer_expires(timer, generation, now) {
                        return Some((timer, delta));
                    }
                }
                What::Deadline { .. } => {}
            }
        }
        None
    }

    /// The root waits until the bubble is blocked, as the last thing the runtime function does.
    pub fn bubble_park(&self) {
        self.park(WaitReason::SynctestRun, Pin::Free);
    }

    /// The current goroutine waits until all others are blocked, as the last thing the runtime function does. False:
    /// another one does already, and nothing happened.
    #[must_use]
    pub fn bubble_wait(&self) -> bool {
        let Some(bubble) = self.bubble() else { return false };
        let mut state = bubble.state.lock();
        if state.waiting {
            return false;
        }
        state.waiting = true;
        state.waiter = Some(self.g());
        self.g().set_results(1, 0);
        self.park(WaitReason::SynctestWait, Pin::Free);
        true
    }

    /// [`Self::bubble_wait`] is over.
    pub fn bubble_waited(&self) {
        if let Some(bubble) = self.bubble() {
            bubble.state.lock().waiting = false;
        }
    }

    /// Moves the clock to the next timer. False: there is none, or nobody to see it.
    pub fn bubble_advance(&self) -> bool {
        let Some(bubble) = self.bubble() else { return false };
        let next = bubble.times.valid_next();
        if next == NEVER || bubble.state.lock().done {
            return false;
        }
        bubble.now.store(next, Ordering::SeqCst);
        true
    }

    /// The time in the current goroutine's bubble, in nanoseconds of Unix time.
    pub fn bubble_now(&self) -> i64 {
        self.bubble().map_or(0, |bubble| bubble.now())
    }

    /// Keeps a bubble from being blocked, or no longer.
    pub fn bubble_hold(&self, id: u64, hold: bool) {
        let Some(bubble) = self.sched().bubbles.get(id) else { return };
        self.sched().count(self.p(), &bubble, |state| {
            if hold {
                state.count.hold();
                return false;
            }
            state.count.released()
        });
    }

    /// A goroutine of a bubble is woken only from inside it.
    pub(crate) fn check_wakes_own(&self, g: GRef) {
        let id = g.bubble();
        if id != 0 && id != self.g().bubble() {
            let sched = self.sched();
            sched.hooks.fatal(sched, "semaphore wake of synctest goroutine from outside bubble");
        }
    }

    /// The current goroutine sleeps by its bubble's clock: the caller returns.
    pub(crate) fn sleep_in(&self, bubble: &Bubble, nanos: i64) {
        let (g, when) = (self.g(), bubble.now().saturating_add(nanos));
        self.park(WaitReason::Sleep, Pin::Free);
        // INV-PARK-1: it waits. The bubble's clock stands until this thread has left it.
        bubble.add(self, when, What::Sleep(g));
    }
}
