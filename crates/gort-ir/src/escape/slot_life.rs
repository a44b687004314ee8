//! Whether what a slot holds may still be read.
//!
//! Needed for objects made in loops (INV-ESC-2): one whose address lies in a slot can be in a slot itself if the
//! other slot is filled anew before it is read again.

use crate::func::{Block, Func, Inst, Slot, Value};
use crate::inst::{Callee, Op};
use crate::module::FuncId;
use crate::passes::cfg::Cfg;
use index_vec::IndexVec;
use rustc_hash::FxHashSet;

/// The life of one slot.
pub struct SlotLife<'a> {
    func: &'a Func,
    slot: Slot,
    /// Values that are (or may be) addresses in it.
    holders: &'a FxHashSet<Value>,
    /// Values that are its address.
    address: FxHashSet<Value>,
    /// The parameter of a function that is the memory for results.
    area: &'a dyn Fn(FuncId) -> Option<u32>,
    live_in: IndexVec<Block, bool>,
}

enum Touch {
    No,
    /// All of it is written.
    Fills,
    Reads,
}

impl<'a> SlotLife<'a> {
    /// Computes it. `holders`: all values that may be addresses in the slot.
    pub fn new(
        func: &'a Func,
        cfg: &Cfg,
        slot: Slot,
        holders: &'a FxHashSet<Value>,
        area: &'a dyn Fn(FuncId) -> Option<u32>,
    ) -> Self {
        let starts = |data: &crate::func::InstData| data.op == Op::SlotAddr(slot, 0);
        let address =
            func.insts.iter().filter(|d| starts(d)).flat_map(|d| d.results.iter().copied()).collect();
        let live_in = index_vec::index_vec![false; func.blocks.len()];
        let mut this = Self { func, slot, holders, address, area, live_in };
        let mut changed = true;
        while changed {
            changed = false;
            for &b in cfg.rpo.iter().rev() {
                if !this.live_in[b] && this.live_from(b, 0) {
                    this.live_in[b] = true;
                    changed = true;
                }
            }
        }
        this
    }

    /// May it be read after the instruction?
    pub fn is_live_after(&self, b: Block, inst: Inst) -> bool {
        let at = self.func.blocks[b].insts.iter().position(|&i| i == inst);
        at.is_none_or(|at| self.live_from(b, at + 1))
    }

    fn live_from(&self, b: Block, at: usize) -> bool {
        for &i in self.func.blocks[b].insts.iter().skip(at) {
            match self.touch(i) {
                Touch::No => {}
                Touch::Fills => return false,
                Touch::Reads => return true,
            }
        }
        self.func.terminator(b).is_some_and(|t| t.successors().iter().any(|&s| self.live_in[s]))
    }

    fn touch(&self, i: Inst) -> Touch {
        let size = self.func.slots[self.slot].size;
        let op = &self.func.insts[i].op;
        let fills = match op {
            Op::SlotStore(s, 0, v) => *s == self.slot && self.func.ty(*v).size() >= size,
            Op::Zero { dst, size: n } => self.address.contains(dst) && *n >= size,
            Op::Copy { dst, src, size: n } => {
                self.address.contains(dst) && *n >= size && !self.holders.contains(src)
            }
            Op::Call(Callee::Func(f), args) => {
                let area = (self.area)(*f).map(|a| a as usize);
                let is_area = area.and_then(|a| args.get(a)).is_some_and(|a| self.address.contains(a));
                let others =
                    args.iter().enumerate().any(|(n, a)| Some(n) != area && self.holders.contains(a));
                is_area && !others
            }
            _ => false,
        };
        if fills {
            return Touch::Fills;
        }
        let mut reads = matches!(op, Op::SlotLoad(s, _) if *s == self.slot);
        // Making another address of it is no reading, using one is.
        if !matches!(op, Op::SlotAddr(..) | Op::PtrAdd(..) | Op::NilCheck(_)) {
            op.for_each_operand(|v| reads |= self.holders.contains(&v));
        }
        if reads { Touch::Reads } else { Touch::No }
    }
}
