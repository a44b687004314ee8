//! The memory limit of the process's control group: the least along the whole chain of its ancestors, v2 and v1.
//!
//! `/proc/self/cgroup` names the group of each hierarchy, `/proc/self/mountinfo` says where the hierarchies are mounted
//! and which part of them. A group's own file may say "no limit" while an ancestor has one.

use std::path::{Path, PathBuf};

/// Values from here on mean "no limit" (v1 writes the largest multiple of a page).
const NO_LIMIT: u64 = 1 << 60;

/// The least limit in bytes, none if there is none.
pub fn memory_limit() -> Option<u64> {
    memory_limit_below(Path::new("/"))
}

/// As [`memory_limit`], with another directory for `/`.
fn memory_limit_below(root: &Path) -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let (groups, mounts) = (read("proc/self/cgroup")?, read("proc/self/mountinfo")?);
    let v2 = chain(&groups, &mounts, root, "cgroup2", "").and_then(|c| least(&c, "memory.max"));
    let v1 =
        chain(&groups, &mounts, root, "cgroup", "memory").and_then(|c| least(&c, "memory.limit_in_bytes"));
    [v1, v2].into_iter().flatten().min()
}

/// The directories of the group and of its ancestors, as far as they are mounted.
fn chain(groups: &str, mounts: &str, root: &Path, fs: &str, controller: &str) -> Option<Vec<PathBuf>> {
    let group = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, names, path) = (parts.next()?, parts.next()?, parts.next()?);
        names.split(',').any(|n| n == controller).then_some(path)
    })?;
    let (mounted, at) = mounts.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let is_fs = right.next()? == fs;
        let options = right.nth(1)?;
        let has = controller.is_empty() || options.split(',').any(|o| o == controller);
        let mut left = left.split(' ').skip(3);
        (is_fs && has).then_some((left.next()?, left.next()?))
    })?;
    let top = root.join(at.trim_start_matches('/'));
    // In a namespace the group may lie above what is mounted: then only the top can be seen.
    let below = Path::new(group).strip_prefix(mounted).unwrap_or(Path::new(""));
    let own = top.join(below);
    Some(own.ancestors().take_while(|dir| dir.starts_with(&top)).map(Path::to_owned).collect())
}

fn least(chain: &[PathBuf], file: &str) -> Option<u64> {
    let limit = |dir: &PathBuf| std::fs::read_to_string(dir.join(file)).ok()?.trim().parse::<u64>().ok();
    chain.iter().filter_map(limit).filter(|n| *n < NO_LIMIT).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that looks like `/`, with these files.
    fn with_files(name: &str, files: &[(&str, &str)]) -> Option<u64> {
        let root = std::env::temp_dir().join(format!("gort-cgroup-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let limit = memory_limit_below(&root);
        let _ = std::fs::remove_dir_all(&root);
        limit
    }

    const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn an_ancestor_may_be_the_narrowest() {
        let files = [
            ("proc/self/cgroup", "0::/a/b/c\n"),
            ("proc/self/mountinfo", V2_MOUNT),
            ("sys/fs/cgroup/a/b/c/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/memory.max", "3000000\n"),
            ("sys/fs/cgroup/a/memory.max", "9000000\n"),
        ];
        assert_eq!(with_files("v2", &files), Some(3_000_000));
        assert_eq!(with_files("none", &files[..3]), None);
    }

    #[test]
    fn version_1_and_namespaces() {
        let mount = "36 23 0:31 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let files = [
            ("proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x/y\n0::/\n"),
            ("proc/self/mountinfo", mount),
            ("sys/fs/cgroup/memory/y/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000000\n"),
        ];
        assert_eq!(with_files("v1", &files), Some(5_000_000));
        let above = [
            ("proc/self/cgroup", "0::/../elsewhere\n"),
            ("proc/self/mountinfo", V2_MOUNT),
            ("sys/fs/cgroup/memory.max", "7000000\n"),
        ];
        assert_eq!(with_files("ns", &above), Some(7_000_000));
    }
}
