//! Whole cycles on one P: what is reachable stays as it was, what is not is freed.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a test")]

mod fake_host;

use fake_host::{TestType, World, load};
use gort_gc::Config;

fn config() -> Config {
    Config { check_mark: true, clobber_free: true, ..Config::default() }
}

/// {next, value}
fn node() -> TestType {
    TestType::new(16, &[0])
}

#[test]
fn a_list_survives_and_garbage_does_not() {
    for stop_the_world in [false, true] {
        let world = World::new(Config { stop_the_world, ..config() }, 1);
        let t = world.enter(0);
        let typ = node();
        t.roots().push(0);
        for i in 0..100_000_usize {
            let at = t.alloc(&typ);
            unsafe { ((at + 8) as *mut usize).write(i) };
            t.store(at, t.roots()[0]);
            t.roots()[0] = at;
            let _garbage = t.alloc(&typ);
            t.safepoint();
        }
        t.gc_now();
        let stats = world.stats();
        assert_eq!(stats.heap_objects, 100_000, "{stats:?}");
        assert_eq!(stats.mallocs, 200_000);
        let (mut at, mut expected) = (t.roots()[0], 100_000);
        while at != 0 {
            expected -= 1;
            assert_eq!(load(at + 8), expected);
            at = load(at);
        }
        assert_eq!(expected, 0);
        t.roots()[0] = 0;
        t.gc_now();
        let stats = world.stats();
        assert_eq!((stats.heap_objects, stats.heap_alloc), (0, 0), "{stats:?}");
        assert_eq!(stats.heap_inuse, 0);
        assert!(stats.num_gc >= 2);
    }
}

#[test]
fn every_shape_of_object_is_scanned() {
    let world = World::new(config(), 1);
    let t = world.enter(0);
    let leaf = TestType::new(24, &[]);
    let mut holders = Vec::new();
    // {pad, ptr, pad} of several counts: masked, described, large, large in pieces; and pure pointers.
    let (triple, pointer) = (TestType::new(24, &[1]), TestType::new(8, &[0]));
    let wide = TestType::new(24 * 200, &(0..200).map(|i| i * 3 + 1).collect::<Vec<_>>());
    for (typ, step, at, counts) in [
        (&triple, 24, 8, vec![1, 5, 21, 22, 100, 1300, 1366, 30_000, 100_000]),
        (&pointer, 8, 0, vec![1, 64, 65, 4000, 4096, 500_000]),
        (&wide, 24, 8, vec![1, 6, 7, 50, 900]),
    ] {
        for count in counts {
            let base = t.alloc_array(typ, count);
            t.roots().push(base);
            let values = if step == 24 && std::ptr::eq(typ, &raw const wide) { count * 200 } else { count };
            holders.push((base, step, at, values));
            for i in 0..values {
                let value = t.alloc(&leaf);
                unsafe { (value as *mut usize).write(base ^ i) };
                t.store(base + i * step + at, value);
            }
            t.safepoint();
        }
    }
    for _ in 0..3 {
        t.gc_now();
        for &(base, step, at, values) in &holders {
            for i in 0..values {
                assert_eq!(load(load(base + i * step + at)), base ^ i, "{base:#x} {step} {i}");
            }
        }
    }
}

#[test]
fn interior_pointers_keep_their_object() {
    let world = World::new(config(), 1);
    let t = world.enter(0);
    let big = TestType::new(8, &[0]);
    let base = t.alloc_array(&big, 100_000);
    let value = t.alloc(&node());
    unsafe { ((value + 8) as *mut usize).write(42) };
    t.store(base + 8 * 99_999, value);
    t.roots().push(base + 8 * 50_000 + 3);
    t.gc_now();
    t.gc_now();
    assert_eq!(load(load(base + 8 * 99_999) + 8), 42);
    assert_eq!(world.stats().heap_objects, 2);
    // Values that are no pointers of ours are ignored.
    t.roots().extend([1, usize::MAX, world.gc.heap().base().0 + (1 << 37), 0x7fff_0000_0000]);
    t.roots()[0] = 0;
    t.gc_now();
    assert_eq!(world.stats().heap_objects, 0);
}

#[test]
fn fresh_memory_is_zero_after_reuse() {
    let world = World::new(config(), 1);
    let t = world.enter(0);
    let types: Vec<_> = [16, 48, 200, 512, 600, 5000, 40_000].map(|s| TestType::new(s, &[0])).into();
    for round in 0..6 {
        for (typ, size) in types.iter().zip([16_usize, 48, 200, 512, 600, 5000, 40_000]) {
            for i in 0..400_000 / size {
                let at = t.alloc(typ);
                for word in (0..size).step_by(8) {
                    assert_eq!(load(at + word), 0, "round {round} size {size}");
                    unsafe { ((at + word) as *mut usize).write(if word == 0 { 0 } else { usize::MAX }) };
                }
                if i % 7 == 0 {
                    t.roots().push(at);
                }
                t.safepoint();
            }
        }
        t.roots().clear();
        t.gc_now();
    }
    assert_eq!(world.stats().heap_objects, 0);
}

#[test]
fn gogc_off_means_off() {
    let world = World::new(Config { gc_percent: -1, ..config() }, 1);
    let t = world.enter(0);
    let typ = node();
    for _ in 0..2_000_000 {
        t.alloc(&typ);
    }
    assert_eq!(world.gc.cycles(), 0);
    t.gc_now();
    assert_eq!((world.gc.cycles(), world.stats().heap_objects), (1, 0));
}

/// A P that found nothing to mark sleeps, and has to be told when there is something: not at the start only.
#[test]
fn idle_ps_are_told_of_work_in_the_middle_of_marking() {
    let world = World::new(Config { gc_percent: -1, ..config() }, 1);
    let t = world.enter(0);
    let (array, typ) = (TestType::new(8, &[0]), node());
    let table = t.alloc_array(&array, 100_000);
    t.roots().push(table);
    for i in 0..100_000 {
        let at = t.alloc(&typ);
        t.store(table + 8 * i, at);
    }
    t.gc_now();
    let wakes = world.host.wakes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(wakes > 3, "told {wakes} times");
}

#[test]
fn memory_of_the_heaps_own_is_counted() {
    let world = World::new(config(), 1);
    let t = world.enter(0);
    let typ = node();
    t.roots().push(0);
    for _ in 0..100_000 {
        let at = t.alloc(&typ);
        t.store(at, t.roots()[0]);
        t.roots()[0] = at;
    }
    let full = world.stats();
    assert!(full.mspan_inuse > 0 && full.mspan_inuse <= full.mspan_sys && full.mcache_inuse > 0, "{full:?}");
    assert_eq!(
        full.sys,
        full.heap_sys + full.stack_sys + full.mspan_sys + full.mcache_inuse + full.gc_sys,
        "{full:?}"
    );
    t.roots()[0] = 0;
    t.gc_now();
    let empty = world.stats();
    assert!(empty.mspan_inuse < full.mspan_inuse && empty.mspan_sys == full.mspan_sys, "{empty:?}");
}
