//! The pacer against simulated programs: does the heap end near its goal?

use super::assist_ratio::{Progress, assist_ratio};
use super::*;

/// A program during one cycle.
#[derive(Clone, Copy)]
struct Load {
    /// Bytes that are reachable.
    live: u64,
    /// Bytes allocated per byte that a whole CPU could scan.
    speed: f64,
    /// Bytes of stacks.
    stacks: u64,
}

fn steady(live: u64, speed: f64) -> Load {
    Load { live, speed, stacks: 0 }
}

/// For every cycle: the heap at its end as a part of the goal, and the goal.
fn simulate(
    percent: i32,
    limit: Option<u64>,
    cycles: usize,
    load: impl Fn(usize) -> Load,
) -> Vec<(f64, u64)> {
    let mut pacer = Pacer::new(percent);
    pacer.set_limit(limit);
    let mut target = pacer.first_target();
    let mut heap = 0_u64;
    let mut peaks = Vec::new();
    for cycle in 0..cycles {
        let now = load(cycle);
        // The trigger before the first cycle knows no limit; the runtime asks again when it has read one.
        heap = heap.max(target.trigger.min(limit.unwrap_or(u64::MAX)));
        let start = MarkStart { now_ns: 0, live: heap, scannable: heap, procs: 4 };
        let plan = pacer.start_marking(start);
        // More than there is cannot be reachable.
        let live = now.live.min(heap);
        let work = live + now.stacks;
        let (mut done, mut ticks, mut gc_ticks) = (0_u64, 0.0, 0.0);
        while done < work {
            let progress = Progress {
                expected: plan.expected_work,
                most: plan.most_work,
                done,
                live: heap,
                goal: target.goal,
            };
            let step = (work as f64 / 5000.0).max(4096.0);
            // A quarter of the CPU marks; the rest allocates, slowed by its assists.
            let program = 0.75 / (1.0 + now.speed * assist_ratio(progress));
            done += (step * (1.0 - program)) as u64;
            heap += (step * now.speed * program) as u64;
            ticks += 1.0;
            gc_ticks += 1.0 - program;
        }
        peaks.push((heap as f64 / target.goal as f64, target.goal));
        target = pacer.end_marking(MarkEnd {
            now_ns: 0,
            live: heap,
            marked: live,
            scan_work: work,
            gc_share: if ticks == 0.0 { 0.25 } else { gc_ticks / ticks },
            stack_bytes: now.stacks,
            globals_bytes: 0,
            memory: MemoryFacts { objects: heap, free: 0, mapped: heap + now.stacks },
        });
        heap = live;
    }
    peaks
}

/// The worst of the cycles from `from` on is at most `most`.
fn check(what: &str, peaks: &[(f64, u64)], from: usize, most: f64) {
    for (cycle, (peak, goal)) in peaks.iter().enumerate().skip(from) {
        assert!(*peak <= most, "{what}: cycle {cycle} ends at {peak:.2} of its goal {goal}");
    }
}

#[test]
fn steady_programs_end_near_their_goal() {
    for live in [1_u64 << 20, 20 << 20, 200 << 20] {
        for speed in [0.01, 0.1, 0.5, 2.0, 10.0] {
            for percent in [10, 50, 100, 400] {
                let peaks = simulate(percent, None, 30, |_| steady(live, speed));
                check(&format!("live {live} speed {speed} GOGC {percent}"), &peaks, 10, 1.12);
            }
        }
    }
}

#[test]
fn a_step_in_the_live_heap() {
    for speed in [0.1, 1.0, 5.0] {
        let peaks = simulate(100, None, 40, |c| steady(if c < 15 { 20 << 20 } else { 300 << 20 }, speed));
        // While it grows all that was allocated may be reachable: the worst case, not the usual one.
        check(&format!("step, speed {speed}"), &peaks, 10, 1.25);
        check(&format!("after the step, speed {speed}"), &peaks, 28, 1.12);
    }
}

#[test]
fn a_step_in_the_speed() {
    for (slow, fast) in [(0.05, 1.0), (0.5, 10.0)] {
        let peaks = simulate(100, None, 40, |c| steady(100 << 20, if c < 15 { slow } else { fast }));
        check(&format!("from {slow} to {fast}"), &peaks, 10, 1.15);
    }
}

#[test]
fn a_ramp() {
    let peaks = simulate(100, None, 60, |c| steady((10 << 20) * (c as u64 + 1), 0.5));
    check("ramp up", &peaks, 5, 1.15);
    let peaks = simulate(100, None, 60, |c| steady((10 << 20) * (61 - c as u64), 0.5));
    check("ramp down", &peaks, 5, 1.12);
}

#[test]
fn an_oscillating_program() {
    let peaks = simulate(100, None, 60, |c| steady(if c % 2 == 0 { 60 << 20 } else { 100 << 20 }, 0.5));
    check("live heap up and down", &peaks, 10, 1.25);
    let peaks = simulate(100, None, 60, |c| steady(80 << 20, if c % 4 < 2 { 0.1 } else { 4.0 }));
    check("speed up and down", &peaks, 10, 1.2);
}

#[test]
fn huge_stacks() {
    for speed in [0.1, 1.0] {
        let peaks = simulate(100, None, 30, |_| Load { live: 10 << 20, speed, stacks: 500 << 20 });
        check(&format!("huge stacks, speed {speed}"), &peaks, 5, 1.12);
        assert!(peaks[10].1 > 500 << 20, "stacks belong to the goal: {}", peaks[10].1);
    }
}

#[test]
fn a_memory_limit_holds_until_the_live_heap_does_not_fit() {
    let limit = 150 << 20;
    for percent in [-1, 100, 400] {
        let peaks = simulate(percent, Some(limit), 30, |_| steady(60 << 20, 0.5));
        assert!(peaks[5..].iter().all(|(peak, goal)| peak * (*goal as f64) <= limit as f64), "{peaks:?}");
    }
    // Too small: collecting all the time, never a goal below what is live.
    let peaks = simulate(100, Some(limit), 30, |_| steady(400 << 20, 0.5));
    assert!(peaks.iter().skip(10).all(|(_, goal)| *goal >= 140 << 20), "{peaks:?}");
}
