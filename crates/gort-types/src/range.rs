//! `for ... range`.
//!
//! Go counterpart: `go/types/range.go`.

use crate::checker::Checker;
use crate::info::Mode;
use crate::object::{ObjId, VarKind};
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::{ChanDir, Expr, ExprKind, RangeStmt};
use gort_syntax::source::Pos;
use std::sync::Arc;

/// Types of the iteration variables, as many as are allowed.
type KeyValue = (Option<TypeId>, Option<TypeId>);

impl<'a> Checker<'a> {
    pub(crate) fn range_stmt(&mut self, pos: Pos, s: &'a RangeStmt) {
        let mut x = Operand::invalid(self.prog.invalid());
        self.env.has_call_or_recv = false;
        self.expr(None, &mut x, &s.operand);
        let (key, value) = self.check_range(&mut x, s);
        let known = |t: &TypeId| self.prog.is_valid(*t);
        let (key, value) = (key.filter(known), value.filter(known));
        let over_int = x.is_valid() && self.prog.all_integer(x.typ);
        self.open_scope(pos, s.body.rbrace);
        let lhs = [(s.key.as_ref(), key), (s.value.as_ref(), value)];
        if s.define {
            self.range_define(pos, &mut x, lhs, over_int, s.body.lbrace);
        } else if s.key.is_some() {
            self.range_assign(&mut x, lhs, over_int);
        } else if over_int {
            self.assignment(&mut x, None, "range clause");
        }
        self.block(&s.body);
        self.close_scope();
    }

    fn check_range(&mut self, x: &mut Operand<'a>, s: &'a RangeStmt) -> KeyValue {
        if !x.is_valid() {
            return (None, None);
        }
        let pos = s.operand.start();
        match self.range_key_value(x.typ).and_then(|kv| self.range_version(x.typ, pos).map(|()| kv)) {
            Err(cause) => {
                let mut msg = format!("cannot range over {}", self.operand_string(x));
                if !cause.is_empty() {
                    msg.push_str(": ");
                    msg.push_str(&cause);
                }
                self.error(pos, "InvalidRangeExpr", msg);
                (None, None)
            }
            Ok((key, value)) => {
                if let (None, Some(e)) = (key, &s.key) {
                    let msg = format!("range over {} permits no iteration variables", self.operand_string(x));
                    self.error(e.start(), "InvalidIterVar", msg);
                } else if let (None, Some(e)) = (value, &s.value) {
                    let msg =
                        format!("range over {} permits only one iteration variable", self.operand_string(x));
                    self.error(e.start(), "InvalidIterVar", msg);
                }
                if self.prog.is_untyped(x.typ) && self.prog.is_string(x.typ) {
                    let t = self.prog.basic(BasicKind::String);
                    self.convert_untyped(x, t);
                }
                (key, value)
            }
        }
    }

    /// Ranges over integers came with Go 1.22, over functions with 1.23.
    fn range_version(&self, t: TypeId, pos: Pos) -> Result<(), String> {
        let u = self.prog.core(t);
        let since = match self.prog.ty(u) {
            Type::Basic(k) if k.is_integer() => 22,
            Type::Signature(_) => 23,
            _ => return Ok(()),
        };
        if self.allow_version(pos, since) {
            return Ok(());
        }
        Err(format!("requires go1.{since} or later{}", self.version_reason(pos)))
    }

