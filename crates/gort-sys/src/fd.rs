//! Bytes to and from file descriptors.

use crate::OsError;

/// Standard output.
pub const STDOUT: i32 = 1;
/// Standard error.
pub const STDERR: i32 = 2;

/// Writes once; returns how many bytes went out.
pub fn write(fd: i32, bytes: &[u8]) -> Result<usize, OsError> {
    // SAFETY: INV-SYS-2; the bytes are borrowed for the call.
    let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(n).map_err(|_| OsError::last())
}

/// Writes everything, or as much as the other side takes.
pub fn write_all(fd: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(0) => return,
            Ok(n) => bytes = &bytes[n..],
            Err(OsError(libc::EINTR | libc::EAGAIN)) => {}
            Err(_) => return,
        }
    }
}

/// From now on the descriptor `to` means what `from` does.
pub fn duplicate(from: i32, to: i32) -> Result<(), OsError> {
    // SAFETY: INV-SYS-2.
    if unsafe { libc::dup2(from, to) } < 0 {
        return Err(OsError::last());
    }
    Ok(())
}

/// Reads once; zero at the end.
pub fn read(fd: i32, buffer: &mut [u8]) -> Result<usize, OsError> {
    // SAFETY: INV-SYS-2; the buffer is borrowed for the call.
    let n = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(n).map_err(|_| OsError::last())
}
