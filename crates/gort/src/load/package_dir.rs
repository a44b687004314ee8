//! A package as a directory: the files of it that are part of the build.
//!
//! Go counterpart: `go/build` (`Context.Import`).

use super::constraint::{Context, Header};
use super::{LoadError, SourceText, read_file};
use std::path::{Path, PathBuf};

/// The files of a directory, sorted by what they are for, each list in lexical order.
#[derive(Debug, Default)]
pub struct PackageDir {
    /// Files of the package.
    pub go: Vec<SourceText>,
    /// Files with tests that belong to the package (`_test.go`).
    pub test: Vec<SourceText>,
    /// Files with tests of a package of their own (`p_test`).
    pub external_test: Vec<SourceText>,
    /// Is there a Go file that the build leaves out?
    pub excluded: bool,
    /// A file left out because it imports "C".
    pub cgo: Option<PathBuf>,
}

/// Which context to read a directory with.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// This one.
    Fixed(Context),
    /// The machine's own architecture, unless there is assembly for it: portable files then.
    ByAssembly,
}

impl PackageDir {
    /// Reads a directory. Tests are read only if wanted.
    pub fn read(dir: &Path, choice: Choice, tests: bool) -> Result<Self, LoadError> {
        let names = file_names(dir)?;
        let context = match choice {
            Choice::Fixed(context) => context,
            Choice::ByAssembly if has_assembly(dir, &names) => Context::PORTABLE,
            Choice::ByAssembly => Context::NATIVE,
        };
        let mut out = Self::default();
        for name in names.iter().filter(|n| n.ends_with(".go")) {
            let is_test = name.ends_with("_test.go");
            if is_test && !tests {
                continue;
            }
            if !context.name_matches(name) {
                out.excluded = true;
                continue;
            }
            let path = dir.join(name);
            let file = read_file(&path)?;
            if !context.text_matches(&file.bytes) {
                out.excluded = true;
            } else if imports_c(&file.bytes) {
                out.excluded = true;
                out.cgo.get_or_insert(path);
            } else if !is_test {
                out.go.push(file);
            } else if Header::of(&file.bytes).package.ends_with("_test") {
                out.external_test.push(file);
            } else {
                out.test.push(file);
            }
        }
        Ok(out)
    }

    /// Names of the files, tests left out, whose texts say what [`Self::read`] reads.
    pub fn names(dir: &Path, choice: Choice) -> Result<Vec<String>, LoadError> {
        let mut names = file_names(dir)?;
        names.retain(|name| match choice {
            Choice::Fixed(context) => {
                name.ends_with(".go") && !name.ends_with("_test.go") && context.name_matches(name)
            }
            Choice::ByAssembly => !name.ends_with("_test.go"),
        });
        Ok(names)
    }

    /// Is there nothing to build?
    pub fn is_empty(&self) -> bool {
        self.go.is_empty() && self.test.is_empty() && self.external_test.is_empty()
    }
}

/// Names that count, in lexical order: files that begin with a dot or underscore do not.
fn file_names(dir: &Path) -> Result<Vec<String>, LoadError> {
    let entries = std::fs::read_dir(dir).map_err(|e| LoadError::Io("open", dir.to_owned(), e))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| (n.ends_with(".go") || n.ends_with(".s")) && !n.starts_with(['.', '_']))
        .collect();
    names.sort();
    Ok(names)
}

/// Is there assembly in the native build?
fn has_assembly(dir: &Path, names: &[String]) -> bool {
    names.iter().any(|n| {
        n.ends_with(".s")
            && Context::NATIVE.name_matches(n)
            && std::fs::read(dir.join(n)).is_ok_and(|text| Context::NATIVE.text_matches(&text))
    })
}

/// Does a file import "C"? Imports come first, one a line where they are formatted.
fn imports_c(text: &[u8]) -> bool {
    let has_c = text.windows(3).any(|w| w == b"\"C\"");
    has_c
        && String::from_utf8_lossy(text)
            .lines()
            .map(|l| l.split("//").next().unwrap_or(l).trim())
            .take_while(|l| !l.starts_with("func ") && !l.starts_with("type "))
            .any(|l| matches!(l, "import \"C\"" | "\"C\"" | "import (\"C\")"))
}

#[cfg(test)]
mod tests {
    use super::imports_c;

    #[test]
    fn cgo_files_are_known_by_their_import() {
        assert!(imports_c(b"package p\n\nimport \"C\"\n"));
        assert!(imports_c(b"package p\nimport (\n\t\"C\" // cgo\n)\n"));
        assert!(!imports_c(b"package p\nfunc f() string {\n\treturn g(\n\"C\"\n)}"));
    }
}
