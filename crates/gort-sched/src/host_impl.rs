//! What the collector asks of the scheduler, answered.

use crate::current::Current;
use crate::g::GRef;
use crate::p::request;
use crate::sched::Sched;
use crate::suspend::Suspended;
use crate::wait_reason::WaitReason;
use gort_gc::Mutator;
use gort_gc::host::{
    FrameRoots, Frames, GoroutineId, GoroutineView, Host, PreemptWish, SchedCounts, StopReason, WorldStopped,
};
use gort_protocols::g_status::{GState, Pin, ScanGuard, Suspendable};
use gort_protocols::p_status::PState;
use gort_stack::func_table::FuncTable;
use gort_stack::shrink;
use gort_stack::walk::{self, StackView};
use gort_sys::clock;
use std::sync::atomic::Ordering;

/// The frames of a stopped Go goroutine (INV-HOST-3: made and used under its scan guard).
struct GoFrames<'a> {
    view: StackView,
    funcs: &'a FuncTable,
}

impl FrameRoots for GoFrames<'_> {
    fn each_root(&self, visit: &mut dyn FnMut(usize)) {
        // SAFETY: INV-HOST-3: the goroutine stands still, and runs Go code.
        unsafe { walk::for_each_root(self.view, self.funcs, |_, value| visit(value)) };
    }
}

impl Sched {
    fn view_stack(&self, g: GRef, scan: &mut dyn FnMut(&GoroutineView<'_>)) {
        let own = g.root_words();
        let mut more = Vec::new();
        if self.calls_timers(g) {
            more.extend(own);
            self.each_timer(|timer| more.push(timer));
        }
        let words = if more.is_empty() { &own[..] } else { &more[..] };
        let view = g.stack_view();
        let used_bytes = view.hi.offset_from(view.sp);
        if !g.is_native() && !view.sp.is_null() {
            self.start_size.seen(used_bytes);
        }
        let go = GoFrames { view, funcs: self.funcs() };
        let frames = if view.sp.is_null() {
            Frames::Empty
        } else if g.is_native() {
            Frames::Native { sp: view.sp, hi: view.hi }
        } else {
            Frames::Go(&go)
        };
        scan(&GoroutineView { frames, words, used_bytes });
    }

    /// The scanner holds the goroutine: its stack may become smaller (heart rule R4).
    fn shrink_stack(&self, g: GRef, guard: &ScanGuard<'_>) {
        if g.is_native() || g.stack_view().sp.is_null() {
            return;
        }
        let stack = g.stack_bounds();
        let used = stack.hi.offset_from(g.context().sp);
        let Some(size) = shrink::shrunk_size(stack.size(), used, self.stacks().shrink_policy()) else {
            return;
        };
        let Some(movable) = guard.movable() else {
            g.set_shrink_wanted(true);
            return;
        };
        // SAFETY: INV-G-1: the holder of the scan guard.
        let prefix = unsafe { &mut *g.prefix() };
        // SAFETY: as above.
        let context = unsafe { &mut *g.context_ptr() };
        // SAFETY: as above; a Go goroutine that has run, and `shrunk_size` leaves room.
        unsafe { shrink::move_stopped(prefix, context, self.stacks(), size, &movable) };
    }

    fn wish(&self) -> PreemptWish {
        let Some(p) = crate::current().and_then(|c| c.m().try_p()) else { return PreemptWish::None };
        // Relaxed: a look; `answer_ragged` decides.
        if self.stop_wished() || p.ragged.load(Ordering::Relaxed) {
            PreemptWish::Stop
        } else if p.has_request(request::YIELD) || self.is_ending() {
            PreemptWish::Yield
        } else {
            PreemptWish::None
        }
    }
}

impl Host for Sched {
    fn now_ns(&self) -> u64 {
        clock::nanotime() as u64
    }

    fn unix_ns(&self) -> u64 {
        let (seconds, nanos) = clock::walltime();
        seconds as u64 * 1_000_000_000 + nanos as u64
    }

    fn stack_bytes(&self) -> u64 {
        self.stacks().in_use() as u64
    }

    fn current_stack(&self, to: &mut [usize]) -> usize {
        let current = Current::get();
        let g = current.g();
        if g.is_native() {
            return 0;
        }
        current.save_context();
        // SAFETY: the current goroutine, stopped in a runtime function of its own.
        let frames = unsafe { walk::FrameCursor::new(g.stack_view(), self.funcs()) };
        // Who reads a return address takes 1 off.
        let places = frames.map(|frame| frame.line_pc().0 + 1);
        places.zip(to.iter_mut()).map(|(pc, slot)| *slot = pc).count()
    }

    fn sched_counts(&self) -> SchedCounts {
        let mut counts = SchedCounts {
            procs: self.procs() as u64,
            threads: self.lists.lock().ms.len() as u64,
            starting_stack: gort_stack::alloc::STACK_MIN as u64,
            mutex_wait_ns: self.semas.mutex_wait_ns(),
            ..SchedCounts::default()
        };
        self.each_g(|g| {
            counts.created += g.lives();
            let state = g.status.view().state;
            // The runtime's own count too, as in Go.
            counts.goroutines += u64::from(!matches!(state, GState::Idle | GState::Dead));
            if g.is_system() {
                return;
            }
            match state {
                GState::Runnable | GState::Preempted => counts.runnable += 1,
                GState::Running | GState::SuspendVisible | GState::CopyStack => counts.running += 1,
                GState::Waiting => counts.waiting += 1,
                GState::Syscall => counts.not_in_go += 1,
                GState::Idle | GState::Dead => {}
            }
        });
        counts
    }

