//! Strings and slices that conversions and concatenations make, short and not escaping: in the frame.
//!
//! # Protocol
//! The functions of package runtime that make them take the address of a buffer first; lowering gives none. If what
//! the call makes stays (INV-ESC-1, INV-ESC-2), it gets a slot here; whether the result fits is known when it runs.
//!
//! Go counterpart: `tmpBuf` in `runtime/string.go`.

use super::flow::Candidate;
use crate::func::{Block, Func, Inst, InstData, Slot, ValueData};
use crate::inst::{Op, Ty};

/// What a call makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporary {
    /// A string.
    String,
    /// A string of one rune.
    Rune,
    /// `[]byte(s)`.
    Bytes,
    /// `[]rune(s)`.
    Runes,
}

impl Temporary {
    /// By the name of the function.
    pub fn made_by(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("runtime.")? {
            "slicebytetostring" | "slicerunetostring" | "concatstrings" | "concatcopy" | "concatstring2" => {
                Self::String
            }
            "intstring" => Self::Rune,
            "stringtoslicebyte" => Self::Bytes,
            "stringtoslicerune" => Self::Runes,
            _ => return None,
        })
    }

    /// Bytes of the buffer, as package runtime has it.
    const fn buffer(self) -> u64 {
        match self {
            Self::String | Self::Bytes => 32,
            Self::Rune => 4,
            Self::Runes => 32 * 4,
        }
    }
}

impl Candidate {
    /// What a call makes that is given no buffer yet.
    pub fn temporary(block: Block, inst: Inst, what: Temporary) -> Self {
        Self {
            inst,
            block,
            size: what.buffer(),
            align: 8,
            pointers: Vec::new(),
            escapes: false,
            repeated: false,
            written: false,
            temporary: Some(what),
            most: None,
        }
    }
}

/// Gives the call the slot.
pub fn give_buffer(func: &mut Func, c: &Candidate, slot: Slot) {
    let pos = func.insts[c.inst].pos;
    let Some(at) = func.blocks[c.block].insts.iter().position(|&i| i == c.inst) else { return };
    let buffer = func.values.push(ValueData { ty: Ty::Ptr });
    let results = [buffer].into_iter().collect();
    let address = func.insts.push(InstData { op: Op::SlotAddr(slot, 0), results, pos });
    func.blocks[c.block].insts.insert(at, address);
    if let Op::Call(_, args) = &mut func.insts[c.inst].op
        && let Some(first) = args.first_mut()
    {
        *first = buffer;
    }
}
