//! Calls by `reflect`: arguments from a memory frame to where compiled code wants them, results back, and the same the
//! other way round for functions that `reflect.MakeFunc` made ([`crate::iface::call_layout`], `frame_call.rs` of gort-stack).
//!
//! That registers and memory are those that compiled code takes rests on INV-CALLAY-1.
//!
//! INV-FRAMES-1 (thunk's frame): `fp` names the frame of a FrameCall or MakeFunc thunk of the current goroutine, whose block
//! and area are ours to fill (INV-FRAME-1).
//! INV-FRAMES-2 (no stale words): when the call is made, every word of block and area was written for it. The collector takes
//! each for a root: what an earlier call left there may be an object that was free to go when marking began.

use super::Pair;
use crate::fatal;
use crate::iface::call_layout::{CallLayout, Class, FLOAT_REGISTERS, INT_REGISTERS, Place, Places, Receiver};
use crate::iface::type_info::TypeInfo;
use crate::iface::typed_method::TypedMethod;
use crate::shared::Shared;
use gort_abi::addr::{Addr, Sp};
use gort_abi::layout::STACK_GUARD;
use gort_abi::type_desc::Kind;
use gort_sched::Current;
use gort_stack::arch::{BLOCK, Registers};
use gort_stack::grow::grow_current;
use std::ptr;
use std::sync::atomic::Ordering;

fn read<T: Copy>(at: usize) -> T {
    // SAFETY: INV-CALL-1 and INV-FRAMES-1: callers pass places of the call's frames and of descriptors.
    unsafe { (at as *const T).read_unaligned() }
}

fn write<T>(at: usize, value: T) {
    // SAFETY: INV-FRAMES-1: a place in the thunk's block or area, or of results.
    unsafe { (at as *mut T).write_unaligned(value) };
}

fn copy(to: usize, from: usize, n: usize) {
    // SAFETY: as `read` and `write`; the areas do not overlap.
    unsafe { ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, n) };
}

fn load(class: Class, at: usize) -> u64 {
    match class {
        Class::Pointer => read::<u64>(at),
        Class::Int(size) | Class::Float(size) => match size {
            1 => u64::from(read::<u8>(at)),
            2 => u64::from(read::<u16>(at)),
            4 => u64::from(read::<u32>(at)),
            _ => read::<u64>(at),
        },
    }
}

fn store(class: Class, at: usize, value: u64) {
    match class {
        Class::Pointer => write(at, value),
        Class::Int(size) | Class::Float(size) => match size {
            1 => write(at, value as u8),
            2 => write(at, value as u16),
            4 => write(at, value as u32),
            _ => write(at, value),
        },
    }
}

/// Bytes below the block: stack arguments first.
fn area_bytes(layout: &CallLayout) -> (usize, usize) {
    ((layout.stack_words * 8).next_multiple_of(16), layout.memory.next_multiple_of(16))
}

fn receiver_word(flag: u64) -> Receiver {
    if flag & 1 != 0 { Receiver::Word } else { Receiver::None }
}

pub(super) extern "C" fn frame_call_layout(frame: Addr, ftyp: Addr, receiver: u64) -> Pair {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    let layouts = &shared.call_layouts;
    let layout = if ftyp.is_null() {
        let Some(layout) = layouts.of_frame(frame) else { return Pair(0, 0) };
        layout
    } else {
        if !frame.is_null() {
            layouts.learn_frame(&shared.modules, frame, ftyp, receiver_word(receiver));
        }
        shared.call_layout(ftyp, receiver_word(receiver))
    };
    let (stack, memory) = area_bytes(layout);
    let area = stack + memory;
    let area = if has_room(&cur, area + BLOCK) { area } else { !area };
    Pair(ptr::from_ref(layout) as u64, area as u64)
}

/// Makes room for `n` bytes, and what a thunk takes, below the caller's frame.
pub(super) extern "C" fn ensure_stack(n: usize) {
    let cur = Current::get();
    ensure(&cur, n + BLOCK);
}

