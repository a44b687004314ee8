//! The command `gort`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    gort::cmd::Cli::parse().execute()
}
