//! The frames of a stopped goroutine, newest first, and the roots in them.
//!
//! INV-WALK-1 (four kinds): every frame is of one of four kinds, which differ in where their roots are:
//!
//! * [`FrameKind::Call`]: stands behind a call; the stack map of that return address names the slots.
//! * [`FrameKind::Entry`]: the function called MoreStack from its entry stub and has no frame of its own
//!   yet; its pointer arguments lie in the MoreStack thunk's frame and above the return address.
//! * [`FrameKind::Trap`]: an instruction faulted and the handler made it look like a call of
//!   `runtime.panicmem`; no map exists there, and the function's base slots are the roots.
//! * [`FrameKind::Memory`]: a frame that the runtime filled with arguments by their types, of a thunk for `reflect`. Each
//!   word in it may be a root.
//!
//! Go counterpart: `runtime/traceback.go`, `runtime/stkframe.go`.

use crate::arch::{MORE_STACK_ARGS, is_frame_return};
use crate::func_table::{FuncInfo, FuncTable};
use gort_abi::addr::{Addr, Pc, Sp};

/// The stack of a stopped goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub struct StackView {
    /// Lowest byte.
    pub lo: Sp,
    /// One past the highest byte.
    pub hi: Sp,
    /// Saved stack pointer.
    pub sp: Sp,
    /// Saved frame pointer.
    pub fp: Sp,
}

/// How a frame was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Behind a call.
    Call,
    /// At the entry stub; the payload is the frame pointer of the MoreStack thunk.
    Entry(Sp),
    /// At a faulting instruction.
    Trap,
    /// A thunk for `reflect` behind its call; the payload is the frame's lowest address.
    Memory(Sp),
}

/// One Go frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'t> {
    /// The function; none if the pc is not in a loaded module (a bug, or the start stub).
    pub info: Option<&'t FuncInfo>,
    /// Where it will continue.
    pub pc: Pc,
    /// Its frame pointer; for [`FrameKind::Entry`] its caller's.
    pub fp: Sp,
    /// How it was stopped.
    pub kind: FrameKind,
}

impl Frame<'_> {
    /// The pc to look up lines with: inside the call or faulting instruction.
    pub fn line_pc(&self) -> Pc {
        match self.kind {
            FrameKind::Call | FrameKind::Trap | FrameKind::Memory(_) => self.pc.sub(1),
            FrameKind::Entry(_) => self.pc,
        }
    }
}

/// Walks from the newest frame to the oldest.
#[derive(Debug)]
pub struct FrameCursor<'t> {
    table: &'t FuncTable,
    view: StackView,
    /// Address of the pair {caller's fp, return pc} that names the next frame, or 0.
    link: Sp,
    /// A return pc that does not lie beside its frame pointer (the caller of an entry frame), and where that frame begins.
    pending: Option<(Sp, Pc, Sp)>,
}

impl<'t> FrameCursor<'t> {
    /// A cursor before the newest frame.
    ///
    /// # Safety
    /// The goroutine is stopped and stays so while the cursor is used; `view` is true of it.
    pub unsafe fn new(view: StackView, table: &'t FuncTable) -> Self {
        Self { table, view, link: view.fp, pending: None }
    }

    fn word(&self, at: Sp) -> Option<usize> {
        if at < self.view.lo || at.add(8) > self.view.hi || !at.0.is_multiple_of(8) {
            return None;
        }
        // SAFETY: inside the stopped goroutine's stack (contract of `new`), and aligned.
        Some(unsafe { (at.0 as *const usize).read() })
    }

    /// The frame at `fp`, which begins at `low`.
    fn frame(&mut self, fp: Sp, pc: Pc, low: Sp) -> Option<Frame<'t>> {
        if fp.is_null() {
            return None;
        }
        self.link = fp;
        let info = self.table.find_return(pc);
        // At a trap the handler pushed pc + 1, the middle of an instruction: no map has that offset.
        let kind = match info {
            None if is_frame_return(pc) => FrameKind::Memory(low),
            Some(info) if info.stack_map(pc).is_none() => FrameKind::Trap,
            _ => FrameKind::Call,
        };
        Some(Frame { info, pc, fp, kind })
    }
}

impl<'t> Iterator for FrameCursor<'t> {
    type Item = Frame<'t>;

    fn next(&mut self) -> Option<Frame<'t>> {
        if let Some((fp, pc, low)) = self.pending.take() {
            return self.frame(fp, pc, low);
        }
        let link = self.link;
        if link.is_null() {
            return None;
        }
        self.link = Sp::NULL;
        let fp = Sp(self.word(link)?);
        let pc = Pc(self.word(link.add(8))?);
        if let Some(info) = self.table.find_return(pc)
            && info.is_at_entry(pc)
        {
            let caller = Pc(self.word(link.add(16))?);
            self.pending = Some((fp, caller, link.add(24)));
            return Some(Frame { info: Some(info), pc, fp, kind: FrameKind::Entry(link) });
        }
        self.frame(fp, pc, link.add(16))
    }
}

/// Calls `visit(address, value)` for every root word of a stopped Go goroutine's stack.
///
/// # Safety
/// As [`FrameCursor::new`], and the goroutine runs Go code (not a Rust goroutine).
pub unsafe fn for_each_root(view: StackView, table: &FuncTable, mut visit: impl FnMut(Addr, usize)) {
    // SAFETY: the caller's contract.
    let cursor = unsafe { FrameCursor::new(view, table) };
    for frame in cursor {
        for_each_frame_root(view, &frame, &mut visit);
    }
}

fn for_each_frame_root(view: StackView, frame: &Frame<'_>, visit: &mut impl FnMut(Addr, usize)) {
    let mut root = |at: Sp| {
        assert!(at >= view.lo && at < view.hi, "INV-WALK-1: root slot {at:?} outside the stack {view:?}");
        // SAFETY: a word of the stopped goroutine's stack, inside its bounds.
        let value = unsafe { (at.0 as *const usize).read_unaligned() };
        visit(Addr(at.0), value);
    };
    if let FrameKind::Memory(low) = frame.kind {
        (low.0..frame.fp.0).step_by(8).for_each(|at| root(Sp(at)));
    }
    let Some(info) = frame.info else { return };
    match frame.kind {
        FrameKind::Memory(_) => {}
        FrameKind::Call => {
            if let Some(map) = info.stack_map(frame.pc) {
                map.slots.iter().for_each(|&slot| root(frame.fp.sub(slot as usize)));
            }
        }
        FrameKind::Trap => info.func.base_slots.iter().for_each(|&slot| root(frame.fp.sub(slot as usize))),
        FrameKind::Entry(thunk_fp) => {
            for (i, &below) in MORE_STACK_ARGS.iter().enumerate() {
                if info.func.args.registers & (1 << i) != 0 {
                    root(thunk_fp.sub(below));
                }
            }
            // thunk_fp: caller's rbp, pc in the stub, return address into the caller, stack arguments.
            info.func.args.stack.iter().for_each(|&offset| root(thunk_fp.add(24 + offset as usize)));
        }
    }
}
