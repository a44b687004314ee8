//! One range per module: code, code compiled later, read-only data, variables, near enough for 32-bit offsets.
//!
//! INV-CODE-1 (W^X): while a module is being written nothing in it runs; `publish` makes the code
//! executable and the read-only part read-only for good. Code compiled later is written through another mapping.

use gort_abi::addr::Addr;
use gort_sys::code_memory::GrowingCode;
use gort_sys::{OsError, mem};

/// Where a program is put if there is room, as a linker would: Go programs expect low addresses of variables.
const LOW: Addr = Addr(0x40_0000);

/// The memory of a module. Freed on drop.
#[derive(Debug)]
pub struct ModuleMemory {
    base: Addr,
    code: usize,
    late: usize,
    read_only: usize,
    variables: usize,
}

impl ModuleMemory {
    /// Maps room for the parts; that of `late` is only reserved.
    pub fn new(code: usize, late: usize, read_only: usize, variables: usize) -> Result<Self, OsError> {
        let [code, read_only, variables] = [code, read_only, variables].map(|n| mem::round_up_page(n.max(1)));
        let late = mem::round_up_page(late);
        let base = mem::reserve(code + late + read_only + variables, LOW)?;
        let memory = Self { base, code, late, read_only, variables };
        // SAFETY: part of the range just reserved.
        unsafe { mem::commit(base, code)? };
        // SAFETY: as above.
        unsafe { mem::commit(memory.data(), read_only + variables)? };
        Ok(memory)
    }

    /// Room for code that is compiled later.
    pub fn late_code(&self) -> Result<GrowingCode, OsError> {
        // SAFETY: INV-SYS-1: a part of our range, between code and data, that nothing else uses; called once, and the
        // module drops the result before this.
        unsafe { GrowingCode::new(self.base.add(self.code), self.late) }
    }

    /// Start of the code.
    pub fn code(&self) -> Addr {
        self.base
    }

    /// Start of the data: first the read-only part, then the variables.
    pub fn data(&self) -> Addr {
        self.base.add(self.code + self.late)
    }

    /// Start of the variables.
    pub fn variables(&self) -> Addr {
        self.data().add(self.read_only)
    }

    /// Bytes of code, whole pages.
    pub fn code_size(&self) -> usize {
        self.code + self.late
    }

    /// Bytes of data, both parts, whole pages.
    pub fn data_size(&self) -> usize {
        self.read_only + self.variables
    }

    /// Copies bytes to `at`, an address in the code or the data.
    pub fn write(&mut self, at: Addr, bytes: &[u8]) {
        let offset = at.offset_from(self.base);
        let part = if offset < self.code { self.code } else { self.code + self.late + self.data_size() };
        assert!(offset < part && bytes.len() <= part - offset, "INV-CODE-1: outside of the module");
        // SAFETY: INV-CODE-1: mapped writable in `new`, not yet published, exclusively ours.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at.0 as *mut u8, bytes.len()) };
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
        unsafe { mem::release(self.base, self.code + self.late + self.read_only + self.variables) };
    }
}
