//! Named invariants: each is defined once, in the header of a file, as `INV-NAME-1 (what it says)`, and cited somewhere.

use super::{Findings, Source};
use std::collections::BTreeMap;

pub(super) fn check(sources: &[Source], findings: &mut Findings) {
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut cited: BTreeMap<String, String> = BTreeMap::new();
    for source in sources.iter().filter(|s| !s.path.starts_with("xtask/")) {
        for (i, line) in source.lines.iter().enumerate() {
            let place = format!("{}:{}", source.path, i + 1);
            for (name, rest) in names(line) {
                let defines = line.trim_start().starts_with("//!")
                    && (rest.starts_with(" (") || rest.starts_with("** (") || rest.starts_with("` ("));
                if defines {
                    defined.entry(name).or_default().push(place.clone());
                } else {
                    cited.entry(name).or_insert_with(|| place.clone());
                }
            }
        }
    }
    for (name, places) in &defined {
        if places.len() > 1 {
            findings.push(format!("{}: {name} is defined here too: {}", places[1], places[0]));
        }
        if !cited.contains_key(name) {
            findings.push(format!("{}: {name} is cited nowhere", places[0]));
        }
    }
    for (name, place) in &cited {
        if !defined.contains_key(name) {
            findings.push(format!("{place}: {name} is not defined"));
        }
    }
}

/// The invariants a line names, each with the text after it.
fn names(line: &str) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    for (i, _) in line.match_indices("INV-") {
        let rest = &line[i..];
        let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('-');
        let numbered =
            name.rsplit('-').next().is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
        if numbered {
            out.push((name.to_owned(), &rest[name.len()..]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    #[test]
    fn an_invariant_is_defined_once_and_cited() {
        let check_all = |texts: &[&str]| {
            let mut findings = Findings::new();
            let sources: Vec<Source> = texts.iter().map(|t| source("crates/x/src/a.rs", t)).collect();
            check(&sources, &mut findings);
            findings
        };
        assert!(check_all(&["//! INV-A-1 (x)", "// SAFETY: INV-A-1."]).is_empty());
        assert_eq!(check_all(&["//! INV-A-1 (x)"]).len(), 1);
        assert_eq!(check_all(&["// SAFETY: INV-A-1."]).len(), 1);
        assert_eq!(check_all(&["//! INV-A-1 (x)", "//! INV-A-1 (y)", "// INV-A-1"]).len(), 1);
    }
}
