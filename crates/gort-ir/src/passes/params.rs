//! Removes block parameters that always get the same value.
//!
//! SSA construction makes a parameter wherever a variable is used in a block that is not sealed yet; in
//! most loops most of them turn out to be the value from before the loop.

use crate::func::{Block, ENTRY, Func, Value};
use crate::inst::{Op, Target};
use crate::passes::cfg::Cfg;
use index_vec::IndexVec;

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let mut same_as: IndexVec<Value, Value> = func.values.indices().collect();
    let mut removed: IndexVec<Block, Vec<bool>> =
        func.blocks.iter().map(|b| vec![false; b.params.len()]).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for &b in cfg.rpo.iter().filter(|&&b| b != ENTRY) {
            for i in 0..func.blocks[b].params.len() {
                if removed[b][i] {
                    continue;
                }
                let param = func.blocks[b].params[i];
                if let Some(v) = only_argument(func, &cfg, &mut same_as, b, i, param) {
                    same_as[param] = v;
                    removed[b][i] = true;
                    changed = true;
                }
            }
        }
    }
    apply(func, &mut same_as, &removed);
}

fn resolve(same_as: &mut IndexVec<Value, Value>, v: Value) -> Value {
    let mut root = v;
    while same_as[root] != root {
        root = same_as[root];
    }
    let mut at = v;
    while same_as[at] != root {
        at = std::mem::replace(&mut same_as[at], root);
    }
    root
}

/// The one value that parameter `i` of `b` gets from all predecessors, itself not counted.
fn only_argument(
    func: &Func,
    cfg: &Cfg,
    same_as: &mut IndexVec<Value, Value>,
    b: Block,
    i: usize,
    param: Value,
) -> Option<Value> {
    let mut only = None;
    for &p in cfg.preds(b) {
        for t in func.terminator(p)?.targets() {
            if t.block != b {
                continue;
            }
            let arg = resolve(same_as, *t.args.get(i)?);
            if arg == param || only == Some(arg) {
                continue;
            }
            if only.is_some() {
                return None;
            }
            only = Some(arg);
        }
    }
    only
}

/// Drops the arguments and parameters marked in `removed`, and puts every operand's replacement.
fn apply(func: &mut Func, same_as: &mut IndexVec<Value, Value>, removed: &IndexVec<Block, Vec<bool>>) {
    for data in &mut func.insts {
        for t in targets_mut(&mut data.op) {
            let mut i = 0;
            t.args.retain(|_| {
                i += 1;
                !removed[t.block].get(i - 1).copied().unwrap_or(false)
            });
        }
        data.op.for_each_operand_mut(|v| *v = resolve(same_as, *v));
    }
    for (b, block) in func.blocks.iter_mut_enumerated() {
        let mut i = 0;
        block.params.retain(|_| {
            i += 1;
            !removed[b][i - 1]
        });
    }
}

/// Targets of a terminator, to be changed.
pub fn targets_mut(op: &mut Op) -> Vec<&mut Target> {
    match op {
        Op::Jump(t) => vec![t],
        Op::Branch { then, els, .. } => vec![then, els],
        Op::Switch { cases, default, .. } => cases.iter_mut().map(|c| &mut c.1).chain([default]).collect(),
        _ => Vec::new(),
    }
}
