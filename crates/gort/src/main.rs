//! The command `gort`.

use clap::Parser;
use std::process::ExitCode;

/// The front half makes many small objects and frees most of them soon.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gort::cmd::Cli::parse_from(gort::cmd::go_flags(std::env::args_os())).execute()
}
