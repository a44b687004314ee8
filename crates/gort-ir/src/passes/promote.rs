//! Turns slots whose address nobody needs into SSA values.
//!
//! A slot qualifies if it is only loaded from, stored to, zeroed and copied, in pieces that do not overlap. Each
//! piece becomes a variable. Where ways with different values meet, a block gets a parameter; `params` removes
//! those that turn out to be needless.
//!
//! What a landing block may read stays in slots (INV-IR-4).

use crate::func::{Block, ENTRY, Func, Inst, InstData, Slot, Value, ValueData};
use crate::inst::{Op, Ty};
use crate::passes::cfg::Cfg;
use crate::passes::params::targets_mut;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;

/// A bigger slot stays one.
const MAX_SIZE: u32 = 256;
/// So does one of more pieces.
const MAX_PIECES: usize = 16;

type Pieces = BTreeMap<u32, Ty>;

/// Runs the pass; true if it changed anything.
pub fn run(func: &mut Func) -> bool {
    if func.slots.is_empty() {
        return false;
    }
    let cfg = Cfg::new(func);
    let mut plan = Plan::new(func, &cfg);
    if plan.pieces.iter().all(Option::is_none) {
        return false;
    }
    plan.expand_copies(func, &cfg);
    let Some(rename) = Rename::new(func, &cfg, &plan) else { return true };
    rename.run(func, &cfg);
    true
}

/// Which slots become values.
struct Plan {
    /// Of a slot that does: its pieces.
    pieces: IndexVec<Slot, Option<Pieces>>,
    /// Values that are addresses in slots.
    address: FxHashMap<Value, (Slot, u32)>,
}

impl Plan {
    fn new(func: &Func, cfg: &Cfg) -> Self {
        let fits = |size: u32| size <= MAX_SIZE;
        let pieces = func.slots.iter().map(|s| fits(s.size).then(Pieces::new)).collect();
        let mut plan = Self { pieces, address: FxHashMap::default() };
        // The runtime looks at these.
        let defers = func.defers.iter().flat_map(|d| d.sites.iter().chain([&d.bits]));
        defers.for_each(|&s| plan.drop_slot(s));
        let insts = || cfg.rpo.iter().flat_map(|&b| &func.blocks[b].insts).map(|&i| &func.insts[i]);
        for data in insts() {
            if let (Op::SlotAddr(s, offset), [v]) = (&data.op, data.results.as_slice()) {
                plan.address.insert(*v, (*s, *offset));
            }
        }
        for data in insts() {
            plan.uses(func, data);
        }
        // Pieces of copies between slots must agree; pieces made for one may be news for another.
        let mut rounds = 0;
        while insts().filter(|data| plan.copy_pieces(func, &data.op)).count() > 0 {
            rounds += 1;
            if rounds > 8 {
                plan.pieces.iter_mut().for_each(|p| *p = None);
            }
        }
        for data in insts() {
            plan.check_ranges(func, &data.op);
        }
        // A slot that had to be given up may have been what made a copy possible: loads and stores of pieces
        // work with any partner, so nothing follows from it.
        plan
    }

    fn drop_slot(&mut self, s: Slot) {
        self.pieces[s] = None;
    }

    fn piece(&mut self, func: &Func, s: Slot, offset: u32, ty: Ty) -> bool {
        let Some(pieces) = &mut self.pieces[s] else { return false };
        let end = offset + ty.size();
        if pieces.get(&offset) == Some(&ty) {
            return false;
        }
        let before = pieces.range(..end).next_back();
        let overlaps = before.is_some_and(|(&at, t)| at + t.size() > offset);
        if overlaps || end > func.slots[s].size || pieces.len() >= MAX_PIECES {
            self.drop_slot(s);
        } else {
            pieces.insert(offset, ty);
        }
        true
    }

    fn uses(&mut self, func: &Func, data: &InstData) {
        match &data.op {
            Op::SlotLoad(s, offset) => {
                if let Some(&r) = data.results.first() {
                    self.piece(func, *s, *offset, func.ty(r));
                }
            }
            Op::SlotStore(s, offset, v) => {
                self.piece(func, *s, *offset, func.ty(*v));
                self.address_used(*v);
            }
            Op::Zero { .. } | Op::Copy { .. } | Op::SlotAddr(..) => {}
            op => op.for_each_operand(|v| self.address_used(v)),
        }
    }

    fn address_used(&mut self, v: Value) {
        if let Some(&(s, _)) = self.address.get(&v) {
            self.drop_slot(s);
        }
    }

    /// The promoted slot that an address is in.
    fn place(&self, v: Value) -> Option<(Slot, u32)> {
        self.address.get(&v).copied().filter(|&(s, _)| self.pieces[s].is_some())
    }

    fn range(&self, s: Slot, from: u32, size: u32) -> Vec<(u32, Ty)> {
        let pieces = self.pieces[s].iter().flat_map(|p| p.range(from..from + size));
        pieces.map(|(&at, &ty)| (at - from, ty)).collect()
    }

