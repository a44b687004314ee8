//! Switching stacks on x86-64, and the thunks by which Go code reaches Rust.
//!
//! Registers of Go code: r15 is the context register and points to the [`PContext`] of the P; rsp and rbp
//! are what they always are; rbx r12 r13 r14 are callee-saved; everything else is the callee's. The
//! System V convention of Rust agrees with this and preserves r15 too, so r15 survives every Rust call.
//!
//! Two kinds of stack are in play. The *system stack* is the thread's own. The scheduler loop runs there
//! and calls [`enter`], which pushes the loop's registers and leaves the system stack's pointer in
//! `PContext::g0_sp`. While the goroutine runs, the system stack looks like this, and a thunk calls Rust
//! right below it:
//!
//! ```text
//!            │ frames of the scheduler loop   │
//!            │ return address of the call     │
//!            │ rbp rbx r12 r13 r14 r15        │
//!            │ (padding)                      │
//!  g0_sp ─▶  ├────────────────────────────────┤  16-aligned
//!            │ Rust function called by a thunk│
//! ```
//!
//! Every Rust function called by a thunk returns normally. One that wants its goroutine to stop stores
//! what it waits for, sets `PContext::leave`, and returns: the thunk then unwinds the system stack by the
//! tail of [`enter`] and the scheduler loop goes on behind its call. So nothing ever jumps over a Rust
//! frame.
//!
//! INV-ARCH-1 (context register): while Go code or a thunk runs, r15 holds the address of the PContext of
//! the P that this thread owns, and `PContext::g0_sp` is the stack pointer that `enter` left there.
//! INV-ARCH-2 (resume frame): a stopped goroutine's `sp` points to r14 r13 r12 rbx rbp and a pc.
//!
//! Go counterpart: `runtime/asm_amd64.s` (gogo, mcall, systemstack, morestack).

use super::registers::{
    leave_goroutine, load_high_xmm, load_low_xmm, on_system_stack, pop_args, pop_saved, push_args,
    push_saved, resume_at_label_3, store_high_xmm, store_low_xmm,
};
use core::arch::naked_asm;
use gort_abi::addr::{Addr, Pc, Sp};
use gort_abi::layout::{GPrefix, PContext, p_offset};
use gort_abi::runtime_fn::Thunk;
use std::mem::offset_of;

/// Bytes of a resume frame: four registers, rbp, pc.
pub const RESUME_FRAME: usize = 48;
/// Distance from a resume frame's `sp` to its saved rbp: the `fp` of a goroutine stopped in a thunk.
pub const RESUME_FP: usize = 32;
/// Bytes reserved for one thunk.
pub const THUNK_SIZE: usize = 32;
/// Bytes reserved for the start stub.
pub const START_STUB_SIZE: usize = 48;

/// Where the MoreStack thunk keeps the integer argument registers (rdi rsi rdx rcx r8 r9): byte offsets
/// below its frame pointer, in [`gort_abi::stack_map::ArgMap`]'s order.
pub const MORE_STACK_ARGS: [usize; 6] = [8, 16, 24, 32, 40, 48];

/// A stopped goroutine's stack and frame pointers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct SavedContext {
    /// Points to the resume frame.
    pub sp: Sp,
    /// Frame pointer of the newest frame, as `PContext::saved_fp`.
    pub fp: Sp,
}

/// Runs the goroutine stopped at `sp` until it leaves; returns its leave reason (`PContext::leave`, which
/// is zero again). `ret0` and `ret1` become the results of the call it stopped in.
///
/// # Safety
/// Called on the thread's system stack by the owner of the P of `ctx` and of the goroutine whose resume
/// frame (INV-ARCH-2) is at `sp`; `ctx` describes that goroutine (`g`, `stack_limit`).
#[unsafe(naked)]
pub unsafe extern "sysv64" fn enter(ctx: *mut PContext, sp: Sp, ret0: u64, ret1: u64) -> usize {
    naked_asm!(
        // rdi = ctx, rsi = sp, rdx = ret0, rcx = ret1.
        // The call pushed 8 bytes on an aligned stack; six registers and 8 more bytes align it again.
        "push rbp",
        push_saved!(),
        "push r15",
        "sub rsp, 8",
        "mov r15, rdi",
        "mov [r15 + {g0_sp}], rsp",
        "mov rsp, rsi",
        // From here on the goroutine's stack: the resume frame.
        "mov rax, rdx",
        "mov rdx, rcx",
        pop_saved!(),
        "pop rbp",
        "ret",
        g0_sp = const p_offset::G0_SP,
    )
}

