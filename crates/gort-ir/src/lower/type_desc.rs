//! Run-time type descriptors, in the form of `internal/abi.Type` (see [`gort_abi::type_desc`]).
//!
//! One descriptor per type: types that are identical have the same link name and so the same symbol.

use super::Lowering;
use super::data::abs8;
use gort_abi::module::{DataObject, Reloc, RelocKind, SymbolId};
use gort_abi::type_desc::{Kind, TYPE_HEAD, TYPED_METHOD, offset, tflag};
use gort_syntax::ast::ChanDir;
use gort_types::object::{ObjId, ObjKind};
use gort_types::types::{BasicKind, Struct, Type, TypeId};

/// A descriptor under construction.
struct Desc {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
}

impl Desc {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        if self.bytes.len() < at + bytes.len() {
            self.bytes.resize(at + bytes.len(), 0);
        }
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put_u64(&mut self, at: usize, v: u64) {
        self.put(at, &v.to_le_bytes());
    }

    fn put_addr(&mut self, at: usize, target: SymbolId, addend: i64) {
        self.put_u64(at, 0);
        self.relocs.push(Reloc { addend, ..abs8(at as u32, target) });
    }

    fn put_off(&mut self, at: usize, kind: RelocKind, target: SymbolId) {
        self.put(at, &[0; 4]);
        self.relocs.push(Reloc { offset: at as u32, kind, target, addend: 0 });
    }

    /// A slice header for `n` elements that begin at `to` in the same object.
    fn put_slice(&mut self, at: usize, this: SymbolId, to: usize, n: usize) {
        self.put_addr(at, this, to as i64);
        self.put_u64(at + 8, n as u64);
        self.put_u64(at + 16, n as u64);
    }
}

/// FNV-1a, 32 bits.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

const fn basic_kind(kind: BasicKind) -> Kind {
    match kind {
        BasicKind::Bool | BasicKind::UntypedBool => Kind::Bool,
        BasicKind::Int | BasicKind::UntypedInt => Kind::Int,
        BasicKind::Int8 => Kind::Int8,
        BasicKind::Int16 => Kind::Int16,
        BasicKind::Int32 | BasicKind::UntypedRune => Kind::Int32,
        BasicKind::Int64 => Kind::Int64,
        BasicKind::Uint => Kind::Uint,
        BasicKind::Uint8 => Kind::Uint8,
        BasicKind::Uint16 => Kind::Uint16,
        BasicKind::Uint32 => Kind::Uint32,
        BasicKind::Uint64 => Kind::Uint64,
        BasicKind::Uintptr => Kind::Uintptr,
        BasicKind::Float32 => Kind::Float32,
        BasicKind::Float64 | BasicKind::UntypedFloat => Kind::Float64,
        BasicKind::Complex64 => Kind::Complex64,
        BasicKind::Complex128 | BasicKind::UntypedComplex => Kind::Complex128,
        BasicKind::String | BasicKind::UntypedString => Kind::String,
        BasicKind::UnsafePointer | BasicKind::UntypedNil => Kind::UnsafePointer,
        BasicKind::Invalid => Kind::Invalid,
    }
}

const fn type_kind(t: &Type) -> Kind {
    match t {
        Type::Basic(k) => basic_kind(*k),
        Type::Pointer(_) => Kind::Pointer,
        Type::Slice(_) => Kind::Slice,
        Type::Array { .. } => Kind::Array,
        Type::Map { .. } => Kind::Map,
        Type::Chan { .. } => Kind::Chan,
        Type::Struct(_) => Kind::Struct,
        Type::Signature(_) => Kind::Func,
        Type::Interface(_) => Kind::Interface,
        Type::Named(_) | Type::Tuple(_) | Type::TypeParam(_) | Type::Union(_) => Kind::Invalid,
    }
}

