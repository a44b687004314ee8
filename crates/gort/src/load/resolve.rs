//! From import path to directory: the standard library, the main module, modules it requires, relative paths.
//!
//! Go counterpart: `cmd/go/internal/load`, whose words the messages are in.

use super::constraint::Context;
use super::module::{Located, Module};
use super::package_dir::{Choice, PackageDir};
use super::{LoadError, SourceText, normalize};
use crate::goroot::SourceTree;
use crate::std_files;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where a package comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The standard library.
    Std,
    /// The program's own module, or what was named on the command line.
    Own,
    /// Another module.
    Module,
}

/// A package that was found: its unique import path, its directory.
#[derive(Clone, Debug)]
pub struct Place {
    /// Import path.
    pub path: String,
    /// Directory.
    pub dir: PathBuf,
    /// Where it comes from.
    pub origin: Origin,
}

/// Why an import names no package.
#[derive(Debug)]
pub enum ImportError {
    /// To be shown at the import.
    Here(String),
    /// Nothing can be imported at all.
    Fatal(LoadError),
}

/// Finds packages. Looks for the standard library's source tree when something of it is imported first.
#[derive(Debug, Default)]
pub struct Resolver {
    /// The source tree, once found.
    pub tree: OnceCell<SourceTree>,
    /// The main module.
    pub module: Option<Module>,
    /// The package that is tested, and its files, tests among them.
    pub tested: Option<(String, Vec<SourceText>)>,
    /// Packages of the one directory named, by the name they are imported under: see [`super`].
    pub siblings: BTreeMap<String, Vec<SourceText>>,
    /// Files of packages that were read before they were asked for, by path and directory.
    pub kept: RefCell<HashMap<(String, PathBuf), Vec<SourceText>>>,
}

/// Packages of the standard library whose constants or tables are chosen by architecture; what is assembly in them is
/// supplied by package runtime.
const NATIVE_PACKAGES: &[&str] = &[
    "encoding/binary",
    "golang.org/x/sys/unix",
    "internal/cpu",
    "internal/goarch",
    "internal/runtime/atomic",
    "internal/runtime/syscall/linux",
    "internal/syscall/unix",
    "syscall",
];

/// 64-bit and little-endian, but without assembly for the hash of maps.
const MAPS: Context = Context { arch: "mips64le", pure_go: true };

impl Resolver {
    /// The standard library, looked for and fetched if need be.
    pub fn tree(&self) -> Result<&SourceTree, LoadError> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let found = SourceTree::find_or_fetch().map_err(LoadError::Tree)?;
        Ok(self.tree.get_or_init(|| found))
    }

    /// The package that `importer` means by `path`.
    pub fn place(&self, importer: &Place, path: &str) -> Result<Place, ImportError> {
        if path.starts_with("./") || path.starts_with("../") {
            return Ok(self.relative(importer, path));
        }
        if let Some(module) = &self.module
            && importer.origin != Origin::Std
            && let Some(dir) = module.own_package(path)
        {
            if !dir.is_dir() {
                return Err(ImportError::Here(format!(
                    "package {path} is not in std or module {}",
                    module.path
                )));
            }
            return checked(importer, Place { path: path.to_owned(), dir, origin: Origin::Own });
        }
        let first = path.split('/').next().unwrap_or(path);
        if importer.origin == Origin::Std || !first.contains('.') {
            return checked(importer, self.std_place(importer, path)?);
        }
        let Some(module) = &self.module else {
            let message = format!(
                "no required module provides package {path}: go.mod file not found in current directory or any \
                 parent directory; see 'go help modules'"
            );
            return Err(ImportError::Here(message));
        };
        let dir = match module.locate(path) {
            Located::Dir(dir) => dir,
            Located::NotDownloaded(module, version) => {
                let message = format!(
                    "module {module}@{version} is not in the module cache; to get it:\n\tgo mod download {module}"
                );
                return Err(ImportError::Here(message));
            }
            Located::Nowhere => {
                let message =
                    format!("no required module provides package {path}; to add it:\n\tgo get {path}");
                return Err(ImportError::Here(message));
            }
        };
        checked(importer, Place { path: path.to_owned(), dir, origin: Origin::Module })
    }

    /// Minor number of the language version that the module of a package asks for.
    pub fn language_version(&self, origin: Origin) -> Option<u32> {
        let module = self.module.as_ref().filter(|_| origin == Origin::Own)?;
        module.go.split('.').nth(1)?.parse().ok()
    }

    fn relative(&self, importer: &Place, path: &str) -> Place {
        if let Some(name) = path.strip_prefix("./")
            && self.siblings.contains_key(name)
        {
            return Place { path: name.to_owned(), dir: importer.dir.clone(), origin: Origin::Own };
        }
        let dir = normalize(&importer.dir.join(path));
        Place { path: dir.display().to_string(), dir, origin: Origin::Own }
    }

    fn std_place(&self, importer: &Place, path: &str) -> Result<Place, ImportError> {
        if std_files::overlay(path).is_some() {
            let dir = PathBuf::from(path);
            return Ok(Place { path: path.to_owned(), dir, origin: Origin::Std });
        }
        let tree = self.tree().map_err(ImportError::Fatal)?;
        let mut full = path.to_owned();
        let mut dir = tree.src().join(path);
        if importer.origin == Origin::Std && path.starts_with("golang.org/") {
            full = format!("vendor/{path}");
            dir = tree.src().join(&full);
        }
        if !dir.is_dir() {
            return Err(ImportError::Here(format!("package {path} is not in std ({})", dir.display())));
        }
        Ok(Place { path: full, dir, origin: Origin::Std })
    }

    /// Keeps what [`Self::read`] gave for the next call of it.
    pub fn keep_read(&self, place: &Place, go: Vec<SourceText>) {
        self.kept.borrow_mut().insert((place.path.clone(), place.dir.clone()), go);
    }

    /// How the directory of a package is read, if its files are those of a directory.
    pub fn choice(&self, place: &Place) -> Option<Choice> {
        self.given(place).is_none().then(|| choice(place))
    }

    /// The files of a package that are not those of its directory.
    fn given(&self, place: &Place) -> Option<Given<'_>> {
        let tested = self.tested.as_ref().filter(|(path, _)| *path == place.path).map(|(_, files)| files);
        let sibling = || self.siblings.get(&place.path).filter(|_| place.origin == Origin::Own);
        let overlay = || std_files::overlay(&place.path).filter(|_| place.origin == Origin::Std);
        let read = tested.or_else(sibling).map(|files| Given::Read(files));
        read.or_else(|| overlay().map(Given::Overlay))
    }

    /// Reads a package's files.
    pub fn read(&self, place: &Place, tests: bool) -> Result<PackageDir, LoadError> {
        if !tests && let Some(go) = self.kept.borrow_mut().remove(&(place.path.clone(), place.dir.clone())) {
            return Ok(PackageDir { go, ..PackageDir::default() });
        }
        match self.given(place) {
            Some(Given::Read(files)) => {
                return Ok(PackageDir { go: files.to_vec(), ..PackageDir::default() });
            }
            Some(Given::Overlay(files)) => {
                let mut go: Vec<_> = files.iter().map(|file| embedded(place, file)).collect();
                if let Some(file) = go.iter_mut().find(|f| f.name == "runtime/zgoroot.go") {
                    file.bytes = goroot_file(SourceTree::expected_root().as_deref());
                }
                return Ok(PackageDir { go, ..PackageDir::default() });
            }
            None => {}
        }
        let mut package = PackageDir::read(&place.dir, choice(place), tests)?;
        if place.origin == Origin::Std {
            package.go.extend(std_files::added(&place.path).iter().map(|file| embedded(place, file)));
        }
        if !package.is_empty() {
            return Ok(package);
        }
        Err(match package.cgo {
            Some(_) => LoadError::Cgo(place.path.clone()),
            None if package.excluded => LoadError::AllExcluded(place.path.clone(), place.dir.clone()),
            None => LoadError::NoGoFiles(place.dir.clone()),
        })
    }
}

