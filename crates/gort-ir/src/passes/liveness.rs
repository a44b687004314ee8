//! Which heap pointers are alive at each safepoint, and for how long.
//!
//! Computed value by value, from the uses back to the definition: the work is proportional to the sets
//! that come out, so long functions full of short-lived values cost little.
//!
//! Only pointers the collector may have to follow count: an address of data, code or a slot is none.

use crate::func::{Block, Func, Inst, Value};
use crate::inst::{Callee, Op, Ty};
use crate::passes::cfg::Cfg;
use gort_abi::runtime_fn::Thunk;
use index_vec::IndexVec;

/// The result.
#[derive(Debug)]
pub struct Liveness {
    /// Pointers alive at the start of each block (its parameters not among them), ascending.
    pub live_in: IndexVec<Block, Vec<Value>>,
    /// For every safepoint in a reachable block: the pointers needed after it, its results excluded;
    /// ascending. A runtime call that may park also keeps its pointer arguments.
    pub safepoints: Vec<(Inst, Vec<Value>)>,
    /// Is the value a pointer that counts?
    pub counts: IndexVec<Value, bool>,
}

impl Liveness {
    /// Computes it.
    pub fn new(func: &Func, cfg: &Cfg) -> Self {
        let counts = counted(func, cfg);
        let live_in = live_in(func, cfg, &counts);
        let mut this = Self { live_in, safepoints: Vec::new(), counts };
        let mut live = LiveSet::new(func.values.len());
        for &b in &cfg.rpo {
            this.block(func, b, &mut live);
        }
        this
    }

    fn block(&mut self, func: &Func, b: Block, live: &mut LiveSet) {
        live.clear();
        let successors = func.terminator(b).map(Op::successors).unwrap_or_default();
        successors.iter().for_each(|&s| self.live_in[s].iter().for_each(|&v| live.add(v)));
        for &i in func.blocks[b].insts.iter().rev() {
            let data = &func.insts[i];
            data.results.iter().for_each(|&r| live.remove(r));
            if data.op.is_safepoint() {
                let mut values = live.values.clone();
                if let Op::Call(Callee::Runtime(f), args) = &data.op
                    && matches!(f.thunk(), Thunk::Blocking | Thunk::Syscall)
                {
                    values.extend(args.iter().copied().filter(|&a| self.counts[a]));
                }
                values.sort_unstable();
                values.dedup();
                self.safepoints.push((i, values));
            }
            data.op.for_each_operand(|v| {
                if self.counts[v] {
                    live.add(v);
                }
            });
        }
    }
}

/// A set with cheap clearing and listing.
#[derive(Debug)]
pub struct LiveSet {
    /// The members, in no order.
    pub values: Vec<Value>,
    place: IndexVec<Value, u32>,
}

impl LiveSet {
    const OUT: u32 = u32::MAX;

    /// Empty, for values below `n`.
    pub fn new(n: usize) -> Self {
        Self { values: Vec::new(), place: index_vec::index_vec![Self::OUT; n] }
    }

    /// Makes it empty.
    pub fn clear(&mut self) {
        for v in self.values.drain(..) {
            self.place[v] = Self::OUT;
        }
    }

    /// Is it in?
    pub fn contains(&self, v: Value) -> bool {
        self.place[v] != Self::OUT
    }

    /// Puts it in.
    pub fn add(&mut self, v: Value) {
        if self.place[v] == Self::OUT {
            self.place[v] = self.values.len() as u32;
            self.values.push(v);
        }
    }

    /// Takes it out.
    pub fn remove(&mut self, v: Value) {
        let at = std::mem::replace(&mut self.place[v], Self::OUT);
        if at != Self::OUT {
            self.values.swap_remove(at as usize);
            if let Some(&moved) = self.values.get(at as usize) {
                self.place[moved] = at;
            }
        }
    }
}

fn counted(func: &Func, cfg: &Cfg) -> IndexVec<Value, bool> {
    let mut counts: IndexVec<Value, bool> = func.values.iter().map(|v| v.ty == Ty::Ptr).collect();
    // In reverse postorder, so that a definition comes before its uses.
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            let data = &func.insts[i];
            let none = match &data.op {
                Op::Iconst(_) | Op::SymAddr(..) | Op::SlotAddr(..) | Op::GetG => true,
                Op::PtrAdd(base, _) => !counts[*base],
                _ => false,
            };
            if none {
                data.results.iter().for_each(|&r| counts[r] = false);
            }
        }
    }
    counts
}

fn live_in(func: &Func, cfg: &Cfg, counts: &IndexVec<Value, bool>) -> IndexVec<Block, Vec<Value>> {
    let mut def: IndexVec<Value, Option<Block>> = index_vec::index_vec![None; func.values.len()];
    let mut uses: IndexVec<Value, Vec<Block>> = index_vec::index_vec![Vec::new(); func.values.len()];
    for &b in &cfg.rpo {
        func.blocks[b].params.iter().for_each(|&p| def[p] = Some(b));
        for &i in &func.blocks[b].insts {
            func.insts[i].results.iter().for_each(|&r| def[r] = Some(b));
        }
    }
    for &b in &cfg.rpo {
        for &i in &func.blocks[b].insts {
            func.insts[i].op.for_each_operand(|v| {
                if counts[v] && def[v] != Some(b) && uses[v].last() != Some(&b) {
                    uses[v].push(b);
                }
            });
        }
    }
    let mut live_in: IndexVec<Block, Vec<Value>> = index_vec::index_vec![Vec::new(); func.blocks.len()];
    let mut stack = Vec::new();
    for (v, blocks) in uses.iter_enumerated() {
        stack.extend_from_slice(blocks);
        while let Some(b) = stack.pop() {
            if live_in[b].last() == Some(&v) {
                continue;
            }
            live_in[b].push(v);
            stack.extend(cfg.preds(b).iter().copied().filter(|&p| def[v] != Some(p)));
        }
    }
    live_in
}
