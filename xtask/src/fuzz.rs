//! `cargo xtask fuzz`: mutated Go sources for lexer, parser and checker, at low priority.
//!
//! The work is done by the example `fuzz` of gort-types, in a process of its own: a stack overflow or a hang ends only
//! that. The input that did it is kept under `target/fuzz`, and the next process goes on with another seed.

use crate::fetch;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Seed of the first run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Directories of Go files (Go's tests and its type checker's if none are given)
    dirs: Vec<PathBuf>,
}

/// Runs the fuzzer. True if nothing was found.
pub fn run(args: &Args) -> Result<bool> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "gort-types", "--example", "fuzz"])
        .current_dir(crate::root())
        .status()?;
    if !status.success() {
        bail!("the fuzzer does not build");
    }
    let dirs = match args.dirs.as_slice() {
        [] => vec![fetch::go_tests()?, fetch::go_source()?.join("internal/types/testdata")],
        given => given.to_vec(),
    };
    let out = crate::root().join("target/fuzz");
    std::fs::create_dir_all(&out)?;
    let (start, time) = (Instant::now(), Duration::from_secs_f64(args.minutes * 60.0));
    let (mut seed, mut found) = (args.seed, 0);
    while start.elapsed() < time {
        let left = (time - start.elapsed()).as_secs_f64() / 60.0;
        let status = Command::new("nice")
            .args(["-n", "19"])
            .arg(crate::target_dir().join("release/examples/fuzz"))
            .args([left.to_string(), seed.to_string()])
            .arg(&out)
            .args(&dirs)
            .status()?;
        if !status.success() {
            found += 1;
            let kept = out.join(format!("found-{seed}.go"));
            std::fs::copy(out.join("current.go"), &kept)?;
            println!("seed {seed}: {status}; input kept as {}", kept.display());
        }
        seed += 1;
    }
    println!("{found} found");
    Ok(found == 0)
}
