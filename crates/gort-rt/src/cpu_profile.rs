//! The CPU profile: stacks sampled by a signal, kept until the program fetches them.
//!
//! The signal interrupts a thread anywhere. In Go code the interrupted function's frame may not exist yet or any more; the
//! instruction tells. In a runtime function the thunk left the goroutine's frame pointer in [`PContext`], and the call of the
//! thunk tells which function: it is the newest of the stack, called by `runtime.systemstack`. What belongs to no
//! goroutine of the program is counted for `runtime._System` or `runtime._GC`.
//!
//! INV-PROF-1 (short lock): the buffer is behind a spin lock; who takes it outside the signal handler blocks the signal, so
//! that a handler never waits for its own thread.
//!
//! INV-PROF-2 (reads of stacks): the walk follows words between the bounds of the goroutine's stack only, whose memory stays
//! readable while the runtime lives; what is found there counts only if it is a return address into a loaded function.
//!
//! Go counterpart: `runtime/cpuprof.go`, `runtime/proc.go` (sigprof).

use crate::calls::split_calls;
use crate::code::thunks::Place;
use crate::shared::Shared;
use gort_abi::addr::{Pc, Sp};
use gort_abi::layout::PContext;
use gort_sched::{Current, GRef};
use gort_stack::arch::in_short_form;
use gort_stack::func_table::FuncTable;
use gort_sys::signal::{self, profile::Interrupted};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Words of the buffer.
const WORDS: usize = 1 << 16;
/// Calls of a sample at most.
const DEPTH: usize = 128;
/// Words of a record before its stack: length of the record, time, count, labels.
const HEAD: usize = 4;

/// Samples that wait to be fetched.
#[derive(Debug, Default)]
pub struct CpuProfile {
    on: AtomicBool,
    locked: AtomicBool,
    words: OnceLock<Box<[AtomicU64]>>,
    used: AtomicUsize,
    /// Samples for which there was no room.
    lost: AtomicU64,
}

impl CpuProfile {
    /// Starts sampling.
    pub fn start(&self, hz: u32) -> bool {
        self.words.get_or_init(|| (0..WORDS).map(|_| AtomicU64::new(0)).collect());
        self.on.store(true, Ordering::SeqCst);
        signal::profile::start(hz, sample).is_ok()
    }

    /// Stops it. When it returns no handler adds samples any more.
    pub fn stop(&self) {
        signal::profile::stop();
        self.with_lock(|| self.on.store(false, Ordering::SeqCst));
    }

    fn lock(&self) {
        // Acquire: pairs with the Release in `unlock`. Relaxed: it tries again.
        while self.locked.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            std::hint::spin_loop();
        }
    }

    fn unlock(&self) {
        // Release: pairs with the Acquire in `lock`.
        self.locked.store(false, Ordering::Release);
    }

    /// Outside the handler: INV-PROF-1.
    fn with_lock<R>(&self, f: impl FnOnce() -> R) -> R {
        let mask = signal::block_all();
        self.lock();
        let result = f();
        self.unlock();
        signal::set_mask(mask);
        result
    }

    fn add(&self, labels: usize, stack: &[usize]) {
        self.lock();
        let taken = self.on.load(Ordering::SeqCst);
        if taken && !self.push(1, labels, stack) {
            // Relaxed: under the lock.
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        self.unlock();
    }

    /// The lock is held.
    fn push(&self, count: u64, labels: usize, stack: &[usize]) -> bool {
        let Some(words) = self.words.get() else { return false };
        // Relaxed (all): under the lock.
        let used = self.used.load(Ordering::Relaxed);
        let len = HEAD + stack.len();
        let Some(room) = words.get(used..used + len) else { return false };
        let now = gort_sys::clock::nanotime() as u64;
        let head = [len as u64, now, count, labels as u64];
        let record = head.into_iter().chain(stack.iter().map(|pc| *pc as u64));
        for (slot, word) in room.iter().zip(record) {
            // Relaxed: under the lock.
            slot.store(word, Ordering::Relaxed);
        }
        // Relaxed: under the lock.
        self.used.store(used + len, Ordering::Relaxed);
        true
    }

    /// Moves what is there to `to`, which has room for [`WORDS`] words; returns how many words came. A record that tells
    /// how many samples were lost has count 0 and that number as its stack.
    pub fn fetch(&self, to: &mut [u64]) -> usize {
        self.with_lock(|| {
            // Relaxed: under the lock.
            let lost = self.lost.load(Ordering::Relaxed);
            if lost > 0 && self.push(0, 0, &[lost as usize]) {
                // Relaxed: under the lock.
                self.lost.store(0, Ordering::Relaxed);
            }
            // Relaxed: under the lock.
            let used = self.used.swap(0, Ordering::Relaxed);
            for (slot, word) in to.iter_mut().zip(self.words.get().into_iter().flatten()).take(used) {
                // Relaxed: under the lock.
                *slot = word.load(Ordering::Relaxed);
            }
            used.min(to.len())
        })
    }
}

