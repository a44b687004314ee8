//! Channels, selects, and timers that send on channels (`gort-rt/src/chan`, `time/timer.rs`).
//!
//! Each goroutine has a timer with a channel of its own, for receiving with a time limit.

use super::program::Op;
use super::{G, Handle, M, P, Sched, Weak, What};
use crate::seeded::parts::{below, one_in};
use gort_protocols::g_status::Pin;
use gort_protocols::timer_state::{Change, TimerState};
use shuttle::sync::{Arc, Mutex, MutexGuard};
use shuttle::thread;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

/// Channels besides those of timers.
pub const CHANS: usize = 3;

struct Waiting {
    g: Handle,
    /// To be sent.
    value: u64,
}

#[derive(Default)]
pub struct Chan {
    capacity: usize,
    buffer: VecDeque<u64>,
    senders: VecDeque<Waiting>,
    receivers: VecDeque<Waiting>,
}

pub struct Timer {
    state: Mutex<TimerState>,
}

/// One wish: on any of these channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Select {
    pub is_send: bool,
    /// Bits.
    pub chans: usize,
    pub value: u64,
    /// With a time limit: then it is tried again.
    pub limit: Option<i64>,
}

impl Sched {
    pub fn chans(goroutines: usize) -> Vec<Mutex<Chan>> {
        let chan = |i: usize| {
            let capacity = if i < CHANS { below(3) } else { 1 };
            Mutex::new(Chan { capacity, ..Chan::default() })
        };
        (0..CHANS + goroutines).map(chan).collect()
    }

    pub fn timers(goroutines: usize) -> Vec<Timer> {
        (0..goroutines).map(|_| Timer { state: Mutex::new(TimerState::new(true)) }).collect()
    }

    /// Channels of a select, in the order in which they are locked.
    fn chans_of(select: Select, g: Handle) -> Vec<usize> {
        let mut chans: Vec<_> = (0..CHANS).filter(|c| select.chans >> c & 1 != 0).collect();
        if select.limit.is_some() {
            chans.push(CHANS + g as usize - 1);
        }
        chans
    }

    /// Takes out the oldest that still waits.
    fn dequeue(&self, queue: &mut VecDeque<Waiting>) -> Option<Waiting> {
        while let Some(waiting) = queue.pop_front() {
            if self.g(waiting.g).select.claim() || self.weak == Weak::NobodyClaims {
                return Some(waiting);
            }
        }
        None
    }

    /// Sends or receives without waiting: what came, and whom to make ready.
    fn try_one(
        &self,
        at: usize,
        chan: &mut Chan,
        is_send: bool,
        value: u64,
    ) -> Option<(u64, Option<Handle>)> {
        if is_send {
            if let Some(receiver) = self.dequeue(&mut chan.receivers) {
                self.complete(receiver.g, at, value);
                return Some((0, Some(receiver.g)));
            }
            if chan.buffer.len() < chan.capacity {
                chan.buffer.push_back(value);
                return Some((0, None));
            }
            return None;
        }
        if let Some(value) = chan.buffer.pop_front() {
            let sender = self.dequeue(&mut chan.senders);
            if let Some(sender) = &sender {
                chan.buffer.push_back(sender.value);
                self.complete(sender.g, at, 0);
            }
            return Some((value, sender.map(|s| s.g)));
        }
        let sender = self.dequeue(&mut chan.senders)?;
        self.complete(sender.g, at, 0);
        Some((sender.value, Some(sender.g)))
    }

    /// Writes what a waiting goroutine finds when it wakes.
    fn complete(&self, g: Handle, at: usize, value: u64) {
        let g = self.g(g);
        g.wait_slot.write();
        g.won.store(at, Ordering::SeqCst);
        g.came.store(value, Ordering::SeqCst);
    }

    /// True: done at once. False: it waits.
    pub fn select(self: &Arc<Self>, m: &M, g: &G, handle: Handle, select: Select) -> bool {
        if let Some(limit) = select.limit {
            self.start_timer(m, handle, limit);
        }
        let chans = Self::chans_of(select, handle);
        let mut locked: Vec<MutexGuard<'_, Chan>> =
            chans.iter().map(|c| self.chans[*c].lock().unwrap()).collect();
        let first = below(chans.len());
        for i in 0..chans.len() {
            let i = (first + i) % chans.len();
            let Some((value, woken)) = self.try_one(chans[i], &mut locked[i], select.is_send, select.value)
            else {
                continue;
            };
            drop(locked);
            if let Some(woken) = woken {
                self.ready(m.p(), woken);
            }
            g.won.store(chans[i], Ordering::SeqCst);
            g.came.store(value, Ordering::SeqCst);
            return true;
        }
        g.select.open();
        for chan in &mut locked {
            let queue = if select.is_send { &mut chan.senders } else { &mut chan.receivers };
            queue.push_back(Waiting { g: handle, value: select.value });
        }
        if self.weak == Weak::ParksUnlocked {
            drop(locked);
            g.status.park(Pin::Pinned);
        } else {
            g.status.park(Pin::Pinned);
            drop(locked);
        }
        false
    }

