//! Drops loads of what is known to be there, and stores of it to where it is already: `s.list = s.list[:n]` loads and
//! stores the length only, and needs no write barrier.
//!
//! What is in memory is known from the loads and stores of the block, and of the blocks before it as far as there is
//! only one way. It is forgotten at a store through another pointer, which may go to the same place, and at whatever may
//! let other code run.

use crate::func::{Block, Func, Inst, Value};
use crate::inst::{Op, Ty};
use crate::passes::cfg::Cfg;
use crate::passes::numbering;
use index_vec::IndexVec;

/// So much is remembered.
const MAX_KNOWN: usize = 16;

/// What a place holds.
#[derive(Clone)]
struct Known {
    /// Its number.
    addr: Value,
    offset: i32,
    ty: Ty,
    value: Value,
}

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let mut at_end: IndexVec<Block, Vec<Known>> = index_vec::index_vec![Vec::new(); func.blocks.len()];
    let mut memory = Memory {
        number: numbering::run(func, &cfg),
        same: index_vec::index_vec![None; func.values.len()],
        known: Vec::new(),
    };
    for &b in &cfg.rpo {
        memory.known = match cfg.preds(b) {
            // The one before, as a definition comes before its uses.
            &[p] if p != b => at_end[p].clone(),
            _ => Vec::new(),
        };
        let insts = std::mem::take(&mut func.blocks[b].insts);
        func.blocks[b].insts = insts.into_iter().filter(|&i| !memory.is_needless(func, i)).collect();
        at_end[b] = std::mem::take(&mut memory.known);
    }
}

struct Memory {
    /// For each value the first that is equal to it.
    number: IndexVec<Value, Value>,
    /// Loaded values that were known.
    same: IndexVec<Value, Option<Value>>,
    known: Vec<Known>,
}

impl Memory {
    fn is_needless(&mut self, func: &mut Func, i: Inst) -> bool {
        func.insts[i].op.for_each_operand_mut(|v| *v = self.same[*v].unwrap_or(*v));
        let data = &func.insts[i];
        match &data.op {
            Op::Load { addr, offset, .. } => {
                let [value] = data.results.as_slice() else { return false };
                let addr = self.number[*addr];
                let new = Known { addr, offset: *offset, ty: func.ty(*value), value: *value };
                if let Some(known) = self.known.iter().find(|k| k.is_at(&new)) {
                    self.same[*value] = Some(known.value);
                    return true;
                }
                self.learn(new);
            }
            Op::Store { addr, offset, value, .. } => {
                let addr = self.number[*addr];
                let new = Known { addr, offset: *offset, ty: func.ty(*value), value: *value };
                let is_same = |k: &Known| self.number[k.value] == self.number[new.value];
                if self.known.iter().any(|k| k.is_at(&new) && is_same(k)) {
                    return true;
                }
                self.known.retain(|k| k.is_beside(&new));
                self.learn(new);
            }
            Op::SlotStore(..)
            | Op::AtomicLoad(_)
            | Op::AtomicStore { .. }
            | Op::AtomicRmw { .. }
            | Op::AtomicCas { .. }
            | Op::Copy { .. }
            | Op::Zero { .. }
            | Op::Call(..)
            | Op::DeferEnter { .. }
            | Op::Poll => self.known.clear(),
            _ => {}
        }
        false
    }

    fn learn(&mut self, new: Known) {
        if self.known.len() == MAX_KNOWN {
            self.known.remove(0);
        }
        self.known.push(new);
    }
}

impl Known {
    fn is_at(&self, other: &Self) -> bool {
        (self.addr, self.offset, self.ty) == (other.addr, other.offset, other.ty)
    }

    /// Is it certain that no byte is of both?
    fn is_beside(&self, other: &Self) -> bool {
        let end = |k: &Self| i64::from(k.offset) + i64::from(k.ty.size());
        self.addr == other.addr
            && (end(self) <= i64::from(other.offset) || end(other) <= i64::from(self.offset))
    }
}
