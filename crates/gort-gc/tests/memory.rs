//! Memory goes back to the system, and the counts of objects are right.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a test")]

mod fake_host;

use fake_host::{TestType, World};
use gort_gc::Config;
use gort_heap::size_class::SizeClass;

fn resident_mb() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096 / (1 << 20)
}

#[test]
fn dropped_memory_is_returned() {
    let world = World::new(Config { gc_percent: -1, ..Config::default() }, 1);
    let t = world.enter(0);
    let typ = TestType::new(128, &[0]);
    for _ in 0..2 << 20 {
        let at = t.alloc(&typ);
        t.store(at, at);
    }
    let full = resident_mb();
    assert!(full >= 256, "{full} MB");
    t.gc_now();
    let heap = world.gc.heap();
    // The background scavenger: a second of it at a time; the goal says that 50 MB will be needed.
    let mut now = 1_000_000_000;
    for _ in 0..60 {
        now += 1_000_000_000;
        heap.scavenge_in_background(now, 50 << 20);
    }
    let after = resident_mb();
    assert!((50..full - 150).contains(&after), "{full} MB, then {after} MB");
    assert!(heap.scavenge_all() > 0);
    let end = resident_mb();
    assert!(end + 30 < after, "{after} MB, then {end} MB");
    // And it can be used again.
    for _ in 0..1 << 20 {
        let at = t.alloc(&typ);
        assert_eq!(fake_host::load(at + 64), 0, "INV-PAGE-2");
        t.store(at, at);
    }
}

#[test]
fn objects_are_counted_by_size() {
    let world = World::new(Config { gc_percent: -1, ..Config::default() }, 1);
    let t = world.enter(0);
    let typ = TestType::new(48, &[0]);
    let before = world.by_size();
    let class = SizeClass::of(48).0 as usize;
    for _ in 0..1000 {
        std::hint::black_box(t.alloc(&typ));
    }
    let now = world.by_size();
    assert_eq!((now[class].size, now[class].mallocs - before[class].mallocs), (48, 1000));
    t.gc_now();
    let end = world.by_size();
    assert!(end[class].frees - before[class].frees >= 990 && end[class].mallocs == now[class].mallocs);
}
