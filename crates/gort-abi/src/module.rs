//! A compiled module: code, data and tables, as plain data.
//!
//! Written by gort-codegen (functions) and gort-ir (data objects), loaded by gort-rt. Nothing in it is
//! an address yet; [`Reloc`]s say where addresses go.

use crate::runtime_fn::RuntimeFn;
use crate::stack_map::{ArgMap, StackMap};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Index into [`CompiledModule::symbols`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SymbolId(pub u32);

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Symbol {
    /// Entry of `funcs[i]`.
    Func(u32),
    /// Start of `data[i]`.
    Data(u32),
    /// The thunk of a runtime function.
    Runtime(RuntimeFn),
    /// Named but defined nowhere (a function declared without a body): an error at load.
    Undefined,
}

/// How the address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelocKind {
    /// 8 bytes, `target + addend`.
    Abs8,
    /// 4 bytes, `target + addend - address of the field`.
    PcRel4,
    /// 4 bytes, `target + addend - base of the module's data`: NameOff, TypeOff.
    DataOff4,
    /// 4 bytes, `target + addend - base of the module's code`: TextOff.
    CodeOff4,
    /// 8 bytes: where in the table at `PContext::alloc_windows` the window {next, end} for objects of the type is
    /// whose descriptor is the target; one that is always empty if the type has none.
    WindowOff8,
}

/// One place to patch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reloc {
    /// Byte offset in the function's code or the data object.
    pub offset: u32,
    /// How to write.
    pub kind: RelocKind,
    /// Whose address.
    pub target: SymbolId,
    /// Added to it.
    pub addend: i64,
}

/// A data object: type descriptor, itab, string literal, static closure, or global variable.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DataObject {
    /// Link name, unique in the module.
    pub name: String,
    /// Initial bytes (may be shorter than `size`: the rest is zero).
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u32,
    /// Addresses in it.
    pub relocs: Vec<Reloc>,
    /// Written by the program: lives with the globals, else in read-only memory.
    pub writable: bool,
    /// Byte offsets of the words that may hold heap pointers (roots); only for writable objects.
    pub pointers: Vec<u32>,
}

/// What a trapping instruction means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trap {
    /// A load or store through a nil pointer: Go's `invalid memory address or nil pointer dereference`.
    NilDereference,
    /// Code that must not be reached: a bug of ours.
    Unreachable,
}

/// A source position of machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineEntry {
    /// First byte it holds for, up to the next entry.
    pub offset: u32,
    /// Index into [`CompiledModule::files`].
    pub file: u32,
    /// Line, from 1; 0 where unknown.
    pub line: u32,
    /// 0, or one more than the index in [`CompiledFunc::inlined`] of the call whose body the code belongs to.
    pub inline: u32,
}

/// A call that the compiler replaced by the callee's body. Tracebacks show it as a frame of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlinedCall {
    /// Name of the callee.
    pub name: String,
    /// Position of the callee's `func` keyword: file index and line.
    pub file: u32,
    /// See `file`.
    pub start_line: u32,
    /// Facts of the callee.
    pub flags: FuncFlags,
    /// Where it was called: file index and line.
    pub call_file: u32,
    /// See `call_file`.
    pub call_line: u32,
    /// The inlined call that the call itself is in, as [`LineEntry::inline`].
    pub parent: u32,
}

/// Where a function that defers continues after a recovered panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// Offset of the landing code from the start of the function's bytes.
    pub offset: u32,
    /// The stack pointer there is the frame pointer minus this many bytes.
    pub frame_offset: u32,
}

/// Deferred calls that a frame keeps in slots, as offsets below its frame pointer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDefers {
    /// A word: bit i is set while the i-th call is pending.
    pub bits: u32,
    /// The closure of each call.
    pub sites: Vec<u32>,
}

bitflags::bitflags! {
    /// Facts about a function that the runtime asks.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub struct FuncFlags: u32 {
        /// A wrapper made by the compiler: invisible to `recover` and to tracebacks.
        const WRAPPER = 1;
        /// It has no entry stub (a small leaf).
        const NO_STUB = 2;
        /// It has no parameters: a traceback shows `f()`, not `f(...)`.
        const NO_PARAMS = 4;
        /// Not compiled yet: `code` is empty, and a stub of the loader's asks a [`CodeSource`] when it is first called.
        const LAZY = 8;
    }
}

/// One compiled function.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CompiledFunc {
    /// Name as Go prints it in a traceback: `main.(*T).Method`, `main.f.func1`.
    pub name: String,
    /// Machine code: the entry stub, then the body.
    #[serde(with = "serde_bytes")]
    pub code: Vec<u8>,
    /// Where calls to the function go, from the start of `code`.
    pub entry_offset: u32,
    /// Where the body starts: program counters below it stand at the entry stub, with no frame yet.
    pub body_offset: u32,
    /// Addresses in the code.
    pub relocs: Vec<Reloc>,
    /// Sorted by return offset: one for every call.
    pub stack_maps: Vec<StackMap>,
    /// Roots at any other place (a trap, an entry to the landing): the explicit slots, as offsets below fp.
    pub base_slots: Vec<u32>,
    /// Roots while standing at the entry stub.
    pub args: ArgMap,
    /// Trapping instructions, sorted by offset.
    pub traps: Vec<(u32, Trap)>,
    /// Sorted by offset.
    pub lines: Vec<LineEntry>,
    /// Calls replaced by bodies.
    pub inlined: Vec<InlinedCall>,
    /// Present if the function defers.
    pub landing: Option<Landing>,
    /// Present if it keeps deferred calls in its frame.
    pub open_defers: Option<OpenDefers>,
    /// Facts.
    pub flags: FuncFlags,
    /// Position of the `func` keyword: file index and line.
    pub file: u32,
    /// See `file`.
    pub start_line: u32,
}

/// A program, compiled.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CompiledModule {
    /// Functions.
    pub funcs: Vec<CompiledFunc>,
    /// Data objects.
    pub data: Vec<DataObject>,
    /// What the [`SymbolId`]s stand for.
    pub symbols: Vec<Symbol>,
    /// Symbols the runtime looks up by link name: `main.init·start` (runs all package initialisation and
    /// then `main.main`), `runtime.panicmem`, ...
    pub exports: HashMap<String, SymbolId>,
    /// File names, as given by the user.
    pub files: Vec<String>,
}

impl CompiledModule {
    /// Are there functions that wait for their first call?
    pub fn has_lazy(&self) -> bool {
        self.funcs.iter().any(|f| f.flags.contains(FuncFlags::LAZY))
    }
}

/// Compiles the functions of a module that were left for later ([`FuncFlags::LAZY`]). Called on any thread, by several
/// at once.
pub trait CodeSource: Send + Sync {
    /// The function `funcs[index]`, its symbols and files those of the module. An error is a bug of the compiler.
    fn compile(&self, index: u32) -> Result<CompiledFunc, String>;

    /// At least as many bytes as all these functions will take.
    fn code_size(&self) -> usize;
}
