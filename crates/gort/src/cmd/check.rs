//! `gort check`: only the errors.

use crate::backend::{self, Failure};
use crate::driver::{Frontend, on_big_stack};
use crate::load::Input;
use crate::report::{self, Form};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `gort check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show all errors, not just the first ten
    #[arg(short = 'e')]
    all: bool,
    /// One JSON object a line for each error
    #[arg(long)]
    json: bool,
    /// The language version of the program (go1.21), whatever go.mod says
    #[arg(long, value_parser = version)]
    lang: Option<u32>,
    /// Check types although there are syntax errors
    #[arg(long, hide = true)]
    types_too: bool,
    /// Say what escapes to the heap and what is inlined, as `go build -gcflags=-m` does
    #[arg(short = 'm')]
    explain: bool,
    /// Files of one package, or a directory
    files: Vec<PathBuf>,
}

/// 21 of `go1.21` and `go1.21.3`.
fn version(text: &str) -> Result<u32, String> {
    let minor = text.strip_prefix("go1.").and_then(|t| t.split('.').next());
    minor.and_then(|m| m.parse().ok()).ok_or_else(|| "invalid value: should be like go1.21".to_owned())
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
            front.lang = self.lang;
            if front.check_with(self.all, self.types_too) {
                return if self.explain {
                    explain(&mut front).err().unwrap_or(ExitCode::SUCCESS)
                } else {
                    ExitCode::SUCCESS
                };
            }
            let form = if self.json { Form::Json } else { Form::Text };
            report::diagnostics_as(form, &front.sources, &front.diags, self.all)
        });
        checked.unwrap_or_else(report::error)
    }
}

/// Prints the remarks on a program that is about to be run.
pub(super) fn explain_program(files: &[PathBuf]) -> Result<(), ExitCode> {
    let input = Input::read(files).map_err(report::error)?;
    let mut front = Frontend::parse(input).map_err(report::error)?;
    if !front.check(false) {
        return Err(report::diagnostics(&front.sources, &front.diags, false));
    }
    explain(&mut front)
}

/// Prints the remarks on the program's own package.
fn explain(front: &mut Frontend) -> Result<(), ExitCode> {
    let remarks = match backend::lower_explained(front, true) {
        Ok((_, remarks)) => remarks,
        Err(Failure::Program) => return Err(report::diagnostics(&front.sources, &front.diags, false)),
        Err(Failure::Internal(message)) => return Err(report::error(message)),
    };
    let files = front.packages.last().map_or(&[][..], |p| &p.files);
    let own: Vec<String> =
        files.iter().filter_map(|f| front.sources.locate(f.package_pos)).map(|l| l.file).collect();
    for remark in remarks {
        if let Some(at) = front.sources.locate(remark.pos)
            && own.contains(&at.file)
        {
            eprintln!("{}:{}:{}: {}", at.file, at.line, at.column, remark.text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_minor_numbers() {
        assert_eq!(super::version("go1.21"), Ok(21));
        assert_eq!(super::version("go1.21.4"), Ok(21));
        assert!(super::version("1.21").is_err());
    }
}
