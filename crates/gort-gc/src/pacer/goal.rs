//! How big the heap may grow, and when the next cycle has to start to end there.

/// Smallest heap goal at `GOGC=100`.
pub const MIN_HEAP: u64 = 4 << 20;

/// The heap may always grow by so much.
const MIN_WAY: u64 = 64 << 10;

/// Share of the CPU that marking is meant to use.
pub const GOAL_SHARE: f64 = 0.25;

/// What the last cycle left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapFacts {
    /// Bytes of live objects.
    pub marked: u64,
    /// Bytes of stacks.
    pub stack_bytes: u64,
    /// Bytes of globals with pointers.
    pub globals_bytes: u64,
}

/// Sizes of the heap at which a cycle should end and start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// End.
    pub goal: u64,
    /// Start.
    pub trigger: u64,
}

/// The goal is the lesser of the one of `percent` and `limit_goal`, that of the memory limit.
///
/// The goal grows with everything that has to be scanned; the trigger lies `runway` bytes before it, but
/// not in the first 70 % or the last 5 % of the way.
pub fn target(percent: i32, facts: &HeapFacts, runway: u64, limit_goal: u64) -> Target {
    let goal = percent_goal(percent, facts).min(limit_goal.max(facts.marked + MIN_WAY));
    if goal == u64::MAX {
        return Target { goal, trigger: goal };
    }
    let way = goal - facts.marked;
    let earliest = facts.marked + way / 10 * 7;
    let latest = facts.marked + way / 20 * 19;
    Target { goal, trigger: goal.saturating_sub(runway).clamp(earliest, latest) }
}

fn percent_goal(percent: i32, facts: &HeapFacts) -> u64 {
    let Ok(percent) = u64::try_from(percent) else { return u64::MAX };
    let roots = facts.stack_bytes + facts.globals_bytes;
    let growth = u128::from(facts.marked + roots) * u128::from(percent) / 100;
    let goal = facts.marked.saturating_add(u64::try_from(growth).unwrap_or(u64::MAX));
    goal.max(MIN_HEAP * percent / 100).max(facts.marked + MIN_WAY)
}

/// Bytes allocated per byte scanned, had the program and marking the same share of the CPU.
pub fn cons_mark(allocated: u64, scanned: u64, gc_share: f64) -> f64 {
    let gc_share = gc_share.clamp(0.05, 0.9);
    allocated as f64 * gc_share / (scanned as f64 * (1.0 - gc_share))
}

/// Bytes the program will allocate while `work` is scanned at the goal's share of the CPU.
pub fn runway(cons_mark: f64, work: u64) -> u64 {
    (cons_mark * (1.0 - GOAL_SHARE) / GOAL_SHARE * work as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_as_go_states_them() {
        let facts = |marked| HeapFacts { marked, ..HeapFacts::default() };
        assert_eq!(target(100, &facts(0), 0, u64::MAX).goal, 4 << 20);
        assert_eq!(target(50, &facts(0), 0, u64::MAX).goal, 2 << 20);
        assert_eq!(target(100, &facts(100 << 20), 0, u64::MAX).goal, 200 << 20);
        assert_eq!(target(10, &facts(100 << 20), 0, u64::MAX).goal, 110 << 20);
        assert_eq!(target(-1, &facts(1), 0, u64::MAX).trigger, u64::MAX);
        let with_roots = HeapFacts { marked: 100, stack_bytes: 30 << 20, globals_bytes: 10 << 20 };
        assert_eq!(target(100, &with_roots, 0, u64::MAX).goal, 200 + (40 << 20));
    }

    #[test]
    fn the_limit_wins_when_it_is_lower() {
        let facts = HeapFacts { marked: 100 << 20, ..HeapFacts::default() };
        assert_eq!(target(100, &facts, 0, 150 << 20).goal, 150 << 20);
        assert_eq!(target(-1, &facts, 0, 150 << 20).goal, 150 << 20);
        assert_eq!(target(100, &facts, 0, 500 << 20).goal, 200 << 20);
        let tight = target(100, &facts, 0, 50 << 20);
        assert!(tight.goal > facts.marked && tight.trigger < tight.goal, "below what is live: {tight:?}");
    }

    #[test]
    fn trigger_stays_between_its_bounds() {
        let facts = HeapFacts { marked: 100, ..HeapFacts::default() };
        for runway in [0, 1, 1 << 20, 3 << 20, u64::MAX] {
            let t = target(100, &facts, runway, u64::MAX);
            let way = t.goal - 100;
            assert!(t.trigger >= 100 + way / 10 * 7 && t.trigger <= 100 + way / 20 * 19, "{runway}: {t:?}");
        }
    }
}
