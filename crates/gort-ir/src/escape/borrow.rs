//! `[]byte(s)` without a copy: the slice is the string's memory, if it does not escape and nobody writes to it.
//!
//! The result is a name of the string's bytes then, so what was found out before about the place of the string does
//! not hold any more: the analysis follows again.

use super::flow::Candidate;
use super::temporary::Temporary;
use crate::func::{Func, Inst, InstData, Value, ValueData};
use crate::inst::{BinOp, IntCond, Op, Ty};
use crate::module::Module;

/// Where `[]byte("")` points, which is not nil.
const NOWHERE: &str = "runtime.zerobase";

/// Runs the pass; true if there were such conversions.
pub fn run(func: &mut Func, module: &Module, candidates: &[Candidate]) -> bool {
    let mut any = false;
    for c in candidates {
        if c.temporary == Some(Temporary::Bytes) && !c.escapes && !c.written {
            any |= borrow(func, module, c).is_some();
        }
    }
    any
}

fn borrow(func: &mut Func, module: &Module, c: &Candidate) -> Option<()> {
    let nowhere = module.data_by_name(NOWHERE)?;
    let at = func.blocks[c.block].insts.iter().position(|&i| i == c.inst)?;
    let InstData { op: Op::Call(_, args), results, pos } = &func.insts[c.inst] else { return None };
    let (&[_, bytes, len], &[p, new_len, cap], pos) = (args.as_slice(), results.as_slice(), *pos) else {
        return None;
    };
    let mut insts = Vec::new();
    let mut emit = |func: &mut Func, op, result: Value| {
        insts.push(func.insts.push(InstData { op, results: [result].into_iter().collect(), pos }));
    };
    let fresh = |func: &mut Func, ty| func.values.push(ValueData { ty });
    let (nil, is_nil, base) = (fresh(func, Ty::Ptr), fresh(func, Ty::I8), fresh(func, Ty::Ptr));
    emit(func, Op::Iconst(0), nil);
    emit(func, Op::Icmp(IntCond::Eq, bytes, nil), is_nil);
    emit(func, Op::SymAddr(nowhere, 0), base);
    emit(func, Op::Select(is_nil, base, bytes), p);
    let zero = fresh(func, Ty::I64);
    emit(func, Op::Iconst(0), zero);
    for same in [new_len, cap] {
        emit(func, Op::Binary(BinOp::Add, len, zero), same);
    }
    let insts: Vec<Inst> = insts;
    func.blocks[c.block].insts.splice(at..=at, insts);
    Some(())
}
