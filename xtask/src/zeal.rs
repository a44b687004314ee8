//! `cargo xtask zeal`: small programs about stacks, channels and the collector, in modes that make rare things
//! frequent (`GODEBUG`, listed in gort-rt/src/debug_vars.rs).
//!
//! The programs are tests/zeal/*.go with what they print. One whose output begins with "panic: " is to end with
//! exit status 2 and that line; what follows it is a traceback and not compared.

use crate::conform::Setup;
use crate::known::{self, Verdict};
use crate::process;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Values of GODEBUG.
const MODES: [&str; 6] = [
    "",
    "slotpoison=1",
    "stackmove=1",
    "gcstress=200,gcpoison=1",
    "gcstress=200,gcpoison=1,slotpoison=1,schedseed=1",
    "gcstress=500,gccheckmark=1,stackmove=2,schedseed=2",
];
/// Values of GOMAXPROCS.
const PROCS: [&str; 2] = ["2", "4"];
const LIMIT: Duration = Duration::from_secs(60);

/// Arguments of `cargo xtask zeal`.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// The gort to use (built if not given)
    #[arg(long)]
    pub gort: Option<PathBuf>,
}

/// Runs all programs in all modes. True if all passed.
pub fn run(args: &Args) -> Result<bool> {
    let gort = crate::conform::gort(args.gort.as_deref())?;
    let scratch = crate::target_dir().join("zeal");
    std::fs::create_dir_all(&scratch)?;
    let mut runs = Vec::new();
    for path in programs()? {
        for mode in MODES {
            runs.extend(PROCS.map(|procs| (path.clone(), mode, procs)));
        }
    }
    let results = process::in_parallel(&runs, process::processors(), |thread, (program, mode, procs)| {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let setup = Setup {
            tests: PathBuf::new(),
            gort: gort.clone(),
            scratch: scratch.clone(),
            limit: LIMIT,
            jobs: 1,
            environment: vec![("GODEBUG", (*mode).to_owned()), ("GOMAXPROCS", (*procs).to_owned())],
        };
        let verdict = run_program(&setup, program, thread);
        let verdict = verdict.unwrap_or_else(|e| Verdict::Fail(format!("{e:#}")));
        (format!("{name} GODEBUG={mode} GOMAXPROCS={procs}"), verdict)
    });
    Ok(known::report(results, &Default::default()))
}

/// The programs, in order.
pub fn programs() -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(crate::root().join("tests/zeal"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "go") {
            programs.push(path);
        }
    }
    programs.sort();
    Ok(programs)
}

/// Runs one program.
pub fn run_program(setup: &Setup, program: &Path, thread: usize) -> Result<Verdict> {
    let expected = std::fs::read(program.with_extension("out"))?;
    let mut command = setup.command();
    command.arg("run").arg(program);
    let outcome = process::run(&mut command, setup.limit, &setup.scratch.join(format!("output-{thread}")))?;
    let output = outcome.output;
    let panics = expected.starts_with(b"panic: ");
    let same = if panics { output.starts_with(&expected) } else { output == expected };
    let wanted = if panics { 2 } else { 0 };
    Ok(match outcome.status {
        None => Verdict::Fail("took too long".to_owned()),
        Some(status) if status.code() != Some(wanted) || !same => Verdict::Fail(format!(
            "{status}: {}",
            String::from_utf8_lossy(&output).lines().next().unwrap_or("no output")
        )),
        Some(_) => Verdict::Pass,
    })
}
