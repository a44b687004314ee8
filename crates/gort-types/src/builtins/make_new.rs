//! `make` and `new`.

use super::BuiltinCall;
use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn builtin_make(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>) -> bool {
        let Some((type_arg, sizes)) = c.call.args.split_first() else { return false };
        let t = self.var_type(type_arg);
        if !self.prog.is_valid(t) {
            self.use_exprs(sizes);
            return false;
        }
        let least = match self.prog.ty(self.prog.core(t)) {
            Type::Slice(_) => 2,
            Type::Map { .. } | Type::Chan { .. } => 1,
            Type::Basic(crate::types::BasicKind::Invalid) => return false,
            _ => {
                let what = expr_string(type_arg);
                if let Err(why) = self.prog.common_under(t) {
                    let message = format!("invalid argument: cannot make {what}: {why}");
                    self.error(type_arg.start(), "InvalidMake", message);
                    return false;
                }
                let message =
                    format!("invalid argument: cannot make {what}: type must be slice, map, or channel");
                self.error(type_arg.start(), "InvalidMake", message);
                return false;
            }
        };
        let count = c.call.args.len();
        if count < least || least + 1 < count {
            let message = format!(
                "invalid operation: {} expects {least} or {} arguments; found {count}",
                expr_string(c.e),
                least + 1
            );
            self.error(c.e.start(), "WrongArgCount", message);
            return false;
        }
        let known: Vec<i64> = sizes.iter().map(|s| self.index(s, -1).1).collect();
        if let ([len, cap], Some(first)) = (known.as_slice(), sizes.first())
            && *cap >= 0
            && len > cap
        {
            self.error(first.start(), "SwappedMakeArgs", "invalid argument: length and capacity swapped");
        }
        x.mode = Mode::Value;
        x.typ = t;
        true
    }

    pub(super) fn builtin_new(&mut self, x: &mut Operand<'a>, c: BuiltinCall<'a>) -> bool {
        let Some(arg) = c.call.args.first() else { return false };
        self.expr_or_type(x, arg);
        self.exclude(x, true, false);
        if !x.is_valid() {
            return false;
        }
        if x.mode == Mode::TypExpr {
            self.valid_var_type(arg.start(), x.typ);
        } else {
            let what = format!("new({})", expr_string(arg));
            self.verify_version(c.call.fun.start(), 26, &what);
        }
        if x.mode != Mode::TypExpr && self.prog.is_untyped(x.typ) {
            self.assignment(x, None, "argument to new");
            if !x.is_valid() {
                return false;
            }
        }
        x.mode = Mode::Value;
        x.typ = self.prog.add_type(Type::Pointer(x.typ));
        true
    }
}
