//! Calls of builtin functions: what they share; each function is in a file of its family.
//!
//! Go counterpart: `go/types/builtins.go`.

mod append_copy;
mod chan_map;
mod complex;
mod len_cap;
mod make_new;
mod min_max;
mod panic_print;
mod unsafe_funcs;

use crate::checker::Checker;
use crate::expr::ExprClass;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::operand_string::builtin_name;
use crate::types::{Interface, Type, TypeId, TypeSet};
use gort_syntax::ast::{CallExpr, Expr};

/// A call of a builtin function: the expression and its parts.
#[derive(Clone, Copy)]
pub(crate) struct BuiltinCall<'a> {
    e: &'a Expr,
    call: &'a CallExpr,
    id: BuiltinId,
}

/// Least number of arguments, and may there be more?
const fn arity(id: BuiltinId) -> (usize, bool) {
    use BuiltinId as B;
    match id {
        B::Append | B::Make | B::Max | B::Min => (1, true),
        B::Print | B::Println | B::Trace => (0, true),
        B::Recover => (0, false),
        B::Complex | B::Copy | B::Delete | B::UnsafeAdd | B::UnsafeSlice | B::UnsafeString => (2, false),
        _ => (1, false),
    }
}

/// What the call is as a statement.
pub const fn builtin_class(id: BuiltinId) -> ExprClass {
    use BuiltinId as B;
    match id {
        B::Clear
        | B::Close
        | B::Copy
        | B::Delete
        | B::Panic
        | B::Print
        | B::Println
        | B::Recover
        | B::Assert
        | B::Trace => ExprClass::Statement,
        _ => ExprClass::Expression,
    }
}

impl<'a> Checker<'a> {
    /// Checks the call `e` of a builtin. False after an error.
    pub fn builtin(&mut self, x: &mut Operand<'a>, e: &'a Expr, call: &'a CallExpr, id: BuiltinId) -> bool {
        if call.ellipsis.is_some() && id != BuiltinId::Append {
            let message = format!("invalid operation: invalid use of ... with built-in {}", builtin_name(id));
            self.error(e.start(), "InvalidDotDotDot", message);
            self.use_exprs(&call.args);
            return false;
        }
        // len and cap of arrays are constant if nothing is called or received in their argument.
        let outer = self.env.has_call_or_recv;
        let measures = matches!(id, BuiltinId::Len | BuiltinId::Cap);
        if measures {
            self.env.has_call_or_recv = false;
        }
        let ok = self.builtin_args(x, BuiltinCall { e, call, id });
        if measures {
            self.env.has_call_or_recv = outer;
        }
        ok
    }

    fn builtin_args(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>) -> bool {
        let unevaluated = matches!(c.id, BuiltinId::Make | BuiltinId::New | BuiltinId::UnsafeOffsetof);
        let mut args = Vec::new();
        if !unevaluated {
            args = self.expr_list(&c.call.args);
            if args.iter().any(|a| !a.is_valid()) {
                return false;
            }
            if let Some(first) = args.first() {
                *x = first.clone();
            }
        }
        let count = if unevaluated { c.call.args.len() } else { args.len() };
        let (least, more) = arity(c.id);
        if count < least || count > least && !more {
            let qualifier = if count < least { "not enough" } else { "too many" };
            let what = expr_string(c.e);
            let message = format!(
                "invalid operation: {qualifier} arguments for {what} (expected {least}, found {count})"
            );
            self.error(c.e.start(), "WrongArgCount", message);
            return false;
        }
        self.dispatch(x, c, args)
    }

