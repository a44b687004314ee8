//! Loads, stores, write barriers, copies.

use super::{Done, Translator};
use crate::abi::clif_type;
use crate::error::Error;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AtomicRmwOp, InstBuilder, MemFlagsData, StackSlot, Type, types};
use gort_abi::layout::p_offset;
use gort_abi::runtime_fn::RuntimeFn;
use gort_ir::func::Value;
use gort_ir::inst::{RmwOp, Ty};

/// The page at address 0 is never mapped: an access up to here through nil faults.
const NIL_PAGE: i32 = 4096;

/// Copies and clears up to this many bytes are written out.
const INLINE_BYTES: u32 = 128;

impl Translator<'_, '_> {
    /// Flags for an access at `offset`, after an explicit check if the page at 0 does not cover it.
    fn access(&mut self, addr: ir::Value, offset: i32, nil_check: bool) -> MemFlagsData {
        match (nil_check, (0..NIL_PAGE - 8).contains(&offset)) {
            (false, _) => Self::trusted(),
            (true, true) => Self::may_be_nil(),
            (true, false) => {
                self.probe(addr);
                Self::trusted()
            }
        }
    }

    pub(super) fn load(
        &mut self,
        addr: Value,
        offset: i32,
        nil_check: bool,
        ty: Ty,
    ) -> Result<ir::Value, Error> {
        let addr = self.value(addr)?;
        let flags = self.access(addr, offset, nil_check);
        Ok(self.b.ins().load(clif_type(ty), flags, addr, offset))
    }

    pub(super) fn store(
        &mut self,
        addr: Value,
        offset: i32,
        value: Value,
        nil_check: bool,
        barrier: bool,
    ) -> Done {
        let (addr, value) = (self.value(addr)?, self.value(value)?);
        let flags = if barrier {
            // A nil pointer must not reach the barrier.
            if nil_check {
                self.probe(addr);
            }
            self.write_barrier(addr, offset, value);
            Self::trusted()
        } else {
            self.access(addr, offset, nil_check)
        };
        self.b.ins().store(flags, value, addr, offset);
        Ok(())
    }

    /// Tells the collector of the store that follows, if it wants to know. The slow way is no safepoint.
    fn write_barrier(&mut self, addr: ir::Value, offset: i32, value: ir::Value) {
        let on = self.context_load(types::I32, p_offset::BARRIER_ON);
        let (next, slow) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(on, slow, &[], next, &[]);
        self.b.set_cold_block(slow);
        self.b.switch_to_block(slow);
        let slot = if offset == 0 { addr } else { self.b.ins().iadd_imm_s(addr, i64::from(offset)) };
        let callee = self.import_runtime(RuntimeFn::WriteBarrier);
        self.b.ins().call(callee, &[slot, value]);
        self.b.ins().jump(next, &[]);
        self.b.switch_to_block(next);
    }

    pub(super) fn atomic_load(&mut self, addr: Value, ty: Ty) -> Result<ir::Value, Error> {
        let addr = self.value(addr)?;
        Ok(self.b.ins().atomic_load(clif_type(ty), Self::trusted(), addr))
    }

    pub(super) fn atomic_store(&mut self, addr: Value, value: Value, barrier: bool) -> Done {
        let (addr, value) = (self.value(addr)?, self.value(value)?);
        if barrier {
            self.write_barrier(addr, 0, value);
        }
        self.b.ins().atomic_store(Self::trusted(), value, addr);
        Ok(())
    }

    pub(super) fn atomic_rmw(
        &mut self,
        op: RmwOp,
        addr: Value,
        value: Value,
        barrier: bool,
    ) -> Result<ir::Value, Error> {
        let ty = clif_type(self.ty(value));
        let (addr, value) = (self.value(addr)?, self.value(value)?);
        if barrier {
            self.write_barrier(addr, 0, value);
        }
        let op = match op {
            RmwOp::Add => AtomicRmwOp::Add,
            RmwOp::And => AtomicRmwOp::And,
            RmwOp::Or => AtomicRmwOp::Or,
            RmwOp::Xchg => AtomicRmwOp::Xchg,
        };
        Ok(self.b.ins().atomic_rmw(ty, Self::trusted(), op, addr, value))
    }

