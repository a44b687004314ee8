//! Functions added one by one, in the order of their addresses, while others read without a lock.
//!
//! Elements are in chunks that never move. An element is written before the length that covers it (INV-FUNC-1).

use super::FuncInfo;
use gort_abi::addr::Pc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const CHUNK: usize = 256;
const CHUNKS: usize = 4096;

type Chunk = Box<[OnceLock<FuncInfo>]>;

/// An append-only list, sorted by address.
#[derive(Debug, Default)]
pub struct LateFuncs {
    len: AtomicUsize,
    chunks: OnceLock<Box<[OnceLock<Chunk>]>>,
}

impl LateFuncs {
    fn at(&self, i: usize) -> Option<&FuncInfo> {
        self.chunks.get()?.get(i / CHUNK)?.get()?.get(i % CHUNK)?.get()
    }

    /// Adds a function above all others. One thread at a time.
    pub(super) fn push(&self, info: FuncInfo) {
        // Relaxed: only the thread that adds changes it.
        let i = self.len.load(Ordering::Relaxed);
        let chunks = self.chunks.get_or_init(|| (0..CHUNKS).map(|_| OnceLock::new()).collect());
        assert!(i < CHUNK * CHUNKS, "more than {i} functions compiled late");
        let chunk = chunks[i / CHUNK].get_or_init(|| (0..CHUNK).map(|_| OnceLock::new()).collect());
        debug_assert!(i == 0 || self.at(i - 1).is_some_and(|last| last.start < info.start));
        let fresh = chunk[i % CHUNK].set(info).is_ok();
        assert!(fresh, "INV-FUNC-1: two threads add at once");
        // Release pairs with the Acquire in `find`.
        self.len.store(i + 1, Ordering::Release);
    }

    /// The function that contains `pc`.
    pub(super) fn find(&self, pc: Pc) -> Option<&FuncInfo> {
        // Acquire pairs with the Release in `push`.
        let (mut low, mut high) = (0, self.len.load(Ordering::Acquire));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle)?.start <= pc { low = middle + 1 } else { high = middle }
        }
        self.at(low.checked_sub(1)?).filter(|f| f.contains(pc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gort_abi::module::CompiledFunc;

    #[test]
    fn finds_what_was_added() {
        let list = LateFuncs::default();
        assert!(list.find(Pc(0)).is_none());
        for i in 0..1000 {
            list.push(FuncInfo { start: Pc(1000 + 32 * i), len: 20, func: CompiledFunc::default() });
        }
        for i in 0..1000 {
            let start = Pc(1000 + 32 * i);
            assert_eq!(list.find(start.add(19)).map(|f| f.start), Some(start));
            assert!(list.find(start.add(20)).is_none(), "between two functions");
        }
        assert!(list.find(Pc(999)).is_none());
    }
}
