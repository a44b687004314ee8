//! Objects by size class, for `MemStats.BySize`. Counted per window of slots, so allocation itself counts nothing.

use crate::collector::Collector;
use crate::host::WorldStopped;
use gort_heap::size_class::{CLASSES, SizeClass};

/// One size class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// Largest object of the class.
    pub size: usize,
    /// Objects ever allocated.
    pub mallocs: u64,
    /// Objects ever freed.
    pub frees: u64,
}

impl Collector {
    /// The counts of every class, from small to big. Large objects are in none.
    pub fn read_by_size(&self, stopped: &WorldStopped) -> [ClassCount; CLASSES] {
        let tallies = &self.heap.tallies;
        let mut counts = std::array::from_fn(|class| ClassCount {
            size: SizeClass(class as u8).slot_size(),
            mallocs: tallies.mallocs_by_class[class].get(),
            frees: tallies.frees_by_class[class].get(),
        });
        self.host().each_mutator(stopped, &mut |m| {
            let cached = m.cache().mallocs_by_class();
            counts.iter_mut().zip(cached).for_each(|(count, more)| count.mallocs += more);
        });
        counts
    }

    /// The monitor's call, every now and then: memory that the program will not need soon goes back to the system.
    pub fn scavenge(&self, now_ns: u64) {
        self.heap.scavenge_in_background(now_ns, self.published.goal());
    }
}
