//! Where a test program is while its tests run: a directory with this program under the test program's name, and what it is
//! to be beside it.
//!
//! Tests start their own program again, by `os.Args[0]` or `os.Executable`, with other arguments and perhaps without an
//! environment. So the name of the program says everything: `dir/net.test` is the test program of the package that is
//! named in `dir/package`, compiled in the one entry of the cache at `dir`.

use crate::cache::key::Key;
use crate::cache::sources::Sources;
use crate::cache::{Cache, Program};
use gort_abi::module::CompiledModule;
use gort_codegen::OnDemand;
use std::io;
use std::path::{Path, PathBuf};

/// The directory of a test program.
#[derive(Debug)]
pub(super) struct TestHome {
    program: PathBuf,
}

/// The end of test programs' names.
const END: &str = ".test";
/// The file with the package's name.
const PACKAGE: &str = "package";

impl TestHome {
    /// Makes one for a package, which is named by import path or full directory.
    pub(super) fn make(package: &str) -> io::Result<Self> {
        let own = std::env::current_exe()?;
        let last = package.rsplit('/').find(|part| !part.is_empty()).unwrap_or("main");
        let dir = fresh_dir()?;
        let home = Self { program: dir.join(format!("{last}{END}")) };
        std::fs::write(dir.join(PACKAGE), package)?;
        // Another name for the same file costs nothing, where that is possible.
        if std::fs::hard_link(&own, &home.program).is_err() {
            std::fs::copy(&own, &home.program)?;
        }
        Ok(home)
    }

    /// That of this process, if it is a test program.
    pub(super) fn of_process() -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        if !program.to_str()?.ends_with(END) {
            return None;
        }
        let home = Self { program };
        home.dir().join(PACKAGE).exists().then_some(home)
    }

    /// The program.
    pub(super) fn program(&self) -> PathBuf {
        self.program.clone()
    }

    fn dir(&self) -> &Path {
        self.program.parent().unwrap_or(Path::new("/"))
    }

    /// The package.
    pub(super) fn package(&self) -> io::Result<String> {
        std::fs::read_to_string(self.dir().join(PACKAGE))
    }

    /// Keeps what the package was compiled to. If that fails, only tests that start their program again do.
    pub(super) fn keep(&self, module: &CompiledModule, rest: &OnDemand) {
        _ = Cache::at(self.dir().to_owned()).put(&key(), module, rest);
    }

    /// What was kept.
    pub(super) fn kept(&self) -> Option<Program> {
        Cache::at(self.dir().to_owned()).find(&key(), &mut Sources::default())
    }

    /// The tests have ended.
    pub(super) fn remove(self) {
        _ = std::fs::remove_dir_all(self.dir());
    }
}

/// Of the only entry.
fn key() -> Key {
    Key::of_bytes(END.as_bytes())
}

/// A directory that was not there.
fn fresh_dir() -> io::Result<PathBuf> {
    let base = std::env::temp_dir();
    let mut n = 0;
    loop {
        let dir = base.join(format!("gort-test-{}-{n}", std::process::id()));
        match std::fs::create_dir(&dir) {
            Ok(()) => return Ok(dir),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_the_program_and_says_what_it_is() {
        let home = TestHome::make("a/b").expect("made");
        assert!(home.program().ends_with("b.test") && home.program().exists());
        assert_eq!(home.package().expect("read"), "a/b");
        assert!(home.kept().is_none());
        let dir = home.dir().to_owned();
        home.remove();
        assert!(!dir.exists());
    }
}
