//! Program counters: what package runtime's symtab.go asks.

use super::Pair;
use super::panics::frame_link;
use crate::code::thunks::Place;
use crate::shared::Shared;
use crate::traceback;
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::module::FuncFlags;
use gort_gc::host::{Host, StopReason};
use gort_heap::mem_profile;
use gort_protocols::g_status::GState;
use gort_sched::{Current, GRef, Sched};
use gort_stack::func_table::{Call, FuncTable};
use gort_stack::walk::FrameCursor;

/// A call that was inlined has no return address of its own: it is named by that of the frame it is in, with
/// its depth there (0: the innermost) from this bit on. Pc 0 is in no code, so what Go code adds to or takes from
/// such an address does not reach the depth.
const DEPTH_SHIFT: u32 = 56;

fn split(pc: Pc) -> (Pc, usize) {
    (Pc(pc.0 & ((1 << DEPTH_SHIFT) - 1)), pc.0 >> DEPTH_SHIFT)
}

/// The call at an address, or, for a return address, the one that returns there: few who ask take 1 off.
fn call_at(table: &FuncTable, pc: Pc) -> Option<Call<'_>> {
    let (pc, depth) = split(pc);
    let returns = table.find_return(pc).is_some_and(|info| info.stack_map(pc).is_some());
    table.calls(if returns { pc.sub(1) } else { pc }).nth(depth)
}

/// Return addresses into the callers of the function at `fp`.
pub(super) extern "C" fn callers(fp: Sp, skip: usize, to: *mut usize, n: usize) -> usize {
    let cur = Current::get();
    let table = cur.sched().funcs();
    // SAFETY: INV-CALL-1: frames of the caller's chain.
    let calls = unsafe { calls_above(table, fp) };
    let mut stored = 0;
    for (_, pc) in calls.skip(skip).take(n) {
        // SAFETY: INV-CALL-1: room for n words.
        let slot = unsafe { to.add(stored) };
        // SAFETY: as above.
        unsafe { slot.write(pc) };
        stored += 1;
    }
    stored
}

/// The calls in progress above the function at `fp`, innermost first, as [`named_calls`] has them.
///
/// # Safety
/// A frame of the stopped current goroutine (INV-STACK-1), which stands still while the iterator is used.
pub(super) unsafe fn calls_above(table: &FuncTable, fp: Sp) -> impl Iterator<Item = (&str, usize)> {
    let mut fp = fp;
    let returns = std::iter::from_fn(move || {
        if fp.is_null() {
            return None;
        }
        // SAFETY: the caller's contract.
        let (caller, pc) = unsafe { frame_link(fp) };
        fp = caller;
        Some(pc)
    });
    returns.flat_map(|pc| named_calls(table, pc.sub(1)))
}

pub(super) extern "C" fn pc_name(pc: Pc) -> Pair {
    let cur = Current::get();
    Pair::text(call_at(cur.sched().funcs(), pc).map_or("", |call| call.name))
}

pub(super) extern "C" fn pc_file(pc: Pc) -> Pair {
    let cur = Current::get();
    Pair::text(call_at(cur.sched().funcs(), pc).map_or("", |call| call.position.file))
}

pub(super) extern "C" fn pc_line(pc: Pc) -> u64 {
    let cur = Current::get();
    call_at(cur.sched().funcs(), pc).map_or(0, |call| u64::from(call.position.line))
}

/// Of an inlined call, the entry of the function it is in.
pub(super) extern "C" fn pc_entry(pc: Pc) -> Pc {
    let cur = Current::get();
    let table = cur.sched().funcs();
    let (pc, _) = split(pc);
    let native = || table.native(pc).map(|(_, start)| start);
    table.find(pc).map(|info| info.entry()).or_else(native).unwrap_or(Pc::NULL)
}

/// Is the call one that was inlined?
pub(super) extern "C" fn pc_inlined(pc: Pc) -> u64 {
    let cur = Current::get();
    u64::from(call_at(cur.sched().funcs(), pc).is_some_and(|call| call.inlined))
}

/// `runtime.Stack`: the goroutine's traceback from the caller of the function at `fp` on, and with `all` the
/// others'. Returns how many bytes there are in `to`.
pub(super) extern "C" fn stack_trace(fp: Sp, to: *mut u8, n: usize, all: u64) -> usize {
    let cur = Current::get();
    let level = Shared::of(&cur).traceback();
    cur.save_context();
    let stopped = (all & 1 != 0).then(|| cur.sched().stop_world(StopReason::StackTrace));
    // SAFETY: it is the current goroutine of this thread, stopped in this runtime function.
    let mut text = unsafe { traceback::goroutine_from(cur.sched(), cur.g(), "running", level, Some(fp)) };
    if let Some(stopped) = stopped {
        // SAFETY: the world is stopped.
        text.push_str(&unsafe { traceback::others(cur.sched(), Some(cur.g()), level) });
        cur.sched().start_world(stopped);
    }
    let len = text.len().min(n);
    // SAFETY: INV-CALL-1: room for n bytes.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), to, len) };
    len
}

/// Line of the `func` keyword.
pub(super) extern "C" fn pc_start_line(pc: Pc) -> u64 {
    let cur = Current::get();
    cur.sched().funcs().find(split(pc).0).map_or(0, |info| u64::from(info.func.start_line))
}

