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
    out.params.extend(places(sig).map(|(t, place)| {
        let param = AbiParam::new(clif_type(t));
        // INV-WORD-1: what is passed in memory fills its word.
        let narrow = !t.is_float() && t.size() < 8;
        if narrow && matches!(place, Place::Memory(_)) { param.uext() } else { param }
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

/// Where an argument is passed.
#[derive(Clone, Copy)]
enum Place {
    /// In the register of its kind with that number.
    Register(usize),
    /// In a word of memory, so many bytes from the first.
    Memory(u32),
}

/// The parameters' types and places.
fn places(sig: &Sig) -> impl Iterator<Item = (Ty, Place)> {
    let (mut ints, mut floats, mut stack) = (0, 0, 0);
    sig.params.iter().map(move |&ty| {
        let (taken, all) = if ty.is_float() { (&mut floats, FLOAT_ARGS) } else { (&mut ints, INT_ARGS) };
        if *taken < all {
            *taken += 1;
            return (ty, Place::Register(*taken - 1));
        }
        stack += 8;
        (ty, Place::Memory(stack - 8))
    })
}

/// Where the pointer arguments are at the entry stub.
pub fn arg_map(sig: &Sig) -> ArgMap {
    let mut map = ArgMap::default();
    for (_, place) in places(sig).filter(|(ty, _)| *ty == Ty::Ptr) {
        match place {
            Place::Register(n) => map.registers |= 1 << n,
            Place::Memory(at) => map.stack.push(at),
        }
    }
    map
}
