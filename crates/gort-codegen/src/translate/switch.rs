//! Switches on integers: a search by comparisons where they are few, which processors predict better than a jump through
//! a table, else what Cranelift makes of them.
//!
//! Go counterpart: `cmd/compile/internal/walk/switch.go` (tryJumpTable, binarySearch).

use super::{Done, Translator};
use crate::error::Error;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_frontend::Switch;
use gort_ir::func::Value;
use gort_ir::inst::Target;

/// From so many runs on, a table.
const TABLE_RUNS: usize = 8;
/// So many runs are tried one after the other.
const LINEAR_RUNS: usize = 4;

/// Neighbouring cases that go to the same block.
struct Run {
    low: u64,
    high: u64,
    block: ir::Block,
}

fn runs(mut cases: Vec<(u64, ir::Block)>) -> Vec<Run> {
    cases.sort_unstable_by_key(|c| c.0);
    let mut runs: Vec<Run> = Vec::new();
    for (case, block) in cases {
        match runs.last_mut() {
            Some(run) if run.block == block && case - run.high == 1 => run.high = case,
            _ => runs.push(Run { low: case, high: case, block }),
        }
    }
    runs
}

impl Translator<'_, '_> {
    pub(super) fn switch(&mut self, value: Value, cases: &[(i64, Target)], default: &Target) -> Done {
        let value = self.value(value)?;
        // What an edge loads is known on that edge only.
        for (_, t) in cases {
            self.values(&t.args)?;
        }
        self.values(&default.args)?;
        let bits = self.b.func.dfg.value_type(value).bits();
        let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        let mut edges = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut blocks = Vec::with_capacity(cases.len());
        for (case, t) in cases {
            let index = *case as u64 & mask;
            if !seen.insert(index) {
                return self.error(format!("case {case} twice in a switch"));
            }
            blocks.push((index, self.edge(t, &mut edges)?));
        }
        let otherwise = self.edge(default, &mut edges)?;
        let runs = runs(blocks);
        if runs.len() < TABLE_RUNS {
            self.search(value, &runs, otherwise);
        } else {
            let mut switch = Switch::new();
            for run in &runs {
                (run.low..=run.high).for_each(|case| switch.set_entry(u128::from(case), run.block));
            }
            switch.emit(&mut self.b, value, otherwise);
        }
        for (edge, t) in edges {
            self.b.switch_to_block(edge);
            let (block, args) = self.target(&t)?;
            self.b.ins().jump(block, &args);
        }
        Ok(())
    }

    /// Goes to the block of the run that has the value. The runs are in order.
    fn search(&mut self, value: ir::Value, runs: &[Run], otherwise: ir::Block) {
        if runs.len() > LINEAR_RUNS {
            let (below, above) = runs.split_at(runs.len() / 2);
            let [lower, upper] = [self.b.create_block(), self.b.create_block()];
            let is_below = self.compare(IntCC::UnsignedLessThan, value, above[0].low);
            self.b.ins().brif(is_below, lower, &[], upper, &[]);
            self.b.switch_to_block(lower);
            self.search(value, below, otherwise);
            self.b.switch_to_block(upper);
            self.search(value, above, otherwise);
            return;
        }
        for run in runs {
            let is_in = if run.low == run.high {
                self.compare(IntCC::Equal, value, run.low)
            } else {
                let ty = self.b.func.dfg.value_type(value);
                let low = self.b.ins().iconst(ty, run.low as i64);
                let distance = self.b.ins().isub(value, low);
                self.compare(IntCC::UnsignedLessThanOrEqual, distance, run.high - run.low)
            };
            let next = self.b.create_block();
            self.b.ins().brif(is_in, run.block, &[], next, &[]);
            self.b.switch_to_block(next);
        }
        self.b.ins().jump(otherwise, &[]);
    }

    fn compare(&mut self, cond: IntCC, value: ir::Value, with: u64) -> ir::Value {
        let ty = self.b.func.dfg.value_type(value);
        let with = self.b.ins().iconst(ty, with as i64);
        self.b.ins().icmp(cond, value, with)
    }

    /// The target's block, or one in between that passes its arguments.
    fn edge(&mut self, t: &Target, edges: &mut Vec<(ir::Block, Target)>) -> Result<ir::Block, Error> {
        if t.args.is_empty() {
            return self.block(t.block);
        }
        let edge = self.b.create_block();
        edges.push((edge, t.clone()));
        Ok(edge)
    }
}