/// The tail of [`enter`]: jumped to on the system stack with rsp = g0_sp and rax = the result.
#[unsafe(naked)]
unsafe extern "sysv64" fn enter_return() {
    naked_asm!("add rsp, 8", "pop r15", "pop r14", "pop r13", "pop r12", "pop rbx", "pop rbp", "ret",)
}

/// Stops the Rust goroutine that calls it: stores where it stopped in `saved` and returns from the
/// [`enter`] that runs it, with `reason`. Comes back when somebody enters it again, perhaps with another
/// PContext on another thread: thread-local addresses from before the call are stale.
///
/// # Safety
/// Called on a Rust goroutine's own stack, `ctx` being the context it runs with.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn leave(ctx: *mut PContext, reason: usize, saved: *mut SavedContext) {
    naked_asm!(
        // Rust uses r15 as any other callee-saved register, so it is saved besides the resume frame,
        // whose pc is the label below.
        "push rbp",
        "mov rbp, rsp",
        "push r15",
        "lea rax, [rip + 2f]",
        "push rax",
        "push rbp",
        push_saved!(),
        "mov [rdx], rsp",
        "mov [rdx + 8], rbp",
        "mov r15, rdi",
        "mov rax, rsi",
        "mov rsp, [r15 + {g0_sp}]",
        "jmp {enter_return}",
        "2:", // Entered again: rbp rbx r12 r13 r14 are as before; r15 is the new context.
        "pop r15",
        "pop rbp",
        "ret",
        g0_sp = const p_offset::G0_SP,
        enter_return = sym enter_return,
    )
}

/// Calls `f(arg)` on the system stack from a Rust goroutine. While it runs, the goroutine's whole state,
/// registers included, lies on its own stack from `PContext::saved_sp` on.
///
/// # Safety
/// Called on a Rust goroutine's own stack, `ctx` being the context it runs with. `f` must not unwind and
/// must not leave the goroutine.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn system_stack(
    ctx: *mut PContext,
    f: unsafe extern "sysv64" fn(*mut u8),
    arg: *mut u8,
) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        push_saved!(),
        "push r15",
        "mov [rdi + {saved_fp}], rbp",
        "mov [rdi + {saved_sp}], rsp",
        "mov rsp, [rdi + {g0_sp}]",
        "mov rdi, rdx",
        "call rsi",
        // rbp is callee-saved: it still names this frame. r12-r14 and rbx are unchanged likewise; only
        // their copies had to be visible, so nothing is popped.
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

/// First code of a Rust goroutine: rbx = argument, r12 = function, which never returns.
#[unsafe(naked)]
unsafe extern "sysv64" fn native_start() {
    naked_asm!("mov rdi, rbx", "xor ebp, ebp", "call r12", "ud2")
}

/// Writes the resume frame of a Rust goroutine that will call `entry(arg)` on the stack that ends at `hi`.
///
/// # Safety
/// `hi` is the 16-aligned end of a mapped stack that nobody else uses.
pub unsafe fn write_native_start(
    hi: Sp,
    entry: unsafe extern "sysv64" fn(*mut u8) -> !,
    arg: *mut u8,
) -> SavedContext {
    let start = native_start as *const () as usize;
    // r14 r13 r12 rbx rbp pc; after the pops rsp = hi - 16, aligned for the call in `native_start`.
    let words = [0, 0, entry as usize, arg as usize, 0, start];
    // SAFETY: the caller's contract.
    unsafe { write_resume_frame(hi.sub(16 + RESUME_FRAME), words) }
}

/// Writes the resume frame of a new Go goroutine: it resumes at `start`, the stub that
/// [`write_start_stub`] wrote.
///
/// # Safety
/// As [`write_native_start`].
pub unsafe fn write_go_start(hi: Sp, start: Pc) -> SavedContext {
    // SAFETY: the caller's contract.
    unsafe { write_resume_frame(hi.sub(16 + RESUME_FRAME), [0, 0, 0, 0, 0, start.0]) }
}

/// Writes a resume frame that continues at `pc` with frame pointer `fp` and stack pointer `sp`, below `sp`:
/// how a recovered panic gets to its landing block.
///
/// # Safety
/// The bytes below `sp` belong to the calling goroutine's dead frames.
pub unsafe fn write_landing(sp: Sp, fp: Sp, pc: Pc) -> SavedContext {
    // SAFETY: the caller's contract.
    unsafe { write_resume_frame(sp.sub(RESUME_FRAME), [0, 0, 0, 0, fp.0, pc.0]) }
}

