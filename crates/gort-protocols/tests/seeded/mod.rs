//! Runs of a composition under schedules that follow from a seed.
//!
//! A run is repeated exactly by its seed: schedule, program and every choice in it come from one generator. Variables of the
//! environment: `GORT_SCHEDULE_SEED`, the first seed (alone: that one run), and `GORT_SCHEDULES`, how many.
//! `cargo xtask schedules` sets them. Shuttle's atomics are sequentially consistent: what a weak ordering allows is for the
//! loom models to find; what many threads and many protocols do together is found here.
#![allow(dead_code, reason = "each test takes what it needs")]

pub mod chance;
pub mod parts;

use chance::Chance;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A run that takes more steps hangs.
const STEPS: usize = 4_000_000;

/// What a run came to: a number that tells one schedule from another, or the panic.
type Outcome = Result<u64, Box<dyn Any + Send>>;

/// One run, on a thread of its own: what a failed run leaves behind is not to change the next.
pub fn run(seed: u64, composition: impl Fn() + Send + Sync + 'static) -> Outcome {
    let result = std::thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| run_here(seed, composition)));
        (outcome, parts::take_log())
    });
    let (outcome, log) = result.join()?;
    if outcome.is_err() {
        LAST_LOG.set(log);
    }
    outcome
}

thread_local! {
    /// What happened in the last run that failed.
    static LAST_LOG: Cell<Vec<parts::Happened>> = const { Cell::new(Vec::new()) };
}

fn run_here(seed: u64, composition: impl Fn() + Send + Sync + 'static) -> u64 {
    let mut config = Config::new();
    config.stack_size = 1 << 17;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.silence_warnings = true;
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    let trace = Arc::new(AtomicU64::new(0));
    Runner::new(Chance::new(seed, trace.clone()), config).run(composition);
    trace.load(Ordering::SeqCst)
}

/// Runs `count` schedules, or those that the environment names. The first that fails ends the test and says its seed.
pub fn explore(count: u64, composition: impl Fn() + Send + Sync + Clone + 'static) {
    let (first, count) = match (number("GORT_SCHEDULE_SEED"), number("GORT_SCHEDULES")) {
        (None, count_wanted) => (1, count_wanted.unwrap_or(count)),
        (Some(seed), count_wanted) => (seed, count_wanted.unwrap_or(1)),
    };
    for seed in first..first.saturating_add(count) {
        if let Err(panic) = run(seed, composition.clone()) {
            for (what, one, other) in LAST_LOG.take() {
                eprintln!("{what} {one} {other}");
            }
            let thread = std::thread::current();
            let test = thread.name().unwrap_or_default();
            eprintln!("seed {seed} failed; again: cargo xtask schedules --filter {test} --seed {seed}");
            resume_unwind(panic);
        }
    }
}

/// A mutation check: with a step of a protocol taken away, one of the first `at_most` schedules fails, which does not
/// fail as it is.
pub fn must_find<W: Copy + Send + Sync + 'static>(at_most: u64, composition: fn(W), weak: W, sound: W) {
    let found = (1..=at_most).find(|seed| run(*seed, move || composition(weak)).is_err());
    let seed = found.unwrap_or_else(|| panic!("none of {at_most} schedules found the weakened step"));
    assert!(run(seed, move || composition(sound)).is_ok(), "seed {seed} fails without a weakened step");
    println!("found by the schedule with seed {seed}");
}

/// The same seed twice is the same schedule, another seed another one.
pub fn must_repeat(composition: impl Fn() + Send + Sync + Clone + 'static) {
    let traces: Vec<_> = [7, 7, 8].into_iter().map(|seed| run(seed, composition.clone()).ok()).collect();
    assert_eq!(traces[0], traces[1]);
    assert_ne!(traces[1], traces[2]);
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|e| panic!("{variable}={text}: {e}")))
}
