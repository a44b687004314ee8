//! Reading Go files: what the user named, and what these import by relative path.
//!
//! A program is given as files of package main, or as one directory. A directory may hold several packages: its
//! files are grouped by the package they say they belong to, and `./a` imports the package whose first file is
//! `a.go` (that is how Go's own test programs are laid out). Otherwise `./a` is the directory `a` beside the
//! importing file.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Name as it is shown.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// Why sources cannot be read. Shown as Go shows it.
#[derive(Debug)]
pub enum LoadError {
    /// A file or directory.
    Io(&'static str, PathBuf, io::Error),
    /// A directory without Go files.
    NoGoFiles(PathBuf),
    /// No files named.
    NothingNamed,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(what, path, e) => write!(f, "{what} {}: {}", path.display(), reason(e)),
            Self::NoGoFiles(path) => write!(f, "no Go files in {}", path.display()),
            Self::NothingNamed => f.write_str("no go files listed"),
        }
    }
}

impl std::error::Error for LoadError {}

/// The OS's words, without Rust's `(os error 2)`.
fn reason(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => e.to_string(),
    }
}

/// Reads one file.
pub fn read_file(path: &Path) -> Result<SourceText, LoadError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(SourceText { name: path.display().to_string(), bytes }),
        Err(e) => {
            let what = if e.kind() == io::ErrorKind::IsADirectory { "read" } else { "open" };
            Err(LoadError::Io(what, path.to_owned(), e))
        }
    }
}

/// Where relative imports are looked for.
#[derive(Debug, Default)]
pub struct Imports {
    /// Packages of the one directory named, by the name they are imported under.
    siblings: BTreeMap<String, Vec<SourceText>>,
}

/// A program: the files of its main package, and where its imports are.
#[derive(Debug)]
pub struct Input {
    /// Package main.
    pub main: Vec<SourceText>,
    /// The rest.
    pub imports: Imports,
}

impl Input {
    /// Reads what the user named: files, or one directory.
    pub fn read(paths: &[PathBuf]) -> Result<Self, LoadError> {
        match paths {
            [] => Err(LoadError::NothingNamed),
            [dir] if dir.is_dir() => Self::read_dir(dir),
            files => {
                let main = files.iter().map(|p| read_file(p)).collect::<Result<_, _>>()?;
                Ok(Self { main, imports: Imports::default() })
            }
        }
    }

    fn read_dir(dir: &Path) -> Result<Self, LoadError> {
        let mut packages: Vec<(String, Vec<SourceText>)> = Vec::new();
        for file in read_package_dir(dir)? {
            let package = package_name(&file.bytes);
            match packages.iter_mut().find(|(name, _)| *name == package) {
                Some((_, files)) => files.push(file),
                None => packages.push((package, vec![file])),
            }
        }
        let main_at = packages.iter().position(|(name, _)| name == "main").unwrap_or(0);
        let (_, main) = packages.swap_remove(main_at);
        let mut siblings = BTreeMap::new();
        for (package, files) in packages {
            let stem =
                files.first().and_then(|f| Path::new(&f.name).file_stem()?.to_str()).map(str::to_owned);
            siblings.insert(stem.unwrap_or(package), files);
        }
        Ok(Self { main, imports: Imports { siblings } })
    }
}

impl Imports {
    /// Reads the package that a file in `dir` imports as `path` (`./a`). Returns the directory it is in, a
    /// name that tells it from others, and its files.
    pub fn read(&self, dir: &Path, path: &str) -> Result<(PathBuf, String, Vec<SourceText>), LoadError> {
        if let Some(name) = path.strip_prefix("./")
            && let Some(files) = self.siblings.get(name)
        {
            return Ok((dir.to_owned(), name.to_owned(), files.clone()));
        }
        let target = normalize(&dir.join(path));
        let files = read_package_dir(&target)?;
        let name = target.display().to_string();
        Ok((target, name, files))
    }
}

/// The Go files of a directory but for tests, in lexical order.
fn read_package_dir(dir: &Path) -> Result<Vec<SourceText>, LoadError> {
    let entries = std::fs::read_dir(dir).map_err(|e| LoadError::Io("open", dir.to_owned(), e))?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| {
            let name = p.file_name().and_then(|n| n.to_str()).unwrap_or("");
            name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with(['.', '_'])
        })
        .collect();
    paths.sort();
    if paths.is_empty() {
        return Err(LoadError::NoGoFiles(dir.to_owned()));
    }
    paths.iter().map(|p| read_file(p)).collect()
}

/// A path without `.` and inner `..`.
fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The name in a file's package clause, "" if there is none: a quick look, the parser will say what is wrong.
fn package_name(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, r)| r).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, r)| r).trim_start();
        } else {
            break;
        }
    }
    let after = rest.strip_prefix("package").unwrap_or("").trim_start();
    after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_names_are_found_behind_comments() {
        assert_eq!(package_name(b"// c\n/* d */ package  p_1; x"), "p_1");
        assert_eq!(package_name(b"func"), "");
    }

    #[test]
    fn paths_are_normalized() {
        assert_eq!(normalize(Path::new("a/./b/../c")), Path::new("a/c"));
        assert_eq!(normalize(Path::new("../a/..")), Path::new(".."));
    }

    #[test]
    fn errors_are_worded_as_go_does() {
        let e = read_file(Path::new("no/such.go")).expect_err("missing");
        assert_eq!(e.to_string(), "open no/such.go: no such file or directory");
        assert_eq!(Input::read(&[]).expect_err("nothing").to_string(), "no go files listed");
    }
}
