//! `print` and `println`: what one statement prints is collected and written at once.
//!
//! Compiled code brackets a statement with `printlock` and `printunlock`; between them it calls nothing
//! but the print functions, so the goroutine stays on its thread and the lock is held for long by nobody.
//!
//! INV-PRINT-1 (locked): the text is touched only by the thread that holds the lock.
//!
//! Go counterpart: `runtime/print.go`.

pub mod format;

use gort_sync::{LockRank, RawMutex};
use std::cell::UnsafeCell;

/// The statement being printed.
#[derive(Debug, Default)]
pub struct Printer {
    lock: RawMutex,
    text: UnsafeCell<Text>,
}

#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// Where it is written besides.
    also: Option<i32>,
}

// SAFETY: INV-PRINT-1.
unsafe impl Sync for Printer {}

impl Printer {
    /// Begins a statement.
    pub fn lock(&self) {
        self.lock.lock(LockRank::Print);
    }

    /// Ends a statement: writes it to standard error.
    pub fn unlock(&self) {
        // SAFETY: INV-PRINT-1, we hold the lock until below.
        let text = unsafe { &mut *self.text.get() };
        gort_sys::fd::write_all(gort_sys::fd::STDERR, &text.bytes);
        if let Some(fd) = text.also {
            gort_sys::fd::write_all(fd, &text.bytes);
        }
        text.bytes.clear();
        self.lock.unlock(LockRank::Print);
    }

    /// Adds to the statement.
    pub fn with(&self, add: impl FnOnce(&mut Vec<u8>)) {
        // SAFETY: INV-PRINT-1: compiled code calls print functions only between lock and unlock.
        let text = unsafe { &mut *self.text.get() };
        add(&mut text.bytes);
    }

    /// From now on statements are written to that descriptor too: the program ends, and they say why.
    pub fn copy_to(&self, fd: i32) {
        self.lock.lock(LockRank::Print);
        // SAFETY: INV-PRINT-1.
        unsafe { (*self.text.get()).also = Some(fd) };
        self.lock.unlock(LockRank::Print);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::AsRawFd;

    #[test]
    fn what_is_printed_may_go_elsewhere_too() {
        let (mut read, write) = std::io::pipe().expect("a pipe");
        let printer = Printer::default();
        let print = |text: &[u8]| {
            printer.lock();
            printer.with(|out| out.extend_from_slice(text));
            printer.unlock();
        };
        print(b"before\n");
        printer.copy_to(write.as_raw_fd());
        print(b"after\n");
        drop(write);
        let mut copied = String::new();
        read.read_to_string(&mut copied).expect("text");
        assert_eq!(copied, "after\n");
    }
}
