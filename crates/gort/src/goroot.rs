//! The standard library's source tree: where it is, or how it gets here.
//!
//! Looked for in `$GORT_GOROOT`, `$GOROOT`, beside the `go` on the path, and in the cache; fetched into the cache
//! if it is nowhere ([`fetch`]). The tree must be of the one release that the language and the runtime follow.

pub mod fetch;
mod index;

use fetch::FetchError;
use std::fmt;
use std::path::{Path, PathBuf};

/// The release whose tree is used.
pub const VERSION: &str = "go1.27.3";

/// A source tree of the right version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTree {
    src: PathBuf,
}

/// Why there is no source tree.
#[derive(Debug)]
pub enum TreeError {
    /// A variable names something else: variable, directory, what is wrong with it.
    Named(&'static str, PathBuf, String),
    /// There is no place for a cache.
    NoCache,
    /// It could not be fetched.
    Fetch(FetchError),
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(variable, dir, what) => write!(
                f,
                "{variable}={}: {what}; the standard library of {VERSION} is needed: unset {variable} to have it found \
                 or fetched",
                dir.display()
            ),
            Self::NoCache => write!(
                f,
                "no place for the Go source tree: set GORT_GOROOT to a tree of {VERSION}, or HOME or XDG_CACHE_HOME to have it \
                 fetched"
            ),
            Self::Fetch(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for TreeError {}

impl SourceTree {
    /// Where the packages are.
    pub fn src(&self) -> &Path {
        &self.src
    }

    /// The tree on this machine, if there is one.
    pub fn find() -> Result<Option<Self>, TreeError> {
        for variable in ["GORT_GOROOT", "GOROOT"] {
            let Some(dir) = std::env::var_os(variable).filter(|v| !v.is_empty()) else { continue };
            let dir = PathBuf::from(dir);
            return match version_of(&dir) {
                Some(v) if v == VERSION => Ok(Some(Self { src: dir.join("src") })),
                Some(v) => Err(TreeError::Named(variable, dir, format!("this tree is {v}"))),
                None => Err(TreeError::Named(variable, dir, "no Go source tree".to_owned())),
            };
        }
        let beside_go = go_on_path().filter(|root| version_of(root).as_deref() == Some(VERSION));
        let cached = cache_dir().filter(|root| version_of(root).as_deref() == Some(VERSION));
        Ok(beside_go.or(cached).map(|root| Self { src: root.join("src") }))
    }

    /// Where the tree is, or will be once it is fetched.
    pub fn expected_root() -> Option<PathBuf> {
        match Self::find() {
            Ok(Some(tree)) => tree.src.parent().and_then(|root| std::path::absolute(root).ok()),
            Ok(None) => cache_dir(),
            Err(_) => None,
        }
    }

    /// The tree, fetched first if it is not here.
    pub fn find_or_fetch() -> Result<Self, TreeError> {
        match Self::find()? {
            Some(tree) => Ok(tree),
            None => Self::fetch(),
        }
    }

    /// Fetches the tree into the cache.
    pub fn fetch() -> Result<Self, TreeError> {
        let root = cache_dir().ok_or(TreeError::NoCache)?;
        fetch::into(&root).map_err(TreeError::Fetch)?;
        Ok(Self { src: root.join("src") })
    }
}

/// Release of a tree that has a library in it.
fn version_of(root: &Path) -> Option<String> {
    if !root.join("src/fmt/print.go").is_file() {
        return None;
    }
    let text = std::fs::read_to_string(root.join("VERSION")).ok()?;
    text.lines().next().map(|l| l.trim().to_owned())
}

/// The tree that the `go` command on the path belongs to.
fn go_on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let go = std::env::split_paths(&path).map(|d| d.join("go")).find(|p| p.is_file())?;
    Some(go.canonicalize().ok()?.parent()?.parent()?.to_owned())
}

/// `$XDG_CACHE_HOME/gort/go1.27.3`
fn cache_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|h| h.join(".cache")))?;
    Some(base.join("gort").join(VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_without_a_library_is_none() {
        assert_eq!(version_of(Path::new("/nonexistent")), None);
    }

    #[test]
    fn messages_say_what_to_do() {
        let e = TreeError::Named("GOROOT", PathBuf::from("/x"), "this tree is go1.26".to_owned());
        assert!(
            e.to_string().starts_with("GOROOT=/x: this tree is go1.26; the standard library of go1.27.3")
        );
    }
}
