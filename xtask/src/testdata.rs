//! The type checker's own tests in Go's source tree (`internal/types/testdata`): does `gort check` report errors on the
//! marked lines?
//!
//! `/* ERROR "text" */` and `// ERROR "text"` stand behind the token where an error is expected, `ERRORx` with a regular
//! expression. A file is a package, a directory too; flags stand in the first line.

use crate::conform::{Setup, lists};
use crate::errors::place;
use crate::known::{self, Verdict};
use crate::process;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Checks all packages. True if all agree but known failures.
pub fn run(setup: &Setup, filter: Option<&str>, verbose: bool) -> Result<bool> {
    let root = crate::fetch::go_source()?.join("internal/types/testdata");
    let mut cases: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for part in ["check", "examples", "fixedbugs", "spec"] {
        for entry in std::fs::read_dir(root.join(part))? {
            let path = entry?.path();
            let files = if path.is_dir() { go_files(&path)? } else { vec![path.clone()] };
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            if !files.is_empty() && filter.is_none_or(|f| name.contains(f)) {
                cases.push((name, files));
            }
        }
    }
    cases.sort();
    let results = process::in_parallel(&cases, setup.jobs, |thread, (name, files)| {
        let verdict = setup.check_marked(files, thread, verbose);
        (name.clone(), verdict.unwrap_or_else(|e| Verdict::Fail(format!("{e:#}"))))
    });
    Ok(known::report(results, &known::read(&lists().join("known_testdata.tsv"))?))
}

fn go_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)?.flatten().map(|e| e.path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "go"));
    files.sort();
    Ok(files)
}

impl Setup {
    fn check_marked(&self, files: &[PathBuf], thread: usize, verbose: bool) -> Result<Verdict> {
        let mut command = Command::new(&self.gort);
        command.args(["check", "-e", "--types-too"]);
        let mut expected = BTreeSet::new();
        for (i, file) in files.iter().enumerate() {
            let source = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
            let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            expected.extend(marked_lines(&source).into_iter().map(|l| format!("{name}:{l}")));
            let first = source.lines().next().and_then(|l| l.strip_prefix("//")).unwrap_or_default().trim();
            if i == 0 && first.starts_with('-') {
                let flags = || first.split_whitespace();
                if flags().any(|f| !f.starts_with("-lang=")) {
                    return Ok(Verdict::Skip(format!("flags {first}")));
                }
                command.args(flags());
            }
        }
        command.args(files);
        let outcome = process::run(&mut command, self.limit, &self.scratch.join(format!("output-{thread}")))?;
        let output = String::from_utf8_lossy(&outcome.output).into_owned();
        if !matches!(outcome.status.and_then(|s| s.code()), Some(0 | 1)) {
            return Ok(Verdict::Fail(format!("{:?}: {output}", outcome.status)));
        }
        let got: BTreeSet<String> = output.lines().filter_map(place).collect();
        let missing: Vec<&String> = expected.difference(&got).collect();
        let extra: Vec<&String> = got.difference(&expected).collect();
        if missing.is_empty() && extra.is_empty() {
            return Ok(Verdict::Pass);
        }
        let mut why = format!("missing: {missing:?}; extra: {extra:?}");
        if verbose {
            for line in output.lines().filter(|l| place(l).is_some_and(|p| extra.contains(&&p))) {
                why.push_str(&format!("\n      {line}"));
            }
        }
        Ok(Verdict::Fail(why))
    }
}

/// The lines of the tokens that have an ERROR comment behind them.
fn marked_lines(source: &str) -> BTreeSet<usize> {
    let (mut out, mut line, mut token) = (BTreeSet::new(), 1, 1);
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let len = if rest.starts_with("//") || rest.starts_with("/*") {
            let block = rest.starts_with("/*");
            let len = if block { rest.find("*/").map(|i| i + 2) } else { rest.find('\n') };
            let len = len.unwrap_or(rest.len());
            let text = &rest[2..len.max(2)];
            if text.starts_with(" ERROR ") || text.starts_with(" ERRORx ") {
                out.insert(token);
            }
            len
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            token = line;
            token_len(rest, c)
        };
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    out
}

/// Length of the token at the start; a word at a time, operators by character.
fn token_len(rest: &str, c: char) -> usize {
    match c {
        '`' => rest[1..].find('`').map_or(rest.len(), |i| i + 2),
        '"' | '\'' => {
            let mut escaped = false;
            for (i, d) in rest.char_indices().skip(1) {
                match d {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '\n' => return i,
                    d if d == c => return i + 1,
                    _ => {}
                }
            }
            rest.len()
        }
        c if c.is_alphanumeric() || c == '_' => {
            rest.find(|d: char| !d.is_alphanumeric() && d != '_').unwrap_or(rest.len())
        }
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::marked_lines;

    #[test]
    fn comments_mark_the_token_before_them() {
        let text = "package p\nvar x /* ERROR \"a\" */ int\nvar s = `a\n/* ERROR */`\n\n// ERROR \"late\"\n// no ERROR \"x\"\n";
        assert_eq!(marked_lines(text).into_iter().collect::<Vec<_>>(), [2, 3]);
    }
}
