//! `panic`, `print` and `println`.

use super::BuiltinCall;
use crate::checker::Checker;
use crate::info::Mode;
use crate::object::BuiltinId;
use crate::operand::Operand;
use crate::operand_string::builtin_name;

impl<'a> Checker<'a> {
    pub(super) fn builtin_panic(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>) -> bool {
        // For "missing return".
        self.env.is_panic.insert(c.e.id);
        let any = self.prog.any_type;
        self.assignment(x, Some(any), "argument to panic");
        if !x.is_valid() {
            return false;
        }
        x.mode = Mode::NoValue;
        true
    }

    pub(super) fn builtin_print(
        &mut self,
        x: &mut Operand<'a>,
        id: BuiltinId,
        args: Vec<Operand<'a>>,
    ) -> bool {
        let context = format!("argument to built-in {}", builtin_name(id));
        for mut a in args {
            self.assignment(&mut a, None, &context);
            if !a.is_valid() {
                return false;
            }
        }
        x.mode = Mode::NoValue;
        true
    }
}
