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

/// Ends the process as a write to a closed pipe does by default.
pub fn die_of_sigpipe() -> ! {
    // SAFETY: INV-SYS-2; the default disposition is always valid.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    // SAFETY: INV-SYS-2.
    unsafe { libc::raise(libc::SIGPIPE) };
    exit(2)
}
