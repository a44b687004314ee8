//! Assignments, initialisations, return values.
//!
//! Go counterpart: `go/types/assignments.go`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::Operand;
use crate::types::TypeId;
use gort_syntax::ast::{Expr, ExprKind};
use gort_syntax::source::Pos;
use rustc_hash::FxHashSet;

/// A variable and whether it was used, see [`Checker::local_use_state`].
pub type UseState = Option<(ObjId, bool)>;

impl<'a> Checker<'a> {
    /// Checks that `x` can be assigned to a variable of type `t` (`None`: to `_`, any type) and converts it if
    /// untyped. `context` says what kind of assignment it is.
    pub fn assignment(&mut self, x: &mut Operand<'a>, t: Option<TypeId>, context: &str) {
        self.single_value(x);
        match x.mode {
            Mode::Invalid => return,
            Mode::NilValue
            | Mode::Constant
            | Mode::Variable
            | Mode::MapIndex
            | Mode::Value
            | Mode::CommaOk => {}
            Mode::NoValue | Mode::Builtin(_) | Mode::TypExpr => {
                let t = t.map(|t| self.type_string(t)).unwrap_or_else(|| "_".into());
                let message = format!("cannot assign {} to {t} in {context}", self.operand_string(x));
                self.assign_failed(x, "IncompatibleAssign", message);
                return;
            }
        }
        if self.prog.is_untyped(x.typ) && !self.convert_assigned(x, t, context) {
            return;
        }
        let Some(t) = t else { return };
        if let Err((code, cause)) = self.assignable_to(x, t) {
            let mut message = format!(
                "cannot use {} as {} value in {context}",
                self.operand_string(x),
                self.type_string(t)
            );
            if !cause.is_empty() {
                message.push_str(": ");
                message.push_str(&cause);
            }
            self.assign_failed(x, code, message);
        }
    }

    fn assign_failed(&mut self, x: &mut Operand<'a>, code: &'static str, message: String) {
        self.error(x.pos(), code, message);
        x.invalidate();
    }

    fn convert_assigned(&mut self, x: &mut Operand<'a>, t: Option<TypeId>, context: &str) -> bool {
        let target = match t {
            None if x.is_nil() => {
                self.assign_failed(x, "UntypedNilUse", format!("use of untyped nil in {context}"));
                return false;
            }
            Some(t) if x.is_nil() || !self.prog.is_interface(t) => t,
            _ => self.prog.default_type(x.typ),
        };
        match self.implicit_type_and_value(x, target) {
            Ok((typ, val)) => self.set_implicit(x, typ, val),
            Err(code) => {
                let (what, t) = (self.operand_string(x), self.type_string(target));
                let (code, suffix) = match code {
                    "TruncatedFloat" => (code, " (truncated)"),
                    "NumericOverflow" => (code, " (overflows)"),
                    _ => ("IncompatibleAssign", ""),
                };
                self.assign_failed(x, code, format!("cannot use {what} as {t} value in {context}{suffix}"));
                return false;
            }
        }
        true
    }

    fn ensure_typed(&mut self, obj: ObjId) {
        let invalid = self.prog.invalid();
        self.prog.obj_mut(obj).typ.get_or_insert(invalid);
    }

    fn is_known_invalid(&self, obj: ObjId) -> bool {
        self.prog.obj(obj).typ.is_some_and(|t| !self.prog.is_valid(t))
    }

    /// Gives the constant `lhs` the value of `x`.
    pub fn init_const(&mut self, lhs: ObjId, x: &mut Operand<'a>) {
        if !x.is_valid() || !self.prog.is_valid(x.typ) || self.is_known_invalid(lhs) {
            self.ensure_typed(lhs);
            return;
        }
        if x.mode != Mode::Constant {
            let message = format!("{} is not constant", self.operand_string(x));
            self.error(x.pos(), "InvalidConstInit", message);
            self.ensure_typed(lhs);
            return;
        }
        let typ = *self.prog.obj_mut(lhs).typ.get_or_insert(x.typ);
        self.assignment(x, Some(typ), "constant declaration");
        if x.is_valid()
            && let ObjKind::Const { value } = &mut self.prog.obj_mut(lhs).kind
        {
            *value = x.val.clone();
        }
    }

    /// Initialises the variable `lhs` with `x`, which gives it its type if it has none.
    pub fn init_var(&mut self, lhs: ObjId, x: &mut Operand<'a>, context: &str) {
        if !x.is_valid() || !self.prog.is_valid(x.typ) || self.is_known_invalid(lhs) {
            self.ensure_typed(lhs);
            x.invalidate();
            return;
        }
        let typ = match self.prog.obj(lhs).typ {
            Some(t) => t,
            None if x.is_nil() && self.prog.is_untyped(x.typ) => {
                self.assign_failed(x, "UntypedNilUse", format!("use of untyped nil in {context}"));
                self.ensure_typed(lhs);
                return;
            }
            None => self.prog.default_type(x.typ),
        };
        self.prog.obj_mut(lhs).typ = Some(typ);
        self.assignment(x, Some(typ), context);
    }

