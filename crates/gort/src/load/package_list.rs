//! Packages as they are named on a command line: import paths, directories, and `...` for all below.

use super::module::Module;
use super::resolve::{ImportError, Origin, Place, Resolver};
use super::{LoadError, normalize};
use std::path::{Path, PathBuf};

/// The packages named: patterns with `...` replaced by the directories that have Go files.
pub fn expand(named: &[String]) -> Result<Vec<String>, LoadError> {
    let mut out = Vec::new();
    for name in named {
        let Some(root) = name.strip_suffix("...") else {
            out.push(name.clone());
            continue;
        };
        let root = root.trim_end_matches('/');
        let dir = PathBuf::from(if root.is_empty() { "." } else { root });
        if !(dir.is_dir() && name.starts_with(['.', '/'])) {
            return Err(LoadError::NoSuchPackage(format!(
                "pattern {name}: only directories can be searched"
            )));
        }
        let before = out.len();
        below(&dir, &mut out);
        if out.len() == before {
            return Err(LoadError::NoGoFiles(dir));
        }
    }
    Ok(out)
}

fn below(dir: &Path, out: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    entries.sort();
    if entries.iter().any(|p| p.extension().is_some_and(|e| e == "go")) {
        out.push(dir.display().to_string());
    }
    for path in entries.iter().filter(|p| p.is_dir()) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        let left_out = name.starts_with(['.', '_']) || matches!(name, "testdata" | "vendor");
        if !left_out && !path.join("go.mod").exists() {
            below(path, out);
        }
    }
}

/// The place of a package named by directory or import path.
pub fn find(name: &str) -> Result<(Resolver, Place), LoadError> {
    let dir = Path::new(name);
    let by_dir = name.starts_with(['.', '/']);
    if by_dir && !dir.is_dir() {
        return Err(LoadError::NoSuchDirectory(dir.to_owned()));
    }
    let module = Module::around(if by_dir { dir } else { Path::new(".") });
    let resolver = Resolver { module, ..Resolver::default() };
    if by_dir {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let place = Place::program(&normalize(&dir), resolver.module.as_ref());
        return Ok((resolver, place));
    }
    // Any package may be tested, internal ones too.
    let std = Place { path: String::new(), dir: PathBuf::new(), origin: Origin::Std };
    let own = Place::program(Path::new("."), resolver.module.as_ref());
    let is_std = !name.split('/').next().unwrap_or(name).contains('.');
    let is_own = resolver.module.as_ref().is_some_and(|m| m.own_package(name).is_some());
    let importer = if is_std && !is_own { std } else { own };
    match resolver.place(&importer, name) {
        Ok(place) => Ok((resolver, place)),
        Err(ImportError::Here(message)) => Err(LoadError::NoSuchPackage(message)),
        Err(ImportError::Fatal(e)) => Err(e),
    }
}
