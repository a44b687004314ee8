//! Which pointers are kept in the frame, and where: INV-CG-1.
//!
//! # Problem
//! Cranelift can spill for us, but then every use of a pointer that lives across any call, even a cold one,
//! becomes a load. The heap does not move, so a copy in the frame is enough and the register stays good.
//!
//! # Protocol
//! A pointer that is needed after some safepoint gets a place in the *root area* of the frame. It is
//! stored there at its definition if one of those safepoints is on a hot way, else right before each of
//! the (cold) calls. Two pointers share a place if their lives do not overlap: a walk over the dominator
//! tree gives each definition the lowest place that is free, which for SSA needs no search.
//!
//! A place is written only while its pointer lives, so a store for one never destroys another that a later
//! map names.
//!
//! In a function that forks no two pointers share a place: the child runs in the same frame before the parent goes on, and
//! writes the places of pointers that live on its way only.
//!
//! # Rejected
//! Interference by "alive at the same safepoint": two pointers that meet at no safepoint may still overlap,
//! and the store of the second at its definition would overwrite the first.

use gort_abi::runtime_fn::Thunk;
use gort_ir::func::{Block, Func, Inst, Value};
use gort_ir::inst::{Callee, Op};
use gort_ir::passes::cfg::Cfg;
use gort_ir::passes::liveness::{LiveSet, Liveness};
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// The plan for one function.
#[derive(Debug, Default)]
pub struct Roots {
    /// Pointers to keep at each safepoint.
    pub at: FxHashMap<Inst, Vec<Value>>,
    /// Their places: indices of words of the root area.
    pub place: FxHashMap<Value, u32>,
    /// Store at the definition (else before the safepoint)?
    pub eager: IndexVec<Value, bool>,
    /// Words of the root area.
    pub words: u32,
    /// Pointers alive at the start of each block (its parameters not among them), ascending.
    pub live_in: IndexVec<Block, Vec<Value>>,
}

impl Roots {
    /// Makes the plan; `calls_seldom`: safepoints whose call is off the hot way, besides polls.
    pub fn new(func: &Func, cfg: &Cfg, calls_seldom: impl Fn(Inst) -> bool) -> Self {
        let liveness = Liveness::new(func, cfg);
        let mut roots = Self { eager: index_vec::index_vec![false; func.values.len()], ..Self::default() };
        let cold = cold_safepoints(func, cfg, calls_seldom);
        let mut kept: IndexVec<Value, bool> = index_vec::index_vec![false; func.values.len()];
        for (inst, values) in &liveness.safepoints {
            // The target of `DeferEnter` is a bare return: nobody looks at the frame there.
            if values.is_empty() || matches!(func.insts[*inst].op, Op::DeferEnter { .. }) {
                continue;
            }
            for &v in values {
                kept[v] = true;
                roots.eager[v] |= !cold[*inst];
            }
            roots.at.insert(*inst, values.clone());
        }
        if !roots.at.is_empty() {
            roots.assign(func, cfg, &liveness, &kept);
        }
        roots.live_in = liveness.live_in;
        roots
    }

    fn assign(&mut self, func: &Func, cfg: &Cfg, liveness: &Liveness, kept: &IndexVec<Value, bool>) {
        let mut live = LiveSet::new(func.values.len());
        let mut free: BTreeSet<u32> = BTreeSet::new();
        let shares = !func.insts.iter().any(|i| forks(&i.op));
        for &b in &cfg.rpo {
            // Last uses, found backwards.
            live.clear();
            for s in func.terminator(b).map(Op::successors).unwrap_or_default() {
                liveness.live_in[s].iter().filter(|&&v| kept[v]).for_each(|&v| live.add(v));
            }
            let insts = &func.blocks[b].insts;
            let mut deaths = Vec::new();
            for (at, &i) in insts.iter().enumerate().rev() {
                func.insts[i].results.iter().for_each(|&r| live.remove(r));
                func.insts[i].op.for_each_operand(|v| {
                    if kept[v] && !live.contains(v) {
                        live.add(v);
                        deaths.push((at, v));
                    }
                });
            }
            // Places in use at the start of the block.
            free.clear();
            free.extend((0..self.words).filter(|_| shares));
            for v in &liveness.live_in[b] {
                if let Some(place) = self.place.get(v) {
                    free.remove(place);
                }
            }
            for &p in func.blocks[b].params.iter().filter(|&&p| kept[p]) {
                self.take(p, &mut free);
            }
            for (at, &i) in insts.iter().enumerate() {
                while let Some(&(death, v)) = deaths.last()
                    && death == at
                {
                    deaths.pop();
                    free.extend(self.place.get(&v).filter(|_| shares));
                }
                for &r in func.insts[i].results.iter().filter(|&&r| kept[r]) {
                    self.take(r, &mut free);
                }
            }
        }
    }

    fn take(&mut self, v: Value, free: &mut BTreeSet<u32>) {
        let place = free.pop_first().unwrap_or_else(|| {
            self.words += 1;
            self.words - 1
        });
        self.place.insert(v, place);
    }
}

fn forks(op: &Op) -> bool {
    matches!(op, Op::Call(Callee::Runtime(f), _) if f.thunk() == Thunk::Fork)
}

fn cold_safepoints(func: &Func, cfg: &Cfg, calls_seldom: impl Fn(Inst) -> bool) -> IndexVec<Inst, bool> {
    let mut cold: IndexVec<Inst, bool> = index_vec::index_vec![false; func.insts.len()];
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            cold[i] = func.blocks[b].cold || matches!(func.insts[i].op, Op::Poll) || calls_seldom(i);
        }
    }
    cold
}
