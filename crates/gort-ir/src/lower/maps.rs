//! Maps are Go's own `internal/runtime/maps`, compiled like any package: what its code is told of a map type.
//!
//! A map value is a `*maps.Map`. Compiled code calls functions and methods of that package by name, with the
//! map type's descriptor; the descriptor says how keys and elements lie in a group of slots and holds the
//! hash function. A program without maps does not load the package.
//!
//! Go counterpart: `cmd/compile/internal/reflectdata/map.go`, `internal/abi/map.go`.

use super::Lowering;
use super::abi::First;
use crate::inst::{Callee, Sig};
use gort_syntax::source::Pos;
use gort_types::object::{ObjId, ObjKind, Object, VarKind};
use gort_types::types::{BasicKind, Struct, Type, TypeId};

/// Keys and elements above this size are kept outside of the group.
const MAX_INLINE: u64 = 128;
/// Slots of a group.
const GROUP_SLOTS: i64 = 8;
/// Import path of the map package.
pub const MAPS: &str = "internal/runtime/maps";

/// Which functions serve a map type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fast {
    /// The general ones, which take the key's address.
    No,
    /// Keys of four bytes.
    Word32,
    /// Keys of eight bytes.
    Word64,
    /// Keys that are one pointer.
    Pointer,
    /// Strings.
    String,
}

/// `MapType` behind the common head, but for the addresses.
#[derive(Clone, Copy, Debug)]
pub struct MapLayout {
    /// The type of a group of slots.
    pub group: TypeId,
    /// `GroupSize`, `KeysOff`, `KeyStride`, `ElemsOff`, `ElemStride`, `ElemOff`.
    pub words: [u64; 6],
    /// `Flags`.
    pub flags: u32,
}

/// A function of the map package.
#[derive(Clone, Debug)]
pub struct MapFn {
    /// What to call.
    pub callee: Callee,
    /// Its signature.
    pub sig: Sig,
}

