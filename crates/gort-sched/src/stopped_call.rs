//! Calling Go code while the world is stopped: `sync.Pool` empties its pools so, at the start of each collection.
//!
//! The thread that stopped the world is on its system stack, inside a runtime function or a mark worker. It enters a
//! goroutine made for the purpose, as the scheduler loop would, until that is over, and then goes on. The Go code must not
//! wait for anything (nobody else runs) and must not allocate. It may be asked to stop, and then goes on at once.
//!
//! Go counterpart: `mgc.go` (`clearpools`); there the collector is Go code itself.

use crate::current::Current;
use crate::leave;
use crate::sched::Sched;
use gort_gc::host::WorldStopped;
use gort_stack::{arch, guard};
use std::sync::atomic::Ordering;

impl Sched {
    /// Sets the Go closure that each collection calls first; somebody else keeps it alive.
    pub fn set_pool_cleanup(&self, closure: usize) {
        self.pool_cleanup.store(closure, Ordering::SeqCst);
    }

    /// Calls it.
    pub(crate) fn clean_pools(&self, stopped: &WorldStopped) {
        let closure = self.pool_cleanup.load(Ordering::SeqCst);
        if closure != 0 {
            self.call_go_stopped(closure, stopped);
        }
    }

    fn call_go_stopped(&self, closure: usize, _: &WorldStopped) {
        let current = Current::get();
        let (m, p) = (current.m(), current.p());
        let (context, caller, on_system_stack) = (current.context(), m.g(), m.on_system_stack.get());
        // SAFETY: INV-P-1, our P.
        let ours = unsafe { &*context };
        let saved = (ours.saved_sp, ours.saved_fp, ours.g0_sp, ours.leave);
        let g = self.take_dead_g(Some(p));
        g.begin_life(self.take_goid(p), true, false);
        self.prepare_go(g, closure);
        g.status.publish();
        g.status.execute();
        self.give_stack(p, g);
        m.set_g(Some(g));
        p.set_context_g(Some(g));
        loop {
            p.set_limit(guard::stack_limit(g.stack_bounds().lo));
            m.on_system_stack.set(false);
            // SAFETY: as in `Sched::run`: we are on the system stack and own the P and the goroutine.
            let why = unsafe { arch::enter(context, g.context().sp, 0, 0) };
            m.on_system_stack.set(true);
            match why {
                leave::EXIT => break,
                // A stop of the world was wished, and we are it.
                leave::YIELD | leave::RESUME => p.set_leave(0),
                _ => self.hooks.fatal(self, "sync.Pool cleanup waits with the world stopped"),
            }
        }
        self.bury(p, g);
        m.set_g(caller);
        p.set_context_g(caller);
        m.on_system_stack.set(on_system_stack);
        // SAFETY: INV-P-1, our P.
        unsafe { (*context).saved_sp = saved.0 };
        // SAFETY: as above.
        unsafe { (*context).saved_fp = saved.1 };
        // SAFETY: as above.
        unsafe { (*context).g0_sp = saved.2 };
        p.set_leave(saved.3);
        if let Some(caller) = caller.filter(|g| !g.is_native()) {
            p.set_limit(guard::stack_limit(caller.stack_bounds().lo));
        }
    }
}
