//! Nil checks, bounds checks, polls.

use super::{Done, TRAP_NIL, TRAP_UNREACHABLE, Translator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use gort_abi::layout::{STACK_POISON, p_offset};
use gort_abi::runtime_fn::RuntimeFn;
use gort_ir::func::{Inst, Value};
use gort_ir::inst::BoundsKind;

// A poisoned limit is negative as a signed number, a real one is not: one compare with zero.
const _: () = assert!((STACK_POISON as isize) < 0);

impl Translator<'_, '_> {
    /// A load of one byte that faults if the pointer is nil.
    pub(super) fn nil_check(&mut self, addr: Value) -> Done {
        let addr = self.value(addr)?;
        self.probe(addr);
        Ok(())
    }

    pub(super) fn probe(&mut self, addr: ir::Value) {
        self.b.ins().load(types::I8, Self::may_be_nil(), addr, 0);
    }

    pub(super) fn may_be_nil() -> MemFlagsData {
        MemFlagsData::new().with_trap_code(Some(TRAP_NIL))
    }

    pub(super) fn bounds_check(&mut self, kind: BoundsKind, index: Value, len: Value, signed: bool) -> Done {
        let (index, len) = (self.value(index)?, self.value(len)?);
        let cc = match kind {
            BoundsKind::Index => IntCC::UnsignedLessThan,
            _ => IntCC::UnsignedLessThanOrEqual,
        };
        let good = self.b.ins().icmp(cc, index, len);
        let (next, panic) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(good, next, &[], panic, &[]);
        self.b.set_cold_block(panic);
        self.b.switch_to_block(panic);
        let callee = match self.module.func_by_name(panic_name(kind, signed)) {
            Some(f) => self.import_go(f)?,
            None => return self.error(format!("{} is not declared", panic_name(kind, signed))),
        };
        self.b.ins().call(callee, &[index, len]);
        self.b.ins().trap(TRAP_UNREACHABLE);
        self.b.switch_to_block(next);
        Ok(())
    }

    /// Looks whether the stack limit is poisoned.
    pub(super) fn poll(&mut self, inst: Inst) -> Done {
        let limit = self.context_load(types::I64, p_offset::STACK_LIMIT);
        let asked = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, limit, 0);
        let (next, slow) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(asked, slow, &[], next, &[]);
        self.b.set_cold_block(slow);
        self.b.switch_to_block(slow);
        self.keep_lazy(inst)?;
        let callee = self.import_runtime(RuntimeFn::Poll);
        let call = self.b.ins().call(callee, &[]);
        self.map_roots(inst, call);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
        Ok(())
    }
}

const fn panic_name(kind: BoundsKind, signed: bool) -> &'static str {
    match (kind, signed) {
        (BoundsKind::Index, true) => "runtime.panicIndex",
        (BoundsKind::Index, false) => "runtime.panicIndexU",
        (BoundsKind::SliceAlen, true) => "runtime.panicSliceAlen",
        (BoundsKind::SliceAlen, false) => "runtime.panicSliceAlenU",
        (BoundsKind::SliceAcap, true) => "runtime.panicSliceAcap",
        (BoundsKind::SliceAcap, false) => "runtime.panicSliceAcapU",
        (BoundsKind::SliceB, true) => "runtime.panicSliceB",
        (BoundsKind::SliceB, false) => "runtime.panicSliceBU",
        (BoundsKind::Slice3Alen, true) => "runtime.panicSlice3Alen",
        (BoundsKind::Slice3Alen, false) => "runtime.panicSlice3AlenU",
        (BoundsKind::Slice3Acap, true) => "runtime.panicSlice3Acap",
        (BoundsKind::Slice3Acap, false) => "runtime.panicSlice3AcapU",
        (BoundsKind::Slice3B, true) => "runtime.panicSlice3B",
        (BoundsKind::Slice3B, false) => "runtime.panicSlice3BU",
        (BoundsKind::Slice3C, true) => "runtime.panicSlice3C",
        (BoundsKind::Slice3C, false) => "runtime.panicSlice3CU",
        (BoundsKind::SliceConvert, _) => "runtime.panicSliceConvert",
    }
}
