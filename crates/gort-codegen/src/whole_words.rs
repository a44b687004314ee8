//! Which slots are cleared when their function begins.
//!
//! INV-WORD-1 (whole words): no word of a frame that is read again has bytes of an older frame beside bytes of this one.
//! Moving a stack adds the distance to every word whose value lies in the old stack (docs/decisions/0001): a word of
//! which two bytes are a variable and six are left from an address would be taken for one, and the variable changed.
//!
//! A slot with pointers is cleared in any case, so that no root is left from before. Another one need not be if it is
//! read and written by whole words only, or if it is filled as a whole before anything else is done with it.

use gort_ir::func::{Block, Func, Inst, Slot, Value};
use gort_ir::inst::Op;
use gort_ir::passes::cfg::Cfg;
use index_vec::IndexVec;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of the uses of a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    /// Where it is filled, if that comes before all other uses seen so far.
    filled: Option<Block>,
    /// There is a use that is not behind that.
    loose: bool,
    /// Its address is taken, or part of a word is written.
    narrow: bool,
}

/// The result.
#[derive(Debug)]
pub(crate) struct WholeWords {
    /// Slots to be cleared.
    pub cleared: IndexVec<Slot, bool>,
    /// Instructions that fill a slot with zeroes: up to the end of its last word.
    pub fills: FxHashSet<Inst>,
}

impl WholeWords {
    pub fn new(func: &Func, cfg: &Cfg) -> Self {
        let mut uses: IndexVec<Slot, Uses> = index_vec::index_vec![Uses::default(); func.slots.len()];
        let mut whole: FxHashMap<Value, Slot> = FxHashMap::default();
        let mut fills = FxHashSet::default();
        // Blocks come after those that dominate them.
        for &b in &cfg.rpo {
            for &i in &func.blocks[b].insts {
                let data = &func.insts[i];
                let filled = filled(func, &whole, &data.op);
                match &data.op {
                    Op::SlotAddr(s, offset) => {
                        uses[*s].narrow = true;
                        if *offset == 0 {
                            // By itself no use.
                            whole.extend(data.results.first().map(|&v| (v, *s)));
                        } else {
                            uses[*s].see(cfg, b);
                        }
                    }
                    Op::SlotLoad(s, _) => uses[*s].see(cfg, b),
                    Op::SlotStore(s, _, v) => {
                        uses[*s].narrow |= func.ty(*v).size() < 8;
                        uses[*s].see(cfg, b);
                    }
                    op => op.for_each_operand(|v| {
                        if let Some(&s) = whole.get(&v).filter(|s| Some(**s) != filled) {
                            uses[s].see(cfg, b);
                        }
                    }),
                }
                if let Some(s) = filled {
                    uses[s].filled.get_or_insert(b);
                    fills.insert(i);
                }
            }
        }
        let cleared = |s: Slot| {
            let Uses { filled, loose, narrow } = uses[s];
            !func.slots[s].pointers.is_empty() || narrow && (loose || filled.is_none())
        };
        Self { cleared: (0..func.slots.len()).map(Slot::from).map(cleared).collect(), fills }
    }
}

impl Uses {
    /// A use in a block, in the order of the walk.
    fn see(&mut self, cfg: &Cfg, b: Block) {
        self.loose |= self.filled.is_none_or(|filled| !cfg.dominates(filled, b));
    }
}

/// The slot that an instruction fills as a whole.
fn filled(func: &Func, whole: &FxHashMap<Value, Slot>, op: &Op) -> Option<Slot> {
    let (dst, size) = match op {
        Op::Zero { dst, size } => (dst, *size),
        Op::Copy { dst, src, size } if size.is_multiple_of(8) && dst != src => (dst, *size),
        _ => return None,
    };
    whole.get(dst).copied().filter(|s| func.slots[*s].size == size)
}
