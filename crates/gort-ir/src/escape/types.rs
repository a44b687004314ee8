//! What type descriptors and other constant data say, read in the module that is being compiled.

use crate::module::Module;
use gort_abi::module::{DataObject, RelocKind, Symbol, SymbolId};
use gort_abi::type_desc::offset;

/// Size and pointer words of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes.
    pub size: u64,
    /// Alignment.
    pub align: u32,
    /// Byte offsets of the pointer words.
    pub pointers: Vec<u32>,
}

/// The data object behind a symbol.
pub fn data(module: &Module, symbol: SymbolId) -> Option<&DataObject> {
    match module.symbols.get(symbol.0 as usize)? {
        Symbol::Data(d) => module.data.get(*d as usize),
        _ => None,
    }
}

/// The integer of `size` bytes at an offset of constant data; none if an address is (or may be) there.
pub fn constant(object: &DataObject, at: u64, size: u32) -> Option<u64> {
    let end = at.checked_add(u64::from(size))?;
    let overlaps = |offset: u32, len: u64| u64::from(offset) < end && at < u64::from(offset) + len;
    if object.writable || end > object.size.max(object.bytes.len() as u64) {
        return None;
    }
    if object.relocs.iter().any(|r| overlaps(r.offset, 8)) {
        return None;
    }
    let byte = |i: u64| u64::from(object.bytes.get(i as usize).copied().unwrap_or(0));
    Some((at..end).rev().fold(0, |value, i| value << 8 | byte(i)))
}

/// The address at an offset of constant data.
pub fn address(object: &DataObject, at: u64) -> Option<(SymbolId, i64)> {
    if object.writable {
        return None;
    }
    let reloc = object.relocs.iter().find(|r| u64::from(r.offset) == at)?;
    (reloc.kind == RelocKind::Abs8).then_some((reloc.target, reloc.addend))
}

/// The shape of the type that a descriptor describes.
pub fn shape(module: &Module, descriptor: SymbolId) -> Option<Shape> {
    let object = data(module, descriptor)?;
    let field = |at: usize, size: u32| constant(object, at as u64, size);
    let size = field(offset::SIZE, 8)?;
    let align = field(offset::ALIGN, 1)? as u32;
    let words = field(offset::PTR_BYTES, 8)? / 8;
    let mut pointers = Vec::new();
    if words > 0 {
        let (mask, base) = address(object, offset::GC_DATA as u64)?;
        let mask = data(module, mask)?;
        for word in 0..words {
            let byte = constant(mask, u64::try_from(base).ok()? + word / 8, 1)?;
            if byte >> (word % 8) & 1 != 0 {
                pointers.push(u32::try_from(word * 8).ok()?);
            }
        }
    }
    Some(Shape { size, align: align.clamp(1, 16), pointers })
}

/// Does the type hold no pointers? False if it is not known.
pub fn is_pointer_free(module: &Module, descriptor: SymbolId) -> bool {
    data(module, descriptor).and_then(|d| constant(d, offset::PTR_BYTES as u64, 8)) == Some(0)
}
