//! Values that are known before the program runs: constants, literals made of them, addresses of variables and functions.
//!
//! [`Body::is_known`] only looks; [`Body::put_known`] writes such a value into a data object. What the value points to,
//! elements of slices and objects behind `&`, goes into a second object beside it, which like the first is a variable.
//!
//! Go counterpart: `cmd/compile/internal/staticinit`.

use super::Body;
use super::constant::float_bytes;
use super::shape::Shape;
use crate::lower::data::abs8;
use crate::lower::layout::{Layout, align_up};
use gort_abi::module::{DataObject, Reloc, SymbolId};
use gort_syntax::ast::{CompositeLit, Expr, ExprKind, UnaryOp};
use gort_types::info::ConstValue;
use gort_types::object::{ObjId, ObjKind, VarKind};
use gort_types::types::TypeId;
use std::sync::Arc;

/// Larger values are made by code: the data of a program is a part of its file.
const MAX_SIZE: u64 = 16 << 20;

/// The second object of a variable.
struct Image {
    /// Name of the second object.
    name: String,
    more: Option<SymbolId>,
}

/// A place in an image.
#[derive(Clone, Copy)]
struct Spot {
    symbol: SymbolId,
    at: u64,
}

impl Spot {
    const fn plus(self, offset: u64) -> Self {
        Self { symbol: self.symbol, at: self.at + offset }
    }
}

