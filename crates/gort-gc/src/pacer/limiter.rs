//! The CPU limiter: collecting gets at most half of the CPU for long, whatever the memory limit asks.
//!
//! A bucket that collecting fills and the program drains, a nanosecond of CPU each; it holds one second per P. While it is
//! full, allocations do not assist: the heap passes the limit rather than let the program stand still.
//!
//! Go counterpart: `mgclimit.go`.

/// Nanoseconds of credit per P.
const CAPACITY_PER_PROC_NS: u64 = 1_000_000_000;

/// See the file's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limiter {
    fill_ns: u64,
    /// Collecting that found the bucket full, in all.
    overflow_ns: u64,
    last_ns: u64,
    last_gc_ns: u64,
    last_idle_ns: u64,
    limiting: bool,
    last_enabled: u64,
}

/// What has been used so far, since the program started.
#[derive(Clone, Copy, Debug)]
pub struct CpuUsed {
    /// Now.
    pub now_ns: u64,
    /// CPU time of collecting, but for idle time.
    pub gc_ns: u64,
    /// CPU time that nobody wanted, idle marking included.
    pub idle_ns: u64,
    /// Number of Ps.
    pub procs: usize,
}

impl Limiter {
    /// Counts what was used since the last call; is collecting to be limited now?
    pub fn update(&mut self, used: CpuUsed) -> bool {
        let capacity = used.procs as u64 * CAPACITY_PER_PROC_NS;
        let passed = used.now_ns.saturating_sub(self.last_ns) * used.procs as u64;
        let gc = used.gc_ns.saturating_sub(self.last_gc_ns);
        let idle = used.idle_ns.saturating_sub(self.last_idle_ns);
        if self.last_ns != 0 {
            self.account(gc, passed.saturating_sub(gc).saturating_sub(idle), capacity);
        }
        self.last_ns = used.now_ns;
        self.last_gc_ns = used.gc_ns;
        self.last_idle_ns = used.idle_ns;
        self.fill_ns >= capacity
    }

    fn account(&mut self, gc: u64, program: u64, capacity: u64) {
        let fill = (self.fill_ns + gc).saturating_sub(program);
        self.overflow_ns += fill.saturating_sub(capacity);
        self.fill_ns = fill.min(capacity);
    }

    /// Notes what `update` has said during a cycle.
    pub fn note(&mut self, limiting: bool, cycle: u64) {
        if limiting && !self.limiting {
            self.last_enabled = cycle;
        }
        self.limiting = limiting;
    }

    /// The cycle that limiting began in last; 0 if never.
    pub fn last_enabled(&self) -> u64 {
        self.last_enabled
    }

    /// Nanoseconds of collecting beyond the limit.
    pub fn overflow_ns(&self) -> u64 {
        self.overflow_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of 10 ms on 4 Ps with a share of collecting; when does limiting begin and end?
    fn steps(limiter: &mut Limiter, now: &mut u64, gc: &mut u64, share: f64, count: u32) -> u32 {
        (0..count)
            .filter(|_| {
                *now += 10_000_000;
                *gc += (4.0 * 10_000_000.0 * share) as u64;
                limiter.update(CpuUsed { now_ns: *now, gc_ns: *gc, idle_ns: 0, procs: 4 })
            })
            .count() as u32
    }

    #[test]
    fn half_is_the_most_for_long() {
        let (mut limiter, mut now, mut gc) = (Limiter::default(), 1, 0);
        assert_eq!(steps(&mut limiter, &mut now, &mut gc, 0.25, 10_000), 0);
        assert_eq!(steps(&mut limiter, &mut now, &mut gc, 0.5, 10_000), 0);
        // All of the CPU: full after four CPU seconds, a second of the clock.
        assert_eq!(steps(&mut limiter, &mut now, &mut gc, 1.0, 99), 0);
        assert_eq!(steps(&mut limiter, &mut now, &mut gc, 1.0, 100), 100);
        assert!(limiter.overflow_ns() > 3_900_000_000);
        assert_eq!(steps(&mut limiter, &mut now, &mut gc, 0.4, 10), 0, "it drains at once below a half");
    }

    #[test]
    fn idle_time_is_nobodys() {
        let mut limiter = Limiter::default();
        for (limiting, cycle, last) in
            [(false, 1, 0), (true, 2, 2), (true, 3, 2), (false, 4, 2), (true, 5, 5)]
        {
            limiter.note(limiting, cycle);
            assert_eq!(limiter.last_enabled(), last);
        }
        let used = |now_ns, gc_ns, idle_ns| CpuUsed { now_ns, gc_ns, idle_ns, procs: 2 };
        limiter.update(used(1, 0, 0));
        // One P collects, the other is idle.
        assert!(limiter.update(used(2_000_000_001, 2_000_000_000, 2_000_000_000)));
    }
}
