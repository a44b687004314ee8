//! What the environment says: `GOGC`, `GOMEMLIMIT` and the collector's part of `GODEBUG`.

use crate::pacer::memory::parse_limit;

/// Who marks besides the background workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssistPolicy {
    /// Allocations pay for what they take, and wait if they cannot: the heap keeps to its goal.
    #[default]
    On,
    /// Allocations pay, but never more than a bounded stretch of marking at a time, and never wait: pauses of a goroutine are
    /// short, and the heap may pass its goal.
    Capped,
    /// Allocations do not mark.
    Off,
}

/// Settings of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// `GOGC`: growth in percent until the next cycle; negative is off.
    pub gc_percent: i32,
    /// `GOMEMLIMIT` in bytes, none if not set: then the control group's limit holds.
    pub memory_limit: Option<u64>,
    /// `gctrace=1`: one line per cycle on standard error.
    pub gc_trace: bool,
    /// `gccheckmark=1`: trace again with the world stopped, and compare.
    pub check_mark: bool,
    /// `gcstoptheworld=1`: mark with the world stopped.
    pub stop_the_world: bool,
    /// `clobberfree=1`: overwrite freed objects.
    pub clobber_free: bool,
    /// `gcassist=on|capped|off`: see there.
    pub assist: AssistPolicy,
    /// `gcidleoff=1`: idle Ps do not mark.
    pub idle_off: bool,
    /// `gcevery=N`: a whole cycle at every Nth slow allocation; 0 is never.
    pub every: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gc_percent: 100,
            memory_limit: None,
            gc_trace: false,
            check_mark: false,
            stop_the_world: false,
            clobber_free: false,
            assist: AssistPolicy::On,
            idle_off: false,
            every: 0,
        }
    }
}

impl Config {
    /// Reads the values of the variables; what is not understood is ignored, as Go does (but for GOMEMLIMIT, which the
    /// caller checks).
    pub fn from_env(gogc: Option<&str>, memory_limit: Option<&str>, godebug: Option<&str>) -> Self {
        let mut config = Self { memory_limit: memory_limit.and_then(parse_limit), ..Self::default() };
        match gogc {
            Some("off") => config.gc_percent = -1,
            Some(text) => config.gc_percent = text.parse().unwrap_or(100),
            None => {}
        }
        for setting in godebug.unwrap_or("").split(',') {
            let Some((name, value)) = setting.split_once('=') else { continue };
            let text = value.trim();
            let value = text.parse::<u32>().unwrap_or(0);
            let on = value != 0;
            match name.trim() {
                "gctrace" => config.gc_trace = on,
                "gccheckmark" => config.check_mark = on,
                "gcstoptheworld" => config.stop_the_world = on,
                "clobberfree" => config.clobber_free = on,
                "gcassist" => match text {
                    "on" => config.assist = AssistPolicy::On,
                    "capped" => config.assist = AssistPolicy::Capped,
                    "off" => config.assist = AssistPolicy::Off,
                    _ => {}
                },
                "gcidleoff" => config.idle_off = on,
                "gcevery" => config.every = value,
                _ => {}
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_variables() {
        let config =
            Config::from_env(Some("off"), None, Some("gctrace=1,gccheckmark=1,madvdontneed=1,gcevery=7"));
        assert!(config.gc_percent < 0 && config.gc_trace && config.check_mark && !config.clobber_free);
        assert_eq!(config.every, 7);
        assert_eq!(Config::from_env(None, None, Some("gcassist=capped")).assist, AssistPolicy::Capped);
        assert_eq!(Config::from_env(Some("50"), Some("1GiB"), None).memory_limit, Some(1 << 30));
        assert_eq!(Config::from_env(None, None, Some("")), Config::default());
    }
}
