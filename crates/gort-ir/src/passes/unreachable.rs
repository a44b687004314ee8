//! Empties blocks that cannot be reached, and simplifies branches on constants.
//!
//! An unreachable block keeps its number; it gets no parameters and ends in `Unreachable`.

use crate::func::{Func, InstData, Value};
use crate::inst::Op;
use crate::passes::cfg::Cfg;
use index_vec::IndexVec;

/// Runs the pass.
pub fn run(func: &mut Func) {
    fold_branches(func);
    let cfg = Cfg::new(func);
    for b in func.blocks.indices() {
        if cfg.is_reachable(b) {
            continue;
        }
        let results = Default::default();
        let inst = func.insts.push(InstData { op: Op::Unreachable, results, pos: func.pos });
        let block = &mut func.blocks[b];
        block.params.clear();
        block.cold = true;
        block.insts = vec![inst];
    }
}

/// Makes jumps of branches on constants; true if there were any.
pub fn fold_branches(func: &mut Func) -> bool {
    let mut any = false;
    let mut constants: IndexVec<Value, Option<i64>> = index_vec::index_vec![None; func.values.len()];
    for data in &func.insts {
        if let (Op::Iconst(c), [v]) = (&data.op, data.results.as_slice()) {
            constants[*v] = Some(*c);
        }
    }
    for b in func.blocks.indices() {
        let Some(&last) = func.blocks[b].insts.last() else { continue };
        let op = &mut func.insts[last].op;
        let target = match op {
            Op::Branch { cond, then, els } => {
                if then == els {
                    then.clone()
                } else {
                    match constants[*cond] {
                        Some(0) => els.clone(),
                        Some(_) => then.clone(),
                        None => continue,
                    }
                }
            }
            _ => continue,
        };
        *op = Op::Jump(target);
        any = true;
    }
    any
}
