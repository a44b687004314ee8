//! The pacer against simulated programs: does the heap end near its goal?

use super::assist_ratio::{Progress, assist_ratio};
use super::*;

/// A program with a steady live heap that allocates `speed` bytes per byte that a whole CPU could scan.
fn peak_over_goal(live: u64, speed: f64, percent: i32) -> f64 {
    let mut pacer = Pacer::new(percent);
    let mut target = pacer.first_target();
    let mut heap = 0_u64;
    let mut worst = 0.0_f64;
    for cycle in 0..30 {
        heap = heap.max(target.trigger);
        let scannable = heap;
        let plan = pacer.start_marking(MarkStart { now_ns: 0, live: heap, scannable, procs: 4 });
        let mut done = 0_u64;
        let work = live.min(heap);
        let (mut ticks, mut gc_ticks) = (0.0, 0.0);
        while done < work {
            let progress = Progress {
                expected: plan.expected_work,
                most: plan.most_work,
                done,
                live: heap,
                goal: target.goal,
            };
            let ratio = assist_ratio(progress);
            let step = 4096.0;
            // A quarter of the CPU marks; the rest allocates, slowed by its assists.
            let assist = speed * ratio;
            let program = 0.75 / (1.0 + assist);
            done += (step * (0.25 + (0.75 - program))) as u64;
            heap += (step * speed * program) as u64;
            ticks += 1.0;
            gc_ticks += 0.25 + (0.75 - program);
        }
        if cycle >= 10 {
            worst = worst.max(heap as f64 / target.goal as f64);
        }
        let end = MarkEnd {
            now_ns: 0,
            live: heap,
            marked: live,
            scan_work: work,
            gc_share: if ticks == 0.0 { 0.25 } else { gc_ticks / ticks },
            stack_bytes: 0,
            globals_bytes: 0,
            memory: MemoryFacts::default(),
        };
        target = pacer.end_marking(end);
        heap = live;
    }
    worst
}

#[test]
fn steady_programs_end_near_their_goal() {
    for live in [1_u64 << 20, 20 << 20, 200 << 20] {
        for speed in [0.01, 0.1, 0.5, 2.0, 10.0] {
            for percent in [10, 50, 100, 400] {
                let over = peak_over_goal(live, speed, percent);
                assert!(over < 1.12, "live {live} speed {speed} GOGC {percent}: peak {over:.2} of the goal");
            }
        }
    }
}
