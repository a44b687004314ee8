//! The entry stub: a stack check in front of the body, which Cranelift aligned to 16.
//!
//! ```text
//!   slow:   call morestack          ; runs on the system stack, comes back here: tries again
//!   entry:  cmp  rsp, [r15]         ; big frames: lea r11, [rsp - frame]; cmp r11, [r15]
//!           jbe  slow
//!   body:   push rbp ...
//! ```
//!
//! It is added after compilation, when the frame's exact size is known. Nothing is pushed yet, so all
//! arguments are where the caller put them. Small leaves have none: the guard area has room for them.

use gort_abi::layout::{STACK_SMALL, p_offset};

/// A stub, and where things are in it.
#[derive(Debug)]
pub struct Stub {
    /// Bytes, a multiple of 16: the body follows.
    pub bytes: Vec<u8>,
    /// Where calls of the function go.
    pub entry: u32,
    /// Where the four bytes of the distance to the MoreStack thunk are.
    pub call_field: u32,
}

const _: () = assert!(p_offset::STACK_LIMIT >= 0 && p_offset::STACK_LIMIT < 128);

/// The stub for a frame of that many bytes, return address and frame pointer not counted.
pub fn stub(frame: u32) -> Stub {
    let limit = p_offset::STACK_LIMIT as u8;
    let mut check = Vec::new();
    if frame as usize <= STACK_SMALL {
        check.extend([0x49, 0x3B, 0x67, limit]); // cmp rsp, [r15 + limit]
    } else {
        check.extend([0x4C, 0x8D, 0x9C, 0x24]); // lea r11, [rsp + disp32]
        check.extend((-i64::from(frame) as i32).to_le_bytes());
        check.extend([0x4D, 0x3B, 0x5F, limit]); // cmp r11, [r15 + limit]
    }
    let call = 5;
    let used = call + check.len() + 2;
    let pad = used.next_multiple_of(16) - used;
    let mut bytes = vec![0xCC; pad];
    bytes.extend([0xE8, 0, 0, 0, 0]); // call rel32
    let entry = bytes.len() as u32;
    bytes.extend(&check);
    let back = -((check.len() + 2 + call) as i8);
    bytes.extend([0x76, back as u8]); // jbe slow
    Stub { bytes, entry, call_field: entry - 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_frame_is_one_line_of_code() {
        let s = stub(64);
        assert_eq!(s.bytes.len(), 16);
        assert_eq!(s.bytes[s.entry as usize..], [0x49, 0x3B, 0x67, 0, 0x76, 0xF5]);
        assert_eq!(s.bytes[s.call_field as usize - 1], 0xE8);
    }

    #[test]
    fn big_frame_checks_below_it() {
        let s = stub(4096);
        assert_eq!(s.bytes.len(), 32);
        let entry = s.entry as usize;
        assert_eq!(s.bytes[entry..entry + 8], [0x4C, 0x8D, 0x9C, 0x24, 0, 0xF0, 0xFF, 0xFF]);
    }
}
