//! Parses and checks packages of a Go source tree: errors, and how many lines a second.
//!
//! `GOROOT=... check_std [-tags a,b] [-arch NAME] [-parse] [path ...]`; without paths the whole standard library.
//! What is selected is what `go build` selects with cgo off.

use gort_syntax::ast::{Decl, ExprIds, File};
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::SourceMap;
use gort_types::program::{PkgId, Program};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn main() {
    let run = || {
        let mut tree = Tree::new();
        let mut paths = Vec::new();
        let mut args = std::env::args().skip(1);
        while let Some(a) = args.next() {
            match a.as_str() {
                "-tags" => {
                    tree.tags.extend(args.next().unwrap_or_default().split(',').map(str::to_owned));
                }
                "-arch" => tree.arch = args.next().unwrap_or_default(),
                "-parse" => tree.parse_only = true,
                "-lazy" => tree.lazy = true,
                _ => paths.push(a),
            }
        }
        if paths.is_empty() {
            paths = tree.all();
        }
        tree.load(&paths);
        tree.check()
    };
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(run);
    let ok = thread.map(|t| t.join());
    std::process::exit(i32::from(!matches!(ok, Ok(Ok(true)))));
}

/// Packages of a source tree.
struct Tree {
    root: PathBuf,
    tags: BTreeSet<String>,
    arch: String,
    parse_only: bool,
    lazy: bool,
    sources: SourceMap,
    ids: ExprIds,
    /// In dependency order.
    packages: Vec<Package>,
    index: rustc_hash::FxHashMap<String, Option<usize>>,
    lines: usize,
    parsing: Duration,
    wrong: usize,
}

struct Package {
    path: String,
    files: Vec<File>,
    imports: rustc_hash::FxHashMap<String, usize>,
    lines: usize,
}

impl Tree {
    fn new() -> Self {
        let root = PathBuf::from(std::env::var("GOROOT").unwrap_or_default()).join("src");
        let tags = ["gc", "linux", "unix", "goexperiment.regabiwrappers", "goexperiment.regabiargs"];
        let more = ["goexperiment.dwarf5", "goexperiment.jsonv2", "goexperiment.greenteagc"];
        let more2 = ["goexperiment.randomizedheapbase64", "goexperiment.sizespecializedmalloc"];
        Self {
            root,
            tags: tags.iter().chain(&more).chain(&more2).map(|&t| t.to_owned()).collect(),
            arch: "amd64".to_owned(),
            parse_only: false,
            lazy: false,
            sources: SourceMap::new(),
            ids: ExprIds::default(),
            packages: Vec::new(),
            index: Default::default(),
            lines: 0,
            parsing: Duration::ZERO,
            wrong: 0,
        }
    }

