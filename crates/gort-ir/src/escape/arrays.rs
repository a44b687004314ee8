//! `make([]T, n)` with an `n` that is known only when it runs: in the frame, if it does not escape and is small.
//!
//! More elements are in the heap, so what is stored in the array counts as stored there.
//!
//! `p = newarray(T, n)` becomes `if n <= most { p = slot } else { p = newarray(T, n) }`.

use super::flow::Candidate;
use crate::func::{Block, BlockData, Func, InstData, Slot, Value, ValueData};
use crate::inst::{IntCond, Op, Target, Ty};

/// Bytes of the slot, at most; as in gc.
pub const MAX_BYTES: u64 = 32;

/// Puts small arrays into the slot, which is for `most` elements.
pub fn split(func: &mut Func, c: &Candidate, slot: Slot, most: i64) {
    // Blocks are cut in two as we go: the candidate's may be another now.
    let Some(b) = func.blocks.indices().find(|&b| func.blocks[b].insts.contains(&c.inst)) else { return };
    let Some(at) = func.blocks[b].insts.iter().position(|&i| i == c.inst) else { return };
    let &[p] = func.insts[c.inst].results.as_slice() else { return };
    let Op::Call(_, args) = &func.insts[c.inst].op else { return };
    let Some(&count) = args.get(1) else { return };
    let pos = func.insts[c.inst].pos;
    let cold = func.blocks[b].cold;
    let after = func.blocks[b].insts.split_off(at + 1);
    func.blocks[b].insts.truncate(at);
    let small = func.blocks.push(BlockData { cold, ..BlockData::default() });
    let big = func.blocks.push(BlockData { cold, ..BlockData::default() });
    let rest = func.blocks.push(BlockData { params: vec![p], insts: after, cold });
    let fresh = |func: &mut Func, ty| func.values.push(ValueData { ty });
    let emit = |func: &mut Func, block: Block, op, result: Option<Value>| {
        let inst = func.insts.push(InstData { op, results: result.into_iter().collect(), pos });
        func.blocks[block].insts.push(inst);
    };
    let to = |block, args| Target { block, args };
    let (limit, fits) = (fresh(func, Ty::I64), fresh(func, Ty::I8));
    emit(func, b, Op::Iconst(most), Some(limit));
    emit(func, b, Op::Icmp(IntCond::Ule, count, limit), Some(fits));
    emit(func, b, Op::Branch { cond: fits, then: to(small, Vec::new()), els: to(big, Vec::new()) }, None);
    let (in_frame, in_heap) = (fresh(func, Ty::Ptr), fresh(func, Ty::Ptr));
    emit(func, small, Op::SlotAddr(slot, 0), Some(in_frame));
    emit(func, small, Op::Zero { dst: in_frame, size: c.size as u32 }, None);
    emit(func, small, Op::Jump(to(rest, vec![in_frame])), None);
    func.insts[c.inst].results = [in_heap].into_iter().collect();
    func.blocks[big].insts.push(c.inst);
    emit(func, big, Op::Jump(to(rest, vec![in_heap])), None);
}
