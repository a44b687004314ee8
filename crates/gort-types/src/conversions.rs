//! `T(x)`.
//!
//! Go counterpart: `go/types/conversions.go`.

use crate::checker::Checker;
use crate::const_check::representable_const;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};

impl<'a> Checker<'a> {
    /// Converts `x` to `t`.
    pub fn conversion(&mut self, x: &mut Operand<'a>, t: TypeId) {
        let const_arg = x.mode == Mode::Constant;
        let const_type = self.prog.is_const_type(t);
        let mut cause = String::new();
        let mut ok = false;
        if const_arg && const_type {
            if let Some(v) = self.convert_const(x, t) {
                x.val = Some(v);
                ok = true;
            } else if self.prog.is_integer(x.typ) && self.prog.is_integer(t) {
                let val = x.val.as_ref().map(ToString::to_string).unwrap_or_default();
                let message = format!("constant {val} overflows {}", self.type_string(t));
                self.conversion_error(x, message);
                return;
            }
        } else if const_arg && self.prog.is_type_param(t) {
            match self.const_to_param(x, t) {
                Ok(()) => ok = true,
                Err(why) => cause = why,
            }
            x.mode = Mode::Value;
        } else {
            match self.convertible_to(x, t) {
                Ok(()) => {
                    ok = true;
                    if x.mode != Mode::NilValue {
                        x.mode = Mode::Value;
                    }
                }
                Err(why) => cause = why,
            }
        }
        if !ok {
            if const_arg && const_type && self.prog.is_integer(t) {
                // Messages show an integer that does not fit as an integer.
                x.val = x.val.take().map(|v| v.to_int().map_or(v, ConstValue::Int));
            }
            let mut message =
                format!("cannot convert {} to type {}", self.operand_string(x), self.type_string(t));
            if !cause.is_empty() {
                message.push_str(": ");
                message.push_str(&cause);
            }
            self.conversion_error(x, message);
            return;
        }
        if self.prog.is_untyped(x.typ)
            && let (Some(e), None) = (x.expr, &x.label)
        {
            let last = if x.mode == Mode::NilValue {
                t
            } else if self.prog.is_interface(t) || const_arg && !const_type {
                self.prog.default_type(x.typ)
            } else if x.mode == Mode::Constant && self.prog.is_integer(x.typ) && self.prog.all_string(t) {
                x.typ
            } else {
                t
            };
            self.update_expr_type(e, last, true);
        }
        if x.mode == Mode::NilValue {
            x.mode = Mode::Value;
        }
        if x.mode != Mode::Constant {
            x.val = None;
        }
        x.typ = t;
    }

    fn conversion_error(&mut self, x: &mut Operand<'a>, message: String) {
        self.error(x.pos(), "InvalidConversion", message);
        x.invalidate();
    }

    fn convert_const(&self, x: &Operand<'a>, t: TypeId) -> Option<ConstValue> {
        let kind = self.prog.basic_kind(t)?;
        let val = x.val.as_ref()?;
        if let Some(v) = representable_const(val, kind) {
            return Some(v);
        }
        if !self.prog.is_integer(x.typ) || !kind.is_string() {
            return None;
        }
        let c =
            val.as_u64().and_then(|v| u32::try_from(v).ok()).and_then(char::from_u32).unwrap_or('\u{fffd}');
        Some(ConstValue::string(c.to_string().as_bytes()))
    }

