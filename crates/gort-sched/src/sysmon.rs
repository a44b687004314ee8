//! The monitor: a thread without a P that sees what no goroutine would say.
//!
//! Go counterpart: `proc.go` (`sysmon`, `retake`).
//!
//! It ends time slices, takes Ps from threads that stay in system calls, starts a collection after two
//! minutes without one, and prints dumps if asked. It looks often while it finds something to do, ever less
//! often while it does not, and sleeps while all Ps are idle (INV-IDLE-2).

use crate::p::{P, request};
use crate::sched::Sched;
use gort_protocols::p_status::{PState, Token};
use gort_sys::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A goroutine may run this long while others wait; a system call may keep a P that nobody misses.
const SLICE_NS: i64 = 8_000_000;
/// However little CPU time it got, it yields after this.
const SLICE_WALL_MAX_NS: i64 = 100_000_000;
/// The shortest time between two looks.
const LOOK_MIN: Duration = Duration::from_micros(20);
/// The longest time between two looks while a P is busy: a slice ends at most so much late.
const LOOK_MAX: Duration = Duration::from_millis(2);
/// After so many looks for nothing the time doubles.
const PATIENCE: u32 = 50;
/// Between two looks at the number of CPUs and at the memory limits.
const UPDATE_NS: i64 = 1_000_000_000;
/// Between two looks while nothing runs.
const IDLE_LOOK: Duration = Duration::from_secs(1);

/// What was seen of a P at an earlier look.
#[derive(Clone, Copy, Default)]
struct Seen {
    tick: u32,
    when: i64,
    /// CPU time of its thread then; none: not known.
    cpu: Option<i64>,
    call: Option<Token>,
    call_when: i64,
}

impl Sched {
    pub(crate) fn start_sysmon(&self) {
        let weak = self.me.clone();
        let thread = gort_sys::thread::spawn("gort-sysmon".into(), 128 << 10, move || {
            let Some(sched) = weak.upgrade() else { return };
            let at: *const Self = Arc::as_ptr(&sched);
            drop(sched);
            // SAFETY: INV-SCHED-1: `shutdown` joins this thread before the scheduler goes.
            unsafe { &*at }.sysmon();
        });
        match thread {
            Ok(thread) => self.lists.lock().threads.push(thread),
            Err(e) => panic!("cannot start a thread: {e}"),
        }
    }

    fn sysmon(&self) {
        let mut seen = Vec::new();
        let start = clock::nanotime();
        let (mut last_trace, mut last_update) = (start, start);
        let quits = gort_sys::signal::quits();
        let (mut for_nothing, mut pause) = (0_u32, LOOK_MIN);
        while !self.is_ending() {
            let now = clock::nanotime();
            let look = self.look_at_ps(&mut seen, now);
            self.force_gc_if_due(now);
            self.collector().scavenge(now as u64);
            self.poll_if_late(now, SLICE_NS);
            if self.trace_every_ms > 0 && now - last_trace >= self.trace_every_ms as i64 * 1_000_000 {
                last_trace = now;
                self.trace((now - start) / 1_000_000);
            }
            if now - last_update >= UPDATE_NS {
                last_update = now;
                self.update_procs();
                self.collector().refresh_limits();
            }
            // Relaxed: a switch.
            if self.watches_quit.load(Ordering::Relaxed) && gort_sys::signal::quits() != quits {
                if self.trace_detail {
                    self.dump(gort_sys::fd::STDERR);
                }
                self.hooks.quit(self);
            }
            for_nothing = if look.retook { 0 } else { for_nothing + 1 };
            pause = match for_nothing {
                0 => LOOK_MIN,
                1..=PATIENCE => pause,
                _ => (pause * 2).min(LOOK_MAX),
            };
            if look.busy || self.trace_every_ms > 0 || !self.monitor_may_sleep() {
                self.sysmon_note.sleep_timeout(pause);
            } else {
                self.sysmon_note.sleep_timeout(IDLE_LOOK);
                self.monitor_woke();
                (for_nothing, pause) = (0, LOOK_MIN);
            }
            if !self.is_ending() {
                self.sysmon_note.clear();
            }
        }
    }

    /// Asks goroutines that run for too long to yield, and takes Ps out of long system calls.
    fn look_at_ps(&self, seen: &mut Vec<Seen>, now: i64) -> Look {
        let mut look = Look::default();
        self.each_p(|p| {
            let i = p.id as usize;
            if seen.len() <= i {
                seen.resize(i + 1, Seen::default());
            }
            let seen = &mut seen[i];
            match p.status.state() {
                PState::Running => {
                    look.busy = true;
                    self.end_slice(p, seen, now);
                }
                PState::Syscall => {
                    look.busy = true;
                    look.retook |= self.end_call(p, seen, now);
                }
                _ => {}
            }
        });
        look
    }

    /// CPU time of the thread that uses the P.
    fn cpu_of(&self, p: &P) -> Option<i64> {
        let clock = self.lists.lock().ms.get(p.m() as usize)?.cpu_clock()?;
        gort_sys::clock::cpu_nanos(clock)
    }

    fn end_slice(&self, p: &P, seen: &mut Seen, now: i64) {
        // Relaxed: a hint.
        let tick = p.tick.load(Ordering::Relaxed);
        if seen.tick != tick {
            (seen.tick, seen.when, seen.cpu) = (tick, now, self.cpu_of(p));
            return;
        }
        let ran = now - seen.when;
        if ran < SLICE_NS {
            return;
        }
        // A thread that the OS did not let run has not used its slice. To go to the end of the queue for that could be
        // long: if it is the one that takes what all the others make, each of them would run, and wait for it.
        let used = self.cpu_of(p).zip(seen.cpu).map(|(now, then)| now - then);
        if ran >= SLICE_WALL_MAX_NS || used.is_none_or(|used| used >= SLICE_NS / 2) {
            p.request(request::YIELD);
        }
    }

    fn end_call(&self, p: &P, seen: &mut Seen, now: i64) -> bool {
        let Some(token) = p.status.syscall_token() else { return false };
        if seen.call != Some(token) {
            (seen.call, seen.call_when) = (Some(token), now);
            return false;
        }
        let (searching, idle) = self.spinning.counts();
        // Nobody misses it: leave it a while.
        if p.runq.is_empty() && searching + idle > 0 && now - seen.call_when < SLICE_NS {
            return false;
        }
        self.retake(p, token)
    }
}

/// What a look found.
#[derive(Default)]
struct Look {
    busy: bool,
    retook: bool,
}
