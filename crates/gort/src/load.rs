//! Reading Go files: what the user named, and what these import.
//!
//! A program is given as files of package main, as a directory, or as an import path of the module around. Imports are
//! looked for as Go does ([`resolve`]): the standard library's source tree, the main module, its vendor directory, the
//! module cache.
//!
//! Outside of a module, a directory may hold several packages: its files are grouped by the package they say they belong
//! to, and `./a` imports the package whose first file is `a.go` (that is how Go's own test programs are laid out).
//! Otherwise `./a` is the directory `a` beside the importing file.

pub mod constraint;
pub mod module;
pub mod package_dir;
pub mod package_list;
pub mod resolve;

use crate::goroot::TreeError;
use constraint::Header;
use module::Module;
use package_dir::{Choice, PackageDir};
use resolve::{Place, Resolver};
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
    /// A package whose files the build leaves out.
    AllExcluded(String, PathBuf),
    /// A package that needs C.
    Cgo(String),
    /// Packages that import each other: the chain, in Go's form.
    Cycle(String),
    /// No files named.
    NothingNamed,
    /// What was named is no directory.
    NoSuchDirectory(PathBuf),
    /// What was named is no package.
    NoSuchPackage(String),
    /// No standard library.
    Tree(TreeError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(what, path, e) => write!(f, "{what} {}: {}", path.display(), reason(e)),
            Self::NoGoFiles(path) => write!(f, "no Go files in {}", path.display()),
            Self::AllExcluded(path, dir) => {
                write!(f, "package {path}: build constraints exclude all Go files in {}", dir.display())
            }
            Self::Cgo(path) => {
                write!(f, "package {path} needs cgo, which is not supported: all its Go files import \"C\"")
            }
            Self::Cycle(chain) => f.write_str(chain),
            Self::NothingNamed => f.write_str("no go files listed"),
            Self::NoSuchDirectory(path) => write!(f, "stat {}: directory not found", path.display()),
            Self::NoSuchPackage(message) => f.write_str(message),
            Self::Tree(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// The OS's words, without Rust's `(os error 2)`.
pub fn reason(e: &io::Error) -> String {
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

/// A program: the files of its main package, and where its imports are.
#[derive(Debug)]
pub struct Input {
    /// Files of the package named.
    pub main: Vec<SourceText>,
    /// Its place.
    pub place: Place,
    /// Where imports are.
    pub resolver: Resolver,
}

impl Input {
    /// Reads what the user named: files, a directory, or an import path.
    pub fn read(names: &[PathBuf]) -> Result<Self, LoadError> {
        match names {
            [] => Err(LoadError::NothingNamed),
            [dir] if dir.is_dir() => Self::read_dir(dir),
            [name] if name.extension().is_none_or(|e| e != "go") => Self::read_named(name),
            files => {
                let main = files.iter().map(|p| read_file(p)).collect::<Result<_, _>>()?;
                let dir = files.first().and_then(|f| f.parent()).map(PathBuf::from).unwrap_or_default();
                let here = if dir.as_os_str().is_empty() { Path::new(".") } else { &dir };
                let module = Module::around(here);
                let place = Place::program(&dir, module.as_ref());
                Ok(Self { main, place, resolver: Resolver { module, ..Resolver::default() } })
            }
        }
    }

    /// A name that is neither a directory nor a file.
    fn read_named(name: &Path) -> Result<Self, LoadError> {
        let text = name.to_string_lossy();
        if text.starts_with(['.', '/']) {
            return Err(LoadError::NoSuchDirectory(name.to_owned()));
        }
        let module = Module::around(Path::new("."));
        let resolver = Resolver { module, ..Resolver::default() };
        let importer = Place::program(Path::new("."), resolver.module.as_ref());
        let place = match resolver.place(&importer, &text) {
            Ok(place) => place,
            Err(resolve::ImportError::Here(message)) => return Err(LoadError::NoSuchPackage(message)),
            Err(resolve::ImportError::Fatal(e)) => return Err(e),
        };
        let main = resolver.read(&place, false)?.go;
        Ok(Self { main, place, resolver })
    }

    fn read_dir(dir: &Path) -> Result<Self, LoadError> {
        let module = Module::around(dir);
        let place = Place::program(dir, module.as_ref());
        if module.is_some() {
            let resolver = Resolver { module, ..Resolver::default() };
            let main = resolver.read(&place, false)?.go;
            return Ok(Self { main, place, resolver });
        }
        let files = PackageDir::read(dir, Choice::ByAssembly, false)?;
        if files.go.is_empty() {
            return Err(match files.excluded {
                true => LoadError::AllExcluded(place.path, dir.to_owned()),
                false => LoadError::NoGoFiles(dir.to_owned()),
            });
        }
        let (main, siblings) = group(files.go);
        Ok(Self { main, place, resolver: Resolver { siblings, ..Resolver::default() } })
    }
}

/// Groups the files of a directory by package: main, and the others by the name they are imported under.
fn group(files: Vec<SourceText>) -> (Vec<SourceText>, BTreeMap<String, Vec<SourceText>>) {
    let mut packages: Vec<(String, Vec<SourceText>)> = Vec::new();
    for file in files {
        let package = Header::of(&file.bytes).package.to_owned();
        match packages.iter_mut().find(|(name, _)| *name == package) {
            Some((_, files)) => files.push(file),
            None => packages.push((package, vec![file])),
        }
    }
    let main_at = packages.iter().position(|(name, _)| name == "main").unwrap_or(0);
    let (_, main) = packages.swap_remove(main_at);
    let mut siblings = BTreeMap::new();
    for (package, files) in packages {
        let stem = files.first().and_then(|f| Path::new(&f.name).file_stem()?.to_str()).map(str::to_owned);
        siblings.insert(stem.unwrap_or(package), files);
    }
    (main, siblings)
}

/// A path without `.` and inner `..`.
pub fn normalize(path: &Path) -> PathBuf {
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

#[cfg(test)]
mod tests {
    use super::*;

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