    /// The variable a name stands for, with its use flag: assigning to it is no use, so the flag is put back
    /// afterwards.
    pub fn local_use_state(&self, name: &str) -> UseState {
        let obj = self.lookup(name)?;
        let o = self.prog.obj(obj);
        match o.kind {
            ObjKind::Var { used, .. } if o.pkg == Some(self.pkg) => Some((obj, used)),
            _ => None,
        }
    }

    /// Undoes a use, see [`Self::local_use_state`].
    pub fn restore_use_state(&mut self, state: UseState) {
        if let Some((obj, was_used)) = state
            && let ObjKind::Var { used, .. } = &mut self.prog.obj_mut(obj).kind
        {
            *used = was_used;
        }
    }

    /// Checks the left side of an assignment: its type, `None` for `_`, invalid after an error.
    pub fn lhs_var(&mut self, lhs: &'a Expr) -> Option<TypeId> {
        let invalid = self.prog.invalid();
        let mut state = None;
        if let ExprKind::Name(id) = &lhs.unparen().kind {
            if id.is_blank() {
                return None;
            }
            state = self.local_use_state(&id.name);
        }
        let mut x = self.operand();
        self.expr(None, &mut x, lhs);
        self.restore_use_state(state);
        if !x.is_valid() || !self.prog.is_valid(x.typ) {
            return Some(invalid);
        }
        if matches!(x.mode, Mode::Variable | Mode::MapIndex) {
            return Some(x.typ);
        }
        if let ExprKind::Selector(operand, _) = &lhs.kind
            && self.prog.info.types.get(&operand.id).is_some_and(|tv| tv.mode == Mode::MapIndex)
        {
            let message = format!("cannot assign to struct field {} in map", expr_string(lhs));
            self.error(x.pos(), "UnaddressableFieldAssign", message);
            return Some(invalid);
        }
        let what = expr_string(lhs);
        let message = format!("cannot assign to {what} (neither addressable nor a map index expression)");
        self.error(x.pos(), "UnassignableOperand", message);
        Some(invalid)
    }

    /// Assigns `x` (or else the expression `rhs`) to `lhs`.
    pub fn assign_var(
        &mut self,
        lhs: &'a Expr,
        rhs: Option<&'a Expr>,
        x: Option<&mut Operand<'a>>,
        context: &str,
    ) {
        let t = self.lhs_var(lhs);
        if t.is_some_and(|t| !self.prog.is_valid(t)) {
            match (x, rhs) {
                (Some(x), _) => x.invalidate(),
                (None, Some(rhs)) => _ = self.use_expr(rhs),
                (None, None) => {}
            }
            return;
        }
        let context =
            if t.is_none() && context == "assignment" { "assignment to _ identifier" } else { context };
        match (x, rhs) {
            (Some(x), _) => self.assignment(x, t, context),
            (None, Some(rhs)) => {
                let mut x = self.operand();
                self.expr(t, &mut x, rhs);
                self.assignment(&mut x, t, context);
            }
            (None, None) => {}
        }
    }

    fn assign_error(&mut self, rhs: &'a [Expr], l: usize, r: usize) {
        let Some(first) = rhs.first() else { return };
        let (vars, vals) = (measure(l, "variable"), measure(r, "value"));
        let message = match (&first.unparen().kind, rhs.len()) {
            (ExprKind::Call(call), 1) => {
                format!("assignment mismatch: {vars} but {} returns {vals}", expr_string(&call.fun))
            }
            _ => format!("assignment mismatch: {vars} but {vals}"),
        };
        self.error(first.start(), "WrongAssignCount", message);
    }

