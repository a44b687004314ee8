//! Which slots may still be used after each safepoint.
//!
//! # Problem
//! A slot keeps what its pointers lead to. Named in every map, it would keep it until the function returns; Go
//! lets go of it after the last use.
//!
//! # Protocol
//! A slot lives from the entry to the last instruction that may use it on any way: one that names it, or that uses
//! a value that may be an address in it.
//!
//! INV-SLOT-1 (stays dead): nothing ends a slot's life sooner, so one that is dead at a safepoint is dead at all that
//! follow it, and no map names again what was not kept meanwhile.
//!
//! Where addresses go is found without order: slots whose addresses meet, in a value, in memory or in one call, form
//! a group that lives and dies as one. Once an address of a group may lie in memory, what is loaded from the group
//! may be an address in it. An address stored where no slot is known to be keeps its group to the end, and so does
//! every slot of a function with a landing block: deferred calls and the runtime read its frame.
//!
//! # Rejected
//! Ends at writes of the whole slot, as in [`crate::escape::slot_life`]: more precise in loops, but then a slot comes
//! back to life with old words in it and would have to be cleared.

use super::cfg::Cfg;
use crate::func::{Block, Func, Inst, Slot, Value};
use crate::inst::{Op, Ty};
use index_vec::IndexVec;

/// Above this many bits (groups times blocks) all slots count as alive throughout.
const MAX_BITS: usize = 1 << 26;

/// The result.
#[derive(Debug)]
pub struct SlotLiveness {
    groups: Groups,
    /// Alive throughout, for all slots.
    all: bool,
    /// Words per set.
    words: usize,
    /// Per block: slots (representatives of groups) alive at its start.
    live_in: Vec<u64>,
}

#[derive(Debug)]
struct Groups {
    /// Union-find over slots.
    parent: IndexVec<Slot, Slot>,
    /// By representative: an address of the group may lie in memory.
    exposed: IndexVec<Slot, bool>,
    /// By representative: alive throughout.
    pinned: IndexVec<Slot, bool>,
    /// A slot of the group in which the value may be an address.
    holds: IndexVec<Value, Option<Slot>>,
    changed: bool,
}

impl SlotLiveness {
    /// Computes it.
    pub fn new(func: &Func, cfg: &Cfg) -> Self {
        let n = func.slots.len();
        let landing = func.insts.iter().any(|d| matches!(d.op, Op::DeferEnter { .. }));
        let words = n.div_ceil(64);
        let all = landing || func.defers.is_some() || words * 64 * func.blocks.len() > MAX_BITS;
        let mut groups = Groups {
            parent: (0..n).map(Slot::from).collect(),
            exposed: index_vec::index_vec![false; n],
            pinned: index_vec::index_vec![false; n],
            holds: index_vec::index_vec![None; func.values.len()],
            changed: true,
        };
        if all || func.slots.iter().all(|s| s.pointers.is_empty()) {
            return Self { groups, all, words, live_in: vec![0; words * func.blocks.len()] };
        }
        while std::mem::take(&mut groups.changed) {
            for &b in &cfg.rpo {
                func.blocks[b].insts.iter().for_each(|&i| groups.inst(func, i));
            }
        }
        let mut this = Self { groups, all, words, live_in: vec![0; words * func.blocks.len()] };
        this.reach(func, cfg);
        this
    }

    /// Is it alive throughout?
    pub fn is_pinned(&self, s: Slot) -> bool {
        self.all || self.groups.pinned[self.groups.find(s)]
    }

    /// Calls `f` with each safepoint and whether a slot is needed during or after it, from the block's end to its
    /// start.
    pub fn each_safepoint(&self, func: &Func, b: Block, mut f: impl FnMut(Inst, &dyn Fn(Slot) -> bool)) {
        let mut live = self.live_out(func, b);
        for &i in func.blocks[b].insts.iter().rev() {
            self.mentions(func, i, &mut live);
            if func.insts[i].op.is_safepoint() {
                f(i, &|s| {
                    let s = self.groups.find(s).index();
                    self.all || live[s / 64] >> (s % 64) & 1 == 1
                });
            }
        }
    }

    fn live_out(&self, func: &Func, b: Block) -> Vec<u64> {
        let mut live = vec![0; self.words];
        for s in func.terminator(b).map(Op::successors).unwrap_or_default() {
            let from = &self.live_in[s.index() * self.words..][..self.words];
            live.iter_mut().zip(from).for_each(|(l, f)| *l |= f);
        }
        live
    }