    pub(super) fn atomic_cas(
        &mut self,
        addr: Value,
        old: Value,
        new: Value,
        barrier: bool,
    ) -> Result<ir::Value, Error> {
        let (addr, old, new) = (self.value(addr)?, self.value(old)?, self.value(new)?);
        if barrier {
            self.write_barrier(addr, 0, new);
        }
        Ok(self.b.ins().atomic_cas(Self::trusted(), addr, old, new))
    }

    pub(super) fn copy(&mut self, dst: Value, src: Value, size: u32) -> Done {
        let (dst, src) = (self.value(dst)?, self.value(src)?);
        if size > INLINE_BYTES {
            let n = self.b.ins().iconst(types::I64, i64::from(size));
            let callee = self.import_runtime(RuntimeFn::MemMove);
            self.b.ins().call(callee, &[dst, src, n]);
            return Ok(());
        }
        for (offset, ty) in chunks(size) {
            let v = self.b.ins().load(ty, Self::trusted(), src, offset);
            self.b.ins().store(Self::trusted(), v, dst, offset);
        }
        Ok(())
    }

    pub(super) fn zero(&mut self, dst: Value, size: u32) -> Done {
        let dst = self.value(dst)?;
        if size > INLINE_BYTES {
            let n = self.b.ins().iconst(types::I64, i64::from(size));
            let callee = self.import_runtime(RuntimeFn::MemClr);
            self.b.ins().call(callee, &[dst, n]);
            return Ok(());
        }
        for (offset, ty) in chunks(size) {
            let zero = self.zero_of(ty);
            self.b.ins().store(Self::trusted(), zero, dst, offset);
        }
        Ok(())
    }

    fn zero_of(&mut self, ty: Type) -> ir::Value {
        if ty.is_vector() {
            let constant = self.b.func.dfg.constants.insert(vec![0; 16].into());
            self.b.ins().vconst(ty, constant)
        } else {
            self.b.ins().iconst(ty, 0)
        }
    }

    /// Clears a slot at function entry; in a loop if it is long. No call: the frame is not walkable yet.
    pub(super) fn zero_slot(&mut self, slot: StackSlot, size: u32) {
        let inline = if size > 2 * INLINE_BYTES { size % 16 } else { size };
        let start = size - inline;
        for (offset, ty) in chunks(inline) {
            let zero = self.zero_of(ty);
            self.b.ins().stack_store(types::I64, zero, slot, start as i32 + offset);
        }
        if start == 0 {
            return;
        }
        let (head, next) = (self.b.create_block(), self.b.create_block());
        let at = self.b.append_block_param(head, types::I64);
        let from = self.b.ins().iconst(types::I64, 0);
        self.b.ins().jump(head, &[from.into()]);
        self.b.switch_to_block(head);
        let base = self.b.ins().stack_addr(types::I64, slot, 0);
        let addr = self.b.ins().iadd(base, at);
        let zero = self.zero_of(types::I8X16);
        self.b.ins().store(Self::trusted(), zero, addr, 0);
        let after = self.b.ins().iadd_imm_s(at, 16);
        let more = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, after, i64::from(start));
        self.b.ins().brif(more, head, &[after.into()], next, &[]);
        self.b.switch_to_block(next);
    }
}

/// Offsets and types of the pieces of a block of `size` bytes.
fn chunks(size: u32) -> Vec<(i32, Type)> {
    let mut out = Vec::new();
    let mut at = 0;
    for (bytes, ty) in [(16, types::I8X16), (8, types::I64), (4, types::I32), (2, types::I16), (1, types::I8)]
    {
        while size - at >= bytes {
            out.push((at as i32, ty));
            at += bytes;
        }
    }
    out
}
