//! What a compiled program depends on, as one number.
//!
//! The texts of all packages that the program imports, in the order in which they are found by reading imports only; which
//! package each import means; the compiler; the features of the machine; and names that end up in the program. Directories
//! that are as they were are not read again ([`super::sources`]).

use super::sources::{Made, Sources};
use crate::backend::poisons_slots;
use crate::driver::needs_maps;
use crate::load::resolve::{Origin, Place, Resolver};
use crate::load::{Input, SourceText};
use gort_syntax::lexer::Lexer;
use gort_syntax::token::Token;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The name of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key([u8; Self::LEN]);

impl Key {
    /// Its size.
    pub const LEN: usize = 32;

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// A key of those bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What a compiler is known by: the program that runs here as the system knows it, as hashing it would take longer than
    /// compiling; and the machine.
    pub fn of_compiler() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        let facts = std::fs::metadata(&path).ok()?;
        let mut hash = Parts::default();
        hash.add(path.as_os_str().as_bytes());
        let numbers =
            [facts.len(), facts.ino(), facts.dev(), facts.mtime() as u64, facts.mtime_nsec() as u64];
        numbers.iter().for_each(|n| hash.add(&n.to_le_bytes()));
        hash.add(gort_codegen::target().as_bytes());
        Some(Self(hash.finish()))
    }

    /// The key of a program. `None` if something is wrong with it, which the front half will say, or if it depends
    /// on more than its texts. The packages read on the way are kept by the input's resolver.
    pub fn of(input: &Input, compiler: &Self, sources: &mut Sources) -> Option<Self> {
        if std::env::var_os("GORT_VERIFY").is_some() || poisons_slots() {
            return None;
        }
        let mut walk =
            Walk { hash: Parts::default(), resolver: &input.resolver, sources, seen: HashSet::new() };
        walk.hash.add(compiler.bytes());
        walk.hash.add(std::env::current_dir().ok()?.as_os_str().as_bytes());
        walk.hash.add(format!("{:?}", input.resolver.language_version(Origin::Own)).as_bytes());
        let std = Place { path: String::new(), dir: PathBuf::new(), origin: Origin::Std };
        walk.import(&std, "runtime")?;
        if input.main.iter().any(|f| needs_maps(&f.bytes)) {
            walk.import(&std, "internal/runtime/maps")?;
        }
        walk.seen.insert(input.place.path.clone());
        let main = made(&input.place, &input.main)?;
        walk.package(&input.place, &main)?;
        Some(Self(walk.hash.finish()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A checksum over parts: two after each other are not what one of both lengths is.
#[derive(Default)]
pub(super) struct Parts(Sha256);

impl Parts {
    pub(super) fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub(super) fn finish(self) -> [u8; Key::LEN] {
        self.0.finalize().into()
    }
}

struct Walk<'a> {
    hash: Parts,
    resolver: &'a Resolver,
    sources: &'a mut Sources,
    seen: HashSet<String>,
}

impl Walk<'_> {
    fn import(&mut self, importer: &Place, path: &str) -> Option<()> {
        let place = self.resolver.place(importer, path).ok()?;
        self.hash.add(path.as_bytes());
        self.hash.add(place.path.as_bytes());
        if !self.seen.insert(place.path.clone()) {
            return Some(());
        }
        let made = self.made(&place)?;
        self.package(&place, &made)
    }

    fn package(&mut self, place: &Place, made: &Made) -> Option<()> {
        self.hash.add(place.path.as_bytes());
        self.hash.add(&made.digest);
        for path in &made.imports {
            self.import(place, path)?;
        }
        self.hash.add(b"end");
        Some(())
    }

    /// What a package is made of. What had to be read for it is kept for the front half.
    fn made(&mut self, place: &Place) -> Option<Made> {
        let Some(choice) = self.resolver.choice(place) else {
            return made(place, &self.resolver.read(place, false).ok()?.go);
        };
        if let Some(made) = self.sources.known(&place.dir, choice) {
            return Some(made.clone());
        }
        let read = || self.resolver.read(place, false);
        let (made, files) = self.sources.learn(&place.dir, choice, read, |files| made(place, files))?;
        self.resolver.keep_read(place, files);
        Some(made)
    }
}

/// What files are made of, `None` if they depend on others.
fn made(place: &Place, files: &[SourceText]) -> Option<Made> {
    let mut paths: Vec<String> = Vec::new();
    for file in files {
        let text = std::str::from_utf8(&file.bytes).ok()?;
        if place.origin != Origin::Std && text.contains("//go:embed") {
            return None;
        }
        for path in imports(text)? {
            if path != "unsafe" && !paths.iter().any(|p| p == path) {
                paths.push(path.to_owned());
            }
        }
    }
    Some(Made::of(files, paths))
}

/// What a file imports, `None` if that is not plain to see.
fn imports(text: &str) -> Option<Vec<&str>> {
    let mut lexer = Lexer::new(text, &[]);
    let mut next = || {
        lexer.advance();
        (lexer.token, lexer.lit)
    };
    let mut out = Vec::new();
    if next().0 != Token::Package || next().0 != Token::Name || next().0 != Token::Semi {
        return None;
    }
    while next().0 == Token::Import {
        let mut grouped = false;
        loop {
            match next() {
                (Token::Literal, path) => out.push(path.trim_matches(['"', '`'])),
                (Token::Lparen, _) => grouped = true,
                (Token::Rparen, _) => grouped = false,
                (Token::Name | Token::Dot, _) => {}
                (Token::Semi, _) if grouped => {}
                (Token::Semi, _) => break,
                _ => return None,
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn imports_are_read_without_the_rest() {
        let text = "// c\npackage p\n\nimport (\n\t\"a\"\n\t. `b/c`\n)\nimport x \"d\"; import ()\nfunc f() { import }";
        assert_eq!(imports(text), Some(vec!["a", "b/c", "d"]));
        assert_eq!(imports("package p"), Some(vec![]));
        assert_eq!(imports("pakage p"), None);
        assert_eq!(imports("package p\nimport 'x' +"), None);
    }
}
