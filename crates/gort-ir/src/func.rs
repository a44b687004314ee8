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
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
    /// Deferred calls that the runtime finds in slots when the function panics.
    pub defers: Option<OpenDefers>,
    /// Made by the compiler: invisible to `recover` and tracebacks.
    pub wrapper: bool,
    /// Index of the parameter that is the address of the memory for results, if they are returned so: memory of the
    /// caller that nothing else names.
    pub result_area: Option<u32>,
    /// Calls of it are never replaced by its body.
    pub noinline: bool,
    /// The declaration that it stands behind says `go:noescape`: it keeps no pointer that it gets, only what that
    /// points to.
    pub noescape: bool,
    /// What the source calls things, if the programmer asked what becomes of them.
    pub notes: Option<Box<Notes>>,
    /// Addresses of integers that were boxed: objects that nobody writes to again.
    pub boxes: FxHashSet<Value>,
    /// Position of the function.
    pub pos: Pos,
    /// Calls that were replaced by a body.
    pub inlined: Vec<InlinedCall>,
    /// What positions with [`INLINE_POS`] stand for: the place in the source, and the index in `inlined` of the
    /// call whose body it is in.
    pub inline_pos: Vec<(Pos, u32)>,
}

/// Names of a function's things in the source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Notes {
    /// Position of the function's name, or of the literal.
    pub at: Pos,
    /// Allocated objects.
    pub objects: Vec<NamedObject>,
    /// Parameters.
    pub params: Vec<NamedParam>,
    /// Results: name, IR results.
    pub results: Vec<(String, std::ops::Range<usize>)>,
}

/// A parameter, as the source names it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NamedParam {
    /// Where it is declared.
    pub pos: Pos,
    /// Its name.
    pub name: String,
    /// IR parameters.
    pub range: std::ops::Range<usize>,
    /// It is passed as the address of a copy.
    pub in_memory: bool,
}

/// An allocated object, as the source names it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NamedObject {
    /// Its address.
    pub value: Value,
    /// Where it is declared or made.
    pub pos: Pos,
    /// The variable's name, or the expression.
    pub text: String,
    /// It is a variable.
    pub variable: bool,
}

/// A position with this bit is an index into [`Func::inline_pos`].
pub const INLINE_POS: u32 = 1 << 30;

/// A call that was replaced by the callee's body: tracebacks still show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinedCall {
    /// Name of the callee.
    pub name: Arc<str>,
    /// Position of the callee.
    pub start: Pos,
    /// Position of the call; in an inlined body itself if it has [`INLINE_POS`].
    pub pos: Pos,
    /// The callee is a wrapper.
    pub wrapper: bool,
    /// The callee has no parameters.
    pub no_params: bool,
}

/// A block.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions, the terminator last.
    pub insts: Vec<Inst>,
    /// Rarely reached: laid out after the others.
    pub cold: bool,
}

/// An instruction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InstData {
    /// What it does.
    pub op: Op,
    /// What it defines.
    pub results: SmallVec<[Value; 2]>,
    /// Source position.
    pub pos: Pos,
}

/// A value.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ValueData {
    /// Its type.
    pub ty: Ty,
}

/// A slot: zeroed at function entry if it holds pointers; its pointer words are roots at every safepoint up to its
/// last use (`passes::slot_liveness`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SlotData {
    /// Bytes.
    pub size: u32,
    /// Alignment in bytes, at most 16.
    pub align: u32,
    /// Byte offsets of its pointer words.
    pub pointers: Vec<u32>,
}

/// Where a function keeps its deferred calls. The runtime reads and writes these slots, so each store to them counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDefers {
    /// A word: bit i is set while the i-th call is pending.
    pub bits: Slot,
    /// The closure of each call: its code, then what it captures.
    pub sites: Vec<Slot>,
}

impl Func {
    /// The place in the source, and the index in `inlined` of the innermost call whose body it is in.
    pub fn source_pos(&self, pos: Pos) -> (Pos, Option<u32>) {
        if pos.0 & INLINE_POS == 0 {
            return (pos, None);
        }
        let entry = self.inline_pos.get((pos.0 & !INLINE_POS) as usize);
        entry.map_or((Pos::NONE, None), |&(pos, call)| (pos, Some(call)))
    }

    /// Has it no parameters in the source (a function literal has its closure for one)?
    pub fn has_no_params(&self) -> bool {
        let literal = self.name.rsplit('.').next().and_then(|last| last.strip_prefix("func"));
        let closure = literal.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        self.sig.params.len() <= usize::from(closure)
    }

    /// Type of a value.
    pub fn ty(&self, v: Value) -> Ty {
        self.values[v].ty
    }

    /// The terminator of a block.
    pub fn terminator(&self, b: Block) -> Option<&Op> {
        self.blocks[b].insts.last().map(|&i| &self.insts[i].op).filter(|op| op.is_terminator())
    }
}
