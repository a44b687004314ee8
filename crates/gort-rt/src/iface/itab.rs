//! Method tables of (interface type, concrete type) pairs that only show up at run time.
//!
//! Tables that the compiler knows are data of the module; these are made on demand and never freed before
//! the runtime is. A pair that does not fit has a table as well, with no code for its first method: type switches ask again
//! and again. The Go side (`std/runtime/iface.go`) remembers what it got lately.
//!
//! Go counterpart: `runtime/iface.go` (getitab).

use super::type_info::TypeInfo;
use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_sync::{LockRank, Mutex};
use std::collections::HashMap;

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

/// The tables of a runtime, by pair.
#[derive(Debug)]
pub struct Itabs(Mutex<HashMap<(Addr, Addr), Table>>);

impl Default for Itabs {
    fn default() -> Self {
        Self(Mutex::new(LockRank::Itab, HashMap::new()))
    }
}

impl Itabs {
    /// Adds a table of a module, so that each pair has one table only: interface values are compared by them.
    pub fn add(&self, inter: Addr, typ: Addr, table: Addr) {
        self.0.lock().insert((inter, typ), Table::Data(table));
    }

    /// The table of `typ` as `inter`; the code of its first method is null if `typ` lacks a method.
    pub fn get(&self, modules: &Modules, inter: Addr, typ: Addr) -> Addr {
        let mut tables = self.0.lock();
        tables.entry((inter, typ)).or_insert_with(|| Table::Made(build(modules, inter, typ))).addr()
    }
}

/// `{inter, type, hash, code of each method...}`.
fn build(modules: &Modules, inter: Addr, typ: Addr) -> Box<[usize]> {
    let concrete = TypeInfo::new(modules, typ);
    let mut table = vec![inter.0, typ.0, concrete.hash() as usize];
    let fits = match_methods(modules, inter, typ, |code| table.push(code.0)).is_ok();
    // A table has room for one method at least.
    if table.len() == 3 {
        table.push(0);
    }
    if !fits {
        table[3] = 0;
    }
    table.into_boxed_slice()
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
