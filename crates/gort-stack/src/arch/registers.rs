//! Runs of instructions that several thunks share: string literals for `naked_asm!`.
//!
//! Those with braces name operands that the thunk gives: offsets into the PContext, or in the block of a call by frame.

/// Pushes the integer argument registers, r10 and rax. In the MoreStack thunk this is where [`super::MORE_STACK_ARGS`] says.
macro_rules! push_args {
    () => {
        concat!(
            "push rdi\n",
            "push rsi\n",
            "push rdx\n",
            "push rcx\n",
            "push r8\n",
            "push r9\n",
            "push r10\n",
            "push rax\n",
        )
    };
}
pub(super) use push_args;

/// Undoes [`push_args`].
macro_rules! pop_args {
    () => {
        concat!(
            "pop rax\n",
            "pop r10\n",
            "pop r9\n",
            "pop r8\n",
            "pop rcx\n",
            "pop rdx\n",
            "pop rsi\n",
            "pop rdi\n",
        )
    };
}
pub(super) use pop_args;

/// Stores xmm0 to xmm7 from rsp on.
macro_rules! store_low_xmm {
    () => {
        concat!(
            "movups [rsp], xmm0\n",
            "movups [rsp + 16], xmm1\n",
            "movups [rsp + 32], xmm2\n",
            "movups [rsp + 48], xmm3\n",
            "movups [rsp + 64], xmm4\n",
            "movups [rsp + 80], xmm5\n",
            "movups [rsp + 96], xmm6\n",
            "movups [rsp + 112], xmm7\n",
        )
    };
}
pub(super) use store_low_xmm;

/// Stores xmm8 to xmm15 behind them.
macro_rules! store_high_xmm {
    () => {
        concat!(
            "movups [rsp + 128], xmm8\n",
            "movups [rsp + 144], xmm9\n",
            "movups [rsp + 160], xmm10\n",
            "movups [rsp + 176], xmm11\n",
            "movups [rsp + 192], xmm12\n",
            "movups [rsp + 208], xmm13\n",
            "movups [rsp + 224], xmm14\n",
            "movups [rsp + 240], xmm15\n",
        )
    };
}
pub(super) use store_high_xmm;

/// Undoes [`store_low_xmm`].
macro_rules! load_low_xmm {
    () => {
        concat!(
            "movups xmm0, [rsp]\n",
            "movups xmm1, [rsp + 16]\n",
            "movups xmm2, [rsp + 32]\n",
            "movups xmm3, [rsp + 48]\n",
            "movups xmm4, [rsp + 64]\n",
            "movups xmm5, [rsp + 80]\n",
            "movups xmm6, [rsp + 96]\n",
            "movups xmm7, [rsp + 112]\n",
        )
    };
}
pub(super) use load_low_xmm;

/// Undoes [`store_high_xmm`].
macro_rules! load_high_xmm {
    () => {
        concat!(
            "movups xmm8, [rsp + 128]\n",
            "movups xmm9, [rsp + 144]\n",
            "movups xmm10, [rsp + 160]\n",
            "movups xmm11, [rsp + 176]\n",
            "movups xmm12, [rsp + 192]\n",
            "movups xmm13, [rsp + 208]\n",
            "movups xmm14, [rsp + 224]\n",
            "movups xmm15, [rsp + 240]\n",
        )
    };
}
pub(super) use load_high_xmm;

/// Pushes the callee-saved registers of a resume frame (INV-ARCH-2), rbp being there already.
macro_rules! push_saved {
    () => {
        concat!("push rbx\n", "push r12\n", "push r13\n", "push r14\n",)
    };
}
pub(super) use push_saved;

/// Undoes [`push_saved`].
macro_rules! pop_saved {
    () => {
        concat!("pop r14\n", "pop r13\n", "pop r12\n", "pop rbx\n",)
    };
}
pub(super) use pop_saved;

/// Calls the Rust function in r11 on the system stack; results in rax, rdx.
macro_rules! on_system_stack {
    () => {
        concat!(
            "mov [r15 + {saved_fp}], rbp\n",
            "mov [r15 + {saved_sp}], rsp\n",
            "mov rsp, [r15 + {g0_sp}]\n",
            "call r11\n",
        )
    };
}
pub(super) use on_system_stack;

/// Goes where the resume frame says, whose pc is on top of the stack: the label 3 behind it nearly always. Then without a
/// `ret` that no `call` belongs to, after which the processor predicts all outer returns wrongly.
macro_rules! resume_at_label_3 {
    () => {
        concat!(
            "lea rax, [rip + 3f]\n",
            "cmp rax, [rsp]\n",
            "jne 4f\n",
            "add rsp, 8\n",
            "jmp 3f\n",
            "4:\n",
            "ret\n",
        )
    };
}
pub(super) use resume_at_label_3;

/// The goroutine leaves: back to the scheduler loop, with the reason. rsp is g0_sp.
macro_rules! leave_goroutine {
    () => {
        concat!("mov rax, [r15 + {leave}]\n", "mov qword ptr [r15 + {leave}], 0\n", "jmp {enter_return}\n",)
    };
}
pub(super) use leave_goroutine;

/// Stores xmm0 to xmm7 in the block.
macro_rules! store_floats {
    () => {
        concat!(
            "movsd [rbp + {floats}], xmm0\n",
            "movsd [rbp + {floats} + 8], xmm1\n",
            "movsd [rbp + {floats} + 16], xmm2\n",
            "movsd [rbp + {floats} + 24], xmm3\n",
            "movsd [rbp + {floats} + 32], xmm4\n",
            "movsd [rbp + {floats} + 40], xmm5\n",
            "movsd [rbp + {floats} + 48], xmm6\n",
            "movsd [rbp + {floats} + 56], xmm7\n",
        )
    };
}
pub(super) use store_floats;

/// Undoes [`store_floats`].
macro_rules! load_floats {
    () => {
        concat!(
            "movsd xmm0, [rbp + {floats}]\n",
            "movsd xmm1, [rbp + {floats} + 8]\n",
            "movsd xmm2, [rbp + {floats} + 16]\n",
            "movsd xmm3, [rbp + {floats} + 24]\n",
            "movsd xmm4, [rbp + {floats} + 32]\n",
            "movsd xmm5, [rbp + {floats} + 40]\n",
            "movsd xmm6, [rbp + {floats} + 48]\n",
            "movsd xmm7, [rbp + {floats} + 56]\n",
        )
    };
}
pub(super) use load_floats;
