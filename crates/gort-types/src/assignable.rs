//! What may be assigned to what.
//!
//! Go counterpart: `operand.assignableTo` in `go/types/operand.go`.

use crate::checker::Checker;
use crate::operand::Operand;
use crate::types::{Type, TypeId};
use gort_syntax::ast::ChanDir;

impl<'a> Checker<'a> {
    /// Is `x` assignable to a variable of type `t`? If not: the code of the error, and the cause ("" if there
    /// is nothing to say).
    pub fn assignable_to(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), (&'static str, String)> {
        const INCOMPATIBLE: &str = "IncompatibleAssign";
        if !x.is_valid() || !self.prog.is_valid(t) || !self.prog.is_valid(x.typ) {
            return Ok(());
        }
        let v = x.typ;
        if self.prog.identical(v, t) {
            return Ok(());
        }
        if self.prog.is_untyped(v) {
            return self.implicit_type_and_value(x, t).map(|_| ()).map_err(|_| (INCOMPATIBLE, String::new()));
        }
        let (vu, tu) = (self.prog.under(v), self.prog.under(t));
        let unnamed = !self.prog.is_named(v) || !self.prog.is_named(t);
        if unnamed && self.prog.identical(vu, tu) {
            return Ok(());
        }
        if self.prog.is_interface(t) || self.is_interface_ptr(t) {
            return self.implements(v, t).map_err(|cause| ("InvalidIfaceAssign", cause));
        }
        if self.prog.is_interface(v) && self.implements(t, v).is_ok() {
            return Err((INCOMPATIBLE, "need type assertion".into()));
        }
        if let (Some((ChanDir::Both, ve)), Some((_, te))) = (self.prog.chan_of(v), self.prog.chan_of(t))
            && self.prog.identical(ve, te)
        {
            return if unnamed { Ok(()) } else { Err(("InvalidChanAssign", String::new())) };
        }
        Err((INCOMPATIBLE, String::new()))
    }

    /// A pointer to an interface?
    pub fn is_interface_ptr(&self, t: TypeId) -> bool {
        self.prog.pointer_base(t).is_some_and(|b| matches!(self.prog.under_type(b), Type::Interface(_)))
    }
}
