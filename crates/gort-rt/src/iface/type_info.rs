//! Reading run-time type descriptors ([`gort_abi::type_desc`]).
//!
//! INV-TYPE-1 (real descriptors): an address given as a type comes from compiled code, hence points to a
//! descriptor in the data of a loaded module, written whole by the compiler and never changed, or to one that
//! `reflect` made like it, which then lives as long as the program.
//!
//! Go counterpart: `internal/abi/type.go`, `runtime/type.go`.

use crate::code::Modules;
use gort_abi::addr::Addr;
use gort_abi::type_desc::{Kind, offset, tflag};

/// A type descriptor, with the modules its offsets refer to.
#[derive(Clone, Copy, Debug)]
pub struct TypeInfo<'m> {
    at: Addr,
    modules: &'m Modules,
}

/// A method of an interface type: name and type descriptor.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceMethod<'m> {
    /// Its name.
    pub name: &'m str,
    /// Package path of an unexported name, else empty.
    pub pkg_path: &'m str,
    /// Its type's descriptor.
    pub typ: Addr,
}

/// A method of a concrete type.
#[derive(Clone, Copy, Debug)]
pub struct ConcreteMethod<'m> {
    /// Name and type.
    pub method: InterfaceMethod<'m>,
    /// Code that takes the data word of an interface value.
    pub ifn: Addr,
}

const NAME_EXPORTED: u8 = 1;
const NAME_TAG: u8 = 2;
const NAME_PKG_PATH: u8 = 4;

impl<'m> TypeInfo<'m> {
    /// The descriptor at `at` (INV-TYPE-1).
    pub fn new(modules: &'m Modules, at: Addr) -> Self {
        Self { at, modules }
    }

    fn read<T: Copy>(&self, offset: usize) -> T {
        // SAFETY: INV-TYPE-1; unaligned since names and tables are packed.
        unsafe { ((self.at.0 + offset) as *const T).read_unaligned() }
    }

    fn sibling(&self, at: Addr) -> Self {
        Self { at, modules: self.modules }
    }

    fn data_offset(&self, off: i32) -> Option<Addr> {
        self.modules.data_offset(self.at, off)
    }

    /// Its kind.
    pub fn kind(&self) -> u8 {
        self.read::<u8>(offset::KIND)
    }

    fn tflag(&self) -> u8 {
        self.read(offset::TFLAG)
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.read(offset::SIZE)
    }

    /// Bytes up to the last pointer.
    pub fn ptr_bytes(&self) -> usize {
        self.read(offset::PTR_BYTES)
    }

    /// Element type of a channel, slice, array or pointer type.
    pub fn elem(&self) -> Addr {
        self.read(gort_abi::type_desc::TYPE_HEAD)
    }

    /// Alignment in bytes.
    pub fn align(&self) -> usize {
        usize::from(self.read::<u8>(offset::ALIGN))
    }

    /// Length of an array type.
    pub fn array_len(&self) -> usize {
        self.read(gort_abi::type_desc::TYPE_HEAD + 16)
    }

