//! Where the symbols of a module are, and the addresses that code and data hold.

use super::{LoadError, thunks};
use gort_abi::addr::{Addr, Pc};
use gort_abi::module::{Reloc, RelocKind, Symbol, SymbolId};
use gort_abi::runtime_fn::RuntimeFn;
use gort_heap::EMPTY_WINDOW;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Tells in which window compiled code allocates objects of the type whose descriptor is at the address.
pub type WindowOf<'a> = &'a dyn Fn(Addr) -> Option<u32>;

/// The symbols of a module that has its place.
#[derive(Debug)]
pub struct Linker {
    /// Start of the code, thunks first.
    pub code: Addr,
    /// Start of the data.
    pub data: Addr,
    /// What the numbers in relocations stand for.
    pub symbols: Vec<Symbol>,
    /// Where calls of each function go.
    pub funcs: Vec<AtomicUsize>,
    /// Where each data object is.
    pub objects: Vec<Addr>,
}

impl Linker {
    /// From now on code that is linked calls the function there.
    pub fn set_entry(&self, func: u32, entry: Pc) {
        // Relaxed: whoever links holds the lock under which functions are compiled.
        self.funcs[func as usize].store(entry.0, Ordering::Relaxed);
    }

    /// The thunk of a runtime function.
    pub fn thunk(&self, f: RuntimeFn) -> Pc {
        Pc(self.code.0 + thunks::offset(f))
    }

    /// Address of a symbol; `user` is who asks.
    pub fn address(&self, id: SymbolId, user: &str) -> Result<Addr, LoadError> {
        let bad = LoadError::BadSymbol(id.0);
        match *self.symbols.get(id.0 as usize).ok_or(bad.clone())? {
            // Relaxed: as in `set_entry`.
            Symbol::Func(i) => self.funcs.get(i as usize).map(|f| Addr(f.load(Ordering::Relaxed))).ok_or(bad),
            Symbol::Data(i) => self.objects.get(i as usize).copied().ok_or(bad),
            Symbol::Runtime(f) => Ok(Addr(self.thunk(f).0)),
            Symbol::Undefined => Err(LoadError::Undefined(user.to_owned())),
        }
    }

    /// The bytes of a function or object that is going to be at `at`, with all addresses in them.
    pub fn link(
        &self,
        at: Addr,
        bytes: &[u8],
        relocs: &[Reloc],
        user: &str,
        window_of: WindowOf<'_>,
    ) -> Result<Vec<u8>, LoadError> {
        let mut bytes = bytes.to_vec();
        for reloc in relocs {
            let target = self.address(reloc.target, user)?.0 as i64 + reloc.addend;
            let field = reloc.offset as usize;
            // An object may end in zeroes that are left out.
            let width = if matches!(reloc.kind, RelocKind::Abs8 | RelocKind::WindowOff8) { 8 } else { 4 };
            bytes.resize(bytes.len().max(field + width), 0);
            let relative = |base: Addr| {
                i32::try_from(target - base.0 as i64).map_err(|_| LoadError::OutOfRange(user.to_owned()))
            };
            let mut four = |value: i32| bytes[field..field + 4].copy_from_slice(&value.to_le_bytes());
            match reloc.kind {
                RelocKind::PcRel4 => four(relative(at.add(field))?),
                RelocKind::DataOff4 => four(relative(self.data)?),
                RelocKind::CodeOff4 => four(relative(self.code)?),
                RelocKind::Abs8 => bytes[field..field + 8].copy_from_slice(&target.to_le_bytes()),
                RelocKind::WindowOff8 => {
                    let offset = window_of(Addr(target as usize)).unwrap_or(EMPTY_WINDOW);
                    bytes[field..field + 8].copy_from_slice(&u64::from(offset).to_le_bytes());
                }
            }
        }
        Ok(bytes)
    }
}
