//! The call layouts of a runtime, each made once.
//!
//! Layouts are never freed before the runtime is, so a pointer to one that was found lately needs no lock: `recent` is a
//! table of such pointers by a hash of what names a layout.

use super::call_layout::{CallLayout, Receiver};
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, Ordering};

const RECENT: usize = 512;

/// What names a layout: a function type and a receiver.
type Key = (Addr, Receiver);

/// A layout with its name.
#[derive(Debug)]
struct Entry {
    key: Key,
    layout: CallLayout,
}

/// All layouts that were asked for.
#[derive(Debug)]
pub struct CallLayouts {
    all: Mutex<HashMap<Key, Box<Entry>>>,
    recent: Box<[AtomicPtr<Entry>]>,
}

impl Default for CallLayouts {
    fn default() -> Self {
        let recent = (0..RECENT).map(|_| AtomicPtr::default()).collect();
        Self { all: Mutex::new(LockRank::Itab, HashMap::new()), recent }
    }
}

impl CallLayouts {
    /// The layout of the calls of a function type.
    pub fn get(&self, modules: &Modules, ftyp: Addr, receiver: Receiver) -> &CallLayout {
        let key = (ftyp, receiver);
        let typ = match receiver {
            Receiver::None => 0,
            Receiver::Word => 1,
            Receiver::Typed(t) => t.0 >> 3,
        };
        let slot = &self.recent[((ftyp.0 >> 3) ^ (ftyp.0 >> 12) ^ typ) % RECENT];
        // Acquire pairs with the Release below: the entry is complete.
        let recent = slot.load(Ordering::Acquire);
        // SAFETY: entries live as long as `self`, and are never changed.
        if let Some(entry) = unsafe { recent.as_ref() }
            && entry.key == key
        {
            return &entry.layout;
        }
        let mut all = self.all.lock();
        let entry = all
            .entry(key)
            .or_insert_with(|| Box::new(Entry { key, layout: CallLayout::new(modules, ftyp, receiver) }));
        let at: *mut Entry = &raw mut **entry;
        // Release pairs with the Acquire above.
        slot.store(at, Ordering::Release);
        // SAFETY: as above.
        unsafe { &(*at).layout }
    }
}
