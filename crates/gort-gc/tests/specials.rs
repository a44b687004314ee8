//! Finalizers, cleanups, weak handles; and the races around the end of marking, made certain.
#![allow(clippy::undocumented_unsafe_blocks, reason = "a test")]

mod fake_host;

use fake_host::{TestType, Thread, World, load};
use gort_abi::addr::Addr;
use gort_gc::finalize::{Due, Finalizer};
use gort_gc::{Config, StopReason};

fn world() -> World {
    World::new(Config { check_mark: true, clobber_free: true, ..Config::default() }, 1)
}

/// {next, value}
fn node(t: &Thread, typ: &TestType, next: usize, value: usize) -> usize {
    t.roots().push(next);
    let at = t.alloc(typ);
    t.roots().pop();
    t.store(at, next);
    unsafe { ((at + 8) as *mut usize).write(value) };
    at
}

fn list() -> TestType {
    TestType::new(16, &[0])
}

/// Not a pointer: the collector does not see it.
fn hide(at: usize) -> usize {
    !at
}

#[test]
fn a_finalizer_gets_its_object_whole_and_once() {
    let world = world();
    let t = world.enter(0);
    let typ = list();
    let child = node(&t, &typ, 0, 7);
    let object = node(&t, &typ, child, 8);
    let func = node(&t, &typ, 0, 9);
    let finalizer = Finalizer { func: Addr(func), word: Addr::NULL, mode: 3 };
    assert!(t.gc.add_finalizer(t.mutator(), Addr(object), finalizer));
    assert!(!t.gc.add_finalizer(t.mutator(), Addr(object), finalizer), "one per object");
    t.gc.add_cleanup(t.mutator(), Addr(object), Addr(func));
    t.roots().push(object);
    t.gc_now();
    assert!(!t.gc.finalizers().is_due());
    t.roots().clear();
    t.gc_now();
    let due = t.gc.finalizers().take_or(|| panic!("nothing is due"));
    assert_eq!(due, Some(Due::Finalizer(finalizer, Addr(object))));
    assert_eq!((load(object + 8), load(load(object) + 8), load(func + 8)), (8, 7, 9));
    assert!(!t.gc.cleanups().is_due(), "the object is not gone yet");
    // Taken from the queue: nobody keeps it any more.
    t.gc_now();
    assert!(!t.gc.finalizers().is_due(), "once");
    let due = t.gc.cleanups().take_or(|| panic!("nothing is due"));
    assert_eq!(due, Some(Due::Cleanup(Addr(func))));
    t.gc_now();
    assert_eq!(world.stats().heap_objects, 0);
}

#[test]
fn what_is_queued_is_a_root() {
    let world = world();
    let t = world.enter(0);
    let typ = list();
    let object = node(&t, &typ, 0, 8);
    let func = node(&t, &typ, 0, 9);
    let id = t.gc.add_cleanup(t.mutator(), Addr(object), Addr(func));
    let stopped = t.gc.add_cleanup(t.mutator(), Addr(object), Addr(object));
    assert_ne!(id, stopped);
    t.gc.remove_cleanup(Addr(object), stopped);
    for _ in 0..3 {
        t.gc_now();
    }
    assert_eq!(world.stats().heap_objects, 1, "the function waits in the queue");
    assert_eq!(t.gc.cleanups().take_or(|| ()), Some(Due::Cleanup(Addr(func))));
    assert_eq!(t.gc.cleanups().take_or(|| ()), None);
    t.gc_now();
    assert_eq!(world.stats().heap_objects, 0);
}

#[test]
fn weak_handles_live_as_long_as_their_object() {
    let world = world();
    let t = world.enter(0);
    let (typ, plain) = (list(), TestType::new(16, &[]));
    let object = node(&t, &typ, 0, 8);
    t.roots().push(object);
    let fresh = t.alloc(&plain);
    let handle = t.gc.add_weak(t.mutator(), Addr(object), Addr(fresh));
    assert_eq!(handle, Addr(fresh));
    let other = t.alloc(&plain);
    assert_eq!(t.gc.add_weak(t.mutator(), Addr(object), Addr(other)), handle, "one per address");
    let inner = t.gc.add_weak(t.mutator(), Addr(object + 8), Addr(other));
    assert_eq!(inner, Addr(other), "another address, another handle");
    t.gc_now();
    assert_eq!(t.gc.strong_from_weak(t.mutator(), handle), Addr(object));
    assert_eq!(t.gc.strong_from_weak(t.mutator(), inner), Addr(object + 8));
    t.roots()[0] = handle.0;
    t.roots().push(inner.0);
    t.gc_now();
    assert_eq!(t.gc.strong_from_weak(t.mutator(), handle), Addr::NULL);
    assert_eq!(t.gc.strong_from_weak(t.mutator(), inner), Addr::NULL);
    assert_eq!(world.stats().heap_objects, 2, "the handles");
}

