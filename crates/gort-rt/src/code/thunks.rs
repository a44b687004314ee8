//! The thunks of a module: one per runtime function, in table order, the start stub, and [`Place`]s.

use crate::calls;
use gort_abi::addr::Pc;
use gort_abi::runtime_fn::{ALL, RuntimeFn};
use gort_stack::arch::{START_STUB_SIZE, THUNK_SIZE, short_form, write_start_stub, write_thunk};
use gort_stack::func_table::Natives;

/// What profiles name by an address that is no return address of the stack.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The start stub, which calls a goroutine's function.
    GoExit,
    /// The switch to the system stack, which a runtime function runs on.
    SystemStack,
    /// A goroutine waits.
    GoPark,
    /// The runtime, on nobody's behalf.
    System,
    /// The collector.
    Gc,
}

impl Place {
    /// Of those that are code that never runs.
    const NAMES: [&str; 4] = ["runtime.systemstack", "runtime.gopark", "runtime._System", "runtime._GC"];

    /// What to name it by in a stack of return addresses, if the thunks are at `base`.
    pub fn at(self, base: Pc) -> Pc {
        let offset = match self {
            Self::GoExit => START_STUB,
            other => PLACES + (other as usize - 1) * THUNK_SIZE,
        };
        base.add(offset + 1)
    }
}

/// Offset of the places.
const PLACES: usize = START_STUB + START_STUB_SIZE.next_multiple_of(THUNK_SIZE);

/// Bytes of all that.
pub const SIZE: usize = PLACES + Place::NAMES.len() * THUNK_SIZE;

/// The names of all that, if it is at `base`.
pub fn names(base: Pc) -> Natives {
    let stub = std::iter::repeat_n("runtime.goexit", (PLACES - START_STUB) / THUNK_SIZE);
    let names = ALL.iter().map(|f| f.name()).chain(stub).chain(Place::NAMES);
    Natives { start: base, slot: THUNK_SIZE, names: names.collect() }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_name() {
        let base = Pc(0x4000);
        let name = |pc: Pc| names(base).find(pc).map(|(name, _)| name);
        assert_eq!(name(base.add(offset(RuntimeFn::NewObject))), Some("runtime.newobject"));
        assert_eq!(name(base.add(START_STUB + START_STUB_SIZE - 1)), Some("runtime.goexit"));
        assert_eq!(name(Place::SystemStack.at(base).sub(1)), Some("runtime.systemstack"));
        assert_eq!(name(Place::GoExit.at(base).sub(1)), Some("runtime.goexit"));
        assert_eq!(name(Place::Gc.at(base).sub(1)), Some("runtime._GC"));
        assert_eq!(name(base.add(SIZE)), None);
    }
}