    fn dispatch(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>, mut args: Vec<Operand<'a>>) -> bool {
        use BuiltinId as B;
        let since = match c.id {
            B::Clear | B::Min | B::Max => 21,
            B::UnsafeAdd | B::UnsafeSlice => 17,
            B::UnsafeSliceData | B::UnsafeString | B::UnsafeStringData => 20,
            _ => 0,
        };
        if since > 0 && !self.allow_version(c.e.start(), since) {
            let name = builtin_name(c.id);
            let what = if since == 21 && c.id != B::Clear {
                format!("built-in {name}")
            } else if c.id == B::Clear {
                name.to_owned()
            } else {
                format!("unsafe.{}", name.trim_start_matches("unsafe."))
            };
            self.verify_version(c.call.fun.start(), since, &what);
        }
        let second = if args.len() > 1 { args.get(1).cloned() } else { None };
        match (c.id, second) {
            (B::Assert, _) => self.builtin_assert(x),
            (B::Trace, _) => {
                x.mode = Mode::NoValue;
                true
            }
            (B::Append, _) => self.builtin_append(x, c, args),
            (B::Cap | B::Len, _) => self.builtin_len_cap(x, c.id),
            (B::Clear, _) => self.builtin_clear(x),
            (B::Close, _) => self.builtin_close(x),
            (B::Complex, Some(y)) => self.builtin_complex(x, y, c),
            (B::Copy, Some(y)) => self.builtin_copy(x, y),
            (B::Delete, Some(key)) => self.builtin_delete(x, key),
            (B::Imag | B::Real, _) => self.builtin_real_imag(x, c.id),
            (B::Make, _) => self.builtin_make(x, c),
            (B::Max | B::Min, _) => self.builtin_min_max(x, c.id, &mut args),
            (B::New, _) => self.builtin_new(x, c),
            (B::Panic, _) => self.builtin_panic(x, c),
            (B::Print | B::Println, _) => self.builtin_print(x, c.id, args),
            (B::Recover, _) => {
                x.mode = Mode::Value;
                let type_set = Some(TypeSet::default());
                x.typ = self.prog.add_type(Type::Interface(Interface { type_set, ..Interface::default() }));
                true
            }
            (B::UnsafeAdd, Some(y)) => self.unsafe_add(x, y),
            (B::UnsafeAlignof, _) => self.unsafe_alignof(x),
            (B::UnsafeOffsetof, _) => self.unsafe_offsetof(x, c),
            (B::UnsafeSizeof, _) => self.unsafe_sizeof(x),
            (B::UnsafeSlice, Some(y)) => self.unsafe_slice(x, y),
            (B::UnsafeSliceData, _) => self.unsafe_slice_data(x),
            (B::UnsafeString, Some(y)) => self.unsafe_string(x, y),
            (B::UnsafeStringData, _) => self.unsafe_string_data(x),
            (_, None) => false,
        }
    }

    /// `assert(condition)`, of the checker's own tests: a constant that must be true, and is the result.
    fn builtin_assert(&mut self, x: &mut Operand<'a>) -> bool {
        match x.val.as_ref().and_then(crate::info::ConstValue::as_bool) {
            Some(true) if x.mode == Mode::Constant => {}
            Some(false) if x.mode == Mode::Constant => {
                let message = format!("{} failed", expr_string_of(x));
                self.error(x.pos(), "Test", message);
            }
            _ => {
                let message =
                    format!("invalid argument: {} is not a boolean constant", self.operand_string(x));
                return self.builtin_error(x, "Test", message);
            }
        }
        true
    }

    /// Reports a wrong argument.
    fn builtin_error(&mut self, x: &Operand<'a>, code: &'static str, message: String) -> bool {
        self.error(x.pos(), code, message);
        false
    }

    /// `[]byte`
    fn byte_slice(&mut self) -> TypeId {
        let byte = self.prog.byte_type;
        self.prog.add_type(Type::Slice(byte))
    }

    /// Gives a leftover untyped argument its default type.
    fn default_arg(&mut self, x: &Operand<'a>) {
        if let (Some(e), None) = (x.expr, &x.label) {
            let t = self.prog.default_type(x.typ);
            self.update_expr_type(e, t, true);
        }
    }
}

fn expr_string_of(x: &Operand<'_>) -> String {
    x.expr.map(expr_string).unwrap_or_default()
}
