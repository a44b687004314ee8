//! The protocols of the scheduler, of channels and of timers together, under seeded schedules: nothing is lost, nothing
//! runs twice, every stop ends, what is sent comes once.
#![cfg(shuttle)]
#![allow(missing_docs)]

mod collector;
mod scheduler;
mod seeded;

use scheduler::chan::selects;
use scheduler::program::{BARRIER, SEMAPHORE, SLEEP, SYSCALL, any_steps, programs, step};
use scheduler::{Sched, Setup, Weak};
use seeded::parts::{below, one_in};
use seeded::{explore, must_find, must_repeat};

fn any_program(weak: Weak) {
    let ps = 1 + below(4);
    let programs = programs(2 + below(6), 2 + below(8), &any_steps(), ps > 1);
    Sched::run(Setup {
        ps,
        programs,
        silent_descriptor: one_in(2),
        slices: one_in(2),
        collector: false,
        weak,
    });
}

/// Two that must run at the same time, and calls that cost them their Ps.
fn calls_on_two_ps(weak: Weak) {
    let programs = programs(3, 6, &[SYSCALL], true);
    Sched::run(Setup { ps: 2, programs, silent_descriptor: false, slices: false, collector: false, weak });
}

/// Two that must run at the same time, timers, and barriers that hold idle Ps.
fn timers_and_barriers(weak: Weak) {
    let programs = programs(4, 6, &[SLEEP, BARRIER], true);
    Sched::run(Setup { ps: 2, programs, silent_descriptor: false, slices: false, collector: false, weak });
}

/// A semaphore, and little else.
fn one_at_a_time(weak: Weak) {
    let programs = programs(3, 3, &[SEMAPHORE], false);
    Sched::run(Setup { ps: 3, programs, silent_descriptor: false, slices: false, collector: false, weak });
}

/// Timers, and a thread that sleeps in the poller for a descriptor too.
fn sleepers(weak: Weak) {
    let programs = programs(3, 5, &[SLEEP], false);
    Sched::run(Setup { ps: 2, programs, silent_descriptor: true, slices: false, collector: false, weak });
}

/// Selects against each other, some with a time limit.
fn selecting(weak: Weak) {
    let (senders, receivers) = (1 + below(3), 1 + below(3));
    let menu = any_steps();
    let programs = selects(senders, receivers, 1 + below(5), || step(senders + receivers + 1, &menu));
    let ps = 1 + below(4);
    Sched::run(Setup {
        ps,
        programs,
        silent_descriptor: one_in(2),
        slices: one_in(2),
        collector: false,
        weak,
    });
}

#[test]
fn what_is_sent_comes_once() {
    explore(400, || selecting(Weak::Nothing));
}

#[test]
fn everybody_comes_to_an_end() {
    explore(400, || any_program(Weak::Nothing));
}

#[test]
fn nobody_waits_while_a_p_is_idle() {
    explore(400, || calls_on_two_ps(Weak::Nothing));
}

#[test]
fn nobody_sleeps_too_long() {
    explore(400, || timers_and_barriers(Weak::Nothing));
}

#[test]
fn a_seed_repeats_its_run() {
    must_repeat(|| any_program(Weak::Nothing));
}

macro_rules! mutations {
    ($($name:ident: $composition:ident, $weak:ident within $runs:literal;)*) => {
        $(#[test]
        fn $name() {
            must_find($runs, $composition, Weak::$weak, Weak::Nothing);
        })*
    };
}

mutations! {
    without_the_second_look: calls_on_two_ps, SecondLook within 10_000;
    without_a_claim: selecting, NobodyClaims within 10_000;
    parking_after_the_unlock: selecting, ParksUnlocked within 10_000;
    void_entries_fire: selecting, VoidEntriesFire within 10_000;
    scanning_while_running: any_program, ScansWhileRunning within 10_000;
    back_from_a_call_without_its_token: any_program, ExitWithoutToken within 10_000;
    announcing_without_the_lock: one_at_a_time, AnnounceUnlocked within 10_000;
    without_a_look_after_the_announcement: sleepers, NoLookAfterAnnounce within 10_000;
    a_timer_before_the_park: any_program, TimerBeforePark within 10_000;
    a_stop_that_does_not_wait: any_program, StopDoesNotWait within 10_000;
    a_suspender_that_forgets: any_program, ForgetsResume within 10_000;
    // Found by these runs: who gave its P back because another searched did not hear of what that one left.
    nobody_is_asked: calls_on_two_ps, NobodyIsAsked within 20_000;
    // Found by these runs: an idle P was not told of it.
    a_call_that_came_back_and_waits: calls_on_two_ps, OwnMayWait within 10_000;
    // Found by these runs: a timer that came due while a barrier held all idle Ps was seen only much later.
    a_barrier_that_forgets_timers: timers_and_barriers, BarrierForgetsTimers within 10_000;
}
