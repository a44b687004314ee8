//! Removes nil checks and bounds checks that an earlier one on every way makes needless.
//!
//! One walk over the dominator tree with a scoped set of facts. A fact holds in the block that establishes
//! it, from there on, and in all blocks it dominates.

use crate::func::{Block, Func, Inst, Value};
use crate::inst::{BoundsKind, Callee, IntCond, Op, Ty};
use crate::passes::cfg::Cfg;
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use std::collections::{HashMap, HashSet};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Fact {
    NotNil(Value),
    /// index < len
    Below(Value, Value),
    /// index <= len
    Within(Value, Value),
}

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let zero_tests = nil_tests(func);
    let mut children: IndexVec<Block, Vec<Block>> = index_vec::index_vec![Vec::new(); func.blocks.len()];
    for &b in &cfg.rpo {
        if let Some(parent) = cfg.idom(b) {
            children[parent].push(b);
        }
    }
    let Some(&root) = cfg.rpo.first() else { return };
    let mut facts = Facts::default();
    // Each entry: a block to enter, or the length to cut the trail back to.
    let mut stack = vec![Ok(root)];
    while let Some(step) = stack.pop() {
        let b = match step {
            Ok(b) => b,
            Err(len) => {
                facts.cut(len);
                continue;
            }
        };
        stack.push(Err(facts.trail.len()));
        edge_facts(func, &cfg, &zero_tests, b, &mut facts);
        block(func, b, &mut facts);
        stack.extend(children[b].iter().map(|&c| Ok(c)));
    }
}

#[derive(Default)]
struct Facts {
    set: HashSet<Fact>,
    trail: Vec<Fact>,
}

impl Facts {
    fn has(&self, fact: Fact) -> bool {
        self.set.contains(&fact)
    }

    fn add(&mut self, fact: Fact) {
        if self.set.insert(fact) {
            self.trail.push(fact);
        }
    }

    fn cut(&mut self, len: usize) {
        for fact in self.trail.drain(len..) {
            self.set.remove(&fact);
        }
    }
}

/// Comparisons of a pointer with nil: result -> (pointer, true if it says "not nil").
fn nil_tests(func: &Func) -> HashMap<Value, (Value, bool)> {
    let mut zeros = HashSet::new();
    for data in &func.insts {
        if let (Op::Iconst(0), [v]) = (&data.op, data.results.as_slice()) {
            zeros.insert(*v);
        }
    }
    let mut tests = HashMap::new();
    for data in &func.insts {
        let (&Op::Icmp(cond, a, b), [result]) = (&data.op, data.results.as_slice()) else { continue };
        let pointer = match (zeros.contains(&a), zeros.contains(&b)) {
            (false, true) => a,
            (true, false) => b,
            _ => continue,
        };
        if func.ty(pointer) == Ty::Ptr && matches!(cond, IntCond::Eq | IntCond::Ne) {
            tests.insert(*result, (pointer, cond == IntCond::Ne));
        }
    }
    tests
}

/// What the branch says that is the only way into the block.
fn edge_facts(func: &Func, cfg: &Cfg, tests: &HashMap<Value, (Value, bool)>, b: Block, facts: &mut Facts) {
    let [pred] = cfg.preds[b].as_slice() else { return };
    let Some(Op::Branch { cond, then, els }) = func.terminator(*pred) else { return };
    if then.block == els.block {
        return;
    }
    if let Some(&(pointer, not_nil)) = tests.get(cond)
        && (then.block == b) == not_nil
    {
        facts.add(Fact::NotNil(pointer));
    }
}

fn block(func: &mut Func, b: Block, facts: &mut Facts) {
    let insts = std::mem::take(&mut func.blocks[b].insts);
    let kept: Vec<Inst> = insts.into_iter().filter(|&i| !is_needless(func, i, facts)).collect();
    func.blocks[b].insts = kept;
}

/// Updates the facts by the instruction; true if it is a check without need.
fn is_needless(func: &mut Func, inst: Inst, facts: &mut Facts) -> bool {
    let data = &mut func.insts[inst];
    let result = data.results.first().copied();
    match &mut data.op {
        Op::SymAddr(..) | Op::SlotAddr(..) => facts.add_not_nil(result),
        Op::Call(Callee::Runtime(RuntimeFn::NewObject | RuntimeFn::NewArray), _) => facts.add_not_nil(result),
        Op::PtrAdd(base, _) if facts.has(Fact::NotNil(*base)) => facts.add_not_nil(result),
        Op::Load { addr, nil_check, .. } | Op::Store { addr, nil_check, .. } => {
            if facts.has(Fact::NotNil(*addr)) {
                *nil_check = false;
            } else if *nil_check {
                facts.add(Fact::NotNil(*addr));
            }
        }
        Op::NilCheck(addr) => {
            if facts.has(Fact::NotNil(*addr)) {
                return true;
            }
            facts.add(Fact::NotNil(*addr));
        }
        Op::BoundsCheck { kind, index, len, .. } => {
            let below = Fact::Below(*index, *len);
            let within = Fact::Within(*index, *len);
            if *kind == BoundsKind::Index {
                if facts.has(below) {
                    return true;
                }
                facts.add(below);
            } else if facts.has(within) {
                return true;
            }
            facts.add(within);
        }
        _ => {}
    }
    false
}

impl Facts {
    fn add_not_nil(&mut self, v: Option<Value>) {
        if let Some(v) = v {
            self.add(Fact::NotNil(v));
        }
    }
}
