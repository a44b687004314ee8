//! How many Ps there are if nobody says: CPUs by affinity and by the limits of control groups, looked at again
//! from time to time.
//!
//! Go counterpart: `proc.go` (`defaultGOMAXPROCS`, `sysmonUpdateGOMAXPROCS`).

use crate::current::Current;
use crate::native::system_stack;
use crate::sched::Sched;
use std::sync::atomic::Ordering;

/// A limit below this many CPUs does not count: with one P the collector would stop everything.
const LIMIT_MIN: usize = 2;

/// GOMAXPROCS by default.
pub fn default_procs() -> usize {
    procs_for(gort_sys::cpu::cpu_count(), gort_sys::cgroup::cpu_limit())
}

fn procs_for(cpus: usize, limit: Option<f64>) -> usize {
    match limit {
        Some(limit) => cpus.min((limit.ceil() as usize).max(LIMIT_MIN)),
        None => cpus,
    }
}

impl Sched {
    /// The monitor, once in a while: the CPUs or their limit may have changed.
    pub(crate) fn update_procs(&self) {
        // Relaxed: a switch.
        if !self.follows_cpus.load(Ordering::Relaxed) {
            return;
        }
        let wanted = default_procs();
        if wanted != self.procs() {
            self.spawn_native("runtime.updateMaxProcs", move || {
                system_stack(|| Current::get().change_procs(wanted));
            });
        }
    }
}

impl Current<'_> {
    /// The program sets GOMAXPROCS: it does not follow the CPUs any more.
    pub fn gomaxprocs(&self, n: usize) -> usize {
        if n > 0 {
            // Relaxed: a switch.
            self.sched().follows_cpus.store(false, Ordering::Relaxed);
        }
        self.change_procs(n)
    }

    /// GOMAXPROCS is the default, and follows the CPUs.
    pub fn default_gomaxprocs(&self) {
        // Relaxed: a switch.
        self.sched().follows_cpus.store(true, Ordering::Relaxed);
        self.change_procs(default_procs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_round_up_but_not_below_two() {
        assert_eq!(procs_for(8, None), 8);
        assert_eq!(procs_for(8, Some(2.5)), 3);
        assert_eq!(procs_for(8, Some(0.5)), 2);
        assert_eq!(procs_for(1, Some(0.5)), 1);
        assert_eq!(procs_for(4, Some(16.0)), 4);
    }
}
