//! Constants.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::{Op, Ty};
use crate::lower::data::abs8;
use gort_abi::module::DataObject;
use gort_types::info::ConstValue;
use gort_types::types::TypeId;

impl Body<'_, '_> {
    /// A constant of a type; boxed if the type is an interface.
    pub(super) fn const_val(&mut self, t: TypeId, value: &ConstValue) -> Val {
        match self.shape(t) {
            Shape::Bool => Val::one(self.b.iconst(Ty::I8, i64::from(value.as_bool().unwrap_or(false)))),
            Shape::Int { ty, .. } => {
                let bits = value.as_bits().unwrap_or(0) as i64;
                let narrow = match ty {
                    Ty::I8 => i64::from(bits as i8),
                    Ty::I16 => i64::from(bits as i16),
                    Ty::I32 => i64::from(bits as i32),
                    _ => bits,
                };
                Val::one(self.b.iconst(ty, narrow))
            }
            Shape::Float(ty) => {
                let v = self.float_const(ty, value);
                Val::one(v)
            }
            Shape::Complex(ty) => {
                let (re, im) = value.to_complex().unwrap_or((ConstValue::Unknown, ConstValue::Unknown));
                let re = self.float_const(ty, &re);
                let im = self.float_const(ty, &im);
                Val::Scalars(vec![re, im])
            }
            Shape::String => {
                let bytes = value.as_bytes().cloned();
                self.string_const(bytes.as_deref().unwrap_or_default())
            }
            Shape::UnsafePointer | Shape::Pointer(_) => {
                let bits = value.as_bits().unwrap_or(0) as i64;
                let v = self.i64(bits);
                Val::one(self.adapt(v, Ty::Ptr, false))
            }
            Shape::Interface { .. } => {
                let from = self.const_default(value);
                let v = self.const_val(from, value);
                self.implicit(v, from, t)
            }
            _ => self.zero_val(t),
        }
    }

    /// A constant in an interface: its object is read-only data.
    pub(super) fn const_box(&mut self, t: TypeId, value: &ConstValue, iface: TypeId) -> Option<Val> {
        let mut relocs = Vec::new();
        let bytes = match self.shape(t) {
            Shape::String => {
                let text = value.as_bytes()?.clone();
                let mut bytes = vec![0; 8];
                bytes.extend((text.len() as u64).to_le_bytes());
                if !text.is_empty() {
                    relocs.push(abs8(0, self.l.string_symbol(&text)));
                }
                bytes
            }
            _ => self.scalar_bytes(t, value)?,
        };
        let target = relocs.first().map_or(0, |r| r.target.0);
        let name =
            format!("go:box.{target}.{}", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
        let s = match self.l.module.data_by_name(&name) {
            Some(s) => s,
            None => {
                let size = bytes.len() as u64;
                self.l.module.add_data(DataObject {
                    name,
                    bytes,
                    size,
                    align: 8,
                    relocs,
                    ..Default::default()
                })
            }
        };
        let word = self.type_or_itab(t, iface);
        let data = self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr);
        Some(Val::Scalars(vec![word, data]))
    }

    /// A boolean, integer or float as it lies in memory.
    pub(super) fn scalar_bytes(&self, t: TypeId, value: &ConstValue) -> Option<Vec<u8>> {
        match self.shape(t) {
            Shape::Bool => Some(vec![u8::from(value.as_bool()?)]),
            Shape::Int { ty, .. } => {
                let bits = value.as_bits()?.to_le_bytes();
                Some(bits.get(..ty.size() as usize)?.to_vec())
            }
            Shape::Float(ty) => float_bytes(ty, value),
            _ => None,
        }
    }

    fn const_default(&self, value: &ConstValue) -> TypeId {
        use gort_types::types::BasicKind;
        self.basic(match value {
            ConstValue::Bool(_) => BasicKind::Bool,
            ConstValue::String(_) => BasicKind::String,
            ConstValue::Ratio(_) | ConstValue::Float(_) => BasicKind::Float64,
            ConstValue::Complex(..) => BasicKind::Complex128,
            _ => BasicKind::Int,
        })
    }

    fn float_const(&mut self, ty: Ty, value: &ConstValue) -> Value {
        let bits = match ty {
            Ty::F32 => u64::from(value.as_f32().unwrap_or(0.0).to_bits()),
            _ => value.as_f64().unwrap_or(0.0).to_bits(),
        };
        self.b.emit1(Op::Fconst(bits), ty)
    }

    /// A string of these bytes.
    pub(super) fn string_const(&mut self, bytes: &[u8]) -> Val {
        let len = self.i64(bytes.len() as i64);
        let p = if bytes.is_empty() {
            self.b.nil()
        } else {
            let s = self.l.string_symbol(bytes);
            self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr)
        };
        Val::Scalars(vec![p, len])
    }
}

/// A float as it lies in memory.
pub(super) fn float_bytes(ty: Ty, value: &ConstValue) -> Option<Vec<u8>> {
    Some(match ty {
        Ty::F32 => value.as_f32()?.to_le_bytes().to_vec(),
        _ => value.as_f64()?.to_le_bytes().to_vec(),
    })
}