    /// What is copied out of a slot must be in pieces, all of it.
    fn copy_pieces(&mut self, func: &Func, op: &Op) -> bool {
        let Op::Copy { dst, src, size } = *op else { return false };
        let mut changed = false;
        if let (Some((d, d_at)), Some((s, s_at))) = (self.place(dst), self.place(src)) {
            for (at, ty) in self.range(d, d_at, size) {
                changed |= self.piece(func, s, s_at + at, ty);
            }
            for (at, ty) in self.range(s, s_at, size) {
                changed |= self.piece(func, d, d_at + at, ty);
            }
        }
        if let Some((s, s_at)) = self.place(src) {
            let mut at = 0;
            while at < size {
                let next = self.range(s, s_at + at, size - at).first().copied();
                let gap = next.map_or(size - at, |(next, _)| next);
                if gap == 0 {
                    at += next.map_or(1, |(_, ty)| ty.size());
                    continue;
                }
                let offset = s_at + at;
                let pointer = func.slots[s].pointers.contains(&offset);
                let ty = [Ty::I64, Ty::I32, Ty::I16, Ty::I8]
                    .into_iter()
                    .find(|ty| ty.size() <= gap && offset.is_multiple_of(ty.size()))
                    .unwrap_or(Ty::I8);
                let ty = if pointer && ty == Ty::I64 { Ty::Ptr } else { ty };
                self.piece(func, s, offset, ty);
                changed = true;
                if self.pieces[s].is_none() {
                    break;
                }
                at += ty.size();
            }
        }
        changed
    }

    /// Zeroing and copying must not cut a piece in two.
    fn check_ranges(&mut self, func: &Func, op: &Op) {
        let (areas, size) = match *op {
            Op::Zero { dst, size } => (vec![dst], size),
            Op::Copy { dst, src, size } => (vec![dst, src], size),
            _ => return,
        };
        for area in areas {
            let Some((s, from)) = self.place(area) else { continue };
            let Some(end) = from.checked_add(size).filter(|&end| end <= func.slots[s].size) else {
                self.drop_slot(s);
                continue;
            };
            let cut = |edge: u32| {
                let before = self.pieces[s].iter().flat_map(|p| p.range(..edge)).next_back();
                before.is_some_and(|(&at, ty)| at + ty.size() > edge)
            };
            if cut(from) || cut(end) {
                self.drop_slot(s);
            }
        }
    }

    /// Copies to and from promoted slots become loads and stores of the pieces; zeroing becomes stores.
    fn expand_copies(&mut self, func: &mut Func, cfg: &Cfg) {
        for &b in &cfg.rpo {
            let old = std::mem::take(&mut func.blocks[b].insts);
            let mut new = Vec::with_capacity(old.len());
            for i in old {
                let pos = func.insts[i].pos;
                let mut push =
                    |func: &mut Func, op, results| new.push(func.insts.push(InstData { op, results, pos }));
                match func.insts[i].op {
                    Op::Zero { dst, size } if self.place(dst).is_some() => {
                        let Some((s, from)) = self.place(dst) else { continue };
                        for (at, ty) in self.range(s, from, size) {
                            let zero = func.values.push(ValueData { ty });
                            push(func, zero_op(ty), smallvec![zero]);
                            push(func, Op::SlotStore(s, from + at, zero), SmallVec::new());
                        }
                    }
                    Op::Copy { dst, src, size } if self.place(dst).or(self.place(src)).is_some() => {
                        let (to, from) = (self.place(dst), self.place(src));
                        let pieces = match (from, to) {
                            (Some((s, at)), _) | (None, Some((s, at))) => self.range(s, at, size),
                            _ => continue,
                        };
                        // All loads come first: the areas may be the same.
                        let mut loaded = Vec::new();
                        for &(at, ty) in &pieces {
                            let v = func.values.push(ValueData { ty });
                            let op = match from {
                                Some((s, from)) => Op::SlotLoad(s, from + at),
                                None => Op::Load { addr: src, offset: at as i32, nil_check: false },
                            };
                            push(func, op, smallvec![v]);
                            loaded.push((at, v));
                        }
                        for (at, value) in loaded {
                            let op = match to {
                                Some((s, to)) => Op::SlotStore(s, to + at, value),
                                None => {
                                    let offset = at as i32;
                                    Op::Store { addr: dst, offset, value, nil_check: false, barrier: false }
                                }
                            };
                            push(func, op, SmallVec::new());
                        }
                    }
                    _ => new.push(i),
                }
            }
            func.blocks[b].insts = new;
        }
    }
}

fn zero_op(ty: Ty) -> Op {
    if ty.is_float() { Op::Fconst(0) } else { Op::Iconst(0) }
}

/// The change to SSA values.
struct Rename {
    vars: FxHashMap<(Slot, u32), usize>,
    types: Vec<Ty>,
    live_in: IndexVec<Block, Vec<bool>>,
}

