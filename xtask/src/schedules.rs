//! `cargo xtask schedules`: compositions of the lock-free protocols (`gort-protocols/tests/shuttle_*.rs`) under random
//! schedules. A failing one prints its seed, and `--seed` repeats it.

use anyhow::Result;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `cargo xtask schedules`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Schedules of each composition (one, if a seed is given)
    #[arg(long)]
    pub runs: Option<u64>,
    /// The first seed (printed; by the clock if not given)
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only tests whose name contains this
    #[arg(long)]
    pub filter: Option<String>,
}

const RUNS: u64 = 20_000;

/// Runs. True if nothing failed.
pub fn run(args: &Args) -> Result<bool> {
    let seed = args.seed.unwrap_or_else(clock_seed);
    let runs = args.runs.unwrap_or(if args.seed.is_some() { 1 } else { RUNS });
    println!("seeds from {seed} on, {runs} schedules");
    let mut tests = tests();
    tests.args(&args.filter).args(["--", "--nocapture"]);
    tests.env("GORT_SCHEDULE_SEED", seed.to_string()).env("GORT_SCHEDULES", runs.to_string());
    Ok(tests.status()?.success())
}

/// For every change: the first few seeds, always the same ones, and the mutation checks.
pub fn run_short() -> Result<bool> {
    Ok(tests().status()?.success())
}

fn tests() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--quiet", "--release", "--package", "gort-protocols", "--test", "shuttle_*"]);
    command.current_dir(crate::root());
    command.env("RUSTFLAGS", "--cfg shuttle").env("CARGO_TARGET_DIR", crate::target_dir().join("shuttle"));
    command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    command.env_remove("GORT_SCHEDULE_SEED").env_remove("GORT_SCHEDULES").env("RUST_BACKTRACE", "0");
    command
}

fn clock_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |d| d.as_micros() as u64)
}
