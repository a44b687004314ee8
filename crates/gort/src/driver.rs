//! The way of a program through the first half of the front half: parse, resolve imports, check.
//!
//! Packages are checked in dependency order, package `runtime` first; a package is checked only if all it imports are
//! right. As in Go, a file with syntax errors stops the program before the checker sees it.

use crate::embed;
use crate::load::package_list;
use crate::load::resolve::{ImportError, Origin, Place, Resolver};
use crate::load::{Input, LoadError, SourceText};
use crate::testmain::{self, Tests};
use gort_syntax::ast::{Decl, ExprIds, File, ImportDecl};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::check::{Options, check_package_with};
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
    /// Where it comes from.
    pub origin: Origin,
    /// Minor number of the language version that its module asks for.
    version: Option<u32>,
}

impl Package {
    fn is_program(&self) -> bool {
        self.files.first().is_some_and(|f| &*f.package.name == "main")
    }
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
    /// Language version of the program, if not that of its module.
    pub lang: Option<u32>,
    resolver: Resolver,
    /// From the program to the package that is being read.
    chain: Vec<Link>,
    /// Packages that a test program imports by names of their own.
    given: HashMap<String, usize>,
}

/// An import on the way from the program to a package.
#[derive(Clone, Debug)]
struct Link {
    place: Place,
    /// The file it stands in.
    from: String,
}

/// Code of mistakes that leave an import without a package.
const BROKEN: &str = "BrokenImport";

