//! Go's tests of compile errors: does `gort check` report errors on the lines where Go does?
//!
//! `errlines.tsv` holds for every file the lines on which Go 1.27.3 reports an error.

use crate::conform::{Setup, lists};
use crate::known::{self, Verdict};
use crate::process;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Checks all files. True if all agree but known failures.
pub fn run(setup: &Setup, filter: Option<&str>) -> Result<bool> {
    let text = std::fs::read_to_string(lists().join("errlines.tsv"))?;
    let cases: Vec<(&str, BTreeSet<&str>)> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let path = fields.next()?;
            Some((path, fields.nth(2).unwrap_or("").split_whitespace().collect()))
        })
        .filter(|(path, _)| filter.is_none_or(|f| path.contains(f)))
        .collect();
    let results = process::in_parallel(&cases, setup.jobs, |thread, (path, lines)| {
        let verdict = setup.check(path, lines, thread);
        ((*path).to_owned(), verdict.unwrap_or_else(|e| Verdict::Fail(format!("{e:#}"))))
    });
    Ok(known::report(results, &known::read(&lists().join("known_errors.tsv"))?))
}

impl Setup {
    fn check(&self, path: &str, expected: &BTreeSet<&str>, thread: usize) -> Result<Verdict> {
        let source = std::fs::read_to_string(self.tests.join(path))?;
        if source.starts_with("// errorcheckdir") {
            return Ok(Verdict::Skip("directories of packages with errors are not checked".to_owned()));
        }
        let mut command = Command::new(&self.gort);
        let first = source.lines().next().unwrap_or_default();
        let flags: Vec<&str> = first.split_whitespace().filter(|w| w.starts_with('-')).collect();
        command.arg("check").current_dir(&self.tests);
        command.args((!flags.contains(&"-e=0")).then_some("-e"));
        command.args(flags.iter().filter(|f| f.starts_with("-lang=")));
        command.arg(path);
        let outcome = process::run(&mut command, self.limit, &self.scratch.join(format!("output-{thread}")))?;
        let output = String::from_utf8_lossy(&outcome.output).into_owned();
        if !matches!(outcome.status.and_then(|s| s.code()), Some(0 | 1)) {
            return Ok(Verdict::Fail(format!("{:?}: {output}", outcome.status)));
        }
        let got: BTreeSet<String> = output.lines().filter_map(place).collect();
        let missing: Vec<&str> = expected.iter().copied().filter(|l| !got.contains(*l)).collect();
        let extra: Vec<&str> = got.iter().map(|l| &**l).filter(|l| !expected.contains(l)).collect();
        if missing.is_empty() && extra.is_empty() {
            return Ok(Verdict::Pass);
        }
        let show = |lines: &[&str]| lines.iter().take(6).copied().collect::<Vec<_>>().join(" ");
        Ok(Verdict::Fail(format!("missing: {}; extra: {}", show(&missing), show(&extra))))
    }
}

/// `file.go:12` of a line of output.
pub fn place(line: &str) -> Option<String> {
    let (path, rest) = line.split_once(".go:")?;
    if path.starts_with(char::is_whitespace) {
        return None;
    }
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let name = Path::new(path).file_name()?.to_str()?;
    (!number.is_empty()).then(|| format!("{name}.go:{number}"))
}
