//! Offsets of names, types and code that the program made at run time: what a `NameOff` or `TypeOff` below -1
//! means.
//!
//! Numbers are given out once and never taken back. Reading takes no lock: whoever has a number got it, directly or
//! through memory, from the thread that stored the address.
//!
//! Go counterpart: `runtime/runtime1.go` (reflect_addReflectOff).

use gort_abi::addr::Addr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const CHUNK: usize = 4096;
const CHUNKS: usize = 4096;

/// The first offset, and the step to the next.
const FIRST: i32 = -2;

/// All such offsets of a runtime.
#[derive(Debug)]
pub struct MadeOffsets {
    given: AtomicUsize,
    chunks: Box<[OnceLock<Box<[AtomicUsize; CHUNK]>>]>,
}

impl Default for MadeOffsets {
    fn default() -> Self {
        let chunks = (0..CHUNKS).map(|_| OnceLock::new()).collect();
        Self { given: AtomicUsize::new(0), chunks }
    }
}

impl MadeOffsets {
    /// A new offset that stands for the address; none when there are too many.
    pub fn add(&self, at: Addr) -> Option<i32> {
        // Relaxed: numbers need to differ, nothing else.
        let n = self.given.fetch_add(1, Ordering::Relaxed);
        let chunk = self.chunks.get(n / CHUNK)?;
        let chunk = chunk.get_or_init(|| Box::new([const { AtomicUsize::new(0) }; CHUNK]));
        // Release pairs with the Acquire in `get`.
        chunk[n % CHUNK].store(at.0, Ordering::Release);
        Some(FIRST - n as i32)
    }

    /// What an offset stands for; none if it is not one of these.
    pub fn get(&self, offset: i32) -> Option<Addr> {
        let n = usize::try_from(FIRST.checked_sub(offset)?).ok()?;
        let chunk = self.chunks.get(n / CHUNK)?.get()?;
        // Acquire pairs with the Release in `add`.
        Some(Addr(chunk[n % CHUNK].load(Ordering::Acquire))).filter(|at| !at.is_null())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_come_back() {
        let made = MadeOffsets::default();
        let offsets: Vec<i32> = (1..=5000).map(|i| made.add(Addr(i)).unwrap()).collect();
        assert_eq!(offsets[0], -2);
        assert!(offsets.iter().zip(1..).all(|(&o, i)| made.get(o) == Some(Addr(i))));
        assert_eq!([made.get(0), made.get(-1), made.get(7), made.get(-6000)], [None; 4]);
    }
}
