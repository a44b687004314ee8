//! A program in IR: functions, data, symbols.
//!
//! Functions are declared when first referred to and defined when lowered, so that only what is reached
//! gets lowered.

use crate::func::Func;
use crate::inst::Sig;
use gort_abi::module::{DataObject, Symbol, SymbolId};
use gort_abi::runtime_fn::RuntimeFn;
use index_vec::IndexVec;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

index_vec::define_index_type! {
    /// A function of a module; the index of [`Symbol::Func`] too.
    pub struct FuncId = u32;
}

/// A function, declared and perhaps defined.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FuncEntry {
    /// Link name.
    pub name: String,
    /// Signature.
    pub sig: Sig,
    /// Its symbol.
    pub symbol: SymbolId,
    /// The body.
    pub body: Option<Func>,
}

/// A program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Module {
    /// Functions.
    pub funcs: IndexVec<FuncId, FuncEntry>,
    /// Data; the index is that of [`Symbol::Data`].
    pub data: Vec<DataObject>,
    /// Symbols.
    pub symbols: Vec<Symbol>,
    /// See [`gort_abi::module::CompiledModule::exports`].
    pub exports: HashMap<String, SymbolId>,
    by_name: FxHashMap<String, FuncId>,
    data_by_name: FxHashMap<String, SymbolId>,
    runtime: FxHashMap<RuntimeFn, SymbolId>,
}

impl Module {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, but all functions are only declared.
    pub fn without_bodies(&self) -> Self {
        let declared = |f: &FuncEntry| FuncEntry {
            name: f.name.clone(),
            sig: f.sig.clone(),
            symbol: f.symbol,
            body: None,
        };
        Self {
            funcs: self.funcs.iter().map(declared).collect(),
            data: self.data.clone(),
            symbols: self.symbols.clone(),
            exports: self.exports.clone(),
            by_name: self.by_name.clone(),
            data_by_name: self.data_by_name.clone(),
            runtime: self.runtime.clone(),
        }
    }

    fn add_symbol(&mut self, s: Symbol) -> SymbolId {
        self.symbols.push(s);
        SymbolId(self.symbols.len() as u32 - 1)
    }

    /// The function of that link name, declared if it is new. The flag says whether it was new.
    pub fn declare_func(&mut self, name: &str, sig: &Sig) -> (FuncId, bool) {
        if let Some(&id) = self.by_name.get(name) {
            return (id, false);
        }
        let index = self.funcs.len() as u32;
        let symbol = self.add_symbol(Symbol::Func(index));
        let id = self.funcs.push(FuncEntry { name: name.to_owned(), sig: sig.clone(), symbol, body: None });
        self.by_name.insert(name.to_owned(), id);
        (id, true)
    }

    /// The function of that link name, if declared.
    pub fn func_by_name(&self, name: &str) -> Option<FuncId> {
        self.by_name.get(name).copied()
    }

    /// Symbol of a function's code.
    pub fn func_symbol(&self, id: FuncId) -> SymbolId {
        self.funcs[id].symbol
    }

    /// The data object of that name, if there.
    pub fn data_by_name(&self, name: &str) -> Option<SymbolId> {
        self.data_by_name.get(name).copied()
    }

    /// Adds a data object, which must be new by name. To refer to itself, or be referred to in a cycle, add
    /// it empty and fill it by [`Module::data_mut`].
    pub fn add_data(&mut self, object: DataObject) -> SymbolId {
        let symbol = self.add_symbol(Symbol::Data(self.data.len() as u32));
        self.data_by_name.insert(object.name.clone(), symbol);
        self.data.push(object);
        symbol
    }

    /// The data object behind a symbol.
    pub fn data_mut(&mut self, symbol: SymbolId) -> Option<&mut DataObject> {
        match self.symbols.get(symbol.0 as usize)? {
            Symbol::Data(i) => self.data.get_mut(*i as usize),
            _ => None,
        }
    }

    /// Symbol of a runtime function's thunk.
    pub fn runtime_symbol(&mut self, f: RuntimeFn) -> SymbolId {
        if let Some(&s) = self.runtime.get(&f) {
            return s;
        }
        let s = self.add_symbol(Symbol::Runtime(f));
        self.runtime.insert(f, s);
        s
    }
}
