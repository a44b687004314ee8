//! Expressions, by kind.
//!
//! Checking goes top down: each function takes the expression and an [`Operand`] that it fills in. If
//! something is wrong, it reports that and leaves an invalid operand, about which nobody complains
//! again. [`Checker::raw_expr`] records every expression on the way out.
//!
//! Go counterpart: `go/types/expr.go`. Operators are in `unary`, `binary`, `shift` and `compare`, what
//! becomes of untyped values in `untyped`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind, UnaryOp};

/// What an expression would be as a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExprClass {
    /// A conversion.
    Conversion,
    /// Has a value that must be used.
    Expression,
    /// Can stand alone.
    Statement,
}

impl<'a> Checker<'a> {
    /// Checks an expression with one value. `target`: the type it will have, if that is known before.
    pub fn expr(&mut self, target: Option<TypeId>, x: &mut Operand<'a>, e: &'a Expr) {
        self.raw_expr(target, x, e, None);
        self.exclude(x, true, true);
        self.single_value(x);
    }

    /// Like `expr`; `hint` is the type of a composite literal that has none written.
    pub fn expr_with_hint(&mut self, x: &mut Operand<'a>, e: &'a Expr, hint: Option<TypeId>) {
        self.raw_expr(hint, x, e, hint);
        self.exclude(x, true, true);
        self.single_value(x);
    }

    /// Checks an expression or type.
    pub fn expr_or_type(&mut self, x: &mut Operand<'a>, e: &'a Expr) {
        self.raw_expr(None, x, e, None);
        self.exclude(x, false, false);
        self.single_value(x);
    }

