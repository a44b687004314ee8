//! What functions written in Rust do with their pointer arguments.
//!
//! One that is not listed leaks all of them.

use gort_abi::runtime_fn::RuntimeFn as F;

/// What happens to an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing that outlives the call.
    Kept,
    /// What it points to, after so many dereferences, goes to the heap.
    Leaks(i8),
}

/// What is copied in memory: the indices of destination and source.
pub const fn copied(f: F) -> Option<(usize, usize)> {
    match f {
        F::TypedMemMove | F::TypedSliceCopy => Some((1, 2)),
        F::MemMove => Some((0, 1)),
        _ => None,
    }
}

/// May the function write to what the argument points to?
pub const fn writes(f: F, arg: usize) -> bool {
    match f {
        F::MemEqual
        | F::CmpString
        | F::IndexByte
        | F::CountByte
        | F::Throw
        | F::PrintString
        | F::PrintPointer
        | F::PrintSlice
        | F::PrintEface
        | F::WriteFd => false,
        F::MemMove => arg != 1,
        F::TypedMemMove | F::TypedSliceCopy => arg != 2,
        _ => true,
    }
}

/// What becomes of an argument.
pub const fn fate(f: F, arg: usize) -> Fate {
    match f {
        F::NewObject
        | F::NewArray
        | F::RawMem
        | F::NewChan
        | F::TypedMemMove
        | F::TypedMemClr
        | F::TypedSliceCopy
        | F::TypedSliceClr
        | F::MemMove
        | F::MemClr
        | F::MemEqual
        | F::CmpString
        | F::IndexByte
        | F::CountByte
        | F::ChanRecv
        | F::ChanClose
        | F::ChanLen
        | F::ChanCap
        | F::Throw
        | F::GetItab
        | F::MissingMethod
        | F::TypeString
        | F::TypePkgPath
        | F::PrintString
        | F::PrintPointer
        | F::PrintSlice
        | F::PrintEface
        | F::ReadMemStats
        | F::WriteFd
        | F::StackTrace
        | F::Callers => Fate::Kept,
        F::ChanSend if arg == 1 => Fate::Leaks(1),
        // The cases hold the addresses of what is sent.
        F::SelectWait => Fate::Leaks(2),
        _ => Fate::Leaks(0),
    }
}
