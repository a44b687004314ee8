//! Which loop each block is in.
//!
//! A loop is named by its header and holds the blocks that reach an edge back to the header without
//! leaving what the header dominates.

use crate::func::{Block, Func};
use crate::passes::cfg::Cfg;
use index_vec::IndexVec;

/// The loops of a function.
#[derive(Debug)]
pub struct Loops {
    /// Header of the innermost loop that holds the block.
    pub innermost: IndexVec<Block, Option<Block>>,
    /// Of a header: header of the next loop outwards.
    outer: IndexVec<Block, Option<Block>>,
}

impl Loops {
    /// Finds them.
    pub fn new(func: &Func, cfg: &Cfg) -> Self {
        let n = func.blocks.len();
        let mut loops =
            Self { innermost: index_vec::index_vec![None; n], outer: index_vec::index_vec![None; n] };
        // Outer headers come first in reverse postorder; inner loops then overwrite.
        for &h in &cfg.headers {
            let mut stack: Vec<Block> =
                cfg.preds(h).iter().copied().filter(|&p| cfg.dominates(h, p)).collect();
            if stack.is_empty() {
                continue;
            }
            loops.outer[h] = loops.innermost[h];
            loops.innermost[h] = Some(h);
            while let Some(b) = stack.pop() {
                if loops.innermost[b] != Some(h) && cfg.dominates(h, b) {
                    loops.innermost[b] = Some(h);
                    stack.extend(cfg.preds(b).iter().copied());
                }
            }
        }
        loops
    }

    /// Headers of the loops that hold the block, from the innermost outwards.
    pub fn around(&self, b: Block) -> impl Iterator<Item = Block> {
        std::iter::successors(self.innermost[b], |&h| self.outer[h])
    }

    /// Is the block in the loop of that header?
    pub fn contains(&self, header: Block, b: Block) -> bool {
        self.around(b).any(|h| h == header)
    }

    /// Does the way from `from` to `to` leave the innermost loop of `from`?
    pub fn leaves(&self, from: Block, to: Block) -> bool {
        self.innermost[from].is_some_and(|h| !self.contains(h, to))
    }
}
