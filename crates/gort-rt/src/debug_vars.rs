//! The environment variables that Go programs are run with. The embedder passes them in; a value that
//! means nothing is refused with a message, not ignored.
//!
//! `GODEBUG` is a list `name=value,...`. All its names, and who reads them:
//!
//! | name | meaning | read in |
//! |---|---|---|
//! | `gctrace=1` | a line for every collection | gort-gc/config.rs |
//! | `gccheckmark=1` | trace again with the world stopped, and compare | gort-gc/config.rs |
//! | `gcstoptheworld=1` | mark with the world stopped | gort-gc/config.rs |
//! | `clobberfree=1` | fill freed objects with a pattern | gort-gc/config.rs |
//! | `gcassist=on`, `capped`, `off` | marking by allocations: as much as they owe, a little at a time, none | gort-gc/config.rs |
//! | `gcshrinkstackoff=1`, `gcshrinkstack=1` | stacks never shrink, or whenever they can | here |
//! | `gcidleoff=1` | no marking by idle Ps | gort-gc/config.rs |
//! | `gcevery=N` | a collection at every Nth allocation that takes memory from the heap | gort-gc/config.rs |
//! | `schedtrace=N` | a line about the scheduler every N ms | here |
//! | `scheddetail=1` | with every P, M and G | here |
//! | `perfmap=1` | write `/tmp/perf-PID.map`, by which `perf report` names compiled functions | code/perf_map.rs |
//! | `gcstress=N` | zeal: a collection at every Nth zeal point | here, [`Zeal`] |
//! | `gcpoison=1` | zeal: `clobberfree=1`, a pattern in freed stacks, new objects are checked to be zero | here |
//! | `stackmove=1` | zeal: every entry stub moves the stack; the old place cannot be accessed | here |
//! | `stackmove=2` | zeal: as 1, at the first entry stub after a zeal point | here |
//! | `slotpoison=1` | zeal: compiled code fills dead slots of its frame with junk at each safepoint | gort/backend.rs |
//! | `schedseed=N` | zeal: goroutines yield at random zeal points, and chance decides what runs next; N is the seed, 0 takes one and prints it | here |
//!
//! A zeal point is an allocation or an operation on a channel (and, but for collections, the start of a
//! goroutine); with `stackmove=1` every entry of a function too.

use gort_stack::shrink::ShrinkPolicy;
use std::fmt;

/// Values of the environment variables, none where unset.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// `GOGC`
    pub gogc: Option<String>,
    /// `GOMEMLIMIT`
    pub gomemlimit: Option<String>,
    /// `GOMAXPROCS`
    pub gomaxprocs: Option<String>,
    /// `GODEBUG`
    pub godebug: Option<String>,
    /// `GOTRACEBACK`
    pub gotraceback: Option<String>,
}

/// Modes that make rare things frequent, for tests: `GODEBUG` (see the file's head).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zeal {
    /// `gcstress`: a collection at every Nth zeal point; 0 is never.
    pub gc_stress: u64,
    /// `gcpoison`: freed memory is filled with a pattern, new memory is checked.
    pub poison: bool,
    /// `stackmove=1`: at every entry stub.
    pub move_always: bool,
    /// `stackmove`: at all.
    pub stack_move: bool,
    /// `schedseed`: yield at random points.
    pub sched_seed: Option<u64>,
}

impl Zeal {
    /// Is anything on? Then every allocation comes to the runtime.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// How much a fatal error shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Traceback {
    /// The message only.
    None,
    /// The goroutine that failed; all of them if the runtime failed.
    Single,
    /// All goroutines.
    All,
    /// All goroutines, with the runtime's frames.
    System,
    /// As `System`, then SIGABRT.
    Crash,
}

impl Traceback {
    /// The level of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "" | "single" | "1" => Self::Single,
            "none" | "0" => Self::None,
            "all" => Self::All,
            "system" | "2" => Self::System,
            "crash" => Self::Crash,
            _ => return None,
        })
    }

    /// The level that was `as u8`.
    pub fn from_level(level: u8) -> Self {
        [Self::None, Self::Single, Self::All, Self::System]
            .get(usize::from(level))
            .copied()
            .unwrap_or(Self::Crash)
    }
}

/// A bad value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadVar(String);

impl fmt::Display for BadVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadVar {}

impl Env {
    /// The process's own variables.
    pub fn of_process() -> Self {
        let var = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        Self {
            gogc: var("GOGC"),
            gomemlimit: var("GOMEMLIMIT"),
            gomaxprocs: var("GOMAXPROCS"),
            godebug: var("GODEBUG"),
            gotraceback: var("GOTRACEBACK"),
        }
    }

