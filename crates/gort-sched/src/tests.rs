//! The scheduler under Rust goroutines: life, parking, stealing, stopping the world, ragged barriers,
//! suspension, collection cycles, several schedulers at once.

use crate::dump::Watchdog;
use crate::native::{
    blocking_native, park_native, ready_from_anywhere, sleep_native, system_stack, yield_native,
};
use crate::sched::{Config, Hooks, Sched};
use crate::suspend::Suspended;
use crate::wait_reason::WaitReason;
use crate::{Current, GRef};
use gort_abi::addr::Pc;
use gort_gc::Host;
use gort_gc::host::StopReason;
use gort_protocols::g_status::Suspendable;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct TestHooks;

impl Hooks for TestHooks {
    fn fatal(&self, sched: &Sched, message: &str) -> ! {
        eprintln!("fatal error: {message}\n{}", sched.dump_text());
        gort_sys::process::exit(2)
    }
}

/// A started scheduler and its watchdog; shut down on drop.
struct World(Arc<Sched>, #[allow(dead_code)] Watchdog);

impl World {
    fn new(procs: usize) -> Self {
        let sched = Sched::new(Config {
            procs,
            go_start: Pc::NULL,
            hooks: Arc::new(TestHooks),
            runtime: 0,
            gc: gort_gc::Config::from_env(None, None, None),
            trace_every_ms: 0,
            trace_detail: false,
            chaos: None,
        })
        .unwrap();
        let dog = Watchdog::start(&sched, Duration::from_secs(60));
        sched.start();
        Self(sched, dog)
    }

    fn spawn(&self, body: impl FnOnce() + Send + 'static) -> GRef {
        self.0.spawn_native("test", body)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

/// Counts down to zero, then ends `wait_done`.
fn countdown(world: &World, n: usize) -> impl Fn() + Clone + Send + 'static {
    let left = Arc::new(AtomicUsize::new(n));
    let sched = Arc::downgrade(&world.0);
    move || {
        if left.fetch_sub(1, SeqCst) == 1
            && let Some(sched) = sched.upgrade()
        {
            sched.finish(0);
        }
    }
}

#[test]
fn goroutines_run_and_end() {
    let world = World::new(2);
    let done = countdown(&world, 200);
    for _ in 0..200 {
        let done = done.clone();
        world.spawn(move || {
            for _ in 0..10 {
                yield_native();
            }
            done();
        });
    }
    assert_eq!(world.0.wait_done(), 0);
}

/// A waiting room for one goroutine, locked by a std mutex that the commit function releases.
#[derive(Default)]
struct Room {
    state: Mutex<(bool, Option<GRef>)>,
}

impl Room {
    fn wait(self: &Arc<Self>) {
        let (room, g) = (self.clone(), Current::get().g());
        park_native(WaitReason::Native, move || {
            let mut state = room.state.lock().unwrap();
            if std::mem::take(&mut state.0) {
                return false;
            }
            state.1 = Some(g);
            true
        });
    }

    fn wake(&self, sched: &Sched) {
        let waiter = {
            let mut state = self.state.lock().unwrap();
            let waiter = state.1.take();
            state.0 = waiter.is_none();
            waiter
        };
        if let Some(g) = waiter {
            ready_from_anywhere(sched, g);
        }
    }
}

#[test]
fn ping_pong() {
    let world = World::new(2);
    let rooms: [Arc<Room>; 2] = [Arc::default(), Arc::default()];
    let done = countdown(&world, 2);
    for me in 0..2 {
        let (rooms, done) = (rooms.clone(), done.clone());
        world.spawn(move || {
            for _ in 0..5_000 {
                if me == 1 {
                    rooms[1].wait();
                }
                rooms[1 - me].wake(Current::get().sched());
                if me == 0 {
                    rooms[0].wait();
                }
            }
            done();
        });
    }
    world.0.wait_done();
}

#[test]
fn world_stops_under_load() {
    for procs in [1, 2, 4, 8] {
        let world = World::new(procs);
        let stop = Arc::new(AtomicBool::new(false));
        let inside = Arc::new(AtomicUsize::new(0));
        let done = countdown(&world, 6);
        for _ in 0..4 {
            let (stop, inside, done) = (stop.clone(), inside.clone(), done.clone());
            world.spawn(move || {
                while !stop.load(SeqCst) {
                    inside.fetch_add(1, SeqCst);
                    std::hint::black_box((0..100).sum::<u32>());
                    inside.fetch_sub(1, SeqCst);
                    yield_native();
                }
                done();
            });
        }
        for _ in 0..2 {
            let (stop, inside, done) = (stop.clone(), inside.clone(), done.clone());
            world.spawn(move || {
                for _ in 0..200 {
                    system_stack(|| {
                        let host: &dyn Host = Current::get().sched();
                        let stopped = host.stop_world(StopReason::ReadMemStats);
                        for _ in 0..50 {
                            assert_eq!(inside.load(SeqCst), 0, "somebody runs in a stopped world");
                        }
                        host.start_world(stopped);
                    });
                    yield_native();
                }
                stop.store(true, SeqCst);
                done();
            });
        }
        world.0.wait_done();
    }
}

/// A monitor that went to sleep meanwhile would let the loops that run afterwards have their threads for a second.
#[test]
fn the_monitor_watches_over_a_stopped_world() {
    let world = World::new(2);
    let done = countdown(&world, 1);
    world.spawn(move || {
        system_stack(|| {
            let sched = Current::get().sched();
            assert!(!sched.monitor_may_sleep(), "this goroutine runs");
            let host: &dyn Host = sched;
            let stopped = host.stop_world(StopReason::ReadMemStats);
            assert!(!sched.monitor_may_sleep(), "INV-IDLE-2");
            host.start_world(stopped);
        });
        done();
    });
    world.0.wait_done();
}

#[test]
fn ragged_barriers_and_stops_together() {
    let world = World::new(4);
    let done = countdown(&world, 4);
    for i in 0..4 {
        let done = done.clone();
        world.spawn(move || {
            for _ in 0..100 {
                system_stack(|| {
                    let current = Current::get();
                    current.save_context();
                    let host: &dyn Host = current.sched();
                    host.while_suspendable(&mut |who| {
                        if i % 2 == 0 {
                            let seen = AtomicUsize::new(0);
                            host.ragged_barrier(who, &|_| {
                                seen.fetch_add(1, SeqCst);
                            });
                            assert_eq!(seen.load(SeqCst), 4);
                        } else {
                            let stopped = host.stop_world(StopReason::ReadMemStats);
                            host.start_world(stopped);
                        }
                    });
                });
                yield_native();
            }
            done();
        });
    }
    world.0.wait_done();
}

/// N goroutines, each `SuspendVisible`, suspend each other and themselves until all were suspended by all.
#[test]
fn everybody_suspends_everybody() {
    for n in [1, 2, 3, 8] {
        let world = World::new(n);
        let done = countdown(&world, n);
        let all: Arc<Mutex<Vec<GRef>>> = Arc::default();
        for _ in 0..n {
            let (all, done) = (all.clone(), done.clone());
            world.spawn(move || {
                all.lock().unwrap().push(Current::get().g());
                while all.lock().unwrap().len() < n {
                    yield_native();
                }
                let targets = all.lock().unwrap().clone();
                for _ in 0..200 {
                    system_stack(|| suspend_all(&targets));
                    yield_native();
                }
                done();
            });
        }
        world.0.wait_done();
    }
}

fn suspend_all(targets: &[GRef]) {
    let current = Current::get();
    let sched = current.sched();
    sched.while_suspendable(&mut |who| {
        for g in targets {
            let result = sched.with_suspended(current.m(), *g, who, || false, |_| g.stack_view().sp);
            if let Suspended::Done(sp) = result {
                assert!(!sp.is_null());
            }
        }
    });
}

#[test]
fn collections_under_load() {
    for procs in [1, 2, 4] {
        let world = World::new(procs);
        let stop = Arc::new(AtomicBool::new(false));
        let done = countdown(&world, 4);
        for i in 0..4 {
            let (stop, done) = (stop.clone(), done.clone());
            world.spawn(move || {
                let mut rounds = 0;
                while if i == 0 { rounds < 30 } else { !stop.load(SeqCst) } {
                    rounds += 1;
                    system_stack(|| {
                        let current = Current::get();
                        current.save_context();
                        if i == 0 {
                            current.collector().gc_now(current.mutator());
                        } else {
                            for _ in 0..100 {
                                // SAFETY: our P, on the system stack.
                                let at = unsafe {
                                    current.collector().alloc_noscan(current.mutator(), 64 << (rounds % 5))
                                };
                                assert!(!at.is_null());
                            }
                        }
                    });
                    yield_native();
                }
                stop.store(true, SeqCst);
                done();
            });
        }
        world.0.wait_done();
    }
}

#[test]
fn gomaxprocs_changes_under_load() {
    let world = World::new(2);
    let stop = Arc::new(AtomicBool::new(false));
    let done = countdown(&world, 5);
    for i in 0..5 {
        let (stop, done) = (stop.clone(), done.clone());
        world.spawn(move || {
            if i == 0 {
                for n in [4, 1, 3, 2, 8, 2, 1, 5].repeat(10) {
                    system_stack(|| Current::get().gomaxprocs(n));
                    assert_eq!(Current::get().sched().procs(), n);
                    for _ in 0..5 {
                        yield_native();
                    }
                }
                stop.store(true, SeqCst);
            }
            while !stop.load(SeqCst) {
                yield_native();
            }
            done();
        });
    }
    world.0.wait_done();
}

#[test]
fn several_schedulers_in_one_process() {
    let worlds: Vec<World> = (0..3).map(|_| World::new(2)).collect();
    for world in &worlds {
        let done = countdown(world, 50);
        for _ in 0..50 {
            let done = done.clone();
            world.spawn(move || {
                yield_native();
                done();
            });
        }
    }
    for world in &worlds {
        world.0.wait_done();
    }
}

/// On one P, two goroutines that wake each other for ever do not keep a third from running.
#[test]
fn a_pair_that_wakes_each_other_starves_nobody() {
    let world = World::new(1);
    let rooms: [Arc<Room>; 2] = [Arc::default(), Arc::default()];
    let done = countdown(&world, 1);
    for me in 0..2 {
        let rooms = rooms.clone();
        world.spawn(move || {
            loop {
                rooms[1 - me].wake(Current::get().sched());
                rooms[me].wait();
                if Current::get().yield_wished() {
                    yield_native();
                }
            }
        });
    }
    world.spawn(move || {
        for _ in 0..20 {
            yield_native();
        }
        done();
    });
    world.0.wait_done();
}

/// What came of two goroutines that are inside their system-stack work until both want each other.
///
/// The mutation switch: `leave` false skips the change of status that lets others suspend them.
fn mutual_scan(leave: bool) -> Vec<bool> {
    let world = World::new(2);
    let done = countdown(&world, 2);
    let both: Arc<Mutex<Vec<GRef>>> = Arc::default();
    let wants = Arc::new(AtomicUsize::new(0));
    let results: Arc<Mutex<Vec<bool>>> = Arc::default();
    for _ in 0..2 {
        let (both, wants, results, done) = (both.clone(), wants.clone(), results.clone(), done.clone());
        world.spawn(move || {
            let me = Current::get().g();
            both.lock().unwrap().push(me);
            while both.lock().unwrap().len() < 2 {
                yield_native();
            }
            let other = *both.lock().unwrap().iter().find(|g| **g != me).unwrap();
            let got = system_stack(|| {
                let current = Current::get();
                current.save_context();
                let off = leave.then(|| me.status.leave_stack());
                wants.fetch_add(1, SeqCst);
                while wants.load(SeqCst) < 2 {
                    std::thread::yield_now();
                }
                let who = off.as_ref().map_or(Suspendable::without_goroutine(), |off| off.witness());
                let until = gort_sys::clock::nanotime() + 300_000_000;
                let late = || gort_sys::clock::nanotime() > until;
                let result = current.sched().with_suspended(current.m(), other, &who, late, |_| ());
                // Nobody goes on before both know: a goroutine that parked could be suspended after all.
                wants.fetch_add(1, SeqCst);
                while wants.load(SeqCst) < 4 {
                    std::thread::yield_now();
                }
                matches!(result, Suspended::Done(()))
            });
            results.lock().unwrap().push(got);
            done();
        });
    }
    world.0.wait_done();
    let results = results.lock().unwrap();
    results.clone()
}

#[test]
fn two_that_want_each_other_both_get_it() {
    for _ in 0..20 {
        assert_eq!(mutual_scan(true), [true, true]);
    }
}

/// The mutation check of the test above: a goroutine that marks while `Running` can only be waited for, and
/// two such wait for each other.
#[test]
fn without_the_status_change_they_wait_for_each_other() {
    assert_eq!(mutual_scan(false), [false, false]);
}

/// The return to `Running` waits for whoever scans.
#[test]
fn return_to_running_waits_for_the_scan() {
    let world = World::new(2);
    let done = countdown(&world, 2);
    let target: Arc<Mutex<Option<GRef>>> = Arc::default();
    let stage = Arc::new(AtomicUsize::new(0));
    let wait_for = |stage: &AtomicUsize, n| {
        while stage.load(SeqCst) < n {
            std::thread::yield_now();
        }
    };
    {
        let (target, stage, done) = (target.clone(), stage.clone(), done.clone());
        world.spawn(move || {
            system_stack(|| {
                let current = Current::get();
                let g = current.g();
                current.save_context();
                let off = g.status.leave_stack();
                *target.lock().unwrap() = Some(g);
                stage.store(1, SeqCst);
                wait_for(&stage, 2);
                off.return_to_running();
                assert_eq!(stage.load(SeqCst), 3, "it ran while it was scanned");
            });
            done();
        });
    }
    world.spawn(move || {
        wait_for(&stage, 1);
        let g = target.lock().unwrap().unwrap();
        system_stack(|| {
            let current = Current::get();
            current.sched().while_suspendable(&mut |who| {
                let result = current.sched().with_suspended(
                    current.m(),
                    g,
                    who,
                    || false,
                    |guard| {
                        assert!(
                            guard.movable().is_none(),
                            "R4: the stack of a goroutine that works off it is pinned"
                        );
                        stage.store(2, SeqCst);
                        std::thread::sleep(Duration::from_millis(20));
                        stage.store(3, SeqCst);
                    },
                );
                assert_eq!(result, Suspended::Done(()));
            });
        });
        done();
    });
    world.0.wait_done();
}

#[test]
fn sleeping_goroutines_wake_in_order_of_time() {
    let world = World::new(1);
    let done = countdown(&world, 3);
    let order = Arc::new(Mutex::new(Vec::new()));
    for millis in [30, 10, 20] {
        let (done, order) = (done.clone(), order.clone());
        world.spawn(move || {
            sleep_native(millis * 1_000_000);
            order.lock().unwrap().push(millis);
            done();
        });
    }
    world.0.wait_done();
    assert_eq!(*order.lock().unwrap(), [10, 20, 30]);
}

#[test]
fn blocking_calls_hand_their_p_over() {
    let world = World::new(1);
    let done = countdown(&world, 9);
    let start = std::time::Instant::now();
    for _ in 0..8 {
        let done = done.clone();
        world.spawn(move || {
            for _ in 0..3 {
                blocking_native(|| std::thread::sleep(Duration::from_millis(30)));
            }
            done();
        });
    }
    world.spawn(move || {
        for _ in 0..1000 {
            yield_native();
        }
        done();
    });
    world.0.wait_done();
    // One after the other they would take 720 ms.
    assert!(start.elapsed() < Duration::from_millis(600), "{:?}", start.elapsed());
}

#[test]
fn blocked_goroutines_can_be_scanned_and_the_world_stopped() {
    let world = World::new(2);
    let done = countdown(&world, 5);
    for _ in 0..4 {
        let done = done.clone();
        world.spawn(move || {
            for _ in 0..20 {
                blocking_native(|| std::thread::sleep(Duration::from_millis(1)));
            }
            done();
        });
    }
    world.spawn(move || {
        for _ in 0..10 {
            system_stack(|| {
                let current = Current::get();
                current.collector().gc_now(current.mutator());
            });
            sleep_native(1_000_000);
        }
        done();
    });
    world.0.wait_done();
}
// Known to hang now and then: a stop of the world waits for two goroutines that wait in `SuspendVisible` and do not answer
// it. To be found before anything drops a runtime in the middle of its work.
#[test]
fn shutdown_in_the_middle_of_everything() {
    for round in 0..30 {
        let world = World::new(1 + round % 4);
        let started = countdown(&world, 5);
        for i in 0..5 {
            let started = started.clone();
            world.spawn(move || {
                started();
                loop {
                    system_stack(|| {
                        let current = Current::get();
                        current.save_context();
                        match i {
                            0 => current.collector().gc_now(current.mutator()),
                            1 => current.with_world_stopped(StopReason::Procs, |_| ()),
                            2 => current.sched().while_suspendable(&mut |who| {
                                current.sched().ragged_barrier(who, &|_| ());
                            }),
                            _ => {}
                        }
                    });
                    yield_native();
                }
            });
        }
        world.0.wait_done();
        std::thread::sleep(Duration::from_millis(round as u64 % 5));
    }
}