unsafe fn write_resume_frame(sp: Sp, words: [usize; 6]) -> SavedContext {
    // SAFETY: the callers' contracts: the words at `sp` are unused stack (INV-ARCH-2 is what we establish).
    unsafe { (sp.0 as *mut [usize; 6]).write(words) };
    SavedContext { sp, fp: sp.add(RESUME_FP) }
}

// ---- Thunks -------------------------------------------------------------------------------------------
//
// A thunk is a few bytes near the Go code (so that a near call reaches it). It makes a frame, loads the
// address of the Rust function, and jumps to the common part for its kind, written below:
//
//     push rbp
//     mov  rbp, rsp
//     (push r11)            PreserveAll and Barrier only
//     mov  r11, <function>
//     jmp  [rip]  ; .quad <common part>
//
// One with a short form leaves it to that to make the frame:
//
//     mov  r11, <function>
//     jmp  [rip]  ; .quad <short form>

/// Writes the thunk of kind `kind` for the Rust function at `function` into `out`
/// (at least [`THUNK_SIZE`] bytes); `short`: the address of the function's [`super::short_form`]. Returns the bytes used.
pub fn write_thunk(kind: Thunk, short: Option<usize>, function: usize, out: &mut [u8]) -> usize {
    let common = match kind {
        Thunk::Nop => {
            out[0] = 0xC3; // ret
            return 1;
        }
        Thunk::Quick => quick_common as *const () as usize,
        Thunk::Blocking => blocking_common as *const () as usize,
        Thunk::Syscall => syscall_common as *const () as usize,
        Thunk::Fork => fork_common as *const () as usize,
        Thunk::PreserveAll => preserve_all_common as *const () as usize,
        Thunk::Barrier => barrier_common as *const () as usize,
        Thunk::MoreStack => more_stack_common as *const () as usize,
        Thunk::FrameCall => super::frame_call::frame_call_common as *const () as usize,
        Thunk::MakeFunc => super::frame_call::make_func_common as *const () as usize,
    };
    let mut code = Bytes { out, at: 0 };
    if short.is_none() {
        code.put(&[0x55, 0x48, 0x89, 0xE5]); // push rbp; mov rbp, rsp
    }
    if matches!(kind, Thunk::PreserveAll | Thunk::Barrier) {
        code.put(&[0x41, 0x53]); // push r11
    }
    code.put(&[0x49, 0xBB]); // mov r11, imm64
    code.put(&function.to_le_bytes());
    code.put(&[0xFF, 0x25, 0, 0, 0, 0]); // jmp [rip + 0]
    code.put(&short.unwrap_or(common).to_le_bytes());
    code.at
}

/// The Rust function of the thunk at `thunk`.
///
/// # Safety
/// [`write_thunk`] wrote it, of kind Quick or Blocking.
pub unsafe fn thunk_function(thunk: Pc) -> usize {
    const FRAME: [u8; 4] = [0x55, 0x48, 0x89, 0xE5];
    // SAFETY: the caller's contract.
    let head = unsafe { (thunk.0 as *const [u8; 4]).read() };
    let at = if head == FRAME { FRAME.len() } else { 0 };
    // SAFETY: the caller's contract; the opcode has two bytes.
    unsafe { (thunk.add(at + 2).0 as *const usize).read_unaligned() }
}

/// Where the direct call in front of the return address `back` goes to; none if another instruction is there.
///
/// # Safety
/// `back` returns into loaded code, at least five bytes behind its first one.
pub unsafe fn call_target(back: Pc) -> Option<Pc> {
    const CALL: u8 = 0xE8;
    // SAFETY: the caller's contract.
    let opcode = unsafe { (back.sub(5).0 as *const u8).read() };
    if opcode != CALL {
        return None;
    }
    // SAFETY: as above.
    let distance = unsafe { (back.sub(4).0 as *const i32).read_unaligned() };
    Some(Pc(back.0.wrapping_add_signed(distance as isize)))
}

/// The frame that the entry check at `entry` asks room for.
///
/// # Safety
/// A function of compiled code with a check begins there: `cmp rsp, [r15 + n]`, or for large frames
/// `lea r11, [rsp - frame]` and then `cmp r11, [r15 + n]`.
pub unsafe fn stub_frame(entry: Pc) -> usize {
    // SAFETY: the caller's contract; either check is longer.
    let head = unsafe { (entry.0 as *const [u8; 4]).read() };
    if head != [0x4C, 0x8D, 0x9C, 0x24] {
        return gort_abi::layout::STACK_SMALL;
    }
    // SAFETY: the displacement follows.
    let displacement = unsafe { (entry.add(4).0 as *const i32).read_unaligned() };
    displacement.unsigned_abs() as usize
}

