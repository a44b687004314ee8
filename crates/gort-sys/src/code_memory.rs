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

/// Code memory that grows while what is in it runs. It is mapped twice: where it runs, executable and never writable, and
/// elsewhere, where it is written.
#[derive(Debug)]
pub struct GrowingCode {
    runs_at: Addr,
    alias: Addr,
    len: usize,
    used: usize,
}

impl GrowingCode {
    /// Room for `len` bytes of code that will run from `at` on; memory is taken when written.
    ///
    /// # Safety
    /// INV-SYS-1: the range at `at` is reserved by the caller, who releases it after dropping this.
    pub unsafe fn new(at: Addr, len: usize) -> Result<Self, OsError> {
        let len = mem::round_up_page(len.max(1));
        // SAFETY: the caller's contract.
        let alias = unsafe { mem::map_twice(at, len)? };
        Ok(Self { runs_at: at, alias, len, used: 0 })
    }

    /// Where the next bytes will run, aligned to `align`, a power of two; none if `len` of them have no room.
    pub fn next(&self, len: usize, align: usize) -> Option<Addr> {
        let at = self.used.next_multiple_of(align);
        (at.checked_add(len)? <= self.len).then(|| self.runs_at.add(at))
    }

    /// Writes code where [`GrowingCode::next`] said.
    pub fn append(&mut self, at: Addr, code: &[u8]) {
        let offset = at.offset_from(self.runs_at);
        assert!(offset >= self.used && offset + code.len() <= self.len, "INV-SYS-1: not the free part");
        let to = ptr::with_exposed_provenance_mut::<u8>(self.alias.add(offset).0);
        // SAFETY: INV-SYS-1, inside the alias, behind all that was written and so behind all that runs.
        unsafe { ptr::copy_nonoverlapping(code.as_ptr(), to, code.len()) };
        self.used = offset + code.len();
    }
}

impl Drop for GrowingCode {
    fn drop(&mut self) {
        // SAFETY: INV-SYS-1, mapped in `new`.
        unsafe { mem::release(self.alias, self.len) };
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

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn grows_while_it_runs() {
        let at = mem::reserve(2 * mem::PAGE, Addr::NULL).unwrap();
        // SAFETY: INV-SYS-1, reserved above.
        let mut code = unsafe { GrowingCode::new(at, 2 * mem::PAGE).unwrap() };
        for n in 1..=3u8 {
            let place = code.next(6, 16).unwrap();
            code.append(place, &[0xb8, n, 0, 0, 0, 0xc3]);
            let p = ptr::with_exposed_provenance::<()>(place.0);
            // SAFETY: the bytes above are `mov eax, n; ret`.
            let f: extern "C" fn() -> i32 = unsafe { std::mem::transmute(p) };
            assert_eq!(f(), i32::from(n));
        }
        assert!(code.next(2 * mem::PAGE, 16).is_none());
        drop(code);
        // SAFETY: INV-SYS-1, reserved above.
        unsafe { mem::release(at, 2 * mem::PAGE) };
    }
}
