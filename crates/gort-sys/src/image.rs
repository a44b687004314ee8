//! The files this process is made of: what of them is in memory, and letting go of it.
//!
//! INV-IMAGE-1 (segments that cannot be written are the file): a loadable segment without the write flag is never
//! written, so its pages can be dropped at any time; they are read again, most from the page cache, when next used.

use std::ffi::{c_int, c_void};
use std::ptr;

/// Lets go of the pages of code and constants of this program and its libraries. What is used later comes back a few
/// pages at a time; what was needed only to get here does not. (Breakpoints of a debugger are in such pages: lost.)
pub fn drop_unwritten() {
    // SAFETY: INV-SYS-2; the callback does nothing but advise.
    unsafe { libc::dl_iterate_phdr(Some(drop_segments), ptr::null_mut()) };
}

extern "C" fn drop_segments(info: *mut libc::dl_phdr_info, _size: usize, _data: *mut c_void) -> c_int {
    // SAFETY: INV-SYS-2; the loader passes a record that is valid during the call.
    let info = unsafe { &*info };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: INV-SYS-2; so many headers are there.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let first = (info.dlpi_addr + header.p_vaddr) as usize;
        let from = first.next_multiple_of(crate::mem::PAGE);
        let to = (first + header.p_memsz as usize) & !(crate::mem::PAGE - 1);
        if from < to {
            // SAFETY: INV-IMAGE-1.
            unsafe { libc::madvise(ptr::with_exposed_provenance_mut(from), to - from, libc::MADV_DONTNEED) };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    static CONSTANT: [u64; 4096] = [7; 4096];

    #[test]
    fn dropped_pages_come_back() {
        drop_unwritten();
        assert!(std::hint::black_box(&CONSTANT).iter().all(|word| *word == 7));
        assert_eq!(format!("{:?}", std::hint::black_box(Some(3))), "Some(3)");
    }
}
