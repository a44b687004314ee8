//! A scheduler for shuttle whose every decision follows from a seed, the kind of schedule included.
//!
//! Three kinds, since bugs hide from each: uniform (every step anybody), long stays (a thread goes on for a while, so that
//! others stand still in the middle of something), and priorities that change at a few random steps (Burckhardt et al.,
//! ASPLOS 2010), which find what needs few but far switches.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64 (Steele, Lea, Flood, 2014).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// No task makes more steps than this while others could.
const STREAK: u32 = 1000;

#[derive(Debug)]
enum Kind {
    Uniform,
    /// Goes on with this many chances to one.
    Stay(usize),
    /// Highest first; at these steps, and when it yields, the one that runs becomes the lowest.
    Priorities(Vec<u64>),
}

#[derive(Debug)]
pub struct Chance {
    seed: u64,
    started: bool,
    random: Random,
    kind: Kind,
    /// By task; higher runs first.
    priorities: Vec<i64>,
    lowest: i64,
    step: u64,
    /// Steps of the same task one after the other.
    streak: u32,
    trace: Arc<AtomicU64>,
}

impl Chance {
    /// `trace` becomes a number for the schedule.
    pub fn new(seed: u64, trace: Arc<AtomicU64>) -> Self {
        let mut random = Random::new(seed);
        let kind = match random.below(3) {
            0 => Kind::Uniform,
            1 => Kind::Stay(2 << random.below(6)),
            _ => {
                let horizon = 64 << random.below(9);
                let changes = 1 + random.below(6);
                Kind::Priorities((0..changes).map(|_| random.below(horizon) as u64).collect())
            }
        };
        Self {
            seed,
            started: false,
            random,
            kind,
            priorities: Vec::new(),
            lowest: 0,
            step: 0,
            streak: 0,
            trace,
        }
    }

    fn stays(&mut self, among: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let current = current.filter(|c| !yields && among.iter().any(|t| t.id() == *c))?;
        match self.kind {
            Kind::Stay(chances) if self.random.below(chances) != 0 => Some(current),
            _ => None,
        }
    }

    fn by_priority(&mut self, among: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        let Kind::Priorities(changes) = &self.kind else { return None };
        let lowers = yields || changes.contains(&self.step);
        let highest = among.iter().map(|t| usize::from(t.id())).max()?;
        while self.priorities.len() <= highest {
            self.priorities.push(1 + (self.random.next() >> 2) as i64);
        }
        if let Some(current) = current.filter(|_| lowers) {
            self.lowest -= 1;
            self.priorities[usize::from(current)] = self.lowest;
        }
        among.iter().map(|t| t.id()).max_by_key(|t| self.priorities[usize::from(*t)])
    }
}

impl Scheduler for Chance {
    fn new_execution(&mut self) -> Option<Schedule> {
        (!std::mem::replace(&mut self.started, true)).then(|| Schedule::new(self.seed))
    }

    fn next_task(&mut self, among: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.step += 1;
        // A loop that waits without saying so.
        let yields = yields || self.streak >= STREAK;
        let next = self
            .stays(among, current, yields)
            .or_else(|| self.by_priority(among, current, yields))
            .unwrap_or_else(|| among[self.random.below(among.len())].id());
        self.streak = if Some(next) == current && !yields { self.streak + 1 } else { 0 };
        let trace = self.trace.load(Ordering::Relaxed);
        let mixed = (trace.rotate_left(5) ^ usize::from(next) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.trace.store(mixed, Ordering::Relaxed);
        Some(next)
    }

    fn next_u64(&mut self) -> u64 {
        self.random.next()
    }
}