    /// Types and offsets of a struct type's fields.
    pub fn fields(&self) -> impl Iterator<Item = (Addr, usize)> + use<'m> {
        let this = *self;
        let fields = self.sibling(this.read(56));
        (0..this.read::<usize>(64)).map(move |i| (fields.read(24 * i + 8), fields.read(24 * i + 16)))
    }

    /// Parameter and result types of a function type.
    pub fn func_types(&self) -> (Vec<Addr>, Vec<Addr>) {
        let head = gort_abi::type_desc::TYPE_HEAD;
        let params = usize::from(self.read::<u16>(head));
        let results = usize::from(self.read::<u16>(head + 2) & !(1 << 15));
        let uncommon = if self.tflag() & tflag::UNCOMMON != 0 { 16 } else { 0 };
        let mut types = (0..params + results).map(|i| self.read(head + 8 + uncommon + 8 * i));
        let params = types.by_ref().take(params).collect();
        (params, types.collect())
    }

    /// Hash, as itabs copy it.
    pub fn hash(&self) -> u32 {
        self.read(offset::HASH)
    }

    /// The name as `reflect.Type.String` gives it.
    pub fn string(&self) -> &'m str {
        let text = self.data_offset(self.read(offset::STR)).map_or("?", |at| self.name(at).0);
        if self.tflag() & tflag::EXTRA_STAR != 0 { &text[1..] } else { text }
    }

    /// A Name record: text, package path if it has one, flags.
    fn name(&self, at: Addr) -> (&'m str, &'m str, u8) {
        let record = self.sibling(at);
        let flags: u8 = record.read(0);
        let (len, head) = record.varint(1);
        let text = record.text(1 + head, len);
        let mut next = 1 + head + len;
        if flags & NAME_TAG != 0 {
            let (len, head) = record.varint(next);
            next += head + len;
        }
        let mut pkg_path = "";
        if flags & NAME_PKG_PATH != 0 {
            pkg_path = self.data_offset(record.read(next)).map_or("", |at| self.name(at).0);
        }
        (text, pkg_path, flags)
    }

    fn varint(&self, offset: usize) -> (usize, usize) {
        let (mut value, mut i) = (0, 0);
        loop {
            let byte: u8 = self.read(offset + i);
            value |= usize::from(byte & 0x7F) << (7 * i);
            i += 1;
            if byte & 0x80 == 0 {
                return (value, i);
            }
        }
    }

    fn text(&self, offset: usize, len: usize) -> &'m str {
        // SAFETY: INV-TYPE-1; the record lives as long as the module.
        let bytes = unsafe { std::slice::from_raw_parts((self.at.0 + offset) as *const u8, len) };
        std::str::from_utf8(bytes).unwrap_or("?")
    }

    /// Offset of the uncommon part: behind what the kind has.
    fn uncommon(&self) -> Option<usize> {
        if self.tflag() & tflag::UNCOMMON == 0 {
            return None;
        }
        const PTR: u8 = Kind::Pointer as u8;
        const FUNC: u8 = Kind::Func as u8;
        const SLICE: u8 = Kind::Slice as u8;
        const ARRAY: u8 = Kind::Array as u8;
        const CHAN: u8 = Kind::Chan as u8;
        const MAP: u8 = Kind::Map as u8;
        const INTERFACE: u8 = Kind::Interface as u8;
        const STRUCT: u8 = Kind::Struct as u8;
        Some(match self.kind() {
            PTR | FUNC | SLICE => 56,
            CHAN => 64,
            ARRAY => 72,
            INTERFACE | STRUCT => 80,
            MAP => 104,
            _ => 48,
        })
    }

    /// Package path of a named type, else empty.
    pub fn pkg_path(&self) -> &'m str {
        let Some(uncommon) = self.uncommon() else { return "" };
        self.data_offset(self.read(uncommon)).map_or("", |at| self.name(at).0)
    }

    /// Package path of a named type, or that of the unexported names in a struct or interface type.
    pub fn names_path(&self) -> &'m str {
        const INTERFACE: u8 = Kind::Interface as u8;
        const STRUCT: u8 = Kind::Struct as u8;
        let own = self.pkg_path();
        if !own.is_empty() || !matches!(self.kind(), INTERFACE | STRUCT) {
            return own;
        }
        let path: Addr = self.read(gort_abi::type_desc::TYPE_HEAD);
        if path.is_null() { "" } else { self.name(path).0 }
    }

    /// Methods of an interface type, sorted by name.
    pub fn interface_methods(&self) -> impl Iterator<Item = InterfaceMethod<'m>> + use<'m> {
        let this = *self;
        let methods = self.sibling(this.read(56));
        let own_path: Addr = this.read(48);
        let own_path = if own_path.is_null() { "" } else { this.name(own_path).0 };
        (0..this.read::<usize>(64)).map(move |i| {
            let mut method = this.method(methods.read(i * 8), methods.read(i * 8 + 4));
            if method.1 & NAME_EXPORTED == 0 && method.0.pkg_path.is_empty() {
                method.0.pkg_path = own_path;
            }
            method.0
        })
    }

    fn method(&self, name: i32, typ: i32) -> (InterfaceMethod<'m>, u8) {
        let (text, pkg_path, flags) = self.data_offset(name).map_or(("", "", 0), |at| self.name(at));
        let pkg_path = if flags & NAME_EXPORTED != 0 { "" } else { pkg_path };
        (InterfaceMethod { name: text, pkg_path, typ: self.data_offset(typ).unwrap_or_default() }, flags)
    }

    /// Methods of a concrete type, sorted by name.
    pub fn methods(&self) -> impl Iterator<Item = ConcreteMethod<'m>> + use<'m> {
        let this = *self;
        let own_path = this.pkg_path();
        let at = self.uncommon().unwrap_or(0);
        let count = if at == 0 { 0 } else { this.read::<u16>(at + 4) };
        let table = if at == 0 { 0 } else { at + this.read::<u32>(at + 8) as usize };
        (0..count as usize).map(move |i| {
            let at = table + i * 16;
            let (mut method, flags) = this.method(this.read(at), this.read(at + 4));
            if flags & NAME_EXPORTED == 0 && method.pkg_path.is_empty() {
                method.pkg_path = own_path;
            }
            let ifn = this.modules.text_offset(this.at, this.read::<i32>(at + 8));
            ConcreteMethod { method, ifn: ifn.unwrap_or_default() }
        })
    }
}
