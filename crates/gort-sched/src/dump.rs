//! A dump of every G, M and P: for hangs, for broken invariants, for GODEBUG=schedtrace.
//!
//! It takes no lock for long and waits for nobody: what it shows may be of different instants.

use crate::sched::Sched;
use gort_protocols::g_status::GState;
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Sched {
    /// Writes the state of everything to a file descriptor.
    pub fn dump(&self, fd: i32) {
        gort_sys::fd::write_all(fd, self.dump_text().as_bytes());
    }

    /// The state of everything, as text.
    pub fn dump_text(&self) -> String {
        let mut out = String::new();
        let (searching, idle) = self.spinning.counts();
        let _ = writeln!(
            out,
            "SCHED procs={} searching={searching} idleprocs={idle} globalq={} live={} stop={} world={} ragged_wait={} barrier={} gc_wishes={}",
            self.procs(),
            // Relaxed (all of this file): for display.
            self.global_len.load(Ordering::Relaxed),
            self.num_goroutine(),
            self.stop_wished(),
            self.world.len(),
            // Relaxed: for display.
            self.ragged_wait.load(Ordering::Relaxed),
            self.collector().barrier_on(),
            // Relaxed: for display.
            self.gc_wishes.load(Ordering::Relaxed),
        );
        self.dump_ps(&mut out);
        self.dump_ms(&mut out);
        self.dump_gs(&mut out);
        out
    }

    fn dump_ps(&self, out: &mut String) {
        self.each_p(|p| {
            let _ = writeln!(
                out,
                "  P{}: {:?} m={} tick={} runq={} requests={:#x} ragged={} in_place={} g={} worker_parked={}",
                p.id,
                p.status.state(),
                p.m(),
                // Relaxed: for display.
                p.tick.load(Ordering::Relaxed),
                p.runq.len(),
                // Relaxed: for display.
                p.requests.load(Ordering::Relaxed),
                // Relaxed: for display.
                p.ragged.load(Ordering::Relaxed),
                p.in_place.get(),
                p.current().map_or(0, |g| g.goid()),
                // Relaxed: for display.
                p.worker_parked.load(Ordering::Relaxed),
            );
        });
    }

    fn dump_ms(&self, out: &mut String) {
        let Some(lists) = self.lists.try_lock() else {
            let _ = writeln!(out, "  (lists locked)");
            return;
        };
        let idle: Vec<u32> = lists.idle_ms.iter().map(|m| m.id).collect();
        let _ = writeln!(
            out,
            "  stop_wait={} alive_ms={} idle_ms={idle:?} idle_ps={:?}",
            lists.stop_wait, lists.alive_ms, lists.idle_ps
        );
        for m in &lists.ms {
            let _ = writeln!(
                out,
                "  M{}: p={} g={} searching={} scanning={}",
                m.id,
                m.try_p().map_or(-1, |p| i64::from(p.id)),
                m.g().map_or(0, |g| g.goid()),
                m.searching.get(),
                m.scanning.get(),
            );
        }
    }

    fn dump_gs(&self, out: &mut String) {
        for g in (0..self.all_gs.len()).map(|i| self.all_gs.get(i)) {
            let view = g.status.view();
            if view.state == GState::Dead {
                continue;
            }
            let _ = writeln!(
                out,
                "  G{}: {:?}({}){}{}{} p={} {}",
                g.goid(),
                view.state,
                g.wait_reason().text(),
                if view.scan { " scan" } else { "" },
                if view.stop { " stop" } else { "" },
                if view.pinned { " pinned" } else { "" },
                // Relaxed: for display.
                g.p.load(Ordering::Relaxed) as i32,
                g.name(),
            );
        }
    }
}

/// Prints a dump and ends the process if it is not dropped in time: for tests that may hang.
pub struct Watchdog {
    done: std::sync::Arc<gort_sync::Note>,
}

impl Watchdog {
    /// Starts watching.
    pub fn start(sched: &std::sync::Arc<Sched>, limit: Duration) -> Self {
        let done = std::sync::Arc::new(gort_sync::Note::new());
        let (note, weak) = (done.clone(), std::sync::Arc::downgrade(sched));
        let spawned = gort_sys::thread::spawn("gort-watchdog".into(), 128 << 10, move || {
            if note.sleep_timeout(limit) {
                return;
            }
            let text = weak.upgrade().map_or_else(String::new, |s| s.dump_text());
            gort_sys::fd::write_all(gort_sys::fd::STDERR, b"WATCHDOG: no progress\n");
            gort_sys::fd::write_all(gort_sys::fd::STDERR, text.as_bytes());
            gort_sys::process::exit(3);
        });
        drop(spawned);
        Self { done }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.done.wakeup();
    }
}
