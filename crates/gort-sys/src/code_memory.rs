//! Memory for machine code: written first, then published, never both (W^X).

use crate::{OsError, mem};
use gort_abi::addr::{Addr, Pc};
use std::ptr;

/// Code memory that is being written: readable and writable, not executable.
#[derive(Debug)]
pub struct CodeMemory {
    base: Addr,
    len: usize,
}

/// Code memory that can run: readable and executable. Freed on drop.
#[derive(Debug)]
pub struct PublishedCode {
    base: Addr,
    len: usize,
}

impl CodeMemory {
    /// At least `len` bytes, zeroed.
    pub fn new(len: usize) -> Result<Self, OsError> {
        let len = mem::round_up_page(len.max(1));
        Ok(Self { base: mem::map(len)?, len })
    }

    /// Where the code will run: addresses in it are final.
    pub fn base(&self) -> Pc {
        Pc(self.base.0)
    }

    /// The bytes, to be filled in.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let p = ptr::with_exposed_provenance_mut(self.base.0);
        // SAFETY: INV-SYS-1, mapped in `new`, exclusively ours while `self` is borrowed.
        unsafe { std::slice::from_raw_parts_mut(p, self.len) }
    }

    /// No more writing: from here on it can be executed.
    pub fn publish(self) -> Result<PublishedCode, OsError> {
        // SAFETY: INV-SYS-1; `self` is owned, so no reference into it is alive.
        unsafe { mem::protect_execute(self.base, self.len)? };
        let code = PublishedCode { base: self.base, len: self.len };
        std::mem::forget(self);
        Ok(code)
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-1, mapped in `new`.
        unsafe { mem::release(self.base, self.len) };
    }
}

impl PublishedCode {
    /// First byte.
    pub fn base(&self) -> Pc {
        Pc(self.base.0)
    }

    /// Size in bytes, whole pages.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Does the code contain that address?
    pub fn contains(&self, pc: Pc) -> bool {
        pc.offset_from(self.base()) < self.len
    }
}

impl Drop for PublishedCode {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-1; whoever drops it has stopped everything that runs in it.
        unsafe { mem::release(self.base, self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn runs() {
        let mut code = CodeMemory::new(16).unwrap();
        code.bytes_mut()[..6].copy_from_slice(&[0xb8, 42, 0, 0, 0, 0xc3]);
        let code = code.publish().unwrap();
        let p = ptr::with_exposed_provenance::<()>(code.base().0);
        // SAFETY: the bytes above are `mov eax, 42; ret`.
        let f: extern "C" fn() -> i32 = unsafe { std::mem::transmute(p) };
        assert_eq!(f(), 42);
    }
}
