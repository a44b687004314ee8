//! Compiled programs on disk: a program that was run before starts without its front half.
//!
//! An entry is one file, named by what it was made from ([`key`]): every source text that was read, this
//! compiler, the machine. It holds the machine code of the functions that a run has called, and the optimised IR of all
//! others ([`entry`]). Nothing depends on the cache: where it cannot be read or written, programs are compiled as if there
//! were none, and `-v` says why.
//!
//! Runs do not lock each other out: an entry is written beside its place and renamed into it, so a reader finds a whole one,
//! and of two writers the later wins. What a disk or a person does to an entry, its checksum shows.

pub mod entry;
pub mod key;
pub mod sources;

use crate::load::Input;
use entry::{Entry, EntryBytes};
use gort_abi::module::{CodeSource, CompiledFunc, CompiledModule};
use gort_codegen::{OnDemand, StoredCode};
use key::Key;
use sources::Sources;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// All entries together take no more: those that were not used for longest go.
const MAX_BYTES: u64 = 512 << 20;

/// When an entry was used last is written down no more often than this: who writes changes what the system knows of it.
const TOUCHED: Duration = Duration::from_hours(24);

/// Names the directory, or is `off`.
const VARIABLE: &str = "GORT_CACHE";

/// The directory of entries.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
    verbose: bool,
}

/// A program ready to be loaded.
pub struct Program {
    /// What is loaded at once.
    pub module: CompiledModule,
    /// Compiles the rest.
    pub rest: Arc<dyn CodeSource>,
    /// Keeps what this run compiles.
    pub keep: Option<Keep>,
}

impl Cache {
    /// The cache of this user, unless there is to be none.
    pub fn of_user(verbose: bool) -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let dir = match set(VARIABLE) {
            Some(dir) if dir == Path::new("off") => return None,
            Some(dir) => dir,
            None => {
                let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|h| h.join(".cache")))?;
                base.join("gort").join("programs")
            }
        };
        Some(Self { dir, verbose })
    }

    /// A cache in that directory.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir, verbose: false }
    }

    fn say(&self, message: impl FnOnce() -> String) {
        if self.verbose {
            eprintln!("gort: {}", message());
        }
    }

    fn place(&self, key: &Key) -> PathBuf {
        self.dir.join(key.to_string())
    }

    /// The program of that key, if a run left it.
    pub fn find(&self, key: &Key, sources: &mut Sources) -> Option<Program> {
        let path = self.place(key);
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?, file)));
        let (facts, file) = match opened {
            Ok(opened) => opened,
            Err(e) => {
                self.say(|| format!("not in the cache: {}: {e}", path.display()));
                return None;
            }
        };
        let checked = sources.checked(key, &facts);
        match Entry::read(file, key, checked) {
            Ok((entry, module)) => {
                self.say(|| format!("from the cache: {}", path.display()));
                if facts.modified().is_ok_and(|at| at.elapsed().is_ok_and(|past| past > TOUCHED)) {
                    // When it was used last; nothing depends on it but which entries go first.
                    let _ = entry.file().set_modified(SystemTime::now());
                } else if checked.is_none() {
                    sources.note_checked(key, &facts, entry.found());
                }
                let entry = Arc::new(entry);
                let code_size = entry.code_size();
                let stored = StoredCode::new(EntryBytes(Arc::clone(&entry)), code_size);
                let origin = Origin::Entry(entry);
                Some(self.keep(key.clone(), module, Arc::new(stored), origin))
            }
            Err(e) => {
                self.say(|| format!("damaged in the cache, compiled again: {}: {e}", path.display()));
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// A program that was just compiled, to be kept when it ends.
    pub fn add(&self, key: Key, module: CompiledModule, rest: OnDemand) -> Program {
        let rest = Arc::new(rest);
        let origin = Origin::Compiled(Box::new(module.clone()), Arc::clone(&rest));
        self.keep(key, module, rest, origin)
    }

    /// Writes a program that was just compiled and has not run.
    pub fn put(&self, key: &Key, module: &CompiledModule, rest: &OnDemand) -> io::Result<()> {
        self.write(key, &Entry::make(key, module.clone(), Vec::new(), &rest.store()))
    }

    fn keep(&self, key: Key, module: CompiledModule, rest: Arc<dyn CodeSource>, origin: Origin) -> Program {
        let recorder = Arc::new(Recorder { source: rest, done: Mutex::default() });
        let keep = Keep { cache: self.clone(), key, recorder: Arc::clone(&recorder), origin };
        Program { module, rest: recorder, keep: Some(keep) }
    }

    /// Removes all entries.
    pub fn clean(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Where the entries are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The key of a program, see [`Key::of`], and the program, if a run left it.
    pub fn look_up(&self, input: &Input) -> Option<(Key, Option<Program>)> {
        let compiler = Key::of_compiler()?;
        let mut sources = Sources::read(&self.place(&compiler));
        let key = Key::of(input, &compiler, &mut sources);
        let found = key.as_ref().and_then(|key| self.find(key, &mut sources));
        if let Some(Err(e)) = sources.to_write().map(|bytes| self.write(&compiler, &bytes)) {
            self.say(|| format!("sources not kept in the cache: {}: {e}", self.dir.display()));
        }
        key.map(|key| (key, found))
    }

    fn write(&self, key: &Key, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let aside = self.dir.join(format!("{key}.{}.new", std::process::id()));
        let written = File::create(&aside).and_then(|mut file| file.write_all(bytes));
        let placed = written.and_then(|()| fs::rename(&aside, self.place(key)));
        if placed.is_err() {
            let _ = fs::remove_file(&aside);
        }
        placed?;
        self.evict(MAX_BYTES)
    }

    /// Removes the entries that were not used for longest, until the rest is small enough.
    fn evict(&self, max: u64) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.dir)?.flatten() {
            let Ok(facts) = entry.metadata() else { continue };
            let used = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            entries.push((used, facts.len(), entry.path()));
        }
        entries.sort();
        let mut all: u64 = entries.iter().map(|e| e.1).sum();
        for (_, size, path) in entries {
            if all <= max {
                break;
            }
            if fs::remove_file(path).is_ok() {
                all -= size;
            }
        }
        Ok(())
    }
}

