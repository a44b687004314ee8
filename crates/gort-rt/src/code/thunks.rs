//! The thunks of a module: one per runtime function, in table order, and the start stub.

use crate::calls;
use gort_abi::addr::Pc;
use gort_abi::runtime_fn::{ALL, RuntimeFn};
use gort_stack::arch::{START_STUB_SIZE, THUNK_SIZE, short_form, write_start_stub, write_thunk};

/// Bytes of all thunks and the start stub.
pub const SIZE: usize = ALL.len() * THUNK_SIZE + START_STUB_SIZE.next_multiple_of(THUNK_SIZE);

/// Offset of a thunk.
pub const fn offset(f: RuntimeFn) -> usize {
    f as usize * THUNK_SIZE
}

/// Offset of the start stub.
pub const START_STUB: usize = ALL.len() * THUNK_SIZE;

/// All thunks, as they will run at `base`.
pub fn at(base: Pc) -> Vec<u8> {
    let mut out = vec![0; SIZE];
    for &f in ALL {
        write_thunk(f.thunk(), short_form(f), calls::address(f), &mut out[offset(f)..]);
    }
    write_start_stub(base.add(offset(RuntimeFn::Goexit0)), &mut out[START_STUB..]);
    out
}
