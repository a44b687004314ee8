//! The environment variables that Go programs are run with. The embedder passes them in; a value that
//! means nothing is refused with a message, not ignored.

use std::fmt;

/// Values of the environment variables, none where unset.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// `GOGC`
    pub gogc: Option<String>,
    /// `GOMAXPROCS`
    pub gomaxprocs: Option<String>,
    /// `GODEBUG`
    pub godebug: Option<String>,
    /// `GOTRACEBACK`
    pub gotraceback: Option<String>,
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

    /// GOTRACEBACK.
    pub fn traceback(&self) -> Result<Traceback, BadVar> {
        Ok(match self.gotraceback.as_deref() {
            None | Some("single" | "1") => Traceback::Single,
            Some("none" | "0") => Traceback::None,
            Some("all") => Traceback::All,
            Some("system" | "2") => Traceback::System,
            Some("crash") => Traceback::Crash,
            Some(text) => {
                return Err(BadVar(format!("GOTRACEBACK={text}: want none, single, all, system or crash")));
            }
        })
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
        assert!(env(|e| e.gotraceback = Some("loud".into())).traceback().is_err());
    }
}
