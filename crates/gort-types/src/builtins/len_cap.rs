//! `len` and `cap`.

use crate::checker::Checker;
use crate::info::{ConstValue, Mode};
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::operand_string::builtin_name;
use crate::types::{BasicKind, Type};

impl<'a> Checker<'a> {
    fn param_len_cap(&mut self, x: &mut Operand<'a>, id: BuiltinId) -> bool {
        let len = id == BuiltinId::Len;
        let has = |t| match self.prog.under_type(t) {
            Type::Basic(k) => k.is_string() && len,
            Type::Map { .. } => len,
            Type::Slice(_) | Type::Chan { .. } => true,
            _ => self.array_or_pointer(t).is_some(),
        };
        if !self.prog.all_types(x.typ, has) {
            let message =
                format!("invalid argument: {} for built-in {}", self.operand_string(x), builtin_name(id));
            return self.builtin_error(x, if len { "InvalidLen" } else { "InvalidCap" }, message);
        }
        x.mode = Mode::Value;
        x.typ = self.prog.basic(BasicKind::Int);
        x.val = None;
        true
    }

    pub(super) fn builtin_len_cap(&mut self, x: &mut Operand<'a>, id: BuiltinId) -> bool {
        let len = id == BuiltinId::Len;
        let mut val = None;
        if self.prog.is_type_param(x.typ) {
            return self.param_len_cap(x, id);
        }
        let ok = match self.prog.under_type(x.typ) {
            Type::Basic(k) if k.is_string() && len => {
                val = x.val.as_ref().and_then(|v| v.as_bytes()).map(|s| ConstValue::int(s.len() as i64));
                true
            }
            Type::Map { .. } => len,
            Type::Slice(_) | Type::Chan { .. } => true,
            _ => match self.array_or_pointer(x.typ) {
                Some((_, n)) => {
                    if !self.env.has_call_or_recv {
                        val = Some(if n >= 0 { ConstValue::int(n) } else { ConstValue::Unknown });
                    }
                    true
                }
                None => false,
            },
        };
        if !ok {
            if self.prog.is_valid(self.prog.under(x.typ)) {
                let what = self.operand_string(x);
                let message = format!("invalid argument: {what} for built-in {}", builtin_name(id));
                self.builtin_error(x, if len { "InvalidLen" } else { "InvalidCap" }, message);
            }
            return false;
        }
        x.mode = if val.is_some() { Mode::Constant } else { Mode::Value };
        x.typ = self.prog.basic(BasicKind::Int);
        x.val = val;
        true
    }
}
