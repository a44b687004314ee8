//! Address space in three steps: reserve (no access), commit (readable and writable), release.
//!
//! Go counterpart: `mem_linux.go` (`sysReserve`, `sysMap`, `sysUnused`, `sysFree`).

use crate::OsError;
use gort_abi::addr::Addr;
use std::ptr;

/// Bytes per page of the operating system.
pub const PAGE: usize = 4096;

/// Rounds up to whole pages.
pub const fn round_up_page(len: usize) -> usize {
    (len + PAGE - 1) & !(PAGE - 1)
}

/// How much address space this process may have (`RLIMIT_AS`), if that is limited.
pub fn address_space_limit() -> Option<usize> {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: INV-SYS-2; `limit` is a live rlimit.
    let rc = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    (rc == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur as usize)
}

/// Gives memory that the native allocator holds free back to the system.
pub fn trim_native() {
    #[cfg(target_env = "gnu")]
    // SAFETY: INV-SYS-2; it only looks at free memory.
    unsafe {
        libc::malloc_trim(0);
    }
}

fn mmap(hint: Addr, len: usize, prot: i32, flags: i32) -> Result<Addr, OsError> {
    debug_assert_eq!(len % PAGE, 0, "INV-SYS-1: not whole pages");
    // SAFETY: INV-SYS-2; a hint without MAP_FIXED never replaces a mapping.
    let at = unsafe { libc::mmap(ptr::without_provenance_mut(hint.0), len, prot, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(OsError::last());
    }
    Ok(Addr(at.expose_provenance()))
}

/// Reserves `len` bytes of address space without access, near `hint` if the kernel agrees.
pub fn reserve(len: usize, hint: Addr) -> Result<Addr, OsError> {
    mmap(hint, len, libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE)
}

/// As [`reserve`], at a multiple of `align` (a power of two, at least a page).
pub fn reserve_aligned(len: usize, align: usize, hint: Addr) -> Result<Addr, OsError> {
    assert!(align.is_power_of_two() && align >= PAGE);
    let raw = reserve(len + align, hint)?;
    let base = Addr((raw.0 + align - 1) & !(align - 1));
    let head = base.offset_from(raw);
    if head > 0 {
        // SAFETY: INV-SYS-1, the head of the range just reserved.
        unsafe { release(raw, head) };
    }
    let tail = align - head;
    if tail > 0 {
        // SAFETY: INV-SYS-1, the tail of the range just reserved.
        unsafe { release(base.add(len), tail) };
    }
    Ok(base)
}

/// Maps `len` zeroed bytes, readable and writable at once.
pub fn map(len: usize) -> Result<Addr, OsError> {
    mmap(Addr::NULL, len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS)
}

/// As [`map`], with memory behind all of it at once: the first access to a page is no fault. (A first access that reads
/// would even be followed by a second fault when the page is written, which interrupts every other thread.)
pub fn map_filled(len: usize) -> Result<Addr, OsError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
    mmap(Addr::NULL, len, libc::PROT_READ | libc::PROT_WRITE, flags)
}

fn protect(at: Addr, len: usize, prot: i32) -> Result<(), OsError> {
    debug_assert!(at.0.is_multiple_of(PAGE) && len.is_multiple_of(PAGE), "INV-SYS-1: not whole pages");
    // SAFETY: INV-SYS-1, promised by the callers of the unsafe functions below.
    if unsafe { libc::mprotect(ptr::with_exposed_provenance_mut(at.0), len, prot) } != 0 {
        return Err(OsError::last());
    }
    Ok(())
}

/// Makes part of a reservation readable and writable; it reads as zeroes the first time.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn commit(at: Addr, len: usize) -> Result<(), OsError> {
    protect(at, len, libc::PROT_READ | libc::PROT_WRITE)
}

/// Takes access away; the contents stay.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn protect_none(at: Addr, len: usize) -> Result<(), OsError> {
    protect(at, len, libc::PROT_NONE)
}

