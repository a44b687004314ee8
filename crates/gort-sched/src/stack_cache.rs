//! Stacks of dead goroutines, kept by their P for the next ones.
//!
//! Go counterpart: `stack.go` (`stackcache`), `proc.go` (`gfget`, `gcComputeStartingStackSize`).
//!
//! A goroutine gets its stack when it runs for the first time, not when it is made: goroutines that wait to start cost
//! nothing but a descriptor, and one that starts gets the stack that its P used last, which is warm and may have grown.
//! So short goroutines that recurse do not grow theirs again and again. What a P keeps is bounded in bytes.
//!
//! Without a kept one, the first size is what goroutines were found to use at the last collection.

use crate::g::{GRef, StackKind};
use crate::p::P;
use crate::sched::Sched;
use gort_abi::addr::{Pc, Sp};
use gort_abi::layout::STACK_GUARD;
use gort_stack::alloc::{STACK_MIN, Stack};
use gort_stack::context;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A P keeps at most so many stacks.
const STACKS_MAX: usize = 64;
/// And so many bytes of them.
const BYTES_MAX: usize = 4 << 20;
/// The first size is at most this.
const START_MAX: usize = 64 << 10;

/// So many goroutines make an average.
const SAMPLE_MIN: usize = 16;

/// The stacks a P keeps, those used last at the end.
#[derive(Default)]
pub(crate) struct StackCache {
    stacks: Vec<Stack>,
    bytes: usize,
}

/// What goroutines use, and what new ones get.
pub(crate) struct StartSize {
    start: AtomicUsize,
    used: AtomicUsize,
    count: AtomicUsize,
}

impl StartSize {
    pub fn new() -> Self {
        Self { start: AtomicUsize::new(STACK_MIN), used: AtomicUsize::new(0), count: AtomicUsize::new(0) }
    }

    /// A goroutine's stack was scanned.
    pub fn seen(&self, used: usize) {
        // Relaxed (all of this file): a statistic.
        self.used.fetch_add(used, Ordering::Relaxed);
        // Relaxed: as above.
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// A collection begins: what the last one saw decides.
    pub fn update(&self) {
        // Relaxed: as above.
        let used = self.used.swap(0, Ordering::Relaxed);
        // Relaxed: as above.
        let count = self.count.swap(0, Ordering::Relaxed);
        // Few goroutines say nothing of many.
        if count >= SAMPLE_MIN
            && let Some(average) = used.checked_div(count)
        {
            // Relaxed: as above.
            self.start.store(size_for(average), Ordering::Relaxed);
        }
    }
}

/// A first size for goroutines that use so much.
fn size_for(used: usize) -> usize {
    (used + STACK_GUARD).next_power_of_two().clamp(STACK_MIN, START_MAX)
}

impl Sched {
    /// The goroutine, which is made but has no stack, runs for the first time.
    pub(crate) fn give_stack(&self, p: &P, g: GRef) {
        let cache = p.stack_cache();
        let stack = match cache.stacks.pop() {
            Some(stack) => {
                cache.bytes -= stack.size();
                stack
            }
            None => {
                // Relaxed: a statistic.
                let size = self.start_size.start.load(Ordering::Relaxed);
                let stack = self.stacks().alloc(size);
                stack.unwrap_or_else(|| self.hooks.fatal(self, "out of memory (goroutine stack)"))
            }
        };
        g.set_stack_bounds(stack);
        // SAFETY: INV-G-1: we run it.
        unsafe { *g.stack.get() = StackKind::Go };
        // Relaxed: set before the threads were started.
        let start = Pc(self.go_start.load(Ordering::Relaxed));
        assert!(!start.is_null(), "no start stub");
        // SAFETY: the stack is the new goroutine's alone; `start` was given by the loader.
        g.set_context(unsafe { context::new_go(stack, start) });
    }

    /// The stack of a dead goroutine.
    pub(crate) fn keep_stack(&self, p: &P, stack: Stack) {
        let cache = p.stack_cache();
        let size = stack.size();
        if cache.stacks.len() >= STACKS_MAX || cache.bytes + size > BYTES_MAX {
            let oldest = cache.stacks.len() / 2;
            for old in cache.stacks.drain(..oldest) {
                cache.bytes -= old.size();
                // SAFETY: it came from there, and its goroutine is dead.
                unsafe { self.stacks().free(old) };
            }
            if cache.bytes + size > BYTES_MAX {
                // SAFETY: as above.
                unsafe { self.stacks().free(stack) };
                return;
            }
        }
        cache.bytes += size;
        cache.stacks.push(stack);
    }

    /// The P goes out of use.
    pub(crate) fn drop_stacks(&self, p: &P) {
        let cache = std::mem::take(p.stack_cache());
        for stack in cache.stacks {
            // SAFETY: as in `keep_stack`.
            unsafe { self.stacks().free(stack) };
        }
    }

    /// Takes the stack away from a goroutine that is dead.
    pub(crate) fn take_stack(&self, g: GRef) -> Stack {
        let stack = g.stack_bounds();
        g.set_stack_bounds(Stack { lo: Sp::NULL, hi: Sp::NULL });
        // SAFETY: INV-G-1: it is dead and we are its only holder.
        unsafe { *g.stack.get() = StackKind::None };
        stack
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_sizes() {
        assert_eq!(size_for(100), STACK_MIN);
        assert_eq!(size_for(3000), 4096);
        assert_eq!(size_for(10 << 20), START_MAX);
    }
}
