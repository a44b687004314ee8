//! Allocations that may be executed again while what they made is in use.
//!
//! One place in the frame is not enough for those. An object is in use as long as a live value, or a slot that is read
//! later, leads to it.

use super::{Graph, HEAP, NONE, Node};
use crate::escape::slot_life::SlotLife;
use crate::escape::temporary::Temporary;
use crate::escape::{MAX_DEREFS, Summary};
use crate::func::{Block, Inst, Value};
use crate::module::FuncId;
use crate::passes::cfg::Cfg;
use crate::passes::liveness::Liveness;
use crate::passes::loops::Loops;
use rustc_hash::{FxHashMap, FxHashSet};

impl Graph<'_> {
    /// INV-ESC-2: an object whose allocation may be executed again while something alive leads to it is in the
    /// heap.
    pub(super) fn find_repeated<'s>(&mut self, cfg: &Cfg, summary: &dyn Fn(FuncId) -> Option<&'s Summary>) {
        let loops = Loops::new(self.func, cfg);
        let repeated: Vec<usize> = (0..self.candidates.len())
            .filter(|&c| !self.candidates[c].escapes && in_cycle(cfg, &loops, self.candidates[c].block))
            .filter(|&c| self.candidates[c].temporary != Some(Temporary::Elements))
            .collect();
        if repeated.is_empty() {
            return;
        }
        let mut from: Vec<Vec<(Node, i8)>> = vec![Vec::new(); self.into.len()];
        for to in 0..self.into.len() as Node {
            self.into.of(to).for_each(|(f, derefs)| from[f as usize].push((to, derefs)));
        }
        let area = |f: FuncId| summary(f)?.area;
        let liveness = Liveness::new(self.func, cfg);
        let live: FxHashMap<Inst, Vec<Value>> = liveness.safepoints.into_iter().collect();
        for c in repeated {
            let candidate = &self.candidates[c];
            let Some(live) = live.get(&candidate.inst) else { continue };
            let object = self.objects + c as Node;
            let holders = holders(&from, object);
            let alive = |n: Node| holders[n as usize];
            let (block, inst) = (candidate.block, candidate.inst);
            let slots = self.func.slots.indices().filter(|&s| alive(self.slot(s))).any(|s| {
                let Some(addresses) = self.addresses(&from, self.slot(s)) else { return true };
                SlotLife::new(self.func, cfg, s, &addresses, &area).is_live_after(block, inst)
            });
            // What a temporary is made from is read while it is made.
            let mut from_itself = false;
            if candidate.temporary.is_some() {
                self.func.insts[inst].op.for_each_operand(|v| from_itself |= alive(self.value(v)));
            }
            if slots || from_itself || live.iter().any(|&v| alive(self.value(v))) {
                self.candidates[c].repeated = true;
                // Nothing goes to the heap with a temporary: it holds no pointers.
                if self.candidates[c].temporary.is_none() {
                    self.candidates[c].escapes = true;
                    self.edge(HEAP, object, -1);
                }
            }
        }
    }

    /// The values that may be addresses in a slot; none if such an address is in memory too.
    fn addresses(&self, from: &[Vec<(Node, i8)>], slot: Node) -> Option<FxHashSet<Value>> {
        let defers = self.func.defers.iter().flat_map(|d| &d.sites);
        if defers.into_iter().any(|&s| self.slot(s) == slot) {
            return None;
        }
        let mut out = FxHashSet::default();
        let mut work: Vec<Node> = from[slot as usize].iter().filter(|e| e.1 == -1).map(|e| e.0).collect();
        while let Some(n) = work.pop() {
            if !(self.values..self.slots).contains(&n) {
                return None;
            }
            if out.insert(Value::from((n - self.values) as usize)) {
                work.extend(from[n as usize].iter().filter(|e| e.1 == 0).map(|e| e.0));
            }
        }
        Some(out)
    }
}

/// May the block be executed more than once?
fn in_cycle(cfg: &Cfg, loops: &Loops, b: Block) -> bool {
    // A header that does not dominate a block with an edge to it makes a cycle that `Loops` does not know.
    let irreducible = cfg.headers.iter().any(|&h| cfg.preds(h).iter().all(|&p| !cfg.dominates(h, p)));
    irreducible || loops.innermost[b].is_some()
}

/// Levels below this are all one: the way to the object is that long, or endless.
const FARTHEST: i8 = -8;

/// The locations from which dereferencing leads to an object: its address is at level -1, the address of something
/// that holds it at level -2, and so on. What was loaded from the object (level 0) does not lead back to it.
fn holders(from: &[Vec<(Node, i8)>], object: Node) -> Vec<bool> {
    let mut level = vec![NONE; from.len()];
    level[object as usize] = 0;
    let mut work = vec![object];
    while let Some(n) = work.pop() {
        let base = level[n as usize];
        for &(to, derefs) in &from[n as usize] {
            let new = if base == FARTHEST { FARTHEST } else { (base + derefs).max(FARTHEST) };
            if new <= MAX_DEREFS && new < level[to as usize] {
                level[to as usize] = new;
                work.push(to);
            }
        }
    }
    level.into_iter().map(|l| l < 0).collect()
}
