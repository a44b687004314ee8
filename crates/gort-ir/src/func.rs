//! A function: blocks of instructions over SSA values, and slots.
//!
//! # Invariants
//!
//! * **INV-IR-1 (one definition).** A value is defined once, by an instruction or as a block parameter,
//!   and the definition dominates every use.
//! * **INV-IR-2 (terminated).** Every block ends in exactly one terminator, and has none before it.
//! * **INV-IR-3 (typed).** Operands have the types their operation asks for; block arguments match the
//!   parameters of their block.
//! * **INV-IR-4 (bare landing).** No block reached from a landing block uses a value defined in one that is not:
//!   what is needed there is in slots.
//!
//! Asserted by `verify`.

use crate::inst::{Op, Sig, Ty};
use gort_syntax::source::Pos;
use index_vec::IndexVec;

index_vec::define_index_type! {
    /// An SSA value.
    pub struct Value = u32;
}
index_vec::define_index_type! {
    /// A basic block. Block 0 is the entry: its parameters are the function's.
    pub struct Block = u32;
}
index_vec::define_index_type! {
    /// An instruction.
    pub struct Inst = u32;
}
index_vec::define_index_type! {
    /// A stack slot: memory in the frame.
    pub struct Slot = u32;
}

/// The entry block.
pub const ENTRY: Block = Block { _raw: 0 };

/// A function.
#[derive(Clone, Debug, Default)]
pub struct Func {
    /// Name as Go's tracebacks print it; also the link name.
    pub name: String,
    /// Signature.
    pub sig: Sig,
    /// Blocks, in the order they are laid out.
    pub blocks: IndexVec<Block, BlockData>,
    /// Instructions; those in no block are dead.
    pub insts: IndexVec<Inst, InstData>,
    /// Values.
    pub values: IndexVec<Value, ValueData>,
    /// Slots.
    pub slots: IndexVec<Slot, SlotData>,
    /// Made by the compiler: invisible to `recover` and tracebacks.
    pub wrapper: bool,
    /// Position of the function.
    pub pos: Pos,
}

/// A block.
#[derive(Clone, Debug, Default)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions, the terminator last.
    pub insts: Vec<Inst>,
    /// Rarely reached: laid out after the others.
    pub cold: bool,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct InstData {
    /// What it does.
    pub op: Op,
    /// What it defines.
    pub results: Vec<Value>,
    /// Source position.
    pub pos: Pos,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    /// Its type.
    pub ty: Ty,
}

/// A slot: zeroed at function entry if it holds pointers; its pointer words are roots at every safepoint.
#[derive(Clone, Debug, Default)]
pub struct SlotData {
    /// Bytes.
    pub size: u32,
    /// Alignment in bytes, at most 16.
    pub align: u32,
    /// Byte offsets of its pointer words.
    pub pointers: Vec<u32>,
}

impl Func {
    /// Type of a value.
    pub fn ty(&self, v: Value) -> Ty {
        self.values[v].ty
    }

    /// The terminator of a block.
    pub fn terminator(&self, b: Block) -> Option<&Op> {
        self.blocks[b].insts.last().map(|&i| &self.insts[i].op).filter(|op| op.is_terminator())
    }
}
