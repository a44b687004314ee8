//! One run of one process: wall time, processor time, peak resident memory, and what it printed.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4 as _;

/// The figures of one run.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Sample {
    /// Wall time in seconds, from start to exit.
    pub wall_s: f64,
    /// Processor time in seconds, in the program and in the kernel for it.
    pub cpu_s: f64,
    /// Peak resident memory in bytes.
    pub peak_bytes: u64,
}

/// A run and its output.
#[derive(Debug)]
pub struct Measured {
    pub sample: Sample,
    pub output: Vec<u8>,
}

/// Runs `command` to its end. A failing program is an error that shows how its output ends.
pub fn run(command: &mut Command, scratch: &Path) -> Result<Measured> {
    let file = File::create(scratch).with_context(|| scratch.display().to_string())?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let used = child.wait4()?;
    let wall_s = start.elapsed().as_secs_f64();
    let output = std::fs::read(scratch)?;
    if !used.status.success() {
        let text = String::from_utf8_lossy(&output);
        bail!("{}: {}", used.status, text.lines().last().unwrap_or("no output"));
    }
    let cpu_s = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok(Measured { sample: Sample { wall_s, cpu_s, peak_bytes: used.rusage.maxrss }, output })
}
