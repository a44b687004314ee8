//! Runtime functions written so that they need no stack when there is little to do: those on memory, and pinning.
//!
//! Moving, clearing, comparing and searching a few bytes takes less time than going to the system stack and coming back.
//! So the thunk of such a function goes to its *short form* first, which looks at the length: what is short it does on
//! the spot, with the registers that a call may destroy; for the rest it makes the frame of a Quick thunk and goes on as
//! one.
//!
//! Bytes are taken in pieces of 16, 8 or 4, the last piece so that it ends with the last byte, wherever it begins. A move
//! loads everything of a round before it stores anything, so source and destination may overlap.
//!
//! INV-SHORT-1 (no frame): code in the section `gort_short` leaves rsp, rbp and r15 alone for as long as it touches memory
//! of others. So a fault or a signal there finds the return address at rsp and everything else as it was in the caller.
//!
//! Go counterpart: `runtime/memmove_amd64.s`, `runtime/memclr_amd64.s`, `internal/bytealg/*_amd64.s`.

use super::x86_64::quick_common;
use core::arch::naked_asm;
use gort_abi::addr::Pc;
use gort_abi::layout::p_offset;
use gort_abi::runtime_fn::RuntimeFn;

unsafe extern "C" {
    #[link_name = "__start_gort_short"]
    static START: u8;
    #[link_name = "__stop_gort_short"]
    static STOP: u8;
}

/// The address of a runtime function's short form. On arrival: the arguments in their System V registers, r11 = the
/// function itself, a Quick one.
pub fn short_form(f: RuntimeFn) -> Option<usize> {
    let popcnt = || is_x86_feature_detected!("popcnt");
    let code: *const () = match f {
        RuntimeFn::MemMove => mem_move as _,
        RuntimeFn::MemClr => mem_clr as _,
        RuntimeFn::MemEqual => mem_equal as _,
        RuntimeFn::CmpString => cmp_string as _,
        RuntimeFn::IndexByte => index_byte as _,
        RuntimeFn::ProcPin => proc_pin as _,
        RuntimeFn::ProcUnpin => proc_unpin as _,
        RuntimeFn::CountByte if popcnt() => count_byte as _,
        _ => return None,
    };
    Some(code as usize)
}

/// Is the instruction one of a short form (INV-SHORT-1)?
pub fn in_short_form(pc: Pc) -> bool {
    // Where nothing in a section is referred to, linkers drop it and its bounds with it.
    std::hint::black_box(mem_move as *const ());
    (&raw const START as usize..&raw const STOP as usize).contains(&pc.0)
}

/// Goes on as a Quick thunk.
macro_rules! long {
    () => {
        "push rbp\n mov rbp, rsp\n jmp {quick}"
    };
}

/// Counts one reason more for the goroutine to stay on this P.
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn proc_pin() {
    naked_asm!(
        "cmp dword ptr [r15 + {slow}], 0",
        "jne 9f",
        "mov eax, [r15 + {id}]",
        "add dword ptr [r15 + {pins}], 1",
        "ret",
        "9:",
        long!(),
        slow = const p_offset::PIN_SLOW,
        id = const p_offset::ID,
        pins = const p_offset::PINS,
        quick = sym quick_common,
    )
}

/// Counts one less.
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn proc_unpin() {
    naked_asm!(
        "cmp dword ptr [r15 + {slow}], 0",
        "jne 9f",
        "cmp dword ptr [r15 + {pins}], 0",
        "je 9f",
        "sub dword ptr [r15 + {pins}], 1",
        "ret",
        "9:",
        long!(),
        slow = const p_offset::PIN_SLOW,
        pins = const p_offset::PINS,
        quick = sym quick_common,
    )
}

