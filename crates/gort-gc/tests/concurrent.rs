//! Mutation from several threads while marking runs, under checkmark and with freed memory overwritten.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a test")]

mod fake_host;

use fake_host::{TestType, Thread, World, load};
use gort_gc::{AssistPolicy, Config};

const MAGIC: usize = 0x5a5a_1234_5a5a;
const TABLE: usize = 512;

/// {left, magic, right, check}
fn node() -> TestType {
    TestType::new(32, &[0, 2])
}

struct Rng(u64);

impl Rng {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }
}

fn new_node(t: &Thread, typ: &TestType, left: usize, right: usize) -> usize {
    // The two are on the shadow stack while the allocation may collect.
    t.roots().extend([left, right]);
    let at = t.alloc(typ);
    let depth = t.roots().len() - 2;
    t.roots().truncate(depth);
    t.roots().push(at);
    unsafe { ((at + 8) as *mut usize).write_volatile(MAGIC) };
    unsafe { ((at + 24) as *mut usize).write_volatile(at ^ MAGIC) };
    t.store(at, left);
    t.store(at + 16, right);
    t.roots().pop();
    at
}

fn check(at: usize) {
    assert_eq!(load(at + 8), MAGIC, "node {at:#x} was freed or overwritten");
    assert_eq!(load(at + 24), at ^ MAGIC, "node {at:#x} was freed or overwritten");
}

/// Random walks that read, cut and re-hang parts of a shared graph.
fn churn(t: &Thread, typ: &TestType, table: usize, seed: u64, steps: usize) {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
    for step in 0..steps {
        t.safepoint();
        let slot = table + 8 * rng.next(TABLE);
        let mut at = load(slot);
        for _ in 0..rng.next(20) {
            if at == 0 {
                break;
            }
            check(at);
            at = load(at + 16 * rng.next(2));
        }
        if at != 0 {
            check(at);
        }
        match rng.next(8) {
            0..4 => {
                let fresh = new_node(t, typ, at, load(table + 8 * rng.next(TABLE)));
                t.store(slot, fresh);
            }
            4 if at != 0 => t.store(at + 16 * rng.next(2), load(table + 8 * rng.next(TABLE))),
            5 => {
                // Hidden: only this stack has it for a while, then it is hung elsewhere.
                t.roots().push(load(slot));
                t.store(slot, 0);
                for _ in 0..20 {
                    t.safepoint();
                    new_node(t, typ, 0, 0);
                }
                let hidden = t.roots().pop().unwrap_or(0);
                if hidden != 0 {
                    check(hidden);
                }
                t.store(table + 8 * rng.next(TABLE), hidden);
            }
            6 => t.store(slot, 0),
            _ if step % 5000 == 4999 => t.gc_now(),
            _ => {}
        }
    }
}

fn run(config: Config, threads: usize, steps: usize) {
    let world = World::new(config, threads);
    let table = Box::leak(vec![0_usize; TABLE].into_boxed_slice());
    let offsets: Vec<u32> = (0..TABLE as u32).map(|i| i * 8).collect();
    let table = table.as_mut_ptr() as usize;
    unsafe { world.gc.register_globals(gort_abi::addr::Addr(table), &offsets) };
    let typ = node();
    std::thread::scope(|s| {
        for number in 0..threads {
            let (world, typ) = (&world, &typ);
            s.spawn(move || {
                let t = world.enter(number);
                churn(&t, typ, table, number as u64 + 7, steps);
            });
        }
    });
    let t = world.enter(0);
    t.gc_now();
    let before = world.stats().heap_objects;
    t.gc_now();
    assert_eq!(world.stats().heap_objects, before);
    for slot in 0..TABLE {
        t.store(table + 8 * slot, 0);
    }
    t.gc_now();
    let stats = world.stats();
    let mut left = Vec::new();
    world.gc.heap().each_span(|s| left.push((s.allocated(), s.objects(), s.kind(), s.base())));
    assert_eq!((stats.heap_objects, left.len()), (0, 0), "{stats:?} {left:?}");
    assert!(world.gc.cycles() > 3, "only {} cycles", world.gc.cycles());
}

