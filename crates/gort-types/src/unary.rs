//! `-x`, `&x`, `<-x`.

use crate::checker::Checker;
use crate::const_check::op_pos;
use crate::constant;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::{ChanDir, Expr, ExprKind, UnaryOp};
use gort_syntax::source::Pos;

impl<'a> Checker<'a> {
    /// Checks a prefix operation.
    pub fn unary(&mut self, x: &mut Operand<'a>, e: &'a Expr, op: UnaryOp, operand: &'a Expr) {
        self.expr(None, x, operand);
        if !x.is_valid() {
            return;
        }
        match op {
            UnaryOp::Addr => self.address_of(x, operand),
            UnaryOp::Recv => match self.chan_elem(x.pos(), x, true) {
                Some(elem) if self.is_complete(elem) => {
                    x.mode = Mode::CommaOk;
                    x.typ = elem;
                    self.env.has_call_or_recv = true;
                }
                _ => x.invalidate(),
            },
            UnaryOp::Tilde => {
                let hint = if self.prog.all_integer(x.typ) { " (use ^ for bitwise complement)" } else { "" };
                let message = format!("cannot use ~ outside of interface or type constraint{hint}");
                self.error(e.start(), "UndefinedOp", message);
                x.invalidate();
            }
            _ => self.arithmetic_prefix(x, e, op),
        }
    }

    fn address_of(&mut self, x: &mut Operand<'a>, operand: &'a Expr) {
        // Composite literals are the exception to addressability.
        if !matches!(operand.unparen().kind, ExprKind::CompositeLit(_)) && x.mode != Mode::Variable {
            let message = format!("invalid operation: cannot take address of {}", self.operand_string(x));
            self.error(x.pos(), "UnaddressableOperand", message);
            x.invalidate();
            return;
        }
        x.mode = Mode::Value;
        x.typ = self.prog.add_type(Type::Pointer(x.typ));
    }

    fn arithmetic_prefix(&mut self, x: &mut Operand<'a>, e: &'a Expr, op: UnaryOp) {
        let defined = match op {
            UnaryOp::Com => self.prog.all_integer(x.typ),
            UnaryOp::Not => self.prog.all_boolean(x.typ),
            _ => self.prog.all_numeric(x.typ),
        };
        if !defined {
            self.undefined_op(x, op.text());
            return;
        }
        if x.mode != Mode::Constant {
            x.mode = Mode::Value;
            return;
        }
        let Some(val) = x.val.as_ref().filter(|v| !v.is_unknown()) else { return };
        let val = match op {
            UnaryOp::Neg => constant::neg(val),
            UnaryOp::Not => constant::not(val),
            UnaryOp::Com => {
                let unsigned = self.prog.is_unsigned(x.typ);
                constant::complement(val, unsigned.then(|| self.prog.sizeof(x.typ) as u32 * 8))
            }
            _ => val.clone(),
        };
        x.val = Some(val);
        x.expr = Some(e);
        self.overflow(x, op_pos(e));
    }

    /// Reports that `op` is not defined on `x`.
    pub fn undefined_op(&mut self, x: &mut Operand<'a>, op: &str) {
        let message = format!("invalid operation: operator {op} not defined on {}", self.operand_string(x));
        self.error(x.pos(), "UndefinedOp", message);
        x.invalidate();
    }

    /// The element type of the channel `x`; reports what cannot be received from or sent to.
    pub fn chan_elem(&mut self, pos: Pos, x: &Operand<'a>, recv: bool) -> Option<TypeId> {
        let list = self.prog.specific_types(x.typ);
        if self.prog.is_type_param(x.typ) {
            return self.param_chan_elem(pos, x, recv, &list);
        }
        let cause = match self.prog.chan_of(x.typ) {
            None => "non-channel",
            Some((ChanDir::Send, _)) if recv => "send-only channel",
            Some((ChanDir::Recv, _)) if !recv => "receive-only channel",
            Some((_, elem)) => return Some(elem),
        };
        if self.prog.basic_kind(x.typ) == Some(BasicKind::Invalid) {
            return None;
        }
        let (action, code) =
            if recv { ("receive from", "InvalidReceive") } else { ("send to", "InvalidSend") };
        let what = format!("{cause} {}", self.type_string(x.typ));
        let message = format!("invalid operation: cannot {action} {what} {}", self.operand_string(x));
        self.error(pos, code, message);
        None
    }

    fn param_chan_elem(&mut self, pos: Pos, x: &Operand<'a>, recv: bool, list: &[TypeId]) -> Option<TypeId> {
        let mut elem: Option<TypeId> = None;
        let mut cause = if list.is_empty() { "no specific channel type".to_owned() } else { String::new() };
        for &t in list {
            let ts = self.type_string(t);
            cause = match self.prog.chan_of(t) {
                None => format!("non-channel {ts}"),
                Some((ChanDir::Send, _)) if recv => format!("send-only channel {ts}"),
                Some((ChanDir::Recv, _)) if !recv => format!("receive-only channel {ts}"),
                Some((_, e)) if elem.is_some_and(|f| !self.prog.identical(e, f)) => {
                    "channels with different element types".to_owned()
                }
                Some((_, e)) => {
                    elem = Some(e);
                    continue;
                }
            };
            break;
        }
        if cause.is_empty() {
            return elem;
        }
        let (action, code) =
            if recv { ("receive from", "InvalidReceive") } else { ("send to", "InvalidSend") };
        let message = format!("invalid operation: cannot {action} {}: {cause}", self.operand_string(x));
        self.error(pos, code, message);
        None
    }

    /// `x++` and `x--` (`op` is the operator as written).
    pub fn inc_dec(&mut self, e: &'a Expr, op: &str) {
        let mut x = self.operand();
        self.expr(None, &mut x, e);
        if !x.is_valid() {
            return;
        }
        if !self.prog.all_numeric(x.typ) {
            let t = self.type_string(x.typ);
            let message = format!("invalid operation: {}{op} (non-numeric type {t})", expr_string(e));
            self.error(e.start(), "NonNumericIncDec", message);
            return;
        }
        self.assign_var(e, None, Some(&mut x), "assignment");
    }
}