/// The signal handler's part.
fn sample(at: &Interrupted) {
    let Some(cur) = gort_sched::current() else { return };
    // Without a P it has left Go code, and there is nothing to find the runtime by.
    if cur.m().try_p().is_none() {
        return;
    }
    let Shared { cpu_profile: profile, modules, .. } = Shared::of(&cur);
    let mut stack = Stack { pcs: [0; DEPTH], len: 0 };
    let mut labels = 0;
    if let Some(g) = cur.try_g().filter(|g| !g.is_native()) {
        walk(&cur, g, at, modules.place(Place::SystemStack), &mut stack);
        // SAFETY: this thread runs the goroutine.
        labels = unsafe { (*g.prefix()).labels };
    }
    if stack.len == 0 {
        let gc = cur.try_g().is_some_and(|g| g.is_native() && g.name().contains("gc"));
        stack.push(modules.place(if gc { Place::Gc } else { Place::System }).0);
    }
    profile.add(labels, &stack.pcs[..stack.len]);
}

struct Stack {
    pcs: [usize; DEPTH],
    len: usize,
}

impl Stack {
    /// Adds a return address, or what stands for one; false if there is no room.
    fn push(&mut self, pc: usize) -> bool {
        let Some(slot) = self.pcs.get_mut(self.len) else { return false };
        *slot = pc;
        self.len += 1;
        true
    }

    /// Adds the calls at `pc`, innermost first; false if there is no room.
    fn add(&mut self, table: &FuncTable, pc: Pc) -> bool {
        split_calls(table, pc).all(|name| self.push(name))
    }
}

/// The calls in progress of the goroutine that this thread runs.
fn walk(cur: &Current<'_>, g: GRef, at: &Interrupted, system_stack: Pc, stack: &mut Stack) {
    let table = cur.sched().funcs();
    let bounds = g.stack_bounds();
    let word = |at: Sp| {
        let inside = at >= bounds.lo && at.0 < bounds.hi.0 && at.0.is_multiple_of(8);
        // SAFETY: INV-PROF-2.
        inside.then(|| unsafe { (at.0 as *const usize).read() })
    };
    let on_its_stack = at.sp >= bounds.lo && at.sp <= bounds.hi;
    let mut link = if on_its_stack && at.context_register == cur.context() as usize {
        stack.add(table, at.pc);
        match without_frame(table, at.pc) {
            Some(return_at) => {
                if let Some(pc) = word(at.sp.add(return_at)) {
                    stack.add(table, Pc(pc).sub(1));
                }
                at.fp
            }
            None => at.fp,
        }
    } else {
        let thunk = saved_frame(cur.context());
        let back = word(thunk.add(8)).map_or(Pc::NULL, Pc);
        if let Some(native) = table.native_called(back) {
            stack.push(native.add(1).0);
            stack.push(system_stack.0);
        }
        // A function that asks for more stack has no frame yet.
        if table.find_return(back).is_some_and(|info| info.is_at_entry(back)) {
            stack.add(table, back);
            if let (Some(fp), Some(caller)) = (word(thunk), word(thunk.add(16))) {
                stack.add(table, Pc(caller).sub(1));
                Sp(fp)
            } else {
                Sp::NULL
            }
        } else {
            thunk
        }
    };
    while let (Some(caller), Some(pc)) = (word(link), word(link.add(8))) {
        if !stack.add(table, Pc(pc).sub(1)) {
            return;
        }
        if caller <= link.0 {
            return;
        }
        link = Sp(caller);
    }
}

/// Where a runtime function left the frame pointer of its thunk.
fn saved_frame(context: *mut PContext) -> Sp {
    // SAFETY: contexts live as long as the scheduler; the word is only a hint (INV-PROF-2).
    let at = unsafe { &raw const (*context).saved_fp };
    // SAFETY: as above.
    Sp(unsafe { at.read_volatile() })
}

/// If the function at `pc`, one of Go code or a short form, has no frame there, the distance of its return address from the stack pointer.
fn without_frame(table: &FuncTable, pc: Pc) -> Option<usize> {
    const PUSH_RBP: u8 = 0x55;
    const RET: u8 = 0xC3;
    let info = table.find(pc);
    // INV-SHORT-1.
    if info.is_some_and(|info| info.is_at_entry(pc)) || in_short_form(pc) {
        return Some(0);
    }
    // SAFETY: the instruction that this thread is about to execute, with what follows it in its mapped page or the next
    // one, of which there is one: code is followed by more code or padding.
    let code = unsafe { (pc.0 as *const [u8; 3]).read() };
    match code {
        [PUSH_RBP, ..] | [RET, ..] => Some(0),
        // mov rbp, rsp
        [0x48, 0x89, 0xE5] => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_as_they_went_in() {
        let profile = CpuProfile::default();
        let mut to = vec![0; WORDS];
        profile.words.get_or_init(|| (0..WORDS).map(|_| AtomicU64::new(0)).collect());
        profile.on.store(true, Ordering::SeqCst);
        profile.add(7, &[10, 20]);
        assert_eq!(profile.fetch(&mut to), 6);
        assert_eq!((to[0], &to[2..6]), (6, &[1, 7, 10, 20][..]));
        assert_eq!(profile.fetch(&mut to), 0);
        for _ in 0..WORDS / 5 + 3 {
            profile.add(0, &[1]);
        }
        profile.fetch(&mut to);
        profile.fetch(&mut to);
        assert_eq!((to[0], to[2], to[4]), (5, 0, 3), "a record of what was lost");
    }
}
