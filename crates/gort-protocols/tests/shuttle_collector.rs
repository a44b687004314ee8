//! The collector's protocols together, on the scheduler's, under seeded schedules: nothing reachable is white, every stack is
//! scanned once in a cycle, every cycle ends.
#![cfg(shuttle)]
#![allow(missing_docs)]

mod collector;
mod scheduler;
mod seeded;

use scheduler::chan::selects;
use scheduler::program::{HEAP, any_steps, programs, step};
use scheduler::{Sched, Setup, Weak};
use seeded::parts::{below, one_in};
use seeded::{explore, must_find, must_repeat};

/// Goroutines that change the heap, most of the time.
fn mutators(weak: Weak) {
    let ps = 1 + below(4);
    let mut menu = if one_in(2) { any_steps() } else { Vec::new() };
    menu.extend([HEAP; 6]);
    let programs = if one_in(4) {
        let (senders, receivers) = (1 + below(2), 1 + below(2));
        let goroutines = 1 + senders + receivers;
        let other = || (0..8).flat_map(|_| step(goroutines, &menu)).collect();
        selects(senders, receivers, 1 + below(4), other)
    } else {
        programs(1 + below(5), 10 + below(40), &menu, false)
    };
    Sched::run(Setup { ps, programs, silent_descriptor: false, slices: one_in(2), collector: true, weak });
}

#[test]
fn nothing_reachable_is_lost() {
    explore(400, || mutators(Weak::Nothing));
}

#[test]
fn a_seed_repeats_its_run() {
    must_repeat(|| mutators(Weak::Nothing));
}

macro_rules! mutations {
    ($($name:ident: $weak:ident within $runs:literal;)*) => {
        $(#[test]
        fn $name() {
            must_find($runs, mutators, Weak::$weak, Weak::Nothing);
        })*
    };
}

mutations! {
    workers_that_stay_running: WorkerStaysRunning within 10_000;
    a_barrier_that_flushes_nothing: NoRaggedFlush within 5000;
    half_a_barrier_without_the_old_value: NoOldValue within 5000;
    half_a_barrier_without_the_new_value: NoNewValue within 5000;
    objects_born_white: BornWhite within 5000;
    arguments_past_the_barrier: BornUnseen within 5000;
    sweeping_without_a_claim: UnclaimedSweep within 5000;
}
