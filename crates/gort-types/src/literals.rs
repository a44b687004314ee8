//! Basic literals and function literals. Composite literals are in `composite`.
//!
//! Go counterpart: `go/types/literals.go`.

use crate::checker::{Checker, Delayed};
use crate::constant_literal::number;
use crate::constant_string::ConstString;
use crate::info::{ConstValue, Mode};
use crate::operand::Operand;
use crate::types::BasicKind;
use gort_syntax::ast::{BasicLit, Expr, FuncLit, LitKind};

/// Longer numbers are not looked at.
const MAX_LITERAL: usize = 10_000;

impl<'a> Checker<'a> {
    /// `12`, `1.5`, `2i`, `'x'`, `"s"`
    pub fn basic_lit(&mut self, x: &mut Operand<'a>, e: &'a Expr, lit: &'a BasicLit) {
        let is_number = !matches!(lit.kind, LitKind::Rune | LitKind::String);
        if is_number && lit.text.len() > MAX_LITERAL {
            let start: String = lit.text.chars().take(10).collect();
            let message = format!("excessively long constant: {start}... ({} chars)", lit.text.len());
            self.error(e.start(), "InvalidConstVal", message);
            return;
        }
        let (kind, val) = match lit.kind {
            LitKind::Int => (BasicKind::UntypedInt, number(lit.kind, &lit.text)),
            LitKind::Float => (BasicKind::UntypedFloat, number(lit.kind, &lit.text)),
            LitKind::Imag => (BasicKind::UntypedComplex, number(lit.kind, &lit.text)),
            LitKind::Rune => (BasicKind::UntypedRune, ConstValue::int(i64::from(lit.rune))),
            LitKind::String => {
                (BasicKind::UntypedString, ConstValue::String(ConstString::Flat(lit.bytes.clone())))
            }
        };
        if val.is_unknown() {
            self.error(e.start(), "InvalidConstVal", format!("malformed constant: {}", lit.text));
            return;
        }
        if is_number && lit.text.len() > 2 && !self.allow_version(e.start(), 13) {
            self.literal_version(e, lit);
        }
        x.mode = Mode::Constant;
        x.typ = self.prog.basic(kind);
        x.val = Some(val);
        x.expr = Some(e);
        self.overflow(x, e.start());
    }

    /// Reports what Go 1.13 brought to literals of numbers.
    fn literal_version(&mut self, e: &'a Expr, lit: &BasicLit) {
        let text = lit.text.to_lowercase();
        let hex = text.starts_with("0x");
        let what = if text.contains('_') {
            "underscore in numeric literal"
        } else if text.starts_with("0b") {
            "binary literal"
        } else if text.starts_with("0o") {
            "0o/0O-style octal literal"
        } else if hex && (text.contains('p') || lit.kind != LitKind::Int) {
            "hexadecimal floating-point literal"
        } else {
            return;
        };
        self.verify_version(e.start(), 13, what);
    }

    /// `func(...) {...}`: the body is checked when the enclosing statement is done.
    pub fn func_lit(&mut self, x: &mut Operand<'a>, lit: &'a FuncLit) {
        let (sig, scope) = self.func_type(None, &lit.sig);
        let env = self.func_env(scope, sig);
        self.later(Delayed::FuncBody { env, name: "<function literal>".into(), sig, body: &lit.body });
        x.mode = Mode::Value;
        x.typ = sig;
    }
}