/// Is there room for `n` bytes, and for what is called then?
fn has_room(cur: &Current<'_>, n: usize) -> bool {
    let prefix = cur.g().prefix();
    // SAFETY: the current goroutine's descriptor.
    let lo = unsafe { (*prefix).stack_lo };
    // SAFETY: the context of this thread's P.
    let sp = unsafe { (*cur.context()).saved_sp };
    sp - lo >= n + 2 * STACK_GUARD
}

fn ensure(cur: &Current<'_>, n: usize) {
    if has_room(cur, n) {
        return;
    }
    super::goroutines::grow(cur, |ctx, g, stacks, movable| {
        // SAFETY: the contract of `grow`.
        unsafe { grow_current(ctx, g, stacks, n + STACK_GUARD, movable) }
    });
}

/// The block of the frame, copied.
fn block(fp: Sp) -> Registers {
    // SAFETY: INV-FRAMES-1.
    unsafe { Registers::at(fp).read() }
}

fn set_block(fp: Sp, block: Registers) {
    // SAFETY: INV-FRAMES-1.
    unsafe { Registers::at(fp).write(block) };
}

/// Words of the FrameCall thunk's block.
const FIRST: usize = 0;
const LAYOUT: usize = 1;
const FRAME: usize = 2;

/// The steps of `framecall`: 0 before the call, 1 behind it.
pub(super) extern "C" fn frame_call(fp: Sp, what: usize) {
    // SAFETY: INV-FRAMES-1: nobody else looks at the block before we return.
    let block = unsafe { &mut *Registers::at(fp) };
    // SAFETY: a layout of `frame_call_layout`: they live as long as the runtime.
    let layout = unsafe { &*(block.words[LAYOUT] as *const CallLayout) };
    match what {
        0 => arguments_to_registers(fp, block, layout),
        _ => results_to_frame(&Current::get(), fp, block, layout),
    }
}

/// Where the results of a call lie that returns them in memory: at the start of what is behind the stack arguments.
fn memory_of(fp: Sp, block: &Registers, layout: &CallLayout) -> usize {
    fp.0 - BLOCK - block.area + area_bytes(layout).0
}

fn arguments_to_registers(fp: Sp, block: &mut Registers, layout: &CallLayout) {
    let frame = block.words[FRAME];
    let area = fp.0 - BLOCK - block.area;
    let memory = memory_of(fp, block, layout);
    if block.area != 0 {
        // SAFETY: INV-FRAMES-1: the area.
        unsafe { ptr::write_bytes(area as *mut u8, 0, block.area) };
    }
    // INV-FRAMES-2
    (block.ints, block.floats, block.popped) = ([0; INT_REGISTERS], [0; FLOAT_REGISTERS], 0);
    let mut places = Places::default();
    let put = |block: &mut Registers, place: Place, value: u64| match place {
        Place::Int(n) => block.ints[n] = value,
        Place::Float(n) => block.floats[n] = value,
        Place::Stack(n) => write(area + 8 * n, value),
    };
    let first = if layout.receiver { read::<u64>(frame) } else { block.words[FIRST] as u64 };
    put(block, places.int(), first);
    let mut used = 0;
    if layout.results_in_memory {
        put(block, places.int(), memory as u64);
        used = layout.size - layout.results_at;
    }
    for p in &layout.params {
        let at = frame + p.offset;
        match &p.scalars {
            Some(all) => {
                for s in all.as_slice() {
                    put(block, places.next(s.class), load(s.class, at + s.offset));
                }
            }
            None => {
                used = used.next_multiple_of(16);
                copy(memory + used, at, p.size);
                put(block, places.int(), (memory + used) as u64);
                used += p.size;
            }
        }
    }
}

