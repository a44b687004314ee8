//! The loaded modules of a runtime: which one an address lies in, and symbols by name.

use super::late::LateCode;
use super::link::{Linker, WindowOf};
use super::load::LoadError;
use super::made_offsets::MadeOffsets;
use super::memory::ModuleMemory;
use super::thunks::Place;
use gort_abi::addr::{Addr, Pc};
use gort_stack::func_table::FuncTable;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A loaded module.
#[derive(Debug)]
pub struct LoadedModule {
    // Dropped before the memory it is part of.
    pub(super) late: Option<LateCode>,
    pub(super) linker: Linker,
    pub(super) memory: ModuleMemory,
    /// Addresses by link name.
    pub exports: HashMap<String, Addr>,
    /// Method tables in its data: interface type, concrete type, table.
    pub itabs: Vec<[Addr; 3]>,
    /// Descriptors of types without a name, which reflect may look up.
    pub typelinks: Vec<Addr>,
    /// Where Go goroutines start ([`gort_stack::context::new_go`]).
    pub start_stub: Addr,
    /// Words among the variables that may hold heap pointers, as offsets from [`LoadedModule::variables`].
    pub roots: Vec<u32>,
}

impl LoadedModule {
    /// Compiles the function in whose stub `pc` is.
    pub fn compile(&self, pc: Pc, table: &FuncTable, window_of: WindowOf<'_>) -> Result<(), LoadError> {
        let Some(late) = &self.late else { panic!("INV-LATE-1: a stub without a compiler at {pc:?}") };
        late.compile(pc, &self.linker, table, window_of)
    }

    /// Base of `NameOff` and `TypeOff`.
    pub fn data(&self) -> Addr {
        self.memory.data()
    }

    /// Base of `TextOff`.
    pub fn code(&self) -> Addr {
        self.memory.code()
    }

    /// Base of the roots.
    pub fn variables(&self) -> Addr {
        self.memory.variables()
    }

    /// Does its data contain the address?
    pub fn has_data(&self, at: Addr) -> bool {
        at.offset_from(self.data()) < self.memory.data_size()
    }

    /// Does its code contain the address?
    pub fn has_code(&self, at: Addr) -> bool {
        at.offset_from(self.code()) < self.memory.code_size()
    }
}

/// The loaded modules. One for now: a program.
#[derive(Debug, Default)]
pub struct Modules {
    program: OnceLock<LoadedModule>,
    /// Offsets made at run time.
    pub made: MadeOffsets,
}

impl Modules {
    /// Adds the program; false if there is one.
    pub fn set(&self, module: LoadedModule) -> bool {
        self.program.set(module).is_ok()
    }

    /// The program.
    pub fn program(&self) -> Option<&LoadedModule> {
        self.program.get()
    }

    /// The module whose data contains the address.
    pub fn with_data(&self, at: Addr) -> Option<&LoadedModule> {
        self.program().filter(|m| m.has_data(at))
    }

    /// What a `NameOff` or `TypeOff` in the descriptor at `at` means. Descriptors made at run time refer to the program's.
    pub fn data_offset(&self, at: Addr, offset: i32) -> Option<Addr> {
        match offset {
            0 | -1 => None,
            1.. => Some(self.with_data(at).or_else(|| self.program())?.data().add(offset as usize)),
            _ => self.made.get(offset),
        }
    }

    /// What a `TextOff` in the descriptor at `at` means.
    pub fn text_offset(&self, at: Addr, offset: i32) -> Option<Addr> {
        match offset {
            -1 => None,
            0.. => Some(self.with_data(at).or_else(|| self.program())?.code().add(offset as usize)),
            _ => self.made.get(offset),
        }
    }

    /// What profiles name the place by; null before the program is loaded.
    pub fn place(&self, place: Place) -> Pc {
        self.program().map_or(Pc::NULL, |program| place.at(Pc(program.code().0)))
    }

    /// An exported symbol.
    pub fn export(&self, name: &str) -> Option<Addr> {
        self.program()?.exports.get(name).copied()
    }
}