    fn mentions(&self, func: &Func, i: Inst, live: &mut [u64]) {
        let mut add = |s: Slot| {
            let s = self.groups.find(s).index();
            live[s / 64] |= 1 << (s % 64);
        };
        let op = &func.insts[i].op;
        if let Op::SlotAddr(s, _) | Op::SlotLoad(s, _) | Op::SlotStore(s, ..) = op {
            add(*s);
        }
        op.for_each_operand(|v| {
            if let Some(s) = self.groups.holds[v] {
                add(s);
            }
        });
    }

    fn reach(&mut self, func: &Func, cfg: &Cfg) {
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &b in cfg.rpo.iter().rev() {
                let mut live = self.live_out(func, b);
                func.blocks[b].insts.iter().for_each(|&i| self.mentions(func, i, &mut live));
                let old = &mut self.live_in[b.index() * self.words..][..self.words];
                if *old != *live {
                    old.copy_from_slice(&live);
                    changed = true;
                }
            }
        }
    }
}

impl Groups {
    fn find(&self, mut s: Slot) -> Slot {
        while self.parent[s] != s {
            s = self.parent[s];
        }
        s
    }

    fn merge(&mut self, a: Slot, b: Slot) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return;
        }
        let (low, high) = (a.min(b), a.max(b));
        self.parent[high] = low;
        self.exposed[low] |= self.exposed[high];
        self.pinned[low] |= self.pinned[high];
        self.changed = true;
    }

    /// The value may be an address in the slot's group.
    fn hold(&mut self, v: Value, s: Option<Slot>) {
        match (self.holds[v], s) {
            (_, None) => {}
            (Some(old), Some(s)) => self.merge(old, s),
            (None, s) => {
                self.holds[v] = s;
                self.changed = true;
            }
        }
    }

    fn expose(&mut self, s: Slot) {
        let s = self.find(s);
        self.changed |= !self.exposed[s];
        self.exposed[s] = true;
    }

    /// An address in the group of `what` is stored in `to`, or in memory that is no slot.
    fn store(&mut self, what: Option<Slot>, to: Option<Slot>) {
        let Some(what) = what else { return };
        self.expose(what);
        match to {
            Some(to) => self.merge(what, to),
            None => {
                let s = self.find(what);
                self.changed |= !self.pinned[s];
                self.pinned[s] = true;
            }
        }
    }

    /// The slot, if what is loaded from it may be an address in its group.
    fn loaded(&self, from: Option<Slot>) -> Option<Slot> {
        from.filter(|&s| self.exposed[self.find(s)])
    }

    fn inst(&mut self, func: &Func, i: Inst) {
        let data = &func.insts[i];
        for t in data.op.targets() {
            for (&arg, &param) in t.args.iter().zip(&func.blocks[t.block].params) {
                self.hold(param, self.holds[arg]);
            }
        }
        let from = match &data.op {
            Op::SlotAddr(s, _) => Some(*s),
            Op::SlotLoad(s, _) => self.loaded(Some(*s)),
            Op::Load { addr, .. } | Op::AtomicLoad(addr) => self.loaded(self.holds[*addr]),
            Op::SlotStore(s, _, v) => return self.store(self.holds[*v], Some(*s)),
            Op::Store { addr, value, .. } | Op::AtomicStore { addr, value, .. } => {
                return self.store(self.holds[*value], self.holds[*addr]);
            }
            Op::AtomicRmw { addr, value, .. } | Op::AtomicCas { addr, new: value, .. } => {
                self.store(self.holds[*value], self.holds[*addr]);
                self.loaded(self.holds[*addr])
            }
            Op::Copy { dst, src, .. } => {
                return self.store(self.loaded(self.holds[*src]), self.holds[*dst]);
            }
            op => {
                let mut from = None;
                let mut meet: Vec<Slot> = Vec::new();
                op.for_each_operand(|v| meet.extend(self.holds[v]));
                for s in meet {
                    if matches!(op, Op::Call(..)) {
                        // What is called may store one in another, or return it.
                        self.expose(s);
                        from.into_iter().for_each(|other| self.merge(s, other));
                    }
                    from = from.or(Some(s));
                    if !data.results.is_empty() && !op.is_terminator() {
                        from.into_iter().for_each(|other| self.merge(s, other));
                    }
                }
                from
            }
        };
        // An integer from a call is no address that keeps something: only this function's own arithmetic may be.
        let called = matches!(data.op, Op::Call(..));
        for &r in &data.results {
            if func.ty(r) == Ty::Ptr || (func.ty(r).size() == 8 && !called) {
                self.hold(r, from);
            }
        }
    }
}
