//! Calls of generic functions, and generic functions as arguments and values.
//!
//! Go counterpart: `funcInst`, `genericExprList` and `arguments` in `go/types/call.go`.

use crate::call::Params;
use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::infer::Inference;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{Signature, Type, TypeId};
use gort_syntax::ast::{CallExpr, Expr, ExprKind};
use gort_syntax::source::Pos;

/// Type arguments written with each argument that is a generic function.
type PartialArgs = Vec<Vec<TypeId>>;

impl<'a> Checker<'a> {
    /// Instantiates the generic function `x` with the type arguments written, inferring others from the type
    /// `target` of the variable it goes to.
    pub(crate) fn func_inst(&mut self, target: Option<TypeId>, x: &mut Operand<'a>, written: &'a [Expr]) {
        let Some(targs) = self.written_args(x, written) else {
            x.invalidate();
            return;
        };
        let Type::Signature(sig) = self.prog.ty(x.typ).clone() else { return };
        let pos = x.pos();
        let mut all: Vec<Option<TypeId>> = targs.iter().copied().map(Some).collect();
        all.resize(sig.type_params.len(), None);
        let (tparams, map) = self.rename_tparams(&sig.type_params);
        let target = self.func_target(target);
        if let Some(first) = written.first() {
            self.verify_version(first.start(), 18, "function instantiation");
        }
        if written.is_empty() || targs.len() < sig.type_params.len() {
            let how = if written.is_empty() { "implicitly" } else { "partially" };
            let what = format!("{how} instantiated function in assignment");
            if target.is_some() && !self.verify_version(pos, 21, &what) {
                x.invalidate();
                return;
            }
        }
        let (mut params, mut args) = (Vec::new(), Vec::new());
        if let Some(t) = target {
            let plain = Signature { type_params: Vec::new(), recv: None, ..sig };
            let plain = self.prog.add_type(Type::Signature(plain));
            params.push(self.prog.subst(plain, &map));
            let mut arg = Operand::new(Mode::Value, t, x.expr);
            arg.label = Some("variable in assignment".into());
            args.push(arg);
        }
        let i =
            Inference { tparams: &tparams, targs: &all, params: &params, args: &args, reverse: true, pos };
        match self.infer(&i) {
            Ok(targs) => {
                x.typ = self.instantiate_func(x.expr, x.typ, targs, written, pos);
                x.mode = Mode::Value;
            }
            Err((pos, message)) => {
                if pos.is_some() {
                    let name = x.expr.map(expr_string).unwrap_or_default();
                    let message =
                        if target.is_some() { message } else { format!("in call to {name}, {message}") };
                    let message = message.trim_start_matches(&format!("in call to {name}, ")).to_owned();
                    self.error(pos, "CannotInferTypeArgs", message);
                }
                x.invalidate();
            }
        }
    }

    fn written_args(&mut self, x: &Operand<'a>, written: &'a [Expr]) -> Option<Vec<TypeId>> {
        let targs = self.type_list(written)?;
        let want = match self.prog.ty(x.typ) {
            Type::Signature(s) => s.type_params.len(),
            _ => 0,
        };
        if let Some(extra) = written.get(want) {
            let message = format!("got {} type arguments but want {want}", targs.len());
            self.error(extra.start(), "WrongTypeArgCount", message);
            return None;
        }
        Some(targs)
    }

    /// The signature with these type arguments; verified later.
    fn instantiate_func(
        &mut self,
        e: Option<&'a Expr>,
        generic: TypeId,
        targs: Vec<TypeId>,
        written: &'a [Expr],
        pos: Pos,
    ) -> TypeId {
        let params = match self.prog.ty(generic) {
            Type::Signature(s) => s.type_params.clone(),
            _ => Vec::new(),
        };
        let typ = self.prog.instantiate_signature(generic, &targs);
        if let Some(e) = e {
            self.record_instance(e, targs.clone(), typ);
            let operand = match &e.kind {
                ExprKind::Index(x, _) => Some(&**x),
                _ => None,
            };
            for e in operand.into_iter().chain([e]) {
                self.record_type_and_value(e, Mode::Value, typ, None);
                self.record_selection_type(e, typ);
            }
        }
        let places: Vec<Pos> = written.iter().map(Expr::start).collect();
        self.mono.record_instance(pos, &params, &targs, &places);
        self.verify_later(params, targs, pos, places);
        typ
    }

    fn record_selection_type(&mut self, e: &Expr, typ: TypeId) {
        if let Some(s) = self.prog.info.selections.get_mut(&e.id) {
            s.typ = typ;
        }
    }