impl<'a> Body<'_, 'a> {
    /// Is the value of `e`, converted to type `to`, known? Evaluating it does nothing else then.
    pub(super) fn is_known(&mut self, e: &'a Expr, to: TypeId) -> bool {
        if self.is_constant(e) || self.is_nil(e) {
            return true;
        }
        let from = self.value_type(e);
        let size = self.layout(from).size;
        if size > MAX_SIZE || self.is_interface(to) && (self.is_interface(from) || size == 0) {
            return false;
        }
        match &e.kind {
            ExprKind::Paren(x) => self.is_known(x, to),
            ExprKind::CompositeLit(c) => self.is_known_literal(from, c),
            ExprKind::Unary(UnaryOp::Addr, x) => match &x.unparen().kind {
                ExprKind::CompositeLit(c) => {
                    let t = self.type_of(x);
                    self.is_known_object(t, c)
                }
                _ => self.package_var(x).is_some(),
            },
            ExprKind::Name(_) | ExprKind::Selector(..) => {
                self.plain_func(e).is_some() || self.package_var(e).is_some_and(|v| self.is_unchanged(v))
            }
            ExprKind::Call(c) => match c.args.as_slice() {
                [arg] if self.is_type(&c.fun) => {
                    self.is_nil(arg) || self.is_byte_slice(from) && self.text_of(arg).is_some()
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn is_known_literal(&mut self, t: TypeId, c: &'a CompositeLit) -> bool {
        match self.shape(t) {
            Shape::Pointer(base) => self.is_known_object(base, c),
            Shape::Struct => self.given_fields(t, c).into_iter().all(|(_, field, e)| self.is_known(e, field)),
            Shape::Array(elem, _) => self.are_known(elem, c),
            Shape::Slice(elem) => {
                let (size, len) = (self.layout(elem).size, self.given_elems(c).1);
                len as u64 <= MAX_SIZE && size * len as u64 <= MAX_SIZE && self.are_known(elem, c)
            }
            _ => false,
        }
    }

    /// Objects without a size have no place of their own.
    fn is_known_object(&mut self, t: TypeId, c: &'a CompositeLit) -> bool {
        (1..=MAX_SIZE).contains(&self.layout(t).size) && self.is_known_literal(t, c)
    }

    fn are_known(&mut self, elem: TypeId, c: &'a CompositeLit) -> bool {
        let (elems, _) = self.given_elems(c);
        elems.into_iter().all(|(_, e)| self.is_known(e, elem))
    }

    /// The package-level variable that an operand names.
    fn package_var(&self, e: &Expr) -> Option<ObjId> {
        let package =
            |obj: &ObjId| matches!(self.l.prog.objs[*obj].kind, ObjKind::Var { kind: VarKind::Package, .. });
        self.object(e).filter(package)
    }

    /// The declared function that an operand names, if it is no method and has no type parameters.
    fn plain_func(&mut self, e: &Expr) -> Option<ObjId> {
        let obj = self.denoted(e)?;
        self.l.instance_of(obj).is_none().then_some(obj)
    }

    fn is_byte_slice(&mut self, t: TypeId) -> bool {
        matches!(self.shape(t), Shape::Slice(elem) if self.layout(elem).size == 1)
    }

    fn text_of(&self, e: &Expr) -> Option<Arc<[u8]>> {
        self.fact(e)?.value?.as_bytes().cloned()
    }

    /// Gives the variable behind `symbol` the initial value `e`, which is known.
    pub(super) fn put_known_var(&mut self, symbol: SymbolId, e: &'a Expr, t: TypeId) {
        let name = self.l.module.data_mut(symbol).map(|d| format!("{}·known", d.name)).unwrap_or_default();
        let mut image = Image { name, more: None };
        self.put_known(&mut image, e, t, Spot { symbol, at: 0 });
    }

    fn put_known(&mut self, image: &mut Image, e: &'a Expr, to: TypeId, spot: Spot) {
        if self.is_nil(e) {
            return;
        }
        if self.is_interface(to) {
            let from = self.value_type(e);
            let word = self.type_or_itab_symbol(from, to);
            self.put_address(spot, word, 0);
            let mut data = spot.plus(8);
            if !self.l.is_direct_iface(from) {
                let layout = self.layout(from);
                let object = self.new_known(image, &layout, 1);
                self.put_address(data, object.symbol, object.at);
                data = object;
            }
            return self.put_known(image, e, from, data);
        }
        if let Some(value) = self.fact(e).and_then(|tv| tv.value) {
            return self.put_constant(to, &value, spot);
        }
        match &e.kind {
            ExprKind::Paren(x) => self.put_known(image, x, to, spot),
            ExprKind::CompositeLit(c) => {
                let t = self.type_of(e);
                self.put_literal(image, t, c, spot);
            }
            ExprKind::Unary(_, x) => match &x.unparen().kind {
                ExprKind::CompositeLit(c) => {
                    let t = self.type_of(x);
                    self.put_object(image, t, c, spot);
                }
                _ => {
                    if let Some(var) = self.package_var(x) {
                        let symbol = self.l.global_symbol(var);
                        self.put_address(spot, symbol, 0);
                    }
                }
            },
            ExprKind::Call(c) => {
                let text = c.args.first().and_then(|arg| self.text_of(arg));
                if let (Some(text), Shape::Slice(elem)) = (text, self.shape(to)) {
                    let layout = self.layout(elem);
                    let bytes = self.put_slice(image, &layout, text.len() as u64, spot);
                    self.put_bytes(bytes, &text);
                }
            }
            _ => {
                if let Some(func) = self.plain_func(e) {
                    let symbol = self.l.func_value_symbol(func);
                    self.put_address(spot, symbol, 0);
                } else if let Some(var) = self.package_var(e) {
                    self.put_copy(var, spot);
                }
            }
        }
    }

    /// The initial value of another variable, which is known.
    fn put_copy(&mut self, var: ObjId, spot: Spot) {
        let from = self.l.global_symbol(var);
        let Some(data) = self.l.module.data_mut(from) else { return };
        let (bytes, relocs) = (data.bytes.clone(), data.relocs.clone());
        self.put_bytes(spot, &bytes);
        if let Some(data) = self.l.module.data_mut(spot.symbol) {
            data.relocs.extend(relocs.into_iter().map(|r| Reloc { offset: spot.at as u32 + r.offset, ..r }));
        }
    }

    fn put_literal(&mut self, image: &mut Image, t: TypeId, c: &'a CompositeLit, spot: Spot) {
        match self.shape(t) {
            Shape::Pointer(base) => self.put_object(image, base, c, spot),
            Shape::Struct => {
                for (i, (offset, field, e)) in self.given_fields(t, c).into_iter().enumerate() {
                    if !self.blank_value(t, c, i) {
                        self.put_known(image, e, field, spot.plus(offset));
                    }
                }
            }
            Shape::Array(elem, _) => self.put_elements(image, elem, c, spot),
            Shape::Slice(elem) => {
                let (layout, len) = (self.layout(elem), self.given_elems(c).1);
                let elements = self.put_slice(image, &layout, len as u64, spot);
                self.put_elements(image, elem, c, elements);
            }
            _ => {}
        }
    }

    fn put_elements(&mut self, image: &mut Image, elem: TypeId, c: &'a CompositeLit, spot: Spot) {
        let size = self.layout(elem).size;
        for (i, e) in self.given_elems(c).0 {
            self.put_known(image, e, elem, spot.plus(i as u64 * size));
        }
    }

    /// A pointer to a new object.
    fn put_object(&mut self, image: &mut Image, t: TypeId, c: &'a CompositeLit, spot: Spot) {
        let layout = self.layout(t);
        let object = self.new_known(image, &layout, 1);
        self.put_address(spot, object.symbol, object.at);
        self.put_literal(image, t, c, object);
    }

    /// A slice of new elements; says where they are.
    fn put_slice(&mut self, image: &mut Image, elem: &Layout, len: u64, spot: Spot) -> Spot {
        let elements = self.new_known(image, elem, len);
        self.put_address(spot, elements.symbol, elements.at);
        self.put_bytes(spot.plus(8), &len.to_le_bytes());
        self.put_bytes(spot.plus(16), &len.to_le_bytes());
        elements
    }

    /// Memory for `count` values in the second object, at least a byte: no address is past its end.
    fn new_known(&mut self, image: &mut Image, layout: &Layout, count: u64) -> Spot {
        let module = &mut self.l.module;
        let symbol = *image.more.get_or_insert_with(|| {
            module.add_data(DataObject {
                name: image.name.clone(),
                align: 16,
                writable: true,
                ..Default::default()
            })
        });
        let Some(data) = module.data_mut(symbol) else { return Spot { symbol, at: 0 } };
        let at = align_up(data.size, layout.align.max(if layout.size * count >= 8 { 8 } else { 1 }));
        data.size = at + (layout.size * count).max(1);
        for i in 0..count {
            data.pointers.extend(layout.pointers.iter().map(|p| (at + i * layout.size) as u32 + p));
        }
        Spot { symbol, at }
    }

    fn put_constant(&mut self, t: TypeId, value: &ConstValue, spot: Spot) {
        match self.shape(t) {
            Shape::Bool | Shape::Int { .. } | Shape::Float(_) => {
                self.put_bytes(spot, &self.scalar_bytes(t, value).unwrap_or_default());
            }
            Shape::UnsafePointer | Shape::Pointer(_) => {
                self.put_bytes(spot, &value.as_bits().unwrap_or(0).to_le_bytes());
            }
            Shape::Complex(ty) => {
                if let Some((re, im)) = value.to_complex() {
                    self.put_bytes(spot, &float_bytes(ty, &re).unwrap_or_default());
                    let im = float_bytes(ty, &im).unwrap_or_default();
                    self.put_bytes(spot.plus(u64::from(ty.size())), &im);
                }
            }
            Shape::String => {
                let Some(text) = value.as_bytes().filter(|text| !text.is_empty()).cloned() else { return };
                let symbol = self.l.string_symbol(&text);
                self.put_address(spot, symbol, 0);
                self.put_bytes(spot.plus(8), &(text.len() as u64).to_le_bytes());
            }
            _ => {}
        }
    }

    /// Zeros stay unwritten, as all is zero at first: an object's bytes may be shorter than the object.
    fn put_bytes(&mut self, spot: Spot, bytes: &[u8]) {
        if bytes.iter().all(|&b| b == 0) {
            return;
        }
        let Some(data) = self.l.module.data_mut(spot.symbol) else { return };
        let at = spot.at as usize;
        let end = at + bytes.len();
        if data.bytes.len() < end {
            data.bytes.resize(end, 0);
        }
        data.bytes[at..end].copy_from_slice(bytes);
    }

    fn put_address(&mut self, spot: Spot, target: SymbolId, addend: u64) {
        if let Some(data) = self.l.module.data_mut(spot.symbol) {
            data.relocs.push(Reloc { addend: addend as i64, ..abs8(spot.at as u32, target) });
        }
    }
}
