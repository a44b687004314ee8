//! Removes instructions and block parameters whose results nobody needs.
//!
//! Needed is what an instruction with an effect uses, and what that is made of. A parameter needed only
//! to compute itself round a loop is not needed.

use crate::func::{Block, ENTRY, Func, Inst, Value};
use crate::inst::Op;
use crate::passes::cfg::Cfg;
use crate::passes::params::targets_mut;
use index_vec::IndexVec;

/// Does the instruction do nothing but define its results?
pub fn is_pure(op: &Op) -> bool {
    match op {
        Op::Iconst(_)
        | Op::Fconst(_)
        | Op::SymAddr(..)
        | Op::SlotAddr(..)
        | Op::Binary(..)
        | Op::Unary(..)
        | Op::Icmp(..)
        | Op::Fcmp(..)
        | Op::Convert(..)
        | Op::Select(..)
        | Op::PtrAdd(..)
        | Op::SlotLoad(..)
        | Op::FramePointer
        | Op::GetG => true,
        Op::Load { nil_check, .. } => !nil_check,
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Def {
    None,
    Inst(Inst),
    Param(Block, u32),
}

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let needed = needed_values(func, &cfg);
    for b in func.blocks.indices() {
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let keep = |&i: &Inst| {
            let data = &func.insts[i];
            !is_pure(&data.op) || data.results.iter().any(|&r| needed[r])
        };
        let insts: Vec<Inst> = insts.into_iter().filter(keep).collect();
        func.blocks[b].insts = insts;
    }
    drop_params(func, &needed);
}

fn needed_values(func: &Func, cfg: &Cfg) -> IndexVec<Value, bool> {
    let mut defs: IndexVec<Value, Def> = index_vec::index_vec![Def::None; func.values.len()];
    let mut needed: IndexVec<Value, bool> = index_vec::index_vec![false; func.values.len()];
    let mut work: Vec<Value> = Vec::new();
    let mut need = |v: Value, work: &mut Vec<Value>| {
        if !std::mem::replace(&mut needed[v], true) {
            work.push(v);
        }
    };
    for &b in &cfg.rpo {
        for (i, &p) in func.blocks[b].params.iter().enumerate() {
            defs[p] = Def::Param(b, i as u32);
        }
        for &i in &func.blocks[b].insts {
            let data = &func.insts[i];
            data.results.iter().for_each(|&r| defs[r] = Def::Inst(i));
            match &data.op {
                Op::Jump(_) => {}
                Op::Branch { cond: v, .. } | Op::Switch { value: v, .. } => need(*v, &mut work),
                op if is_pure(op) => {}
                op => op.for_each_operand(|v| need(v, &mut work)),
            }
        }
    }
    while let Some(v) = work.pop() {
        match defs[v] {
            Def::None => {}
            Def::Inst(i) => {
                let op = &func.insts[i].op;
                if is_pure(op) {
                    op.for_each_operand(|v| need(v, &mut work));
                }
            }
            Def::Param(b, i) => {
                for &p in cfg.preds(b) {
                    let targets = func.terminator(p).map(Op::targets).unwrap_or_default();
                    for t in targets.into_iter().filter(|t| t.block == b) {
                        if let Some(&arg) = t.args.get(i as usize) {
                            need(arg, &mut work);
                        }
                    }
                }
            }
        }
    }
    needed
}

fn drop_params(func: &mut Func, needed: &IndexVec<Value, bool>) {
    let keep: IndexVec<Block, Vec<bool>> = func
        .blocks
        .iter_enumerated()
        .map(|(b, data)| data.params.iter().map(|&p| b == ENTRY || needed[p]).collect())
        .collect();
    for b in func.blocks.indices() {
        let Some(&last) = func.blocks[b].insts.last() else { continue };
        for t in targets_mut(&mut func.insts[last].op) {
            let mut flags = keep[t.block].iter();
            t.args.retain(|_| flags.next().copied().unwrap_or(true));
        }
    }
    for (b, data) in func.blocks.iter_mut_enumerated() {
        let mut flags = keep[b].iter();
        data.params.retain(|_| flags.next().copied().unwrap_or(true));
    }
}
