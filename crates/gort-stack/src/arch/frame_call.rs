//! Calls whose arguments lie in a memory frame, and functions that want theirs in one: what `reflect` needs.
//!
//! Two thunks. [`Thunk::FrameCall`] calls Go code with arguments from memory; [`Thunk::MakeFunc`] is the code of a func
//! value whose arguments a Go function wants to read from memory. What goes where depends on types, which Rust functions
//! look at; the code here knows only the registers of the `Tail` convention:
//!
//! * arguments: rdi rsi rdx rcx r8 r9, xmm0-7, then the stack, which the callee pops (a multiple of 16 bytes);
//! * results: rax rcx rdx rsi rdi r8, xmm0-7.
//!
//! Both make a frame whose fixed part is a [`Registers`] block right below the frame pointer and whose other part is as
//! large as the types want. While Go code runs above it, the walker takes each word of such a frame for a root.
//!
//! Each call here is a `call` and ends in a `ret`: processors predict returns by pairing the two, and one call that goes without
//! makes them wrong about every return up to the top of the goroutine.
//!
//! INV-FRAME-1 (no safepoint): between the Rust function that fills the block and the call or return that empties it, and
//! the other way round, the goroutine cannot stop.
//!
//! Go counterpart: `runtime/asm_amd64.s` (reflectcall), `reflect/asm_amd64.s`.
//!
//! [`Thunk::FrameCall`]: gort_abi::runtime_fn::Thunk::FrameCall
//! [`Thunk::MakeFunc`]: gort_abi::runtime_fn::Thunk::MakeFunc

use super::registers::{load_floats, on_system_stack, store_floats};
use core::arch::naked_asm;
use gort_abi::addr::{Pc, Sp};
use gort_abi::layout::p_offset;
use std::mem::offset_of;

/// The fixed part of such a frame: it ends at the frame pointer.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Registers {
    /// Bytes that `prepare` wants below this block: in memory first the stack arguments, then what else. A multiple of 16.
    pub area: usize,
    /// What the callee (FrameCall) or this function (MakeFunc) pops. A multiple of 16.
    pub popped: usize,
    /// The code to call.
    pub code: usize,
    /// FrameCall: the thunk's arguments behind the code. MakeFunc: free for the Rust side.
    pub words: [usize; 5],
    /// Integer arguments, later integer results.
    pub ints: [u64; 6],
    /// Float arguments, later float results.
    pub floats: [u64; 8],
}

/// Bytes of the block.
pub const BLOCK: usize = size_of::<Registers>();

impl Registers {
    /// The block of the frame at `fp`.
    pub const fn at(fp: Sp) -> *mut Self {
        fp.sub(BLOCK).0 as *mut Self
    }
}

/// Bytes of `call r11`, with which the second halves of the thunks begin.
const CALL: usize = 3;

/// Is it the place behind a call that one of the thunks made?
pub fn is_frame_return(pc: Pc) -> bool {
    let calls = [frame_call_and_back as *const () as usize, make_func_and_back as *const () as usize];
    calls.iter().any(|at| pc.0 == at + CALL)
}

const BELOW: i32 = BLOCK as i32;
const AREA: i32 = offset_of!(Registers, area) as i32 - BELOW;
const POPPED: i32 = offset_of!(Registers, popped) as i32 - BELOW;
const CODE: i32 = offset_of!(Registers, code) as i32 - BELOW;
const WORDS: i32 = offset_of!(Registers, words) as i32 - BELOW;
const INTS: i32 = offset_of!(Registers, ints) as i32 - BELOW;
const FLOATS: i32 = offset_of!(Registers, floats) as i32 - BELOW;

