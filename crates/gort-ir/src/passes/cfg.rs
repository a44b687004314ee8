//! The control flow graph: predecessors, reverse postorder, dominators, loop headers.
//!
//! Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).

use crate::func::{Block, ENTRY, Func};
use index_vec::IndexVec;
use smallvec::SmallVec;

const NONE: u32 = u32::MAX;

/// Facts about the blocks of one function; stale once a terminator changes.
#[derive(Debug)]
pub struct Cfg {
    /// Blocks from which each block is reached, once per edge; of reachable blocks only.
    pub preds: IndexVec<Block, SmallVec<[Block; 4]>>,
    /// Reachable blocks in reverse postorder: a block comes after its dominators.
    pub rpo: Vec<Block>,
    /// Blocks that some edge leads back to, from inside the depth-first walk: every cycle has one.
    pub headers: Vec<Block>,
    number: IndexVec<Block, u32>,
    idom: IndexVec<Block, Option<Block>>,
    /// Interval numbers in the dominator tree.
    enter: IndexVec<Block, u32>,
    leave: IndexVec<Block, u32>,
}

impl Cfg {
    /// Looks at a function all of whose blocks are terminated.
    pub fn new(func: &Func) -> Self {
        let n = func.blocks.len();
        let mut cfg = Self {
            preds: index_vec::index_vec![SmallVec::new(); n],
            rpo: Vec::with_capacity(n),
            headers: Vec::new(),
            number: index_vec::index_vec![NONE; n],
            idom: index_vec::index_vec![None; n],
            enter: index_vec::index_vec![0; n],
            leave: index_vec::index_vec![0; n],
        };
        cfg.walk(func);
        cfg.dominators();
        cfg.tree_intervals();
        cfg
    }

    fn walk(&mut self, func: &Func) {
        if func.blocks.is_empty() {
            return;
        }
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let successors = |b: Block| func.terminator(b).map(|t| t.successors()).unwrap_or_default();
        let mut state: IndexVec<Block, State> = index_vec::index_vec![State::New; func.blocks.len()];
        let mut is_header: IndexVec<Block, bool> = index_vec::index_vec![false; func.blocks.len()];
        let mut stack = vec![(ENTRY, successors(ENTRY), 0)];
        state[ENTRY] = State::Open;
        while let Some((b, succs, at)) = stack.last_mut() {
            let Some(&s) = succs.get(*at) else {
                state[*b] = State::Done;
                self.rpo.push(*b);
                stack.pop();
                continue;
            };
            *at += 1;
            self.preds[s].push(*b);
            match state[s] {
                State::New => {
                    state[s] = State::Open;
                    stack.push((s, successors(s), 0));
                }
                State::Open => is_header[s] = true,
                State::Done => {}
            }
        }
        self.rpo.reverse();
        for (i, &b) in self.rpo.iter().enumerate() {
            self.number[b] = i as u32;
        }
        self.headers = self.rpo.iter().copied().filter(|&b| is_header[b]).collect();
    }

    fn dominators(&mut self) {
        let mut idom: Vec<u32> = vec![NONE; self.rpo.len()];
        if let Some(first) = idom.first_mut() {
            *first = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for (i, &b) in self.rpo.iter().enumerate().skip(1) {
                let mut new = NONE;
                for &p in &self.preds[b] {
                    let p = self.number[p];
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
        for (i, &b) in self.rpo.iter().enumerate().skip(1) {
            self.idom[b] = self.rpo.get(idom[i] as usize).copied();
        }
    }

    fn tree_intervals(&mut self) {
        let mut children: IndexVec<Block, Vec<Block>> = index_vec::index_vec![Vec::new(); self.preds.len()];
        for &b in &self.rpo {
            if let Some(parent) = self.idom[b] {
                children[parent].push(b);
            }
        }
        let Some(&root) = self.rpo.first() else { return };
        let mut clock = 1;
        self.enter[root] = clock;
        let mut stack = vec![(root, 0)];
        while let Some((b, at)) = stack.last_mut() {
            clock += 1;
            match children[*b].get(*at) {
                Some(&c) => {
                    *at += 1;
                    self.enter[c] = clock;
                    stack.push((c, 0));
                }
                None => {
                    self.leave[*b] = clock;
                    stack.pop();
                }
            }
        }
    }

    /// Can it be reached from the entry?
    pub fn is_reachable(&self, b: Block) -> bool {
        self.number[b] != NONE
    }

    /// The nearest block that every way to `b` goes through; none for the entry.
    pub fn idom(&self, b: Block) -> Option<Block> {
        self.idom[b]
    }

    /// Does every way to `b` go through `a` (or are they the same)? Both are reachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        self.enter[a] <= self.enter[b] && self.leave[b] <= self.leave[a]
    }
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
