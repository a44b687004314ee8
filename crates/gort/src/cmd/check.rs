//! `gort check`: only the errors.

use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `gort check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show all errors, not just the first ten
    #[arg(short = 'e')]
    all: bool,
    /// Files of one package, or a directory
    files: Vec<PathBuf>,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        let checked = on_big_stack(|| {
            let input = match Input::read(&self.files) {
                Ok(input) => input,
                Err(e) => return report::error(e),
            };
            let mut front = match Frontend::parse(input) {
                Ok(front) => front,
                Err(e) => return report::error(e),
            };
            if front.check(self.all) {
                return ExitCode::SUCCESS;
            }
            report::diagnostics(&front.sources, &front.diags, self.all)
        });
        checked.unwrap_or_else(report::error)
    }
}
