//! What may be assigned to what.
//!
//! Go counterpart: `operand.assignableTo` in `go/types/operand.go`.

use crate::checker::Checker;
use crate::operand::Operand;
use crate::types::TypeId;
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
        let (v_param, t_param) = (self.prog.is_type_param(v), self.prog.is_type_param(t));
        if self.prog.is_untyped(v) {
            return self.implicit_type_and_value(x, t).map(|_| ()).map_err(|_| (INCOMPATIBLE, String::new()));
        }
        let (vu, tu) = (self.prog.under(v), self.prog.under(t));
        let unnamed = !self.prog.is_named(v) || !self.prog.is_named(t);
        if unnamed && !v_param && !t_param && self.prog.identical(vu, tu) {
            return Ok(());
        }
        if self.prog.is_interface(t) || !t_param && self.prog.is_interface_ptr(t) {
            match self.implements(v, t) {
                Ok(()) => return Ok(()),
                Err(cause) if !v_param => return Err(("InvalidIfaceAssign", cause)),
                Err(_) => {}
            }
        }
        if self.prog.is_interface(v) && self.implements(t, v).is_ok() {
            return Err((INCOMPATIBLE, "need type assertion".into()));
        }
        if let (Some((ChanDir::Both, ve)), Some((_, te))) = (self.prog.chan_of(v), self.prog.chan_of(t))
            && self.prog.identical(ve, te)
        {
            return if unnamed { Ok(()) } else { Err(("InvalidChanAssign", String::new())) };
        }
        if t_param && !self.prog.has_name(v) {
            return self.assignable_to_all(x, t);
        }
        if v_param && !self.prog.has_name(t) {
            return self.all_assignable_to(x, t);
        }
        Err((INCOMPATIBLE, String::new()))
    }

    /// Is `x`, of a type without name, assignable to all types of the type parameter `t`?
    fn assignable_to_all(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), (&'static str, String)> {
        let list = self.prog.specific_types(t);
        if list.is_empty() {
            return Err(("IncompatibleAssign", String::new()));
        }
        for term in list {
            self.assignable_to(x, term).map_err(|(code, cause)| {
                let (v, to, t) = (self.type_string(x.typ), self.type_string(term), self.type_string(t));
                (code, chain(format!("cannot assign {v} to {to} (in {t})"), &cause))
            })?;
        }
        Ok(())
    }

    /// Are all types of the type parameter that is the type of `x` assignable to `t`?
    fn all_assignable_to(&mut self, x: &Operand<'a>, t: TypeId) -> Result<(), (&'static str, String)> {
        let list = self.prog.specific_types(x.typ);
        if list.is_empty() {
            return Err(("IncompatibleAssign", String::new()));
        }
        for term in list {
            let y = Operand { typ: term, ..x.clone() };
            self.assignable_to(&y, t).map_err(|(code, cause)| {
                let (v, of, t) = (self.type_string(term), self.type_string(x.typ), self.type_string(t));
                (code, chain(format!("cannot assign {v} (in {of}) to {t}"), &cause))
            })?;
        }
        Ok(())
    }
    /// A pointer to an interface (or type parameter)?
    pub fn is_interface_ptr(&self, t: TypeId) -> bool {
        self.prog.is_interface_ptr(t)
    }
}

/// A cause with the cause of the cause below it.
pub(crate) fn chain(message: String, cause: &str) -> String {
    if cause.is_empty() { message } else { format!("{message}\n\t{cause}") }
}
