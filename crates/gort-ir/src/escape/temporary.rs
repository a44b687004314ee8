//! Strings and slices that conversions and concatenations make, short and not escaping: in the frame.
//!
//! # Protocol
//! The functions of package runtime that make them take the address of a buffer first; lowering gives none. If what
//! the call makes stays (INV-ESC-1, INV-ESC-2), it gets a slot here; whether the result fits is known when it runs.
//!
//! So does `growslice`, the function behind `append`, by its last argument: the slot begins with a word that says whether
//! it is in use, and one slice of each call of the function that appends gets it (INV-ESC-2). When that slice grows
//! further it goes to the heap, so what is stored in it counts as stored there.
//!
//! Go counterpart: `tmpBuf` in `runtime/string.go`.

use super::flow::Candidate;
use super::types::Shape;
use crate::func::{Block, ENTRY, Func, Inst, InstData, Slot, ValueData};
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
    /// The first elements of a slice that is appended to.
    Elements,
}

/// Bytes of elements in the buffer of `growslice`, and where they are.
const ELEMENTS: u64 = 32;
const USED: u32 = 8;
/// The name of that function.
pub const GROW: &str = "runtime.growslice";

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
            Self::Elements => ELEMENTS + USED as u64,
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

impl Candidate {
    /// What a call of `growslice` makes for elements of that shape.
    pub fn elements(block: Block, inst: Inst, element: &Shape) -> Option<Self> {
        let count = ELEMENTS.checked_div(element.size).filter(|&n| n > 0)?;
        let at = |n: u64| element.pointers.iter().map(move |&p| USED + n as u32 * element.size as u32 + p);
        let pointers = (0..count).flat_map(at).collect();
        (element.align <= 8).then(|| Self { pointers, ..Self::temporary(block, inst, Temporary::Elements) })
    }
}

/// Gives the call the slot.
pub fn give_buffer(func: &mut Func, c: &Candidate, slot: Slot) {
    let pos = func.insts[c.inst].pos;
    let Some(at) = func.blocks[c.block].insts.iter().position(|&i| i == c.inst) else { return };
    let buffer = func.values.push(ValueData { ty: Ty::Ptr });
    let results = [buffer].into_iter().collect();
    let address = func.insts.push(InstData { op: Op::SlotAddr(slot, 0), results, pos });
    let once = c.temporary == Some(Temporary::Elements);
    if once {
        let zero = Op::Zero { dst: buffer, size: c.size as u32 };
        let zero = func.insts.push(InstData { op: zero, results: Default::default(), pos });
        func.blocks[ENTRY].insts.splice(0..0, [address, zero]);
    } else {
        func.blocks[c.block].insts.insert(at, address);
    }
    if let Op::Call(_, args) = &mut func.insts[c.inst].op
        && let Some(given) = if once { args.last_mut() } else { args.first_mut() }
    {
        *given = buffer;
    }
}