    /// Number of Ps, none if not set.
    pub fn procs(&self) -> Result<Option<usize>, BadVar> {
        let Some(text) = &self.gomaxprocs else { return Ok(None) };
        match text.parse::<usize>() {
            Ok(n) if (1..=1024).contains(&n) => Ok(Some(n)),
            _ => Err(BadVar(format!("GOMAXPROCS={text}: want a number from 1 to 1024"))),
        }
    }

    /// Checks the form of GOGC: a number, or `off`.
    pub fn check_gogc(&self) -> Result<(), BadVar> {
        match self.gogc.as_deref() {
            None | Some("off") => Ok(()),
            Some(text) if text.parse::<i32>().is_ok() => Ok(()),
            Some(text) => Err(BadVar(format!("GOGC={text}: want a number, or off"))),
        }
    }

    /// Checks the form of GOMEMLIMIT: bytes, perhaps with a unit, or `off`.
    pub fn check_gomemlimit(&self) -> Result<(), BadVar> {
        match self.gomemlimit.as_deref() {
            Some(text) if gort_gc::pacer::memory::parse_limit(text).is_none() => Err(BadVar(format!(
                "GOMEMLIMIT={text}: want bytes, perhaps with B, KiB, MiB, GiB or TiB, or off"
            ))),
            _ => Ok(()),
        }
    }

    /// Checks the form of GODEBUG: `name=value,...`.
    pub fn check_godebug(&self) -> Result<(), BadVar> {
        for part in self.godebug.as_deref().unwrap_or("").split(',').filter(|p| !p.is_empty()) {
            if part.split_once('=').is_none_or(|(name, _)| name.is_empty()) {
                return Err(BadVar(format!("GODEBUG={part}: want name=value")));
            }
        }
        Ok(())
    }

    /// The number that GODEBUG gives to a name.
    pub fn godebug_number(&self, name: &str) -> Option<u64> {
        let parts = self.godebug.as_deref()?.split(',');
        parts.filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name)?.1.parse().ok()
    }

    /// When stacks shrink, by GODEBUG.
    pub fn shrink_policy(&self) -> ShrinkPolicy {
        let on = |name| self.godebug_number(name).unwrap_or(0) != 0;
        match (on("gcshrinkstackoff"), on("gcshrinkstack")) {
            (true, _) => ShrinkPolicy::Never,
            (_, true) => ShrinkPolicy::Always,
            _ => ShrinkPolicy::Quarter,
        }
    }

    /// The zeal modes in GODEBUG.
    pub fn zeal(&self) -> Zeal {
        let number = |name| self.godebug_number(name).unwrap_or(0);
        Zeal {
            gc_stress: number("gcstress"),
            poison: number("gcpoison") != 0,
            move_always: number("stackmove") == 1,
            stack_move: number("stackmove") != 0,
            sched_seed: self.godebug_number("schedseed"),
        }
    }

    /// GOTRACEBACK.
    pub fn traceback(&self) -> Result<Traceback, BadVar> {
        let name = self.gotraceback.as_deref().unwrap_or("");
        Traceback::by_name(name)
            .ok_or_else(|| BadVar(format!("GOTRACEBACK={name}: want none, single, all, system or crash")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_refused() {
        let env = |f: fn(&mut Env)| {
            let mut env = Env::default();
            f(&mut env);
            env
        };
        assert_eq!(env(|e| e.gomaxprocs = Some("3".into())).procs(), Ok(Some(3)));
        assert!(env(|e| e.gomaxprocs = Some("0".into())).procs().is_err());
        assert!(env(|e| e.gogc = Some("off".into())).check_gogc().is_ok());
        assert!(env(|e| e.gogc = Some("x".into())).check_gogc().is_err());
        assert!(env(|e| e.godebug = Some("gctrace=1,b=2".into())).check_godebug().is_ok());
        assert!(env(|e| e.godebug = Some("gctrace".into())).check_godebug().is_err());
        assert!(!env(|e| e.godebug = Some("gctrace=1".into())).zeal().any());
        let zeal = env(|e| e.godebug = Some("gcstress=3,stackmove=2".into())).zeal();
        assert!(zeal.gc_stress == 3 && zeal.stack_move && !zeal.move_always && zeal.any());
        assert!(env(|e| e.gotraceback = Some("loud".into())).traceback().is_err());
    }
}