fn results_to_frame(cur: &Current<'_>, fp: Sp, block: &Registers, layout: &CallLayout) {
    let frame = block.words[FRAME];
    let memory = memory_of(fp, block, layout);
    let (mut ints, mut floats) = (block.ints.iter(), block.floats.iter());
    for r in &layout.results {
        let at = frame + r.offset;
        let Some(all) = r.scalars.as_ref().filter(|_| !layout.results_in_memory) else {
            let from = Addr(memory + r.offset - layout.results_at);
            // SAFETY: a value of the type, in the thunk's frame; the frame's place for it.
            unsafe { cur.collector().typed_copy(cur.mutator(), r.typ, Addr(at), from, 1) };
            continue;
        };
        for s in all.as_slice() {
            let value = match s.class {
                Class::Float(_) => floats.next(),
                _ => ints.next(),
            };
            let (value, at) = (value.copied().unwrap_or(0), at + s.offset);
            if s.class == Class::Pointer && cur.collector().barrier_on() {
                // SAFETY: a pointer word of the frame, about to be written.
                unsafe { cur.collector().write_barrier(cur.mutator(), Addr(at), Addr(value as usize)) };
            }
            store(s.class, at, value);
        }
    }
}

/// The code of `reflect.callReflect` and `reflect.callMethod`, as func values.
pub(super) extern "C" fn set_make_func(call_reflect: Addr, call_method: Addr) {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    // Relaxed: set by the initialisation of reflect, before anything that needs them.
    shared.make_func[0].store(call_reflect.0, Ordering::Relaxed);
    shared.make_func[1].store(call_method.0, Ordering::Relaxed);
}

/// The code of a func value of `reflect.MakeFunc`: its closure is `{code, stack map, argument bytes, padding, type, fn}`.
pub(super) extern "C" fn make_func_stub(fp: Sp, what: usize) {
    const FUNC_TYPE: usize = 32;
    from_registers(fp, what, 0, |_, closure| Addr(read::<usize>(closure + FUNC_TYPE)));
}

/// The code of a func value that reflect made of a method: `{code, stack map, argument bytes, padding, method, receiver}`.
pub(super) extern "C" fn method_value_call(fp: Sp, what: usize) {
    const METHOD: usize = 32;
    from_registers(fp, what, 1, |shared, closure| {
        let index: usize = read(closure + METHOD);
        let typ = TypeInfo::new(&shared.modules, Addr(read(closure + METHOD + 8)));
        let method = if typ.kind() == Kind::Interface as u8 {
            typ.interface_methods().nth(index).map(|m| m.typ)
        } else {
            typ.methods().nth(index).map(|m| m.method.typ)
        };
        method.unwrap_or_default()
    });
}

/// Words of the MakeFunc thunk's block.
const FTYP_HERE: usize = 0;
const CLOSURE: usize = 1;
const RESULT: usize = 2;
const VALID: usize = 3;

fn from_registers(fp: Sp, what: usize, target: usize, func_type: impl FnOnce(&Shared, usize) -> Addr) {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    let mut block = block(fp);
    if what == 0 {
        block.words[CLOSURE] = block.ints[0] as usize;
        block.words[FTYP_HERE] = func_type(shared, block.words[CLOSURE]).0;
    }
    let layout = shared.call_layout(Addr(block.words[FTYP_HERE]), Receiver::None);
    let closure = shared.make_func[target].load(Ordering::Relaxed); // Relaxed: see `set_make_func`.
    if closure == 0 {
        fatal::throw(&cur, shared, "a func value of reflect without reflect");
    }
    made_step(&cur, fp, what, block, layout, closure);
}

/// The code of a func value for a method with its receiver, made by [`crate::iface::typed_method`].
pub extern "C" fn typed_method(fp: Sp, what: usize) {
    let cur = Current::get();
    let mut block = block(fp);
    if what == 0 {
        block.words[CLOSURE] = block.words[0];
    }
    // SAFETY: records live as long as the runtime.
    let method = unsafe { &*(block.words[CLOSURE] as *const TypedMethod) };
    let layout = Shared::of(&cur).call_layout(method.ftyp, Receiver::Typed(method.typ));
    made_step(&cur, fp, what, block, layout, method.helper.0);
}

