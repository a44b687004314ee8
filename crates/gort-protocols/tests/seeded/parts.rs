//! What compositions are made of besides protocols: something that one party at a time may touch, a note, chance.

use shuttle::rand::{RngCore, thread_rng};
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::sync::{Condvar, Mutex};

const WRITER: u32 = 1 << 16;

/// Stands for memory that a protocol gives to one writer, or to readers. Touching it takes two steps, so that another may
/// come between; who finds somebody there panics.
#[derive(Debug)]
pub struct Alone {
    what: &'static str,
    users: AtomicU32,
}

impl Alone {
    pub fn new(what: &'static str) -> Self {
        Self { what, users: AtomicU32::new(0) }
    }

    pub fn write(&self) {
        let users = self.users.fetch_add(WRITER, Ordering::SeqCst);
        assert_eq!(users, 0, "{}: written while others use it", self.what);
        self.users.fetch_sub(WRITER, Ordering::SeqCst);
    }

    pub fn read(&self) {
        let users = self.users.fetch_add(1, Ordering::SeqCst);
        assert!(users < WRITER, "{}: read while it is written", self.what);
        self.users.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One sleeps until another wakes it; the wake-up is kept.
#[derive(Debug)]
pub struct Note {
    set: Mutex<bool>,
    woken: Condvar,
}

impl Default for Note {
    fn default() -> Self {
        Self { set: Mutex::new(false), woken: Condvar::new() }
    }
}

impl Note {
    pub fn wakeup(&self) {
        *self.set.lock().unwrap() = true;
        self.woken.notify_all();
    }

    /// Sleeps until woken, and forgets it.
    pub fn sleep(&self) {
        let mut set = self.set.lock().unwrap();
        while !*set {
            set = self.woken.wait(set).unwrap();
        }
        *set = false;
    }

    /// Was it woken? Forgets it.
    pub fn take(&self) -> bool {
        std::mem::take(&mut *self.set.lock().unwrap())
    }
}

/// A number below `n`, from the seed.
pub fn below(n: usize) -> usize {
    (thread_rng().next_u64() % n as u64) as usize
}

/// One time in `n`.
pub fn one_in(n: usize) -> bool {
    below(n) == 0
}
