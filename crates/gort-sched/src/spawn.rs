//! `go f()`: a goroutine is born.
//!
//! Go counterpart: `proc.go` (`newproc1`, `gfget`).

use crate::current::Current;
use crate::g::{GRef, StackKind};
use crate::p::P;
use crate::sched::Sched;
use gort_abi::addr::{Addr, Pc};
use gort_stack::alloc::NativeStack;
use gort_stack::arch::SavedContext;
use std::sync::atomic::Ordering;

/// Goroutine numbers a P takes at a time.
const GOID_BATCH: u64 = 16;

/// What a traceback says about a goroutine's birth.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpawnInfo {
    /// Return address of the `go` statement.
    pub created_by_pc: Pc,
    /// It belongs to the runtime.
    pub system: bool,
    /// A Rust goroutine that waits for its end.
    pub joiner: Option<GRef>,
}

impl Current<'_> {
    /// Starts a goroutine that calls the Go closure; it runs next on this P.
    pub fn spawn_go(&self, closure: usize, info: SpawnInfo) -> GRef {
        let (sched, p) = (self.sched(), self.p());
        let g = self.give_birth(closure, info);
        g.status.publish();
        sched.put_next(p, g);
        sched.wake_p();
        g
    }

    /// A goroutine that is not published yet.
    pub(crate) fn give_birth(&self, closure: usize, info: SpawnInfo) -> GRef {
        let (sched, p) = (self.sched(), self.p());
        if sched.collector().barrier_on() {
            // R8: born after the snapshot, so it starts black.
            sched.collector().shade(p.mutator(), Addr(closure));
        }
        let g = sched.take_dead_g(Some(p));
        g.begin_life(sched.take_goid(p), info.system, false);
        let creator = self.try_g().map_or(0, |g| g.goid());
        if let Some(parent) = self.try_g() {
            // R8, as above.
            let labels = g.inherit(parent);
            sched.collector().shade(p.mutator(), Addr(labels));
            sched.born_in_bubble(g, parent);
        }
        g.set_created_by(creator, info.created_by_pc);
        g.joiner.set(info.joiner);
        sched.prepare_go(g, closure);
        if !info.system {
            // Relaxed: a count for display, and for a thread that has nothing to do, under a lock.
            sched.live.fetch_add(1, Ordering::Relaxed);
        }
        g
    }
}

impl Sched {
    /// Goroutine 1, made by a thread that is none of ours.
    pub(crate) fn spawn_main(&self, closure: usize) -> GRef {
        let g = self.take_dead_g(None);
        g.begin_life(1, false, false);
        self.prepare_go(g, closure);
        // Relaxed: as in `spawn_go`.
        self.live.fetch_add(1, Ordering::Relaxed);
        g.status.publish();
        self.put_global([g]);
        self.wake_p();
        g
    }

    /// It gets its stack when it runs: see [`crate::stack_cache`].
    pub(crate) fn prepare_go(&self, g: GRef, closure: usize) {
        g.set_param(closure);
        g.set_context(SavedContext::default());
    }

    /// Starts a system goroutine written in Rust. From anywhere.
    pub fn spawn_native(&self, name: &'static str, body: impl FnOnce() + Send + 'static) -> GRef {
        self.spawn_native_as(name, true, Box::new(body))
    }

    /// Starts a goroutine of the program that is written in Rust (a host function, a test).
    pub fn spawn_user_native(&self, name: &'static str, body: impl FnOnce() + Send + 'static) -> GRef {
        // Relaxed: as in `spawn_go`.
        self.live.fetch_add(1, Ordering::Relaxed);
        self.spawn_native_as(name, false, Box::new(body))
    }

    fn spawn_native_as(&self, name: &'static str, system: bool, body: Box<dyn FnOnce() + Send>) -> GRef {
        let g = self.new_g_for_native();
        // Relaxed: only the value matters.
        g.begin_life(self.next_goid.fetch_add(1, Ordering::Relaxed), system, true);
        g.set_name(name);
        let stack = NativeStack::new(NativeStack::SIZE);
        let stack = stack.unwrap_or_else(|_| self.hooks.fatal(self, "out of memory (goroutine stack)"));
        g.set_stack_bounds(gort_stack::alloc::Stack { lo: stack.lo(), hi: stack.hi() });
        // SAFETY: the stack is the new goroutine's alone.
        g.set_context(unsafe { crate::native::first_context(&stack, body) });
        // SAFETY: INV-G-1: not published yet.
        unsafe { *g.stack.get() = StackKind::Native(stack) };
        g.status.publish();
        match crate::current() {
            Some(current) if std::ptr::eq(current.sched(), self) && current.m().try_p().is_some() => {
                self.put_last(current.p(), g);
            }
            _ => self.put_global([g]),
        }
        self.wake_p();
        g
    }

    fn new_g_for_native(&self) -> GRef {
        let dead = {
            let mut lists = self.lists.lock();
            // One whose Go stack has been given back.
            lists
                .free_gs
                .iter()
                .rposition(|g| g.stack_bounds().lo.is_null())
                .map(|i| lists.free_gs.swap_remove(i))
        };
        match dead {
            Some(g) => {
                g.status.reuse();
                g
            }
            None => self.new_g(),
        }
    }

    pub(crate) fn take_goid(&self, p: &P) -> u64 {
        let (mut next, mut end) = p.goids.get();
        if next == end {
            // Relaxed: only the value matters.
            next = self.next_goid.fetch_add(GOID_BATCH, Ordering::Relaxed);
            end = next + GOID_BATCH;
        }
        p.goids.set((next + 1, end));
        next
    }
}
