//! The control flow graph: predecessors, reverse postorder, dominators, loop headers.
//!
//! Each pass asks for it anew, so it is a few flat arrays; dominators are found when somebody first asks for them, by
//! Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).

use crate::func::{Block, ENTRY, Func};
use index_vec::IndexVec;
use std::cell::OnceCell;

/// Number of a block that the walk has not come to.
const NEW: u32 = u32::MAX;
/// Number of a block that the walk is inside of.
const OPEN: u32 = u32::MAX - 1;
/// Number of a block that the walk has left, until all are numbered.
const LEFT: u32 = u32::MAX - 2;

/// Facts about the blocks of one function; stale once a terminator changes.
#[derive(Debug)]
pub struct Cfg {
    /// Reachable blocks in reverse postorder: a block comes after its dominators.
    pub rpo: Vec<Block>,
    /// Blocks that some edge leads back to, from inside the depth-first walk: every cycle has one.
    pub headers: Vec<Block>,
    nodes: IndexVec<Block, Node>,
    /// Sources of the edges from reachable blocks, by target.
    sources: Vec<Block>,
    dominators: OnceCell<Dominators>,
}

/// What is known of a block.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Place in reverse postorder, or one of the constants above.
    number: u32,
    /// Where its predecessors are in [`Cfg::sources`].
    preds: (u32, u32),
}

impl Cfg {
    /// Looks at a function all of whose blocks are terminated.
    pub fn new(func: &Func) -> Self {
        let n = func.blocks.len();
        let mut cfg = Self {
            rpo: Vec::with_capacity(n),
            headers: Vec::new(),
            nodes: index_vec::index_vec![Node { number: NEW, preds: (0, 0) }; n],
            sources: Vec::new(),
            dominators: OnceCell::new(),
        };
        if n != 0 {
            let edges = cfg.walk(func);
            cfg.sort_edges(&edges);
        }
        cfg
    }

    /// Depth first. The edges it went along, as (source, target).
    fn walk(&mut self, func: &Func) -> Vec<(Block, Block)> {
        let mut edges = Vec::with_capacity(func.blocks.len() * 2);
        let mut stack = vec![(ENTRY, 0)];
        self.nodes[ENTRY].number = OPEN;
        while let Some((b, at)) = stack.last_mut() {
            let Some(s) = func.terminator(*b).and_then(|t| t.successor(*at)) else {
                self.nodes[*b].number = LEFT;
                self.rpo.push(*b);
                stack.pop();
                continue;
            };
            *at += 1;
            edges.push((*b, s));
            match self.nodes[s].number {
                NEW => {
                    self.nodes[s].number = OPEN;
                    stack.push((s, 0));
                }
                OPEN if !self.headers.contains(&s) => self.headers.push(s),
                _ => {}
            }
        }
        self.rpo.reverse();
        for (i, &b) in self.rpo.iter().enumerate() {
            self.nodes[b].number = i as u32;
        }
        self.headers.sort_unstable_by_key(|&b| self.nodes[b].number);
        edges
    }

    /// Groups the edges' sources by target, each group in the order of the walk.
    fn sort_edges(&mut self, edges: &[(Block, Block)]) {
        for &(_, target) in edges {
            self.nodes[target].preds.1 += 1;
        }
        let mut start = 0;
        for &b in &self.rpo {
            let preds = &mut self.nodes[b].preds;
            let count = preds.1;
            *preds = (start, start);
            start += count;
        }
        self.sources = vec![ENTRY; edges.len()];
        for &(source, target) in edges {
            let end = &mut self.nodes[target].preds.1;
            self.sources[*end as usize] = source;
            *end += 1;
        }
    }

    /// Blocks from which a block is reached, once per edge; reachable blocks only.
    pub fn preds(&self, b: Block) -> &[Block] {
        let (start, end) = self.nodes[b].preds;
        &self.sources[start as usize..end as usize]
    }

    /// Can it be reached from the entry?
    pub fn is_reachable(&self, b: Block) -> bool {
        self.nodes[b].number != NEW
    }

    /// The nearest block that every way to `b` goes through; none for the entry and for what is not reached.
    pub fn idom(&self, b: Block) -> Option<Block> {
        let number = self.nodes[b].number;
        if matches!(number, NEW | 0) {
            return None;
        }
        Some(self.rpo[self.dominators().idom[number as usize] as usize])
    }

    /// Does every way to `b` go through `a` (or are they the same)? Both are reachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let of = |b: Block| self.dominators().intervals[self.nodes[b].number as usize];
        let (a, b) = (of(a), of(b));
        a.0 <= b.0 && b.1 <= a.1
    }

    fn dominators(&self) -> &Dominators {
        self.dominators.get_or_init(|| Dominators::new(self))
    }
}

/// The dominator tree; blocks are called by their number.
#[derive(Debug)]
struct Dominators {
    /// The parent; the entry is its own.
    idom: Vec<u32>,
    /// Of the subtree below each: its first place in preorder, and the one after its last.
    intervals: Vec<(u32, u32)>,
}

impl Dominators {
    fn new(cfg: &Cfg) -> Self {
        let idom = parents(cfg);
        // Parents come before their children: sizes of subtrees from the leaves up, places from the root down.
        let mut size = vec![1; idom.len()];
        for i in (1..idom.len()).rev() {
            size[idom[i] as usize] += size[i];
        }
        let mut intervals: Vec<(u32, u32)> = Vec::with_capacity(idom.len());
        let mut free = vec![0; idom.len()];
        for (i, &parent) in idom.iter().enumerate() {
            let place = if i == 0 { 0 } else { free[parent as usize] };
            free[parent as usize] += size[i];
            free[i] = place + 1;
            intervals.push((place, place + size[i]));
        }
        Self { idom, intervals }
    }
}

fn parents(cfg: &Cfg) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let mut idom: Vec<u32> = vec![NONE; cfg.rpo.len()];
    if let Some(first) = idom.first_mut() {
        *first = 0;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (i, &b) in cfg.rpo.iter().enumerate().skip(1) {
            let mut new = NONE;
            for &p in cfg.preds(b) {
                let p = cfg.nodes[p].number;
                if idom[p as usize] != NONE {
                    new = if new == NONE { p } else { intersect(&idom, new, p) };
                }
            }
            if idom[i] != new {
                idom[i] = new;
                changed = true;
            }
        }
    }
    idom
}

fn intersect(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}
