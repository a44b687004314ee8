//! The subcommands, one file each.

mod check;
mod dump;
mod run;
mod setup;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Go programs on a runtime written in Rust.
#[derive(Debug, Parser)]
#[command(name = "gort", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile and run a program: FILE.go... or a directory, then its arguments
    Run(run::Args),
    /// Report the errors of a program
    Check(check::Args),
    /// Show what the compiler makes of a program
    Dump(dump::Args),
    /// Find the standard library's source tree, or fetch it
    Setup(setup::Args),
}

impl Cli {
    /// Does what the command line says.
    pub fn execute(self) -> ExitCode {
        match self.command {
            Command::Run(args) => args.execute(),
            Command::Check(args) => args.execute(),
            Command::Dump(args) => args.execute(),
            Command::Setup(args) => args.execute(),
        }
    }
}

/// Splits a command line into the program's files and its arguments: leading `.go` names are files; so is
/// the first word if it is none.
fn split_files(words: &[String]) -> (Vec<PathBuf>, Vec<String>) {
    let is_go = |w: &String| w.ends_with(".go");
    let count = words.iter().take_while(|w| is_go(w)).count().max(1).min(words.len());
    let (files, args) = words.split_at(count);
    (files.iter().map(PathBuf::from).collect(), args.to_vec())
}

#[cfg(test)]
mod tests {
    use super::split_files;

    #[test]
    fn files_come_before_arguments() {
        let split = |text: &str| {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            let (files, args) = split_files(&words);
            (files.len(), args.len())
        };
        assert_eq!(split("a.go b.go x c.go"), (2, 2));
        assert_eq!(split("dir x"), (1, 1));
        assert_eq!(split(""), (0, 0));
    }
}
