//! System calls by number, for programs that make their own.

/// Makes a system call; the kernel's result: an error number negated, or anything else.
///
/// # Safety
/// The caller answers for what the call does.
pub unsafe fn raw(number: usize, args: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = args;
    // SAFETY: the caller's contract.
    let result = unsafe { libc::syscall(number as libc::c_long, a, b, c, d, e, f) };
    if result == -1 { -(crate::OsError::last().0 as isize) } else { result as isize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_errors() {
        // SAFETY: harmless calls.
        let pid = unsafe { raw(libc::SYS_getpid as usize, [0; 6]) };
        assert_eq!(pid, std::process::id() as isize);
        // SAFETY: as above.
        let error = unsafe { raw(libc::SYS_close as usize, [usize::MAX, 0, 0, 0, 0, 0]) };
        assert_eq!(error, -(libc::EBADF as isize));
    }
}
