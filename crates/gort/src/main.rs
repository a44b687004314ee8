//! The command `gort`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    gort::cmd::Cli::parse_from(gort::cmd::go_flags(std::env::args_os())).execute()
}