    fn return_error(&mut self, at: Pos, lhs: &[ObjId], rhs: &[Operand<'a>]) {
        let (qualifier, at) = match rhs.get(lhs.len()) {
            Some(extra) => ("too many", extra.pos()),
            None => ("not enough", rhs.last().map_or(at, Operand::pos)),
        };
        let have: Vec<_> = rhs.iter().map(|x| x.typ).collect();
        let want: Vec<_> = lhs.iter().map(|&v| self.prog.obj_type(v)).collect();
        let message = format!(
            "{qualifier} return values\n\thave {}\n\twant {}",
            self.types_summary(&have, false, false),
            self.types_summary(&want, false, false)
        );
        self.error(at, "WrongResultCount", message);
    }

    /// Initialises variables, or checks the values of a `return` at `return_pos` against the results `lhs`.
    pub fn init_vars(&mut self, lhs: &[ObjId], rhs: &'a [Expr], return_pos: Option<Pos>) {
        let context = match return_pos {
            Some(_) => "return statement",
            None if lhs.len() > 1 => "multiple assignment",
            None => "assignment",
        };
        if lhs.len() == rhs.len() && !is_single_call(rhs) {
            for (&var, e) in lhs.iter().zip(rhs) {
                let mut x = self.operand();
                let target = self.prog.obj(var).typ;
                self.expr(target, &mut x, e);
                self.init_var(var, &mut x, context);
            }
            return;
        }
        let [one] = rhs else {
            if self.use_exprs(rhs) {
                match return_pos {
                    Some(at) => {
                        let values = self.expr_list(rhs);
                        self.return_error(at, lhs, &values);
                    }
                    None => self.assign_error(rhs, lhs.len(), rhs.len()),
                }
            }
            lhs.iter().for_each(|&v| self.ensure_typed(v));
            return;
        };
        let (mut values, comma_ok) = self.multi_expr(one, lhs.len() == 2 && return_pos.is_none());
        if values.len() == lhs.len() {
            for (&var, x) in lhs.iter().zip(&mut values) {
                self.init_var(var, x, context);
            }
            self.note_comma_ok(one, comma_ok, &values);
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            match return_pos {
                Some(at) => self.return_error(at, lhs, &values),
                None => self.assign_error(rhs, lhs.len(), values.len()),
            }
        }
        lhs.iter().for_each(|&v| self.ensure_typed(v));
    }

    fn note_comma_ok(&mut self, e: &'a Expr, comma_ok: bool, values: &[Operand<'a>]) {
        if let (true, [a, b]) = (comma_ok, values)
            && a.is_valid()
            && b.is_valid()
        {
            self.record_comma_ok_types(e, [a.typ, b.typ]);
        }
    }

    /// `lhs = rhs`
    pub fn assign_vars(&mut self, lhs: &'a [Expr], rhs: &'a [Expr]) {
        let context = if lhs.len() > 1 { "multiple assignment" } else { "assignment" };
        if lhs.len() == rhs.len() && !is_single_call(rhs) {
            for (l, r) in lhs.iter().zip(rhs) {
                self.assign_var(l, Some(r), None, context);
            }
            return;
        }
        let [one] = rhs else {
            let ok = self.use_lhs(lhs);
            if self.use_exprs(rhs) && ok {
                self.assign_error(rhs, lhs.len(), rhs.len());
            }
            return;
        };
        let (mut values, comma_ok) = self.multi_expr(one, lhs.len() == 2);
        if values.len() == lhs.len() {
            for (l, x) in lhs.iter().zip(&mut values) {
                self.assign_var(l, None, Some(x), context);
            }
            self.note_comma_ok(one, comma_ok, &values);
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            self.assign_error(rhs, lhs.len(), values.len());
        }
        self.use_lhs(lhs);
    }

    /// `lhs := rhs`; `pos` is the operator.
    pub fn short_var_decl(&mut self, pos: Pos, lhs: &'a [Expr], rhs: &'a [Expr]) {
        let top = self.delayed.len();
        let scope = self.env.scope;
        let (mut seen, mut vars, mut new_vars) = (FxHashSet::default(), Vec::new(), Vec::new());
        let mut has_error = false;
        for l in lhs {
            let mut var = None;
            match &l.kind {
                ExprKind::Name(id) if !id.is_blank() && !seen.insert(id.name.clone()) => {
                    let message = format!("{} repeated on left side of :=", id.name);
                    self.error(l.start(), "RepeatedDecl", message);
                    has_error = true;
                }
                ExprKind::Name(id) => match self.prog.scope(scope).names.get(&id.name).copied() {
                    Some(alt) => {
                        self.record_use(id, alt);
                        if let ObjKind::Var { .. } = self.prog.obj(alt).kind {
                            var = Some(alt);
                        } else {
                            let message = format!("cannot assign to {}", id.name);
                            self.error(l.start(), "UnassignableOperand", message);
                            has_error = true;
                        }
                    }
                    None => {
                        let obj = self.new_var(VarKind::Local, id.pos, id.name.clone(), None);
                        if !id.is_blank() {
                            new_vars.push((id, obj));
                        }
                        self.record_def(id, obj);
                        var = Some(obj);
                    }
                },
                _ => {
                    self.use_lhs(std::slice::from_ref(l));
                    let message = format!("non-name {} on left side of :=", expr_string(l));
                    self.error(l.start(), "BadDecl", message);
                    has_error = true;
                }
            }
            vars.push(var.unwrap_or_else(|| self.new_var(VarKind::Local, l.pos, "_".into(), None)));
        }
        self.init_vars(&vars, rhs, None);
        // Function literals of the right side must not see the new variables.
        self.process_delayed(top);
        if new_vars.is_empty() && !has_error {
            self.error(pos, "NoNewVar", "no new variables on left side of :=");
            return;
        }
        let scope_pos = rhs.last().map_or(pos, |e| e.end);
        for (id, obj) in new_vars {
            self.declare(scope, Some(id), obj, scope_pos);
        }
    }
}

/// A call alone on the right side is not matched one to one, for the better error message.
fn is_single_call(rhs: &[Expr]) -> bool {
    matches!(rhs, [one] if matches!(one.unparen().kind, ExprKind::Call(_)))
}

fn measure(n: usize, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}
