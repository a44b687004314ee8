//! Loading a compiled module: place everything, write the bytes, patch the addresses, publish.

use super::memory::ModuleMemory;
use super::modules::LoadedModule;
use super::thunks;
use gort_abi::addr::{Addr, Pc};
use gort_abi::module::{CompiledModule, Reloc, RelocKind, Symbol, SymbolId};
use gort_abi::type_desc::{offset, tflag};
use gort_heap::EMPTY_WINDOW;
use gort_stack::func_table::{FuncInfo, FuncTable, ModuleFuncs};
use gort_sys::OsError;
use std::fmt;

/// Alignment of a function's bytes.
const FUNC_ALIGN: usize = 32;

/// Why a module cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// The OS gives no memory.
    Memory(OsError),
    /// A function is used that has no body.
    Undefined(String),
    /// An address does not fit its field.
    OutOfRange(String),
    /// A symbol number that the module does not have.
    BadSymbol(u32),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(e) => write!(f, "no memory for code: {e}"),
            Self::Undefined(name) => write!(f, "{name} uses a function without a body"),
            Self::OutOfRange(name) => write!(f, "address out of range in {name}"),
            Self::BadSymbol(id) => write!(f, "no symbol {id}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<OsError> for LoadError {
    fn from(e: OsError) -> Self {
        Self::Memory(e)
    }
}

/// Offsets from the start of the module's memory.
struct Places {
    funcs: Vec<usize>,
    data: Vec<usize>,
}

/// Tells in which window compiled code allocates objects of the type whose descriptor is at the address.
pub type WindowOf<'a> = &'a dyn Fn(Addr) -> Option<u32>;

/// Loads a module and adds its functions to the table.
pub fn load(
    mut module: CompiledModule,
    table: &FuncTable,
    window_of: WindowOf<'_>,
) -> Result<LoadedModule, LoadError> {
    let (places, mut memory) = place(&module)?;
    let mut linker = Linker {
        base: memory.code(),
        code: memory.code(),
        data: memory.data(),
        module: &module,
        places: &places,
        window_of,
    };
    let bytes = memory.bytes_mut();
    thunks::write(Pc(linker.code.0), bytes);
    // Data first: the code's windows depend on type descriptors.
    for (d, &at) in module.data.iter().zip(&places.data) {
        bytes[at..at + d.bytes.len()].copy_from_slice(&d.bytes);
        linker.patch_all(bytes, at, &d.relocs, &d.name)?;
    }
    for (f, &at) in module.funcs.iter().zip(&places.funcs) {
        bytes[at..at + f.code.len()].copy_from_slice(&f.code);
        linker.patch_all(bytes, at, &f.relocs, &f.name)?;
    }
    let mut exports = std::collections::HashMap::new();
    for (name, &id) in &module.exports {
        if let Ok(at) = linker.address(id, name) {
            exports.insert(name.clone(), at);
        }
    }
    let mut itabs = Vec::new();
    for (d, &at) in module.data.iter().zip(&places.data) {
        if let (true, [inter, typ, ..]) = (d.name.starts_with("go:itab."), d.relocs.as_slice()) {
            let (inter, typ) = (linker.address(inter.target, &d.name)?, linker.address(typ.target, &d.name)?);
            itabs.push([inter, typ, linker.base.add(at)]);
        }
    }
    let mut typelinks = Vec::new();
    for (d, &at) in module.data.iter().zip(&places.data) {
        if d.name.starts_with("type:") && is_composite(&d.bytes) {
            typelinks.push(linker.base.add(at));
        }
    }
    let variables = memory.variables().offset_from(memory.code());
    let mut roots = Vec::new();
    for (d, &at) in module.data.iter().zip(&places.data) {
        if d.writable {
            roots.extend(d.pointers.iter().map(|p| (at - variables) as u32 + p));
        }
    }
    memory.publish()?;
    let base = Pc(memory.code().0);
    let funcs = std::mem::take(&mut module.funcs)
        .into_iter()
        .zip(&places.funcs)
        .map(|(mut func, &at)| {
            let len = func.code.len() as u32;
            func.code = Vec::new();
            func.relocs = Vec::new();
            FuncInfo { start: base.add(at), len, func }
        })
        .collect();
    table.add(ModuleFuncs { funcs, files: std::mem::take(&mut module.files) });
    Ok(LoadedModule {
        start_stub: Addr(base.0 + thunks::START_STUB),
        memory,
        exports,
        itabs,
        typelinks,
        roots,
    })
}

