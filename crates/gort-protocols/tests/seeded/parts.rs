//! What compositions are made of besides protocols: something that one party at a time may touch, a note, chance.

use shuttle::rand::{RngCore, thread_rng};
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::sync::{Condvar, Mutex};
use std::cell::RefCell;
use std::collections::VecDeque;

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

/// Of the last so many things that happened a failing run tells.
const LOG: usize = 80;

pub type Happened = (&'static str, usize, usize);

thread_local! {
    static HAPPENED: RefCell<VecDeque<Happened>> = const { RefCell::new(VecDeque::new()) };
}

/// Remembers what happened, and to which two.
pub fn log(what: &'static str, one: usize, other: usize) {
    HAPPENED.with_borrow_mut(|happened| {
        if happened.len() == LOG {
            happened.pop_front();
        }
        happened.push_back((what, one, other));
    });
}

/// What has happened since it was asked last.
pub fn take_log() -> Vec<Happened> {
    HAPPENED.with_borrow_mut(|happened| happened.drain(..).collect())
}

/// A number below `n`, from the seed.
pub fn below(n: usize) -> usize {
    (thread_rng().next_u64() % n as u64) as usize
}

/// One time in `n`.
pub fn one_in(n: usize) -> bool {
    below(n) == 0
}
