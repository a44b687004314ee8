//! Loading a compiled module: place everything, write the bytes, patch the addresses, publish.

use super::late::{LateCode, Slots};
use super::link::{Linker, WindowOf};
use super::memory::ModuleMemory;
use super::modules::LoadedModule;
use super::thunks;
use gort_abi::addr::{Addr, Pc};
use gort_abi::module::{CodeSource, CompiledFunc, CompiledModule, FuncFlags};
use gort_abi::runtime_fn::RuntimeFn;
use gort_abi::type_desc::{offset, tflag};
use gort_stack::arch::{LAZY_STUB_ENTRY, LAZY_STUB_SIZE};
use gort_stack::func_table::{FuncInfo, FuncTable, ModuleFuncs};
use gort_sys::OsError;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

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
    /// The compiler failed: a bug of it.
    Compiler(String),
    /// A program has more code than was reserved.
    NoRoom,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory(e) => write!(f, "no memory for code: {e}"),
            Self::Undefined(name) => write!(f, "{name} uses a function without a body"),
            Self::OutOfRange(name) => write!(f, "address out of range in {name}"),
            Self::BadSymbol(id) => write!(f, "no symbol {id}"),
            Self::Compiler(e) => f.write_str(e),
            Self::NoRoom => f.write_str("no room for more code"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<OsError> for LoadError {
    fn from(e: OsError) -> Self {
        Self::Memory(e)
    }
}

/// Loads a module and adds its functions to the table. `source` compiles those of its functions that wait for their
/// first call.
pub fn load(
    mut module: CompiledModule,
    source: Option<Arc<dyn CodeSource>>,
    table: &FuncTable,
    window_of: WindowOf<'_>,
) -> Result<LoadedModule, LoadError> {
    for f in module.funcs.iter_mut().filter(|f| f.flags.contains(FuncFlags::LAZY)) {
        (f.entry_offset, f.body_offset) = (LAZY_STUB_ENTRY, LAZY_STUB_SIZE as u32);
    }
    let late_size = source.as_ref().map_or(0, |s| s.code_size());
    let (places, mut memory) = place(&module, late_size)?;
    let code = memory.code();
    let entry = |(f, at): (&CompiledFunc, &Addr)| AtomicUsize::new(at.add(f.entry_offset as usize).0);
    let linker = Linker {
        code,
        data: memory.data(),
        symbols: std::mem::take(&mut module.symbols),
        funcs: module.funcs.iter().zip(&places.funcs).map(entry).collect(),
        objects: places.data,
    };
    memory.write(code, &thunks::at(Pc(code.0)));
    // Data first: the code's windows depend on type descriptors.
    for (d, &at) in module.data.iter().zip(&linker.objects) {
        memory.write(at, &linker.link(at, &d.bytes, &d.relocs, &d.name, window_of)?);
    }
    let mut slots = Slots { at: places.slots, funcs: Vec::new() };
    for (i, (f, &at)) in module.funcs.iter().zip(&places.funcs).enumerate() {
        if f.flags.contains(FuncFlags::LAZY) {
            let [stub, slot] = slots.add(i as u32, Pc(at.0), linker.thunk(RuntimeFn::CompileFunc));
            memory.write(at, &stub);
            memory.write(slots.last(), &slot);
        } else {
            memory.write(at, &linker.link(at, &f.code, &f.relocs, &f.name, window_of)?);
        }
    }
    let facts = Facts::of(&module, &linker, memory.variables())?;
    memory.publish()?;
    let late = match source {
        Some(source) => Some(LateCode::new(source, slots, memory.late_code()?)),
        None => None,
    };
    let loaded = module.funcs.into_iter().zip(&places.funcs).map(|(f, &at)| func_info(f, Pc(at.0)));
    table.name_natives(thunks::names(Pc(code.0)));
    table.add(ModuleFuncs { funcs: loaded.collect(), files: module.files, ..ModuleFuncs::default() });
    Ok(LoadedModule {
        start_stub: code.add(thunks::START_STUB),
        late,
        linker,
        memory,
        exports: facts.exports,
        itabs: facts.itabs,
        typelinks: facts.typelinks,
        roots: facts.roots,
    })
}

/// What the table keeps of a function.
pub(super) fn func_info(mut func: CompiledFunc, start: Pc) -> FuncInfo {
    let lazy = func.flags.contains(FuncFlags::LAZY);
    let len = if lazy { LAZY_STUB_SIZE } else { func.code.len() } as u32;
    func.code = Vec::new();
    func.relocs = Vec::new();
    FuncInfo { start, len, func }
}

/// What others need to know of a module's data.
struct Facts {
    exports: HashMap<String, Addr>,
    itabs: Vec<[Addr; 3]>,
    typelinks: Vec<Addr>,
    roots: Vec<u32>,
}

impl Facts {
    fn of(module: &CompiledModule, linker: &Linker, variables: Addr) -> Result<Self, LoadError> {
        let mut facts =
            Self { exports: HashMap::new(), itabs: Vec::new(), typelinks: Vec::new(), roots: Vec::new() };
        for (name, &id) in &module.exports {
            if let Ok(at) = linker.address(id, name) {
                facts.exports.insert(name.clone(), at);
            }
        }
        for (d, &at) in module.data.iter().zip(&linker.objects) {
            if let (true, [inter, typ, ..]) = (d.name.starts_with("go:itab."), d.relocs.as_slice()) {
                let (inter, typ) =
                    (linker.address(inter.target, &d.name)?, linker.address(typ.target, &d.name)?);
                facts.itabs.push([inter, typ, at]);
            }
            if d.name.starts_with("type:") && is_composite(&d.bytes) {
                facts.typelinks.push(at);
            }
            if d.writable {
                facts.roots.extend(d.pointers.iter().map(|p| at.offset_from(variables) as u32 + p));
            }
        }
        Ok(facts)
    }
}

/// Is it the descriptor of a type without a name, built of others?
fn is_composite(descriptor: &[u8]) -> bool {
    let byte = |at: usize| descriptor.get(at).copied().unwrap_or(0);
    byte(offset::TFLAG) & tflag::NAMED == 0 && byte(offset::KIND) != 0
}

/// Addresses of functions, data objects and the slots of stubs.
struct Places {
    funcs: Vec<Addr>,
    data: Vec<Addr>,
    slots: Addr,
}

/// Decides where everything goes.
fn place(module: &CompiledModule, late_size: usize) -> Result<(Places, ModuleMemory), LoadError> {
    let lazy = |f: &CompiledFunc| f.flags.contains(FuncFlags::LAZY);
    // The stubs of functions that wait come first, in order ([`Slots`]).
    let mut stub = thunks::SIZE.next_multiple_of(FUNC_ALIGN);
    let waiting = module.funcs.iter().filter(|f| lazy(f)).count();
    let mut at = stub + waiting * LAZY_STUB_SIZE;
    let mut funcs = Vec::with_capacity(module.funcs.len());
    for f in &module.funcs {
        if lazy(f) {
            funcs.push(stub);
            stub += LAZY_STUB_SIZE;
        } else {
            // The body, not the stub, is what alignment is for: the code generator padded the stub to suit.
            at = at.next_multiple_of(FUNC_ALIGN);
            funcs.push(at);
            at += f.code.len();
        }
    }
    let code = gort_sys::mem::round_up_page(at);
    let mut data = vec![0; module.data.len()];
    // Offset 0 of the data is nobody's: a NameOff or TypeOff of 0 means "none".
    let mut at = 16_usize;
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
    let slots = waiting * size_of::<usize>();
    let memory = ModuleMemory::new(code, late_size, part_ends[0], part_ends[1] - part_ends[0] + slots)?;
    let funcs = funcs.into_iter().map(|at| memory.code().add(at)).collect();
    let data = data.into_iter().map(|at| memory.data().add(at)).collect();
    Ok((Places { funcs, data, slots: memory.data().add(part_ends[1]) }, memory))
}
