//! The way of a program through the first half of the front half: parse, resolve imports, check.
//!
//! Packages are checked in dependency order, package `runtime` first; a package is checked only if all it imports are
//! right. As in Go, a file with syntax errors stops the program before the checker sees it.

use crate::load::{Imports, Input, LoadError, SourceText};
use crate::std_files;
use gort_syntax::ast::{Decl, ExprIds, File, ImportDecl};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::check::check_package;
use gort_types::program::{PkgId, Program};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Stack of the thread the front half runs on: its passes recurse as deep as the program nests.
pub const STACK_SIZE: usize = 1 << 30;

/// A package on its way.
#[derive(Debug)]
pub struct Package {
    /// Import path, `main` for the program itself.
    pub path: String,
    /// Its files.
    pub files: Vec<File>,
    /// The checker's number for it, once checked.
    pub pkg: Option<PkgId>,
    /// Its imports: path as written, index of the package.
    imports: HashMap<String, usize>,
}

/// The front half at work on one program.
#[derive(Debug)]
pub struct Frontend {
    /// All texts.
    pub sources: SourceMap,
    /// What is wrong.
    pub diags: Diagnostics,
    /// What the checker knows.
    pub prog: Program,
    /// Packages, in dependency order.
    pub packages: Vec<Package>,
    ids: ExprIds,
    by_name: HashMap<String, Loading>,
}

/// How far a package is.
#[derive(Clone, Copy, Debug)]
enum Loading {
    /// Its imports are being read: importing it now is a cycle.
    Open,
    /// It has this index.
    Done(usize),
}

impl Frontend {
    /// Parses a program and all it imports.
    pub fn parse(input: Input) -> Result<Self, LoadError> {
        let mut front = Self {
            sources: SourceMap::new(),
            diags: Diagnostics::new(),
            prog: Program::new(),
            packages: Vec::new(),
            ids: ExprIds::default(),
            by_name: HashMap::new(),
        };
        let runtime = std_files::RUNTIME.iter().map(|(name, text)| SourceText {
            name: format!("runtime/{name}"),
            bytes: text.as_bytes().to_vec(),
        });
        let files = front.parse_files(runtime.collect());
        front.add_package("runtime", files, HashMap::new());
        let dir = input.main.first().and_then(|f| Path::new(&f.name).parent()).map(PathBuf::from);
        front.parse_package("main", &dir.unwrap_or_default(), input.main, &input.imports)?;
        Ok(front)
    }

    fn add_package(&mut self, path: &str, files: Vec<File>, imports: HashMap<String, usize>) -> usize {
        let index = self.packages.len();
        self.packages.push(Package { path: path.to_owned(), files, pkg: None, imports });
        self.by_name.insert(path.to_owned(), Loading::Done(index));
        index
    }

    fn parse_package(
        &mut self,
        path: &str,
        dir: &Path,
        texts: Vec<SourceText>,
        places: &Imports,
    ) -> Result<usize, LoadError> {
        self.by_name.insert(path.to_owned(), Loading::Open);
        let files = self.parse_files(texts);
        let mut imports = HashMap::new();
        for decl in files.iter().flat_map(|f| &f.decls) {
            if let Decl::Import(import) = decl
                && let Some(index) = self.resolve(import, dir, places)?
            {
                imports.insert(import.path.clone(), index);
            }
        }
        Ok(self.add_package(path, files, imports))
    }

    /// The package an import names. `None` if it is built in, unknown (the checker says so) or a cycle.
    fn resolve(
        &mut self,
        import: &ImportDecl,
        dir: &Path,
        places: &Imports,
    ) -> Result<Option<usize>, LoadError> {
        let path = import.path.as_str();
        if !(path.starts_with("./") || path.starts_with("../")) {
            return Ok(match self.by_name.get(path) {
                Some(Loading::Done(i)) if path == "runtime" => Some(*i),
                _ => None,
            });
        }
        let (dir, name, texts) = match places.read(dir, path) {
            Ok(found) => found,
            Err(e) => {
                let message = format!("could not import {path} ({e})");
                self.diags.error(import.path_pos, "BrokenImport", message);
                return Ok(None);
            }
        };
        match self.by_name.get(&name) {
            Some(Loading::Done(i)) => Ok(Some(*i)),
            Some(Loading::Open) => {
                self.diags.error(import.path_pos, "InvalidImport", "import cycle not allowed");
                Ok(None)
            }
            None => self.parse_package(&name, &dir, texts, places).map(Some),
        }
    }

    fn parse_files(&mut self, texts: Vec<SourceText>) -> Vec<File> {
        let mut files: Vec<File> = Vec::new();
        for text in texts {
            let Some(id) = self.sources.add_bytes(text.name, text.bytes) else {
                let pos = files.first().map_or(gort_syntax::source::Pos::NONE, |f| f.package_pos);
                self.diags.error(pos, "TooLarge", "all files together are larger than 4 GiB");
                break;
            };
            let file = gort_syntax::parse_file(&mut self.sources, id, &mut self.ids, &mut self.diags);
            if let Some(first) = files.first()
                && first.package.name != file.package.name
                && file.package.pos != file.package_pos
            {
                let message =
                    format!("package {}; expected package {}", file.package.name, first.package.name);
                self.diags.error(file.package.pos, "MismatchedPkgName", message);
            }
            files.push(file);
        }
        files
    }

    /// Checks all packages. Malformed literals and misplaced labels do not keep the checker from looking at
    /// the rest. False if something is wrong; see `diags`.
    pub fn check(&mut self) -> bool {
        let broken_import =
            self.diags.iter().any(|d| matches!(d.code, "BrokenImport" | "InvalidImport" | "TooLarge"));
        if self.diags.has_syntax_errors() || broken_import {
            return false;
        }
        let mut ids: Vec<PkgId> = Vec::with_capacity(self.packages.len());
        for package in &mut self.packages {
            let before = self.diags.len();
            let imports =
                package.imports.iter().filter_map(|(path, i)| Some((path.clone(), *ids.get(*i)?))).collect();
            let pkg = check_package(
                &mut self.prog,
                &package.path,
                &package.files,
                &imports,
                &self.sources,
                &mut self.diags,
            );
            package.pkg = Some(pkg);
            ids.push(pkg);
            if self.diags.len() > before {
                return false;
            }
        }
        self.diags.is_empty()
    }

    /// Is the program one that can run: package main with a function main?
    pub fn runnable(&self) -> Result<(), &'static str> {
        let Some(main) = self.packages.last() else { return Err("no packages") };
        if main.files.first().is_some_and(|f| &*f.package.name != "main") {
            return Err("package command-line-arguments is not a main package");
        }
        let is_main = |d: &Decl| matches!(d, Decl::Func(f) if &*f.name.name == "main" && f.recv.is_none());
        if !main.files.iter().flat_map(|f| &f.decls).any(is_main) {
            return Err("function main is undeclared in the main package");
        }
        Ok(())
    }
}

/// Runs `f` on a thread with a stack for deep recursion.
pub fn on_big_stack<T: Send>(f: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, f)?;
        Ok(match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}
