//! The order in which locks are taken, checked in debug builds.
//!
//! A thread may take a lock only if its rank is above that of every lock it holds; a few ranks may be
//! held several times (channels: a select locks all of its channels, in address order). So no cycle of
//! waiting threads can form. Go counterpart: `lockrank.go`.

use std::cell::Cell;

/// What a lock guards; declared in the order in which locks may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LockRank {
    /// Who may stop the world.
    World,
    /// Loaded modules.
    Modules,
    /// Interface method tables.
    Itab,
    /// One garbage collection cycle's start and end.
    GcCycle,
    /// The end of marking.
    MarkDone,
    /// Sleeping sweeper and the like.
    Sweep,
    /// A channel. Several may be held, in address order.
    Chan,
    /// Semaphores.
    Sema,
    /// A timer of package time.
    Timers,
    /// A pollable descriptor.
    PollDesc,
    /// All pollable descriptors.
    PollDescs,
    /// All bubbles of `testing/synctest`.
    Bubbles,
    /// One of them.
    Bubble,
    /// Timers of a P.
    TimeQueue,
    /// Timers whose functions are to be called.
    DueTimers,
    /// Queue of goroutines waiting to assist.
    AssistQueue,
    /// Idle mark workers.
    GcWorkers,
    /// The scheduler's lists: global run queue, idle Ms and Ps, dead Gs.
    Sched,
    /// All goroutines ever made.
    AllGs,
    /// Work buffers of the marker.
    WorkBuffers,
    /// Spans of one class.
    Central,
    /// Large objects.
    LargeObjects,
    /// Special records of objects.
    Specials,
    /// Pages.
    Heap,
    /// Pools of free stacks.
    StackPool,
    /// Functions by address.
    FuncTable,
    /// Output of one print statement.
    Print,
    /// Nothing is locked under it.
    Leaf,
}

const COUNT: usize = LockRank::Leaf as usize + 1;

impl LockRank {
    /// May several locks of this rank be held at once?
    pub const fn allows_many(self) -> bool {
        matches!(self, Self::Chan)
    }
}

thread_local! {
    static HELD: Cell<[u8; COUNT]> = const { Cell::new([0; COUNT]) };
}

/// Records that this thread is about to take a lock; panics if the order is wrong.
#[inline]
pub fn acquire(rank: LockRank) {
    if cfg!(debug_assertions) {
        let mut held = HELD.get();
        let from = rank as usize + usize::from(rank.allows_many());
        if let Some(above) = held[from..].iter().position(|n| *n > 0) {
            panic!("lock rank: {rank:?} taken while rank {} is held", from + above);
        }
        held[rank as usize] += 1;
        HELD.set(held);
    }
}

/// Records that this thread took a lock without waiting (any order is allowed then).
#[inline]
pub fn acquired_without_waiting(rank: LockRank) {
    if cfg!(debug_assertions) {
        let mut held = HELD.get();
        held[rank as usize] += 1;
        HELD.set(held);
    }
}

/// Records that this thread gave a lock back.
#[inline]
pub fn release(rank: LockRank) {
    if cfg!(debug_assertions) {
        let mut held = HELD.get();
        assert!(held[rank as usize] > 0, "lock rank: {rank:?} released but not held");
        held[rank as usize] -= 1;
        HELD.set(held);
    }
}

/// Does this thread hold any lock? Always false in release builds.
pub fn holds_any() -> bool {
    cfg!(debug_assertions) && HELD.get().iter().any(|n| *n > 0)
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn order_is_checked() {
        acquire(LockRank::Chan);
        acquire(LockRank::Chan);
        acquire(LockRank::Heap);
        assert!(holds_any());
        release(LockRank::Heap);
        release(LockRank::Chan);
        release(LockRank::Chan);
        assert!(!holds_any());
    }

    #[test]
    #[should_panic(expected = "lock rank")]
    fn wrong_order_panics() {
        acquire(LockRank::Heap);
        acquire(LockRank::Sched);
    }
}