/// Is it the descriptor of a type without a name, built of others?
fn is_composite(descriptor: &[u8]) -> bool {
    let byte = |at: usize| descriptor.get(at).copied().unwrap_or(0);
    byte(offset::TFLAG) & tflag::NAMED == 0 && byte(offset::KIND) != 0
}

/// Decides where everything goes.
fn place(module: &CompiledModule) -> Result<(Places, ModuleMemory), LoadError> {
    let mut at = thunks::SIZE;
    let mut funcs = Vec::with_capacity(module.funcs.len());
    for f in &module.funcs {
        // The body, not the stub, is what alignment is for: the code generator padded the stub to suit.
        at = at.next_multiple_of(FUNC_ALIGN);
        funcs.push(at);
        at += f.code.len();
    }
    let code = gort_sys::mem::round_up_page(at);
    let mut data = vec![0; module.data.len()];
    // Offset 0 of the data is nobody's: a NameOff or TypeOff of 0 means "none".
    let mut at = code + 16;
    let mut part_ends = [0; 2];
    for (part, end) in part_ends.iter_mut().enumerate() {
        for (d, place) in module.data.iter().zip(&mut data) {
            if usize::from(d.writable) == part {
                at = at.next_multiple_of(d.align.max(1) as usize);
                *place = at;
                // Objects without size have addresses of their own, and one past an object is nobody else's.
                at += (d.size as usize).max(d.bytes.len()) + 1;
            }
        }
        at = gort_sys::mem::round_up_page(at);
        *end = at;
    }
    let memory = ModuleMemory::new(code, part_ends[0] - code, part_ends[1] - part_ends[0])?;
    Ok((Places { funcs, data }, memory))
}

struct Linker<'a> {
    base: Addr,
    code: Addr,
    data: Addr,
    module: &'a CompiledModule,
    places: &'a Places,
    window_of: WindowOf<'a>,
}

impl Linker<'_> {
    fn address(&self, id: SymbolId, user: &str) -> Result<Addr, LoadError> {
        let bad = LoadError::BadSymbol(id.0);
        let offset = match *self.module.symbols.get(id.0 as usize).ok_or(bad.clone())? {
            Symbol::Func(i) => {
                let entry = self.module.funcs.get(i as usize).ok_or(bad.clone())?.entry_offset;
                self.places.funcs[i as usize] + entry as usize
            }
            Symbol::Data(i) => *self.places.data.get(i as usize).ok_or(bad)?,
            Symbol::Runtime(f) => thunks::offset(f),
            Symbol::Undefined => return Err(LoadError::Undefined(user.to_owned())),
        };
        Ok(self.base.add(offset))
    }

    fn patch_all(
        &mut self,
        bytes: &mut [u8],
        at: usize,
        relocs: &[Reloc],
        user: &str,
    ) -> Result<(), LoadError> {
        for reloc in relocs {
            let target = self.address(reloc.target, user)?.0 as i64 + reloc.addend;
            let at = at + reloc.offset as usize;
            let relative = |base: Addr| {
                i32::try_from(target - base.0 as i64).map_err(|_| LoadError::OutOfRange(user.to_owned()))
            };
            match reloc.kind {
                RelocKind::Abs8 => bytes[at..at + 8].copy_from_slice(&target.to_le_bytes()),
                RelocKind::PcRel4 => {
                    bytes[at..at + 4].copy_from_slice(&relative(self.base.add(at))?.to_le_bytes());
                }
                RelocKind::DataOff4 => bytes[at..at + 4].copy_from_slice(&relative(self.data)?.to_le_bytes()),
                RelocKind::WindowOff8 => {
                    let offset = (self.window_of)(Addr(target as usize)).unwrap_or(EMPTY_WINDOW);
                    bytes[at..at + 8].copy_from_slice(&u64::from(offset).to_le_bytes());
                }
                RelocKind::CodeOff4 => bytes[at..at + 4].copy_from_slice(&relative(self.code)?.to_le_bytes()),
            }
        }
        Ok(())
    }
}
