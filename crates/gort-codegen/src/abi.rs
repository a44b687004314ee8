//! Signatures and where arguments are.

use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use gort_abi::runtime_fn::{RuntimeFn, Thunk, Word};
use gort_abi::stack_map::ArgMap;
use gort_ir::inst::{Sig, Ty};

/// Integer argument registers of the `Tail` convention.
const INT_ARGS: usize = 6;
/// Float argument registers.
const FLOAT_ARGS: usize = 8;
/// Result registers of each class.
const RESULTS: usize = 8;

/// Cranelift's type.
pub(crate) const fn clif_type(ty: Ty) -> Type {
    match ty {
        Ty::I8 => types::I8,
        Ty::I16 => types::I16,
        Ty::I32 => types::I32,
        Ty::I64 | Ty::Ptr => types::I64,
        Ty::F32 => types::F32,
        Ty::F64 => types::F64,
    }
}

/// Signature of a Go function; none if it has more results than registers.
pub(crate) fn go_signature(sig: &Sig) -> Option<Signature> {
    let floats = sig.results.iter().filter(|t| t.is_float()).count();
    if floats > RESULTS || sig.results.len() - floats > RESULTS {
        return None;
    }
    let mut out = Signature::new(CallConv::Tail);
    let mut ints = 0;
    out.params.extend(sig.params.iter().map(|&t| {
        let param = AbiParam::new(clif_type(t));
        ints += usize::from(!t.is_float());
        // INV-WORD-1: what is passed in memory fills its word.
        if !t.is_float() && t.size() < 8 && ints > INT_ARGS { param.uext() } else { param }
    }));
    out.returns.extend(sig.results.iter().map(|&t| AbiParam::new(clif_type(t))));
    Some(out)
}

/// Signature of a runtime function's thunk.
pub(crate) fn runtime_signature(f: RuntimeFn) -> Signature {
    let conv = match f.thunk() {
        Thunk::PreserveAll | Thunk::Barrier => CallConv::PreserveAll,
        Thunk::Nop => CallConv::Tail,
        Thunk::Quick | Thunk::Blocking | Thunk::Syscall | Thunk::Fork | Thunk::MoreStack => CallConv::SystemV,
        Thunk::FrameCall | Thunk::MakeFunc => CallConv::SystemV,
    };
    let word = |w: &Word| AbiParam::new(if *w == Word::f { types::F64 } else { types::I64 });
    let mut out = Signature::new(conv);
    out.params.extend(f.params().iter().map(word));
    out.returns.extend(f.results().iter().map(word));
    out
}

/// Where the pointer arguments are at the entry stub.
pub fn arg_map(sig: &Sig) -> ArgMap {
    let mut map = ArgMap::default();
    let (mut ints, mut floats, mut stack) = (0, 0, 0);
    for ty in &sig.params {
        let in_register = if ty.is_float() { floats < FLOAT_ARGS } else { ints < INT_ARGS };
        match (in_register, *ty == Ty::Ptr) {
            (true, true) => map.registers |= 1 << ints,
            (false, true) => map.stack.push(stack),
            _ => {}
        }
        if !in_register {
            stack += 8;
        } else if ty.is_float() {
            floats += 1;
        } else {
            ints += 1;
        }
    }
    map
}
