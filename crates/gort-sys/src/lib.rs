//! The only crate that calls the operating system (ARCH-4).
//!
//! One file per thing the OS gives us. Everything here is thin: policy lives above. What can fail for
//! reasons outside the program returns [`OsError`]; what can only fail by a bug of ours panics.
//!
//! # Invariants
//!
//! * **INV-SYS-1 (own range).** A range of addresses is passed to [`mem`] only by the party that reserved
//!   it, page-aligned, and no reference into it is alive when access to it is taken away.
//! * **INV-SYS-2 (plain call).** The system call reads and writes nothing of ours but the arguments
//!   shown, which are live for the duration of the call.
//! * **INV-SYS-3 (fault context).** The kernel passes a fault handler a valid `ucontext_t`, exclusively
//!   owned by the handler until it returns.

pub mod cgroup;
pub mod cgroup_memory;
pub mod clock;
pub mod code_memory;
pub mod cpu;
pub mod fd;
pub mod futex;
pub mod image;
pub mod mem;
pub mod poll;
pub mod process;
pub mod signal;
pub mod syscall;
pub mod thread;

/// The operating system said no: its error number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OsError(pub i32);

impl OsError {
    /// The error number of the last failed call of this thread.
    pub fn last() -> Self {
        Self(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }
}

impl std::fmt::Debug for OsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", std::io::Error::from_raw_os_error(self.0))
    }
}

impl std::fmt::Display for OsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", std::io::Error::from_raw_os_error(self.0))
    }
}

impl std::error::Error for OsError {}
