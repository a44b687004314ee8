//! `gort run`: compile in memory and run.

use super::split_files;
use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `gort run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// FILE.go... or a directory, then the program's arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<String>,
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        let (files, _args) = split_files(&self.words);
        match on_big_stack(|| compile(&files)) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(code)) => code,
            Err(e) => report::error(e),
        }
    }
}

fn compile(files: &[PathBuf]) -> Result<(), ExitCode> {
    let input = Input::read(files).map_err(report::error)?;
    let mut front = Frontend::parse(input).map_err(report::error)?;
    if !front.check() {
        return Err(report::diagnostics(&front.sources, &front.diags, false));
    }
    front.runnable().map_err(report::error)
}
