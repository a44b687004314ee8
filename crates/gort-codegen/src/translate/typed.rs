//! Typed copies and clears: the runtime is asked only while it marks.
//!
//! A typed copy tells the collector of every pointer it overwrites. While the barrier is off there is nothing to tell,
//! and the copy is one of bytes. No safepoint lies between the look at the flag and the copy, so the barrier cannot
//! come on in between.

use super::Translator;
use cranelift_codegen::ir::{self, InstBuilder, types};
use gort_abi::layout::p_offset;
use gort_abi::runtime_fn::RuntimeFn;
use gort_abi::type_desc::offset;
use gort_ir::func::Inst;

/// What does to bytes what `f` does to values of a type, at which places, and to how many values if not to one; none if
/// `f` is no typed copy or clear.
fn untyped(f: RuntimeFn, args: &[ir::Value]) -> Option<(RuntimeFn, &[ir::Value], Option<ir::Value>)> {
    match (f, args) {
        (RuntimeFn::TypedMemMove, [_, places @ ..]) => Some((RuntimeFn::MemMove, places, None)),
        (RuntimeFn::TypedSliceCopy, [_, places @ .., n]) => Some((RuntimeFn::MemMove, places, Some(*n))),
        (RuntimeFn::TypedMemClr, [_, places @ ..]) => Some((RuntimeFn::MemClr, places, None)),
        (RuntimeFn::TypedSliceClr, [_, places @ .., n]) => Some((RuntimeFn::MemClr, places, Some(*n))),
        _ => None,
    }
}

impl Translator<'_, '_> {
    /// While the barrier is off, in place of a typed copy or clear an untyped one. Returns the block in which both ways
    /// meet; the caller makes the typed call, which is the rarer one. None: `f` is neither.
    pub(super) fn unless_marking(
        &mut self,
        inst: Inst,
        f: RuntimeFn,
        args: &[ir::Value],
    ) -> Option<ir::Block> {
        let (untyped, places, count) = untyped(f, args)?;
        let on = self.context_load(types::I32, p_offset::BARRIER_ON);
        let (marking, quiet, next) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(on, marking, &[], quiet, &[]);
        self.b.switch_to_block(quiet);
        let size = self.b.ins().load(types::I64, Self::trusted(), args[0], offset::SIZE as i32);
        let bytes = count.map_or(size, |n| self.b.ins().imul(size, n));
        let callee = self.import_runtime(untyped);
        let call = self.b.ins().call(callee, &[places, &[bytes]].concat());
        self.map_roots(inst, call);
        self.b.ins().jump(next, &[]);
        self.b.set_cold_block(marking);
        self.b.switch_to_block(marking);
        Some(next)
    }
}
