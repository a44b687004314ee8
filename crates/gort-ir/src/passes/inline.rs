//! Puts the bodies of small functions that only compute in place of calls to them.
//!
//! Only functions that can neither panic nor stop are taken: no checks, calls, stores, loops or slots. So
//! no traceback could ever name them, and nothing about frames has to be remembered.
//!
//! A function that ignores a pointer it is given is not taken: `runtime.KeepAlive` and what programs write
//! for the same end, whose call is a use of the pointer.
//!
//! Rejected for now: functions with checks (accessors of pointers). Tracebacks must show their frames, so
//! the line table would have to know of inlined calls first.

use crate::func::{Block, BlockData, ENTRY, Func, Inst, InstData, Value};
use crate::inst::{Callee, Op, Target, Ty};
use crate::module::{FuncId, Module};
use crate::passes::cfg::Cfg;
use crate::passes::dead_code::is_pure;
use index_vec::IndexVec;
use std::collections::{HashMap, HashSet};

/// Most instructions of a function that is put in place of calls.
const MAX_INSTS: usize = 24;
/// Most of its blocks.
const MAX_BLOCKS: usize = 8;
/// A function does not grow beyond this many instructions by calls replaced in it.
const MAX_CALLER: usize = 20_000;

/// Bodies to put in place of calls.
pub type Inlinable = HashMap<FuncId, Func>;

/// The functions of a module that qualify, on which the passes have run.
pub fn inlinable(module: &Module) -> Inlinable {
    let bodies = module.funcs.iter_enumerated().filter_map(|(id, f)| Some((id, f.body.as_ref()?)));
    bodies.filter(|(_, f)| qualifies(f)).map(|(id, f)| (id, f.clone())).collect()
}

fn qualifies(func: &Func) -> bool {
    if !func.slots.is_empty() || func.blocks.len() > 4 * MAX_BLOCKS {
        return false;
    }
    let cfg = Cfg::new(func);
    let mut used: HashSet<Value> = HashSet::new();
    for &i in cfg.rpo.iter().flat_map(|&b| &func.blocks[b].insts) {
        func.insts[i].op.for_each_operand(|v| {
            used.insert(v);
        });
    }
    let ignores = |p: &Value| func.ty(*p) == Ty::Ptr && !used.contains(p);
    if func.blocks[ENTRY].params.iter().any(ignores) {
        return false;
    }
    let insts = || cfg.rpo.iter().flat_map(|&b| &func.blocks[b].insts).map(|&i| &func.insts[i].op);
    cfg.headers.is_empty()
        && cfg.rpo.len() <= MAX_BLOCKS
        && insts().count() <= MAX_INSTS
        && insts().all(|op| match op {
            Op::FramePointer | Op::GetG | Op::SlotAddr(..) | Op::SlotLoad(..) => false,
            Op::Jump(_) | Op::Branch { .. } | Op::Switch { .. } | Op::Return(_) => true,
            op => is_pure(op),
        })
}

/// Replaces the calls in `func`; true if there were any.
pub fn run(func: &mut Func, bodies: &Inlinable) -> bool {
    let mut any = false;
    let mut work: Vec<Block> = func.blocks.indices().collect();
    while let Some(b) = work.pop() {
        if func.insts.len() > MAX_CALLER {
            break;
        }
        let call = func.blocks[b].insts.iter().position(|&i| callee(func, i, bodies).is_some());
        let Some(at) = call else { continue };
        let Some(body) = callee(func, func.blocks[b].insts[at], bodies) else { continue };
        let rest = replace(func, b, at, body);
        any = true;
        work.push(rest);
    }
    any
}

fn callee<'b>(func: &Func, inst: Inst, bodies: &'b Inlinable) -> Option<&'b Func> {
    match &func.insts[inst].op {
        Op::Call(Callee::Func(f), _) => bodies.get(f),
        _ => None,
    }
}

/// Replaces the call at `at` in `b`. Returns the block that holds what followed it; the call's results are
/// its parameters.
fn replace(func: &mut Func, b: Block, at: usize, body: &Func) -> Block {
    let call = func.blocks[b].insts[at];
    let args = match &func.insts[call].op {
        Op::Call(_, args) => args.clone(),
        _ => Vec::new(),
    };
    let pos = func.insts[call].pos;
    let results = std::mem::take(&mut func.insts[call].results);
    let mut after = func.blocks[b].insts.split_off(at);
    after.remove(0);
    let cold = func.blocks[b].cold;
    let rest = func.blocks.push(BlockData { params: results, insts: after, cold });

    let cfg = Cfg::new(body);
    let mut values: IndexVec<Value, Option<Value>> = index_vec::index_vec![None; body.values.len()];
    let mut blocks: IndexVec<Block, Block> = index_vec::index_vec![b; body.blocks.len()];
    for (&p, &a) in body.blocks[ENTRY].params.iter().zip(&args) {
        values[p] = Some(a);
    }
    for &from in cfg.rpo.iter().filter(|&&from| from != ENTRY) {
        let params = body.blocks[from].params.iter();
        let params = params.map(|&p| copy_value(func, body, &mut values, p)).collect();
        blocks[from] =
            func.blocks.push(BlockData { params, insts: Vec::new(), cold: cold || body.blocks[from].cold });
    }
    for &from in &cfg.rpo {
        for &i in &body.blocks[from].insts {
            let data = &body.insts[i];
            let mut op = match &data.op {
                Op::Return(values) => Op::Jump(Target { block: rest, args: values.clone() }),
                op => {
                    let mut op = op.clone();
                    for t in crate::passes::params::targets_mut(&mut op) {
                        t.block = blocks[t.block];
                    }
                    op
                }
            };
            // In reverse postorder a definition comes before its uses.
            op.for_each_operand_mut(|v| *v = values[*v].unwrap_or(*v));
            let results = data.results.iter().map(|&r| copy_value(func, body, &mut values, r)).collect();
            let inst = func.insts.push(InstData { op, results, pos });
            func.blocks[blocks[from]].insts.push(inst);
        }
    }
    rest
}

fn copy_value(func: &mut Func, body: &Func, values: &mut IndexVec<Value, Option<Value>>, v: Value) -> Value {
    let new = func.values.push(body.values[v]);
    values[v] = Some(new);
    new
}