/// Where files come from that are not those of the package's directory.
enum Given<'a> {
    /// They were read before.
    Read(&'a [SourceText]),
    /// They are our own.
    Overlay(&'a [std_files::File]),
}

/// A file of our own of a package.
fn embedded(place: &Place, (name, text): &std_files::File) -> SourceText {
    SourceText { name: format!("{}/{name}", place.path), bytes: text.as_bytes().to_vec() }
}

/// The file that tells package `runtime` where the tree is.
fn goroot_file(root: Option<&Path>) -> Vec<u8> {
    let mut text = b"package runtime\n\nconst defaultGOROOT = \"".to_vec();
    for &byte in root.map_or(&b""[..], |r| r.as_os_str().as_bytes()) {
        if byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte) {
            text.push(byte);
        } else {
            text.extend(format!("\\x{byte:02x}").bytes());
        }
    }
    text.extend(b"\"\n");
    text
}

/// Which files of a package are taken.
fn choice(place: &Place) -> Choice {
    match place.path.as_str() {
        "internal/runtime/maps" => Choice::Fixed(MAPS),
        path if NATIVE_PACKAGES.contains(&path) => Choice::Fixed(Context::NATIVE),
        _ if place.origin == Origin::Std => Choice::Fixed(Context::PORTABLE),
        _ => Choice::ByAssembly,
    }
}

/// A package below `internal` is for those beside and below that directory only.
fn checked(importer: &Place, place: Place) -> Result<Place, ImportError> {
    let path = place.path.as_str();
    let parent = if path == "internal" || path.starts_with("internal/") {
        Some("")
    } else {
        path.rfind("/internal/")
            .or_else(|| path.ends_with("/internal").then(|| path.len() - 9))
            .and_then(|at| path.get(..at))
    };
    let allowed = match parent {
        None => true,
        Some(_) if place.origin == Origin::Std => importer.origin == Origin::Std,
        Some(parent) => {
            let rest = importer.path.strip_prefix(parent);
            rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
        }
    };
    if allowed {
        Ok(place)
    } else {
        Err(ImportError::Here(format!("use of internal package {path} not allowed")))
    }
}

impl Place {
    /// The place of the program itself: what was named on the command line.
    pub fn program(dir: &Path, module: Option<&Module>) -> Self {
        let path =
            module.and_then(|m| m.import_path(dir)).unwrap_or_else(|| "command-line-arguments".to_owned());
        Self { path, dir: dir.to_owned(), origin: Origin::Own }
    }
}