    /// Checks an expression with any number of values. The flag tells that it is a comma-ok expression, whose
    /// second value (untyped bool) is in the list.
    pub fn multi_expr(&mut self, e: &'a Expr, allow_comma_ok: bool) -> (Vec<Operand<'a>>, bool) {
        let mut x = self.operand();
        self.raw_expr(None, &mut x, e, None);
        self.exclude(&mut x, true, true);
        if x.is_valid()
            && let Type::Tuple(vars) = self.prog.ty(x.typ)
        {
            let types: Vec<_> = vars.iter().map(|&v| self.prog.obj_type(v)).collect();
            let part = |(i, typ)| {
                let mut part = Operand::new(Mode::Value, typ, Some(e));
                part.label = Some(nth_result(i).into());
                part
            };
            return (types.into_iter().enumerate().map(part).collect(), false);
        }
        if allow_comma_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk) {
            let mut ok = Operand::new(Mode::Value, self.prog.basic(BasicKind::UntypedBool), Some(e));
            ok.label = Some("ok value of (comma, ok) expression".into());
            return (vec![x, ok], true);
        }
        (vec![x], false)
    }

    /// Checks a list of arguments: one expression may stand for many values.
    pub fn expr_list(&mut self, list: &'a [Expr]) -> Vec<Operand<'a>> {
        if let [one] = list {
            return self.multi_expr(one, false).0;
        }
        let mut out = Vec::with_capacity(list.len());
        for e in list {
            let mut x = self.operand();
            self.expr(None, &mut x, e);
            out.push(x);
        }
        out
    }

    /// A fresh operand.
    pub fn operand(&self) -> Operand<'a> {
        Operand::invalid(self.prog.invalid())
    }

    /// Reports an operand that is no value (or, if so asked, a builtin or type).
    pub fn exclude(&mut self, x: &mut Operand<'a>, builtins: bool, types: bool) {
        let (what, code) = match x.mode {
            Mode::NoValue if types => ("used as value", "TooManyValues"),
            Mode::NoValue => ("used as value or type", "TooManyValues"),
            Mode::Builtin(_) if builtins => ("must be called", "UncalledBuiltin"),
            Mode::TypExpr if types => ("is not an expression", "NotAnExpr"),
            _ => return,
        };
        let message = format!("{} {what}", self.operand_string(x));
        self.error(x.pos(), code, message);
        x.invalidate();
    }

    /// Reports an operand of several values.
    pub fn single_value(&mut self, x: &mut Operand<'a>) {
        if x.mode == Mode::Value && matches!(self.prog.ty(x.typ), Type::Tuple(_)) {
            let message = format!("multiple-value {} in single-value context", self.operand_string(x));
            self.error(x.pos(), "TooManyValues", message);
            x.invalidate();
        }
    }

    /// Checks any expression and records it.
    pub fn raw_expr(
        &mut self,
        target: Option<TypeId>,
        x: &mut Operand<'a>,
        e: &'a Expr,
        hint: Option<TypeId>,
    ) -> ExprClass {
        let class = self.generic_raw_expr(target, x, e, hint);
        if x.is_valid() && self.non_generic(target, x) {
            self.record(x);
        }
        class
    }

    /// Like [`Self::raw_expr`]; generic functions and types are welcome.
    pub fn generic_raw_expr(
        &mut self,
        target: Option<TypeId>,
        x: &mut Operand<'a>,
        e: &'a Expr,
        hint: Option<TypeId>,
    ) -> ExprClass {
        *x = self.operand();
        let class = self.expr_internal(target, x, e, hint);
        x.expr = Some(e);
        x.label = None;
        if x.mode != Mode::Constant {
            x.val = None;
        }
        self.record(x);
        class
    }

    /// Reports a generic function or type without type arguments, unless `target` gives them to the function.
    /// True if a function was instantiated so.
    fn non_generic(&mut self, target: Option<TypeId>, x: &mut Operand<'a>) -> bool {
        let what = match x.mode {
            Mode::TypExpr if self.prog.is_generic(x.typ) => "type",
            Mode::TypExpr if x.expr.is_some_and(|e| self.generic_alias_of(e).is_some()) => "type",
            Mode::Value if self.is_generic_func(x.typ) => {
                let target = self.func_target(target);
                if target.is_some() {
                    self.func_inst(target, x, &[]);
                    return x.is_valid();
                }
                "function"
            }
            _ => return false,
        };
        let text = x.expr.map(expr_string).unwrap_or_default();
        let text = match x.expr {
            Some(e) if what == "type" => self.generic_text(e, x.typ),
            _ => text,
        };
        self.error(
            x.pos(),
            "WrongTypeArgCount",
            format!("cannot use generic {what} {text} without instantiation"),
        );
        x.invalidate();
        x.typ = self.prog.invalid();
        false
    }

    /// The function type that a generic function assigned to `target` gets its type arguments from.
    pub(crate) fn func_target(&self, target: Option<TypeId>) -> Option<TypeId> {
        let t = target?;
        let core = if self.prog.is_type_param(t) { self.prog.core(t) } else { t };
        self.prog.signature_of(core).map(|_| core)
    }

    /// The type of a generic function?
    pub fn is_generic_func(&self, t: TypeId) -> bool {
        matches!(self.prog.ty(t), Type::Signature(s) if !s.type_params.is_empty())
    }

    /// Like [`Self::expr_or_type`]; generic ones are welcome.
    pub fn generic_expr_or_type(&mut self, x: &mut Operand<'a>, e: &'a Expr) {
        self.generic_raw_expr(None, x, e, None);
        self.exclude(x, false, false);
        self.single_value(x);
    }

    fn expr_internal(
        &mut self,
        target: Option<TypeId>,
        x: &mut Operand<'a>,
        e: &'a Expr,
        hint: Option<TypeId>,
    ) -> ExprClass {
        match &e.kind {
            ExprKind::Bad => {}
            ExprKind::Name(_) => self.ident(x, e, false),
            ExprKind::Ellipsis(_) => self.error(e.start(), "InvalidSyntaxTree", "invalid use of ..."),
            ExprKind::BasicLit(lit) => self.basic_lit(x, e, lit),
            ExprKind::FuncLit(lit) => self.func_lit(x, lit),
            ExprKind::CompositeLit(lit) => self.composite_lit(x, e, lit, hint),
            ExprKind::Paren(inner) => return self.raw_expr(None, x, inner, None),
            ExprKind::Selector(..) => self.selector(x, e, false),
            ExprKind::Index(operand, index) => {
                if self.index_expr(x, e, operand, index) {
                    self.func_inst(target, x, index);
                }
            }
            ExprKind::Slice(s) => self.slice_expr(x, e, s),
            ExprKind::TypeAssert(operand, t) => self.type_assert(x, e, operand, t),
            ExprKind::TypeSwitchGuard(operand) => {
                self.error(e.start(), "InvalidSyntaxTree", "use of .(type) outside type switch");
                self.use_expr(operand);
                x.invalidate();
            }
            ExprKind::Call(call) => return self.call_expr(x, e, call),
            ExprKind::Star(operand) => self.star(x, operand),
            ExprKind::Unary(op, operand) => {
                self.unary(x, e, *op, operand);
                if *op == UnaryOp::Recv && x.is_valid() {
                    return ExprClass::Statement;
                }
            }
            ExprKind::Binary(op, lhs, rhs) => self.binary(x, Some(e), lhs, rhs, *op, e.pos),
            ExprKind::KeyValue(..) => self.error(e.start(), "InvalidSyntaxTree", "no key:value expected"),
            ExprKind::ArrayType(..)
            | ExprKind::SliceType(_)
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType(..)
            | ExprKind::ChanType(..) => {
                x.mode = Mode::TypExpr;
                x.typ = self.typ(e);
                if !self.prog.is_valid(x.typ) {
                    x.invalidate();
                }
            }
        }
        // An invalid operand counts as a statement, so that nobody complains that it is unused.
        if x.is_valid() { ExprClass::Expression } else { ExprClass::Statement }
    }

    /// `*x`: indirection or pointer type.
    fn star(&mut self, x: &mut Operand<'a>, operand: &'a Expr) {
        self.expr_or_type(x, operand);
        match x.mode {
            Mode::Invalid => {}
            Mode::TypExpr => {
                self.valid_var_type(operand.start(), x.typ);
                x.typ = self.prog.add_type(Type::Pointer(x.typ));
            }
            _ => match self.prog.pointer_base(self.prog.core(x.typ)) {
                Some(base) if self.is_complete(base) => {
                    x.mode = Mode::Variable;
                    x.typ = base;
                }
                Some(_) => x.invalidate(),
                None => {
                    let pointers = self.prog.is_type_param(x.typ)
                        && self
                            .prog
                            .specific_types(x.typ)
                            .iter()
                            .all(|&t| self.prog.pointer_base(t).is_some());
                    let what = self.operand_string(x);
                    let message = if pointers {
                        format!("invalid operation: pointers of {what} must have identical base types")
                    } else {
                        format!("invalid operation: cannot indirect {what}")
                    };
                    self.error(x.pos(), "InvalidIndirection", message);
                    x.invalidate();
                }
            },
        }
    }

    /// `x.(T)`
    fn type_assert(&mut self, x: &mut Operand<'a>, e: &'a Expr, operand: &'a Expr, t: &'a Expr) {
        self.expr(None, x, operand);
        if !x.is_valid() {
            return;
        }
        if self.prog.is_type_param(x.typ) {
            let what = self.operand_string(x);
            let message =
                format!("invalid operation: cannot use type assertion on type parameter value {what}");
            self.error(x.pos(), "InvalidAssert", message);
            x.invalidate();
            return;
        }
        if !self.prog.is_interface(x.typ) {
            let message = format!("invalid operation: {} is not an interface", self.operand_string(x));
            self.error(x.pos(), "InvalidAssert", message);
            x.invalidate();
            return;
        }
        let t = self.var_type(t);
        if !self.prog.is_valid(t) || !self.is_complete(t) {
            x.invalidate();
            return;
        }
        self.type_assertion(e, x, t, false);
        x.mode = Mode::CommaOk;
        x.typ = t;
    }

    /// Reports a type assertion (or a case of a type switch, `e` being the case) that cannot succeed.
    pub fn type_assertion(&mut self, e: &'a Expr, x: &Operand<'a>, t: TypeId, type_switch: bool) {
        let Err(cause) = self.assertable_to(x.typ, t) else { return };
        let (what, t) = (expr_string(e), self.type_string(t));
        let message = if type_switch {
            let x = self.operand_string(x);
            format!("impossible type switch case: {what}\n\t{x} cannot have dynamic type {t} {cause}")
        } else {
            let v = self.type_string(x.typ);
            format!("impossible type assertion: {what}\n\t{t} does not implement {v} {cause}")
        };
        self.error(e.start(), "ImpossibleAssert", message);
    }

    /// Checks expressions whose values nobody wants, for the errors in them and the uses of variables. False if
    /// there are errors.
    pub fn use_exprs(&mut self, list: &'a [Expr]) -> bool {
        // All of them, whatever the first ones give.
        list.iter().filter(|e| !self.use_one(e, false)).count() == 0
    }

    /// One expression, see [`Self::use_exprs`].
    pub fn use_expr(&mut self, e: &'a Expr) -> bool {
        self.use_one(e, false)
    }

    /// Left-hand sides of an assignment: variables assigned to are not used by that.
    pub fn use_lhs(&mut self, list: &'a [Expr]) -> bool {
        list.iter().filter(|e| !self.use_one(e, true)).count() == 0
    }

    fn use_one(&mut self, e: &'a Expr, lhs: bool) -> bool {
        let mut x = self.operand();
        match &e.unparen().kind {
            ExprKind::Name(id) if id.is_blank() => return true,
            ExprKind::Name(id) => {
                let var = if lhs { self.local_use_state(&id.name) } else { None };
                self.generic_expr_or_type(&mut x, e.unparen());
                self.restore_use_state(var);
            }
            ExprKind::KeyValue(_, v) => return self.use_one(v, lhs),
            _ => {
                self.generic_raw_expr(None, &mut x, e, None);
            }
        }
        x.is_valid()
    }

    /// Checks the length of an array type; -1 if it is wrong, which is reported.
    pub fn array_length(&mut self, e: &'a Expr) -> i64 {
        if let ExprKind::Name(id) = &e.kind {
            match self.lookup(&id.name) {
                None => {
                    let message = format!("undefined array length {} or missing type constraint", id.name);
                    self.error(e.start(), "InvalidArrayLen", message);
                    return -1;
                }
                Some(obj) if !matches!(self.prog.obj(obj).kind, crate::object::ObjKind::Const { .. }) => {
                    self.error(e.start(), "InvalidArrayLen", format!("invalid array length {}", id.name));
                    return -1;
                }
                Some(_) => {}
            }
        }
        let mut x = self.operand();
        self.expr(None, &mut x, e);
        if x.mode != Mode::Constant {
            if x.is_valid() {
                let message = format!("array length {} must be constant", self.operand_string(&x));
                self.error(x.pos(), "InvalidArrayLen", message);
            }
            return -1;
        }
        let integer = self.prog.is_integer(x.typ);
        if (integer || self.prog.is_untyped(x.typ))
            && let Some(n) = x.val.as_ref().and_then(|v| v.as_i64())
            && n >= 0
        {
            return n;
        }
        if x.val.as_ref().is_some_and(|v| v.is_unknown()) {
            return -1;
        }
        let message = if integer {
            format!("invalid array length {}", self.operand_string(&x))
        } else {
            format!("array length {} must be integer", self.operand_string(&x))
        };
        self.error(x.pos(), "InvalidArrayLen", message);
        -1
    }
}

fn nth_result(i: usize) -> String {
    let suffix = match i {
        0 => "st",
        1 => "nd",
        2 => "rd",
        _ => "th",
    };
    format!("{}{suffix} function result", i + 1)
}