impl Lowering<'_> {
    /// The descriptor of a type.
    pub fn type_symbol(&mut self, t: TypeId) -> SymbolId {
        if let Some(&s) = self.type_cache.get(&t) {
            return s;
        }
        let link = self.type_link_name(t);
        let symbol = match self.types.get(&link) {
            Some(&s) => s,
            None => {
                let name = format!("type:{link}");
                let s = self.module.add_data(DataObject { name, align: 8, ..Default::default() });
                self.types.insert(link.clone(), s);
                self.type_cache.insert(t, s);
                self.fill_type(t, s, &link);
                s
            }
        };
        self.type_cache.insert(t, symbol);
        symbol
    }

    fn fill_type(&mut self, t: TypeId, this: SymbolId, link: &str) {
        let under_id = self.prog.under(t);
        let under = self.prog.types[under_id].clone();
        let mut d = Desc { bytes: vec![0; TYPE_HEAD], relocs: Vec::new() };
        let named = matches!(self.prog.types[t], Type::Named(_)) || matches!(under, Type::Basic(_));
        self.put_head(&mut d, t, type_kind(&under), named, link);
        let uncommon = self.put_tail(&mut d, t, &under, this);
        self.put_methods(&mut d, t, uncommon);
        if let Type::Signature(s) = &under {
            let vars: Vec<ObjId> = s.params.iter().chain(&s.results).copied().collect();
            let start = if d.bytes.len() > uncommon { uncommon + 16 } else { uncommon };
            // The parameter types stand between the uncommon part and the methods: see `put_methods`.
            for (i, v) in vars.into_iter().enumerate() {
                let p = self.obj_type(v);
                let p = self.type_symbol(p);
                d.put_addr(start + 8 * i, p, 0);
            }
        }
        let size = d.bytes.len() as u64;
        if let Some(object) = self.module.data_mut(this) {
            object.bytes = d.bytes;
            object.relocs = d.relocs;
            object.size = size;
        }
    }

    fn put_head(&mut self, d: &mut Desc, t: TypeId, kind: Kind, named: bool, link: &str) {
        let l = self.layout(t);
        d.put_u64(offset::SIZE, l.size);
        d.put_u64(offset::PTR_BYTES, self.pointer_bytes(t));
        d.put(offset::HASH, &hash(link).to_le_bytes());
        let mut flags = if named { tflag::NAMED } else { 0 };
        if self.is_direct_iface(t) {
            flags |= tflag::DIRECT_IFACE;
        }
        if self.is_plain_memory(t) {
            flags |= tflag::REGULAR_MEMORY;
        }
        d.put(offset::TFLAG, &[flags, l.align as u8, l.align as u8, kind as u8]);
        if self.prog.comparable(t) && !self.no_equal.contains(&t) {
            let f = self.equal_func(t);
            let closure = self.closure_symbol(f);
            d.put_addr(offset::EQUAL, closure, 0);
        }
        if l.has_pointers() {
            let mask = self.pointer_mask(&l.pointers);
            d.put_addr(offset::GC_DATA, mask, 0);
        }
        let text = self.type_reflect_name(t);
        let exported = self.has_exported_name(t);
        let name = self.name_symbol(&text, exported, false, "", None);
        d.put_off(offset::STR, RelocKind::DataOff4, name);
        // A pointer to a type with methods has them too: reflect makes the types of other pointers itself.
        if kind != Kind::Interface && self.pointer_has_methods(t) {
            let pointer = self.prog.add_type(Type::Pointer(t));
            let pointer = self.type_symbol(pointer);
            d.put_off(offset::PTR_TO_THIS, RelocKind::DataOff4, pointer);
        }
    }

    /// Is the name of the type, or of the one that it points to, exported?
    fn has_exported_name(&self, t: TypeId) -> bool {
        let base = match self.prog.types[t] {
            Type::Pointer(elem) => elem,
            _ => t,
        };
        matches!(&self.prog.types[base], Type::Named(n) if is_exported(&self.prog.objs[n.obj].name))
    }

    /// Methods of its own, or those of embedded fields, with a name or without.
    fn pointer_has_methods(&mut self, t: TypeId) -> bool {
        if matches!(&self.prog.types[t], Type::Named(n) if !n.methods.is_empty()) {
            return true;
        }
        let under = self.prog.under(t);
        let embeds = match &self.prog.types[under] {
            Type::Struct(s) => s
                .fields
                .iter()
                .any(|f| matches!(self.prog.objs[*f].kind, ObjKind::Var { embedded: true, .. })),
            _ => false,
        };
        embeds && {
            let pointer = self.prog.add_type(Type::Pointer(t));
            !self.method_set(pointer).is_empty()
        }
    }

    /// The kind-specific part; returns where the uncommon part goes.
    fn put_tail(&mut self, d: &mut Desc, t: TypeId, under: &Type, this: SymbolId) -> usize {
        let at = TYPE_HEAD;
        match under {
            Type::Pointer(e) | Type::Slice(e) => {
                let e = self.type_symbol(*e);
                d.put_addr(at, e, 0);
                at + 8
            }
            Type::Array { elem, len } => {
                let slice = self.prog.add_type(Type::Slice(*elem));
                let (e, s) = (self.type_symbol(*elem), self.type_symbol(slice));
                d.put_addr(at, e, 0);
                d.put_addr(at + 8, s, 0);
                d.put_u64(at + 16, *len as u64);
                at + 24
            }
            Type::Chan { dir, elem } => {
                let e = self.type_symbol(*elem);
                d.put_addr(at, e, 0);
                d.put_u64(
                    at + 8,
                    match dir {
                        ChanDir::Recv => 1,
                        ChanDir::Send => 2,
                        ChanDir::Both => 3,
                    },
                );
                at + 16
            }
            Type::Signature(s) => {
                d.put(at, &(s.params.len() as u16).to_le_bytes());
                let out = s.results.len() as u16 | if s.variadic { 1 << 15 } else { 0 };
                d.put(at + 2, &out.to_le_bytes());
                d.put(at + 4, &[0; 4]);
                at + 8
            }
            Type::Struct(s) => self.put_struct(d, s, this, at),
            Type::Map { key, elem } => {
                // A map made by reflection from the underlying type has the same hash function.
                let under = self.prog.under(t);
                if under != t {
                    self.type_symbol(under);
                }
                self.put_map(d, *key, *elem, at)
            }
            Type::Interface(_) => self.put_interface(d, t, this, at),
            _ => at,
        }
    }

    fn put_map(&mut self, d: &mut Desc, key: TypeId, elem: TypeId, at: usize) -> usize {
        let l = self.map_layout(key, elem);
        for (i, t) in [key, elem, l.group].into_iter().enumerate() {
            let s = self.type_symbol(t);
            d.put_addr(at + 8 * i, s, 0);
        }
        let hasher = self.hash_func(key);
        let hasher = self.closure_symbol(hasher);
        d.put_addr(at + 24, hasher, 0);
        for (i, word) in l.words.into_iter().enumerate() {
            d.put_u64(at + 32 + 8 * i, word);
        }
        d.put_u64(at + 80, u64::from(l.flags));
        at + 88
    }

    fn put_struct(&mut self, d: &mut Desc, s: &Struct, this: SymbolId, at: usize) -> usize {
        let types: Vec<TypeId> = s.fields.iter().map(|&f| self.obj_type(f)).collect();
        let offsets = self.sequence_layout(&types, true).1;
        let private = s.fields.iter().find(|&&f| !is_exported(&self.prog.objs[f].name));
        if let Some(path) = private.map(|&f| self.pkg_path(f)) {
            let path = self.name_symbol(&path, false, false, "", None);
            d.put_addr(at, path, 0);
        } else {
            d.put_u64(at, 0);
        }
        let uncommon = at + 32;
        // Fields stand in an object of their own: the place behind the tail is the uncommon part's.
        let mut fields = Desc { bytes: Vec::new(), relocs: Vec::new() };
        for (i, &f) in s.fields.iter().enumerate() {
            let o = self.prog.objs[f].clone();
            let embedded = matches!(o.kind, ObjKind::Var { embedded: true, .. });
            let tag = s.tags.get(i).cloned().unwrap_or_default();
            let exported = is_exported(&o.name);
            let name = self.name_symbol(&o.name, exported, embedded, &tag, None);
            let t = self.type_symbol(types[i]);
            fields.put_addr(24 * i, name, 0);
            fields.put_addr(24 * i + 8, t, 0);
            fields.put_u64(24 * i + 16, u64::from(offsets[i]));
        }
        self.put_member_slice(d, at + 8, this, fields, s.fields.len());
        uncommon
    }

    fn put_interface(&mut self, d: &mut Desc, t: TypeId, this: SymbolId, at: usize) -> usize {
        let methods = self.interface_methods(t);
        let path =
            methods.iter().find(|&&m| !is_exported(&self.prog.objs[m].name)).map(|&m| self.pkg_path(m));
        match &path {
            Some(path) => {
                let path = self.name_symbol(path, false, false, "", None);
                d.put_addr(at, path, 0);
            }
            None => d.put_u64(at, 0),
        }
        let mut members = Desc { bytes: Vec::new(), relocs: Vec::new() };
        for (i, &m) in methods.iter().enumerate() {
            let name = self.method_name_symbol(m, path.as_deref());
            let t = self.method_type(m);
            let t = self.type_symbol(t);
            members.put_off(8 * i, RelocKind::DataOff4, name);
            members.put_off(8 * i + 4, RelocKind::DataOff4, t);
        }
        self.put_member_slice(d, at + 8, this, members, methods.len());
        at + 32
    }

    /// A slice header that points to a new object with the given contents.
    fn put_member_slice(&mut self, d: &mut Desc, at: usize, this: SymbolId, members: Desc, n: usize) {
        if n == 0 {
            d.put(at, &[0; 24]);
            return;
        }
        let name = format!("go:members.{}", this.0);
        let size = members.bytes.len() as u64;
        let object = DataObject {
            name,
            bytes: members.bytes,
            size,
            align: 8,
            relocs: members.relocs,
            ..Default::default()
        };
        let s = self.module.add_data(object);
        d.put_slice(at, s, 0, n);
    }

    /// The uncommon part with the methods of a type, if it has a name or methods. The methods themselves
    /// come last; a function type's parameters are between.
    fn put_methods(&mut self, d: &mut Desc, t: TypeId, at: usize) {
        let is_interface = self.prog.is_interface(t);
        let methods = if is_interface { Vec::new() } else { self.method_set(t) };
        let named = matches!(self.prog.types[t], Type::Named(_) | Type::Basic(BasicKind::UnsafePointer));
        let base = match &self.prog.types[t] {
            Type::Pointer(e) => *e,
            _ => t,
        };
        let path = match &self.prog.types[base] {
            Type::Named(n) => self.pkg_path(n.obj),
            Type::Basic(BasicKind::UnsafePointer) if named => "unsafe".to_owned(),
            _ => String::new(),
        };
        if !named && methods.is_empty() {
            return;
        }
        let params = match &self.prog.types[self.prog.under(t)] {
            Type::Signature(s) => 8 * (s.params.len() + s.results.len()),
            _ => 0,
        };
        d.bytes[offset::TFLAG] |= tflag::UNCOMMON;
        d.put(at, &[0; 16]);
        if !path.is_empty() {
            let path = self.name_symbol(&path, false, false, "", None);
            d.put_off(at, RelocKind::DataOff4, path);
        }
        let exported = methods.iter().filter(|m| is_exported(&self.prog.objs[m.obj].name)).count();
        d.put(at + 4, &(methods.len() as u16).to_le_bytes());
        d.put(at + 6, &(exported as u16).to_le_bytes());
        let start = 16 + params;
        d.put(at + 8, &(start as u32).to_le_bytes());
        d.put(at + 16, &vec![0; params]);
        for (i, m) in methods.iter().enumerate() {
            let at = at + start + 16 * i;
            let name = self.method_name_symbol(m.obj, Some(&path));
            let sig = self.method_type(m.obj);
            let sig = self.type_symbol(sig);
            let code = self.itab_method(t, m);
            let code = self.module.func_symbol(code);
            d.put_off(at, RelocKind::DataOff4, name);
            d.put_off(at + 4, RelocKind::DataOff4, sig);
            d.put_off(at + 8, RelocKind::CodeOff4, code);
            // The code of a func value is made when reflect asks for it.
            d.put_off(at + 12, RelocKind::CodeOff4, code);
            if let Some(reloc) = d.relocs.last_mut() {
                reloc.addend = i64::from(TYPED_METHOD);
            }
        }
    }

    /// A method's function type, without its receiver.
    pub fn method_type(&mut self, method: ObjId) -> TypeId {
        let t = self.obj_type(method);
        let mut sig = self.signature(t);
        if sig.recv.is_none() {
            return t;
        }
        sig.recv = None;
        self.prog.add_type(Type::Signature(sig))
    }

    /// The name of a method of a type whose own names are of the package `own`.
    fn method_name_symbol(&mut self, method: ObjId, own: Option<&str>) -> SymbolId {
        let name = self.prog.objs[method].name.clone();
        let exported = is_exported(&name);
        let path = (!exported).then(|| self.pkg_path(method)).filter(|p| Some(p.as_str()) != own);
        self.name_symbol(&name, exported, false, "", path.as_deref())
    }

    /// An `abi.Name`.
    fn name_symbol(
        &mut self,
        text: &str,
        exported: bool,
        embedded: bool,
        tag: &str,
        path: Option<&str>,
    ) -> SymbolId {
        let key = format!("go:name.{exported}.{embedded}.{text}.{tag}.{}", path.unwrap_or_default());
        if let Some(s) = self.module.data_by_name(&key) {
            return s;
        }
        let mut d = Desc { bytes: vec![0], relocs: Vec::new() };
        d.bytes[0] = u8::from(exported) | u8::from(!tag.is_empty()) << 1 | u8::from(embedded) << 3;
        push_text(&mut d.bytes, text);
        if !tag.is_empty() {
            push_text(&mut d.bytes, tag);
        }
        if let Some(path) = path.filter(|p| !p.is_empty()) {
            d.bytes[0] |= 4;
            let path = self.name_symbol(path, false, false, "", None);
            d.put_off(d.bytes.len(), RelocKind::DataOff4, path);
        }
        let size = d.bytes.len() as u64;
        self.module.add_data(DataObject {
            name: key,
            bytes: d.bytes,
            size,
            align: 1,
            relocs: d.relocs,
            ..Default::default()
        })
    }

    /// A mask of one bit per word, up to the last pointer.
    fn pointer_mask(&mut self, pointers: &[u32]) -> SymbolId {
        let words = pointers.last().map_or(0, |p| p / 8 + 1) as usize;
        let mut bytes = vec![0u8; words.div_ceil(8)];
        for p in pointers {
            let word = (p / 8) as usize;
            bytes[word / 8] |= 1 << (word % 8);
        }
        let text: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let name = format!("go:gcmask.{text}");
        if let Some(s) = self.module.data_by_name(&name) {
            return s;
        }
        let size = bytes.len() as u64;
        self.module.add_data(DataObject { name, bytes, size, align: 8, ..Default::default() })
    }
}

/// Does the name start with an upper-case letter?
pub fn is_exported(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    let mut n = text.len();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes.extend_from_slice(text.as_bytes());
}
