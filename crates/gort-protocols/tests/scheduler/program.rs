//! What goroutines do, by chance, and how a thread runs one.

use super::chan::Select;
use super::{Handle, M, Sched};
use crate::collector::mutate::{self, Step};
use crate::seeded::parts::{below, one_in};
use shuttle::sync::Arc;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Uses its stack.
    Compute,
    Yield,
    Syscall,
    Acquire,
    /// Inside of what the semaphore guards.
    Inside,
    Release,
    Go(Handle),
    StopTheWorld,
    Barrier,
    Scan(Handle),
    Sleep(i64),
    /// Waits for its descriptor.
    Poll,
    /// Was woken for it.
    Polled,
    Select(Select),
    /// Follows it.
    SelectDone(Select),
    /// Does something with the heap.
    Heap(Step),
    /// Waits until no cycle is under way.
    CycleEnd,
    /// Waits on its P until the other has come as often.
    Meet(Handle),
}

/// Any kinds of steps. Every run leaves out some, so that what is left comes thick (Groce et al., Swarm Testing, ISSTA 2012).
pub fn any_steps() -> Vec<usize> {
    (0..KINDS).filter(|_| one_in(2)).collect()
}

/// Programs for so many goroutines; the first starts the others, in turns with what it does itself. With `meets`,
/// two of them also wait for each other on their Ps, for which two Ps have to work at the same time.
pub fn programs(goroutines: usize, ops: usize, menu: &[usize], meets: bool) -> Vec<Vec<Op>> {
    let mut programs: Vec<Vec<Vec<Op>>> =
        (0..goroutines).map(|_| (0..ops).map(|_| step(goroutines, menu)).collect()).collect();
    for g in (2..=goroutines).rev() {
        let at = if one_in(2) { 0 } else { below(1 + ops) };
        programs[0].insert(at, vec![Op::Go(g as Handle)]);
    }
    if meets && goroutines >= 3 {
        for _ in 0..1 + below(3) {
            for (one, other) in [(2, 3), (3, 2)] {
                let program = &mut programs[one - 1];
                program.insert(below(program.len() + 1), vec![Op::Meet(other as Handle)]);
            }
        }
    }
    programs.into_iter().map(|steps| steps.concat()).collect()
}

const KINDS: usize = 8;
/// For runs with a collector only.
pub const HEAP: usize = KINDS;
pub const SYSCALL: usize = 1;
pub const SEMAPHORE: usize = 2;
pub const BARRIER: usize = 4;
pub const SLEEP: usize = 6;

pub fn step(goroutines: usize, menu: &[usize]) -> Vec<Op> {
    if menu.is_empty() {
        return vec![Op::Compute];
    }
    match menu[below(menu.len())] {
        0 => vec![Op::Yield],
        HEAP => mutate::step(),
        SYSCALL => vec![Op::Syscall],
        SEMAPHORE => vec![Op::Acquire, Op::Inside, Op::Release],
        3 => vec![Op::StopTheWorld],
        BARRIER => vec![Op::Barrier],
        5 => vec![Op::Scan(1 + below(goroutines) as Handle)],
        SLEEP => vec![Op::Sleep(1 + below(20) as i64)],
        _ => vec![Op::Poll, Op::Polled],
    }
}

impl Op {
    /// What it sends on a channel.
    pub fn sends(&self) -> Option<u64> {
        match self {
            Self::Select(select) if select.is_send => Some(select.value),
            _ => None,
        }
    }
}

impl Sched {
    /// Runs it until it leaves the thread.
    pub fn execute(self: &Arc<Self>, m: &M, handle: Handle) {
        let g = self.g(handle);
        self.log("P runs G:", m.p(), handle as usize);
        g.status.execute();
        g.p.store(m.p(), Ordering::SeqCst);
        if self.gc.is_some() && handle as usize > self.gs.len() - self.ps.len() {
            return self.run_worker(m, handle);
        }
        loop {
            let p = &self.ps[m.p()];
            g.stack.write();
            p.state.write();
            // A safepoint.
            if p.request.swap(false, Ordering::SeqCst) {
                self.answer_ragged(p);
                if g.status.stop_requested() && g.status.stop_if_requested() {
                    return;
                }
                g.status.yield_now();
                return self.put_global([handle]);
            }
            let at = g.next_op.load(Ordering::SeqCst);
            let Some(op) = g.ops.get(at) else {
                g.roots.iter().for_each(|r| r.store(0, Ordering::SeqCst));
                g.status.die();
                return self.one_less();
            };
            // Acquiring is tried again by who was woken; all else is done when it is left.
            if *op != Op::Acquire {
                g.next_op.store(at + 1, Ordering::SeqCst);
            }
            match *op {
                Op::Compute => g.stack.write(),
                Op::Yield => {
                    g.status.yield_now();
                    return self.put_last(m.p(), handle);
                }
                Op::Syscall => {
                    if !self.in_syscall(m, g, handle) {
                        return;
                    }
                }
                Op::Acquire => {
                    if !self.acquire(g, handle) {
                        return;
                    }
                    g.next_op.store(at + 1, Ordering::SeqCst);
                }
                Op::Inside => self.sema.inside.write(),
                Op::Release => self.release(m),
                Op::Go(child) => {
                    self.pass(m.p(), g, self.g(child));
                    self.g(child).status.publish();
                    self.put_next(m.p(), child);
                    self.wake_p();
                }
                Op::StopTheWorld => self.stop_and_start(m, g),
                Op::Barrier => self.ragged_barrier(m, Some(g), false),
                Op::Scan(target) => self.scan(m, g, target),
                Op::Select(select) => {
                    if !self.select(m, g, handle, select) {
                        return;
                    }
                }
                Op::SelectDone(select) => {
                    if !self.select_done(m, g, handle, select) {
                        g.next_op.store(at - 1, Ordering::SeqCst);
                    }
                }
                Op::Heap(step) => {
                    if !self.heap_step(m, g, handle, step) {
                        return;
                    }
                }
                Op::CycleEnd => {
                    if self.gc().is_marking() {
                        g.next_op.store(at, Ordering::SeqCst);
                        g.status.yield_now();
                        self.put_global([handle]);
                        return thread::yield_now();
                    }
                }
                Op::Sleep(time) => return self.sleep(m, g, handle, time),
                Op::Poll => {
                    if !self.wait_for_descriptor(g, handle) {
                        return;
                    }
                    // Taken already.
                    g.next_op.store(at + 2, Ordering::SeqCst);
                }
                Op::Polled => self.take_event(g),
                Op::Meet(other) => {
                    if g.waits_for.swap(other, Ordering::SeqCst) == 0 {
                        g.meetings.fetch_add(1, Ordering::SeqCst);
                    }
                    if self.g(other).meetings.load(Ordering::SeqCst) < g.meetings.load(Ordering::SeqCst) {
                        g.next_op.store(at, Ordering::SeqCst);
                        thread::yield_now();
                    } else {
                        g.waits_for.store(0, Ordering::SeqCst);
                    }
                }
            }
        }
    }
}
