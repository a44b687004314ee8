//! The monitor: a thread without a P that sees what no goroutine would say.
//!
//! Go counterpart: `proc.go` (`sysmon`, `retake`).
//!
//! It ends time slices, starts a collection after two minutes without one, and prints dumps if asked. It
//! sleeps while no P is busy.

use crate::p::request;
use crate::sched::Sched;
use gort_protocols::p_status::PState;
use gort_sys::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A goroutine may run this long while others wait.
const SLICE_NS: i64 = 10_000_000;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);
/// Between two looks while nothing runs.
const IDLE_LOOK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Default)]
struct Seen {
    tick: u32,
    when: i64,
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
        let mut last_dump = clock::nanotime();
        let quits = gort_sys::signal::quits();
        while !self.is_ending() {
            let now = clock::nanotime();
            let busy = self.end_time_slices(&mut seen, now);
            self.force_gc_if_due(now);
            if self.dump_every_ms > 0 && now - last_dump >= self.dump_every_ms as i64 * 1_000_000 {
                last_dump = now;
                self.dump(gort_sys::fd::STDERR);
            }
            // Relaxed: a switch.
            if self.watches_quit.load(Ordering::Relaxed) && gort_sys::signal::quits() != quits {
                self.dump(gort_sys::fd::STDERR);
                self.hooks.quit(self);
            }
            if busy || self.dump_every_ms > 0 {
                self.sysmon_note.sleep_timeout(LOOK);
            } else {
                self.sysmon_idle.store(true, Ordering::SeqCst);
                if self.any_p_busy() {
                    self.sysmon_idle.store(false, Ordering::SeqCst);
                    continue;
                }
                self.sysmon_note.sleep_timeout(IDLE_LOOK);
                self.sysmon_idle.store(false, Ordering::SeqCst);
            }
            if !self.is_ending() {
                self.sysmon_note.clear();
            }
        }
    }

    fn any_p_busy(&self) -> bool {
        let mut busy = false;
        self.each_p(|p| busy |= p.status.state() == PState::Running);
        busy
    }

    /// Wakes the monitor if it sleeps because nothing ran.
    pub(crate) fn sysmon_wake(&self) {
        if self.sysmon_idle.load(Ordering::SeqCst) {
            self.sysmon_note.wakeup();
        }
    }

    /// Asks goroutines that run for too long to yield. Is any P busy?
    fn end_time_slices(&self, seen: &mut Vec<Seen>, now: i64) -> bool {
        let mut busy = false;
        self.each_p(|p| {
            let i = p.id as usize;
            if seen.len() <= i {
                seen.resize(i + 1, Seen::default());
            }
            if p.status.state() != PState::Running {
                return;
            }
            busy = true;
            // Relaxed: a hint.
            let tick = p.tick.load(Ordering::Relaxed);
            if seen[i].tick != tick {
                seen[i] = Seen { tick, when: now };
            } else if now - seen[i].when >= SLICE_NS {
                p.request(request::YIELD);
            }
        });
        busy
    }
}
