//! One mapping per module: code, then read-only data, then variables, near enough for 32-bit offsets.
//!
//! INV-CODE-1 (W^X): while a module is being written nothing in it runs; `publish` makes the code
//! executable and the read-only part read-only for good.

use gort_abi::addr::Addr;
use gort_sys::{OsError, mem};

/// Where a program is put if there is room, as a linker would: Go programs expect low addresses of variables.
const LOW: Addr = Addr(0x40_0000);

/// The memory of a module. Freed on drop.
#[derive(Debug)]
pub struct ModuleMemory {
    base: Addr,
    code: usize,
    read_only: usize,
    variables: usize,
}

impl ModuleMemory {
    /// Maps room for the three parts.
    pub fn new(code: usize, read_only: usize, variables: usize) -> Result<Self, OsError> {
        let [code, read_only, variables] = [code, read_only, variables].map(|n| mem::round_up_page(n.max(1)));
        let len = code + read_only + variables;
        let base = mem::reserve(len, LOW)?;
        // SAFETY: the whole of the range just reserved.
        unsafe { mem::commit(base, len)? };
        Ok(Self { base, code, read_only, variables })
    }

    /// Start of the code.
    pub fn code(&self) -> Addr {
        self.base
    }

    /// Start of the data: first the read-only part, then the variables.
    pub fn data(&self) -> Addr {
        self.base.add(self.code)
    }

    /// Start of the variables.
    pub fn variables(&self) -> Addr {
        self.data().add(self.read_only)
    }

    /// Bytes of code, whole pages.
    pub fn code_size(&self) -> usize {
        self.code
    }

    /// Bytes of data, both parts, whole pages.
    pub fn data_size(&self) -> usize {
        self.read_only + self.variables
    }

    /// All bytes, to be filled in; index 0 is the start of the code.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.code + self.read_only + self.variables;
        // SAFETY: INV-CODE-1: mapped writable in `new`, not yet published, exclusively ours.
        unsafe { std::slice::from_raw_parts_mut(self.base.0 as *mut u8, len) }
    }

    /// Makes the code executable and the read-only data read-only.
    pub fn publish(&mut self) -> Result<(), OsError> {
        // SAFETY: whole pages of our mapping; no reference into them is alive.
        unsafe { mem::protect_execute(self.base, self.code)? };
        // SAFETY: as above.
        unsafe { mem::protect_read_only(self.data(), self.read_only) }
    }
}

impl Drop for ModuleMemory {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; the runtime that ran the module is gone.
        unsafe { mem::release(self.base, self.code + self.read_only + self.variables) };
    }
}
