//! Boxed integers below 256 are in a table, so that boxing them allocates nothing.
//!
//! Only for boxes that escape: others are in slots, or no memory at all.

use super::flow::Candidate;
use crate::func::{Block, BlockData, Func, InstData, Value, ValueData};
use crate::inst::{BinOp, ConvOp, IntCond, Op, Target, Ty};
use crate::module::Module;
use gort_abi::module::SymbolId;

/// Name of the table.
pub const TABLE: &str = "go:smallints";

/// Runs the pass.
pub fn run(func: &mut Func, module: &Module, candidates: &[Candidate]) {
    let Some(table) = module.data_by_name(TABLE) else { return };
    if func.boxes.is_empty() {
        return;
    }
    for c in candidates.iter().filter(|c| c.escapes) {
        split(func, table, c);
    }
}

/// `p = newobject; store p, v` becomes `if v < 256 { p = table + 8*v } else { p = newobject; store p, v }`.
fn split(func: &mut Func, table: SymbolId, c: &Candidate) {
    // Blocks are cut in two as we go: the candidate's may be another now.
    let Some(b) = func.blocks.indices().find(|&b| func.blocks[b].insts.contains(&c.inst)) else { return };
    let Some(at) = func.blocks[b].insts.iter().position(|&i| i == c.inst) else { return };
    let &[p] = func.insts[c.inst].results.as_slice() else { return };
    let Some(&store) = func.blocks[b].insts.get(at + 1) else { return };
    let Op::Store { addr, offset: 0, value, .. } = func.insts[store].op else { return };
    let ty = func.ty(value);
    if addr != p || !func.boxes.remove(&p) || !matches!(ty, Ty::I16 | Ty::I32 | Ty::I64) {
        return;
    }
    let pos = func.insts[c.inst].pos;
    let cold = func.blocks[b].cold;
    let after = func.blocks[b].insts.split_off(at + 2);
    func.blocks[b].insts.truncate(at);
    let new = |func: &mut Func, cold| func.blocks.push(BlockData { cold, ..BlockData::default() });
    let (small, big) = (new(func, cold), new(func, cold));
    let rest = func.blocks.push(BlockData { params: vec![p], insts: after, cold });
    let fresh = func.values.push(ValueData { ty: Ty::Ptr });
    func.insts[c.inst].results = [fresh].into_iter().collect();
    func.insts[store].op = Op::Store { addr: fresh, offset: 0, value, nil_check: false, barrier: false };
    let emit = |func: &mut Func, block: Block, op, ty: Option<Ty>| -> Option<Value> {
        let result = ty.map(|ty| func.values.push(ValueData { ty }));
        let inst = func.insts.push(InstData { op, results: result.into_iter().collect(), pos });
        func.blocks[block].insts.push(inst);
        result
    };
    let to = |block, args| Target { block, args };
    let Some(limit) = emit(func, b, Op::Iconst(256), Some(ty)) else { return };
    let Some(cond) = emit(func, b, Op::Icmp(IntCond::Ult, value, limit), Some(Ty::I8)) else { return };
    emit(func, b, Op::Branch { cond, then: to(small, vec![]), els: to(big, vec![]) }, None);
    func.blocks[big].insts.extend([c.inst, store]);
    emit(func, big, Op::Jump(to(rest, vec![fresh])), None);
    let wide = match ty {
        Ty::I64 => Some(value),
        _ => emit(func, small, Op::Convert(ConvOp::Zext, value), Some(Ty::I64)),
    };
    let Some(wide) = wide else { return };
    let Some(three) = emit(func, small, Op::Iconst(3), Some(Ty::I64)) else { return };
    let Some(offset) = emit(func, small, Op::Binary(BinOp::Shl, wide, three), Some(Ty::I64)) else { return };
    let Some(base) = emit(func, small, Op::SymAddr(table, 0), Some(Ty::Ptr)) else { return };
    let Some(entry) = emit(func, small, Op::PtrAdd(base, offset), Some(Ty::Ptr)) else { return };
    emit(func, small, Op::Jump(to(rest, vec![entry])), None);
}
