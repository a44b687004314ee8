//! Method sets and itabs.
//!
//! An itab is `{ *interfacetype, *type, hash uint32, _, code... }`: one code pointer per method of the
//! interface, in the order of its type set (sorted by name). The code takes the data word first.

use super::abi::First;
use super::data::abs8;
use super::type_desc::is_exported;
use super::wrapper::Wrapper;
use super::{Lowering, Work};
use crate::module::FuncId;
use gort_abi::module::{DataObject, Reloc, SymbolId};
use gort_types::lookup::LookupResult;
use gort_types::object::{ObjId, ObjKind};
use gort_types::types::{Type, TypeId};
use rustc_hash::FxHashSet;

/// Byte offset of the first code pointer of an itab.
pub const ITAB_CODE: u32 = 24;

/// A method of a concrete type, promoted ones included.
#[derive(Clone, Debug)]
pub struct MethodEntry {
    /// The method; of an embedded interface: the interface's.
    pub obj: ObjId,
    /// Path through embedded fields to the receiver; the last index is the method's own.
    pub path: Vec<usize>,
}

impl Lowering<'_> {
    /// Methods of an interface type, in itab order.
    pub fn interface_methods(&self, iface: TypeId) -> Vec<ObjId> {
        let methods = self.prog.type_set(iface).methods.clone();
        self.sorted_methods(methods)
    }

    fn sorted_methods(&self, mut methods: Vec<ObjId>) -> Vec<ObjId> {
        methods.sort_by_key(|&m| self.method_key(m));
        methods
    }

    /// Orders methods as descriptors do: exported first, by name; then by package.
    fn method_key(&self, m: ObjId) -> (bool, String, String) {
        let name = self.prog.objs[m].name.to_string();
        let exported = is_exported(&name);
        let path = if exported { String::new() } else { self.pkg_path(m) };
        (!exported, name, path)
    }

    /// Byte offset in an itab of the code of the interface method of that name.
    pub fn itab_method_offset(&mut self, iface: TypeId, method: ObjId) -> i32 {
        let key = self.method_key(method);
        let methods = self.interface_methods(iface);
        let index = methods.iter().position(|&m| self.method_key(m) == key).unwrap_or(0);
        (ITAB_CODE + 8 * index as u32) as i32
    }

    /// All methods that values of a concrete type have in an interface, in descriptor order.
    pub fn method_set(&mut self, t: TypeId) -> Vec<MethodEntry> {
        let mut names = Vec::new();
        self.collect_method_names(t, &mut names, &mut FxHashSet::default());
        let mut seen = FxHashSet::default();
        let mut methods = Vec::new();
        for name in names {
            if !seen.insert(self.method_key(name)) {
                continue;
            }
            methods.extend(self.find_method(t, name));
        }
        methods.sort_by_key(|m| self.method_key(m.obj));
        methods
    }

    /// The method of that name (and package, if unexported) in the method set of `t`.
    pub fn find_method(&mut self, t: TypeId, like: ObjId) -> Option<MethodEntry> {
        let (name, pkg) = (self.prog.objs[like].name.clone(), self.prog.objs[like].pkg);
        match self.prog.lookup_field_or_method(t, false, pkg, &name, false) {
            LookupResult::Found { obj, index, .. }
                if matches!(self.prog.objs[obj].kind, ObjKind::Func { .. })
                    && !self.is_generic_method(obj) =>
            {
                Some(MethodEntry { obj, path: index })
            }
            _ => None,
        }
    }

    /// A method with type parameters is in no interface.
    fn is_generic_method(&mut self, obj: ObjId) -> bool {
        let t = self.prog.obj_type(obj);
        !self.signature(t).type_params.is_empty()
    }

    fn collect_method_names(&mut self, t: TypeId, names: &mut Vec<ObjId>, seen: &mut FxHashSet<TypeId>) {
        if !seen.insert(t) {
            return;
        }
        match self.prog.types[t].clone() {
            Type::Named(n) => {
                names.extend(n.methods);
                if let Some(u) = n.underlying {
                    self.collect_method_names(u, names, seen);
                }
            }
            Type::Pointer(e) => self.collect_method_names(e, names, seen),
            Type::Interface(_) => names.extend(self.interface_methods(t)),
            Type::Struct(s) => {
                for f in s.fields {
                    if matches!(self.prog.objs[f].kind, ObjKind::Var { embedded: true, .. }) {
                        let t = self.obj_type(f);
                        self.collect_method_names(t, names, seen);
                    }
                }
            }
            _ => {}
        }
    }

    /// The itab of a concrete type that implements an interface with methods.
    pub fn itab_symbol(&mut self, concrete: TypeId, iface: TypeId) -> SymbolId {
        // One for a type that lacks methods equals none: the runtime must not take it for a real one.
        let lacks =
            self.interface_methods(iface).into_iter().any(|m| self.find_method(concrete, m).is_none());
        let kind = if lacks { "noitab" } else { "itab" };
        let name = format!("go:{kind}.{},{}", self.type_link_name(concrete), self.type_link_name(iface));
        if let Some(s) = self.module.data_by_name(&name) {
            return s;
        }
        let this = self.module.add_data(DataObject { name, align: 8, ..Default::default() });
        let methods = self.interface_methods(iface);
        let mut relocs: Vec<Reloc> = Vec::new();
        relocs.push(abs8(0, self.type_symbol(iface)));
        let typ = self.type_symbol(concrete);
        relocs.push(abs8(8, typ));
        for (i, &m) in methods.iter().enumerate() {
            if let Some(entry) = self.find_method(concrete, m) {
                let code = self.itab_method(concrete, &entry);
                relocs.push(abs8(ITAB_CODE + 8 * i as u32, self.module.func_symbol(code)));
            }
        }
        let hash = self.module.data_mut(typ).map(|d| d.bytes.get(16..20).map(<[u8]>::to_vec));
        let mut bytes = vec![0; 20];
        if let Some(Some(hash)) = hash {
            bytes[16..20].copy_from_slice(&hash);
        }
        if let Some(object) = self.module.data_mut(this) {
            object.bytes = bytes;
            object.relocs = relocs;
            object.size = u64::from(ITAB_CODE) + 8 * methods.len() as u64;
        }
        this
    }

    /// Code of a method for an itab of the type `t`: the method itself where its receiver is the data word.
    pub fn itab_method(&mut self, t: TypeId, m: &MethodEntry) -> FuncId {
        let direct = m.path.len() == 1
            && matches!(self.prog.types[t], Type::Pointer(_))
            && matches!(self.prog.objs[m.obj].kind, ObjKind::Func { ptr_recv: true });
        if direct {
            return self.func_id(m.obj);
        }
        let sig = self.obj_type(m.obj);
        let abi = self.fn_abi(sig, First::Word);
        // Unexported methods of several packages may have one name.
        let (unexported, method, path) = self.method_key(m.obj);
        let package = if unexported { format!("·{path}") } else { String::new() };
        let name = format!("{}.{method}{package}·word", self.type_link_name(t));
        let (id, new) = self.module.declare_func(&name, &abi.sig);
        if new {
            let wrapper = Wrapper::Method { recv: t, obj: m.obj, path: m.path.clone() };
            self.queue.push_back(Work::Wrapper(id, wrapper));
        }
        id
    }
}