    /// May a (non-constant) `x` be converted to `t`? The cause of a "no" may be "".
    fn convertible_to(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), String> {
        let cause = match self.assignable_to(x, t) {
            Ok(()) => return Ok(()),
            Err((_, cause)) => cause,
        };
        let prog = &self.prog;
        let v = x.typ;
        let real = |t| prog.is_integer(t) || prog.is_float(t);
        let is = |t, kind| prog.basic_kind(t) == Some(kind);
        let (pointer, uintptr) = (BasicKind::UnsafePointer, BasicKind::Uintptr);
        let params = prog.is_type_param(v) || prog.is_type_param(t);
        let ok = !params && prog.identical_ignore_tags(prog.under(v), prog.under(t))
            || self.same_pointer_bases(v, t)
            || real(v) && real(t)
            || prog.is_complex(v) && prog.is_complex(t)
            || (prog.is_integer(v) || self.is_bytes_or_runes(v)) && prog.is_string(t)
            || prog.is_string(v) && self.is_bytes_or_runes(t)
            || (prog.pointer_base(v).is_some() || is(v, uintptr)) && is(t, pointer)
            || is(v, pointer) && (prog.pointer_base(t).is_some() || is(t, uintptr))
            || self.slice_to_array(v, t);
        if ok {
            if self.slice_to_array(v, t) {
                let (what, since) =
                    if self.prog.pointer_base(t).is_some() { ("array pointer", 17) } else { ("array", 20) };
                if !self.allow_version(x.pos(), since) {
                    let why = self.version_reason(x.pos());
                    return Err(format!("conversion of slice to {what} requires go1.{since} or later{why}"));
                }
            }
            return Ok(());
        }
        if self.prog.is_type_param(v) || self.prog.is_type_param(t) {
            return self.convertible_params(x, t);
        }
        Err(cause)
    }

    /// Is the constant a value of all types of the type parameter?
    fn const_to_param(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), String> {
        let list = self.prog.specific_types(t);
        if list.is_empty() {
            return Err(format!("{} does not contain specific types", self.type_string(t)));
        }
        for term in list {
            let u = self.prog.under(term);
            if self.prog.is_string(x.typ) && self.is_bytes_or_runes(u) || self.convert_const(x, u).is_some() {
                continue;
            }
            let (us, ts) = (self.type_string(u), self.type_string(t));
            return Err(if self.prog.is_integer(x.typ) && self.prog.is_integer(u) {
                let val = x.val.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("constant {val} overflows {us} (in {ts})")
            } else {
                format!("cannot convert {} to type {us} (in {ts})", self.operand_string(x))
            });
        }
        Ok(())
    }

    /// Conversion from or to a type parameter: for all its types.
    fn convertible_params(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), String> {
        let within = |c: &Self, t: TypeId, of: TypeId| {
            let s = c.type_string(t);
            if c.prog.is_type_param(of) { format!("{s} (in {})", c.type_string(of)) } else { s }
        };
        let (from, to) = (self.prog.specific_types(x.typ), self.prog.specific_types(t));
        if from.is_empty() || to.is_empty() {
            return Err(String::new());
        }
        for &v in &from {
            let y = Operand { typ: v, ..x.clone() };
            for &w in &to {
                self.convertible_to(&y, w).map_err(|cause| {
                    let (a, b) = (within(self, v, x.typ), within(self, w, t));
                    crate::assignable::chain(format!("cannot convert {a} to type {b}"), &cause)
                })?;
            }
        }
        Ok(())
    }

    /// Unnamed pointer types whose base types have identical underlying types?
    fn same_pointer_bases(&self, v: TypeId, t: TypeId) -> bool {
        match (self.prog.ty(v), self.prog.ty(t)) {
            (&Type::Pointer(v), &Type::Pointer(t))
                if !self.prog.is_type_param(v) && !self.prog.is_type_param(t) =>
            {
                self.prog.identical_ignore_tags(self.prog.under(v), self.prog.under(t))
            }
            _ => false,
        }
    }

    /// `[]byte` or `[]rune`, by underlying types?
    pub fn is_bytes_or_runes(&self, t: TypeId) -> bool {
        self.prog
            .slice_elem(t)
            .and_then(|elem| self.prog.basic_kind(elem))
            .is_some_and(|k| matches!(k, BasicKind::Uint8 | BasicKind::Int32))
    }

    /// From a slice to an array, or pointer to array, of the same elements?
    fn slice_to_array(&self, v: TypeId, t: TypeId) -> bool {
        let Some(elem) = self.prog.slice_elem(v) else { return false };
        let array = self.prog.pointer_base(t).unwrap_or(t);
        self.prog.array_of(array).is_some_and(|(e, _)| self.prog.identical(e, elem))
    }
}