/// Writes the stub a Go goroutine starts at into `out` (at least [`START_STUB_SIZE`] bytes): it calls the
/// closure in `GPrefix::param` (and clears that root: from now on the closure is an argument) with the
/// closure as its only argument, and then `goexit0`, the absolute address of a Blocking thunk. Returns the bytes used.
///
/// On arrival: rsp is 16-aligned, rbp = 0, which ends the frame chain (INV-STACK-1).
pub fn write_start_stub(goexit0: Pc, out: &mut [u8]) -> usize {
    let g = p_offset::G as u8;
    let param = offset_of!(GPrefix, param) as u8;
    let mut code = Bytes { out, at: 0 };
    code.put(&[0x49, 0x8B, 0x47, g]); // mov rax, [r15 + g]
    code.put(&[0x48, 0x8B, 0x78, param]); // mov rdi, [rax + param]
    code.put(&[0x48, 0xC7, 0x40, param, 0, 0, 0, 0]); // mov qword [rax + param], 0
    code.put(&[0xFF, 0x17]); // call [rdi]
    code.put(&[0x48, 0xB8]); // mov rax, imm64
    code.put(&goexit0.0.to_le_bytes());
    code.put(&[0xFF, 0xD0]); // call rax
    code.put(&[0x0F, 0x0B]); // ud2
    code.at
}

/// Bytes of the stub of a function that is not compiled yet, which lies at a multiple of as many.
pub const LAZY_STUB_SIZE: usize = 16;
/// Where in that stub calls of the function go.
pub const LAZY_STUB_ENTRY: u32 = 10;

/// Writes the stub at `at` of a function that is not compiled yet:
///
/// ```text
///   slow:   call compile        ; comes back here: tries again
///   entry:  jmp  [slot]
/// ```
///
/// Returns what the slot must hold until the function is compiled: the address of `slow`. `compile` is a MoreStack thunk;
/// both it and the slot are within 2 GiB.
pub fn write_lazy_stub(at: Pc, compile: Pc, slot: Addr, out: &mut [u8]) -> Pc {
    let distance = |to: usize, from: usize| (to.wrapping_sub(from) as i32).to_le_bytes();
    let mut code = Bytes { out, at: 0 };
    code.put(&[0xCC; 5]);
    code.put(&[0xE8]); // call rel32
    code.put(&distance(compile.0, at.0 + 10));
    code.put(&[0xFF, 0x25]); // jmp [rip + rel32]
    code.put(&distance(slot.0, at.0 + LAZY_STUB_SIZE));
    at.add(5)
}

struct Bytes<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Bytes<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
}

/// On arrival: rsp = rbp = the thunk's frame on the goroutine stack, r11 = the Rust function, arguments in
/// their System V registers.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn quick_common() {
    naked_asm!(
        on_system_stack!(),
        // Results in rax, rdx. From memory, as everywhere, although a Quick function does not move stacks.
        "mov rsp, [r15 + {saved_sp}]",
        "pop rbp",
        "ret",
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
    )
}

/// On arrival: as [`quick_common`].
#[unsafe(naked)]
unsafe extern "sysv64" fn blocking_common() {
    naked_asm!(
        // The rest of the resume frame (INV-ARCH-2): rbp and the return address are there already.
        push_saved!(),
        on_system_stack!(),
        "cmp qword ptr [r15 + {leave}], 0",
        "jne 2f",
        // The function may have moved the stack, or made another resume frame (`recovery`).
        "mov rsp, [r15 + {saved_sp}]",
        pop_saved!(),
        "pop rbp",
        "ret",
        "2:", // Leaving. rsp is g0_sp again.
        leave_goroutine!(),
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
        leave = const p_offset::LEAVE,
        enter_return = sym enter_return,
    )
}