impl Lowering<'_> {
    /// How a map type's groups are laid out.
    pub fn map_layout(&mut self, key: TypeId, elem: TypeId) -> MapLayout {
        let (key_size, elem_size) = (self.layout(key).size, self.layout(elem).size);
        let mut flags = 0;
        if self.needs_key_update(key) {
            flags |= 1;
        }
        if self.hash_might_panic(key) {
            flags |= 2;
        }
        if key_size > MAX_INLINE {
            flags |= 4;
        }
        if elem_size > MAX_INLINE {
            flags |= 8;
        }
        let key = if key_size > MAX_INLINE { self.prog.add_type(Type::Pointer(key)) } else { key };
        let elem = if elem_size > MAX_INLINE { self.prog.add_type(Type::Pointer(elem)) } else { elem };
        let ctrl = self.prog.basic(BasicKind::Uint64);
        if self.split_groups() {
            let keys = self.plain_type(Type::Array { elem: key, len: GROUP_SLOTS });
            let elems = self.plain_type(Type::Array { elem, len: GROUP_SLOTS });
            let group = self.plain_struct(&[("ctrl", ctrl), ("keys", keys), ("elems", elems)]);
            let (keys_off, elems_off) = (self.field_offset(group, 1), self.field_offset(group, 2));
            let (size, k, e) = (self.layout(group).size, self.layout(key).size, self.layout(elem).size);
            return MapLayout {
                group,
                words: [size, u64::from(keys_off), k, u64::from(elems_off), e, 0],
                flags,
            };
        }
        let slot = self.plain_struct(&[("key", key), ("elem", elem)]);
        let slots = self.plain_type(Type::Array { elem: slot, len: GROUP_SLOTS });
        let group = self.plain_struct(&[("ctrl", ctrl), ("slots", slots)]);
        let slots_off = u64::from(self.field_offset(group, 1));
        let elem_off = u64::from(self.field_offset(slot, 1));
        let (size, stride) = (self.layout(group).size, self.layout(slot).size);
        MapLayout { group, words: [size, slots_off, stride, slots_off + elem_off, stride, elem_off], flags }
    }

    /// Was the map package compiled for groups with all keys first?
    fn split_groups(&self) -> bool {
        let flag = self.package_obj("internal/goexperiment", "MapSplitGroup");
        let Some(ObjKind::Const { value: Some(value) }) = flag.map(|o| &self.prog.objs[o].kind) else {
            return false;
        };
        value.as_bool().unwrap_or(false)
    }

    /// A type made by the compiler, that is never compared.
    fn plain_type(&mut self, t: Type) -> TypeId {
        let t = self.prog.add_type(t);
        self.no_equal.insert(t);
        t
    }

    /// A struct type made by the compiler, that is never compared.
    pub fn plain_struct(&mut self, fields: &[(&str, TypeId)]) -> TypeId {
        let tags = vec![String::new(); fields.len()];
        let mut objs = Vec::with_capacity(fields.len());
        for &(name, t) in fields {
            objs.push(self.prog.add_obj(Object {
                name: name.into(),
                pkg: None,
                parent: None,
                pos: Pos::NONE,
                typ: Some(t),
                scope_pos: Pos::NONE,
                kind: ObjKind::Var { kind: VarKind::Field, embedded: false, used: true },
            }));
        }
        self.plain_type(Type::Struct(Struct { fields: objs, tags }))
    }

    /// Must a key that is there already be overwritten, since equal keys may differ?
    fn needs_key_update(&mut self, t: TypeId) -> bool {
        self.any_part(t, &|part| match part {
            Type::Basic(k) => k.is_float() || k.is_complex() || k.is_string(),
            Type::Interface(_) => true,
            _ => false,
        })
    }

    /// Can hashing or comparing values of a type panic?
    pub fn hash_might_panic(&mut self, t: TypeId) -> bool {
        self.any_part(t, &|part| matches!(part, Type::Interface(_)))
    }

    fn any_part(&mut self, t: TypeId, test: &dyn Fn(&Type) -> bool) -> bool {
        let under = self.prog.under(t);
        match self.prog.types[under].clone() {
            Type::Array { elem, .. } => self.any_part(elem, test),
            Type::Struct(s) => s.fields.iter().any(|&f| {
                let t = self.obj_type(f);
                self.any_part(t, test)
            }),
            part => test(&part),
        }
    }

    /// Which functions serve a map type.
    pub fn map_fast(&mut self, key: TypeId, elem: TypeId) -> Fast {
        if self.layout(elem).size > MAX_INLINE {
            return Fast::No;
        }
        let under = self.prog.under(key);
        if matches!(&self.prog.types[under], Type::Basic(k) if k.is_string()) {
            return Fast::String;
        }
        if !self.is_plain_memory(key) {
            return Fast::No;
        }
        let l = self.layout(key);
        match (l.size, l.has_pointers()) {
            (4, _) => Fast::Word32,
            (8, false) => Fast::Word64,
            (8, true) => Fast::Pointer,
            _ => Fast::No,
        }
    }

    /// A package-level object by import path and name.
    pub fn package_obj(&self, path: &str, name: &str) -> Option<ObjId> {
        let pkg = self.packages.iter().map(|p| p.pkg).find(|&p| self.prog.pkgs[p].path == path)?;
        let scope = self.prog.pkgs[pkg].scope;
        self.prog.scopes[scope].names.get(name).copied()
    }

    /// A function of the map package, or a method (`Map.Clear`) with a pointer receiver.
    pub fn maps_fn(&mut self, name: &str) -> MapFn {
        let Some(obj) = self.maps_obj(name) else {
            if !self.diags.iter().any(|d| d.code == "MissingMaps") {
                let message = format!("maps need package {MAPS}, which is not loaded");
                self.diags.error(Pos::NONE, "MissingMaps", message);
            }
            let sig = Sig::default();
            let (id, _) = self.module.declare_func(&format!("{MAPS}.{name}"), &sig);
            return MapFn { callee: Callee::Func(id), sig };
        };
        let t = self.obj_type(obj);
        let first = match self.signature(t).recv {
            Some(recv) => First::Recv(self.obj_type(recv)),
            None => First::None,
        };
        let sig = self.fn_abi(t, first).sig.clone();
        MapFn { callee: self.callee(obj), sig }
    }

    fn maps_obj(&self, name: &str) -> Option<ObjId> {
        let Some((typ, method)) = name.split_once('.') else { return self.package_obj(MAPS, name) };
        let t = self.obj_type(self.package_obj(MAPS, typ)?);
        let named = self.prog.named(t)?;
        named.methods.iter().copied().find(|&m| &*self.prog.objs[m].name == method)
    }

    /// A type of the map package.
    pub fn maps_type(&self, name: &str) -> Option<TypeId> {
        self.package_obj(MAPS, name).map(|o| self.obj_type(o))
    }
}
