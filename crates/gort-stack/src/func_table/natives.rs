//! Names for code that is not Go's: the thunks of runtime functions, and places that stand for what the runtime does.
//!
//! The walker does not know them, as they have no frames of Go code. They are for who asks what is at an address: a profile says
//! which runtime function a goroutine was in.
//!
//! Go counterpart: the functions of package `runtime` that are on top of a goroutine's stack there.

use crate::arch::call_target;
use gort_abi::addr::Pc;

/// Code in slots of one size, each with a name.
#[derive(Debug)]
pub struct Natives {
    /// The first slot.
    pub start: Pc,
    /// Bytes of a slot.
    pub slot: usize,
    /// Their names.
    pub names: Vec<&'static str>,
}

impl Natives {
    /// The slot that contains `pc`: its name and its first byte.
    pub fn find(&self, pc: Pc) -> Option<(&'static str, Pc)> {
        let slot = pc.0.checked_sub(self.start.0)? / self.slot;
        Some((*self.names.get(slot)?, self.start.add(slot * self.slot)))
    }

    /// The slot whose first byte the call in front of the return address `back` goes to.
    ///
    /// # Safety
    /// `back` returns into loaded code, at least five bytes behind its first one.
    pub unsafe fn called(&self, back: Pc) -> Option<Pc> {
        // SAFETY: the caller's contract.
        let target = unsafe { call_target(back) }?;
        self.find(target).map(|(_, slot)| slot).filter(|slot| *slot == target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn natives(start: usize) -> Natives {
        Natives { start: Pc(start), slot: 32, names: vec!["runtime.a", "runtime.b"] }
    }

    #[test]
    fn a_slot_has_a_name() {
        let natives = natives(0x1000);
        assert_eq!(natives.find(Pc(0x103F)), Some(("runtime.b", Pc(0x1020))));
        assert_eq!(natives.find(Pc(0xFFF)), None);
        assert_eq!(natives.find(Pc(0x1040)), None);
    }

    #[test]
    fn a_call_tells_what_is_called() {
        let code: [u8; 7] = [0x90, 0xE8, 0x20, 0, 0, 0, 0x90];
        let back = Pc(code.as_ptr() as usize + 6);
        let called = |target: usize| {
            // SAFETY: the bytes above.
            unsafe { natives(target).called(back) }
        };
        let target = back.0 + 0x20;
        assert_eq!(called(target), Some(Pc(target)));
        assert_eq!(called(target - 32), Some(Pc(target)), "the second slot");
        assert_eq!(called(target - 1), None, "the middle of a slot");
        assert_eq!(called(target + 1), None);
        // SAFETY: as above.
        assert_eq!(unsafe { natives(target).called(back.sub(1)) }, None, "not a call");
    }
}
