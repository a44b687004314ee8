//! `gort test`: compile a package with its tests and run them, each package in a process of its own.
//!
//! Go counterpart: `cmd/go/internal/test`.

use super::run;
use crate::driver::{Frontend, on_big_stack};
use crate::load::package_list;
use crate::report;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Arguments of `gort test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Packages (import paths, directories, ./...), flags of `go test`, and behind -args those of the test program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Set for the process that runs one package's tests: the package. A test that starts its own program again, with other
/// arguments, starts this one: then the variable says what to be.
const ONE: &str = "GORT_TEST_PACKAGE";

/// Is this the process of one package's tests?
pub(super) fn of_one_package() -> Option<ExitCode> {
    let package = std::env::var_os(ONE)?;
    let words: Vec<String> = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    let (first, flags) = match words.as_slice() {
        [test, mark, flags @ ..] if test == "test" && mark == FIRST => (true, flags),
        flags => (false, flags),
    };
    Some(run_one(&package.to_string_lossy(), first, flags))
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
    let Ok(own) = std::env::current_exe() else { return false };
    let by_dir = package.starts_with(['.', '/']);
    let full = std::path::absolute(package).unwrap_or_default();
    let full = if by_dir { full.display().to_string() } else { package.to_owned() };
    let mut command = Command::new(own);
    command.arg("test").arg(FIRST).args(&words.flags).env(ONE, full).stdin(Stdio::null());
    let output = match command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output() {
        Ok(output) => output,
        Err(e) => {
            eprintln!("gort: {e}");
            return false;
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let text = output.stdout;
    let (name, text) = split_name(&text, package);
    let mut out = Vec::new();
    let good = output.status.success();
    let none = output.status.code() == Some(NO_TESTS);
    let line = if none {
        format!("?   \t{name}\t[no test files]\n")
    } else if good {
        format!("ok  \t{name}\t{seconds:.3}s\n")
    } else {
        format!("FAIL\t{name}\t{seconds:.3}s\n")
    };
    if words.json {
        super::test_json::write(&mut out, &name, text, good, none, seconds);
    } else {
        let bench = words.flags.iter().any(|f| f.starts_with("-test.bench="));
        let list = words.flags.iter().any(|f| f.starts_with("-test.list="));
        if words.verbose || !good || bench || list {
            out.extend_from_slice(text);
        }
        out.extend_from_slice(line.as_bytes());
    }
    _ = std::io::stdout().write_all(&out);
    good || none
}

/// Exit status of a package without tests.
const NO_TESTS: i32 = 125;

/// The first line names the package by import path.
fn split_name<'a>(text: &'a [u8], package: &str) -> (String, &'a [u8]) {
    let end = text.iter().position(|&b| b == b'\n').unwrap_or(0);
    match text.get(..end).and_then(|l| l.strip_prefix(b"package ")) {
        Some(name) => (String::from_utf8_lossy(name).into_owned(), text.get(end + 1..).unwrap_or_default()),
        None => (package.to_owned(), text),
    }
}

/// In the process of one package: compile and run.
fn run_one(package: &str, first: bool, flags: &[String]) -> ExitCode {
    let compiled = on_big_stack(|| {
        let (front, place) = match Frontend::parse_test(package) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => {
                return Err(ExitCode::from(NO_TESTS as u8));
            }
            Err(e) => return Err(report::error(e)),
        };
        if first {
            println!("package {}", place.path);
        }
        Ok((run::compile_checked(front)?, place))
    });
    let (module, place) = match compiled {
        Ok(Ok(done)) => done,
        Ok(Err(code)) => return code,
        Err(e) => return report::error(e),
    };
    // Tests run in the directory of their package.
    if first {
        _ = std::env::set_current_dir(&place.dir);
    }
    // Tests start os.Args[0] again: it has to be what `of_one_package` is asked in.
    let name = std::env::current_exe().unwrap_or_else(|_| {
        PathBuf::from(format!("{}.test", place.path.rsplit('/').next().unwrap_or_default()))
    });
    match run::run(run::uncached(module), name, flags) {
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
}
