//! The structure of the repository, as far as a program can hold it: STYLE.md's rules marked *tidy*.
//!
//! Line by line and by plain text: no parsing, so that a rule can be read in its check.

mod edges;
mod invariants;
mod lines;

use std::path::{Path, PathBuf};

/// What is wrong, as `path:line: message`.
pub type Findings = Vec<String>;

/// One file of Rust.
pub struct Source {
    /// Path from the root.
    pub path: String,
    /// Its lines.
    pub lines: Vec<String>,
}

impl Source {
    /// Number of lines before the tests at the foot of the file.
    pub fn body_len(&self) -> usize {
        self.lines.iter().position(|l| l.trim() == "#[cfg(test)]").unwrap_or(self.lines.len())
    }

    /// Is it a test as a whole?
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }
}

/// Checks everything and prints what is wrong. True if nothing is.
pub fn run(root: &Path) -> bool {
    let findings = check(root);
    for f in &findings {
        println!("{f}");
    }
    println!("tidy: {} findings", findings.len());
    findings.is_empty()
}

fn check(root: &Path) -> Findings {
    let mut findings = Findings::new();
    let sources = read_sources(root);
    for source in &sources {
        lines::check(source, &mut findings);
    }
    invariants::check(&sources, &mut findings);
    edges::check(root, &mut findings);
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap_or_default();
    if architecture.lines().count() > 300 {
        findings.push("ARCHITECTURE.md: more than 300 lines".to_owned());
    }
    findings
}

fn read_sources(root: &Path) -> Vec<Source> {
    let mut paths = Vec::new();
    for dir in ["crates", "xtask"] {
        rust_files(&root.join(dir), &mut paths);
    }
    paths.sort();
    let read = |p: &PathBuf| {
        let text = std::fs::read_to_string(p).ok()?;
        let path = p.strip_prefix(root).ok()?.display().to_string();
        Some(Source { path, lines: text.lines().map(str::to_owned).collect() })
    };
    paths.iter().filter_map(read).collect()
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            if !path.ends_with("target") {
                rust_files(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        let findings = super::check(&crate::root());
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}