/// Remembers what is compiled while the program runs.
struct Recorder {
    source: Arc<dyn CodeSource>,
    done: Mutex<Vec<(u32, CompiledFunc)>>,
}

impl CodeSource for Recorder {
    fn compile(&self, index: u32) -> Result<CompiledFunc, String> {
        let func = self.source.compile(index)?;
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((index, func.clone()));
        Ok(func)
    }

    fn code_size(&self) -> usize {
        self.source.code_size()
    }
}

/// Where the rest of a program is.
enum Origin {
    Compiled(Box<CompiledModule>, Arc<OnDemand>),
    Entry(Arc<Entry>),
}

/// Keeps a program for later runs.
pub struct Keep {
    cache: Cache,
    key: Key,
    recorder: Arc<Recorder>,
    origin: Origin,
}

impl Keep {
    /// Has this run compiled anything that no run before has?
    pub fn is_worth_it(&self) -> bool {
        matches!(self.origin, Origin::Compiled(..)) || !self.compiled().is_empty()
    }

    fn compiled(&self) -> std::sync::MutexGuard<'_, Vec<(u32, CompiledFunc)>> {
        self.recorder.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the entry, with what has been compiled up to now. That it cannot be written is no mistake of the program.
    pub fn write(self) {
        let new = std::mem::take(&mut *self.compiled());
        let bytes = match self.origin {
            Origin::Compiled(module, rest) => Ok(Entry::make(&self.key, *module, new, &rest.store())),
            Origin::Entry(entry) => entry.with(&self.key, new),
        };
        match bytes.and_then(|bytes| self.cache.write(&self.key, &bytes).map_err(|e| e.to_string())) {
            Ok(()) => {}
            Err(e) => self.cache.say(|| format!("not kept in the cache: {}: {e}", self.cache.dir.display())),
        }
    }
}

#[cfg(test)]
mod tests;