/// The calls at `pc` as the profiles name them, innermost first: addresses from which their reader takes 1 off.
pub(crate) fn split_calls(table: &FuncTable, pc: Pc) -> impl Iterator<Item = usize> {
    named_calls(table, pc).map(|(_, pc)| pc)
}

/// As [`split_calls`], with the functions' names.
pub(super) fn named_calls(table: &FuncTable, pc: Pc) -> impl Iterator<Item = (&str, usize)> {
    let shown = table.calls(pc).enumerate().filter(|(_, call)| !call.flags.contains(FuncFlags::WRAPPER));
    shown.map(move |(depth, call)| (call.name, (pc.0 + 1) | depth << DEPTH_SHIFT))
}

/// The stacks of the program's goroutines, or of those that have leaked, `depth` addresses each, and their labels, if they
/// are at most `n`. Returns how many there are.
pub(super) extern "C" fn goroutine_stacks(
    to: *mut usize,
    n: usize,
    depth: usize,
    labels: *mut usize,
    leaked: u64,
) -> usize {
    let cur = Current::get();
    cur.save_context();
    let modules = &Shared::of(&cur).modules;
    let ends = [Place::GoPark, Place::GoExit].map(|place| modules.place(place).0);
    let stopped = cur.sched().stop_world(StopReason::StackTrace);
    let mut found = 0;
    cur.sched().each_g(|g| {
        if g.is_hidden() || traceback::is_gone(g) || leaked & 1 != 0 && !g.is_leaked() {
            return;
        }
        if found < n {
            // SAFETY: INV-CALL-1: room for n times depth words.
            let at = unsafe { to.add(found * depth) };
            // SAFETY: as above.
            let record = unsafe { std::slice::from_raw_parts_mut(at, depth) };
            // SAFETY: the world is stopped.
            unsafe { fill_stack(cur.sched(), g, ends, record) };
            // SAFETY: INV-CALL-1: room for n labels.
            let slot = unsafe { labels.add(found) };
            // SAFETY: the world is stopped.
            let value = unsafe { (*g.prefix()).labels };
            if cur.collector().barrier_on() {
                // SAFETY: a pointer word in the caller's array, about to be written.
                unsafe {
                    cur.collector().write_barrier(cur.mutator(), Addr(slot as usize), Addr(value));
                }
            }
            // SAFETY: as above.
            unsafe { slot.write(value) };
        }
        found += 1;
    });
    cur.sched().start_world(stopped);
    found
}

/// The stack of a goroutine, ended by 0 if shorter. The newest calls are those of `runtime.gopark` if it waits, and of the runtime
/// function that it is in; the oldest is that of `runtime.goexit`.
///
/// # Safety
/// The goroutine stands still, its saved context is current.
unsafe fn fill_stack(sched: &Sched, g: GRef, [park, exit]: [usize; 2], record: &mut [usize]) {
    let funcs = sched.funcs();
    let waits = g.status.view().state == GState::Waiting;
    // SAFETY: the caller's contract.
    let mut frames = unsafe { FrameCursor::new(g.stack_view(), funcs) }.peekable();
    let native = frames.peek().and_then(|frame| funcs.native_called(frame.pc));
    let calls = frames.flat_map(|frame| split_calls(funcs, frame.line_pc()));
    let stack = waits.then_some(park).into_iter().chain(native.map(|at| at.add(1).0)).chain(calls);
    let ended = stack.chain([exit]).chain(std::iter::repeat(0));
    record.iter_mut().zip(ended).for_each(|(slot, pc)| *slot = pc);
}

/// The variable is one of package runtime's.
pub(super) extern "C" fn start_mem_profile(rate: *const i64) {
    let cur = Current::get();
    // As in Go, only a program that can ask for the profile pays for it.
    if Shared::of(&cur).modules.export("runtime.memRecords").is_some() {
        // SAFETY: INV-CALL-1: a word of the program's variables, which outlive the heap's use.
        unsafe { cur.collector().profile().start(rate as usize) };
    }
}

/// Words of a record before its stack.
const RECORD_HEAD: usize = 3;

pub(super) extern "C" fn read_mem_profile(to: *mut usize, n: usize, depth: usize, all: u64) -> usize {
    let cur = Current::get();
    let funcs = cur.sched().funcs();
    let exit = Shared::of(&cur).modules.place(Place::GoExit).0;
    let mut found = 0;
    cur.collector().profile().each(all & 1 != 0, |size, counts, stack| {
        found += 1;
        if found > n {
            return;
        }
        let words = RECORD_HEAD + depth;
        // SAFETY: INV-CALL-1: room for n records.
        let at = unsafe { to.add((found - 1) * words) };
        // SAFETY: as above.
        let record = unsafe { std::slice::from_raw_parts_mut(at, words) };
        record.fill(0);
        record[..RECORD_HEAD].copy_from_slice(&[counts.allocs as usize, counts.frees as usize, size]);
        let native = stack.first().and_then(|pc| funcs.native_called(Pc(*pc)));
        let calls = stack.iter().flat_map(|pc| split_calls(funcs, Pc(*pc - 1)));
        let whole = !stack.is_empty() && stack.len() < mem_profile::DEPTH;
        let calls = native.map(|at| at.add(1).0).into_iter().chain(calls).chain(whole.then_some(exit));
        record[RECORD_HEAD..].iter_mut().zip(calls).for_each(|(slot, pc)| *slot = pc);
    });
    found
}
