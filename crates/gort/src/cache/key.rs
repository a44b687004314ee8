//! What a compiled program depends on, as one number.
//!
//! The texts of all packages that the program imports, in the order in which they are found by reading imports only; which
//! package each import means; the compiler; the features of the machine; and names that end up in the program.

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
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key of those bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The key of a program. `None` if something is wrong with it, which the front half will say, or if it depends
    /// on more than its texts. The packages read on the way are kept by the input's resolver.
    pub fn of(input: &Input) -> Option<Self> {
        if std::env::var_os("GORT_VERIFY").is_some() || poisons_slots() {
            return None;
        }
        let mut walk = Walk { hash: Sha256::new(), resolver: &input.resolver, seen: HashSet::new() };
        walk.compiler()?;
        walk.text(std::env::current_dir().ok()?.as_os_str().as_bytes());
        walk.text(format!("{:?}", input.resolver.language_version(Origin::Own)).as_bytes());
        let std = Place { path: String::new(), dir: PathBuf::new(), origin: Origin::Std };
        walk.import(&std, "runtime")?;
        if input.main.iter().any(|f| needs_maps(&f.bytes)) {
            walk.import(&std, "internal/runtime/maps")?;
        }
        walk.seen.insert(input.place.path.clone());
        walk.package(&input.place, &input.main)?;
        Some(Self(walk.hash.finalize().into()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct Walk<'a> {
    hash: Sha256,
    resolver: &'a Resolver,
    seen: HashSet<String>,
}

impl Walk<'_> {
    /// Two texts after each other are not what one of both lengths is.
    fn text(&mut self, text: &[u8]) {
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text);
    }

    /// The program that runs here, as the system knows it: hashing it would take longer than compiling.
    fn compiler(&mut self) -> Option<()> {
        let path = std::env::current_exe().ok()?;
        let facts = std::fs::metadata(&path).ok()?;
        self.text(path.as_os_str().as_bytes());
        let numbers =
            [facts.len(), facts.ino(), facts.dev(), facts.mtime() as u64, facts.mtime_nsec() as u64];
        numbers.iter().for_each(|n| self.text(&n.to_le_bytes()));
        self.text(gort_codegen::target().as_bytes());
        Some(())
    }

    fn import(&mut self, importer: &Place, path: &str) -> Option<()> {
        let place = self.resolver.place(importer, path).ok()?;
        self.text(path.as_bytes());
        self.text(place.path.as_bytes());
        if !self.seen.insert(place.path.clone()) {
            return Some(());
        }
        let mut package = self.resolver.read(&place, false).ok()?;
        let done = self.package(&place, &package.go);
        self.resolver.keep_read(&place, std::mem::take(&mut package.go));
        done
    }

    fn package(&mut self, place: &Place, files: &[SourceText]) -> Option<()> {
        self.text(place.path.as_bytes());
        for file in files {
            let text = std::str::from_utf8(&file.bytes).ok()?;
            if place.origin != Origin::Std && text.contains("//go:embed") {
                return None;
            }
            self.text(file.name.as_bytes());
            self.text(&file.bytes);
            for path in imports(text)? {
                if path != "unsafe" {
                    self.import(place, path)?;
                }
            }
        }
        self.text(b"end");
        Some(())
    }
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
