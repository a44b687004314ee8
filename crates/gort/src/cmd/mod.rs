//! The subcommands, one file each.

mod check;
mod dump;
mod run;
mod setup;
mod test;
mod test_home;
mod test_json;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
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
    /// Run the tests and benchmarks of packages, with the flags of `go test`
    Test(test::Args),
    /// Find the standard library's source tree, or fetch it
    Setup(setup::Args),
}

/// The command `gort`: what the command line says, or the tests of one package if this process was started for them.
pub fn main() -> ExitCode {
    test::of_one_package().unwrap_or_else(|| Cli::parse_from(go_flags(std::env::args_os())).execute())
}

impl Cli {
    /// Does what the command line says.
    pub fn execute(self) -> ExitCode {
        match self.command {
            Command::Run(args) => args.execute(),
            Command::Check(args) => args.execute(),
            Command::Dump(args) => args.execute(),
            Command::Test(args) => args.execute(),
            Command::Setup(args) => args.execute(),
        }
    }
}

/// Long flags may be written with one dash, as Go's are: `-json`, `-lang=go1.21`.
pub fn go_flags(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const LONG: [&str; 2] = ["-json", "-lang"];
    let long = |a: &OsString| {
        a.to_str().is_some_and(|a| LONG.contains(&a.split_once('=').map_or(a, |(name, _)| name)))
    };
    let mut out = Vec::new();
    let mut own = true;
    for (i, a) in args.enumerate() {
        // Flags behind the first file are the program's.
        own &= i < 2 || a.to_str().is_some_and(|a| a.starts_with('-'));
        if own && long(&a) {
            let mut dashed = OsString::from("-");
            dashed.push(a);
            out.push(dashed);
        } else {
            out.push(a);
        }
    }
    out
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
    fn flags_may_have_one_dash() {
        let split = |text: &str| {
            let words = text.split_whitespace().map(std::ffi::OsString::from);
            super::go_flags(words).join(std::ffi::OsStr::new(" ")).into_string().unwrap_or_default()
        };
        assert_eq!(split("gort check -e -json -lang=go1.20 a.go"), "gort check -e --json --lang=go1.20 a.go");
        assert_eq!(split("gort run a.go -json"), "gort run a.go -json");
    }

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
