//! What goroutines do with the heap: the barrier, allocation, assists (`mutator/`).

use super::mark::Until;
use super::{SLOTS, own};
use crate::scheduler::program::Op;
use crate::scheduler::{G, Handle, M, Sched, Weak};
use crate::seeded::parts::below;
use gort_protocols::g_status::Pin;
use gort_protocols::mark_byte;
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;

/// What is remembered before it is shaded.
const REMEMBERED: usize = 16;
/// What an allocation costs while marking.
const DEBT: i64 = 3;

/// A step; slots are those of the goroutine's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Allocate {
        to: usize,
    },
    Load {
        from: usize,
        field: usize,
        to: usize,
    },
    Store {
        value: usize,
        into: usize,
        field: usize,
    },
    LoadGlobal {
        global: usize,
        to: usize,
    },
    StoreGlobal {
        value: usize,
        global: usize,
    },
    Forget {
        slot: usize,
    },
    /// Goes down a list and takes what is there out of the heap.
    Take {
        global: usize,
        depth: usize,
        to: usize,
    },
    /// Starts a cycle.
    Collect,
}

/// A step by chance: mostly moves of what is there.
pub fn step() -> Vec<Op> {
    let (slot, other, field, global) = (below(SLOTS), below(SLOTS), below(2), below(2));
    vec![match below(22) {
        18..=21 => Op::Heap(Step::Take { global, depth: below(4), to: slot }),
        0..=2 | 16 | 17 => Op::Heap(Step::Allocate { to: slot }),
        3..=5 => Op::Heap(Step::Load { from: slot, field, to: other }),
        6..=8 => Op::Heap(Step::Store { value: slot, into: other, field }),
        9 => Op::Heap(Step::LoadGlobal { global, to: slot }),
        10 | 11 => Op::Heap(Step::StoreGlobal { value: slot, global }),
        12 | 13 => Op::Heap(Step::Forget { slot }),
        14 => Op::Heap(Step::Collect),
        _ => Op::CycleEnd,
    }]
}

impl Sched {
    /// Before `new` is stored where `old` is.
    fn barrier(&self, p: usize, old: usize, new: usize) {
        let gc = self.gc();
        if !gc.is_marking() {
            return;
        }
        let full = {
            let mut remembered = own(&gc.mutators[p].barrier);
            if self.weak != Weak::NoOldValue {
                remembered.push(old);
            }
            if self.weak != Weak::NoNewValue {
                remembered.push(new);
            }
            remembered.len() >= REMEMBERED
        };
        if full {
            self.flush_barrier(p);
        }
    }

    fn write(&self, p: usize, place: &AtomicUsize, new: usize) {
        self.barrier(p, place.load(Ordering::SeqCst), new);
        place.store(new, Ordering::SeqCst);
    }

    /// The argument of a new goroutine, which its maker forgets.
    pub fn pass(&self, p: usize, from: &G, to: &G) {
        if self.gc.is_none() {
            return;
        }
        let value = from.roots[0].load(Ordering::SeqCst);
        if self.weak != Weak::BornUnseen {
            self.barrier(p, 0, value);
        }
        to.roots[0].store(value, Ordering::SeqCst);
        from.roots[0].store(0, Ordering::SeqCst);
    }

