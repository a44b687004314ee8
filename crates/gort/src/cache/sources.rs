//! What packages are made of, without reading them again.
//!
//! A program's key depends on the texts of all packages that it imports, some hundreds of files. This index remembers, of
//! each directory, what its texts and imports were, and by what the system knew the files then: as long as that is the same,
//! they are the same. It is a file beside the entries, of one compiler; like them it may be missing, damaged, or overwritten
//! by another run: then directories are read.
//!
//! In the same way it remembers entries that were read as a whole and found undamaged.
//!
//! A file that was changed a moment ago may change again without looking different, as times of files have coarse clocks:
//! it is not remembered (git's rule for its index).

use super::key::{Key, Parts};
use crate::load::package_dir::{Choice, PackageDir};
use crate::load::{LoadError, SourceText};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Changes of files that are not older than this may be followed by others that do not show.
const UNSETTLED: Duration = Duration::from_secs(2);

/// So many entries are remembered.
const MAX_CHECKED: usize = 1 << 12;

/// What a program's key needs to know of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Checksum over names and texts of its files.
    pub digest: [u8; 32],
    /// What it imports.
    pub imports: Vec<String>,
}

/// A directory as it was.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Files that were looked at.
    names: Vec<String>,
    /// Checksum over what the system knew of the directory and these files.
    facts: u64,
    made: Made,
}

/// An entry that was undamaged.
#[derive(Debug, Serialize, Deserialize)]
struct Checked {
    facts: u64,
    /// What its checks found that is needed later.
    found: u64,
}

/// The index.
#[derive(Debug, Default)]
pub struct Sources {
    records: HashMap<(PathBuf, String), Record>,
    checked: HashMap<[u8; Key::LEN], Checked>,
    changed: bool,
}

impl Sources {
    /// Reads the index. An unreadable one is an empty one.
    pub fn read(path: &Path) -> Self {
        let read = fs::read(path).ok().and_then(|bytes| {
            let (sum, rest) = bytes.split_first_chunk()?;
            (xxh3_64(rest).to_le_bytes() == *sum).then(|| postcard::from_bytes(rest).ok())?
        });
        let (records, checked) = read.unwrap_or_default();
        Self { records, checked, changed: false }
    }

    /// The bytes of the index, if something is new in it.
    pub fn to_write(&self) -> Option<Vec<u8>> {
        let rest = self.changed.then(|| postcard::to_stdvec(&(&self.records, &self.checked)).ok())??;
        let mut bytes = xxh3_64(&rest).to_le_bytes().to_vec();
        bytes.extend(rest);
        Some(bytes)
    }

    /// What the package in a directory is made of, if that is known and still so.
    pub fn known(&self, dir: &Path, choice: Choice) -> Option<&Made> {
        let record = self.records.get(&name(dir, choice))?;
        (facts(dir, &record.names).ok()?.sum == record.facts).then_some(&record.made)
    }

    /// What the checks of an entry found, if it is still what it was then.
    pub fn checked(&self, key: &Key, file: &Metadata) -> Option<u64> {
        let checked = self.checked.get(key.bytes())?;
        (Facts::of([file]).sum == checked.facts).then_some(checked.found)
    }

    /// An entry was checked, after the system knew of it what `file` says.
    pub fn note_checked(&mut self, key: &Key, file: &Metadata, found: u64) {
        let Facts { sum, settled } = Facts::of([file]);
        if settled {
            // Entries come and go; nobody says which are gone.
            if self.checked.len() >= MAX_CHECKED {
                self.checked.clear();
            }
            self.checked.insert(*key.bytes(), Checked { facts: sum, found });
            self.changed = true;
        }
    }

    /// Reads a package by `read`, and remembers what `make` says it is made of.
    pub fn learn(
        &mut self,
        dir: &Path,
        choice: Choice,
        read: impl FnOnce() -> Result<PackageDir, LoadError>,
        make: impl FnOnce(&[SourceText]) -> Option<Made>,
    ) -> Option<(Made, Vec<SourceText>)> {
        // Before the texts are read: a change in between must not be taken for what was read.
        let names = PackageDir::names(dir, choice).ok()?;
        let before = facts(dir, &names).ok()?;
        let package = read().ok()?;
        let made = make(&package.go)?;
        if before.settled {
            let record = Record { names, facts: before.sum, made: made.clone() };
            self.records.insert(name(dir, choice), record);
            self.changed = true;
        }
        Some((made, package.go))
    }
}

