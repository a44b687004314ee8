//! Giving memory back to the system: free pages from the top of the heap down.
//!
//! In the background, what goes beyond what the program will need until the next collection (and a tenth more) is
//! released, at a bounded rate, so that a program that shrinks gets small and one that breathes is left alone. On
//! demand (`debug.FreeOSMemory`) everything free is released at once. A page that is being released belongs to the
//! scavenger (its bit is set), so no lock is held during the system call.
//!
//! Go counterpart: `mgcscavenge.go`.

use crate::mheap::Heap;
use crate::owned_word::{OwnedU64, Tally};
use crate::size_class::{PAGE_SHIFT, PAGE_SIZE};

/// Bytes per second that the background scavenger releases: a gigabyte in some twenty seconds, for about a hundredth of
/// a CPU.
const BYTES_PER_SECOND: u64 = 48 << 20;
/// It looks at most so often.
const PERIOD_NS: u64 = 50_000_000;
/// And makes up for at most so much time at once.
const CATCH_UP_NS: u64 = 1_000_000_000;

/// What the scavenger remembers.
#[derive(Debug, Default)]
pub(crate) struct Scavenger {
    /// When it last looked.
    looked_ns: OwnedU64,
    /// Bytes ever released by it.
    pub released: Tally,
}

impl Heap {
    /// Bytes of committed pages that have, or had, memory behind them.
    fn resident(&self) -> u64 {
        let pages = self.pages.lock();
        ((pages.pages() - pages.released()) << PAGE_SHIFT) as u64
    }

    /// Releases up to `bytes`; returns how many were.
    fn release(&self, bytes: u64) -> u64 {
        let mut done = 0;
        while done < bytes {
            let Some(run) = self.pages.lock().take_for_release() else { break };
            self.arena.discard(run.first, run.pages);
            self.pages.lock().released_run(run);
            done += (run.pages * PAGE_SIZE) as u64;
        }
        self.scavenger.released.add(done);
        done
    }

    /// Called every now and then by one thread: releases what exceeds `goal`, the size the heap will have before it is
    /// next collected, by more than a tenth.
    pub fn scavenge_in_background(&self, now_ns: u64, goal: u64) {
        let passed = now_ns.saturating_sub(self.scavenger.looked_ns.get());
        if passed < PERIOD_NS {
            return;
        }
        self.scavenger.looked_ns.set(now_ns);
        let wanted = goal.max(self.tallies.in_use.get());
        let retain = wanted.saturating_add(wanted / 10);
        let resident = self.resident();
        if resident > retain {
            let rate = BYTES_PER_SECOND * passed.min(CATCH_UP_NS) / 1_000_000_000;
            self.release(rate.min(resident - retain));
        }
    }

    /// Releases every free page.
    pub fn scavenge_all(&self) -> u64 {
        self.release(u64::MAX)
    }

    /// Bytes of free pages that are with the system now: Go's `HeapReleased`.
    pub fn released_bytes(&self) -> u64 {
        (self.pages.lock().released() << PAGE_SHIFT) as u64
    }
}
