//! The end of a goroutine; its descriptor and stack wait for another life.
//!
//! Go counterpart: `proc.go` (`goexit0`, `gdestroy`, `gfput`, `gfget`).

use crate::g::{GRef, NO_P};
use crate::p::P;
use crate::sched::Sched;
use std::sync::atomic::Ordering;

/// A P keeps up to this many dead goroutines, and gives half away when it has more.
const LOCAL_MAX: usize = 64;

impl Sched {
    /// On the scheduler loop: the goroutine that just left is over.
    pub(crate) fn bury(&self, p: &P, g: GRef) {
        let user = !g.is_system();
        self.dies_in_bubble(p, g);
        g.status.die();
        // Relaxed: for display.
        g.p.store(NO_P, Ordering::Relaxed);
        if let Some(joiner) = g.joiner.take() {
            joiner.status.ready();
            self.put_next(p, joiner);
        }
        let stack = self.take_stack(g);
        if !g.is_native() && !stack.lo.is_null() {
            self.keep_stack(p, stack);
        }
        if user {
            // Relaxed: see `spawn_go`.
            self.live.fetch_sub(1, Ordering::Relaxed);
        }
        if g.is_native() {
            self.lists.lock().free_gs.push(g);
            return;
        }
        let mine = p.free_gs();
        mine.push(g);
        if mine.len() >= LOCAL_MAX {
            let half = mine.split_off(LOCAL_MAX / 2);
            self.lists.lock().free_gs.extend(half);
        }
    }

    /// A descriptor for a new goroutine: a dead one, or a new one.
    pub(crate) fn take_dead_g(&self, p: Option<&P>) -> GRef {
        let dead = match p {
            Some(p) => {
                if p.free_gs().is_empty() {
                    let mut lists = self.lists.lock();
                    let from = lists.free_gs.len().saturating_sub(LOCAL_MAX / 2);
                    p.free_gs().extend(lists.free_gs.drain(from..));
                }
                p.free_gs().pop()
            }
            None => self.lists.lock().free_gs.pop(),
        };
        match dead {
            Some(g) => {
                g.status.reuse();
                g
            }
            None => self.new_g(),
        }
    }
}
