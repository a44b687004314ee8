//! GODEBUG=schedtrace=N and scheddetail=1: the scheduler's state every N milliseconds, in Go's form.
//!
//! Go counterpart: `proc.go` (`schedtrace`).

use crate::sched::Sched;
use gort_protocols::g_status::GState;
use std::fmt::Write;
use std::sync::atomic::Ordering;

impl Sched {
    /// Writes one trace to standard error.
    pub(crate) fn trace(&self, since_start_ms: i64) {
        let text = self.trace_text(since_start_ms);
        gort_sys::fd::write_all(gort_sys::fd::STDERR, text.as_bytes());
    }

    fn trace_text(&self, since_start_ms: i64) -> String {
        let mut out = String::new();
        let (searching, idle) = self.spinning.counts();
        let (threads, idle_threads, locked, stop_wait, monitor_sleeps) = {
            let lists = self.lists.lock();
            (
                lists.alive_ms,
                lists.idle_ms.len(),
                lists.locked_ms.len(),
                lists.stop_wait,
                lists.monitor_sleeps,
            )
        };
        let _ = write!(
            out,
            "SCHED {since_start_ms}ms: gomaxprocs={} idleprocs={idle} threads={} spinningthreads={searching} needspinning=0 idlethreads={idle_threads} runqueue={}",
            self.procs(),
            // The monitor is a thread too.
            threads + 1,
            // Relaxed (all of this file): for display.
            self.global_len.load(Ordering::Relaxed),
        );
        if self.trace_detail {
            let _ = writeln!(
                out,
                " gcwaiting={} nmidlelocked={locked} stopwait={stop_wait} sysmonwait={monitor_sleeps}",
                self.stop_wished(),
            );
            self.trace_details(&mut out);
            return out;
        }
        let (mut queues, mut ticks) = (String::new(), String::new());
        self.each_p(|p| {
            let _ = write!(queues, " {}", p.runq.len());
            // Relaxed: for display.
            let _ = write!(ticks, "{} ", p.tick.load(Ordering::Relaxed));
        });
        let _ = writeln!(out, " [{queues} ] schedticks=[ {ticks}]");
        out
    }

    fn trace_details(&self, out: &mut String) {
        self.each_p(|p| {
            let _ = writeln!(
                out,
                "  P{}: status={} schedtick={} syscalltick={} m={} runqsize={} gfreecnt=0 timerslen={}",
                p.id,
                p.status.state() as u32,
                // Relaxed: for display.
                p.tick.load(Ordering::Relaxed),
                p.status.calls(),
                p.m(),
                p.runq.len(),
                p.times.len(),
            );
        });
        let ms = self.lists.lock().ms.clone();
        let or_nil = |n: Option<u64>| n.map_or_else(|| "nil".to_owned(), |n| n.to_string());
        for m in ms {
            let _ = writeln!(
                out,
                "  M{}: p={} curg={} mallocing=0 throwing=0 preemptoff= locks={} dying=0 spinning={} blocked={} lockedg={}",
                m.id,
                or_nil(m.try_p().map(|p| u64::from(p.id))),
                or_nil(m.g().map(|g| g.goid())),
                m.try_p().map_or(0, |p| p.pins()),
                m.searching.get(),
                m.try_p().is_none(),
                or_nil(m.locked_g.get().map(|g| g.goid())),
            );
        }
        self.each_g(|g| {
            let state = g.status.view().state;
            if state != GState::Dead {
                let m = or_nil(g.locked_m().map(|m| u64::from(m.id)));
                let reason = g.wait_reason().text();
                let _ = writeln!(out, "  G{}: status={}({reason}) m=nil lockedm={m}", g.goid(), state as u32);
            }
        });
    }
}
