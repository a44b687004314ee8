//! The channels that a goroutine waits for.

use super::ChanRef;
use super::queue::Sudog;
use gort_abi::addr::Addr;
use gort_sched::{GRef, WaitReason};

/// All of them.
///
/// # Safety
/// The world is stopped, and the goroutine waits in a receive, a send or a select.
pub unsafe fn awaited(g: GRef) -> Vec<ChanRef> {
    if g.wait_reason() != WaitReason::Select {
        return vec![ChanRef(Addr(g.waits_for()))];
    }
    // SAFETY: INV-SUDOG-1: the list that the select left before it parked; it stays until the goroutine runs.
    let mut at = unsafe { (*g.wait_slot())[0] } as *const Sudog;
    let mut chans = Vec::new();
    // SAFETY: as above.
    while let Some(case) = unsafe { at.as_ref() }.and_then(|record| record.select) {
        chans.push(case.chan);
        at = case.next_case;
    }
    chans
}
