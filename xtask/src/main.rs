//! The one door (`cargo xtask`): tests, structure, Go's own programs.

mod bench;
mod conform;
mod differential;
mod errors;
mod fetch;
mod fuzz;
mod known;
mod process;
mod rng;
mod schedules;
mod soak;
mod suite;
mod testdata;
mod tidy;
mod zeal;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Tasks of the Gort repository.
#[derive(Debug, Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run all tests
    Test(suite::Args),
    /// Check the structure of the repository
    Tidy,
    /// Run Go's own test programs
    Conformance(conform::Args),
    /// Run small programs in modes that make rare things frequent
    Zeal(zeal::Args),
    /// Run race-prone programs again and again, with ever new seeds
    Soak(soak::Args),
    /// Run compositions of the lock-free protocols under seeded random schedules
    Schedules(schedules::Args),
    /// Compare random programs with Go
    Differential(differential::Args),
    /// Feed mutated sources to the front end
    Fuzz(fuzz::Args),
    /// Time the programs of bench/ against Go
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Test(args) => suite::run(&args),
        Task::Tidy => Ok(tidy::run(&root())),
        Task::Conformance(args) => conform::run(&args),
        Task::Zeal(args) => zeal::run(&args),
        Task::Soak(args) => soak::run(&args),
        Task::Schedules(args) => schedules::run(&args),
        Task::Differential(args) => differential::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Bench(args) => bench::run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("xtask: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where build products go.
fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
