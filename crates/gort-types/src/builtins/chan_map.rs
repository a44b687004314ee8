//! `close`, `delete` and `clear`.

use crate::checker::Checker;
use crate::info::Mode;
use crate::operand::Operand;
use gort_syntax::ast::ChanDir;

impl<'a> Checker<'a> {
    pub(super) fn builtin_clear(&mut self, x: &mut Operand<'a>) -> bool {
        if !self.prog.all_types(x.typ, |t| self.prog.map_of(t).is_some() || self.prog.slice_elem(t).is_some())
        {
            let message = format!(
                "invalid argument: cannot clear {}: argument must be (or constrained by) map or slice",
                self.operand_string(x)
            );
            return self.builtin_error(x, "InvalidClear", message);
        }
        x.mode = Mode::NoValue;
        true
    }

    pub(super) fn builtin_close(&mut self, x: &mut Operand<'a>) -> bool {
        if self.prog.is_type_param(x.typ)
            && self
                .prog
                .all_types(x.typ, |t| self.prog.chan_of(t).is_some_and(|(dir, _)| dir != ChanDir::Recv))
        {
            x.mode = Mode::NoValue;
            return true;
        }
        let what = match self.prog.chan_of(self.prog.core(x.typ)) {
            None => "non-channel",
            Some((ChanDir::Recv, _)) => "receive-only channel",
            Some(_) => {
                x.mode = Mode::NoValue;
                return true;
            }
        };
        let message = format!("invalid operation: cannot close {what} {}", self.operand_string(x));
        self.builtin_error(x, "InvalidClose", message)
    }

    pub(super) fn builtin_delete(&mut self, x: &mut Operand<'a>, key: Operand<'a>) -> bool {
        let list = self.prog.specific_types(x.typ);
        let first = list.first().and_then(|&t| self.prog.map_of(t));
        let alike = |k| first.is_some_and(|(f, _)| self.prog.identical(k, f));
        let all = list.iter().all(|&t| self.prog.map_of(t).is_some_and(|(k, _)| alike(k)));
        let Some((key_type, _)) = first.filter(|_| all) else {
            let message = format!("invalid argument: {} is not a map", self.operand_string(x));
            return self.builtin_error(x, "InvalidDelete", message);
        };
        *x = key;
        self.assignment(x, Some(key_type), "argument to delete");
        if !x.is_valid() {
            return false;
        }
        x.mode = Mode::NoValue;
        true
    }
}
