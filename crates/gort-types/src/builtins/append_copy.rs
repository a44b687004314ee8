//! `append` and `copy`, with their special case of a string as bytes.

use super::BuiltinCall;
use crate::call::Params;
use crate::checker::Checker;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};

impl<'a> Checker<'a> {
    /// The element type of a slice operand, or what is wrong with it.
    fn slice_operand(&self, x: &Operand<'a>) -> Result<TypeId, String> {
        self.prog.slice_elem(self.prog.core(x.typ)).ok_or_else(|| {
            if x.is_nil() {
                "argument must be a slice; have untyped nil".into()
            } else {
                format!("argument must be a slice; have {}", self.operand_string(x))
            }
        })
    }

    /// A type parameter of strings and byte slices?
    fn is_bytestring(&self, t: TypeId) -> bool {
        let p = &*self.prog;
        let byte = |e| p.basic_kind(e) == Some(BasicKind::Uint8);
        p.is_type_param(t) && p.all_types(t, |t| p.is_string(t) || p.slice_elem(t).is_some_and(byte))
    }

    pub(super) fn builtin_append(
        &mut self,
        x: &mut Operand<'a>,
        c: BuiltinCall<'a>,
        args: Vec<Operand<'a>>,
    ) -> bool {
        let elem = match self.slice_operand(x) {
            Ok(elem) => elem,
            Err(why) => return self.builtin_error(x, "InvalidAppend", format!("invalid append: {why}")),
        };
        let spread_string = match args.as_slice() {
            [_, y]
                if c.call.ellipsis.is_some()
                    && (self.prog.all_string(y.typ) || self.is_bytestring(y.typ)) =>
            {
                let bytes = self.byte_slice();
                self.assignable_to(x, bytes).is_ok().then(|| y.clone())
            }
            _ => None,
        };
        match spread_string {
            Some(y) => self.default_arg(&y),
            None => {
                let rest = self.prog.add_type(Type::Slice(elem));
                let types = [x.typ, rest];
                self.arguments(c.e, c.call, &Params { types: &types, variadic: true }, args);
            }
        }
        x.mode = Mode::Value;
        true
    }

    pub(super) fn builtin_copy(&mut self, x: &mut Operand<'a>, y: Operand<'a>) -> bool {
        let dst = match self.slice_operand(x) {
            Ok(elem) => elem,
            Err(why) => return self.builtin_error(x, "InvalidCopy", format!("invalid copy: {why}")),
        };
        let bytes = self.byte_slice();
        let from_string = self.prog.all_string(y.typ) || self.is_bytestring(y.typ);
        if !(from_string && self.assignable_to(x, bytes).is_ok()) {
            let src = match self.slice_operand(&y) {
                Ok(elem) => elem,
                Err(_) if from_string => self.prog.byte_type,
                Err(why) => return self.builtin_error(&y, "InvalidCopy", format!("invalid copy: {why}")),
            };
            if !self.prog.identical(dst, src) {
                let message = format!(
                    "invalid copy: arguments {} and {} have different element types {} and {}",
                    self.operand_string(x),
                    self.operand_string(&y),
                    self.type_string(dst),
                    self.type_string(src)
                );
                return self.builtin_error(x, "InvalidCopy", message);
            }
        }
        self.default_arg(&y);
        x.mode = Mode::Value;
        x.typ = self.prog.basic(BasicKind::Int);
        true
    }
}
