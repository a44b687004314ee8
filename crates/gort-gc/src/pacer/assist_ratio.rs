//! How much scanning an allocated byte costs, so that marking ends before the heap reaches its goal.

/// The state of a cycle.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Scan work expected in all.
    pub expected: u64,
    /// The most there can be.
    pub most: u64,
    /// Done so far.
    pub done: u64,
    /// Heap bytes now.
    pub live: u64,
    /// Heap bytes at which marking should be over.
    pub goal: u64,
}

/// Least work to assume, so that the end of a cycle is never free.
const MIN_WORK: u64 = 1000;

/// Scan bytes per allocated byte.
pub fn assist_ratio(p: Progress) -> f64 {
    let (mut goal, mut work) = (p.goal, p.expected);
    if p.live > goal || p.done > work {
        // The estimate was wrong: assume the worst, and allow a tenth more heap.
        goal = goal.saturating_add(goal / 10);
        work = p.most.max(p.done);
    }
    let work_left = work.saturating_sub(p.done).max(MIN_WORK);
    let heap_left = goal.saturating_sub(p.live).max(1);
    (work_left as f64 / heap_left as f64).min(1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_as_the_goal_comes_near() {
        let at = |live, done| {
            assist_ratio(Progress { expected: 100_000, most: 400_000, done, live, goal: 1_000_000 })
        };
        assert!(at(900_000, 0) > at(500_000, 0));
        assert!(at(900_000, 90_000) < at(900_000, 0));
        assert_eq!(at(500_000, 0), 0.2);
        assert!(at(1_050_000, 0) > 7.0, "past the goal the worst is assumed");
        assert!(at(u64::MAX, 0) <= 1000.0);
    }
}
