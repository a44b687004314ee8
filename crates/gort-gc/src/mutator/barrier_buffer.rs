//! The P's memory of pointers that the barrier saw, until they are shaded together.

use crate::collector::Collector;
use crate::mutator::Mutator;

const ENTRIES: usize = 512;

/// Values to shade.
#[derive(Debug)]
pub(crate) struct BarrierBuffer {
    len: usize,
    values: Box<[usize; ENTRIES]>,
}

impl Default for BarrierBuffer {
    fn default() -> Self {
        Self { len: 0, values: Box::new([0; ENTRIES]) }
    }
}

impl BarrierBuffer {
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Remembers a value; true if there is no room for another pair.
    #[inline]
    pub fn push(&mut self, value: usize) -> bool {
        if value != 0 {
            self.values[self.len] = value;
            self.len += 1;
        }
        self.len + 2 > ENTRIES
    }

    fn take(&mut self) -> &[usize] {
        let len = std::mem::take(&mut self.len);
        &self.values[..len]
    }
}

impl Collector {
    /// Shades what the P's barrier remembered.
    pub(crate) fn flush_barrier(&self, own: &Mutator) {
        let (shader, grey) = (self.shader(), own.grey());
        for &value in own.barrier_buffer().take() {
            shader.shade_root(grey, value);
        }
    }
}
