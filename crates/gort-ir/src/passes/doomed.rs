//! Marks as cold what every way from which ends in a panic: its code goes out of the way, and counts little when it is
//! decided what is inlined.

use crate::func::{ENTRY, Func};
use crate::inst::Op;
use crate::passes::cfg::Cfg;

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    let mut doomed = index_vec::index_vec![false; func.blocks.len()];
    // Successors first; of a loop nothing is known, it may be left by stopping the program only.
    for &b in cfg.rpo.iter().rev() {
        doomed[b] = match func.terminator(b) {
            Some(Op::Unreachable) => true,
            Some(op) => {
                let next = op.successors();
                !next.is_empty() && next.iter().all(|&s| doomed[s])
            }
            None => false,
        };
        func.blocks[b].cold |= doomed[b] && b != ENTRY;
    }
}
