//! `cargo xtask differential`: random programs, whose output under Gort and under Go must be the same.
//!
//! Many programs share a file, since Go's compiler takes a third of a second for each. A file whose outputs differ
//! is kept, and the first program in it that differs is named.

mod exprs;
mod program;
mod types;

use crate::process;
use crate::rng::Rng;
use anyhow::{Result, bail};
use program::Program;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Programs of one file.
const BATCH: u64 = 40;
const LIMIT: Duration = Duration::from_secs(120);

/// Arguments of `cargo xtask differential`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many programs
    #[arg(long, default_value_t = 400)]
    count: u64,
    /// Number of the first file's seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many files at once
    #[arg(long)]
    jobs: Option<usize>,
    /// The go command
    #[arg(long, default_value = "go")]
    go: PathBuf,
    /// GODEBUG for gort
    #[arg(long, default_value = "")]
    godebug: String,
    /// The gort to use (built if not given)
    #[arg(long)]
    gort: Option<PathBuf>,
}

/// Runs the programs. True if all outputs agree.
pub fn run(args: &Args) -> Result<bool> {
    let gort = crate::conform::gort(args.gort.as_deref())?;
    let dir = crate::target_dir().join("differential");
    std::fs::create_dir_all(&dir)?;
    let seeds: Vec<u64> = (0..args.count.div_ceil(BATCH)).map(|i| args.seed + i).collect();
    let results = process::in_parallel(&seeds, args.jobs.unwrap_or_else(process::processors), |_, &seed| {
        let difference = compare(args, &gort, &dir, seed).unwrap_or_else(|e| Some(format!("{e:#}")));
        if let Some(text) = &difference {
            println!("seed {seed}: {text}");
        }
        difference.is_some()
    });
    let bad = results.into_iter().filter(|&differs| differs).count();
    println!("{} programs in {} files, {bad} files differ", seeds.len() as u64 * BATCH, seeds.len());
    Ok(bad == 0)
}

/// The text of a file of programs.
fn file_text(seed: u64) -> String {
    let mut rng = Rng(seed);
    let mut text = program::PRELUDE.to_owned();
    let mut calls = String::new();
    for n in 0..BATCH as usize {
        text.push_str(&Program::generate(&mut rng, n));
        calls.push_str(&format!("\trun({n}, p{n})\n"));
    }
    text.push_str(&format!("func main() {{\n{calls}}}\n"));
    text
}

fn compare(args: &Args, gort: &Path, dir: &Path, seed: u64) -> Result<Option<String>> {
    let source = dir.join(format!("d{seed}.go"));
    std::fs::write(&source, file_text(seed))?;
    let binary = dir.join(format!("d{seed}.bin"));
    let scratch = dir.join(format!("d{seed}.txt"));
    let mut build = Command::new(&args.go);
    build.args(["build", "-o"]).arg(&binary).arg(&source).env("CGO_ENABLED", "0");
    let built = process::run(&mut build, LIMIT, &scratch)?;
    if !built.status.is_some_and(|s| s.success()) {
        bail!("Go refuses {}: {}", source.display(), String::from_utf8_lossy(&built.output));
    }
    let theirs = process::run(&mut Command::new(&binary), LIMIT, &scratch)?;
    std::fs::remove_file(&binary)?;
    let mut command = Command::new(gort);
    command.arg("run").arg(&source).env("GODEBUG", &args.godebug);
    let ours = process::run(&mut command, LIMIT, &scratch)?;
    let code = |o: &process::Outcome| o.status.and_then(|s| s.code());
    if theirs.output == ours.output && code(&theirs) == code(&ours) {
        std::fs::remove_file(&source)?;
        std::fs::remove_file(&scratch)?;
        return Ok(None);
    }
    let (want, got) = (String::from_utf8_lossy(&theirs.output), String::from_utf8_lossy(&ours.output));
    let mut program = "";
    for (w, g) in want.lines().map(Some).chain([None]).zip(got.lines().map(Some).chain([None])) {
        if w != g {
            let (w, g) = (w.unwrap_or("<end>"), g.unwrap_or("<end>"));
            return Ok(Some(format!("{} {program}\n  go:   {w}\n  gort: {g}", source.display())));
        }
        program = w.filter(|l| l.starts_with("program")).unwrap_or(program);
    }
    Ok(Some(format!("{}: exit status {:?}, Go's is {:?}", source.display(), code(&ours), code(&theirs))))
}