    fn procs(&self) -> usize {
        Self::procs(self)
    }

    fn stop_world(&self, why: StopReason) -> WorldStopped {
        self.stop_the_world(Current::get().m(), why)
    }

    fn start_world(&self, stopped: WorldStopped) {
        self.start_the_world(Current::get().m(), stopped);
    }

    fn clean_pools(&self, stopped: &WorldStopped) {
        Self::clean_pools(self, stopped);
    }

    fn each_mutator(&self, _stopped: &WorldStopped, visit: &mut dyn FnMut(&Mutator)) {
        self.each_p(|p| {
            if p.status.state() != PState::Dead {
                visit(p.mutator());
            }
        });
    }

    fn ragged_barrier(&self, _who: &Suspendable<'_>, run: &(dyn Fn(&Mutator) + Sync)) {
        self.run_on_every_p(Current::get().m(), run);
    }

    fn snapshot_goroutines(&self, _stopped: &WorldStopped) -> usize {
        self.take_snapshot()
    }

    fn scan_goroutine(
        &self,
        index: usize,
        who: &Suspendable<'_>,
        scan: &mut dyn FnMut(&GoroutineView<'_>),
    ) -> bool {
        let g = self.in_snapshot(index);
        let give_up = || self.wish() == PreemptWish::Stop;
        let m = Current::get().m();
        match self.with_suspended(m, g, who, give_up, |guard| {
            if guard.state() == GState::Waiting {
                g.seen_waiting(clock::nanotime());
            }
            self.view_stack(g, scan);
            self.shrink_stack(g, guard);
        }) {
            Suspended::Done(()) => true,
            Suspended::Dead => {
                scan(&GoroutineView { frames: Frames::Empty, words: &[], used_bytes: 0 });
                true
            }
            Suspended::CalledOff => false,
        }
    }

    fn waits_for(&self, index: usize, visit: &mut dyn FnMut(usize)) -> bool {
        let g = self.in_snapshot(index);
        if g.status.view().state != GState::Waiting || g.is_native() {
            return false;
        }
        match g.wait_reason() {
            // Nothing will ever wake it.
            WaitReason::ChanReceiveNil | WaitReason::ChanSendNil | WaitReason::SelectNoCases => true,
            WaitReason::ChanReceive | WaitReason::ChanSend | WaitReason::Select => {
                self.hooks.channels(g, visit)
            }
            WaitReason::SyncMutexLock
            | WaitReason::SyncRWMutexRLock
            | WaitReason::SyncRWMutexLock
            | WaitReason::SyncWaitGroupWait
            | WaitReason::SyncCondWait => {
                visit(g.waits_for());
                true
            }
            _ => false,
        }
    }

    fn set_leaked(&self, index: usize, leaked: bool) {
        let g = self.in_snapshot(index);
        // As in Go, a main function that ends in `select {}` is no leak, though what only it holds may be.
        let serves = g.goid() == 1 && g.wait_reason() == WaitReason::SelectNoCases;
        g.set_leaked(leaked && !serves);
    }

    fn while_suspendable(&self, run: &mut dyn FnMut(&Suspendable<'_>)) {
        let current = Current::get();
        match current.try_g() {
            Some(g) if g.status.view().state == GState::Running => {
                current.save_context();
                let off = g.status.leave_stack();
                run(&off.witness());
                off.return_to_running();
            }
            // `SuspendVisible` already, or none: the loop of the thread.
            _ => run(&Suspendable::without_goroutine()),
        }
    }

    fn preempt_wish(&self, _own: &Mutator) -> PreemptWish {
        self.wish()
    }

    fn wait_a_little(&self, _who: &Suspendable<'_>) {
        self.answer_in_place(Current::get().m());
        gort_sys::thread::yield_now();
    }

    fn runnable_waiting(&self) -> bool {
        let Some(p) = crate::current().and_then(|c| c.m().try_p()) else { return true };
        // Relaxed: hints; an idle worker asks again and again.
        !p.runq.is_empty() || self.global_len.load(Ordering::Relaxed) > 0
    }

    fn wake_workers(&self) {
        // Pairs with the fence in `sleep_without_work`.
        self.gc_wishes.fetch_add(1, Ordering::SeqCst);
        self.wake_p();
    }

    fn can_park(&self) -> bool {
        let current = Current::get();
        !current.is_pinned() && current.try_g().is_some_and(|g| !g.is_native())
    }

    fn park_for_credit(&self) -> GoroutineId {
        let current = Current::get();
        let id = GoroutineId(current.g().addr());
        current.park(WaitReason::GcAssistWait, Pin::Free);
        id
    }

    fn ready(&self, goroutine: GoroutineId) {
        // SAFETY: INV-SCHED-1: from `park_for_credit`.
        let g = unsafe { GRef::from_prefix(goroutine.0) };
        let current = Current::get();
        debug_assert!(!current.m().scanning.get(), "R3: a wake-up under a scan guard");
        g.status.ready();
        self.put_last(current.p(), g);
        self.wake_p();
    }

    fn fatal(&self, message: &str) -> ! {
        self.hooks.fatal(self, message)
    }
}
