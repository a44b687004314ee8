//! CPU limits of control groups: the quota of this process's group and of every group above it.
//!
//! Go counterpart: `internal/runtime/cgroup`, `runtime/cgroup_linux.go`.

use std::fs;
use std::path::{Path, PathBuf};

/// CPUs this process may use at a time by its control groups, the tightest of the chain; none if not limited.
pub fn cpu_limit() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let chains = chains(&groups, &mounts);
    let limits = chains.iter().flat_map(|(version, folders)| {
        folders.iter().filter_map(|folder| match version {
            Version::Two => limit_v2(&fs::read_to_string(folder.join("cpu.max")).ok()?),
            Version::One => {
                let quota = fs::read_to_string(folder.join("cpu.cfs_quota_us")).ok()?;
                limit_v1(&quota, &fs::read_to_string(folder.join("cpu.cfs_period_us")).ok()?)
            }
        })
    });
    limits.reduce(f64::min)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// `quota period`, or `max period`.
fn limit_v2(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    limit_v1(quota, period)
}

fn limit_v1(quota: &str, period: &str) -> Option<f64> {
    let quota: f64 = quota.trim().parse().ok()?;
    let period: f64 = period.trim().parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// The folders of the group and of those above it, for each hierarchy that has a CPU controller.
fn chains(groups: &str, mounts: &str) -> Vec<(Version, Vec<PathBuf>)> {
    let mut chains = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let version = if controllers.is_empty() { Version::Two } else { Version::One };
        if version == Version::One && !controllers.split(',').any(|c| c == "cpu") {
            continue;
        }
        if let Some((root, point)) = mounts.lines().find_map(|m| mount(m, version)) {
            chains.push((version, chain(Path::new(path), &root, &point)));
        }
    }
    chains
}

/// Root and mount point of a line of mountinfo that mounts such a hierarchy.
fn mount(line: &str, version: Version) -> Option<(PathBuf, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let mut after = after.split(' ');
    let (kind, _, options) = (after.next()?, after.next()?, after.next().unwrap_or(""));
    let fits = match version {
        Version::Two => kind == "cgroup2",
        Version::One => kind == "cgroup" && options.split(',').any(|o| o == "cpu"),
    };
    let mut before = before.split(' ').skip(3);
    let (root, point) = (before.next()?, before.next()?);
    fits.then(|| (root.into(), point.into()))
}

fn chain(path: &Path, root: &Path, point: &Path) -> Vec<PathBuf> {
    let below = path.strip_prefix(root).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    below.ancestors().map(|folder| point.join(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_chain_of_version_two() {
        let mounts = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let found = chains("0::/a/b\n", mounts);
        let folders = ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup/"].map(PathBuf::from);
        assert_eq!(found, [(Version::Two, folders.to_vec())]);
    }

    #[test]
    fn version_one_in_a_container() {
        let mounts = "40 30 0:28 /docker/x /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n";
        let found = chains("4:cpu,cpuacct:/docker/x/y\n3:memory:/docker/x\n", mounts);
        let folders = ["/sys/fs/cgroup/cpu,cpuacct/y", "/sys/fs/cgroup/cpu,cpuacct/"].map(PathBuf::from);
        assert_eq!(found, [(Version::One, folders.to_vec())]);
    }

    #[test]
    fn quotas() {
        assert_eq!(limit_v2("150000 100000\n"), Some(1.5));
        assert_eq!(limit_v2("max 100000\n"), None);
        assert_eq!(limit_v1("-1\n", "100000\n"), None);
    }
}
