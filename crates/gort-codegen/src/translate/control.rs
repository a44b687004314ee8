//! Terminators.

use super::{Done, Translator};
use crate::error::Error;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use gort_ir::func::{Block, Value};
use gort_ir::inst::{Op, Target};

impl Translator<'_, '_> {
    pub(super) fn target(&mut self, t: &Target) -> Result<(ir::Block, Vec<BlockArg>), Error> {
        let args: Result<Vec<BlockArg>, Error> =
            t.args.iter().map(|&a| self.value(a).map(BlockArg::from)).collect();
        Ok((self.block(t.block)?, args?))
    }

    pub(super) fn terminator(&mut self, b: Block, op: &Op) -> Done {
        match op {
            Op::Jump(t) => {
                let (block, args) = self.target(t)?;
                self.b.ins().jump(block, &args);
            }
            Op::Branch { cond, then, els }
                if self.loops.leaves(b, els.block) && !self.loops.leaves(b, then.block) =>
            {
                // Cranelift lays the second target out right behind: that should be the loop's body.
                let not = self.negated(*cond)?;
                let ((then, then_args), (els, els_args)) = (self.target(then)?, self.target(els)?);
                self.b.ins().brif(not, els, &els_args, then, &then_args);
            }
            Op::Branch { cond, then, els } => {
                let cond = self.value(*cond)?;
                let ((then, then_args), (els, els_args)) = (self.target(then)?, self.target(els)?);
                self.b.ins().brif(cond, then, &then_args, els, &els_args);
            }
            Op::Switch { value, cases, default } => return self.switch(*value, cases, default),
            Op::Return(values) => {
                let values = self.values(values)?;
                self.b.ins().return_(&values);
            }
            Op::Unreachable => self.unreachable(),
            // The `try_call` stands at the function's start already.
            Op::DeferEnter { normal, .. } => {
                let normal = self.block(*normal)?;
                self.b.ins().jump(normal, &[]);
            }
            op => return self.error(format!("{op:?} is no terminator")),
        }
        Ok(())
    }

    /// 1 if the condition is 0.
    fn negated(&mut self, cond: Value) -> Result<ir::Value, Error> {
        if let Some(&(cc, x, y)) = self.compares.get(&cond) {
            return Ok(self.icmp(cc.inverse(), x, y));
        }
        let cond = self.value(cond)?;
        Ok(self.b.ins().icmp_imm_s(IntCC::Equal, cond, 0))
    }
}
