//! `cargo xtask bench`: the programs of bench/ under Gort and under Go, side by side.
//!
//! The two sides take turns, pair by pair, so that what disturbs the machine disturbs both; a figure is judged by
//! the median of the ratios within the pairs. Whole processes are measured: Gort's side compiles the program as
//! part of its time, Go's side is built before. The table goes to standard output, the figures to a JSON file.

mod measure;
mod report;

use crate::fetch;
use anyhow::{Context, Result, bail};
use measure::Sample;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the programs whose name contains this
    #[arg(long)]
    filter: Option<String>,
    /// Pairs of runs, one of each side
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Values of GOGC to run with
    #[arg(long, value_delimiter = ',', default_value = "100")]
    gogc: Vec<String>,
    /// Values of GOMAXPROCS to run with
    #[arg(long, value_delimiter = ',', default_value = "2")]
    procs: Vec<String>,
    /// Where the figures go
    #[arg(long)]
    json: Option<PathBuf>,
    /// Directory of the programs
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The gort to use (built if not given)
    #[arg(long)]
    gort: Option<PathBuf>,
    /// The go command to compare with (release 1.27.3; fetched if not given)
    #[arg(long)]
    go: Option<PathBuf>,
}

/// One program with its settings, and what was measured of it.
#[derive(Debug, serde::Serialize)]
struct Run {
    program: String,
    gogc: String,
    procs: String,
    pairs: Vec<Pair>,
}

/// A run of each side, one after the other.
#[derive(Debug, serde::Serialize)]
struct Pair {
    gort: Sample,
    go: Sample,
}

/// Measures and prints. False if some program's two outputs differ.
pub fn run(args: &Args) -> Result<bool> {
    let gort = crate::conform::gort(args.gort.as_deref())?;
    let go = match &args.go {
        Some(go) => go.clone(),
        None => fetch::go()?,
    };
    let scratch = crate::target_dir().join("bench");
    std::fs::create_dir_all(&scratch)?;
    let dir = args.dir.clone().unwrap_or_else(|| crate::root().join("bench"));
    let mut runs = Vec::new();
    for program in programs(&dir, args.filter.as_deref())? {
        let built = build(&go, &program, &scratch)?;
        for gogc in &args.gogc {
            for procs in &args.procs {
                let mut sides =
                    Sides { gort: &gort, program: &program, built: &built, scratch: &scratch, gogc, procs };
                match sides.pairs(args.pairs) {
                    Ok(run) => runs.push(run),
                    Err(e) => eprintln!("bench: {e:#}"),
                }
            }
        }
    }
    let json = args.json.clone().unwrap_or_else(|| scratch.join("latest.json"));
    print!("{}", report::table(&runs));
    std::fs::write(&json, report::json(&runs)?).with_context(|| json.display().to_string())?;
    println!("figures: {}", json.display());
    Ok(!runs.is_empty())
}

fn programs(dir: &Path, filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|e| e == "go") && filter.is_none_or(|f| name.contains(f)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn build(go: &Path, program: &Path, scratch: &Path) -> Result<PathBuf> {
    let built = scratch.join(program.file_stem().unwrap_or_default());
    let status = Command::new(go)
        .arg("build")
        .arg("-o")
        .args([&built, program])
        .env("GO111MODULE", "off")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0")
        .status()
        .with_context(|| format!("cannot run {}", go.display()))?;
    if !status.success() {
        bail!("go build {}: {status}", program.display());
    }
    Ok(built)
}

/// The two ways to run one program with one setting.
struct Sides<'a> {
    gort: &'a Path,
    program: &'a Path,
    built: &'a Path,
    scratch: &'a Path,
    gogc: &'a str,
    procs: &'a str,
}

impl Sides<'_> {
    fn pairs(&mut self, n: usize) -> Result<Run> {
        let program = self.program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut pairs = Vec::new();
        for i in 0..n {
            // Each side is first in every other pair.
            let (gort, go) = if i % 2 == 0 {
                let gort = self.gort()?;
                (gort, self.go()?)
            } else {
                let go = self.go()?;
                (self.gort()?, go)
            };
            if gort.output != go.output {
                bail!("{program}: Gort's output is not Go's");
            }
            pairs.push(Pair { gort: gort.sample, go: go.sample });
        }
        Ok(Run { program, gogc: self.gogc.to_owned(), procs: self.procs.to_owned(), pairs })
    }

    fn gort(&self) -> Result<measure::Measured> {
        self.measured(Command::new(self.gort).arg("run").arg(self.program))
    }

    fn go(&self) -> Result<measure::Measured> {
        self.measured(&mut Command::new(self.built))
    }

    fn measured(&self, command: &mut Command) -> Result<measure::Measured> {
        command.env("GOGC", self.gogc).env("GOMAXPROCS", self.procs).env_remove("GODEBUG");
        measure::run(command, &self.scratch.join("output")).with_context(|| {
            format!("{} GOGC={} GOMAXPROCS={}", self.program.display(), self.gogc, self.procs)
        })
    }
}