fn checked() -> Config {
    Config { check_mark: true, clobber_free: true, ..Config::default() }
}

#[test]
fn one_thread() {
    run(checked(), 1, 200_000);
}

#[test]
fn two_threads() {
    run(checked(), 2, 200_000);
}

#[test]
fn four_threads_often() {
    run(Config { gc_percent: 10, ..checked() }, 4, 60_000);
}

#[test]
fn three_threads_without_assists() {
    run(Config { assist: AssistPolicy::Off, ..checked() }, 3, 60_000);
}

#[test]
fn three_threads_with_capped_assists() {
    run(Config { assist: AssistPolicy::Capped, ..checked() }, 3, 60_000);
}

/// Many threads, one long list that only one of them at a time can mark: whoever owes has nothing to mark and waits.
#[test]
fn who_owes_and_finds_nothing_to_mark_waits_for_credit() {
    const THREADS: usize = 4;
    let world = World::new(Config { clobber_free: true, ..Config::default() }, THREADS);
    let typ = node();
    std::thread::scope(|s| {
        for number in 0..THREADS {
            let (world, typ) = (&world, &typ);
            s.spawn(move || {
                let t = world.enter(number);
                t.roots().push(0);
                for i in 0..if number == 0 { 200_000 } else { 400_000 } {
                    let head = new_node(&t, typ, t.roots()[0], 0);
                    if number == 0 || i % 100 == 0 {
                        t.roots()[0] = head;
                    }
                    t.safepoint();
                }
                let mut at = t.roots()[0];
                while at != 0 {
                    check(at);
                    at = load(at);
                }
            });
        }
    });
    let parks = world.host.parks.load(std::sync::atomic::Ordering::SeqCst);
    assert!(parks > 0, "nobody waited in {} cycles", world.gc.cycles());
}

#[test]
fn two_threads_stop_the_world() {
    run(Config { stop_the_world: true, ..checked() }, 2, 100_000);
}

#[test]
fn two_threads_collect_at_every_refill() {
    run(Config { every: 3, ..checked() }, 2, 20_000);
}

/// While a long list is being marked, its last node is moved from the list to a stack that is scanned.
fn hide_the_tail() {
    let world = World::new(Config { check_mark: true, ..Config::default() }, 1);
    let t = world.enter(0);
    let typ = node();
    let tail = new_node(&t, &typ, 0, 0);
    t.roots().push(tail);
    let before_tail = new_node(&t, &typ, tail, 0);
    t.roots()[0] = before_tail;
    for _ in 0..1_000_000 {
        t.roots()[0] = new_node(&t, &typ, t.roots()[0], 0);
        while t.gc.barrier_on() {
            t.safepoint();
        }
    }
    let scans = t.scans();
    while !t.gc.barrier_on() {
        t.alloc(&typ);
    }
    let cycles = t.gc.cycles();
    while t.scans() == scans && t.gc.barrier_on() {
        t.safepoint();
    }
    let tail = load(before_tail);
    t.roots().push(tail);
    t.store(before_tail, 0);
    assert!(t.gc.barrier_on() && t.gc.cycles() == cycles, "marking was over too soon for this test");
    t.gc_now();
    check(tail);
}

#[test]
fn the_deletion_barrier_keeps_what_moves_to_a_black_stack() {
    const NAME: &str = "GORT_TEST_HALF_BARRIER";
    if std::env::var_os(NAME).is_some() {
        fake_host::SABOTAGE.store(true, std::sync::atomic::Ordering::SeqCst);
        hide_the_tail();
        return;
    }
    hide_the_tail();
    // Half a barrier loses it, and checkmark notices: in a process of its own, which that ends. Marking may come by
    // before the tail is hidden; then there is nothing to lose, and the next try counts.
    let noticed = (0..20).any(|_| {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_deletion_barrier_keeps_what_moves_to_a_black_stack", "--nocapture"])
            .env(NAME, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stderr);
        !child.status.success() && text.contains("gccheckmark: found an unmarked object")
    });
    assert!(noticed, "half a barrier lost nothing in twenty tries");
}
