//! Where calls destroy registers: between which blocks and their immediate dominators, and in which loops.

use gort_ir::func::{Block, Func, Inst};
use gort_ir::passes::cfg::Cfg;
use gort_ir::passes::loops::Loops;
use index_vec::IndexVec;

/// The result, for reachable blocks.
#[derive(Debug)]
pub(crate) struct Clobbers {
    /// May registers be destroyed on a way from the end of the block's immediate dominator to its start?
    pub before: IndexVec<Block, bool>,
    /// Header of the outermost loop around the block that destroys none.
    pub quiet_loop: IndexVec<Block, Option<Block>>,
}

impl Clobbers {
    /// `destroys`: does the instruction?
    pub fn new(func: &Func, cfg: &Cfg, loops: &Loops, destroys: impl Fn(Inst) -> bool) -> Self {
        let n = func.blocks.len();
        let mut inside: IndexVec<Block, bool> = index_vec::index_vec![false; n];
        for &b in &cfg.rpo {
            inside[b] = func.blocks[b].insts.iter().any(|&i| destroys(i));
        }
        Self { before: before(cfg, &inside), quiet_loop: quiet_loops(cfg, loops, &inside) }
    }
}

fn before(cfg: &Cfg, inside: &IndexVec<Block, bool>) -> IndexVec<Block, bool> {
    let mut before: IndexVec<Block, bool> = index_vec::index_vec![false; inside.len()];
    // Backwards, a predecessor's dominators come one after the other until the block's own.
    let destroyed = |before: &IndexVec<Block, bool>, b: Block, dominator: Block| {
        cfg.preds(b).iter().any(|&p| {
            let up = std::iter::successors(Some(p), |&x| cfg.idom(x)).take_while(|&x| x != dominator);
            up.into_iter().any(|x| inside[x] || x != b && before[x])
        })
    };
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &cfg.rpo {
            if let Some(dominator) = cfg.idom(b)
                && !before[b]
                && destroyed(&before, b, dominator)
            {
                before[b] = true;
                changed = true;
            }
        }
    }
    before
}

fn quiet_loops(cfg: &Cfg, loops: &Loops, inside: &IndexVec<Block, bool>) -> IndexVec<Block, Option<Block>> {
    let mut loud: IndexVec<Block, bool> = index_vec::index_vec![false; inside.len()];
    for &b in cfg.rpo.iter().filter(|&&b| inside[b]) {
        loops.around(b).for_each(|h| loud[h] = true);
    }
    let mut quiet: IndexVec<Block, Option<Block>> = index_vec::index_vec![None; inside.len()];
    for &b in &cfg.rpo {
        quiet[b] = loops.around(b).take_while(|&h| !loud[h]).last();
    }
    quiet
}