    /// Checks a list of arguments among which may be generic functions.
    fn generic_expr_list(&mut self, list: &'a [Expr]) -> (Vec<Operand<'a>>, PartialArgs) {
        if let [one] = list
            && !matches!(one.kind, ExprKind::Index(..) | ExprKind::Name(_) | ExprKind::Selector(..))
        {
            return (self.multi_expr(one, false).0, Vec::new());
        }
        let (mut out, mut partial) = (Vec::new(), Vec::new());
        for e in list {
            let mut x = self.operand();
            let mut targs = Vec::new();
            if let ExprKind::Index(operand, index) = &e.kind {
                if self.index_expr(&mut x, e, operand, index) {
                    match self.written_args(&x, index) {
                        Some(t) if t.len() == self.tparam_count(x.typ) => {
                            x.typ = self.instantiate_func(Some(e), x.typ, t, index, e.start());
                        }
                        Some(t) => targs = t,
                        None => x.invalidate(),
                    }
                }
                x.expr = Some(e);
                if x.mode != Mode::Constant {
                    x.val = None;
                }
                self.record(&x);
            } else {
                self.generic_raw_expr(None, &mut x, e, None);
            }
            self.exclude(&mut x, true, true);
            self.single_value(&mut x);
            out.push(x);
            partial.push(targs);
        }
        (out, partial)
    }

    fn tparam_count(&self, t: TypeId) -> usize {
        match self.prog.ty(t) {
            Type::Signature(s) => s.type_params.len(),
            _ => 0,
        }
    }

    /// Checks the arguments of a call of `sig` (type `generic`); returns the signature, instantiated. `None`:
    /// type arguments are wrong or cannot be inferred, which is reported.
    pub(crate) fn call_arguments(
        &mut self,
        e: &'a Expr,
        call: &'a CallExpr,
        generic: TypeId,
        sig: Signature,
        written: &'a [Expr],
    ) -> Option<Signature> {
        let x = Operand::new(Mode::Value, generic, Some(&call.fun));
        let Some(targs) = self.written_args(&x, written) else {
            self.use_exprs(&call.args);
            return None;
        };
        let n = sig.type_params.len();
        match written.first() {
            Some(first) if n > 0 => _ = self.verify_version(first.start(), 18, "function instantiation"),
            None if n > 0 => _ = self.verify_version(e.pos, 18, "implicit function instantiation"),
            _ => {}
        }
        let (args, partial) = self.generic_expr_list(&call.args);
        let mut args = args;
        // The parts of `f(g())` are all shown as `g()`.
        args.iter_mut().for_each(|a| a.label = None);
        let types: Vec<TypeId> = sig.params.iter().map(|&p| self.prog.obj_type(p)).collect();
        let Some(wanted) =
            self.wanted_types(e, call, &Params { types: &types, variadic: sig.variadic }, &args)
        else {
            return (n == 0).then_some(sig);
        };
        let (mut tparams, map) = self.rename_tparams(&sig.type_params);
        let params = self.prog.subst_list(&wanted, &map);
        let mut known: Vec<Option<TypeId>> = targs.iter().copied().map(Some).collect();
        known.resize(n, None);
        let mut generic_args = Vec::new();
        for (i, arg) in args.iter_mut().enumerate() {
            if arg.is_valid() && self.is_generic_func(arg.typ) {
                let original = arg.typ;
                let fresh = self.rename_argument(arg);
                let from = tparams.len();
                known.extend(partial.get(i).into_iter().flatten().copied().map(Some));
                tparams.extend(fresh);
                known.resize(tparams.len(), None);
                if generic_args.is_empty() && partial.get(i).is_none_or(Vec::is_empty) {
                    let what = "implicitly instantiated function as argument";
                    self.verify_version(arg.pos(), 21, what);
                }
                generic_args.push((i, original, from..tparams.len()));
            }
        }
        if tparams.is_empty() {
            self.assign_arguments(call, &wanted, &mut args);
            return Some(sig);
        }
        let i = Inference {
            tparams: &tparams,
            targs: &known,
            params: &params,
            args: &args,
            reverse: false,
            pos: e.pos,
        };
        let inferred = match self.infer(&i) {
            Ok(t) => t,
            Err((pos, message)) => {
                if pos.is_some() {
                    let message = format!("in call to {}, {message}", expr_string(&call.fun));
                    self.error(pos, "CannotInferTypeArgs", message);
                }
                return None;
            }
        };
        let own: Vec<TypeId> = inferred.iter().take(n).copied().collect();
        let wanted = self.prog.subst_list(&wanted, &crate::subst::SubstMap::new(&sig.type_params, &own));
        let result = if n == 0 {
            sig
        } else {
            let t = self.instantiate_func(Some(&call.fun), generic, own, written, e.pos);
            self.prog.signature_of(t)?.clone()
        };
        for (i, original, range) in generic_args {
            let Some(arg) = args.get_mut(i) else { continue };
            let targs = inferred.get(range).unwrap_or_default().to_vec();
            let pos = arg.pos();
            arg.typ = self.instantiate_func(arg.expr, original, targs, &[], pos);
        }
        self.assign_arguments(call, &wanted, &mut args);
        Some(result)
    }

    /// Gives a generic function as argument fresh type parameters.
    fn rename_argument(&mut self, arg: &mut Operand<'a>) -> Vec<TypeId> {
        let Type::Signature(sig) = self.prog.ty(arg.typ).clone() else { return Vec::new() };
        let (fresh, map) = self.rename_tparams(&sig.type_params);
        let sig = self.prog.subst_signature(sig.clone(), &map).unwrap_or(sig);
        arg.typ = self.prog.add_type(Type::Signature(Signature { type_params: fresh.clone(), ..sig }));
        fresh
    }
}
