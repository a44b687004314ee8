//! Functions compiled when first called.
//!
//! Until then a function is a stub, which jumps where its slot says. At first that is back into the stub, which calls the
//! runtime: [`LateCode::compile`] has the function compiled, writes it behind the others, adds it to the table of
//! functions, and stores its entry in the slot. Code compiled after that calls it directly.
//!
//! INV-LATE-1 (known before it runs): a slot names compiled code only when the table of functions has it.

use super::link::{Linker, WindowOf};
use super::load::{LoadError, func_info};
use gort_abi::addr::{Addr, Pc};
use gort_abi::module::CodeSource;
use gort_stack::arch::{LAZY_STUB_SIZE, write_lazy_stub};
use gort_stack::func_table::FuncTable;
use gort_sys::code_memory::GrowingCode;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Alignment of a function's bytes.
const FUNC_ALIGN: usize = 32;

/// The stubs' slots, one word each, in the order of the stubs.
#[derive(Debug)]
pub struct Slots {
    /// The first slot.
    pub at: Addr,
    /// The stub and the number of each function that has one.
    pub funcs: Vec<(Pc, u32)>,
}

impl Slots {
    /// The bytes of the stub at `at` of function `func`, and those of its slot.
    pub fn add(&mut self, func: u32, at: Pc, compile: Pc) -> [Vec<u8>; 2] {
        self.funcs.push((at, func));
        let mut stub = vec![0; LAZY_STUB_SIZE];
        let slow = write_lazy_stub(at, compile, self.last(), &mut stub);
        [stub, slow.0.to_le_bytes().to_vec()]
    }

    /// The slot of the function added last.
    pub fn last(&self) -> Addr {
        self.at.add((self.funcs.len() - 1) * size_of::<usize>())
    }
}

/// The functions of a module that wait for their first call.
pub struct LateCode {
    source: Arc<dyn CodeSource>,
    slots: Slots,
    /// Held while a function is compiled, so that each is once.
    memory: Mutex<GrowingCode>,
}

impl fmt::Debug for LateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateCode").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl LateCode {
    /// All of the module's functions still wait.
    pub fn new(source: Arc<dyn CodeSource>, slots: Slots, memory: GrowingCode) -> Self {
        Self { source, slots, memory: Mutex::new(memory) }
    }

    /// Compiles the function in whose stub `pc` is, if that has not been done.
    pub fn compile(
        &self,
        pc: Pc,
        linker: &Linker,
        table: &FuncTable,
        window_of: WindowOf<'_>,
    ) -> Result<(), LoadError> {
        let after = self.slots.funcs.partition_point(|(stub, _)| *stub <= pc);
        let slot = after.checked_sub(1).filter(|&i| pc.offset_from(self.slots.funcs[i].0) <= LAZY_STUB_SIZE);
        let Some(i) = slot else { panic!("INV-LATE-1: no stub at {pc:?}") };
        let (stub, index) = self.slots.funcs[i];
        let slot = self.slots.at.add(i * size_of::<usize>()).0 as *const AtomicUsize;
        // SAFETY: INV-LATE-1: a word of the module's data that only stubs and this function use.
        let slot = unsafe { &*slot };
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        // Relaxed: changed under the lock only.
        if slot.load(Ordering::Relaxed).wrapping_sub(stub.0) >= LAZY_STUB_SIZE {
            return Ok(());
        }
        let func = self.source.compile(index).map_err(LoadError::Compiler)?;
        let at = memory.next(func.code.len(), FUNC_ALIGN).ok_or(LoadError::NoRoom)?;
        let entry = Pc(at.0).add(func.entry_offset as usize);
        // Recursive calls are direct too.
        linker.set_entry(index, entry);
        memory.append(at, &linker.link(at, &func.code, &func.relocs, &func.name, window_of)?);
        table.add_late(stub, func_info(func, Pc(at.0)));
        // Release: whoever jumps through the slot finds the code written and the table to have it.
        slot.store(entry.0, Ordering::Release);
        Ok(())
    }
}
