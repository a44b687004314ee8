//! `gort test`: compile a package with its tests and run them, each package in a process of its own.
//!
//! Go counterpart: `cmd/go/internal/test`.

use super::run;
use super::test_home::TestHome;
use super::test_json::Events;
use crate::cache::Program;
use crate::driver::{Frontend, on_big_stack};
use crate::load::package_list;
use crate::report;
use gort_rt::ProcessView;
use std::io::{BufRead, BufReader, Stdout, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Arguments of `gort test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Packages (import paths, directories, ./...), flags of `go test`, and behind -args those of the test program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Is this process a test program, or one that a test started by its own name?
pub(super) fn of_one_package() -> Option<ExitCode> {
    let home = TestHome::of_process()?;
    let words: Vec<String> = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    Some(match words.as_slice() {
        [test, mark, flags @ ..] if test == "test" && mark == FIRST => run_first(&home, flags),
        flags => run_again(&home, flags),
    })
}

/// Tells the first start of a test program from those by itself.
const FIRST: &str = "--";

/// Flags that take no value.
const BOOLEAN: &[&str] = &["v", "short", "benchmem", "failfast", "fullpath", "json"];
/// Flags that take one.
const VALUED: &[&str] = &[
    "run",
    "bench",
    "benchtime",
    "count",
    "cpu",
    "list",
    "parallel",
    "shuffle",
    "skip",
    "timeout",
    "fuzz",
    "fuzztime",
    "cpuprofile",
    "memprofile",
    "blockprofile",
    "mutexprofile",
    "outputdir",
    "trace",
    "v",
];

/// A command line taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    packages: Vec<String>,
    /// For the test program.
    flags: Vec<String>,
    verbose: bool,
    json: bool,
}

impl Words {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut out = Self::default();
        let mut timeout = "10m0s".to_owned();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let Some(flag) = word.strip_prefix('-') else {
                out.packages.push(word.clone());
                continue;
            };
            let flag = flag.trim_start_matches('-').trim_start_matches("test.");
            let (name, value) = flag.split_once('=').map_or((flag, None), |(n, v)| (n, Some(v.to_owned())));
            match name {
                "args" => {
                    out.flags.extend(rest.cloned());
                    break;
                }
                "json" => out.json = true,
                _ if BOOLEAN.contains(&name) && (value.is_none() || name != "v") => {
                    out.verbose |= name == "v";
                    out.flags.push(format!("-test.{name}={}", value.as_deref().unwrap_or("true")));
                }
                _ if VALUED.contains(&name) => {
                    let Some(value) = value.or_else(|| rest.next().cloned()) else {
                        return Err(format!("flag needs an argument: -{name}"));
                    };
                    if name == "timeout" {
                        timeout = value;
                        continue;
                    }
                    out.verbose |= name == "v" && value != "false";
                    out.flags.push(format!("-test.{name}={value}"));
                }
                _ => return Err(format!("flag provided but not defined: -{name}")),
            }
        }
        if out.json {
            out.flags.retain(|f| !f.starts_with("-test.v="));
            out.flags.insert(0, "-test.v=test2json".to_owned());
        }
        out.flags.insert(0, format!("-test.timeout={timeout}"));
        out.flags.insert(0, "-test.paniconexit0".to_owned());
        Ok(out)
    }
}

impl Args {
    pub(super) fn execute(self) -> ExitCode {
        let words = match Words::parse(&self.words) {
            Ok(words) => words,
            Err(e) => return report::error(e),
        };
        let named = if words.packages.is_empty() { vec![".".to_owned()] } else { words.packages.clone() };
        let packages = match package_list::expand(&named) {
            Ok(packages) => packages,
            Err(e) => return report::error(e),
        };
        let mut good = true;
        for package in &packages {
            good &= test_package(package, &words);
        }
        if good {
            return ExitCode::SUCCESS;
        }
        println!("FAIL");
        ExitCode::FAILURE
    }
}

/// Runs the tests of a package in a process of its own and reports as go does. True if all is well.
fn test_package(package: &str, words: &Words) -> bool {
    let start = Instant::now();
    let by_dir = package.starts_with(['.', '/']);
    let full = std::path::absolute(package).unwrap_or_default();
    let full = if by_dir { full.display().to_string() } else { package.to_owned() };
    let home = match TestHome::make(&full) {
        Ok(home) => home,
        Err(e) => {
            eprintln!("gort: no place for a test program: {e}");
            return false;
        }
    };
    let mut command = Command::new(home.program());
    command.arg("test").arg(FIRST).args(&words.flags).stdin(Stdio::null());
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(e) => {
            eprintln!("gort: {e}");
            return false;
        }
    };
    let Some(mut text) = child.stdout.take().map(BufReader::new) else { return false };
    let name = package_name(&mut text).unwrap_or_else(|| package.to_owned());
    let mut output = Output::new(words, &name);
    _ = output.all(&mut text);
    let status = child.wait().unwrap_or_default();
    home.remove();
    let seconds = start.elapsed().as_secs_f64();
    let end = match status.code() {
        Some(0) => End::Pass,
        Some(NO_TESTS) => End::Nothing,
        _ => End::Fail,
    };
    _ = output.end(&name, end, seconds);
    end != End::Fail
}

/// How a package ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All is well.
    Pass,
    /// It is not.
    Fail,
    /// There are no tests.
    Nothing,
}

/// What a package's tests write.
enum Output {
    /// Events, as it comes.
    Json(Events<Stdout>),
    /// Shown as it comes.
    Shown,
    /// Shown if something fails.
    Kept(Vec<u8>),
}

impl Output {
    fn new(words: &Words, package: &str) -> Self {
        let asked = |flag: &str| words.flags.iter().any(|f| f.starts_with(flag));
        if words.json {
            Self::Json(Events::start(std::io::stdout(), package))
        } else if words.verbose || asked("-test.bench=") || asked("-test.list=") {
            Self::Shown
        } else {
            Self::Kept(Vec::new())
        }
    }

    fn all(&mut self, from: &mut impl BufRead) -> std::io::Result<()> {
        match self {
            Self::Json(events) => {
                let mut line = Vec::new();
                while from.read_until(b'\n', &mut line)? > 0 {
                    events.line(&String::from_utf8_lossy(&line));
                    line.clear();
                }
            }
            Self::Shown => {
                let mut out = std::io::stdout();
                while let n @ 1.. = {
                    let piece = from.fill_buf()?;
                    out.write_all(piece)?;
                    piece.len()
                } {
                    out.flush()?;
                    from.consume(n);
                }
            }
            Self::Kept(text) => _ = from.read_to_end(text)?,
        }
        Ok(())
    }

    fn end(self, package: &str, end: End, seconds: f64) -> std::io::Result<()> {
        let mut out = std::io::stdout();
        match self {
            Self::Json(events) => {
                events.end(end, seconds);
                return Ok(());
            }
            Self::Kept(text) if end == End::Fail => out.write_all(&text)?,
            Self::Kept(_) | Self::Shown => {}
        }
        match end {
            End::Pass => writeln!(out, "ok  \t{package}\t{seconds:.3}s"),
            End::Fail => writeln!(out, "FAIL\t{package}\t{seconds:.3}s"),
            End::Nothing => writeln!(out, "?   \t{package}\t[no test files]"),
        }
    }
}

/// Exit status of a package without tests.
const NO_TESTS: i32 = 125;

/// The first line names the package by import path.
fn package_name(text: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    text.read_line(&mut line).ok()?;
    line.strip_prefix("package ").map(|name| name.trim_end().to_owned())
}

/// The test program's first start: it compiles itself and runs.
fn run_first(home: &TestHome, flags: &[String]) -> ExitCode {
    let compiled = on_big_stack(|| {
        let package = home.package().map_err(report::error)?;
        let (front, place) = match Frontend::parse_test(&package) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return Err(ExitCode::from(NO_TESTS as u8)),
            Err(e) => return Err(report::error(e)),
        };
        println!("package {}", place.path);
        let (module, rest) = run::compile_checked(front)?;
        home.keep(&module, &rest);
        Ok((run::uncached((module, rest)), place))
    });
    let (program, place) = match compiled {
        Ok(Ok(done)) => done,
        Ok(Err(code)) => return code,
        Err(e) => return report::error(e),
    };
    // Tests run in the directory of their package, and what they write is one text, as under go test.
    ProcessView::join_outputs();
    _ = std::env::set_current_dir(&place.dir);
    let mut process = run::process(home.program(), flags);
    process.set("PWD", place.dir.as_os_str().as_bytes());
    finish(program, process)
}

/// A start by a test: the program is compiled.
fn run_again(home: &TestHome, flags: &[String]) -> ExitCode {
    match home.kept() {
        Some(program) => finish(program, run::process(home.program(), flags)),
        None => report::error("a test program that was started again is not there any more"),
    }
}

/// Runs the program. Its `os.Args[0]` is what tests start again.
fn finish(program: Program, process: ProcessView) -> ExitCode {
    match run::run(program, process) {
        Ok(code) => std::process::exit(code),
        Err(e) => report::error(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_those_of_go_test() {
        let words: Vec<String> = "-v -run TestX ./a -count=2 -args x".split(' ').map(str::to_owned).collect();
        let w = Words::parse(&words).expect("good");
        assert_eq!(w.packages, ["./a"]);
        let flags = [
            "-test.paniconexit0",
            "-test.timeout=10m0s",
            "-test.v=true",
            "-test.run=TestX",
            "-test.count=2",
            "x",
        ];
        assert_eq!(w.flags, flags);
        assert!(Words::parse(&["-nope".to_owned()]).is_err());
    }

    #[test]
    fn output_begins_with_the_name_of_the_package() {
        let mut text = &b"package a/b\n=== RUN   TestX\nboth outputs\n"[..];
        assert_eq!(package_name(&mut text).as_deref(), Some("a/b"));
        let mut kept = Output::Kept(Vec::new());
        kept.all(&mut text).expect("read");
        assert!(matches!(kept, Output::Kept(text) if text == b"=== RUN   TestX\nboth outputs\n"));
    }
}
