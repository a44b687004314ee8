//! The soft memory limit: how big the heap may grow so that all memory together stays below it.
//!
//! Go counterpart: `mgcpacer.go` (`memoryLimitHeapGoal`).

/// No limit.
pub const NO_LIMIT: u64 = i64::MAX as u64;

/// At least so much of the limit is kept back, because what is counted is behind what is used.
const HEADROOM_MIN: u64 = 1 << 20;
/// In per cent of the goal.
const HEADROOM_PERCENT: u64 = 3;
/// A control group's limit holds for more than what the runtime counts: a tenth is left.
const CGROUP_HEADROOM: u64 = 10;

/// Memory as it is now, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryFacts {
    /// In objects.
    pub objects: u64,
    /// In free heap pages that are resident.
    pub free: u64,
    /// Everything that is resident: objects, free pages, what spans waste, stacks, the runtime's own.
    pub mapped: u64,
}

/// The heap's goal under the limit, not below what is live.
pub fn limit_goal(limit: u64, memory: &MemoryFacts, marked: u64) -> u64 {
    if limit >= NO_LIMIT {
        return u64::MAX;
    }
    let not_objects = memory.mapped.saturating_sub(memory.free).saturating_sub(memory.objects);
    let overage = memory.mapped.saturating_sub(limit);
    let Some(goal) = limit.checked_sub(not_objects + overage) else { return marked };
    let headroom = (goal / 100 * HEADROOM_PERCENT).max(HEADROOM_MIN);
    goal.saturating_sub(headroom).max(marked)
}

/// What the default is in a control group that is limited.
pub fn limit_of_cgroup(limit: Option<u64>) -> u64 {
    limit.map_or(NO_LIMIT, |limit| limit - limit / CGROUP_HEADROOM)
}

/// Reads a value of `GOMEMLIMIT`: a number of bytes, perhaps with B, KiB, MiB, GiB or TiB, or `off`.
pub fn parse_limit(text: &str) -> Option<u64> {
    if text == "off" {
        return Some(NO_LIMIT);
    }
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return None,
    };
    let number = digits.parse::<i64>().ok().filter(|n| *n >= 0)?;
    number.checked_mul(1 << shift).map(|n| n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_variable() {
        let cases = [
            ("off", Some(NO_LIMIT)),
            ("0", Some(0)),
            ("123", Some(123)),
            ("5B", Some(5)),
            ("2KiB", Some(2048)),
            ("3MiB", Some(3 << 20)),
            ("1GiB", Some(1 << 30)),
            ("2TiB", Some(2 << 40)),
            ("", None),
            ("-1", None),
            ("1.5GiB", None),
            ("3MB", None),
            ("3K", None),
            ("KiB", None),
            ("99999999999TiB", None),
        ];
        for (text, value) in cases {
            assert_eq!(parse_limit(text), value, "{text:?}");
        }
    }

    #[test]
    fn everything_together_stays_below() {
        let memory = MemoryFacts { objects: 50 << 20, free: 10 << 20, mapped: 70 << 20 };
        let goal = limit_goal(100 << 20, &memory, 0);
        // 10 MiB are neither objects nor free; 3 % of the rest are kept back.
        assert!(goal > 87 << 20 && goal < 90 << 20, "{goal}");
        assert_eq!(limit_goal(NO_LIMIT, &memory, 0), u64::MAX);
        assert_eq!(limit_goal(5 << 20, &memory, 30 << 20), 30 << 20, "what is live is live");
        let over = MemoryFacts { mapped: 120 << 20, ..memory };
        assert!(limit_goal(100 << 20, &over, 0) < 21 << 20);
        assert_eq!(limit_of_cgroup(Some(1000)), 900);
        assert_eq!(limit_of_cgroup(None), NO_LIMIT);
    }
}
