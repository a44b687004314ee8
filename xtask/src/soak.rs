//! `cargo xtask soak`: race-prone programs again and again, each time in another mode, with another seed and another
//! number of Ps, until the time is over.
//!
//! The programs are those of `cargo xtask zeal` and Go's own programs about goroutines, channels, panics and the
//! collector. What fails is printed with all that repeats it; a program that takes too long counts as hung.

use crate::conform::{self, Imports, Program, Setup};
use crate::known::{self, Verdict};
use crate::rng::Rng;
use crate::{process, zeal};
use anyhow::Result;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Arguments of `cargo xtask soak`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End after this many minutes
    #[arg(long, default_value_t = 60)]
    pub minutes: u64,
    /// End after this many runs
    #[arg(long, default_value_t = usize::MAX)]
    pub runs: usize,
    /// What the choices are made from (printed; by the clock if not given)
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only programs whose path contains this
    #[arg(long)]
    pub filter: Option<String>,
    /// Seconds for one program
    #[arg(long, default_value_t = 120)]
    pub timeout: u64,
    /// The gort to use (built if not given)
    #[arg(long)]
    pub gort: Option<PathBuf>,
}

enum Candidate {
    Ours(PathBuf),
    Gos(Program),
}

impl Candidate {
    fn name(&self) -> String {
        match self {
            Self::Ours(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Gos(program) => program.path.clone(),
        }
    }
}

/// Runs. True if nothing failed.
pub fn run(args: &Args) -> Result<bool> {
    let gort = conform::gort(args.gort.as_deref())?;
    let scratch = crate::target_dir().join("soak");
    std::fs::create_dir_all(&scratch)?;
    let tests = crate::fetch::go_tests()?;
    let seed = args.seed.unwrap_or_else(clock_seed);
    println!("seed {seed}");
    let candidates = candidates(args.filter.as_deref())?;
    let end = Instant::now() + Duration::from_secs(args.minutes * 60);
    let started = AtomicUsize::new(0);
    let threads: Vec<usize> = (0..process::processors()).collect();
    let results = process::in_parallel(&threads, threads.len(), |thread, _| {
        let mut results = Vec::new();
        while Instant::now() < end {
            let number = started.fetch_add(1, Ordering::SeqCst);
            if number >= args.runs || candidates.is_empty() {
                break;
            }
            let mut chance = Rng(seed.wrapping_add(number as u64));
            let candidate = &candidates[chance.below(candidates.len())];
            let environment = mode(&mut chance);
            let name = format!("{} {}", candidate.name(), shown(&environment));
            let setup = Setup {
                tests: tests.clone(),
                gort: gort.clone(),
                scratch: scratch.clone(),
                limit: Duration::from_secs(args.timeout),
                jobs: 1,
                environment,
            };
            let verdict = match candidate {
                Candidate::Ours(path) => zeal::run_program(&setup, path, thread),
                Candidate::Gos(program) => setup.run_program(program, thread, false),
            };
            let verdict = verdict.unwrap_or_else(|e| Verdict::Fail(format!("{e:#}")));
            if let Verdict::Fail(why) = &verdict {
                println!("run {number}: {name}: {why}");
            }
            results.push((name, verdict));
        }
        results
    });
    Ok(known::report(results.into_iter().flatten().collect(), &Default::default()))
}

/// All but those that are known to fail.
fn candidates(filter: Option<&str>) -> Result<Vec<Candidate>> {
    let known = known::read(&conform::lists().join("known_failures.tsv"))?;
    let gos = conform::read_list(Imports::Runtime, true, None)?;
    let gos = gos.into_iter().filter(|p| !known.contains_key(&p.path)).map(Candidate::Gos);
    let ours = zeal::programs()?.into_iter().map(Candidate::Ours);
    Ok(gos.chain(ours).filter(|c| filter.is_none_or(|f| c.name().contains(f))).collect())
}

/// A mode: GODEBUG and GOMAXPROCS.
fn mode(chance: &mut Rng) -> Vec<(&'static str, String)> {
    let mut debug = vec![format!("schedseed={}", chance.below(1 << 30) + 1)];
    match chance.below(4) {
        0 => {}
        1 => debug.push(format!("gcstress={},gcpoison=1", 200 + chance.below(2000))),
        2 => debug.push(format!("gcstress={},gccheckmark=1", 1000 + chance.below(2000))),
        _ => debug.push("gcpoison=1".to_owned()),
    }
    if chance.one_in(3) {
        debug.push(format!("stackmove={}", 2 + chance.below(30)));
    }
    vec![("GODEBUG", debug.join(",")), ("GOMAXPROCS", (1 + chance.below(8)).to_string())]
}

fn shown(environment: &[(&'static str, String)]) -> String {
    environment.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn clock_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |d| d.as_nanos() as u64)
}
