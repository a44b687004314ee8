//! Operands as messages show them: `x (variable of type int)`, `1 << 3 (untyped int constant 8)`.
//!
//! Go counterpart: `operandString` in `go/types/operand.go`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::program::Program;
use crate::types::{Type, TypeId};

impl Program {
    /// `array`, `func`, ... of a type that is not basic, "" for a basic one.
    pub fn composite_kind(&self, t: TypeId) -> &'static str {
        match self.under_type(t) {
            Type::Basic(_) | Type::Named(_) => "",
            Type::Array { .. } => "array",
            Type::Slice(_) => "slice",
            Type::Struct(_) => "struct",
            Type::Pointer(_) => "pointer",
            Type::Signature(_) => "func",
            Type::Interface(_) | Type::TypeParam(_) => "interface",
            Type::Map { .. } => "map",
            Type::Chan { .. } => "chan",
            Type::Tuple(_) => "tuple",
            Type::Union(_) => "union",
        }
    }
}

/// What an operand is, in words.
const fn mode_string(mode: Mode) -> &'static str {
    match mode {
        Mode::Invalid => "invalid operand",
        Mode::NoValue => "no value",
        Mode::Builtin(_) => "built-in",
        Mode::TypExpr => "type",
        Mode::Constant => "constant",
        Mode::Variable => "variable",
        Mode::MapIndex => "map index expression",
        Mode::Value => "value",
        Mode::NilValue => "nil",
        Mode::CommaOk => "comma, ok expression",
    }
}

impl<'a> Checker<'a> {
    /// The operand, described.
    pub fn operand_string(&self, x: &Operand<'a>) -> String {
        if x.mode == Mode::NilValue {
            return if !self.prog.is_valid(x.typ) {
                "nil (with invalid type)".into()
            } else if self.prog.is_untyped(x.typ) {
                "nil".into()
            } else {
                format!("nil (of type {})", self.type_string(x.typ))
            };
        }
        let expr = match (&x.label, x.expr, x.mode) {
            (Some(label), _, _) => label.to_string(),
            (None, Some(e), _) => expr_string(e),
            (None, None, Mode::Builtin(id)) => builtin_name(id).into(),
            (None, None, Mode::TypExpr) => self.type_string(x.typ),
            (None, None, Mode::Constant) => x.val.as_ref().map(ToString::to_string).unwrap_or_default(),
            _ => String::new(),
        };
        let what = self.operand_description(x, &expr);
        if expr.is_empty() { what } else { format!("{expr} ({what})") }
    }

    fn operand_description(&self, x: &Operand<'a>, expr: &str) -> String {
        let mut out = String::new();
        let mut has_type = false;
        if !matches!(x.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin(_) | Mode::TypExpr) {
            if self.prog.is_untyped(x.typ) {
                out.push_str(&self.type_string(x.typ));
                out.push(' ');
            } else {
                has_type = true;
            }
        }
        out.push_str(mode_string(x.mode));
        if let (Mode::Constant, Some(val)) = (x.mode, &x.val) {
            let val = val.to_string();
            if val != expr {
                out.push(' ');
                out.push_str(&val);
            }
        }
        if !has_type {
            return out;
        }
        if !self.prog.is_valid(x.typ) {
            out.push_str(" with invalid type");
            return out;
        }
        out.push_str(" of ");
        if x.typ == self.prog.any_type || matches!(self.prog.ty(x.typ), Type::Named(_)) {
            let kind = self.prog.composite_kind(x.typ);
            if kind.is_empty() {
                let under = self.type_string(self.prog.under(x.typ));
                out.push_str(under.trim_start_matches("unsafe."));
            } else {
                out.push_str(kind);
            }
            out.push(' ');
        }
        out.push_str("type ");
        out.push_str(&self.type_string(x.typ));
        if let Some(c) = self.prog.constraint(x.typ) {
            out.push_str(" constrained by ");
            out.push_str(&self.type_string(c));
        }
        out
    }
}

/// The name a builtin function is declared by; those of package unsafe with the package's name.
pub const fn builtin_name(id: BuiltinId) -> &'static str {
    match id {
        BuiltinId::Append => "append",
        BuiltinId::Assert => "assert",
        BuiltinId::Trace => "trace",
        BuiltinId::Cap => "cap",
        BuiltinId::Clear => "clear",
        BuiltinId::Close => "close",
        BuiltinId::Complex => "complex",
        BuiltinId::Copy => "copy",
        BuiltinId::Delete => "delete",
        BuiltinId::Imag => "imag",
        BuiltinId::Len => "len",
        BuiltinId::Make => "make",
        BuiltinId::Max => "max",
        BuiltinId::Min => "min",
        BuiltinId::New => "new",
        BuiltinId::Panic => "panic",
        BuiltinId::Print => "print",
        BuiltinId::Println => "println",
        BuiltinId::Real => "real",
        BuiltinId::Recover => "recover",
        BuiltinId::UnsafeAdd => "Add",
        BuiltinId::UnsafeAlignof => "Alignof",
        BuiltinId::UnsafeOffsetof => "Offsetof",
        BuiltinId::UnsafeSizeof => "Sizeof",
        BuiltinId::UnsafeSlice => "Slice",
        BuiltinId::UnsafeSliceData => "SliceData",
        BuiltinId::UnsafeString => "String",
        BuiltinId::UnsafeStringData => "StringData",
    }
}
