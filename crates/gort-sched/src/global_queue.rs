//! The global run queue: goroutines that no P has.
//!
//! Go counterpart: `proc.go` (`globrunqput`, `globrunqget`).
//!
//! Goroutines that have never run wait apart from those that have, and the two take turns. So one that was stopped at
//! the end of its time slice does not wait behind all that were made meanwhile; if it is the one that consumes what they
//! produce, each of them would start, take a stack, and wait for it.

use crate::g::GRef;
use std::collections::VecDeque;

/// See the file's head.
#[derive(Default)]
pub(crate) struct GlobalQueue {
    started: VecDeque<GRef>,
    fresh: VecDeque<GRef>,
}

impl GlobalQueue {
    /// Appends one that is runnable.
    pub fn push(&mut self, g: GRef) {
        // Nobody runs it: its context says whether it has ever run.
        if g.context().sp.is_null() {
            self.fresh.push_back(g);
        } else {
            self.started.push_back(g);
        }
    }

    pub fn len(&self) -> usize {
        self.started.len() + self.fresh.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next one; `turn` says which kind comes first.
    pub fn pop(&mut self, turn: usize) -> Option<GRef> {
        let (first, second) = match turn % 2 {
            0 => (&mut self.started, &mut self.fresh),
            _ => (&mut self.fresh, &mut self.started),
        };
        first.pop_front().or_else(|| second.pop_front())
    }
}