/// Moves rdx bytes from rsi to rdi.
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn mem_move() {
    naked_asm!(
        "cmp rdx, 16",
        "ja 4f",
        "cmp rdx, 8",
        "jae 3f",
        "cmp rdx, 4",
        "jae 2f",
        "test rdx, rdx",
        "je 8f",
        // The first, the middle and the last.
        "mov r8, rdx",
        "shr r8, 1",
        "movzx eax, byte ptr [rsi]",
        "movzx ecx, byte ptr [rsi + r8]",
        "movzx r9d, byte ptr [rsi + rdx - 1]",
        "mov [rdi], al",
        "mov [rdi + r8], cl",
        "mov [rdi + rdx - 1], r9b",
        "8:",
        "ret",
        "2:", // 4 to 7
        "mov eax, [rsi]",
        "mov ecx, [rsi + rdx - 4]",
        "mov [rdi], eax",
        "mov [rdi + rdx - 4], ecx",
        "ret",
        "3:", // 8 to 16
        "mov rax, [rsi]",
        "mov rcx, [rsi + rdx - 8]",
        "mov [rdi], rax",
        "mov [rdi + rdx - 8], rcx",
        "ret",
        "4:",
        "cmp rdx, 32",
        "ja 5f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        "5:",
        "movups xmm4, [rsi + rdx - 32]",
        "movups xmm5, [rsi + rdx - 16]",
        "cmp rdx, 64",
        "ja 6f",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm4",
        "movups [rdi + rdx - 16], xmm5",
        "ret",
        "6:",
        "cmp rdx, 512",
        "ja 9f",
        // A destination within the source, behind its start, would be written before it is read.
        "mov rax, rdi",
        "sub rax, rsi",
        "cmp rax, rdx",
        "jb 9f",
        "movups xmm6, [rsi + rdx - 64]",
        "movups xmm7, [rsi + rdx - 48]",
        "lea rcx, [rdi + rdx - 64]",
        "7:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "sub rdx, 64",
        "cmp rdx, 64",
        "ja 7b",
        "movups [rcx], xmm6",
        "movups [rcx + 16], xmm7",
        "movups [rcx + 32], xmm4",
        "movups [rcx + 48], xmm5",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

/// Clears rsi bytes at rdi.
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn mem_clr() {
    naked_asm!(
        "xorps xmm0, xmm0",
        "cmp rsi, 16",
        "jb 3f",
        "cmp rsi, 32",
        "ja 7f",
        "movups [rdi], xmm0",
        "movups [rdi + rsi - 16], xmm0",
        "ret",
        "7:",
        "cmp rsi, 512",
        "ja 9f",
        "lea rcx, [rdi + rsi - 32]",
        "2:",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm0",
        "add rdi, 32",
        "cmp rdi, rcx",
        "jb 2b",
        "movups [rcx], xmm0",
        "movups [rcx + 16], xmm0",
        "ret",
        "3:",
        "xor eax, eax",
        "cmp rsi, 8",
        "jb 4f",
        "mov [rdi], rax",
        "mov [rdi + rsi - 8], rax",
        "ret",
        "4:",
        "cmp rsi, 4",
        "jb 5f",
        "mov [rdi], eax",
        "mov [rdi + rsi - 4], eax",
        "ret",
        "5:",
        "test rsi, rsi",
        "je 6f",
        "mov rcx, rsi",
        "shr rcx, 1",
        "mov [rdi], al",
        "mov [rdi + rcx], al",
        "mov [rdi + rsi - 1], al",
        "6:",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

/// Are the rdx bytes at rdi and at rsi the same?
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn mem_equal() {
    naked_asm!(
        "cmp rdi, rsi",
        "je 7f",
        "cmp rdx, 8",
        "jb 4f",
        "cmp rdx, 16",
        "ja 3f",
        "mov rax, [rdi]",
        "mov rcx, [rdi + rdx - 8]",
        "xor rax, [rsi]",
        "xor rcx, [rsi + rdx - 8]",
        "or rax, rcx",
        "sete al",
        "movzx eax, al",
        "ret",
        "3:",
        "cmp rdx, 512",
        "ja 9f",
        "lea rcx, [rdx - 16]",
        "xor r8d, r8d",
        "2:",
        "movups xmm0, [rdi + r8]",
        "movups xmm1, [rsi + r8]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb eax, xmm0",
        "cmp eax, 0xffff",
        "jne 8f",
        "add r8, 16",
        "cmp r8, rcx",
        "jb 2b",
        "movups xmm0, [rdi + rcx]",
        "movups xmm1, [rsi + rcx]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb ecx, xmm0",
        "xor eax, eax",
        "cmp ecx, 0xffff",
        "sete al",
        "ret",
        "4:",
        "cmp rdx, 4",
        "jb 5f",
        "mov eax, [rdi]",
        "mov ecx, [rdi + rdx - 4]",
        "xor eax, [rsi]",
        "xor ecx, [rsi + rdx - 4]",
        "or eax, ecx",
        "sete al",
        "movzx eax, al",
        "ret",
        "5:",
        "test rdx, rdx",
        "je 7f",
        "mov r8, rdx",
        "shr r8, 1",
        "movzx eax, byte ptr [rdi]",
        "movzx ecx, byte ptr [rdi + r8]",
        "movzx r9d, byte ptr [rdi + rdx - 1]",
        "xor al, [rsi]",
        "xor cl, [rsi + r8]",
        "xor r9b, [rsi + rdx - 1]",
        "or al, cl",
        "or al, r9b",
        "sete al",
        "movzx eax, al",
        "ret",
        "7:",
        "mov eax, 1",
        "ret",
        "8:",
        "xor eax, eax",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

/// Which comes first, the rsi bytes at rdi (-1) or the rcx bytes at rdx (1)?
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn cmp_string() {
    naked_asm!(
        "mov r8, rsi",
        "cmp rcx, rsi",
        "cmovb r8, rcx",
        "cmp r8, 256",
        "ja 9f",
        "xor r9d, r9d",
        "cmp r8, 8",
        "jb 4f",
        "sub r8, 8",
        // Words, as numbers whose first byte counts most.
        "5:",
        "mov rax, [rdi + r9]",
        "mov r10, [rdx + r9]",
        "cmp rax, r10",
        "jne 3f",
        "add r9, 8",
        "cmp r9, r8",
        "jb 5b",
        "mov rax, [rdi + r8]",
        "mov r10, [rdx + r8]",
        "cmp rax, r10",
        "jne 3f",
        // The shorter one comes first.
        "2:",
        "xor eax, eax",
        "cmp rsi, rcx",
        "seta al",
        "sbb rax, 0",
        "ret",
        "3:",
        "bswap rax",
        "bswap r10",
        "xor ecx, ecx",
        "cmp rax, r10",
        "seta cl",
        "sbb rcx, 0",
        "mov rax, rcx",
        "ret",
        "4:",
        "cmp r9, r8",
        "je 2b",
        "movzx eax, byte ptr [rdi + r9]",
        "movzx r10d, byte ptr [rdx + r9]",
        "add r9, 1",
        "cmp eax, r10d",
        "je 4b",
        "mov eax, 1",
        "sbb r10d, r10d",
        "or eax, r10d",
        "cdqe",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

/// Fills xmm1 with the byte in edx.
macro_rules! spread {
    () => {
        "movd xmm1, edx\n punpcklbw xmm1, xmm1\n pshuflw xmm1, xmm1, 0\n pshufd xmm1, xmm1, 0"
    };
}

/// With fewer than 16 bytes (rsi, not 0) at rdi: which of them are the byte in xmm1, as bits in eax; no others are set. Reads
/// 16 bytes of one page: those from the first on, or those up to the last.
macro_rules! bits_of_few {
    () => {
        concat!(
            "mov eax, edi\n",
            "and eax, 0xfff\n",
            "cmp eax, 0xff0\n",
            "ja 6f\n",
            "movups xmm0, [rdi]\n",
            "pcmpeqb xmm0, xmm1\n",
            "pmovmskb eax, xmm0\n",
            "mov ecx, esi\n",
            "mov edx, -1\n",
            "shl edx, cl\n",
            "not edx\n",
            "and eax, edx\n",
            "jmp 7f\n",
            "6:\n",
            "movups xmm0, [rdi + rsi - 16]\n",
            "pcmpeqb xmm0, xmm1\n",
            "pmovmskb eax, xmm0\n",
            "mov ecx, 16\n",
            "sub ecx, esi\n",
            "shr eax, cl\n",
            "7:",
        )
    };
}

/// Where in the rsi bytes at rdi is the first byte dl? -1: nowhere.
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn index_byte() {
    naked_asm!(
        "cmp rsi, 256",
        "ja 9f",
        "xor r8d, r8d",
        spread!(),
        "sub rsi, 16",
        "jb 4f",
        "2:",
        "movups xmm0, [rdi + r8]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb eax, xmm0",
        "test eax, eax",
        "jne 3f",
        "add r8, 16",
        "cmp r8, rsi",
        "jb 2b",
        // The last 16: what was seen before is none of them.
        "mov r8, rsi",
        "movups xmm0, [rdi + rsi]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb eax, xmm0",
        "test eax, eax",
        "je 8f",
        "3:",
        "bsf eax, eax",
        "add rax, r8",
        "ret",
        "4:",
        "add rsi, 16",
        "je 8f",
        bits_of_few!(),
        "test eax, eax",
        "je 8f",
        "bsf eax, eax",
        "ret",
        "8:",
        "mov rax, -1",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

/// How many of the rsi bytes at rdi are dl?
#[unsafe(naked)]
#[unsafe(link_section = "gort_short")]
unsafe extern "sysv64" fn count_byte() {
    naked_asm!(
        "cmp rsi, 256",
        "ja 9f",
        "xor r8d, r8d",
        "test rsi, rsi",
        "je 3f",
        spread!(),
        "cmp rsi, 16",
        "jb 2f",
        "4:",
        "movups xmm0, [rdi]",
        "pcmpeqb xmm0, xmm1",
        "pmovmskb eax, xmm0",
        "popcnt eax, eax",
        "add r8, rax",
        "add rdi, 16",
        "sub rsi, 16",
        "cmp rsi, 16",
        "jae 4b",
        "test rsi, rsi",
        "je 3f",
        "2:",
        bits_of_few!(),
        "popcnt eax, eax",
        "add r8, rax",
        "3:",
        "mov rax, r8",
        "ret",
        "9:",
        long!(),
        quick = sym quick_common,
    )
}

#[cfg(test)]
mod tests {
    use super::{cmp_string, count_byte, in_short_form, index_byte, mem_clr, mem_equal, mem_move};
    use gort_abi::addr::{Addr, Pc};
    use gort_sys::mem;
    use std::mem::transmute;

    type Three = unsafe extern "sysv64" fn(*const u8, *const u8, usize) -> u64;
    type Two = unsafe extern "sysv64" fn(*const u8, usize, usize) -> u64;
    type Four = unsafe extern "sysv64" fn(*const u8, usize, *const u8, usize) -> i64;

    /// A short form as a function: of two places and a length.
    fn of_places(f: *const ()) -> Three {
        // SAFETY: the arguments of such a short form.
        unsafe { transmute::<*const (), Three>(f) }
    }

    /// As above: of a place, a length and perhaps a byte.
    fn of_place(f: *const ()) -> Two {
        // SAFETY: the arguments of such a short form.
        unsafe { transmute::<*const (), Two>(f) }
    }

    /// As above: of two places with their lengths.
    fn of_strings(f: *const ()) -> Four {
        // SAFETY: the arguments of such a short form.
        unsafe { transmute::<*const (), Four>(f) }
    }

    /// Bytes that do not repeat soon.
    fn pattern(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 7 + i / 251) as u8).collect()
    }

    /// Two pages, the second of which ends where nothing is mapped.
    struct EndOfMemory(Addr);

    impl EndOfMemory {
        fn new() -> Self {
            let at = mem::map(3 * mem::PAGE).expect("memory");
            // SAFETY: INV-SYS-1, the last page of what was just mapped.
            unsafe { mem::protect_none(at.add(2 * mem::PAGE), mem::PAGE) }.expect("a protected page");
            Self(at)
        }

        /// The last `n` bytes.
        fn last(&self, n: usize) -> *mut u8 {
            self.0.add(2 * mem::PAGE - n).0 as *mut u8
        }
    }

    #[test]
    fn moves_as_copy_within_does() {
        let f = of_places(mem_move as *const ());
        for n in 0..=512 {
            for (from, to) in [(0, 700), (700, 0), (1, 0), (17, 0), (100, 3)] {
                let mut got = pattern(1300);
                let mut want = got.clone();
                want.copy_within(from..from + n, to);
                let base = got.as_mut_ptr();
                // SAFETY: both ranges are in the vector; a short form is done without a frame.
                unsafe { f(base.wrapping_add(to), base.wrapping_add(from), n) };
                assert_eq!(got, want, "{n} from {from} to {to}");
            }
            if n <= 64 {
                let mut got = pattern(200);
                let mut want = got.clone();
                want.copy_within(10..10 + n, 13);
                let base = got.as_mut_ptr();
                // SAFETY: as above.
                unsafe { f(base.wrapping_add(13), base.wrapping_add(10), n) };
                assert_eq!(got, want, "{n} a little forward");
            }
        }
    }

    #[test]
    fn clears_what_it_should() {
        let f = of_place(mem_clr as *const ());
        for n in 0..=512 {
            let mut got = vec![0xAA; 600];
            // SAFETY: the range is in the vector.
            unsafe { f(got.as_mut_ptr().wrapping_add(40), n, 0) };
            assert!(got.iter().enumerate().all(|(i, &b)| (b == 0) == (40..40 + n).contains(&i)), "{n}");
        }
    }

    #[test]
    fn compares_every_byte() {
        let (equal, cmp) = (of_places(mem_equal as *const ()), of_strings(cmp_string as *const ()));
        for n in (0..80).chain([127, 128, 129, 255, 256]) {
            let a = pattern(n);
            let mut b = a.clone();
            // SAFETY: n bytes at both.
            assert_eq!(unsafe { equal(a.as_ptr(), b.as_ptr(), n) }, 1, "{n}");
            // SAFETY: as above.
            assert_eq!(unsafe { cmp(a.as_ptr(), n, b.as_ptr(), n) }, 0, "{n}");
            for i in 0..n {
                for change in [1, 0xFF, 0x80] {
                    b[i] = b[i].wrapping_add(change);
                    // SAFETY: as above.
                    assert_eq!(unsafe { equal(a.as_ptr(), b.as_ptr(), n) }, 0, "{n} at {i}");
                    // SAFETY: as above.
                    let got = unsafe { cmp(a.as_ptr(), n, b.as_ptr(), n) };
                    assert_eq!(got, a.cmp(&b) as i64, "{n} at {i}");
                    b[i] = a[i];
                }
            }
            for m in 0..n {
                // SAFETY: as above.
                let less = unsafe { cmp(a.as_ptr(), m, b.as_ptr(), n) };
                // SAFETY: as above.
                let more = unsafe { cmp(a.as_ptr(), n, b.as_ptr(), m) };
                assert_eq!([less, more], [-1, 1], "{m} of {n}");
            }
        }
    }

    #[test]
    fn finds_bytes_and_reads_no_page_too_many() {
        let (index, count) = (of_place(index_byte as *const ()), of_place(count_byte as *const ()));
        let memory = EndOfMemory::new();
        for n in 0..=256 {
            for before in [0, 1, 5, 20] {
                let text = memory.last(n + before);
                for i in 0..n {
                    // SAFETY: n bytes are there.
                    unsafe { text.wrapping_add(i).write(if i % 5 == 3 { b'x' } else { b'.' }) };
                }
                // What comes behind is not looked at.
                for i in n..n + before {
                    // SAFETY: so many more are there.
                    unsafe { text.wrapping_add(i).write(b'x') };
                }
                let wanted = |c: u8| (0..n).filter(move |i| if i % 5 == 3 { c == b'x' } else { c == b'.' });
                for c in [b'x', b'.', b'?'] {
                    // SAFETY: n bytes are there.
                    let got = unsafe { index(text, n, usize::from(c)) } as i64;
                    assert_eq!(got, wanted(c).next().map_or(-1, |i| i as i64), "{c} in {n}");
                    // SAFETY: as above.
                    let counted = unsafe { count(text, n, usize::from(c)) };
                    assert_eq!(counted, wanted(c).count() as u64, "{c} in {n}");
                }
            }
        }
    }

    #[test]
    fn short_forms_are_known_by_their_address() {
        assert!(in_short_form(Pc(mem_move as *const () as usize)));
        assert!(!in_short_form(Pc(super::short_form as *const () as usize)));
    }
}
