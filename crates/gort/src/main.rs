//! The command `gort`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gort::cmd::main()
}
