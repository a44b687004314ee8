//! Expression and type switches.
//!
//! Go counterpart: `go/types/stmt.go`, `switchStmt` and `typeSwitchStmt`.

use crate::checker::Checker;
use crate::constant_format::quote;
use crate::info::{ConstValue, Mode};
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::Operand;
use crate::types::{BasicKind, TypeId};
use gort_syntax::ast::{BinaryOp, CaseClause, Expr, ExprKind, SwitchStmt, TypeSwitchStmt};
use gort_syntax::source::Pos;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Case values seen, by value: type and position.
type SeenValues = FxHashMap<String, Vec<(TypeId, Pos)>>;

impl<'a> Checker<'a> {
    pub(crate) fn switch_stmt(&mut self, pos: Pos, s: &'a SwitchStmt) {
        self.open_scope(pos, s.rbrace);
        self.simple_stmt(s.init.as_ref());
        let mut x = Operand::invalid(self.prog.invalid());
        match &s.tag {
            Some(tag) => {
                self.expr(None, &mut x, tag);
                self.assignment(&mut x, None, "switch expression");
                if x.is_valid() && !self.prog.comparable(x.typ) && !self.prog.has_nil(x.typ) {
                    let (text, t) = (self.operand_string(&x), self.type_string(x.typ));
                    let msg = format!("cannot switch on {text} ({t} is not comparable)");
                    self.error(tag.start(), "InvalidExprSwitch", msg);
                    x.invalidate();
                }
            }
            None => {
                x = Operand::new(Mode::Constant, self.prog.basic(BasicKind::Bool), None);
                x.val = Some(ConstValue::Bool(true));
                x.label = Some(Arc::from("true"));
            }
        }
        self.check_defaults(&s.cases);
        let mut seen = SeenValues::default();
        for c in &s.cases {
            self.case_values(&x, c.exprs.as_deref().unwrap_or(&[]), &mut seen);
            self.open_scope(c.pos, c.end);
            self.stmt_list(&c.body);
            self.close_scope();
        }
        self.close_scope();
    }

    fn check_defaults(&mut self, cases: &[CaseClause]) {
        let mut default = None;
        for c in cases {
            if c.exprs.is_none() {
                self.only_default(&mut default, c.pos);
            }
        }
    }

    fn case_values(&mut self, x: &Operand<'a>, values: &'a [Expr], seen: &mut SeenValues) {
        for e in values {
            let mut v = Operand::invalid(self.prog.invalid());
            self.expr(None, &mut v, e);
            if !x.is_valid() || !v.is_valid() {
                continue;
            }
            self.convert_untyped(&mut v, x.typ);
            if !v.is_valid() {
                continue;
            }
            let (mut result, mut y) = (v.clone(), x.clone());
            self.comparison(&mut result, &mut y, BinaryOp::Eq, true);
            if !result.is_valid() || v.mode != Mode::Constant {
                continue;
            }
            let Some(key) = v.val.as_ref().and_then(duplicate_key) else { continue };
            let list = seen.entry(key).or_default();
            if let Some(&(_, pos)) = list.iter().find(|&&(t, _)| self.prog.identical(v.typ, t)) {
                let (text, at) = (self.operand_string(&v), self.pos_string(pos));
                let msg = format!("duplicate case {text} in expression switch\n\t{at}: previous case");
                self.error(e.start(), "DuplicateCase", msg);
                continue;
            }
            list.push((v.typ, e.pos));
        }
    }

    pub(crate) fn type_switch_stmt(&mut self, pos: Pos, s: &'a TypeSwitchStmt) {
        self.open_scope(pos, s.rbrace);
        self.simple_stmt(s.init.as_ref());
        let mut var = s.var.as_ref();
        if let Some(v) = var.filter(|v| v.is_blank()) {
            self.error(v.pos, "NoNewVar", "no new variable on left side of :=");
            var = None;
        }
        let mut x = Operand::invalid(self.prog.invalid());
        self.expr(None, &mut x, &s.operand);
        if x.is_valid() && !self.prog.is_interface(x.typ) {
            let text = self.operand_string(&x);
            let msg = if self.prog.is_type_param(x.typ) {
                format!("cannot use type switch on type parameter value {text}")
            } else {
                format!("{text} is not an interface")
            };
            self.error(s.operand.start(), "InvalidTypeSwitch", msg);
            x.invalidate();
        }
        self.check_defaults(&s.cases);
        let mut vars: Vec<ObjId> = Vec::new();
        let mut seen: Vec<(Option<TypeId>, Pos)> = Vec::new();
        for c in &s.cases {
            let t = self.case_types(&x, c.exprs.as_deref().unwrap_or(&[]), &mut seen);
            self.open_scope(c.pos, c.end);
            if let Some(v) = var {
                let obj = self.new_var(VarKind::Local, v.pos, v.name.clone(), Some(t));
                let mark = self.local_vars.len();
                self.declare(self.env.scope, None, obj, c.colon);
                // All variables act as one: see below.
                self.local_vars.truncate(mark);
                self.prog.info.implicits.insert(c.pos, obj);
                vars.push(obj);
            }
            self.stmt_list(&c.body);
            self.close_scope();
        }
        if let Some(v) = var
            && !vars.iter().any(|&o| self.is_used(o))
            && !self.skipped
        {
            self.error(v.pos, "UnusedVar", format!("{} declared and not used", v.name));
        }
        self.close_scope();
    }

    /// Checks the types of a clause; returns the type of the variable in it.
    fn case_types(
        &mut self,
        x: &Operand<'a>,
        types: &'a [Expr],
        seen: &mut Vec<(Option<TypeId>, Pos)>,
    ) -> TypeId {
        let mut last: Option<TypeId> = None;
        for e in types {
            if self.is_nil_expr(e) {
                last = None;
                let mut dummy = Operand::invalid(self.prog.invalid());
                self.expr(None, &mut dummy, e);
            } else {
                let t = self.var_type(e);
                last = Some(t);
                if !self.prog.is_valid(t) {
                    continue;
                }
            }
            let same = seen.iter().find(|(t, _)| match (*t, last) {
                (None, None) => true,
                (Some(a), Some(b)) => self.prog.identical(a, b),
                _ => false,
            });
            if let Some(&(_, pos)) = same {
                let text = last.map_or_else(|| "nil".to_owned(), |t| self.type_string(t));
                let at = self.pos_string(pos);
                let msg = format!("duplicate case {text} in type switch\n\t{at}: previous case");
                self.error(e.start(), "DuplicateCase", msg);
                continue;
            }
            seen.push((last, e.start()));
            if let Some(t) = last
                && x.is_valid()
            {
                self.type_assertion(e, x, t, true);
            }
        }
        match last {
            Some(t) if types.len() == 1 => t,
            _ if x.is_valid() => x.typ,
            _ => self.prog.invalid(),
        }
    }

    /// Is it the predeclared `nil`?
    pub fn is_nil_expr(&self, e: &Expr) -> bool {
        match &e.unparen().kind {
            ExprKind::Name(n) => {
                self.lookup(&n.name).is_some_and(|o| matches!(self.prog.obj(o).kind, ObjKind::Nil))
            }
            _ => false,
        }
    }
}

/// A key for finding duplicates: numbers and strings only, as gc does.
fn duplicate_key(v: &ConstValue) -> Option<String> {
    match v {
        ConstValue::Int(v) => Some(v.to_string()),
        ConstValue::Ratio(_) | ConstValue::Float(_) => v.as_f64().map(|v| format!("{v:e}")),
        ConstValue::String(s) => Some(quote(s.bytes())),
        _ => None,
    }
}