/// On arrival: rbp = the thunk's frame; rdi = code, rsi rdx rcx = three words, r8 = area; r11 = the Rust function
/// `step(fp, what)`: 0 fills the block and the area, 1 takes the results.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn frame_call_common() {
    naked_asm!(
        "sub rsp, {block}",
        "mov [rbp + {code}], rdi",
        "mov [rbp + {words}], rsi",
        "mov [rbp + {words} + 8], rdx",
        "mov [rbp + {words} + 16], rcx",
        "mov [rbp + {words} + 24], r8",
        "mov [rbp + {words} + 32], r11",
        "mov [rbp + {area}], r8",
        "sub rsp, r8",
        "mov rdi, rbp",
        "xor esi, esi",
        on_system_stack!(),
        "mov rsp, [r15 + {saved_sp}]",
        "mov rdi, [rbp + {ints}]",
        "mov rsi, [rbp + {ints} + 8]",
        "mov rdx, [rbp + {ints} + 16]",
        "mov rcx, [rbp + {ints} + 24]",
        "mov r8, [rbp + {ints} + 32]",
        "mov r9, [rbp + {ints} + 40]",
        load_floats!(),
        "mov r11, [rbp + {code}]",
        "jmp {second}",
        block = const BLOCK,
        code = const CODE,
        words = const WORDS,
        area = const AREA,
        ints = const INTS,
        floats = const FLOATS,
        second = sym frame_call_and_back,
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

/// The call of the code in r11, and what is behind it.
#[unsafe(naked)]
unsafe extern "sysv64" fn frame_call_and_back() {
    naked_asm!(
        "call r11",
        "mov [rbp + {ints}], rax",
        "mov [rbp + {ints} + 8], rcx",
        "mov [rbp + {ints} + 16], rdx",
        "mov [rbp + {ints} + 24], rsi",
        "mov [rbp + {ints} + 32], rdi",
        "mov [rbp + {ints} + 40], r8",
        store_floats!(),
        "mov rdi, rbp",
        "mov esi, 1",
        "mov r11, [rbp + {words} + 32]",
        on_system_stack!(),
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        words = const WORDS,
        ints = const INTS,
        floats = const FLOATS,
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

/// Bytes reserved for a made function.
pub const MADE_SIZE: usize = 64;

/// Writes the code of a func value that is made at run time: a MakeFunc thunk for the Rust function `step`, which finds
/// `record` in the block's first word. Returns the bytes used.
pub fn write_made(record: usize, step: usize, out: &mut [u8]) -> usize {
    let common = make_func_common as *const () as usize;
    let code = [
        [0x55, 0x48, 0x89, 0xE5, 0x48, 0xB8].as_slice(), // push rbp; mov rbp, rsp; mov rax, imm64
        &record.to_le_bytes(),
        &[0x49, 0xBB], // mov r11, imm64
        &step.to_le_bytes(),
        &[0xFF, 0x25, 0, 0, 0, 0], // jmp [rip + 0]
        &common.to_le_bytes(),
    ]
    .concat();
    out[..code.len()].copy_from_slice(&code);
    code.len()
}

/// On arrival: rbp = the thunk's frame, the arguments where a caller of a func value put them; r11 = the Rust function
/// `step(fp, what)`: 0 finds the size of the area and grows the stack if need be, 1 fills the area and makes the block's
/// registers those of the call, 2 makes them those of the return.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn make_func_common() {
    naked_asm!(
        "sub rsp, {block}",
        "mov [rbp + {ints}], rdi",
        "mov [rbp + {ints} + 8], rsi",
        "mov [rbp + {ints} + 16], rdx",
        "mov [rbp + {ints} + 24], rcx",
        "mov [rbp + {ints} + 32], r8",
        "mov [rbp + {ints} + 40], r9",
        store_floats!(),
        "mov [rbp + {words}], rax",
        "mov [rbp + {words} + 32], r11",
        "mov rdi, rbp",
        "xor esi, esi",
        on_system_stack!(),
        // The stack may have moved.
        "mov rsp, [r15 + {saved_sp}]",
        "mov rbp, [r15 + {saved_fp}]",
        "sub rsp, [rbp + {area}]",
        "mov r11, [rbp + {words} + 32]",
        "mov rdi, rbp",
        "mov esi, 1",
        "mov [r15 + {saved_sp}], rsp",
        "mov rsp, [r15 + {g0_sp}]",
        "call r11",
        "mov rsp, [r15 + {saved_sp}]",
        "mov rdi, [rbp + {ints}]",
        "mov rsi, [rbp + {ints} + 8]",
        "mov rdx, [rbp + {ints} + 16]",
        "mov rcx, [rbp + {ints} + 24]",
        "mov r8, [rbp + {ints} + 32]",
        "mov r11, [rbp + {code}]",
        "jmp {second}",
        block = const BLOCK,
        code = const CODE,
        words = const WORDS,
        area = const AREA,
        ints = const INTS,
        floats = const FLOATS,
        second = sym make_func_and_back,
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

/// The call of the code in r11, and what is behind it.
#[unsafe(naked)]
unsafe extern "sysv64" fn make_func_and_back() {
    naked_asm!(
        "call r11",
        "mov rdi, rbp",
        "mov esi, 2",
        "mov r11, [rbp + {words} + 32]",
        on_system_stack!(),
        "mov rax, [rbp + {ints}]",
        "mov rcx, [rbp + {ints} + 8]",
        "mov rdx, [rbp + {ints} + 16]",
        "mov rsi, [rbp + {ints} + 24]",
        "mov rdi, [rbp + {ints} + 32]",
        "mov r8, [rbp + {ints} + 40]",
        load_floats!(),
        "mov r11, [rbp + {popped}]",
        "mov rsp, rbp",
        "pop rbp",
        "pop r10",
        "add rsp, r11",
        "push r10",
        "ret",
        words = const WORDS,
        popped = const POPPED,
        ints = const INTS,
        floats = const FLOATS,
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_halves_begin_with_a_call() {
        for half in [frame_call_and_back as *const (), make_func_and_back as *const ()] {
            // SAFETY: code of this crate, longer than that.
            let code = unsafe { half.cast::<[u8; CALL]>().read() };
            assert_eq!(code, [0x41, 0xFF, 0xD3], "call r11");
        }
    }
}
