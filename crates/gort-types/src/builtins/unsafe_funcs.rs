//! Package unsafe: sizes and offsets (constants, as no type's size depends on a type parameter yet) and
//! pointers into memory.

use super::BuiltinCall;
use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::{ConstValue, Mode, Selection, SelectionKind};
use crate::lookup::LookupResult;
use crate::object::ObjKind;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::ExprKind;

impl<'a> Checker<'a> {
    fn uintptr_const(&mut self, x: &mut Operand<'a>, value: i64) -> bool {
        if value < 0 {
            let message = format!("{} is too large", self.operand_string(x));
            return self.builtin_error(x, "TypeTooLarge", message);
        }
        x.mode = Mode::Constant;
        x.val = Some(ConstValue::int(value));
        x.typ = self.prog.basic(BasicKind::Uintptr);
        true
    }

    /// The size is not known: the type is being declared, or contains itself.
    fn uintptr_value(&mut self, x: &mut Operand<'a>) -> bool {
        x.mode = Mode::Value;
        x.val = None;
        x.typ = self.prog.basic(BasicKind::Uintptr);
        true
    }

    pub(super) fn unsafe_sizeof(&mut self, x: &mut Operand<'a>) -> bool {
        self.assignment(x, None, "argument to unsafe.Sizeof");
        x.is_valid() && {
            if self.prog.has_var_size(x.typ) || self.prog.has_unknown_size(x.typ) {
                return self.uintptr_value(x);
            }
            let size = self.prog.sizeof(x.typ);
            self.uintptr_const(x, size)
        }
    }

    pub(super) fn unsafe_alignof(&mut self, x: &mut Operand<'a>) -> bool {
        self.assignment(x, None, "argument to unsafe.Alignof");
        x.is_valid() && {
            if self.prog.has_var_size(x.typ) || self.prog.has_unknown_size(x.typ) {
                return self.uintptr_value(x);
            }
            let align = self.prog.alignof(x.typ);
            self.uintptr_const(x, align)
        }
    }

    pub(super) fn unsafe_offsetof(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>) -> bool {
        let Some(arg) = c.call.args.first() else { return false };
        let selector = arg.unparen();
        let ExprKind::Selector(operand, sel) = &selector.kind else {
            let message = format!("invalid argument: {} is not a selector expression", expr_string(arg));
            self.error(arg.start(), "BadOffsetofSyntax", message);
            self.use_expr(arg);
            return false;
        };
        self.expr(None, x, operand);
        if !x.is_valid() {
            return false;
        }
        let base = match self.prog.under_type(x.typ) {
            &Type::Pointer(b) if self.prog.struct_of(b).is_some() => b,
            _ => x.typ,
        };
        let found = self.prog.lookup_field_or_method(base, false, Some(self.pkg), &sel.name, false);
        let LookupResult::Found { obj, index, indirect } = found else {
            let t = self.type_string(base);
            let message = format!("invalid argument: {t} has no single field {}", sel.name);
            return self.builtin_error(x, "MissingFieldOrMethod", message);
        };
        if !matches!(self.prog.obj(obj).kind, ObjKind::Var { .. }) {
            let message = format!("invalid argument: {} is a method value", expr_string(arg));
            self.error(arg.start(), "InvalidOffsetof", message);
            return false;
        }
        if indirect {
            let t = self.type_string(base);
            let message = format!("invalid argument: field {} is embedded via a pointer in {t}", sel.name);
            return self.builtin_error(x, "InvalidOffsetof", message);
        }
        let typ = self.prog.obj_type(obj);
        let varies = self.prog.has_var_size(base) || self.prog.has_unknown_size(base);
        let offset = if varies { 0 } else { self.field_offset(base, &index) };
        let selection = Selection::new(SelectionKind::FieldVal, base, obj, index, false, typ);
        self.record_selection(selector, sel, selection);
        let mode = if x.mode == Mode::Variable { Mode::Variable } else { Mode::Value };
        self.record(&Operand::new(mode, typ, Some(selector)));
        if varies {
            return self.uintptr_value(x);
        }
        self.uintptr_const(x, offset)
    }

    /// Offset of the field at that path; -1 if too large.
    fn field_offset(&self, base: TypeId, index: &[usize]) -> i64 {
        let (mut t, mut sum) = (base, 0i64);
        for &i in index {
            let Some(s) = self.prog.struct_of(t) else { return -1 };
            let offsets = self.prog.offsetsof(&s.fields);
            match (offsets.get(i), s.fields.get(i)) {
                (Some(&offset), Some(&field)) if offset >= 0 => {
                    sum = sum.saturating_add(offset);
                    t = self.prog.obj_type(field);
                }
                _ => return -1,
            }
        }
        sum
    }

    pub(super) fn unsafe_add(&mut self, x: &mut Operand<'a>, mut y: Operand<'a>) -> bool {
        let pointer = self.prog.basic(BasicKind::UnsafePointer);
        self.assignment(x, Some(pointer), "argument to unsafe.Add");
        if !x.is_valid() || !self.is_valid_index(&mut y, "InvalidUnsafeAdd", "length", true) {
            return false;
        }
        x.mode = Mode::Value;
        x.typ = pointer;
        true
    }

    pub(super) fn unsafe_slice(&mut self, x: &mut Operand<'a>, mut y: Operand<'a>) -> bool {
        let Some(base) = self.prog.pointer_base(self.prog.core(x.typ)) else {
            let message = format!("invalid argument: {} is not a pointer", self.operand_string(x));
            return self.builtin_error(x, "InvalidUnsafeSlice", message);
        };
        if !self.is_valid_index(&mut y, "InvalidUnsafeSlice", "length", false) {
            return false;
        }
        x.mode = Mode::Value;
        x.typ = self.prog.add_type(Type::Slice(base));
        true
    }

    pub(super) fn unsafe_slice_data(&mut self, x: &mut Operand<'a>) -> bool {
        let Some(elem) = self.prog.slice_elem(self.prog.core(x.typ)) else {
            let message = format!("invalid argument: {} is not a slice", self.operand_string(x));
            return self.builtin_error(x, "InvalidUnsafeSliceData", message);
        };
        x.mode = Mode::Value;
        x.typ = self.prog.add_type(Type::Pointer(elem));
        true
    }

    pub(super) fn unsafe_string(&mut self, x: &mut Operand<'a>, mut y: Operand<'a>) -> bool {
        let byte = self.prog.byte_type;
        let pointer = self.prog.add_type(Type::Pointer(byte));
        self.assignment(x, Some(pointer), "argument to unsafe.String");
        if !x.is_valid() || !self.is_valid_index(&mut y, "InvalidUnsafeString", "length", false) {
            return false;
        }
        x.mode = Mode::Value;
        x.typ = self.prog.basic(BasicKind::String);
        true
    }

    pub(super) fn unsafe_string_data(&mut self, x: &mut Operand<'a>) -> bool {
        let string = self.prog.basic(BasicKind::String);
        self.assignment(x, Some(string), "argument to unsafe.StringData");
        if !x.is_valid() {
            return false;
        }
        x.mode = Mode::Value;
        let byte = self.prog.byte_type;
        x.typ = self.prog.add_type(Type::Pointer(byte));
        true
    }
}
