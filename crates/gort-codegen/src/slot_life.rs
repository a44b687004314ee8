//! Which slots each safepoint names as roots: what [`SlotLiveness`] finds, by instruction.

use gort_ir::func::{Func, Inst, Slot};
use gort_ir::passes::cfg::Cfg;
use gort_ir::passes::slot_liveness::SlotLiveness;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;

/// What is written into dead slots to show a use of one.
pub(crate) const POISON: i64 = 0x5ead_5ead_5ead_5ead;

/// The slots with pointers that each safepoint names, or may destroy.
#[derive(Debug, Default)]
pub(crate) struct SlotLife {
    /// Named in every map and when a trap stops the function.
    pub pinned: IndexVec<Slot, bool>,
    /// Named at a safepoint, those pinned not among them (INV-SLOT-1).
    pub live: FxHashMap<Inst, Vec<Slot>>,
    /// Dead at a safepoint, and to be filled with junk.
    pub poisoned: FxHashMap<Inst, Vec<Slot>>,
}

impl SlotLife {
    pub fn new(func: &Func, cfg: &Cfg, poison: bool) -> Self {
        let life = SlotLiveness::new(func, cfg);
        let mut this = Self::default();
        let slots = (0..func.slots.len()).map(Slot::from);
        this.pinned = slots.clone().map(|s| life.is_pinned(s)).collect();
        let moving = |s: &Slot| !this.pinned[*s] && !func.slots[*s].pointers.is_empty();
        let moving: Vec<Slot> = slots.filter(moving).collect();
        if moving.is_empty() {
            return this;
        }
        for &b in &cfg.rpo {
            life.each_safepoint(func, b, |i, is_live| {
                let (live, dead) = moving.iter().partition(|&&s| is_live(s));
                this.live.insert(i, live);
                if poison {
                    this.poisoned.insert(i, dead);
                }
            });
        }
        this
    }
}