/// golang/go issue 69803: marking seems to be over, every P has flushed; then a weak pointer becomes a strong one, on a
/// stack that is black already. The stop of the world must find it and marking must go on.
#[test]
fn a_weak_pointer_becomes_strong_after_the_last_flush() {
    let world = world();
    let t = world.enter(0);
    let (typ, plain) = (list(), TestType::new(16, &[]));
    let child = node(&t, &typ, 0, 42);
    let object = node(&t, &typ, child, 41);
    t.roots().push(object);
    let handle = t.alloc(&plain);
    let handle = t.gc.add_weak(t.mutator(), Addr(object), Addr(handle));
    t.roots()[0] = handle.0;
    // Another cycle, so that the object is white in the next.
    let (gc, mutator, handle, roots) =
        (t.gc, t.mutator(), handle.0, hide(t.roots() as *mut Vec<usize> as usize));
    let mut done = false;
    *world.host.before_stop.lock().unwrap() = Some(Box::new(move |why| {
        if why == StopReason::MarkTermination && !std::mem::replace(&mut done, true) {
            let at = gc.strong_from_weak(mutator, Addr(handle));
            unsafe { &mut *(hide(roots) as *mut Vec<usize>) }.push(at.0);
        }
    }));
    t.gc_now();
    assert_eq!(gc.restarts(), 1, "the late object was not counted");
    let at = t.roots()[1];
    assert_eq!((at, load(at + 8), load(load(at) + 8)), (object, 41, 42));
}

/// A pointer is overwritten after every P has flushed: its old value is known to the barrier's buffer only.
#[test]
fn a_barrier_write_after_the_last_flush() {
    let world = world();
    let t = world.enter(0);
    let typ = list();
    let hidden = node(&t, &typ, 0, 42);
    let holder = node(&t, &typ, hidden, 41);
    t.roots().push(holder);
    let (gc, mutator) = (t.gc, t.mutator());
    let mut fresh = 0;
    *world.host.before_stop.lock().unwrap() = Some(Box::new(move |why| {
        // A white object that only the barrier knows: shaded as a stack would hand it over.
        if why == StopReason::MarkTermination && fresh < 3 {
            fresh += 1;
            gc.shade(mutator, Addr(load(hidden)));
            gc.shade(mutator, Addr(hidden));
        }
    }));
    t.gc_now();
    // What was marked already changes nothing.
    assert_eq!(gc.restarts(), 0);
    assert_eq!(load(load(holder) + 8), 42);
}

#[test]
fn on_two_ps_the_fractional_worker_is_the_one_in_use() {
    let world = World::new(Config::default(), 2);
    let typ = list();
    std::thread::scope(|s| {
        for number in 0..2 {
            let (world, typ) = (&world, &typ);
            s.spawn(move || {
                let t = world.enter(number);
                t.roots().push(0);
                for i in 0..400_000 {
                    let head = node(&t, typ, t.roots()[0], i);
                    if i % 3 == 0 {
                        t.roots()[0] = head;
                    }
                    t.safepoint();
                }
            });
        }
    });
    let [dedicated, fractional, _] = world.gc.worker_turns();
    assert!(
        dedicated == 0 && fractional > 0,
        "{:?} in {} cycles",
        world.gc.worker_turns(),
        world.gc.cycles()
    );
}

#[test]
fn on_four_ps_a_dedicated_worker_is() {
    let world = World::new(Config::default(), 4);
    let t = world.enter(0);
    let typ = list();
    t.roots().push(0);
    for i in 0..400_000 {
        t.roots()[0] = node(&t, &typ, t.roots()[0], i);
        t.safepoint();
    }
    let [dedicated, fractional, _] = world.gc.worker_turns();
    assert!(dedicated > 0 && fractional == 0, "{:?}", world.gc.worker_turns());
}