impl Rename {
    /// None if nothing is left to promote.
    fn new(func: &Func, cfg: &Cfg, plan: &Plan) -> Option<Self> {
        let mut this = Self { vars: FxHashMap::default(), types: Vec::new(), live_in: IndexVec::new() };
        for (s, pieces) in plan.pieces.iter_enumerated() {
            for (&offset, &ty) in pieces.iter().flatten() {
                this.vars.insert((s, offset), this.types.len());
                this.types.push(ty);
            }
        }
        this.liveness(func, cfg);
        let landings = cfg.rpo.iter().filter_map(|&b| match func.terminator(b) {
            Some(&Op::DeferEnter { landing, .. }) => Some(landing),
            _ => None,
        });
        let mut dropped = vec![false; this.types.len()];
        for landing in landings {
            for (var, &live) in this.live_in[landing].iter().enumerate() {
                dropped[var] |= live;
            }
        }
        if dropped.contains(&true) {
            this.vars.retain(|_, var| !dropped[*var]);
            for live in &mut this.live_in {
                live.iter_mut().zip(&dropped).for_each(|(live, &dropped)| *live &= !dropped);
            }
        }
        (!this.vars.is_empty()).then_some(this)
    }

    fn liveness(&mut self, func: &Func, cfg: &Cfg) {
        let n = self.types.len();
        self.live_in = index_vec::index_vec![vec![false; n]; func.blocks.len()];
        let mut stored: IndexVec<Block, Vec<bool>> = index_vec::index_vec![vec![false; n]; func.blocks.len()];
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                match func.insts[i].op {
                    Op::SlotLoad(s, o) => {
                        if let Some(&var) = self.vars.get(&(s, o)) {
                            self.live_in[b][var] |= !stored[b][var];
                        }
                    }
                    Op::SlotStore(s, o, _) => {
                        if let Some(&var) = self.vars.get(&(s, o)) {
                            stored[b][var] = true;
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in cfg.rpo.iter().rev() {
                for s in func.terminator(b).map(Op::successors).unwrap_or_default() {
                    for var in 0..n {
                        if self.live_in[s][var] && !stored[b][var] && !self.live_in[b][var] {
                            self.live_in[b][var] = true;
                            changed = true;
                        }
                    }
                }
            }
        }
    }

    fn run(&self, func: &mut Func, cfg: &Cfg) {
        let mut same: FxHashMap<Value, Value> = FxHashMap::default();
        let mut out: IndexVec<Block, FxHashMap<usize, Value>> =
            index_vec::index_vec![FxHashMap::default(); func.blocks.len()];
        let mut added: IndexVec<Block, Vec<usize>> = index_vec::index_vec![Vec::new(); func.blocks.len()];
        for &b in &cfg.rpo {
            let mut now: FxHashMap<usize, Value> = FxHashMap::default();
            let mut zeros = Vec::new();
            for var in (0..self.types.len()).filter(|&var| self.live_in[b][var]) {
                let from = match cfg.preds(b) {
                    [only] => out[*only].get(&var).copied(),
                    _ => None,
                };
                let v = from.unwrap_or_else(|| func.values.push(ValueData { ty: self.types[var] }));
                if from.is_none() && b == ENTRY {
                    let op = zero_op(self.types[var]);
                    zeros.push(func.insts.push(InstData { op, results: smallvec![v], pos: func.pos }));
                } else if from.is_none() {
                    func.blocks[b].params.push(v);
                    added[b].push(var);
                }
                now.insert(var, v);
            }
            let old = std::mem::take(&mut func.blocks[b].insts);
            let kept = old.into_iter().filter(|&i| !self.replaced(func, i, &mut now, &mut same));
            let insts: Vec<Inst> = zeros.into_iter().chain(kept.collect::<Vec<_>>()).collect();
            func.blocks[b].insts = insts;
            out[b] = now;
        }
        for &b in &cfg.rpo {
            let Some(&last) = func.blocks[b].insts.last() else { continue };
            for t in targets_mut(&mut func.insts[last].op) {
                t.args.extend(added[t.block].iter().filter_map(|var| out[b].get(var)));
            }
        }
        for data in &mut func.insts {
            data.op.for_each_operand_mut(|v| {
                while let Some(&other) = same.get(v) {
                    *v = other;
                }
            });
        }
    }

    /// Is it a load or store that is done with the values alone?
    fn replaced(
        &self,
        func: &Func,
        i: Inst,
        now: &mut FxHashMap<usize, Value>,
        same: &mut FxHashMap<Value, Value>,
    ) -> bool {
        let data = &func.insts[i];
        match data.op {
            Op::SlotLoad(s, o) => {
                let found = self.vars.get(&(s, o)).and_then(|var| now.get(var));
                let (Some(&v), Some(&result)) = (found, data.results.first()) else { return false };
                same.insert(result, v);
                true
            }
            Op::SlotStore(s, o, v) => match self.vars.get(&(s, o)) {
                Some(&var) => {
                    now.insert(var, v);
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}
