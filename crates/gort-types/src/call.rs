//! `f(x)`: calls, conversions, and what counts as an argument.
//!
//! Go counterpart: `go/types/call.go`.

use crate::builtins::builtin_class;
use crate::checker::Checker;
use crate::expr::ExprClass;
use crate::exprstring::expr_string;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, Signature, Type, TypeId};
use gort_syntax::ast::{CallExpr, Expr, ExprKind};

/// What arguments are checked against.
pub struct Params<'t> {
    /// Parameter types; the last one of a variadic function is a slice.
    pub types: &'t [TypeId],
    /// Last parameter is `...T`.
    pub variadic: bool,
}

impl<'a> Checker<'a> {
    /// Checks a call or conversion.
    pub fn call_expr(&mut self, x: &mut Operand<'a>, e: &'a Expr, call: &'a CallExpr) -> ExprClass {
        let mut written: &'a [Expr] = &[];
        match &call.fun.kind {
            ExprKind::Index(operand, index) => {
                *x = self.operand();
                if self.index_expr(x, &call.fun, operand, index) {
                    written = index;
                }
                x.expr = Some(&call.fun);
                self.record(x);
            }
            _ => self.generic_expr_or_type(x, &call.fun),
        }
        self.exclude(x, false, false);
        self.single_value(x);
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(&call.args);
                ExprClass::Statement
            }
            Mode::TypExpr => {
                if self.prog.is_generic(x.typ) || self.generic_alias_of(&call.fun).is_some() {
                    let text = self.generic_text(&call.fun, x.typ);
                    let message = format!("cannot use generic type {text} without instantiation");
                    self.error(x.pos(), "WrongTypeArgCount", message);
                    self.use_exprs(&call.args);
                    x.invalidate();
                    return ExprClass::Conversion;
                }
                self.conversion_call(x, e, call);
                ExprClass::Conversion
            }
            Mode::Builtin(id) => {
                if !self.builtin(x, e, call, id) {
                    x.invalidate();
                }
                if x.is_valid() && x.mode != Mode::Constant {
                    self.env.has_call_or_recv = true;
                    x.val = None;
                }
                builtin_class(id)
            }
            _ => {
                self.function_call(x, e, call, written);
                ExprClass::Statement
            }
        }
    }

    fn conversion_call(&mut self, x: &mut Operand<'a>, e: &'a Expr, call: &'a CallExpr) {
        let t = x.typ;
        x.invalidate();
        if !self.is_complete_as(t, Some(&call.fun)) || !self.prog.is_valid(t) {
            self.use_exprs(&call.args);
            return;
        }
        match call.args.as_slice() {
            [] => {
                let message = format!("missing argument in conversion to {}", self.type_string(t));
                self.error(e.start(), "WrongArgCount", message);
            }
            [arg] => {
                self.expr(Some(t), x, arg);
                if !x.is_valid() {
                    return;
                }
                if self.is_constraint(t) {
                    let message = format!(
                        "cannot use interface {} in conversion (contains specific type constraints or is comparable)",
                        self.type_string(t)
                    );
                    self.error(e.start(), "MisplacedConstraintIface", message);
                    x.invalidate();
                    return;
                }
                if call.ellipsis.is_some() {
                    let message = format!("invalid use of ... in conversion to {}", self.type_string(t));
                    self.error(arg.start(), "BadDotDotDotSyntax", message);
                    x.invalidate();
                    return;
                }
                self.conversion(x, t);
            }
            [.., last] => {
                self.use_exprs(&call.args);
                let message = format!("too many arguments in conversion to {}", self.type_string(t));
                self.error(last.start(), "WrongArgCount", message);
            }
        }
    }

    /// An interface that is good for constraining type parameters only?
    fn is_constraint(&self, t: TypeId) -> bool {
        self.prog.is_interface(t) && {
            let set = self.prog.type_set(t);
            set.terms.is_some() || set.comparable
        }
    }

    fn function_call(&mut self, x: &mut Operand<'a>, e: &'a Expr, call: &'a CallExpr, written: &'a [Expr]) {
        let core = self.prog.core(x.typ);
        let Some(sig) = self.prog.signature_of(core).cloned() else {
            if self.prog.is_valid(self.prog.under(x.typ)) {
                let what = self.operand_string(x);
                let why = match self.prog.common_under(x.typ) {
                    Err(why) => why,
                    Ok(_) => format!("{} is not a function", self.type_string(x.typ)),
                };
                let message = format!("invalid operation: cannot call {what}: {why}");
                self.error(x.pos(), "InvalidCall", message);
            }
            self.use_exprs(&call.args);
            x.invalidate();
            return;
        };
        let Some(sig) = self.call_arguments(e, call, core, sig, written) else {
            x.invalidate();
            return;
        };
        self.call_result(x, sig);
        self.env.has_call_or_recv = true;
    }

    fn call_result(&mut self, x: &mut Operand<'a>, sig: Signature) {
        x.val = None;
        match sig.results.as_slice() {
            [] => x.mode = Mode::NoValue,
            [one] => {
                x.mode = Mode::Value;
                x.typ = self.prog.obj_type(*one);
                if !self.is_complete(x.typ) {
                    x.invalidate();
                }
            }
            _ => {
                x.mode = Mode::Value;
                x.typ = self.prog.add_type(Type::Tuple(sig.results));
            }
        }
    }

    /// Checks arguments against parameters. Returns the arguments as converted.
    pub fn arguments(
        &mut self,
        e: &'a Expr,
        call: &'a CallExpr,
        params: &Params<'_>,
        mut args: Vec<Operand<'a>>,
    ) -> Vec<Operand<'a>> {
        if let Some(wanted) = self.wanted_types(e, call, params, &args) {
            self.assign_arguments(call, &wanted, &mut args);
        }
        args
    }

    /// Assigns arguments to as many parameters.
    pub(crate) fn assign_arguments(
        &mut self,
        call: &'a CallExpr,
        wanted: &[TypeId],
        args: &mut [Operand<'a>],
    ) {
        let context = format!("argument to {}", expr_string(&call.fun));
        for (arg, &t) in args.iter_mut().zip(wanted) {
            self.assignment(arg, Some(t), &context);
        }
    }

    /// The parameter type for each argument; `None` if the number is wrong, which is reported.
    pub(crate) fn wanted_types(
        &mut self,
        e: &'a Expr,
        call: &'a CallExpr,
        params: &Params<'_>,
        args: &[Operand<'a>],
    ) -> Option<Vec<TypeId>> {
        let dots = call.ellipsis.is_some();
        let mut wanted = params.types.to_vec();
        if params.variadic {
            if dots {
                if let ([only], true) = (call.args.as_slice(), args.len() > 1) {
                    let message = format!("cannot use ... with {}-valued {}", args.len(), expr_string(only));
                    self.error(e.start(), "InvalidDotDotDot", message);
                    return None;
                }
            } else if let Some(last) = wanted.pop() {
                let elem = self.prog.slice_elem(last).unwrap_or(last);
                wanted.resize(wanted.len().max(args.len()), elem);
            }
        } else if dots {
            let message = format!("cannot use ... in call to non-variadic {}", expr_string(&call.fun));
            self.error(e.start(), "NonVariadicDotDotDot", message);
            return None;
        }
        if args.len() != wanted.len() {
            self.argument_count_error(e, call, params, args, wanted.len());
            return None;
        }
        Some(wanted)
    }

    fn argument_count_error(
        &mut self,
        e: &'a Expr,
        call: &'a CallExpr,
        params: &Params<'_>,
        args: &[Operand<'a>],
        wanted: usize,
    ) {
        let (qualifier, at) = match args.get(wanted) {
            Some(extra) => ("too many", extra.pos()),
            None => ("not enough", args.last().map_or(e.start(), Operand::pos)),
        };
        let have: Vec<_> = args.iter().map(|a| a.typ).collect();
        let message = format!(
            "{qualifier} arguments in call to {}\n\thave {}\n\twant {}",
            expr_string(&call.fun),
            self.types_summary(&have, false, call.ellipsis.is_some()),
            self.types_summary(params.types, params.variadic, false)
        );
        self.error(at, "WrongArgCount", message);
    }

    /// `(int, number, ...string)`: types in a message about wrong counts.
    pub fn types_summary(&self, list: &[TypeId], variadic: bool, dots: bool) -> String {
        let text = |(i, &t): (usize, &TypeId)| {
            let mut s = match self.prog.basic_kind(t) {
                Some(BasicKind::Invalid) => "unknown type".into(),
                Some(k) if k.is_untyped() && self.prog.is_numeric(t) => "number".into(),
                Some(k) if k.is_untyped() => k.name().replace("untyped ", ""),
                _ => self.type_string(t),
            };
            if i + 1 == list.len() {
                if variadic {
                    let elem = self.prog.slice_elem(t).map_or(s, |elem| self.type_string(elem));
                    s = format!("...{elem}");
                } else if dots {
                    s.push_str("...");
                }
            }
            s
        };
        let all: Vec<String> = list.iter().enumerate().map(text).collect();
        format!("({})", all.join(", "))
    }
}
