//! The block and mutex profiles: where goroutines waited, and who made them wait.
//!
//! An event is counted under the stack it happened on. Frames of package runtime and of the insides of locks are left out, so
//! that a stack begins with the operation as the program wrote it: `runtime.chanrecv1`, `sync.(*Mutex).Unlock`.
//!
//! Go counterpart: `runtime/mprof.go` (blockevent, mutexevent, saveblockevent).

use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;

/// What an event adds up to.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    ns: f64,
}

/// One of the profiles.
#[derive(Debug)]
pub struct Contention {
    sums: Mutex<HashMap<Vec<usize>, Sum>>,
}

impl Default for Contention {
    fn default() -> Self {
        Self { sums: Mutex::new(LockRank::Leaf, HashMap::new()) }
    }
}

impl Contention {
    /// Counts events that took that long together.
    pub fn add(&self, stack: Vec<usize>, count: f64, ns: f64) {
        let mut sums = self.sums.lock();
        let sum = sums.entry(stack).or_default();
        sum.count += count;
        sum.ns += ns;
    }

    /// The records, each {words, count, nanoseconds, stack...}, if they fit; how many words they take.
    pub fn read(&self, to: &mut [u64]) -> usize {
        let sums = self.sums.lock();
        let words = sums.keys().map(|stack| HEAD + stack.len()).sum();
        if words <= to.len() {
            let records = sums.iter().flat_map(|(stack, sum)| {
                let head = [(HEAD + stack.len()) as u64, sum.count as u64, sum.ns as u64];
                head.into_iter().chain(stack.iter().map(|pc| *pc as u64))
            });
            to.iter_mut().zip(records).for_each(|(slot, word)| *slot = word);
        }
        words
    }
}

/// Words of a record before its stack.
const HEAD: usize = 3;

/// Which events of a blocking profile with one sample in `rate` nanoseconds count, and as how many. `random` is any number.
pub fn weigh(ns: u64, rate: u64, random: u64) -> Option<(f64, f64)> {
    match rate {
        0 => None,
        _ if ns >= rate => Some((1.0, ns as f64)),
        _ if random % rate > ns => None,
        // It stands for those that were not taken.
        _ => Some((rate as f64 / ns.max(1) as f64, rate as f64)),
    }
}

/// Is a call of this name no operation of the program?
pub fn is_inside(name: &str) -> bool {
    match name.strip_prefix("runtime.") {
        Some(own) => !matches!(own, "chansend1" | "chanrecv1" | "chanrecv2" | "selectgo" | "closechan"),
        None => {
            ["sync.runtime_", "internal/sync.", "internal/poll.runtime_"].iter().any(|p| name.starts_with(p))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_a_stack_add_up() {
        let profile = Contention::default();
        profile.add(vec![1, 2], 1.0, 10.0);
        profile.add(vec![1, 2], 2.0, 5.0);
        let mut to = [0; 5];
        assert_eq!(profile.read(&mut to[..3]), 5);
        assert_eq!(to, [0; 5]);
        assert_eq!(profile.read(&mut to), 5);
        assert_eq!(to, [5, 3, 15, 1, 2]);
    }

    #[test]
    fn short_events_stand_for_others() {
        assert_eq!(weigh(100, 0, 0), None);
        assert_eq!(weigh(100, 10, 99), Some((1.0, 100.0)));
        assert_eq!(weigh(10, 100, 11), None);
        assert_eq!(weigh(10, 100, 10), Some((10.0, 100.0)));
    }

    #[test]
    fn stacks_begin_with_the_operation() {
        assert!(is_inside("runtime.acquire") && is_inside("internal/sync.(*Mutex).lockSlow"));
        assert!(!is_inside("runtime.chanrecv1") && !is_inside("sync.(*Mutex).Lock") && !is_inside("main.f"));
    }
}