/// Of one directory other files may be taken: a program's own module may be the standard library's.
fn name(dir: &Path, choice: Choice) -> (PathBuf, String) {
    (dir.to_owned(), format!("{choice:?}"))
}

impl Made {
    /// Of these files.
    pub fn of(files: &[SourceText], imports: Vec<String>) -> Self {
        let mut hash = Parts::default();
        files.iter().flat_map(|f| [f.name.as_bytes(), &f.bytes]).for_each(|part| hash.add(part));
        Self { digest: hash.finish(), imports }
    }
}

struct Facts {
    sum: u64,
    settled: bool,
}

impl Facts {
    fn of<'a>(files: impl IntoIterator<Item = &'a Metadata>) -> Self {
        let now = SystemTime::now();
        let limit = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(UNSETTLED);
        let mut settled = true;
        let mut sum = Xxh3::new();
        for of in files {
            let numbers = [
                of.dev(),
                of.ino(),
                of.len(),
                of.mtime() as u64,
                of.mtime_nsec() as u64,
                of.ctime() as u64,
                of.ctime_nsec() as u64,
            ];
            numbers.iter().for_each(|n| sum.update(&n.to_le_bytes()));
            settled &= of.mtime().max(of.ctime()) < limit.as_secs() as i64;
        }
        Self { sum: sum.digest(), settled }
    }
}

/// What the system knows of a directory and of files in it.
fn facts(dir: &Path, names: &[String]) -> io::Result<Facts> {
    let mut all = vec![fs::metadata(dir)?];
    let mut path = dir.join("x");
    for name in names {
        path.set_file_name(name);
        all.push(fs::metadata(&path)?);
    }
    Ok(Facts::of(&all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::constraint::Context;
    use std::fs::FileTimes;

    const CHOICE: Choice = Choice::Fixed(Context::PORTABLE);

    fn learn(sources: &mut Sources, dir: &Path) -> Option<(Made, Vec<SourceText>)> {
        let read = || PackageDir::read(dir, CHOICE, false);
        sources.learn(dir, CHOICE, read, |files| Some(Made::of(files, vec!["fmt".to_owned()])))
    }

    #[test]
    fn what_is_unchanged_and_settled_is_known() {
        let dir = std::env::temp_dir().join(format!("gort-sources-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("created");
        let file = dir.join("a.go");
        fs::write(&file, "package a\n").expect("written");
        let mut sources = Sources::default();
        let (made, _) = learn(&mut sources, &dir).expect("read");
        assert_eq!(sources.known(&dir, CHOICE), None, "changed a moment ago");
        assert_eq!(sources.to_write(), None);
        std::thread::sleep(UNSETTLED + Duration::from_secs(1));
        learn(&mut sources, &dir).expect("read");
        assert_eq!(sources.known(&dir, CHOICE), Some(&made));

        assert_eq!(sources.known(&dir, Choice::ByAssembly), None, "other files");

        // Kept, and not believed once damaged.
        let kept = dir.join("index");
        let mut bytes = sources.to_write().expect("changed");
        fs::write(&kept, &bytes).expect("written");
        assert_eq!(Sources::read(&kept).records.len(), 1);
        *bytes.last_mut().expect("not empty") ^= 1;
        fs::write(&kept, &bytes).expect("written");
        assert_eq!(Sources::read(&kept).records.len(), 0);
        assert_eq!(Sources::read(&dir.join("none")).records.len(), 0);

        // Another text of the same length and with the same time of change.
        learn(&mut sources, &dir).expect("read");
        let times = fs::metadata(&file).and_then(|m| m.modified()).expect("times");
        fs::write(&file, "package b\n").expect("written");
        let opened = fs::File::options().write(true).open(&file).expect("opened");
        opened.set_times(FileTimes::new().set_modified(times)).expect("set");
        assert_eq!(sources.known(&dir, CHOICE), None);
        fs::remove_dir_all(&dir).expect("removed");
    }
}