/// On arrival: as [`preserve_all_common`]; rdi = the slot about to be written, rsi = the new pointer.
#[unsafe(naked)]
unsafe extern "sysv64" fn barrier_common() {
    naked_asm!(
        "push rax",
        "mov rax, [r15 + {next}]",
        "add rax, 16",
        "cmp rax, [r15 + {end}]",
        "ja 2f",
        "mov r11, [rdi]",
        "mov [rax - 16], r11",
        "mov [rax - 8], rsi",
        "mov [r15 + {next}], rax",
        "pop rax",
        "pop r11",
        "pop rbp",
        "ret",
        "2:", // No room for a pair: the function makes some.
        "pop rax",
        "jmp {preserve_all}",
        next = const p_offset::BARRIER_NEXT,
        end = const p_offset::BARRIER_END,
        preserve_all = sym preserve_all_common,
    )
}

/// On arrival: as [`quick_common`]. The function returns its result in rax and the leave reason in rdx. If that is
/// not 0 it has lost its P, so r15 names somebody else's context: only rsp, which is where `enter` left it, is
/// used, and the goroutine's context is in its descriptor.
#[unsafe(naked)]
unsafe extern "sysv64" fn syscall_common() {
    naked_asm!(
        push_saved!(),
        on_system_stack!(),
        "test rdx, rdx",
        "jne 2f",
        "mov rsp, [r15 + {saved_sp}]",
        pop_saved!(),
        "pop rbp",
        "ret",
        "2:",
        "mov rax, rdx",
        "jmp {enter_return}",
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
        enter_return = sym enter_return,
    )
}

/// On arrival: rsp = rbp = the thunk's frame, rdi = system call, rsi rdx rcx = its arguments. Returns the result and
/// the error number in rax and rdx.
///
/// A child that shares our memory returns first and goes on on this very stack: what the parent needs to return as
/// well, the two words of this frame, waits in registers, which each process has for itself.
#[unsafe(naked)]
unsafe extern "sysv64" fn fork_common() {
    naked_asm!(
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "xor r10d, r10d",
        "mov r8, [rbp]",
        "mov r9, [rbp + 8]",
        "syscall", // changes rax rcx r11
        "mov [rbp], r8",
        "mov [rbp + 8], r9",
        "mov rsp, rbp",
        "xor edx, edx",
        "cmp rax, -4095",
        "jb 2f",
        "mov rdx, rax",
        "neg rdx",
        "mov rax, -1",
        "2:",
        "pop rbp",
        "ret",
    )
}

/// On arrival: rbp = the thunk's frame, the caller's r11 pushed below it, r11 = the Rust function.
#[unsafe(naked)]
unsafe extern "sysv64" fn preserve_all_common() {
    naked_asm!(
        push_args!(),
        "sub rsp, 256",
        store_low_xmm!(),
        store_high_xmm!(),
        // A resume frame whose pc is the label below: a goroutine that left comes back there.
        "lea rax, [rip + 3f]",
        "push rax",
        "push rbp",
        push_saved!(),
        on_system_stack!(),
        "cmp qword ptr [r15 + {leave}], 0",
        "jne 2f",
        "mov rsp, [r15 + {saved_sp}]",
        pop_saved!(),
        "pop rbp",
        resume_at_label_3!(),
        "2:",
        leave_goroutine!(),
        "3:", // rsp = the saved xmm registers, whichever way we came.
        load_low_xmm!(),
        load_high_xmm!(),
        "add rsp, 256",
        pop_args!(),
        "pop r11",
        "pop rbp",
        "ret",
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
        leave = const p_offset::LEAVE,
        enter_return = sym enter_return,
    )
}

/// On arrival: rbp = the thunk's frame; above it the return address into the entry stub of the function
/// that needs more stack, and above that the return address into its caller. The argument registers are
/// saved at [`MORE_STACK_ARGS`], where walker and grower find them.
#[unsafe(naked)]
unsafe extern "sysv64" fn more_stack_common() {
    naked_asm!(
        push_args!(),
        "sub rsp, 128",
        store_low_xmm!(),
        "lea rax, [rip + 3f]",
        "push rax",
        "push rbp",
        push_saved!(),
        on_system_stack!(),
        "cmp qword ptr [r15 + {leave}], 0",
        "jne 2f",
        "mov rsp, [r15 + {saved_sp}]", // on the new stack, if it moved
        pop_saved!(),
        "pop rbp",
        resume_at_label_3!(),
        "2:",
        leave_goroutine!(),
        "3:",
        load_low_xmm!(),
        "add rsp, 128",
        pop_args!(),
        "pop rbp",
        "ret", // into the entry stub, which checks again
        saved_fp = const p_offset::SAVED_FP,
        saved_sp = const p_offset::SAVED_SP,
        g0_sp = const p_offset::G0_SP,
        leave = const p_offset::LEAVE,
        enter_return = sym enter_return,
    )
}
