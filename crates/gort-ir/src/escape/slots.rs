//! Puts the objects that do not escape into slots. An object that the analysis has not seen to stay is left in the heap
//! (INV-ESC-1).

use super::flow::Candidate;
use super::{arrays, temporary};
use crate::func::{Func, InstData, Slot, SlotData};
use crate::inst::Op;
use index_vec::IndexVec;

/// Bytes of slots that a function may have; beyond, objects stay in the heap.
const MAX_FRAME: u64 = 128 << 10;

/// Replaces allocations by slots; true if there were any.
pub fn run(func: &mut Func, candidates: &[Candidate]) -> bool {
    let mut frame: u64 = func.slots.iter().map(|s| u64::from(s.size)).sum();
    let mut any = false;
    // Those that cut blocks in two come last.
    let fit = |c: &&Candidate| c.fits_frame();
    let (whole, cut) = (|c: &&Candidate| c.most.is_none(), |c: &&Candidate| c.most.is_some());
    for c in candidates.iter().filter(fit).filter(whole).chain(candidates.iter().filter(fit).filter(cut)) {
        frame += c.size.next_multiple_of(8);
        if frame > MAX_FRAME {
            break;
        }
        let size = c.size as u32;
        let slot = func.slots.push(SlotData { size, align: c.align.max(8), pointers: c.pointers.clone() });
        if let Some(most) = c.most {
            arrays::split(func, c, slot, most);
            any = true;
            continue;
        }
        if c.temporary.is_some() {
            temporary::give_buffer(func, c, slot);
            any = true;
            continue;
        }
        let InstData { results, pos, .. } = &func.insts[c.inst];
        let (Some(&dst), pos) = (results.first(), *pos) else { continue };
        func.insts[c.inst].op = Op::SlotAddr(slot, 0);
        let zero = func.insts.push(InstData { op: Op::Zero { dst, size }, results: Default::default(), pos });
        let insts = &mut func.blocks[c.block].insts;
        if let Some(at) = insts.iter().position(|&i| i == c.inst) {
            insts.insert(at + 1, zero);
        }
        any = true;
    }
    any
}

/// Removes the slots that no instruction names.
pub fn drop_unused(func: &mut Func) {
    let mut used: IndexVec<Slot, bool> = index_vec::index_vec![false; func.slots.len()];
    let named = |op: &Op| match op {
        Op::SlotAddr(s, _) | Op::SlotLoad(s, _) | Op::SlotStore(s, _, _) => Some(*s),
        _ => None,
    };
    let insts = func.blocks.iter().flat_map(|b| &b.insts).map(|&i| &func.insts[i].op);
    insts.filter_map(named).for_each(|s| used[s] = true);
    let defers = func.defers.iter().flat_map(|d| d.sites.iter().chain([&d.bits]));
    defers.for_each(|&s| used[s] = true);
    if used.iter().all(|&u| u) {
        return;
    }
    let old = std::mem::take(&mut func.slots);
    let mut new: IndexVec<Slot, Slot> = index_vec::index_vec![Slot::from(0usize); used.len()];
    for (s, data) in old.into_iter_enumerated() {
        if used[s] {
            new[s] = func.slots.push(data);
        }
    }
    if let Some(defers) = &mut func.defers {
        defers.bits = new[defers.bits];
        defers.sites.iter_mut().for_each(|s| *s = new[*s]);
    }
    for data in &mut func.insts {
        if let Op::SlotAddr(s, _) | Op::SlotLoad(s, _) | Op::SlotStore(s, _, _) = &mut data.op {
            *s = new[*s];
        }
    }
}
