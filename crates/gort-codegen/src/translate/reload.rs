//! Pointers that live across calls come back from their places in the frame, at the first use after a call.
//!
//! # Problem
//! A value that lives across calls gets one of the few registers that calls preserve, which costs every call of the
//! function a save and a restore, or Cranelift's allocator keeps it in memory: after two splits it stops looking for
//! registers for the pieces, so each use is a load, however many stand between two calls.
//!
//! # Algorithm
//! A pointer in the root area is in memory anyway, from its definition to its last use. So its CLIF value is taken to
//! end at the next call that destroys registers, and the first use behind it loads a new one from its place. What a
//! block may use without a load are the values known at the end of its immediate dominator, if no call is on any way
//! between the two. A loop without such calls gets what it uses loaded before it starts.

use super::Translator;
use crate::abi::runtime_signature;
use crate::error::Error;
use cranelift_codegen::ir::{self, InstBuilder, types};
use cranelift_codegen::isa::CallConv;
use gort_ir::func::{Block, Func, Inst, Value};
use gort_ir::inst::{Callee, Op};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// The CLIF values of pointers that can be loaded again.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// At the place where code is being written.
    now: FxHashMap<Value, ir::Value>,
    /// At the end of each block written.
    at_end: FxHashMap<Block, FxHashMap<Value, ir::Value>>,
    /// What the blocks of a loop use in which no registers are destroyed, by header.
    used_in: FxHashMap<Block, BTreeSet<Value>>,
}

/// Does the instruction destroy registers?
pub(super) fn destroys(func: &Func, i: Inst, is_inline: impl Fn(Inst) -> bool) -> bool {
    match &func.insts[i].op {
        Op::Call(Callee::Runtime(f), _) => {
            !is_inline(i) && runtime_signature(*f).call_conv != CallConv::PreserveAll
        }
        Op::Call(..) => true,
        _ => false,
    }
}

impl Translator<'_, '_> {
    /// Is it loaded again after calls?
    fn reloads(&self, v: Value) -> bool {
        self.roots.eager[v]
    }

    /// Finds out what quiet loops use.
    pub(super) fn look_at_loops(&mut self) {
        let func = self.func;
        for &b in &self.cfg.rpo {
            let Some(header) = self.clobbers.quiet_loop[b] else { continue };
            for &i in &func.blocks[b].insts {
                func.insts[i].op.for_each_operand(|v| {
                    if self.roots.eager[v] {
                        self.known.used_in.entry(header).or_default().insert(v);
                    }
                });
            }
        }
    }

    /// The CLIF value, loaded if a call came after the last one.
    pub(super) fn value(&mut self, v: Value) -> Result<ir::Value, Error> {
        if !self.reloads(v) || self.values[v].is_none() {
            return self.defined(v);
        }
        if let Some(&clif) = self.known.now.get(&v) {
            return Ok(clif);
        }
        let (Some(&place), Some(area)) = (self.roots.place.get(&v), self.root_area) else {
            return self.error(format!("v{} has no place in the frame", v.raw()));
        };
        let clif = self.b.ins().stack_load(types::I64, types::I64, area, (place * 8) as i32);
        self.known.now.insert(v, clif);
        Ok(clif)
    }

    /// `v` is defined here.
    pub(super) fn know(&mut self, v: Value, clif: ir::Value) {
        if self.reloads(v) {
            self.known.now.insert(v, clif);
        }
    }

    /// A call that destroys registers was written.
    pub(super) fn forget(&mut self) {
        self.known.now.clear();
    }

    /// A block begins.
    pub(super) fn begin_known(&mut self, b: Block) {
        let from = self.cfg.idom(b).filter(|_| !self.clobbers.before[b]);
        self.known.now = from.and_then(|d| self.known.at_end.get(&d)).cloned().unwrap_or_default();
    }

    /// A block ends.
    pub(super) fn end_known(&mut self, b: Block) {
        let known = std::mem::take(&mut self.known.now);
        if !known.is_empty() {
            self.known.at_end.insert(b, known);
        }
    }

    /// Before the terminator: loads what the quiet loops that begin behind it use.
    pub(super) fn load_for_loops(&mut self, b: Block, terminator: &Op) -> Result<(), Error> {
        for header in terminator.successors() {
            if self.clobbers.quiet_loop[header] != Some(header) || self.cfg.idom(header) != Some(b) {
                continue;
            }
            let Some(used) = self.known.used_in.get(&header) else { continue };
            let live = &self.roots.live_in[header];
            let loads: Vec<Value> = used.iter().copied().filter(|v| live.binary_search(v).is_ok()).collect();
            for v in loads {
                self.value(v)?;
            }
        }
        Ok(())
    }
}
