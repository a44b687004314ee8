//! Go's own test programs, run by `gort`.
//!
//! `tests/conformance/dev.tsv` lists them: how Go's test runner treats each (`run`: a file and perhaps more files;
//! `rundir`: a directory of packages; `runindir`: a module; `runoutput`: a program that writes a program), what it
//! imports. A program passes if it exits with 0 and what it writes equals its
//! `.out` file, or is nothing if there is none.

use crate::known::{self, Verdict};
use crate::process::{self, Outcome};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Arguments of `cargo xtask conformance`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory of Go's test programs (fetched if not given)
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Only programs whose path contains this
    #[arg(long)]
    pub filter: Option<String>,
    /// Which programs, by what they import: nothing, package runtime (and unsafe), anything
    #[arg(long, value_enum, default_value_t = Imports::Runtime)]
    pub imports: Imports,
    /// Only the programs about goroutines, channels, panics and the collector (heart.tsv)
    #[arg(long)]
    pub heart: bool,
    /// Compare the lines of compile errors instead (errlines.tsv)
    #[arg(long)]
    pub errors: bool,
    /// Compare the lines of errors of the type checker's own tests in Go's source tree instead
    #[arg(long)]
    pub testdata: bool,
    /// How many at once
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Seconds for one program
    #[arg(long, default_value_t = 60)]
    pub timeout: u64,
    /// Print the output of failing programs
    #[arg(long, short)]
    pub verbose: bool,
    /// The gort to use (built if not given)
    #[arg(long)]
    pub gort: Option<PathBuf>,
}

/// Programs by imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Imports {
    /// None at all.
    None,
    /// `runtime` and `unsafe` at most.
    Runtime,
    /// Any.
    All,
}

/// One line of the list.
#[derive(Debug)]
pub struct Program {
    /// Its file, from Go's test directory.
    pub path: String,
    kind: String,
    flags: String,
    imports: String,
}

/// What all runs share.
pub struct Setup {
    /// Go's test directory.
    pub tests: PathBuf,
    /// The binary.
    pub gort: PathBuf,
    /// Where outputs go.
    pub scratch: PathBuf,
    /// For one program.
    pub limit: Duration,
    /// How many at once.
    pub jobs: usize,
    /// Variables set for the programs.
    pub environment: Vec<(&'static str, String)>,
}

/// Where the lists are.
pub fn lists() -> PathBuf {
    crate::root().join("tests/conformance")
}

/// Runs the programs. True if all passed but known failures.
pub fn run(args: &Args) -> Result<bool> {
    let tests = match &args.dir {
        Some(dir) => dir.canonicalize().with_context(|| dir.display().to_string())?,
        None => crate::fetch::go_tests()?,
    };
    let gort = gort(args.gort.as_deref())?;
    let scratch = crate::target_dir().join("conformance");
    std::fs::create_dir_all(&scratch)?;
    let jobs = args.jobs.unwrap_or_else(process::processors);
    let setup = Setup {
        tests,
        gort,
        scratch,
        limit: Duration::from_secs(args.timeout),
        jobs,
        environment: Vec::new(),
    };
    if args.testdata {
        return crate::testdata::run(&setup, args.filter.as_deref(), args.verbose);
    }
    if args.errors {
        return crate::errors::run(&setup, args.filter.as_deref());
    }
    let programs = read_list(args.imports, args.heart, args.filter.as_deref())?;
    let results = process::in_parallel(&programs, setup.jobs, |thread, p| {
        let verdict = setup.run_program(p, thread, args.verbose);
        (p.path.clone(), verdict.unwrap_or_else(|e| Verdict::Fail(format!("{e:#}"))))
    });
    Ok(known::report(results, &known::read(&lists().join("known_failures.tsv"))?))
}

/// The gort that was given, or else the one built here.
pub fn gort(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(gort) => gort.canonicalize().with_context(|| gort.display().to_string()),
        None => build_gort(),
    }
}

/// Builds the release binary.
pub fn build_gort() -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "gort"])
        .current_dir(crate::root())
        .status()?;
    if !status.success() {
        bail!("gort does not build");
    }
    Ok(crate::target_dir().join("release/gort"))
}