    /// Every package of the standard library.
    fn all(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut dirs = vec![self.root.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_dir()
                    && !matches!(&*name, "testdata" | "cmd")
                    && !name.starts_with(['.', '_'])
                {
                    dirs.push(entry.path());
                }
            }
            let path = dir.strip_prefix(&self.root).unwrap_or(&dir).to_string_lossy().into_owned();
            // Package unsafe is built in; builtin is documentation.
            if !matches!(&*path, "" | "builtin" | "unsafe") && !self.selected(&dir).is_empty() {
                out.push(path.strip_prefix("vendor/").map(str::to_owned).unwrap_or(path));
            }
        }
        out.sort();
        out
    }

    fn load(&mut self, paths: &[String]) {
        for p in paths {
            self.package(p);
        }
    }

    fn dir(&self, path: &str) -> PathBuf {
        let dir = self.root.join(path);
        if dir.is_dir() { dir } else { self.root.join("vendor").join(path) }
    }

    fn package(&mut self, path: &str) -> Option<usize> {
        if path == "unsafe" {
            return None;
        }
        if let Some(known) = self.index.get(path) {
            return *known;
        }
        self.index.insert(path.to_owned(), None);
        let dir = self.dir(path);
        let (mut files, mut lines) = (Vec::new(), 0);
        for (name, text) in self.selected(&dir) {
            lines += text.lines().count();
            let start = Cpu::now();
            let mut diags = Diagnostics::new();
            let shown = format!("{path}/{name}");
            if let Some(id) = self.sources.add(shown, text) {
                files.push(gort_syntax::parse_file(&mut self.sources, id, &mut self.ids, &mut diags));
            }
            self.parsing += start.elapsed();
            self.show(&diags);
        }
        let mut imports = rustc_hash::FxHashMap::default();
        let wanted: Vec<String> = files
            .iter()
            .flat_map(|f: &File| &f.decls)
            .filter_map(|d| if let Decl::Import(i) = d { Some(i.path.clone()) } else { None })
            .collect();
        for w in wanted {
            if let Some(i) = self.package(&w) {
                imports.insert(w, i);
            }
        }
        if files.is_empty() {
            return None;
        }
        self.lines += lines;
        self.packages.push(Package { path: path.to_owned(), files, imports, lines });
        let at = Some(self.packages.len() - 1);
        self.index.insert(path.to_owned(), at);
        at
    }

    fn check(&mut self) -> bool {
        eprintln!(
            "parse: {} lines in {:?}: {}",
            self.lines,
            self.parsing,
            per_second(self.lines, self.parsing)
        );
        if self.parse_only {
            return self.wrong == 0;
        }
        let mut prog = Program::new();
        let mut ids: Vec<PkgId> = Vec::new();
        let mut checking = Duration::ZERO;
        let mut slow: Vec<(Duration, usize, String)> = Vec::new();
        let packages = std::mem::take(&mut self.packages);
        for p in &packages {
            let imports: rustc_hash::FxHashMap<String, PkgId> =
                p.imports.iter().filter_map(|(path, &i)| Some((path.clone(), *ids.get(i)?))).collect();
            let mut diags = Diagnostics::new();
            let start = Cpu::now();
            let options =
                gort_types::check::Options { lazy: self.lazy, bodyless: true, ..Default::default() };
            ids.push(gort_types::check::check_package_with(
                &mut prog,
                &p.path,
                &p.files,
                &imports,
                &self.sources,
                &mut diags,
                options,
            ));
            let time = start.elapsed();
            checking += time;
            slow.push((time, p.lines, p.path.clone()));
            self.show(&diags);
        }
        slow.sort();
        for (time, lines, path) in slow.iter().rev().take(8) {
            eprintln!("  {path}: {lines} lines in {time:?}: {}", per_second(*lines, *time));
        }
        eprintln!("check: {} lines in {checking:?}: {}", self.lines, per_second(self.lines, checking));
        let all = checking + self.parsing;
        eprintln!(
            "both: {}; {} packages, {} errors",
            per_second(self.lines, all),
            packages.len(),
            self.wrong
        );
        self.wrong == 0
    }

    fn show(&mut self, diags: &Diagnostics) {
        self.wrong += diags.len();
        if !diags.is_empty() {
            print!("{}", diags.render(&self.sources, Some(12)));
        }
    }

    /// The files of a directory that are built, in order.
    fn selected(&self, dir: &Path) -> Vec<(String, String)> {
        let mut names: Vec<String> = std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .filter(|n| n.ends_with(".go") && !n.ends_with("_test.go") && !n.starts_with(['.', '_']))
            .filter(|n| self.good_name(n))
            .collect();
        names.sort();
        let read = |n: String| {
            let text = std::fs::read_to_string(dir.join(&n)).ok()?;
            (self.good_constraint(&text) && !text.contains("\nimport \"C\"")).then_some((n, text))
        };
        names.into_iter().filter_map(read).collect()
    }

    fn good_name(&self, name: &str) -> bool {
        const SYSTEMS: &str = "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos";
        const ARCHS: &str = "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm";
        let is = |list: &str, w: &str| list.split(' ').any(|x| x == w);
        let stem = name.trim_end_matches(".go");
        let words: Vec<&str> = stem.split('_').skip(1).collect();
        match words.as_slice() {
            [.., os, arch] if is(SYSTEMS, os) && is(ARCHS, arch) => *os == "linux" && *arch == self.arch,
            [.., last] if is(SYSTEMS, last) => *last == "linux",
            [.., last] if is(ARCHS, last) => *last == self.arch,
            _ => true,
        }
    }

    fn good_constraint(&self, text: &str) -> bool {
        for line in text.lines() {
            if let Some(expr) = line.strip_prefix("//go:build ") {
                return self.eval(expr);
            }
            if line.starts_with("package ") {
                break;
            }
        }
        true
    }

    fn eval(&self, expr: &str) -> bool {
        let spaced = expr.replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut at = 0;
        self.or(&words, &mut at)
    }

    fn or(&self, w: &[&str], at: &mut usize) -> bool {
        let mut v = self.and(w, at);
        while w.get(*at) == Some(&"||") {
            *at += 1;
            v |= self.and(w, at);
        }
        v
    }

    fn and(&self, w: &[&str], at: &mut usize) -> bool {
        let mut v = self.not(w, at);
        while w.get(*at) == Some(&"&&") {
            *at += 1;
            v &= self.not(w, at);
        }
        v
    }

    fn not(&self, w: &[&str], at: &mut usize) -> bool {
        let word = w.get(*at).copied().unwrap_or_default();
        *at += 1;
        match word {
            "!" => !self.not(w, at),
            "(" => {
                let v = self.or(w, at);
                *at += 1;
                v
            }
            tag => {
                let minor = tag.strip_prefix("go1.").and_then(|n| n.parse::<u32>().ok());
                minor.is_some_and(|n| n <= 27)
                    || tag == self.arch
                    || tag == "amd64.v1"
                    || self.tags.contains(tag)
            }
        }
    }
}

/// Time on the processor of this thread: others may be busy too.
struct Cpu(Duration);

impl Cpu {
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let ns = text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        Self(Duration::from_nanos(ns))
    }

    fn elapsed(&self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

fn per_second(lines: usize, time: Duration) -> String {
    format!("{:.0} lines/s", lines as f64 / time.as_secs_f64().max(1e-9))
}
