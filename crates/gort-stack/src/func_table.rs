//! What is known about a program counter: pc -> function, stack map, line.
//!
//! Modules are added and never removed while the table lives, so readers take no lock: a walker may run
//! while its goroutine is held by a scan guard (which forbids locks), or in a signal handler.
//!
//! Functions compiled when first called are added to their module one by one, behind the others ([`late`]).
//!
//! INV-FUNC-1 (published whole): a node is complete before the Release that makes it reachable.
//!
//! Go counterpart: `runtime/symtab.go`.

mod late;
mod natives;

pub use natives::Natives;

use gort_abi::addr::Pc;
use gort_abi::module::{CompiledFunc, FuncFlags, Trap};
use gort_abi::stack_map::StackMap;
use std::fmt;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A loaded function: its facts (`func.code` and `func.relocs` are empty) and where its bytes are.
#[derive(Debug)]
pub struct FuncInfo {
    /// First byte.
    pub start: Pc,
    /// Bytes.
    pub len: u32,
    /// Facts.
    pub func: CompiledFunc,
}

/// The functions of one loaded module.
#[derive(Debug, Default)]
pub struct ModuleFuncs {
    /// Sorted by address, not overlapping.
    pub funcs: Vec<FuncInfo>,
    /// File names, indexed by [`gort_abi::module::LineEntry::file`].
    pub files: Vec<String>,
    /// Functions compiled since.
    pub late: late::LateFuncs,
}

impl ModuleFuncs {
    /// The function that contains `pc`.
    fn find(&self, pc: Pc) -> Option<&FuncInfo> {
        let after = self.funcs.partition_point(|f| f.start <= pc);
        let early = after.checked_sub(1).and_then(|i| self.funcs.get(i)).filter(|f| f.contains(pc));
        early.or_else(|| self.late.find(pc))
    }
}

#[derive(Debug)]
struct Node {
    module: ModuleFuncs,
    next: *mut Node,
}

/// Who is told of added functions.
type Watcher = dyn Fn(&FuncInfo) + Send + Sync;

/// All loaded functions.
pub struct FuncTable {
    head: AtomicPtr<Node>,
    watcher: OnceLock<Box<Watcher>>,
    natives: OnceLock<Natives>,
}

impl fmt::Debug for FuncTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.modules()).finish()
    }
}

// SAFETY: nodes are immutable once published (INV-FUNC-1) and freed only by `Drop`.
unsafe impl Send for FuncTable {}
// SAFETY: as above.
unsafe impl Sync for FuncTable {}

impl Default for FuncTable {
    fn default() -> Self {
        Self::new()
    }
}

/// A call in progress as the programmer sees it: a frame of the stack, or a call that was replaced by the
/// callee's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Name of the function.
    pub name: &'a str,
    /// Facts of the function.
    pub flags: FuncFlags,
    /// Where it stands.
    pub position: Position<'a>,
    /// It has no frame of its own.
    pub inlined: bool,
}

/// Where package runtime declares what is not Go code.
const NATIVES_FILE: &str = "runtime/natives.go";

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    /// File name.
    pub file: &'a str,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
}

