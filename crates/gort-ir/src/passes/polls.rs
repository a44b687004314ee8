//! Puts a poll at the head of every loop, so that no goroutine runs for long without a safepoint.
//!
//! Every cycle of the graph goes through a block that an edge leads back to; those blocks get the poll.
//! Function entries need none: the entry stub checks the stack limit, which a suspender poisons.

use crate::func::{Func, InstData};
use crate::inst::Op;
use crate::passes::cfg::Cfg;

/// Runs the pass.
pub fn run(func: &mut Func) {
    let cfg = Cfg::new(func);
    for header in cfg.headers {
        let first = func.blocks[header].insts.first().map(|&i| &func.insts[i]);
        let pos = match first {
            Some(data) if matches!(data.op, Op::Poll) => continue,
            Some(data) => data.pos,
            None => func.pos,
        };
        let poll = func.insts.push(InstData { op: Op::Poll, results: Default::default(), pos });
        func.blocks[header].insts.insert(0, poll);
    }
}
