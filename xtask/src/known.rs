//! Known failures, and the tally of a run.
//!
//! A program listed in `known_failures.tsv` (path, tab, reason) is expected to fail and counts as skipped. If it passes the
//! run fails, so that the list shrinks when something is mended.

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::path::Path;

/// What became of one program.
#[derive(Debug)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Not as it should be: why.
    Fail(String),
    /// Not tried: why.
    Skip(String),
}

/// Reads a list of known failures.
pub fn read(path: &Path) -> Result<HashMap<String, String>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let entry = |line: &str| {
        let (name, reason) = line.split_once('\t')?;
        Some((name.to_owned(), reason.to_owned()))
    };
    Ok(text.lines().skip(1).filter_map(entry).collect())
}

/// Prints what did not pass, then `N passed, M failed, K skipped`. True if nothing failed.
pub fn report(results: Vec<(String, Verdict)>, known: &HashMap<String, String>) -> bool {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, verdict) in results {
        match (verdict, known.get(&name)) {
            (Verdict::Pass, None) => passed += 1,
            (Verdict::Pass, Some(_)) => {
                println!("FAIL  {name}: now passes, take it off the list of known failures");
                failed += 1;
            }
            (Verdict::Fail(_), Some(reason)) => {
                println!("known {name}: {reason}");
                skipped += 1;
            }
            (Verdict::Fail(why), None) => {
                println!("FAIL  {name}: {why}");
                failed += 1;
            }
            (Verdict::Skip(why), _) => {
                println!("skip  {name}: {why}");
                skipped += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}
