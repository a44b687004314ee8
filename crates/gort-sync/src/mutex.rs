//! A lock for threads of the runtime: one word, futex when contended, rank checked in debug builds.
//!
//! Held only for short stretches by code on a system stack or a Rust goroutine, never over a park.
//! Go counterpart: `lock_futex.go`.
//!
//! **INV-SYNC-1 (one guard).** For one [`Mutex`] at most one guard is alive, and it exists exactly while
//! the word is not free.

use crate::lock_rank::{self, LockRank};
use gort_sys::futex;
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

const FREE: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may sleep.
const SLEEPING: u32 = 2;

const SPINS: u32 = 40;

/// The lock word alone; zeroed memory is an unlocked one. For locks inside objects of the Go heap.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct RawMutex {
    word: AtomicU32,
}

impl RawMutex {
    /// An unlocked one.
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(FREE) }
    }

    /// Takes the lock.
    #[inline]
    pub fn lock(&self, rank: LockRank) {
        lock_rank::acquire(rank);
        // Acquire: pairs with the Release in `unlock`.
        if self.word.compare_exchange(FREE, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_slow();
        }
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self, rank: LockRank) -> bool {
        // Acquire: pairs with the Release in `unlock`.
        let taken = self.word.compare_exchange(FREE, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if taken {
            lock_rank::acquired_without_waiting(rank);
        }
        taken
    }

    #[cold]
    fn lock_slow(&self) {
        for _ in 0..SPINS {
            // Acquire: pairs with the Release in `unlock`.
            if self.word.compare_exchange_weak(FREE, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
            std::hint::spin_loop();
        }
        // Acquire: pairs with the Release in `unlock`.
        while self.word.swap(SLEEPING, Ordering::Acquire) != FREE {
            futex::wait(&self.word, SLEEPING, None);
        }
    }

    /// Gives the lock back.
    ///
    /// # Panics
    /// If it is not locked.
    #[inline]
    pub fn unlock(&self, rank: LockRank) {
        lock_rank::release(rank);
        // Release: pairs with the Acquires in the lock functions.
        match self.word.swap(FREE, Ordering::Release) {
            LOCKED => {}
            SLEEPING => {
                futex::wake(&self.word, 1);
            }
            _ => panic!("unlock of unlocked lock"),
        }
    }

    /// Is it locked by anybody right now? For diagnosis.
    pub fn is_locked(&self) -> bool {
        // Relaxed: a hint, nothing is read on the strength of it.
        self.word.load(Ordering::Relaxed) != FREE
    }
}

/// A value behind a ranked lock.
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    rank: LockRank,
    value: UnsafeCell<T>,
}

// SAFETY: INV-SYNC-1: one guard at a time, so the value is only ever with one thread.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: INV-SYNC-1.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// Proof that the lock is held (INV-SYNC-1).
#[must_use]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    /// The rank record is per thread.
    _not_send: std::marker::PhantomData<*mut ()>,
}

impl<T> Mutex<T> {
    /// An unlocked one.
    pub const fn new(rank: LockRank, value: T) -> Self {
        Self { raw: RawMutex::new(), rank, value: UnsafeCell::new(value) }
    }

    /// The value, when the lock is no longer needed.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock(self.rank);
        MutexGuard { lock: self, _not_send: std::marker::PhantomData }
    }

    /// Takes the lock if it is free.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.raw.try_lock(self.rank).then(|| MutexGuard { lock: self, _not_send: std::marker::PhantomData })
    }

    /// The value; no other reference to the lock exists.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Is it locked by anybody right now? For diagnosis.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: INV-SYNC-1, we are the guard.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: INV-SYNC-1, we are the guard.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.raw.unlock(self.lock.rank);
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mutex({:?}, locked: {})", self.rank, self.is_locked())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn counts_under_contention() {
        let lock = Mutex::new(LockRank::Leaf, 0_u64);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..10_000 {
                        *lock.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(lock.into_inner(), 40_000);
    }

    #[test]
    fn try_lock_fails_while_held() {
        let lock = Mutex::new(LockRank::Leaf, ());
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }
}