    /// False: the goroutine waits.
    pub fn heap_step(self: &Arc<Self>, m: &M, g: &G, handle: Handle, step: Step) -> bool {
        let (gc, p) = (self.gc(), m.p());
        let root = |slot: usize| g.roots[slot].load(Ordering::SeqCst);
        let set = |slot: usize, object: usize| {
            if object != 0 {
                gc.heap.of(object);
            }
            g.roots[slot].store(object, Ordering::SeqCst);
        };
        match step {
            Step::Allocate { to } => {
                self.pay_debt(m, g);
                let black = gc.is_marking() && self.weak != Weak::BornWhite;
                let mark = if black { mark_byte::MARKED } else { mark_byte::WHITE };
                let object = gc.heap.allocate(mark, self.weak != Weak::UnclaimedSweep);
                if object != 0 {
                    // Lists grow, so that there is something to mark.
                    self.write(m.p(), &gc.heap.of(object).fields[0], root(to));
                    set(to, object);
                }
                if gc.is_marking() {
                    // The P may be another one only after a safepoint: there is none in here.
                    gc.mutators[m.p()].assist_credit.fetch_sub(DEBT, Ordering::SeqCst);
                }
                if object == 0 {
                    self.start_cycle(m, handle);
                }
                return !self.settle_debt(m, g, handle);
            }
            Step::Load { from, field, to } => {
                if root(from) != 0 {
                    let object = gc.heap.of(root(from)).fields[field].load(Ordering::SeqCst);
                    if object != 0 {
                        set(to, object);
                    }
                }
            }
            Step::Store { value, into, field } => {
                if root(into) != 0 {
                    self.write(p, &gc.heap.of(root(into)).fields[field], root(value));
                }
            }
            Step::LoadGlobal { global, to } => set(to, gc.heap.globals[global].load(Ordering::SeqCst)),
            Step::StoreGlobal { value, global } => self.write(p, &gc.heap.globals[global], root(value)),
            Step::Take { global, depth, to } => {
                let mut place = &gc.heap.globals[global];
                for _ in 0..=depth {
                    match place.load(Ordering::SeqCst) {
                        0 => break,
                        object => place = &gc.heap.of(object).fields[0],
                    }
                }
                let object = place.load(Ordering::SeqCst);
                if object != 0 {
                    set(to, object);
                    self.write(p, place, 0);
                }
            }
            Step::Forget { slot } => set(slot, 0),
            Step::Collect => self.start_cycle(m, handle),
        }
        true
    }

    // Assists.

    fn pay_debt(self: &Arc<Self>, m: &M, g: &G) {
        let gc = self.gc();
        let credit = &gc.mutators[m.p()].assist_credit;
        let debt = -credit.load(Ordering::SeqCst);
        if debt <= 0 || !gc.is_marking() {
            return;
        }
        let stolen = gc.credit.take(debt as u64) as i64;
        credit.store(stolen - debt, Ordering::SeqCst);
        if stolen >= debt {
            return;
        }
        let off = g.status.leave_stack();
        let done = self.drain(m, &off.witness(), Until::Work((debt - stolen) as u64));
        credit.fetch_add(done as i64, Ordering::SeqCst);
        self.finish_marking_if_last(m);
        off.return_to_running();
        let poor = credit.load(Ordering::SeqCst) < 0;
        if poor && gc.is_marking() && gc.full.is_empty() && !gc.jobs_waiting() {
            gc.mutators[m.p()].owes.store(true, Ordering::SeqCst);
        }
    }

    /// True: it waits until others have marked for it.
    fn settle_debt(self: &Arc<Self>, m: &M, g: &G, handle: Handle) -> bool {
        let gc = self.gc();
        let mutator = &gc.mutators[m.p()];
        if !mutator.owes.swap(false, Ordering::SeqCst) {
            return false;
        }
        let debt = -mutator.assist_credit.load(Ordering::SeqCst);
        if debt <= 0 {
            return false;
        }
        let mut waiters = gc.waiters.lock().unwrap();
        if !gc.is_marking() {
            return false;
        }
        mutator.assist_credit.store(0, Ordering::SeqCst);
        g.status.park(Pin::Free);
        waiters.push_back((handle, debt as u64));
        if gc.credit.join() {
            self.pay(m, &mut waiters);
        }
        true
    }

    /// Pays the waiters in their order.
    pub fn pay(self: &Arc<Self>, m: &M, waiters: &mut VecDeque<(Handle, u64)>) {
        let gc = self.gc();
        while let Some((handle, debt)) = waiters.pop_front() {
            let debt = debt - gc.credit.take(debt);
            if debt > 0 {
                return waiters.push_back((handle, debt));
            }
            gc.credit.leave(1);
            self.ready(m.p(), handle);
        }
    }
}