impl FuncTable {
    /// An empty table.
    pub const fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), watcher: OnceLock::new(), natives: OnceLock::new() }
    }

    /// From now on code that is not Go's has names. The first ones stay.
    pub fn name_natives(&self, natives: Natives) {
        let _ = self.natives.set(natives);
    }

    /// Code that is not Go's at `pc`: its name and its first byte.
    pub fn native(&self, pc: Pc) -> Option<(&'static str, Pc)> {
        self.natives.get()?.find(pc)
    }

    /// The first byte of the runtime function that a goroutine was in if it returns to `back`.
    pub fn native_called(&self, back: Pc) -> Option<Pc> {
        let info = self.find_return(back).filter(|info| back.offset_from(info.start) >= 5)?;
        debug_assert!(info.contains(back.sub(5)));
        // SAFETY: the return address is in the function's code, and so are the five bytes before it.
        unsafe { self.natives.get()?.called(back) }
    }

    /// Calls `watcher` for every function that is added from now on. The first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&FuncInfo) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    fn announce(&self, funcs: &[FuncInfo]) {
        if let Some(watcher) = self.watcher.get() {
            funcs.iter().for_each(watcher);
        }
    }

    /// Adds a module; its functions are found from now on.
    pub fn add(&self, mut module: ModuleFuncs) {
        module.funcs.sort_by_key(|f| f.start);
        self.announce(&module.funcs);
        let node = Box::into_raw(Box::new(Node { module, next: ptr::null_mut() }));
        // Relaxed: only the exchange below publishes.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: the node is ours until the exchange succeeds.
            unsafe { (*node).next = head };
            // Release pairs with the Acquire in `modules`.
            match self.head.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// The loaded modules, newest first.
    pub fn modules(&self) -> impl Iterator<Item = &ModuleFuncs> {
        // Acquire pairs with the Release in `add`.
        let mut at = self.head.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            // SAFETY: INV-FUNC-1, and nodes live as long as the table.
            let node = unsafe { at.as_ref() }?;
            at = node.next;
            Some(&node.module)
        })
    }

    fn find_in_module(&self, pc: Pc) -> Option<(&ModuleFuncs, &FuncInfo)> {
        self.modules().find_map(|module| Some((module, module.find(pc)?)))
    }

    /// Adds a function to the module that has a function at `stub`. Its address is above those of all others of the
    /// module, and no two threads add at once.
    pub fn add_late(&self, stub: Pc, info: FuncInfo) {
        match self.find_in_module(stub) {
            Some((module, _)) => {
                self.announce(std::slice::from_ref(&info));
                module.late.push(info);
            }
            None => panic!("no module has a function at {stub:?}"),
        }
    }

    /// The function that contains `pc`. For a return address pass `pc - 1` if the call may be the last
    /// instruction; [`FuncTable::find_return`] does.
    pub fn find(&self, pc: Pc) -> Option<&FuncInfo> {
        self.find_in_module(pc).map(|(_, info)| info)
    }

    /// The function that a return address returns into.
    pub fn find_return(&self, pc: Pc) -> Option<&FuncInfo> {
        self.find(pc.sub(1))
    }

    /// Source position of the instruction at `pc` (for a return address, pass `pc - 1`).
    pub fn position(&self, pc: Pc) -> Option<Position<'_>> {
        let (module, info) = self.find_in_module(pc)?;
        let (file, line) = info.line_at(pc);
        Some(Position { file: module.files.get(file as usize).map_or("?", String::as_str), line })
    }

    /// The calls in progress at `pc` (for a return address, pass `pc - 1`), innermost first: those inlined,
    /// then the function that contains `pc`. Code that is not Go's counts as one call.
    pub fn calls(&self, pc: Pc) -> impl Iterator<Item = Call<'_>> {
        let found = self.find_in_module(pc);
        let native = if found.is_none() { self.native(pc) } else { None };
        let position = Position { file: NATIVES_FILE, line: 1 };
        let native =
            native.map(|(name, _)| Call { name, flags: FuncFlags::default(), position, inlined: false });
        let mut next = found.map(|(_, info)| info.line_entry(pc));
        let go = std::iter::from_fn(move || {
            let ((module, info), (file, line, inline)) = (found?, next?);
            let file = module.files.get(file as usize).map_or("?", String::as_str);
            let position = Position { file, line };
            let call = (inline as usize).checked_sub(1).and_then(|i| info.func.inlined.get(i));
            next = call.map(|c| (c.call_file, c.call_line, c.parent));
            Some(match call {
                Some(c) => Call { name: &c.name, flags: c.flags, position, inlined: true },
                None => Call { name: &info.func.name, flags: info.func.flags, position, inlined: false },
            })
        });
        native.into_iter().chain(go)
    }

    /// Position of the `func` keyword of the function that contains `pc`.
    pub fn start_position(&self, pc: Pc) -> Option<Position<'_>> {
        let (module, info) = self.find_in_module(pc)?;
        let file = module.files.get(info.func.file as usize).map_or("?", String::as_str);
        Some(Position { file, line: info.func.start_line })
    }

    /// The trap of the instruction at exactly `pc`.
    pub fn trap_at(&self, pc: Pc) -> Option<Trap> {
        let info = self.find(pc)?;
        let offset = pc.offset_from(info.start) as u32;
        let at = info.func.traps.binary_search_by_key(&offset, |t| t.0).ok()?;
        Some(info.func.traps[at].1)
    }
}

impl Drop for FuncTable {
    fn drop(&mut self) {
        let mut at = *self.head.get_mut();
        while !at.is_null() {
            // SAFETY: nodes come from `Box::into_raw` in `add`; `&mut self` excludes readers.
            let node = unsafe { Box::from_raw(at) };
            at = node.next;
        }
    }
}

impl FuncInfo {
    fn contains(&self, pc: Pc) -> bool {
        pc.offset_from(self.start) < self.len as usize
    }

    /// Where calls go.
    pub fn entry(&self) -> Pc {
        self.start.add(self.func.entry_offset as usize)
    }

    /// Does `pc` stand at the entry stub, where the function has no frame yet?
    pub fn is_at_entry(&self, pc: Pc) -> bool {
        pc.offset_from(self.start) < self.func.body_offset as usize
    }

    /// The stack map of a return address; none at a trap or an entry.
    pub fn stack_map(&self, return_pc: Pc) -> Option<&StackMap> {
        let offset = return_pc.offset_from(self.start) as u32;
        let maps = &self.func.stack_maps;
        let at = maps.binary_search_by_key(&offset, |m| m.return_offset).ok()?;
        Some(&maps[at])
    }

    /// File index and line of the instruction at `pc`; the function's start where no line is known.
    pub fn line_at(&self, pc: Pc) -> (u32, u32) {
        let (file, line, _) = self.line_entry(pc);
        (file, line)
    }

    /// As `line_at`, with [`gort_abi::module::LineEntry::inline`].
    fn line_entry(&self, pc: Pc) -> (u32, u32, u32) {
        let offset = pc.offset_from(self.start) as u32;
        let after = self.func.lines.partition_point(|l| l.offset <= offset);
        match after.checked_sub(1).map(|i| self.func.lines[i]) {
            Some(entry) if entry.line != 0 => (entry.file, entry.line, entry.inline),
            _ => (self.func.file, self.func.start_line, 0),
        }
    }
}