/// Shown as the name of text that `//go:embed` stands for.
const EMBEDDED: &str = "<embedded>";

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
        let mut front = Self::new(input.resolver);
        let std = Place { path: String::new(), dir: PathBuf::new(), origin: Origin::Std };
        front.import_implicitly(&std, "runtime")?;
        if input.main.iter().any(|f| needs_maps(&f.bytes)) {
            front.import_implicitly(&std, "internal/runtime/maps")?;
        }
        front.parse_package(Link { place: input.place, from: String::new() }, "main", input.main)?;
        Ok(front)
    }

    /// Parses a package with its tests and the program that runs them. `None` if there are no test files.
    pub fn parse_test(name: &str) -> Result<Option<(Self, Place)>, LoadError> {
        let (resolver, place) = package_list::find(name)?;
        let mut dir = resolver.read(&place, true)?;
        if dir.test.is_empty() && dir.external_test.is_empty() {
            return Ok(None);
        }
        let mut files = std::mem::take(&mut dir.go);
        files.append(&mut dir.test);
        let mut front = Self::new(Resolver { tested: Some((place.path.clone(), files.clone())), ..resolver });
        let std = Place { path: String::new(), dir: PathBuf::new(), origin: Origin::Std };
        for path in ["runtime", "internal/runtime/maps"] {
            front.import_implicitly(&std, path)?;
        }
        let mut tests = Tests::default();
        let own = match front.by_name.get(&place.path) {
            Some(Loading::Done(i)) => *i,
            _ => {
                front.parse_package(Link { place: place.clone(), from: String::new() }, &place.path, files)?
            }
        };
        tests.collect(&front.packages[own].files, &front.sources, false);
        front.given.insert(place.path.clone(), own);
        if !dir.external_test.is_empty() {
            let path = format!("{}_test", place.path);
            let outside = Place { path: path.clone(), ..place.clone() };
            let link = Link { place: outside, from: String::new() };
            let index = front.parse_package(link, &path, dir.external_test)?;
            tests.collect(&front.packages[index].files, &front.sources, true);
            front.given.insert(path, index);
        }
        let text =
            SourceText { name: "_testmain.go".to_owned(), bytes: tests.program(&place.path).into_bytes() };
        let main = Place { path: format!("{}.test", place.path), ..std };
        front.parse_package(Link { place: main, from: String::new() }, "main", vec![text])?;
        Ok(Some((front, place)))
    }

    fn new(resolver: Resolver) -> Self {
        Self {
            sources: SourceMap::new(),
            diags: Diagnostics::new(),
            prog: Program::new(),
            packages: Vec::new(),
            ids: ExprIds::default(),
            by_name: HashMap::new(),
            lang: None,
            resolver,
            chain: Vec::new(),
            given: HashMap::new(),
        }
    }

    fn import_implicitly(&mut self, std: &Place, path: &str) -> Result<(), LoadError> {
        let place = match self.resolver.place(std, path) {
            Ok(place) => place,
            Err(ImportError::Here(message)) => return Err(LoadError::NoSuchPackage(message)),
            Err(ImportError::Fatal(e)) => return Err(e),
        };
        if !self.by_name.contains_key(&place.path) {
            let texts = self.resolver.read(&place, false)?.go;
            let name = place.path.clone();
            self.parse_package(Link { place, from: String::new() }, &name, texts)?;
        }
        Ok(())
    }

    fn parse_package(&mut self, link: Link, path: &str, texts: Vec<SourceText>) -> Result<usize, LoadError> {
        self.by_name.insert(link.place.path.clone(), Loading::Open);
        self.chain.push(link.clone());
        let mut files = self.parse_files(texts);
        self.embed_files(&mut files, &link.place);
        if self.resolver.tested.is_some() && link.place.origin == Origin::Std && path == "testing" {
            testmain::set_test_binary(&mut files);
        }
        let mut imports = HashMap::new();
        for decl in files.iter().flat_map(|f| &f.decls) {
            if let Decl::Import(import) = decl
                && !imports.contains_key(&import.path)
                && let Some(index) = self.import(import, &link.place)?
            {
                imports.insert(import.path.clone(), index);
            }
        }
        self.chain.pop();
        let index = self.packages.len();
        let (origin, name) = (link.place.origin, link.place.path);
        let version = self.resolver.language_version(origin);
        self.packages.push(Package { path: path.to_owned(), files, pkg: None, imports, origin, version });
        self.by_name.insert(name, Loading::Done(index));
        Ok(index)
    }

    /// The package an import names. `None` if it is built in, or a mistake that was reported.
    fn import(&mut self, import: &ImportDecl, importer: &Place) -> Result<Option<usize>, LoadError> {
        let path = import.path.as_str();
        if path == "unsafe" || !is_plain(path) {
            return Ok(None);
        }
        if importer.path.ends_with(".test")
            && let Some(&i) = self.given.get(path)
        {
            return Ok(Some(i));
        }
        if path == "C" {
            self.diags.error(import.path_pos, BROKEN, "import \"C\": cgo is not supported");
            return Ok(None);
        }
        let place = match self.resolver.place(importer, path) {
            Ok(place) => place,
            Err(ImportError::Here(message)) => {
                self.diags.error(import.path_pos, BROKEN, message);
                return Ok(None);
            }
            Err(ImportError::Fatal(e)) => return Err(e),
        };
        let from = self.sources.physical(import.path_pos).map(|l| l.file).unwrap_or_default();
        match self.by_name.get(&place.path) {
            Some(Loading::Done(i)) => {
                let i = *i;
                if self.packages.get(i).is_some_and(|p| p.is_program()) {
                    let message = format!("import {path:?} is a program, not an importable package");
                    self.diags.error(import.path_pos, BROKEN, message);
                    return Ok(None);
                }
                Ok(Some(i))
            }
            Some(Loading::Open) => Err(LoadError::Cycle(self.cycle(&place.path, &from))),
            None => match self.resolver.read(&place, false) {
                Ok(package) => {
                    let name = place.path.clone();
                    self.parse_package(Link { place, from }, &name, package.go).map(Some)
                }
                Err(e @ LoadError::Tree(_)) => Err(e),
                Err(e) => {
                    self.diags.error(import.path_pos, BROKEN, format!("could not import {path} ({e})"));
                    Ok(None)
                }
            },
        }
    }

    /// The way from the program to an import that closes a cycle.
    fn cycle(&self, path: &str, from: &str) -> String {
        let file = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let mut links = self.chain.iter();
        let mut out = format!("package {}", links.next().map_or("", |l| &l.place.path));
        for link in links {
            out.push_str(&format!("\n\timports {} from {}", link.place.path, file(&link.from)));
        }
        out.push_str(&format!("\n\timports {path} from {}: import cycle not allowed", file(from)));
        out
    }

    /// Variables with `//go:embed` get their values.
    fn embed_files(&mut self, files: &mut Vec<File>, place: &Place) {
        if !files.iter().flat_map(|f| &f.pragmas).any(|p| p.text.starts_with("go:embed")) {
            return;
        }
        let dir = if place.origin == Origin::Std { place.dir.as_path() } else { Path::new("") };
        let wanted = embed::wanted(files, dir, &self.sources, &mut self.diags);
        for value in &wanted.values {
            let text = SourceText { name: EMBEDDED.to_owned(), bytes: value.text.clone().into_bytes() };
            if let Some(parsed) = self.parse_files(vec![text]).pop() {
                embed::set(files, value, parsed);
            }
        }
        if let Some(text) = wanted.file {
            let text = SourceText { name: EMBEDDED.to_owned(), bytes: text.into_bytes() };
            files.append(&mut self.parse_files(vec![text]));
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

    /// Checks packages up to the first one with mistakes, or all of them. Malformed literals and misplaced labels do not
    /// keep the checker from looking at the rest. False if something is wrong; see `diags`.
    pub fn check(&mut self, all: bool) -> bool {
        self.check_with(all, false)
    }

    /// Like [`Self::check`]; `types_too`, for the checker's tests: types are checked although there are syntax errors.
    pub fn check_with(&mut self, all: bool, types_too: bool) -> bool {
        let broken_import = self.diags.iter().any(|d| matches!(d.code, BROKEN | "TooLarge"));
        if types_too {
            self.prog.declare_test_functions();
        }
        if (self.diags.has_syntax_errors() || broken_import && !all) && !types_too {
            return false;
        }
        let mut ids: Vec<PkgId> = Vec::with_capacity(self.packages.len());
        for package in &mut self.packages {
            let before = self.diags.len();
            let imports =
                package.imports.iter().filter_map(|(path, i)| Some((path.clone(), *ids.get(*i)?))).collect();
            let std = package.origin == Origin::Std;
            // Bodies of the standard library are checked when they are lowered.
            let options = Options {
                bodyless: std || types_too,
                lazy: std,
                version: if std { None } else { self.lang.or(package.version) },
            };
            let pkg = check_package_with(
                &mut self.prog,
                &package.path,
                &package.files,
                &imports,
                &self.sources,
                &mut self.diags,
                options,
            );
            package.pkg = Some(pkg);
            ids.push(pkg);
            if self.diags.len() > before && !all {
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

/// Maps are Go code of the standard library: a program that has none, and imports nothing that may have some, does without.
pub(crate) fn needs_maps(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let free = |l: &str| matches!(l.trim().trim_start_matches("import").trim(), "\"runtime\"" | "\"unsafe\"");
    let imports =
        text.lines().skip_while(|l| !l.starts_with("import")).take_while(|l| !l.starts_with("func"));
    text.contains("map[") || imports.filter(|l| !free(l)).any(|l| l.contains('"'))
}

/// Can there be a package of that path? The checker says what is wrong with it.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || "/._-~+".contains(c))
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
