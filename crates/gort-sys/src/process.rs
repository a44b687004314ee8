//! The end of the process.

/// Ends the process at once, all threads with it; nothing is flushed.
pub fn exit(code: i32) -> ! {
    // SAFETY: INV-SYS-2; does not return.
    unsafe { libc::_exit(code) }
}

/// Ends the process by SIGABRT.
pub fn abort() -> ! {
    std::process::abort()
}

/// This process's number.
pub fn id() -> u32 {
    std::process::id()
}