    fn range_define(
        &mut self,
        pos: Pos,
        x: &mut Operand<'a>,
        lhs: [(Option<&'a Expr>, Option<TypeId>); 2],
        over_int: bool,
        scope_pos: Pos,
    ) {
        let mut vars: Vec<ObjId> = Vec::new();
        for (e, typ) in lhs {
            let Some(e) = e else { continue };
            let obj = match &e.kind {
                ExprKind::Name(n) => {
                    let obj = self.new_var(VarKind::Local, n.pos, n.name.clone(), None);
                    self.record_def(n, obj);
                    if !n.is_blank() {
                        vars.push(obj);
                    }
                    obj
                }
                _ => {
                    let text = crate::exprstring::expr_string(e);
                    self.error(e.start(), "InvalidSyntaxTree", format!("cannot declare {text}"));
                    self.new_var(VarKind::Local, e.start(), Arc::from("_"), None)
                }
            };
            match typ {
                None => {
                    self.prog.obj_mut(obj).typ = Some(self.prog.invalid());
                    self.mark_used(obj);
                }
                Some(_) if over_int => self.init_var(obj, x, "range clause"),
                Some(t) => {
                    let mut y = Operand::new(Mode::Value, t, Some(e));
                    self.init_var(obj, &mut y, "assignment");
                }
            }
        }
        if vars.is_empty() {
            self.error(pos, "NoNewVar", "no new variables on left side of :=");
        }
        for obj in vars {
            self.declare(self.env.scope, None, obj, scope_pos);
        }
    }

    fn range_assign(
        &mut self,
        x: &mut Operand<'a>,
        lhs: [(Option<&'a Expr>, Option<TypeId>); 2],
        over_int: bool,
    ) {
        for (e, typ) in lhs {
            let (Some(e), Some(t)) = (e, typ) else { continue };
            if over_int {
                self.assign_var(e, None, Some(x), "range clause");
                if x.is_valid() && !self.prog.all_integer(x.typ) {
                    let t = self.type_string(x.typ);
                    let msg = format!("cannot use iteration variable of type {t}");
                    self.error(e.start(), "InvalidRangeExpr", msg);
                }
            } else {
                let mut y = Operand::new(Mode::Value, t, Some(e));
                self.assign_var(e, None, Some(&mut y), "assignment");
            }
        }
    }

    /// Types of key and value of a range over `t`; the error is the reason, "" if there is nothing to say.
    pub(crate) fn range_key_value(&self, t: TypeId) -> Result<KeyValue, String> {
        let p = &*self.prog;
        let int = Some(p.basic(BasicKind::Int));
        let u = p.common_under(t)?;
        let u = match p.ty(u) {
            Type::Pointer(b) if p.array_of(*b).is_some() => p.under(*b),
            _ => u,
        };
        match p.ty(u) {
            Type::Basic(k) if k.is_string() => Ok((int, Some(p.rune_type))),
            Type::Basic(k) if k.is_integer() => Ok((Some(t), None)),
            Type::Array { elem, .. } | Type::Slice(elem) => Ok((int, Some(*elem))),
            Type::Map { key, elem } => Ok((Some(*key), Some(*elem))),
            Type::Chan { dir: ChanDir::Send, .. } => {
                Err(format!("receive from send-only channel {}", self.type_string(t)))
            }
            Type::Chan { elem, .. } => Ok((Some(*elem), None)),
            Type::Signature(_) => self.range_func(u),
            _ => Err(String::new()),
        }
    }

    fn range_func(&self, t: TypeId) -> Result<KeyValue, String> {
        let p = &*self.prog;
        let bad = |why: &str| Err(format!("func must be func(yield func(...) bool): {why}"));
        let Some(sig) = p.signature_of(t) else { return bad("argument is not func") };
        let [yield_func] = &*sig.params else { return bad("wrong argument count") };
        if !sig.results.is_empty() {
            return bad("unexpected results");
        }
        let Some(cb) = p.signature_of(p.core(p.obj_type(*yield_func))) else {
            return bad("argument is not func");
        };
        if cb.params.len() > 2 {
            return bad("yield func has too many parameters");
        }
        match &*cb.results {
            [r] if p.identical(p.obj_type(*r), p.basic(BasicKind::Bool)) => {}
            [r] if p.is_boolean(p.obj_type(*r)) => {
                return bad("yield func returns user-defined boolean, not bool");
            }
            _ => return bad("yield func does not return bool"),
        }
        if cb.variadic {
            return Err(format!(
                "yield func of type {} cannot be variadic",
                self.type_string(p.obj_type(*yield_func))
            ));
        }
        let at = |i: usize| cb.params.get(i).map(|&o| p.obj_type(o));
        Ok((at(0), at(1)))
    }
}
