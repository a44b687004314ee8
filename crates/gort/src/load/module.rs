//! Modules: what `go.mod` says, and where the packages of the modules it requires are on disk.
//!
//! Nothing is fetched: a required module is the vendor directory's, a `replace`d directory or in the module cache. A
//! `go.mod` since 1.17 names every module that a build needs, so the graph of requirements is not followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The main module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Module path.
    pub path: String,
    /// Where its `go.mod` is.
    pub dir: PathBuf,
    /// Language version, `1.21`; empty if not said.
    pub go: String,
    /// Required modules and their versions.
    require: BTreeMap<String, String>,
    /// Replacements: `path` or `path@version`, and a directory or `path version`.
    replace: BTreeMap<String, String>,
}

/// Where a package of another module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// In this directory.
    Dir(PathBuf),
    /// In a module that is not on this machine: path and version.
    NotDownloaded(String, String),
    /// In no required module.
    Nowhere,
}

impl Module {
    /// The module that a directory is in.
    pub fn around(dir: &Path) -> Option<Self> {
        let dir = std::path::absolute(dir).ok()?;
        let root = dir.ancestors().find(|d| d.join("go.mod").is_file())?;
        let text = std::fs::read_to_string(root.join("go.mod")).ok()?;
        Some(Self::parse(&text, root))
    }

    /// Reads the text of a `go.mod`.
    pub fn parse(text: &str, dir: &Path) -> Self {
        let mut module = Self { dir: dir.to_owned(), ..Self::default() };
        let mut block = String::new();
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or("").trim();
            let mut words: Vec<String> = line.split_whitespace().map(unquote).collect();
            match words.as_slice() {
                [] => continue,
                [close] if close == ")" => block.clear(),
                [verb, open] if open == "(" => block = verb.clone(),
                [verb] if verb.ends_with('(') => block = verb.trim_end_matches('(').to_owned(),
                _ if block.is_empty() => {
                    let verb = words.remove(0);
                    module.directive(&verb, &words);
                }
                _ => module.directive(&block, &words),
            }
        }
        module
    }

    fn directive(&mut self, verb: &str, words: &[String]) {
        match (verb, words) {
            ("module", [path]) => self.path.clone_from(path),
            ("go", [version]) => self.go.clone_from(version),
            ("require", [path, version, ..]) => {
                self.require.insert(path.clone(), version.clone());
            }
            ("replace", words) => {
                let Some(at) = words.iter().position(|w| w == "=>") else { return };
                let (from, to) = (words.get(..at), words.get(at + 1..));
                if let (Some(from), Some(to)) = (from, to) {
                    self.replace.insert(from.join("@"), to.join(" "));
                }
            }
            _ => {}
        }
    }

    /// The directory of one of its own packages.
    pub fn own_package(&self, path: &str) -> Option<PathBuf> {
        inside(&self.path, path).map(|rest| self.dir.join(rest))
    }

    /// Import path of a directory of the module.
    pub fn import_path(&self, dir: &Path) -> Option<String> {
        let dir = std::path::absolute(dir).ok()?;
        let rest = super::normalize(&dir).strip_prefix(&self.dir).ok()?.to_str()?.to_owned();
        Some(if rest.is_empty() { self.path.clone() } else { format!("{}/{rest}", self.path) })
    }

    /// Where a package of another module is.
    pub fn locate(&self, path: &str) -> Located {
        let vendored = self.dir.join("vendor").join(path);
        if self.dir.join("vendor/modules.txt").is_file() {
            return if vendored.is_dir() { Located::Dir(vendored) } else { Located::Nowhere };
        }
        // The longest module path that has the package.
        let mut missing = Located::Nowhere;
        for prefix in prefixes(path) {
            let Some(version) = self.require.get(prefix) else { continue };
            let rest = inside(prefix, path).unwrap_or("");
            let Some(root) = self.module_dir(prefix, version) else { continue };
            if !root.is_dir() {
                missing = Located::NotDownloaded(prefix.to_owned(), version.clone());
            } else if root.join(rest).is_dir() {
                return Located::Dir(root.join(rest));
            }
        }
        missing
    }

    fn module_dir(&self, path: &str, version: &str) -> Option<PathBuf> {
        let replaced = self.replace.get(&format!("{path}@{version}")).or_else(|| self.replace.get(path));
        match replaced {
            Some(to) if to.starts_with("./") || to.starts_with("../") || to.starts_with('/') => {
                Some(super::normalize(&self.dir.join(to)))
            }
            Some(to) => {
                let (path, version) = to.split_once(' ')?;
                cached(path, version)
            }
            None => cached(path, version),
        }
    }
}

/// A module's directory in the module cache.
fn cached(path: &str, version: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let root = set("GOMODCACHE")
        .or_else(|| set("GOPATH").map(|p| p.join("pkg/mod")))
        .or_else(|| set("HOME").map(|p| p.join("go/pkg/mod")))?;
    Some(root.join(format!("{}@{}", escape(path), escape(version))))
}

/// File systems may not tell cases apart: the cache writes `A` as `!a`.
fn escape(path: &str) -> String {
    path.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

fn unquote(word: &str) -> String {
    word.trim_matches(['"', '`']).to_owned()
}

/// What is left of `path` below `prefix`.
fn inside<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// `a/b/c`, `a/b`, `a`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |p| p.rsplit_once('/').map(|(head, _)| head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_mod_is_read() {
        let text = "module example.com/m // c\n\ngo 1.21\n\nrequire (\n\tgithub.com/A/b v1.2.3\n\tx.org/y v0.1.0 // indirect\n)\n\
                    require z.org/z v1.0.0\nreplace z.org/z => ./z\nreplace x.org/y v0.1.0 => q.org/y v0.2.0\n";
        let m = Module::parse(text, Path::new("/m"));
        assert_eq!((m.path.as_str(), m.go.as_str()), ("example.com/m", "1.21"));
        assert_eq!(m.own_package("example.com/m/a"), Some(PathBuf::from("/m/a")));
        assert_eq!(m.own_package("example.com/mm"), None);
        assert_eq!(m.module_dir("z.org/z", "v1.0.0"), Some(PathBuf::from("/m/z")));
        assert_eq!(m.import_path(Path::new("/m/x/y")).as_deref(), Some("example.com/m/x/y"));
        assert_eq!(escape("github.com/A/b"), "github.com/!a/b");
    }
}
