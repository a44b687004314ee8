//! How fast allocation and marking are; asserts only that they are not absurdly slow. Run it in release.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a test")]

mod fake_host;

use fake_host::{TestType, Thread, World};
use gort_gc::Config;
use std::time::Instant;

fn tree(t: &Thread, typ: &TestType, depth: usize) -> usize {
    t.safepoint();
    let at = t.alloc(typ);
    if depth > 0 {
        let at_root = t.roots().len();
        t.roots().push(at);
        for side in 0..2 {
            let child = tree(t, typ, depth - 1);
            t.store(t.roots()[at_root] + 8 * side, child);
        }
        t.roots().pop();
    }
    at
}

#[test]
fn allocation_and_marking() {
    let world = World::new(Config { gc_percent: -1, ..Config::default() }, 1);
    let t = world.enter(0);
    let typ = TestType::new(16, &[0, 1]);
    let began = Instant::now();
    const N: u32 = 10_000_000;
    for _ in 0..N {
        std::hint::black_box(t.alloc(&typ));
    }
    let alloc_ns = began.elapsed().as_nanos() as f64 / f64::from(N);
    t.gc_now();
    let began = Instant::now();
    for _ in 0..N {
        std::hint::black_box(t.alloc(&typ));
    }
    let again_ns = began.elapsed().as_nanos() as f64 / f64::from(N);
    t.gc_now();
    let root = tree(&t, &typ, 20);
    t.roots().push(root);
    t.gc_now();
    let began = Instant::now();
    for _ in 0..5 {
        t.gc_now();
    }
    let objects = world.stats().heap_objects;
    let mark_ns = began.elapsed().as_nanos() as f64 / 5.0 / objects as f64;
    println!(
        "allocate {alloc_ns:.1} ns, reused {again_ns:.1} ns, mark and sweep {mark_ns:.1} ns per object of {objects}"
    );
    assert!(alloc_ns < 2000.0 && mark_ns < 2000.0);
}

#[test]
fn trees_with_a_live_heap() {
    let world =
        World::new(Config { gc_trace: std::env::var_os("GORT_TRACE").is_some(), ..Config::default() }, 1);
    let t = world.enter(0);
    let typ = TestType::new(16, &[0, 1]);
    let root = tree(&t, &typ, 18);
    t.roots().push(root);
    let began = Instant::now();
    for _ in 0..60 {
        tree(&t, &typ, 16);
    }
    let stats = world.stats();
    println!("60 trees: {:?}, {} cycles, heap {} MB", began.elapsed(), stats.num_gc, stats.heap_sys >> 20);
}

#[test]
fn marking_a_scattered_graph() {
    let world = World::new(Config { gc_percent: -1, ..Config::default() }, 1);
    let t = world.enter(0);
    let (typ, pointer) = (TestType::new(32, &[0, 1]), TestType::new(8, &[0]));
    const N: usize = 2_000_000;
    let table = t.alloc_array(&pointer, N);
    t.roots().push(table);
    let mut seed = 1_usize;
    for i in 0..N {
        let at = t.alloc(&typ);
        t.store(table + 8 * i, at);
    }
    for i in 0..N {
        for side in 0..2 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let to = fake_host::load(table + 8 * ((seed >> 33) % N));
            t.store(fake_host::load(table + 8 * i) + 8 * side, to);
        }
    }
    let began = Instant::now();
    for _ in 0..5 {
        t.gc_now();
    }
    let mark_ns = began.elapsed().as_nanos() as f64 / 5.0 / N as f64;
    println!("scattered: {mark_ns:.1} ns per object with three edges to it");
}
