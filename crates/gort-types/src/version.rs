//! Language versions: of the module (`go.mod`), and of files that have another (`//go:build go1.21`).
//!
//! A version is the number behind `1.`. Go counterpart: `go/types/version.go`, `initFiles` in `check.go`.

use crate::checker::Checker;
use gort_syntax::ast::File;
use gort_syntax::source::Pos;

/// The version of the language this checker knows.
pub const NEWEST: u32 = 27;

/// Files may not ask for less: older versions of Go took no notice of the files' wishes.
const OLDEST_OF_FILE: u32 = 21;

/// The version that a file asks for in its `//go:build` line: the least one among the constraint's alternatives.
pub fn file_version(file: &File) -> Option<u32> {
    let line = file.pragmas.iter().take_while(|p| p.pos < file.package_pos).find_map(|p| {
        let expr = p.text.strip_prefix("go:build")?;
        expr.starts_with([' ', '\t']).then_some(expr)
    })?;
    let spaced = line.replace('(', " ( ").replace(')', " ) ").replace('!', " ! ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    min_version(&words, &mut 0, true).filter(|&v| v > 0)
}

/// The version implied by an expression (`sign`) or by its negation; `None`: none, 0: any.
fn min_version(w: &[&str], at: &mut usize, sign: bool) -> Option<u32> {
    let mut v = and_version(w, at, sign);
    while w.get(*at) == Some(&"||") {
        *at += 1;
        let other = and_version(w, at, sign);
        v = if sign { v.min(other) } else { v.max(other) };
    }
    v
}

fn and_version(w: &[&str], at: &mut usize, sign: bool) -> Option<u32> {
    let mut v = not_version(w, at, sign);
    while w.get(*at) == Some(&"&&") {
        *at += 1;
        let other = not_version(w, at, sign);
        v = if sign { v.max(other) } else { v.min(other) };
    }
    v
}

fn not_version(w: &[&str], at: &mut usize, sign: bool) -> Option<u32> {
    let word = w.get(*at).copied().unwrap_or_default();
    *at += 1;
    match word {
        "!" => not_version(w, at, !sign),
        "(" => {
            let v = min_version(w, at, sign);
            *at += 1;
            v
        }
        tag if sign => tag.strip_prefix("go1.").and_then(|n| n.parse().ok()),
        _ => None,
    }
}

impl<'a> Checker<'a> {
    /// Notes the version of each file.
    pub(crate) fn file_versions(&mut self) {
        let files: &'a [File] = self.files;
        let module = self.options.version;
        for f in files {
            let version = match file_version(f) {
                Some(v) => {
                    if v > NEWEST {
                        let msg = format!("file requires newer Go version go1.{v}");
                        self.error(f.package.pos, "TooNew", msg);
                    }
                    Some(v.max(OLDEST_OF_FILE))
                }
                None => module,
            };
            if let Some(v) = version.filter(|&v| v < NEWEST) {
                self.prog.info.versions.insert(f.file, v);
                if v < 22 {
                    self.prog.info.old_loops.push((f.package_pos, f.eof));
                }
            }
        }
    }

    /// The version of the language in force at `pos`.
    fn version_at(&self, pos: Pos) -> u32 {
        if self.prog.info.versions.is_empty() {
            return NEWEST;
        }
        let file = self.sources.file_of(pos);
        file.and_then(|f| self.prog.info.versions.get(&f)).copied().unwrap_or(NEWEST)
    }

    /// May what came with this version be used at `pos`?
    pub fn allow_version(&self, pos: Pos, version: u32) -> bool {
        self.version_at(pos) >= version
    }

    /// Like [`Self::allow_version`], and reports it if not.
    pub fn verify_version(&mut self, pos: Pos, version: u32, what: &str) -> bool {
        if self.allow_version(pos, version) {
            return true;
        }
        let why = self.version_reason(pos);
        self.error(pos, "UnsupportedFeature", format!("{what} requires go1.{version} or later{why}"));
        false
    }

    /// Where the version comes from, in parentheses.
    pub(crate) fn version_reason(&self, pos: Pos) -> String {
        let v = self.version_at(pos);
        let file = self.sources.file_of(pos);
        let declared = self.files.iter().find(|f| Some(f.file) == file).and_then(file_version);
        if declared == Some(v) {
            format!(" (file declares //go:build go1.{v})")
        } else {
            let lang = self.options.version.unwrap_or(NEWEST);
            format!(" (-lang was set to go1.{lang}; check go.mod)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_version_counts() {
        let version = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            min_version(&words, &mut 0, true)
        };
        assert_eq!(version("go1.21"), Some(21));
        assert_eq!(version("linux && go1.22"), Some(22));
        assert_eq!(version("go1.20 || go1.22"), Some(20));
        assert_eq!(version("linux || go1.22"), None);
        assert_eq!(version("! go1.22"), None);
    }
}
