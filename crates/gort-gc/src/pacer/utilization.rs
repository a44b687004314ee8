//! A quarter of the CPU, as whole Ps and a rest.

use super::goal::GOAL_SHARE;

/// Who marks in the background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Ps that only mark.
    pub dedicated: usize,
    /// Share of its time that every other P marks.
    pub fractional: f64,
}

/// Rounds to whole Ps when that is off by at most 30 %; else rounds down and lets every P do a little.
pub fn split(procs: usize) -> Share {
    let goal = procs as f64 * GOAL_SHARE;
    let rounded = (goal + 0.5).floor();
    if (rounded / goal - 1.0).abs() <= 0.3 {
        return Share { dedicated: rounded as usize, fractional: 0.0 };
    }
    let dedicated = if rounded > goal { rounded - 1.0 } else { rounded };
    Share { dedicated: dedicated as usize, fractional: (goal - dedicated) / procs as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_every_machine() {
        for procs in 1..200 {
            let share = split(procs);
            let total = share.dedicated as f64 + share.fractional * procs as f64;
            let goal = procs as f64 * GOAL_SHARE;
            assert!((total / goal - 1.0).abs() <= 0.3, "{procs}: {share:?}");
        }
        assert_eq!(split(1), Share { dedicated: 0, fractional: 0.25 });
        assert_eq!(split(2), Share { dedicated: 0, fractional: 0.25 });
        assert_eq!(split(4), Share { dedicated: 1, fractional: 0.0 });
        assert_eq!(split(8), Share { dedicated: 2, fractional: 0.0 });
    }
}
