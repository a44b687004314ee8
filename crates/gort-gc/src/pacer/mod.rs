//! When to start, how much to help: pure arithmetic over values (design decision D12).
//!
//! At the end of a cycle [`goal`] says how big the heap may grow, and at which size the next cycle has to
//! start so that it ends about there. At the start of marking [`utilization`] splits the 25 % of the CPU
//! that marking may use into whole Ps and a rest. While marking, [`assist_ratio`] says how much marking an
//! allocated byte costs. [`published`] holds the results where every P can read them.
//!
//! Go counterpart: `mgcpacer.go`.

pub mod assist_ratio;
pub mod goal;
pub mod limiter;
pub mod memory;
pub(crate) mod published;
pub mod utilization;

use goal::{HeapFacts, Target};
use memory::{MemoryFacts, NO_LIMIT};
use utilization::Share;

/// What is known when marking starts.
#[derive(Clone, Copy, Debug)]
pub struct MarkStart {
    /// Now.
    pub now_ns: u64,
    /// Heap bytes.
    pub live: u64,
    /// Heap bytes that have to be scanned if all of them are reachable.
    pub scannable: u64,
    /// Number of Ps.
    pub procs: usize,
}

/// What was decided at the start of marking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkPlan {
    /// Scan work to expect.
    pub expected_work: u64,
    /// The most there can be.
    pub most_work: u64,
    /// Who marks in the background.
    pub share: Share,
}

/// What is known when marking ends.
#[derive(Clone, Copy, Debug)]
pub struct MarkEnd {
    /// Now.
    pub now_ns: u64,
    /// Heap bytes, garbage included.
    pub live: u64,
    /// Bytes marked or allocated while marking.
    pub marked: u64,
    /// Bytes scanned.
    pub scan_work: u64,
    /// Share of the CPU that marking took, idle time excluded, 0 to 1.
    pub gc_share: f64,
    /// Bytes of stacks scanned.
    pub stack_bytes: u64,
    /// Bytes of globals scanned.
    pub globals_bytes: u64,
    /// All memory.
    pub memory: MemoryFacts,
}

/// What the pacer remembers from cycle to cycle.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    percent: i32,
    /// As the program set it.
    limit: Option<u64>,
    /// As the system sets it.
    system_limit: u64,
    /// Allocation per scan work while marking, at the share of the CPU each had.
    cons_mark: f64,
    /// Heap bytes when the running cycle was triggered.
    triggered: u64,
    /// Scan work of the last cycle.
    last_work: u64,
    last: HeapFacts,
}

impl Pacer {
    /// For `GOGC = percent`, negative for off.
    pub fn new(percent: i32) -> Self {
        Self {
            percent,
            limit: None,
            system_limit: NO_LIMIT,
            cons_mark: 0.0,
            triggered: 0,
            last_work: 0,
            last: HeapFacts::default(),
        }
    }

    /// Is `GOGC` on?
    pub fn is_on(&self) -> bool {
        self.percent >= 0
    }

    /// `GOGC`; negative is off.
    pub fn percent(&self) -> i32 {
        self.percent
    }

    /// Goal and trigger of an empty heap.
    pub fn first_target(&self) -> Target {
        goal::target(self.percent, &self.last, 0, u64::MAX)
    }

    /// Changes `GOGC`; returns the old value and the new target.
    pub fn set_percent(&mut self, percent: i32, memory: &MemoryFacts) -> (i32, Target) {
        let old = std::mem::replace(&mut self.percent, percent.max(-1));
        (old, self.target_now(memory))
    }

    /// Changes the memory limit, unless it is none; returns the old one.
    pub fn set_limit(&mut self, limit: Option<u64>) -> u64 {
        let old = self.limit.unwrap_or(NO_LIMIT);
        self.limit = limit.or(self.limit);
        old
    }

    /// The limit that the system sets; it holds as long as the program sets none.
    pub fn set_system_limit(&mut self, limit: u64) {
        self.system_limit = limit;
    }

    /// Does the system's limit hold?
    pub fn follows_system(&self) -> bool {
        self.limit.is_none()
    }

    /// The limit that holds.
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(self.system_limit)
    }

    /// Goal and trigger for memory as it is.
    pub fn target_now(&self, memory: &MemoryFacts) -> Target {
        let runway = goal::runway(self.cons_mark, self.last_work);
        let limit_goal = memory::limit_goal(self.limit(), memory, self.last.marked);
        goal::target(self.percent, &self.last, runway, limit_goal)
    }

    /// Plans a cycle.
    pub fn start_marking(&mut self, start: MarkStart) -> MarkPlan {
        self.triggered = start.live;
        let roots = self.last.stack_bytes + self.last.globals_bytes;
        MarkPlan {
            expected_work: self.last_work.clamp(1, (start.scannable + roots).max(1)),
            most_work: start.scannable + roots,
            share: utilization::split(start.procs),
        }
    }

    /// Learns from a cycle, and plans the next one's start.
    pub fn end_marking(&mut self, end: MarkEnd) -> Target {
        let allocated = end.live.saturating_sub(self.triggered);
        if end.scan_work > 0 {
            let now = goal::cons_mark(allocated, end.scan_work, end.gc_share);
            self.cons_mark = if self.cons_mark == 0.0 { now } else { (self.cons_mark * 3.0 + now) / 4.0 };
        }
        self.last_work = end.scan_work;
        self.last =
            HeapFacts { marked: end.marked, stack_bytes: end.stack_bytes, globals_bytes: end.globals_bytes };
        self.target_now(&end.memory)
    }
}

#[cfg(test)]
mod sim;