/// The programs of the list that import no more than `imports`: all or those about the heart, all or those whose
/// path contains `filter`.
pub fn read_list(imports: Imports, only_heart: bool, filter: Option<&str>) -> Result<Vec<Program>> {
    let text = std::fs::read_to_string(lists().join("dev.tsv"))?;
    let heart = std::fs::read_to_string(lists().join("heart.tsv"))?;
    let in_heart = |path: &str| heart.lines().any(|l| l.split('\t').next() == Some(path));
    let mut programs = Vec::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        let program = Program { path: next(), kind: next(), flags: next(), imports: next() };
        let wanted = filter.is_none_or(|f| program.path.contains(f))
            && program.imports_at_most(imports)
            && (!only_heart || in_heart(&program.path));
        if wanted {
            programs.push(program);
        }
    }
    Ok(programs)
}

impl Program {
    fn imports_at_most(&self, limit: Imports) -> bool {
        match limit {
            Imports::None => self.imports.is_empty(),
            Imports::Runtime => self.imports.split(',').all(|i| matches!(i, "" | "runtime" | "unsafe")),
            Imports::All => true,
        }
    }
}

impl Setup {
    /// The gort with the variables set.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.gort);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs one program.
    pub fn run_program(&self, p: &Program, thread: usize, verbose: bool) -> Result<Verdict> {
        let mut command = self.command();
        // Positions in outputs are relative to the test directory, as with Go's runner.
        command.arg("run").current_dir(&self.tests);
        let dir = Path::new(&p.path).parent().unwrap_or(Path::new(""));
        let more = p.flags.split_whitespace().filter(|f| f.ends_with(".go"));
        let files: Vec<PathBuf> =
            std::iter::once(PathBuf::from(&p.path)).chain(more.map(|f| dir.join(f))).collect();
        match p.kind.as_str() {
            "run" => {
                command.args(files);
            }
            "rundir" | "errorcheckandrundir" => {
                command.arg(Path::new(&p.path).with_extension("dir"));
            }
            "runindir" => {
                // A module of its own, named as the directory.
                let from = self.tests.join(&p.path).with_extension("dir");
                let module = self.scratch.join(format!("module-{thread}"));
                if module.exists() {
                    std::fs::remove_dir_all(&module)?;
                }
                copy_tree(&from, &module)?;
                let name = from.file_name().unwrap_or_default().to_string_lossy();
                std::fs::write(module.join("go.mod"), format!("module {name}\ngo 1.14\n"))?;
                command.arg(".").current_dir(module);
            }
            // What it writes is the program.
            "runoutput" => {
                let mut first = self.command();
                first.arg("run").args(files).current_dir(&self.tests);
                let scratch = self.scratch.join(format!("output-{thread}"));
                let outcome = process::run(&mut first, self.limit, &scratch)?;
                if !outcome.status.is_some_and(|s| s.success()) {
                    return Ok(judge(&outcome, &[]));
                }
                let program = self.scratch.join(format!("generated-{thread}.go"));
                std::fs::write(&program, &outcome.output)?;
                command.arg(program);
            }
            kind => return Ok(Verdict::Skip(format!("programs of kind {kind} are not run"))),
        }
        let outcome = process::run(&mut command, self.limit, &self.scratch.join(format!("output-{thread}")))?;
        let expected = std::fs::read(self.tests.join(&p.path).with_extension("out")).unwrap_or_default();
        let verdict = judge(&outcome, &expected);
        if verbose && matches!(verdict, Verdict::Fail(_)) {
            println!("---- {}\n{}", p.path, String::from_utf8_lossy(&outcome.output));
        }
        Ok(verdict)
    }
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn judge(outcome: &Outcome, expected: &[u8]) -> Verdict {
    let first_line = || {
        let text = String::from_utf8_lossy(&outcome.output).into_owned();
        let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("no output").to_owned();
        line.chars().take(200).collect::<String>()
    };
    match outcome.status {
        None => Verdict::Fail("took too long".to_owned()),
        Some(status) if !status.success() => Verdict::Fail(format!("{status}: {}", first_line())),
        Some(_) if outcome.output != expected => {
            let text = String::from_utf8_lossy(&outcome.output).into_owned();
            let wanted = String::from_utf8_lossy(expected).into_owned();
            let differs = text.lines().zip(wanted.lines()).position(|(a, b)| a != b);
            let at = differs.unwrap_or_else(|| text.lines().count().min(wanted.lines().count()));
            let got = text.lines().nth(at).unwrap_or("<end>");
            let want = wanted.lines().nth(at).unwrap_or("<end>");
            Verdict::Fail(format!("output line {}: got {got:?}, want {want:?}", at + 1))
        }
        Some(_) => Verdict::Pass,
    }
}
