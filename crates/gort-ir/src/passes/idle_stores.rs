//! Drops stores of a value to where it was just loaded from, or stored: `s.list = s.list[:n]` changes the length only,
//! and needs no write barrier.
//!
//! What is in memory is known from the loads and stores of the block alone. It is forgotten at a store through another
//! pointer, which may go to the same place, and at whatever may let other code run.

use crate::func::{Func, Inst, Value};
use crate::inst::{Op, Ty};

/// So much is remembered.
const MAX_KNOWN: usize = 16;

/// What a place holds.
struct Known {
    addr: Value,
    offset: i32,
    ty: Ty,
    value: Value,
}

/// Runs the pass.
pub fn run(func: &mut Func) {
    for b in (0..func.blocks.len()).map(crate::func::Block::from) {
        let mut known: Vec<Known> = Vec::new();
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let kept = insts.into_iter().filter(|&i| !is_idle(func, i, &mut known)).collect();
        func.blocks[b].insts = kept;
    }
}

fn is_idle(func: &Func, i: Inst, known: &mut Vec<Known>) -> bool {
    let data = &func.insts[i];
    match &data.op {
        Op::Load { addr, offset, .. } => {
            if let [value] = data.results.as_slice() {
                learn(known, Known { addr: *addr, offset: *offset, ty: func.ty(*value), value: *value });
            }
        }
        Op::Store { addr, offset, value, .. } => {
            let new = Known { addr: *addr, offset: *offset, ty: func.ty(*value), value: *value };
            if known.iter().any(|k| k.is_at(&new) && k.value == new.value) {
                return true;
            }
            known.retain(|k| k.is_beside(&new));
            learn(known, new);
        }
        Op::SlotStore(..)
        | Op::AtomicLoad(_)
        | Op::AtomicStore { .. }
        | Op::AtomicRmw { .. }
        | Op::AtomicCas { .. }
        | Op::Copy { .. }
        | Op::Zero { .. }
        | Op::Call(..)
        | Op::Poll => known.clear(),
        _ => {}
    }
    false
}

fn learn(known: &mut Vec<Known>, new: Known) {
    known.retain(|k| !k.is_at(&new));
    if known.len() == MAX_KNOWN {
        known.remove(0);
    }
    known.push(new);
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
