//! Grey objects: two buffers per P, and a global list of full ones.
//!
//! A P pushes and pops at the end of its current buffer. A spare one keeps a P that goes up and down at a
//! buffer's border from running to the global list. Whole buffers are given away, so the list's lock is
//! taken once per some five hundred objects.
//!
//! An item is the address of an object's slot, or of a later piece of a large object.
//!
//! That there is work in the list is told to others by [`gort_protocols::full_count`] (INV-WORK-1).

use gort_protocols::full_count::FullCount;
use gort_sync::{LockRank, Mutex};

const ITEMS: usize = 510;

/// A stack of grey objects.
#[derive(Debug)]
pub(crate) struct WorkBuffer {
    len: usize,
    items: [usize; ITEMS],
}

impl WorkBuffer {
    fn new() -> Box<Self> {
        Box::new(Self { len: 0, items: [0; ITEMS] })
    }
}

#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "buffers change hands: a move of one is a move of a pointer")]
struct Lists {
    full: Vec<Box<WorkBuffer>>,
    empty: Vec<Box<WorkBuffer>>,
}

/// The global list.
#[derive(Debug)]
pub(crate) struct WorkList {
    lists: Mutex<Lists>,
    full: FullCount,
}

impl Default for WorkList {
    fn default() -> Self {
        Self { lists: Mutex::new(LockRank::WorkBuffers, Lists::default()), full: FullCount::default() }
    }
}

impl WorkList {
    /// Is there nothing in it? (INV-WORK-1)
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.full.is_empty()
    }

    /// Swaps a full buffer for an empty one.
    fn exchange_full(&self, slot: &mut Box<WorkBuffer>) {
        let mut lists = self.lists.lock();
        let empty = lists.empty.pop().unwrap_or_else(WorkBuffer::new);
        lists.full.push(std::mem::replace(slot, empty));
        self.full.publish(lists.full.len());
    }

    /// Swaps an empty buffer for a full one.
    fn exchange_empty(&self, slot: &mut Box<WorkBuffer>) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut lists = self.lists.lock();
        let Some(full) = lists.full.pop() else { return false };
        self.full.publish(lists.full.len());
        let empty = std::mem::replace(slot, full);
        lists.empty.push(empty);
        true
    }
}

/// A P's grey objects and the counts of its marking since they were last published.
#[derive(Debug)]
pub(crate) struct Grey {
    current: Box<WorkBuffer>,
    spare: Box<WorkBuffer>,
    /// Bytes of objects marked.
    pub marked: u64,
    /// Bytes among them that have to be scanned.
    pub marked_scannable: u64,
    /// Bytes scanned: objects, globals and stacks.
    pub scan_work: u64,
}

impl Default for Grey {
    fn default() -> Self {
        Self {
            current: WorkBuffer::new(),
            spare: WorkBuffer::new(),
            marked: 0,
            marked_scannable: 0,
            scan_work: 0,
        }
    }
}

impl Grey {
    /// Nothing grey here.
    pub fn is_empty(&self) -> bool {
        self.current.len == 0 && self.spare.len == 0
    }

    /// Remembers a grey object.
    #[inline]
    pub fn push(&mut self, list: &WorkList, item: usize) {
        if self.current.len == ITEMS {
            self.push_slow(list);
        }
        let len = self.current.len;
        self.current.items[len] = item;
        self.current.len = len + 1;
    }

    #[cold]
    fn push_slow(&mut self, list: &WorkList) {
        std::mem::swap(&mut self.current, &mut self.spare);
        if self.current.len == ITEMS {
            // Both are full: the older one, now current, goes to the list.
            list.exchange_full(&mut self.current);
        }
    }

    /// A grey object of the current buffer.
    #[inline]
    pub fn pop_own(&mut self) -> Option<usize> {
        let len = self.current.len.checked_sub(1)?;
        self.current.len = len;
        Some(self.current.items[len])
    }

    /// A grey object of this P or of the list.
    #[inline]
    pub fn pop(&mut self, list: &WorkList) -> Option<usize> {
        if self.current.len == 0 && !self.pop_slow(list) {
            return None;
        }
        let len = self.current.len - 1;
        self.current.len = len;
        Some(self.current.items[len])
    }

    #[cold]
    fn pop_slow(&mut self, list: &WorkList) -> bool {
        std::mem::swap(&mut self.current, &mut self.spare);
        self.current.len > 0 || list.exchange_empty(&mut self.current)
    }

    /// The list is empty and others may be hungry: gives a part away.
    pub fn balance(&mut self, list: &WorkList) {
        if self.spare.len > 0 {
            list.exchange_full(&mut self.spare);
        } else if self.current.len > 4 {
            let half = self.current.len / 2;
            let keep = self.current.len - half;
            self.spare.items[..half].copy_from_slice(&self.current.items[keep..keep + half]);
            self.spare.len = half;
            self.current.len = keep;
            list.exchange_full(&mut self.spare);
        }
    }

    /// Gives everything away; returns how many objects that was.
    pub fn give_all(&mut self, list: &WorkList) -> usize {
        let mut given = 0;
        for buffer in [&mut self.current, &mut self.spare] {
            if buffer.len > 0 {
                given += buffer.len;
                list.exchange_full(buffer);
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_or_doubled() {
        let list = WorkList::default();
        let (mut a, mut b) = (Grey::default(), Grey::default());
        let mut seen = vec![false; 5000];
        for item in 0..5000 {
            a.push(&list, item);
            if item % 777 == 0 {
                a.balance(&list);
            }
        }
        assert!(a.give_all(&list) > 0 && a.is_empty() && !list.is_empty());
        while let Some(item) = b.pop(&list) {
            assert!(!std::mem::replace(&mut seen[item], true), "{item} twice");
        }
        assert!(seen.iter().all(|s| *s) && list.is_empty() && b.is_empty());
    }
}
