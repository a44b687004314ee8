//! `cargo xtask test`: everything, one step after the other.
//!
//! A failing step does not keep the later ones from running. The summary lines of the test runners come last.

use crate::conform::{self, Imports};
use crate::process;
use anyhow::Result;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Arguments of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory of Go's test programs (fetched if not given)
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only the steps whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Tests passed, failed, left out.
#[derive(Clone, Copy, Default)]
struct Tally(u32, u32, u32);

/// Runs all steps. True if all are good.
pub fn run(args: &Args) -> Result<bool> {
    let mut steps = Steps { only: args.only.clone(), lines: Vec::new(), ok: true };
    steps.cargo("format", &["fmt", "--all", "--check"]);
    steps.cargo("lints", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    steps.tests("unit tests", &["test", "--quiet", "--workspace", "--no-fail-fast"], None);
    steps.tests(
        "loom models",
        &["test", "--quiet", "--release", "--package", "gort-protocols", "--tests", "--no-fail-fast"],
        Some("--cfg loom"),
    );
    steps.step("seeded schedules", || Ok((crate::schedules::run_short()?, "see above".to_owned())));
    steps.step("examples", || Ok(examples()?.report()));
    let conformance = |errors, testdata| {
        let ok = conform::run(&conform::Args {
            dir: args.dir.clone(),
            filter: None,
            imports: Imports::Runtime,
            heart: false,
            errors,
            testdata,
            jobs: None,
            timeout: 60,
            verbose: false,
            gort: None,
        })?;
        Ok((ok, "see above".to_owned()))
    };
    steps.step("Go's test programs", || conformance(false, false));
    steps.step("Go's tests of compile errors", || conformance(true, false));
    steps.step("the type checker's own tests", || conformance(false, true));
    steps.step("zeal", || Ok((crate::zeal::run(&crate::zeal::Args::default())?, "see above".to_owned())));
    println!("\n==== summary");
    for line in &steps.lines {
        println!("{line}");
    }
    Ok(steps.ok)
}

struct Steps {
    only: Option<String>,
    lines: Vec<String>,
    ok: bool,
}

impl Steps {
    fn step(&mut self, name: &str, work: impl FnOnce() -> Result<(bool, String)>) {
        if self.only.as_ref().is_some_and(|o| !name.contains(o.as_str())) {
            return;
        }
        println!("\n==== {name}");
        let start = Instant::now();
        let (ok, detail) = work().unwrap_or_else(|e| (false, format!("{e:#}")));
        let word = if ok { "ok" } else { "FAILED" };
        self.lines.push(format!("{word:6} {name}: {detail} ({:.0?})", start.elapsed()));
        self.ok &= ok;
    }

    fn cargo(&mut self, name: &str, args: &[&str]) {
        self.step(name, || {
            let status = Command::new(env!("CARGO")).args(args).current_dir(crate::root()).status()?;
            Ok((status.success(), status.to_string()))
        });
    }

    /// `cargo test`, with its summaries added up; with other compiler flags in a target directory of their own.
    fn tests(&mut self, name: &str, args: &[&str], flags: Option<&str>) {
        self.step(name, || {
            let mut command = Command::new(env!("CARGO"));
            command.args(args).current_dir(crate::root()).stdout(Stdio::piped());
            if let Some(flags) = flags {
                command.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", crate::target_dir().join("loom"));
                // Models are small and many: to link each as the command is linked takes minutes.
                command.env("CARGO_PROFILE_RELEASE_LTO", "off");
            }
            let output = command.spawn()?.wait_with_output()?;
            let text = String::from_utf8_lossy(&output.stdout);
            print!("{text}");
            let Tally(passed, failed, skipped) = tally(&text);
            let detail = format!("{passed} passed, {failed} failed, {skipped} skipped");
            Ok((output.status.success(), detail))
        });
    }
}

/// Adds up `test result: ok. 3 passed; 0 failed; 0 ignored; ...` lines.
fn tally(text: &str) -> Tally {
    let mut sum = Tally::default();
    for line in text.lines().filter(|l| l.starts_with("test result:")) {
        let number = |word: &str| {
            let before = line.split(word).next()?.trim_end();
            before.rsplit(' ').next()?.parse::<u32>().ok()
        };
        sum.0 += number("passed").unwrap_or(0);
        sum.1 += number("failed").unwrap_or(0);
        sum.2 += number("ignored").unwrap_or(0);
    }
    sum
}

impl Tally {
    fn report(self) -> (bool, String) {
        (self.1 == 0, format!("{} passed, {} failed, {} skipped", self.0, self.1, self.2))
    }
}

/// Runs `examples/*.go` and compares what they write with their `.out` files.
fn examples() -> Result<Tally> {
    let gort = conform::build_gort()?;
    let dir = crate::root().join("examples");
    let scratch = crate::target_dir().join("example-output");
    let mut sum = Tally::default();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "go")) {
        let Ok(expected) = std::fs::read(path.with_extension("out")) else {
            println!("{}: no .out file", path.display());
            sum.1 += 1;
            continue;
        };
        let outcome =
            process::run(Command::new(&gort).arg("run").arg(path), Duration::from_secs(120), &scratch)?;
        if outcome.status.is_some_and(|s| s.success()) && outcome.output == expected {
            sum.0 += 1;
        } else {
            let text = String::from_utf8_lossy(&outcome.output);
            println!("{}: {:?}\n{text}", path.display(), outcome.status);
            sum.1 += 1;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    #[test]
    fn summaries_are_added_up() {
        let line = "test result: ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out\n";
        let sum = super::tally(&line.repeat(2));
        assert_eq!((sum.0, sum.1, sum.2), (6, 2, 4));
    }
}