    /// After `select`, whether it waited or not. False: the time was up, and nothing came.
    pub fn select_done(self: &Arc<Self>, m: &M, g: &G, handle: Handle, select: Select) -> bool {
        g.wait_slot.write();
        assert!(g.select.is_claimed(), "INV-SELECT-1");
        for chan in Self::chans_of(select, handle) {
            let mut chan = self.chans[chan].lock().unwrap();
            chan.senders.retain(|w| w.g != handle);
            chan.receivers.retain(|w| w.g != handle);
        }
        if select.limit.is_some() {
            self.stop_timer(m, handle);
        }
        let timed_out = g.won.load(Ordering::SeqCst) >= CHANS;
        if !timed_out && !select.is_send {
            self.received.lock().unwrap().push(g.came.load(Ordering::SeqCst));
        }
        !timed_out
    }

    // Timers.

    fn apply(self: &Arc<Self>, m: &M, handle: Handle, change: Change) {
        if let Some((when, generation)) = change.insert {
            self.add_time(m, when, What::Timer(handle, generation));
        }
    }

    fn start_timer(self: &Arc<Self>, m: &M, handle: Handle, limit: i64) {
        let chan = self.chans[CHANS + handle as usize - 1].lock().unwrap().buffer.len();
        assert_eq!(chan, 0, "INV-TIMER-2: a value of an earlier start");
        let mut state = self.timers[handle as usize - 1].state.lock().unwrap();
        assert!(!state.is_sending(), "INV-TIMER-2: a call for an earlier start");
        let change = state.start(self.clock.load(Ordering::SeqCst) + limit, 0);
        self.apply(m, handle, change);
        let change = state.block();
        self.apply(m, handle, change);
    }

    /// Once it has returned, nothing comes any more.
    fn stop_timer(self: &Arc<Self>, m: &M, handle: Handle) {
        loop {
            let mut state = self.timers[handle as usize - 1].state.lock().unwrap();
            if !state.is_sending() {
                let change = state.unblock();
                self.apply(m, handle, change);
                let change = state.stop();
                self.apply(m, handle, change);
                break;
            }
            drop(state);
            thread::yield_now();
        }
        self.chans[CHANS + handle as usize - 1].lock().unwrap().buffer.clear();
    }

    /// An entry is due.
    pub fn timer_is_due(self: &Arc<Self>, p: &P, handle: Handle, generation: u64) {
        let timer = &self.timers[handle as usize - 1];
        let fire = {
            let mut state = timer.state.lock().unwrap();
            let now = self.clock.load(Ordering::SeqCst);
            match state.expire(generation, now) {
                None if self.weak != Weak::VoidEntriesFire => return,
                fire => fire,
            }
        };
        let at = CHANS + handle as usize - 1;
        let sent = self.try_one(at, &mut self.chans[at].lock().unwrap(), true, 0);
        if let Some((_, Some(woken))) = sent {
            self.ready_last(p, woken);
        }
        if fire.is_some() {
            timer.state.lock().unwrap().sent();
        }
    }
}

/// Goroutines that send, and others that receive as many from any channel; what else they do is from `other`.
pub fn selects(
    senders: usize,
    receivers: usize,
    each: usize,
    mut other: impl FnMut() -> Vec<Op>,
) -> Vec<Vec<Op>> {
    let start = (0..senders + receivers).map(|g| vec![Op::Go(g as Handle + 2)]).collect();
    let mut programs: Vec<Vec<Vec<Op>>> = vec![start];
    let mut left = senders * each;
    let both = |select| vec![Op::Select(select), Op::SelectDone(select)];
    for sender in 0..senders {
        let one = |i| {
            let (chans, value) = (1 + below((1 << CHANS) - 1), (sender * 100 + i) as u64);
            both(Select { is_send: true, chans, value, limit: None })
        };
        programs.push((0..each).map(one).collect());
    }
    for receiver in 0..receivers {
        let count = if receiver + 1 == receivers { left } else { below(left + 1) };
        left -= count;
        let one = |_| {
            let limit = one_in(2).then(|| 1 + below(6) as i64);
            both(Select { is_send: false, chans: (1 << CHANS) - 1, value: 0, limit })
        };
        programs.push((0..count).map(one).collect());
    }
    for program in &mut programs[1..] {
        for _ in 0..below(4) {
            program.insert(below(program.len() + 1), other());
        }
    }
    programs.into_iter().map(|steps| steps.concat()).collect()
}
