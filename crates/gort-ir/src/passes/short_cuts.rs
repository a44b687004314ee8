//! Takes short cuts: a block that only decides on a parameter is left out by whoever knows the decision, or can make it.
//!
//! `a && b` as a value, and functions put in place that return a condition, lead to such blocks: one way computes the
//! condition, another passes a constant, then both meet to ask which it was.
//!
//! Blocks that follow each other with no other way between become one first.
//!
//! # Which blocks
//! All that the block holds is the branch, and its parameters are used there only. So nothing behind it depends on its
//! being passed through. No loop begins with it: a short cut into the middle of a loop would make that no loop.

use crate::func::{Block, ENTRY, Func, InstData, Value};
use crate::inst::{Op, Target};
use crate::passes::cfg::Cfg;
use crate::passes::params::targets_mut;
use crate::passes::unreachable;
use index_vec::IndexVec;

/// One short cut may make another possible; so often at most.
const MAX_ROUNDS: usize = 4;

/// Runs the pass.
pub fn run(func: &mut Func) {
    for _ in 0..MAX_ROUNDS {
        let merged = merge(func);
        let shortened = shorten(func);
        if merged || shortened {
            unreachable::run(func);
        }
        if !shortened {
            break;
        }
    }
}

/// Puts blocks with one way to them behind what leads there.
fn merge(func: &mut Func) -> bool {
    let cfg = Cfg::new(func);
    let mut same: IndexVec<Value, Option<Value>> = index_vec::index_vec![None; func.values.len()];
    let mut any = false;
    for &b in &cfg.rpo {
        while let Some(Op::Jump(t)) = func.terminator(b) {
            let next = t.block;
            if next == b || next == ENTRY || cfg.preds(next).len() != 1 {
                break;
            }
            let args = t.args.clone();
            let data = std::mem::take(&mut func.blocks[next]);
            for (param, arg) in data.params.into_iter().zip(args) {
                same[param] = Some(arg);
            }
            func.blocks[b].insts.pop();
            func.blocks[b].insts.extend(data.insts);
            let op = Op::Unreachable;
            let end = func.insts.push(InstData { op, results: Default::default(), pos: func.pos });
            func.blocks[next].insts.push(end);
            any = true;
        }
    }
    if any {
        for data in &mut func.insts {
            data.op.for_each_operand_mut(|v| {
                while let Some(arg) = same[*v] {
                    *v = arg;
                }
            });
        }
    }
    any
}

/// A block that only decides.
struct Decision {
    params: Vec<Value>,
    /// Which parameter is the condition.
    on: usize,
    then: Target,
    els: Target,
}

fn shorten(func: &mut Func) -> bool {
    let cfg = Cfg::new(func);
    let decisions = decisions(func, &cfg);
    if decisions.iter().all(Option::is_none) {
        return false;
    }
    let mut constants: IndexVec<Value, Option<bool>> = index_vec::index_vec![None; func.values.len()];
    for data in &func.insts {
        if let (Op::Iconst(c), [v]) = (&data.op, data.results.as_slice()) {
            constants[*v] = Some(*c != 0);
        }
    }
    let mut any = false;
    for &b in &cfg.rpo {
        let Some(&last) = func.blocks[b].insts.last() else { continue };
        any |= shorten_from(&mut func.insts[last].op, b, &decisions, &constants);
    }
    any
}

/// Changes the terminator of `b`; true if a way got shorter.
fn shorten_from(
    op: &mut Op,
    b: Block,
    decisions: &IndexVec<Block, Option<Decision>>,
    constants: &IndexVec<Value, Option<bool>>,
) -> bool {
    if let Op::Jump(t) = op {
        let Some(d) = decisions[t.block].as_ref().filter(|_| t.block != b) else { return false };
        let Some(&cond) = t.args.get(d.on) else { return false };
        *op = match constants[cond] {
            Some(decided) => Op::Jump(d.target(decided, &t.args)),
            None => Op::Branch { cond, then: d.target(true, &t.args), els: d.target(false, &t.args) },
        };
        return true;
    }
    let own = if let Op::Branch { cond, .. } = op { Some(*cond) } else { None };
    let mut any = false;
    for (nth, t) in targets_mut(op).into_iter().enumerate() {
        let Some(d) = decisions[t.block].as_ref().filter(|_| t.block != b) else { continue };
        let Some(&cond) = t.args.get(d.on) else { continue };
        // On its own two ways a branch knows its condition.
        let decided = if own == Some(cond) { Some(nth == 0) } else { constants[cond] };
        if let Some(decided) = decided {
            *t = d.target(decided, &t.args);
            any = true;
        }
    }
    any
}

impl Decision {
    /// Where it leads who comes with these arguments.
    fn target(&self, decided: bool, args: &[Value]) -> Target {
        let t = if decided { &self.then } else { &self.els };
        let arg = |v: &Value| {
            let nth = self.params.iter().position(|p| p == v);
            nth.and_then(|nth| args.get(nth)).copied().unwrap_or(*v)
        };
        Target { block: t.block, args: t.args.iter().map(arg).collect() }
    }
}

fn decisions(func: &Func, cfg: &Cfg) -> IndexVec<Block, Option<Decision>> {
    let mut out: IndexVec<Block, Option<Decision>> = func.blocks.iter().map(|_| None).collect();
    for &b in cfg.rpo.iter().filter(|&&b| b != ENTRY && !cfg.headers.contains(&b)) {
        let data = &func.blocks[b];
        let ([only], Some(Op::Branch { cond, then, els })) = (data.insts.as_slice(), func.terminator(b))
        else {
            continue;
        };
        debug_assert!(func.insts[*only].results.is_empty());
        let Some(on) = data.params.iter().position(|p| p == cond) else { continue };
        if then.block == b || els.block == b {
            continue;
        }
        out[b] = Some(Decision { params: data.params.clone(), on, then: then.clone(), els: els.clone() });
    }
    // Whose parameters are used elsewhere is not left out.
    let mut of: IndexVec<Value, Option<Block>> = index_vec::index_vec![None; func.values.len()];
    for (b, decision) in out.iter_enumerated() {
        decision.iter().flat_map(|d| &d.params).for_each(|&p| of[p] = Some(b));
    }
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            func.insts[i].op.for_each_operand(|v| {
                if let Some(owner) = of[v].filter(|&owner| owner != b) {
                    out[owner] = None;
                }
            });
        }
    }
    out
}
