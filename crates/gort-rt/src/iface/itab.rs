//! Method tables of (interface type, concrete type) pairs that only show up at run time.
//!
//! Tables that the compiler knows are data of the module; these are made on demand and never freed before
//! the runtime is. A pair that does not fit is remembered as well: type switches ask again and again.
//!
//! Go counterpart: `runtime/iface.go` (getitab).

use super::type_info::TypeInfo;
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

const CACHE: usize = 256;

/// A table.
#[derive(Debug)]
enum Table {
    /// The compiler's, in a module.
    Data(Addr),
    /// Made here.
    Made(Box<[usize]>),
}

impl Table {
    fn addr(&self) -> Addr {
        match self {
            Self::Data(at) => *at,
            Self::Made(words) => Addr(words.as_ptr() as usize),
        }
    }
}

/// The tables of a runtime.
#[derive(Debug)]
pub struct Itabs {
    /// By pair; none is the knowledge that there can be none.
    made: Mutex<HashMap<(Addr, Addr), Option<Table>>>,
    /// Tables found lately, by a hash of the pair: addresses of tables, which name their pair themselves.
    recent: [AtomicUsize; CACHE],
}

impl Default for Itabs {
    fn default() -> Self {
        Self {
            made: Mutex::new(LockRank::Itab, HashMap::new()),
            recent: [const { AtomicUsize::new(0) }; CACHE],
        }
    }
}

impl Itabs {
    /// Adds a table of a module, so that each pair has one table only: interface values are compared by them.
    pub fn add(&self, inter: Addr, typ: Addr, table: Addr) {
        self.made.lock().insert((inter, typ), Some(Table::Data(table)));
    }

    /// The table of `typ` as `inter`; none if `typ` lacks a method.
    pub fn get(&self, modules: &Modules, inter: Addr, typ: Addr) -> Option<Addr> {
        let slot = &self.recent[((inter.0 >> 4) ^ (typ.0 >> 3) ^ (typ.0 >> 11)) % CACHE];
        // Acquire pairs with the Release below: the table is complete.
        let recent = slot.load(Ordering::Acquire) as *const [Addr; 2];
        // SAFETY: tables live as long as `self`, and begin with their pair.
        if let Some(table) = unsafe { recent.as_ref() }
            && *table == [inter, typ]
        {
            return Some(Addr(recent as usize));
        }
        let mut made = self.made.lock();
        let table = made
            .entry((inter, typ))
            .or_insert_with(|| build(modules, inter, typ).map(Table::Made))
            .as_ref()?;
        let at = table.addr().0;
        // Release pairs with the Acquire above.
        slot.store(at, Ordering::Release);
        Some(Addr(at))
    }
}

/// `{inter, type, hash, code of each method...}`.
fn build(modules: &Modules, inter: Addr, typ: Addr) -> Option<Box<[usize]>> {
    let concrete = TypeInfo::new(modules, typ);
    let mut table = vec![inter.0, typ.0, concrete.hash() as usize];
    match_methods(modules, inter, typ, |code| table.push(code.0)).ok()?;
    // A table has room for one method at least.
    if table.len() == 3 {
        table.push(0);
    }
    Some(table.into_boxed_slice())
}

/// The name of the first method of `inter` that `typ` lacks.
pub fn missing_method(modules: &Modules, inter: Addr, typ: Addr) -> &str {
    match_methods(modules, inter, typ, |_| {}).err().unwrap_or("")
}

/// Finds each method of `inter` in `typ`; both are sorted by name, so one pass over each is enough.
fn match_methods(modules: &Modules, inter: Addr, typ: Addr, mut found: impl FnMut(Addr)) -> Result<(), &str> {
    let mut methods = TypeInfo::new(modules, typ).methods();
    for want in TypeInfo::new(modules, inter).interface_methods() {
        let same = |have: &super::type_info::InterfaceMethod<'_>| {
            have.name == want.name && have.typ == want.typ && have.pkg_path == want.pkg_path
        };
        match methods.find(|have| same(&have.method)) {
            Some(have) => found(have.ifn),
            None => return Err(want.name),
        }
    }
    Ok(())
}
