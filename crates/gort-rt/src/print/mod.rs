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
    text: UnsafeCell<Vec<u8>>,
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
        gort_sys::fd::write_all(gort_sys::fd::STDERR, text);
        text.clear();
        self.lock.unlock(LockRank::Print);
    }

    /// Adds to the statement.
    pub fn with(&self, add: impl FnOnce(&mut Vec<u8>)) {
        // SAFETY: INV-PRINT-1: compiled code calls print functions only between lock and unlock.
        add(unsafe { &mut *self.text.get() });
    }
}
