//! How fast one P marks, beside how fast this machine reads: `cargo run --release -p gort-gc --example mark_rate`.
//!
//! The two machine rates bound what marking can do: memory read in order, and memory read where each address comes out of
//! the last read. A cycle is timed as a whole (mark, and sweep of spans in which everything lives) on one P that does
//! nothing else, best of five. GB/s count the slots of live objects.

#![allow(clippy::undocumented_unsafe_blocks, missing_docs, reason = "a benchmark")]

#[path = "../tests/fake_host/mod.rs"]
mod fake_host;

use fake_host::{TestType, Thread, World};
use gort_gc::Config;
use std::hint::black_box;

const MB: usize = 1 << 20;

fn random(seed: &mut usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Nanoseconds that this thread has run: what else the machine does then counts less.
fn ran_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Seconds of the fastest of five runs.
fn best(mut run: impl FnMut()) -> f64 {
    (0..5).fold(f64::MAX, |best, _| {
        let began = ran_ns();
        run();
        best.min((ran_ns() - began) as f64 / 1e9)
    })
}

fn machine() {
    let words = 512 * MB / 8;
    let mut memory: Vec<usize> = (0..words).collect();
    let seconds = best(|| {
        black_box(memory.iter().fold(0_usize, |sum, word| sum.wrapping_add(*word)));
    });
    println!("{:32} {:8.2} GB/s", "sequential read", (words * 8) as f64 / seconds / 1e9);
    // One line per step, in a random cycle (Sattolo).
    let lines = words / 8;
    let mut order: Vec<usize> = (0..lines).collect();
    let mut seed = 1;
    for i in (1..lines).rev() {
        order.swap(i, random(&mut seed) % i);
    }
    for i in 0..lines {
        memory[order[i] * 8] = order[(i + 1) % lines] * 8;
    }
    const STEPS: usize = 2_000_000;
    let mut at = 0;
    let seconds = best(|| {
        for _ in 0..STEPS {
            at = memory[at];
        }
        black_box(at);
    });
    let ns = seconds * 1e9 / STEPS as f64;
    println!("{:32} {:8.2} GB/s  {ns:6.1} ns per line of 64 bytes", "pointer chase", 64.0 / ns);
}

/// A type that lives as long as the heaps (INV-DESC-1).
fn typ(size: usize, pointers: &[usize]) -> &'static TestType {
    Box::leak(Box::new(TestType::new(size, pointers)))
}

fn tree(t: &Thread, typ: &TestType, depth: usize) -> usize {
    let at = t.alloc(typ);
    if depth > 0 {
        let root = t.roots().len();
        t.roots().push(at);
        for side in 0..2 {
            let child = tree(t, typ, depth - 1);
            t.store(t.roots()[root] + 8 * side, child);
        }
        t.roots().pop();
    }
    at
}

fn measure(name: &str, build: impl FnOnce(&Thread) -> usize) {
    let world = World::new(Config { gc_percent: -1, ..Config::default() }, 1);
    let t = world.enter(0);
    let root = build(&t);
    t.roots().push(root);
    t.gc_now();
    let seconds = best(|| t.gc_now());
    let stats = world.stats();
    let ns = seconds * 1e9 / stats.heap_objects as f64;
    println!(
        "{name:32} {:8.2} GB/s  {ns:6.1} ns per object of {}",
        stats.heap_alloc as f64 / seconds / 1e9,
        stats.heap_objects
    );
}

fn main() {
    machine();
    for size in [16, 32, 128] {
        let node = typ(size, &[0, 1]);
        measure(&format!("tree, {size} bytes a node"), |t| tree(t, node, 21));
    }
    measure("scattered, 32 bytes, 3 edges", |t| {
        let (node, pointer) = (typ(32, &[0, 1]), typ(8, &[0]));
        const N: usize = 4_000_000;
        let table = t.alloc_array(pointer, N);
        t.roots().push(table);
        let mut seed = 1;
        for i in 0..N {
            let at = t.alloc(node);
            t.store(table + 8 * i, at);
        }
        for i in 0..N {
            for side in 0..2 {
                let to = fake_host::load(table + 8 * (random(&mut seed) % N));
                t.store(fake_host::load(table + 8 * i) + 8 * side, to);
            }
        }
        table
    });
    measure("array of 64 M nil pointers", |t| t.alloc_array(typ(8, &[0]), 64 * MB));
    measure("list, 32 bytes a node", |t| {
        let node = typ(32, &[0]);
        let place = t.roots().len();
        t.roots().push(0);
        for _ in 0..4_000_000 {
            let at = t.alloc(node);
            t.store(at, t.roots()[place]);
            t.roots()[place] = at;
        }
        t.roots()[place]
    });
}