fn made_step(
    cur: &Current<'_>,
    fp: Sp,
    what: usize,
    mut block: Registers,
    layout: &CallLayout,
    target: usize,
) {
    match what {
        0 => {
            // INV-FRAMES-2
            block.words[RESULT] = 0;
            block.area = layout.size.next_multiple_of(16);
            block.popped = area_bytes(layout).0;
            let area = block.area;
            set_block(fp, block);
            ensure(cur, area);
        }
        1 => set_block(fp, arguments_to_frame(fp, block, layout, target)),
        _ => set_block(fp, results_to_registers(fp, block, layout)),
    }
}

/// Words of a frame with a receiver word for that method.
pub(super) extern "C" fn typed_method_words(method: *const TypedMethod) -> usize {
    let cur = Current::get();
    // SAFETY: INV-CALL-1: what the thunk passed.
    let method = unsafe { &*method };
    Shared::of(&cur).call_layout(method.ftyp, Receiver::Word).size / 8
}

/// Moves parameters (0) from the frame with the receiver itself to that with its word, or results (1) back.
pub(super) extern "C" fn typed_method_move(method: *const TypedMethod, typed: usize, word: usize, what: u64) {
    let cur = Current::get();
    let shared = Shared::of(&cur);
    // SAFETY: INV-CALL-1: what the thunk passed.
    let method = unsafe { &*method };
    let of_typed = shared.call_layout(method.ftyp, Receiver::Typed(method.typ));
    let of_word = shared.call_layout(method.ftyp, Receiver::Word);
    if what == 0 {
        for (from, to) in of_typed.params[1..].iter().zip(&of_word.params) {
            copy(word + to.offset, typed + from.offset, to.size);
        }
    } else {
        let n = of_word.size - of_word.results_at;
        copy(typed + of_typed.results_at, word + of_word.results_at, n);
    }
}

/// Fills the area, which is the frame, and makes the registers those of the call `target(closure, frame, &valid, regs)`.
fn arguments_to_frame(fp: Sp, mut block: Registers, layout: &CallLayout, target: usize) -> Registers {
    let frame = fp.0 - BLOCK - block.area;
    // SAFETY: INV-FRAMES-1: the area.
    unsafe { ptr::write_bytes(frame as *mut u8, 0, block.area) };
    let mut places = Places::default();
    // Behind the saved frame pointer and the return address.
    let word = |block: &Registers, place: Place| match place {
        Place::Int(n) => block.ints[n],
        Place::Float(n) => block.floats[n],
        Place::Stack(n) => read(fp.0 + 16 + 8 * n),
    };
    places.int();
    if layout.results_in_memory {
        block.words[RESULT] = word(&block, places.int()) as usize;
    }
    for p in &layout.params {
        let at = frame + p.offset;
        match &p.scalars {
            Some(all) => {
                for s in all.as_slice() {
                    store(s.class, at + s.offset, word(&block, places.next(s.class)));
                }
            }
            None => copy(at, word(&block, places.int()) as usize, p.size),
        }
    }
    block.words[VALID] = 0;
    // INV-FRAMES-2
    block.floats = [0; FLOAT_REGISTERS];
    // The Go function's second to fourth parameters point into this frame: to the area, the word, and the block, of which
    // it uses nothing since there are no register arguments for it.
    let valid = Registers::at(fp) as usize + std::mem::offset_of!(Registers, words) + 8 * VALID;
    block.code = read(target);
    let closure = block.words[CLOSURE];
    block.ints = [target as u64, closure as u64, frame as u64, valid as u64, Registers::at(fp) as u64, 0];
    block
}

fn results_to_registers(fp: Sp, mut block: Registers, layout: &CallLayout) -> Registers {
    let frame = fp.0 - BLOCK - block.area;
    block.ints = [0; 6];
    if layout.results_in_memory {
        copy(block.words[RESULT], frame + layout.results_at, layout.size - layout.results_at);
        return block;
    }
    let (mut ints, mut floats) = (0, 0);
    for r in &layout.results {
        for s in r.scalars.iter().flat_map(|all| all.as_slice()) {
            let value = load(s.class, frame + r.offset + s.offset);
            if matches!(s.class, Class::Float(_)) {
                block.floats[floats] = value;
                floats += 1;
            } else {
                block.ints[ints] = value;
                ints += 1;
            }
        }
    }
    block
}
