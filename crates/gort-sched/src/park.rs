//! Waiting and being woken.
//!
//! Go counterpart: `proc.go` (`gopark`, `goready`, `goschedImpl`).
//!
//! A Go goroutine parks from a runtime function, on the system stack: its context is already in memory, so
//! it becomes `Waiting` at once, while the caller still holds the lock that keeps wakers out. The function
//! then releases the lock and returns; the thunk sees `leave` and goes to the scheduler loop. From the
//! release on, somebody else may run the goroutine: nothing of it may be touched.
//!
//! **INV-PARK-1 (published last).** When a goroutine becomes `Waiting` or goes on a queue, its context is
//! complete, and the thread that ran it does not touch its stack any more.

use crate::current::Current;
use crate::g::GRef;
use crate::leave;
use crate::wait_reason::WaitReason;
use gort_abi::addr::Sp;
use gort_protocols::g_status::Pin;
use gort_stack::arch::SavedContext;

impl Current<'_> {
    /// Stores where the current goroutine stopped, as its thunk left it in the context.
    pub fn save_context(&self) {
        let context = self.context();
        // SAFETY: INV-P-1, our P; the thunk stored both on its way here.
        let sp = unsafe { (*context).saved_sp };
        // SAFETY: as above.
        let fp = unsafe { (*context).saved_fp };
        self.g().set_context(SavedContext { sp: Sp(sp), fp: Sp(fp) });
    }

    /// Makes the current Go goroutine wait. Called before the release of the lock that keeps wakers out;
    /// afterwards the caller returns without touching the goroutine.
    pub fn park(&self, reason: WaitReason, pin: Pin) {
        let g = self.g();
        debug_assert!(!g.is_native(), "INV-PARK-1: a Rust goroutine parks by park_native");
        self.save_context();
        // SAFETY: INV-G-1, the current goroutine.
        unsafe { (*g.prefix()).parks += 1 };
        g.set_wait_reason(reason);
        self.p().set_leave(leave::PARKED);
        let bubble = g.bubble();
        if bubble != 0 && reason.is_durable() {
            g.set_durable();
            self.p().parked_in.set(bubble);
        }
        g.status.park(pin);
    }

    /// Undoes [`Self::park`], as long as no waker can have found the goroutine.
    pub fn unpark_self(&self) {
        self.g().status.unpark_self();
        self.g().take_durable();
        self.p().parked_in.set(0);
        self.p().set_leave(0);
    }

    /// Makes a waiting goroutine runnable; it runs next on this P.
    pub fn ready(&self, g: GRef) {
        debug_assert!(!self.m().scanning.get(), "R3: a wake-up under a scan guard");
        self.sched().wakes_in_bubble(g);
        g.status.ready();
        self.sched().put_next(self.p(), g);
        self.sched().wake_p();
    }

    /// The current Go goroutine gives its P away and goes to the end of the queue: the caller returns.
    pub fn yield_now(&self) {
        self.save_context();
        self.p().set_leave(leave::YIELD);
    }

    /// The current Go goroutine lets the one it made ready last run first: the caller returns.
    pub fn yield_to_next(&self) {
        self.save_context();
        self.p().set_leave(leave::YIELD_TO_NEXT);
    }

    /// The current Go goroutine is over: the caller returns.
    pub fn exit(&self) {
        self.p().set_leave(leave::EXIT);
    }

    /// The current Go goroutine continues at another place: the caller returns.
    pub fn resume_at(&self, context: SavedContext) {
        self.g().set_context(context);
        self.p().set_leave(leave::RESUME);
    }
}
