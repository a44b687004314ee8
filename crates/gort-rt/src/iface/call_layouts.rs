//! The call layouts of a runtime, each made once.
//!
//! Layouts are never freed before the runtime is, so a pointer to one that was found lately needs no lock: `recent` is a
//! table of such pointers by a hash of what names a layout.

use super::call_layout::{CallLayout, Receiver};
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::atomic::{AtomicPtr, Ordering};

const RECENT: usize = 512;

/// What names a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    /// A function type and a receiver.
    Func(Addr, Receiver),
    /// The type that reflect made for the frame of such calls.
    Frame(Addr),
}

impl Name {
    fn slot(self) -> usize {
        let (at, more) = match self {
            Self::Func(ftyp, Receiver::None) => (ftyp.0, 0),
            Self::Func(ftyp, Receiver::Word) => (ftyp.0, 1),
            Self::Func(ftyp, Receiver::Typed(t)) => (ftyp.0, t.0 >> 3),
            Self::Frame(frame) => (frame.0, 2),
        };
        ((at >> 3) ^ (at >> 12) ^ more) % RECENT
    }
}

/// A layout with its name.
#[derive(Debug)]
struct Entry {
    name: Name,
    layout: CallLayout,
}

/// All layouts that were asked for.
#[derive(Debug)]
pub struct CallLayouts {
    all: Mutex<HashMap<Name, Box<Entry>>>,
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
        let name = Name::Func(ftyp, receiver);
        match self.recent(name) {
            Some(layout) => layout,
            None => {
                self.find(name, Some((modules, ftyp, receiver))).unwrap_or_else(|| unreachable!("it is made"))
            }
        }
    }

    /// The layout of the calls with a frame of that type, once [`Self::learn_frame`] was told of it.
    pub fn of_frame(&self, frame: Addr) -> Option<&CallLayout> {
        let name = Name::Frame(frame);
        self.recent(name).or_else(|| self.find(name, None))
    }

    /// Frames of that type, which is never freed, are of the calls of that function type.
    pub fn learn_frame(&self, modules: &Modules, frame: Addr, ftyp: Addr, receiver: Receiver) {
        self.find(Name::Frame(frame), Some((modules, ftyp, receiver)));
    }

    fn recent(&self, name: Name) -> Option<&CallLayout> {
        // Acquire pairs with the Release below: the entry is complete.
        let recent = self.recent[name.slot()].load(Ordering::Acquire);
        // SAFETY: entries live as long as `self`, and are never changed.
        let entry = unsafe { recent.as_ref() }?;
        (entry.name == name).then_some(&entry.layout)
    }

    /// Looks in the table of all, where the layout of a call is made if it is missing.
    fn find(&self, name: Name, of: Option<(&Modules, Addr, Receiver)>) -> Option<&CallLayout> {
        let mut all = self.all.lock();
        let entry = match (all.entry(name), of) {
            (MapEntry::Occupied(entry), _) => entry.into_mut(),
            (MapEntry::Vacant(place), Some((modules, ftyp, receiver))) => {
                let layout = CallLayout::new(modules, ftyp, receiver);
                place.insert(Box::new(Entry { name, layout }))
            }
            (MapEntry::Vacant(_), None) => return None,
        };
        let at: *mut Entry = &raw mut **entry;
        // Release pairs with the Acquire above.
        self.recent[name.slot()].store(at, Ordering::Release);
        // SAFETY: as above.
        Some(unsafe { &(*at).layout })
    }
}
