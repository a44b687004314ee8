//! A note: one thread sleeps until another wakes it, once; cleared before it is used again.
//!
//! Go counterpart: `lock_futex.go` (`notesleep`, `notewakeup`).

use gort_sys::{clock, futex};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The one-shot event.
#[derive(Debug, Default)]
pub struct Note {
    key: AtomicU32,
}

impl Note {
    /// A cleared note.
    pub const fn new() -> Self {
        Self { key: AtomicU32::new(0) }
    }

    /// Forgets the wake-up; nobody may be sleeping or about to wake.
    pub fn clear(&self) {
        // Relaxed: whoever wakes next learns of the note through a lock that we release later.
        self.key.store(0, Ordering::Relaxed);
    }

    /// Wakes the sleeper, or lets it not sleep at all. A second wake-up before `clear` does nothing.
    pub fn wakeup(&self) {
        // Release: pairs with the Acquire in `sleep`.
        if self.key.swap(1, Ordering::Release) == 0 {
            futex::wake_all(&self.key);
        }
    }

    /// Sleeps until woken.
    pub fn sleep(&self) {
        // Acquire: pairs with the Release in `wakeup`.
        while self.key.load(Ordering::Acquire) == 0 {
            futex::wait(&self.key, 0, None);
        }
    }

    /// Sleeps until woken or the time is up; was it woken?
    pub fn sleep_timeout(&self, timeout: Duration) -> bool {
        let deadline =
            clock::nanotime().saturating_add(i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX));
        loop {
            // Acquire: pairs with the Release in `wakeup`.
            if self.key.load(Ordering::Acquire) != 0 {
                return true;
            }
            let left = deadline - clock::nanotime();
            if left <= 0 {
                return false;
            }
            futex::wait(&self.key, 0, Some(Duration::from_nanos(left as u64)));
        }
    }

    /// Was it woken?
    pub fn is_set(&self) -> bool {
        // Acquire: pairs with the Release in `wakeup`.
        self.key.load(Ordering::Acquire) != 0
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn wakes_once() {
        let note = Note::new();
        assert!(!note.sleep_timeout(Duration::from_millis(1)));
        std::thread::scope(|s| {
            s.spawn(|| note.wakeup());
            note.sleep();
        });
        assert!(note.is_set());
        note.clear();
        assert!(!note.is_set());
    }
}