/// Makes the range read-only.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn protect_read_only(at: Addr, len: usize) -> Result<(), OsError> {
    protect(at, len, libc::PROT_READ)
}

/// Makes the range readable and executable.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn protect_execute(at: Addr, len: usize) -> Result<(), OsError> {
    protect(at, len, libc::PROT_READ | libc::PROT_EXEC)
}

/// Maps the same `len` bytes of fresh memory twice: at `at` to be read and executed, and where the result says to be
/// read and written. It has no file (a memfd would be one): only so does perf look for its functions in a map.
///
/// # Safety
/// INV-SYS-1 for the range at `at`.
pub unsafe fn map_twice(at: Addr, len: usize) -> Result<Addr, OsError> {
    debug_assert!(at.0.is_multiple_of(PAGE) && len.is_multiple_of(PAGE), "INV-SYS-1: not whole pages");
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    let place = ptr::with_exposed_provenance_mut(at.0);
    // SAFETY: INV-SYS-2; what is replaced is the caller's own (INV-SYS-1).
    let first = unsafe { libc::mmap(place, len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if first == libc::MAP_FAILED {
        return Err(OsError::last());
    }
    // Nothing is moved: of shared memory, an old size of 0 makes a second mapping.
    // SAFETY: INV-SYS-2.
    let second = unsafe { libc::mremap(first, 0, len, libc::MREMAP_MAYMOVE) };
    if second == libc::MAP_FAILED {
        return Err(OsError::last());
    }
    protect(at, len, libc::PROT_READ | libc::PROT_EXEC)?;
    Ok(Addr(second.expose_provenance()))
}

fn advise(at: Addr, len: usize, advice: i32) {
    // SAFETY: INV-SYS-1, promised by the callers of the unsafe functions below.
    let _ = unsafe { libc::madvise(ptr::with_exposed_provenance_mut(at.0), len, advice) };
}

/// Gives the pages back to the OS; access stays, and they read as zeroes afterwards.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn discard(at: Addr, len: usize) {
    advise(at, len, libc::MADV_DONTNEED);
}

/// Gives the pages back to the OS and takes access away: the opposite of [`commit`].
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn decommit(at: Addr, len: usize) -> Result<(), OsError> {
    advise(at, len, libc::MADV_DONTNEED);
    protect(at, len, libc::PROT_NONE)
}

/// Asks for huge pages, or for none; advice only.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn advise_huge(at: Addr, len: usize, wanted: bool) {
    advise(at, len, if wanted { libc::MADV_HUGEPAGE } else { libc::MADV_NOHUGEPAGE });
}

/// Ends a reservation or mapping, or part of one.
///
/// # Safety
/// INV-SYS-1.
pub unsafe fn release(at: Addr, len: usize) {
    // SAFETY: INV-SYS-1, promised by the caller.
    let rc = unsafe { libc::munmap(ptr::with_exposed_provenance_mut(at.0), len) };
    assert_eq!(rc, 0, "munmap {at:?} {len:#x}: {}", OsError::last());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserve_commit_release() {
        let len = 1 << 30;
        let at = reserve_aligned(len, 1 << 22, Addr::NULL).unwrap();
        assert_eq!(at.0 % (1 << 22), 0);
        // SAFETY: INV-SYS-1, reserved above.
        unsafe { commit(at.add(PAGE), PAGE).unwrap() };
        let p = ptr::with_exposed_provenance_mut::<u64>(at.add(PAGE).0);
        // SAFETY: INV-SYS-1, committed above.
        unsafe { p.write(7) };
        // SAFETY: INV-SYS-1, committed above.
        unsafe { discard(at.add(PAGE), PAGE) };
        // SAFETY: INV-SYS-1, committed above.
        assert_eq!(unsafe { p.read() }, 0);
        // SAFETY: INV-SYS-1, nothing refers to it any more.
        unsafe { release(at, len) };
    }
}
