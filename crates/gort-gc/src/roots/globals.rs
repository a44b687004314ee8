//! The pointer words of global variables, registered by modules, cut into pieces of equal work.

use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::sync::Arc;

/// Words per piece.
const PIECE: usize = 4096;

#[derive(Debug)]
pub(super) struct Globals {
    words: Mutex<Arc<Vec<Addr>>>,
}

impl Default for Globals {
    fn default() -> Self {
        Self { words: Mutex::new(LockRank::Leaf, Arc::default()) }
    }
}

impl Globals {
    pub fn add(&self, base: Addr, offsets: &[u32]) {
        let mut words = self.words.lock();
        Arc::make_mut(&mut words).extend(offsets.iter().map(|o| base.add(*o as usize)));
    }

    pub fn bytes(&self) -> u64 {
        self.words.lock().len() as u64 * 8
    }

    pub fn pieces(&self) -> usize {
        self.words.lock().len().div_ceil(PIECE)
    }

    pub fn each_word(&self, piece: usize, visit: impl FnMut(Addr)) {
        let words = Arc::clone(&self.words.lock());
        let from = (piece * PIECE).min(words.len());
        let to = (from + PIECE).min(words.len());
        words[from..to].iter().copied().for_each(visit);
    }
}
