//! Which files of a directory belong to a build: `//go:build` lines and `_GOOS_GOARCH` file names.
//!
//! Go counterpart: `go/build` (`Context.matchFile`, `goodOSArchFile`), `go/build/constraint`.

/// Release that the language and library follow: the tags `go1.1` to `go1.27` hold.
const GO_MINOR: u32 = 27;

/// An architecture that no file names: files for it are the portable ones, without assembly.
pub const NO_ARCH: &str = "noarch";

/// Experiments that are on by default in this release (those of gc's calling convention are not: there is none here).
const EXPERIMENTS: &[&str] =
    &["dwarf5", "jsonv2", "greenteagc", "randomizedheapbase64", "sizespecializedmalloc"];

const KNOWN_OS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const KNOWN_ARCH: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// What holds in a build of one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The architecture whose files are taken.
    pub arch: &'static str,
    /// Are the tags set that choose Go code over assembly?
    pub pure_go: bool,
}

impl Context {
    /// The machine's own architecture.
    pub const NATIVE: Self = Self { arch: "amd64", pure_go: false };
    /// Portable files only.
    pub const PORTABLE: Self = Self { arch: NO_ARCH, pure_go: true };

    fn tag(self, tag: &str) -> bool {
        match tag {
            "linux" | "unix" | "gc" => true,
            "purego" | "math_big_pure_go" => self.pure_go,
            "amd64.v1" => self.arch == "amd64",
            _ if tag == self.arch => true,
            _ => match (tag.strip_prefix("go1."), tag.strip_prefix("goexperiment.")) {
                (Some(minor), _) => minor.parse::<u32>().is_ok_and(|m| (1..=GO_MINOR).contains(&m)),
                (_, Some(experiment)) => EXPERIMENTS.contains(&experiment),
                _ => false,
            },
        }
    }

    /// Does the name of a file let it in: `x.go`, `x_linux.go`, `x_linux_amd64_test.go`?
    pub fn name_matches(self, name: &str) -> bool {
        let stem = name.split('.').next().unwrap_or(name);
        let Some((_, rest)) = stem.split_once('_') else { return true };
        let mut parts: Vec<&str> = rest.split('_').collect();
        if parts.last() == Some(&"test") {
            parts.pop();
        }
        let is_os = |p: &str| KNOWN_OS.contains(&p);
        let is_arch = |p: &str| KNOWN_ARCH.contains(&p);
        match parts.as_slice() {
            [.., os, arch] if is_os(os) && is_arch(arch) => *os == "linux" && *arch == self.arch,
            [.., last] if is_os(last) => *last == "linux",
            [.., last] if is_arch(last) => *last == self.arch,
            _ => true,
        }
    }

    /// Does the file's `//go:build` line, if it has one, let it in? A malformed one does not.
    pub fn text_matches(self, text: &[u8]) -> bool {
        match Header::of(text).build {
            None => true,
            Some(expr) => Parser { rest: expr, context: self }.parse().unwrap_or(false),
        }
    }
}

/// What stands before a file's declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Expression of the `//go:build` line.
    pub build: Option<&'a str>,
    /// Name in the package clause, "" if there is none: the parser will say what is wrong.
    pub package: &'a str,
}

impl<'a> Header<'a> {
    /// Reads as far as the package clause.
    pub fn of(text: &'a [u8]) -> Self {
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(e) => std::str::from_utf8(text.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or(""),
        };
        let mut rest = text.trim_start_matches('\u{feff}').trim_start();
        let mut build = None;
        loop {
            if let Some(comment) = rest.strip_prefix("//") {
                let (line, after) = comment.split_once('\n').unwrap_or((comment, ""));
                if let Some(expr) = line.strip_prefix("go:build")
                    && expr.starts_with([' ', '\t'])
                {
                    build = Some(expr.trim());
                }
                rest = after.trim_start();
            } else if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, r)| r).trim_start();
            } else {
                break;
            }
        }
        let after = rest.strip_prefix("package").unwrap_or("").trim_start();
        let end = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        Self { build, package: after.get(..end).unwrap_or("") }
    }
}

/// Evaluates a constraint while reading it. `None`: it is malformed.
struct Parser<'a> {
    rest: &'a str,
    context: Context,
}

impl Parser<'_> {
    fn parse(mut self) -> Option<bool> {
        let value = self.or()?;
        self.rest.trim().is_empty().then_some(value)
    }

    fn got(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let after = rest.strip_prefix(token);
        self.rest = after.unwrap_or(rest);
        after.is_some()
    }

    fn or(&mut self) -> Option<bool> {
        let mut value = self.and()?;
        while self.got("||") {
            value |= self.and()?;
        }
        Some(value)
    }

    fn and(&mut self) -> Option<bool> {
        let mut value = self.not()?;
        while self.got("&&") {
            value &= self.not()?;
        }
        Some(value)
    }

    fn not(&mut self) -> Option<bool> {
        if self.got("!") {
            return Some(!self.not()?);
        }
        if self.got("(") {
            let value = self.or()?;
            return self.got(")").then_some(value);
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (tag, after) = self.rest.split_at(end);
        self.rest = after;
        (!tag.is_empty()).then(|| self.context.tag(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_where_a_file_belongs() {
        let matches = |name| Context::NATIVE.name_matches(name);
        for name in ["x.go", "linux.go", "x_linux.go", "x_linux_amd64.go", "x_amd64_test.go", "x_unix.go"] {
            assert!(matches(name), "{name}");
        }
        for name in ["x_windows.go", "x_arm64.go", "x_linux_arm64.go", "x_darwin_amd64.go"] {
            assert!(!matches(name), "{name}");
        }
        assert!(!Context::PORTABLE.name_matches("x_amd64.go"));
    }

    #[test]
    fn constraints_are_evaluated() {
        let matches = |line: &str| Context::NATIVE.text_matches(format!("{line}\n\npackage p").as_bytes());
        assert!(matches("//go:build linux && (amd64 || arm64)"));
        assert!(matches("// text\n\n/* more */\n//go:build !windows && go1.27"));
        assert!(!matches("//go:build go1.28"));
        assert!(!matches("//go:build ignore"));
        assert!(!matches("//go:build cgo"));
        assert!(!matches("//go:build linux &&"));
        assert!(matches("//go:builder"));
        assert!(Context::PORTABLE.text_matches(b"//go:build !amd64 && purego\npackage p"));
    }

    #[test]
    fn package_names_are_found_behind_comments() {
        assert_eq!(Header::of(b"// c\n/* d */ package  p_1; x").package, "p_1");
        assert_eq!(Header::of(b"func").package, "");
    }
}
