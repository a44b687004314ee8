//! Running a program with a time limit, both its outputs in one text in the order they were written; and doing
//! many such things at once.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// More output than this ends a program.
const OUTPUT_MAX: u64 = 64 << 20;

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its status; none if it was killed for taking too long or writing too much.
    pub status: Option<ExitStatus>,
    /// What it wrote.
    pub output: Vec<u8>,
}

/// Runs `command` for at most `limit`; `scratch` is a file for its output.
pub fn run(command: &mut Command, limit: Duration, scratch: &Path) -> Result<Outcome> {
    let file = File::create(scratch).with_context(|| scratch.display().to_string())?;
    let mut child = command
        // Each program runs once, and it is the compiler that is tested.
        .env("GORT_CACHE", "off")
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        let too_much = scratch.metadata().is_ok_and(|m| m.len() > OUTPUT_MAX);
        if start.elapsed() > limit || too_much {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    let mut output = Vec::new();
    File::open(scratch)?.take(OUTPUT_MAX).read_to_end(&mut output)?;
    Ok(Outcome { status, output })
}

/// Does `work` for all of `items` on `jobs` threads; results in the order of the items. `work` is told the
/// number of its thread.
pub fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(usize, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..jobs.max(1) {
            let (next, done, work) = (&next, &done, &work);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::SeqCst);
                    let Some(item) = items.get(i) else { return };
                    let result = work(thread, item);
                    done.lock().unwrap_or_else(|e| e.into_inner()).push((i, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, r)| r).collect()
}

/// Number of processors.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}
