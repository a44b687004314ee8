//! Inference of type arguments: from function arguments, from constraints, from untyped constants.
//!
//! Go counterpart: `go/types/infer.go`.

use crate::checker::Checker;
use crate::exprstring::expr_string;
use crate::operand::Operand;
use crate::program::Program;
use crate::subst::SubstMap;
use crate::types::{Type, TypeId};
use crate::unify::{Unifier, UnifyMode};
use gort_syntax::source::Pos;

/// Why inference failed, and where; no position: nothing to report.
pub type InferError = (Pos, String);

/// What to infer, and from what.
pub struct Inference<'i, 'a> {
    /// Type parameters.
    pub tparams: &'i [TypeId],
    /// Arguments that are known.
    pub targs: &'i [Option<TypeId>],
    /// Types of function parameters.
    pub params: &'i [TypeId],
    /// As many function arguments.
    pub args: &'i [Operand<'a>],
    /// From the type of a variable that a function is assigned to.
    pub reverse: bool,
    /// Where to report if no argument is to blame.
    pub pos: Pos,
}

impl Program {
    /// Does one of `tparams` occur in `t`?
    pub fn is_parameterized(&self, tparams: &[TypeId], t: TypeId) -> bool {
        self.parameterized_in(tparams, t, &mut Vec::new())
    }

    fn parameterized_in(&self, tparams: &[TypeId], t: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let mut any = |list: Vec<TypeId>| list.into_iter().any(|t| self.parameterized_in(tparams, t, seen));
        let types =
            |vars: &[crate::object::ObjId]| vars.iter().map(|&v| self.obj_type(v)).collect::<Vec<_>>();
        match self.ty(t) {
            Type::Basic(_) => false,
            Type::TypeParam(_) => tparams.contains(&t),
            Type::Named(n) => any(n.type_args.clone()),
            Type::Pointer(e) | Type::Slice(e) | Type::Array { elem: e, .. } | Type::Chan { elem: e, .. } => {
                any(vec![*e])
            }
            Type::Map { key, elem } => any(vec![*key, *elem]),
            Type::Struct(s) => any(types(&s.fields)),
            Type::Tuple(v) => any(types(v)),
            Type::Signature(s) => any(types(&s.params)) || any(types(&s.results)),
            Type::Union(terms) => any(terms.iter().map(|t| t.typ).collect()),
            Type::Interface(_) => {
                if seen.contains(&t) {
                    return false;
                }
                seen.push(t);
                let set = self.type_set(t);
                let terms = set.terms.iter().flatten().map(|t| t.typ).collect::<Vec<_>>();
                let methods = types(&set.methods);
                terms.into_iter().chain(methods).any(|t| self.parameterized_in(tparams, t, seen))
            }
        }
    }
}

impl<'a> Checker<'a> {
    /// Fresh type parameters in place of `tparams`, and the map to them: a recursive call must not confuse the
    /// caller's with the callee's.
    pub fn rename_tparams(&mut self, tparams: &[TypeId]) -> (Vec<TypeId>, SubstMap) {
        let mut fresh = Vec::with_capacity(tparams.len());
        for &t in tparams {
            let copy = self.prog.ty(t).clone();
            fresh.push(self.prog.add_type(copy));
        }
        let map = SubstMap::new(tparams, &fresh);
        for &t in &fresh {
            let Type::TypeParam(tp) = self.prog.ty(t) else { continue };
            let Some(c) = tp.constraint else { continue };
            let c = self.prog.subst(c, &map);
            if let Type::TypeParam(tp) = self.prog.ty_mut(t) {
                tp.constraint = Some(c);
            }
        }
        (fresh, map)
    }

    /// All type arguments.
    pub fn infer(&mut self, i: &Inference<'_, 'a>) -> Result<Vec<TypeId>, InferError> {
        let n = i.tparams.len();
        let all: Vec<TypeId> = i.targs.iter().copied().flatten().collect();
        if all.len() == n {
            return Ok(all);
        }
        if i.args.iter().any(|a| !a.is_valid()) {
            return Err((Pos::NONE, String::new()));
        }
        let params = self.with_known(i);
        let mut u = Unifier::new(i.tparams, i.targs);
        u.interfaces = self.allow_version(i.pos, 21);
        let untyped = self.infer_from_arguments(&mut u, i, &params)?;
        self.infer_from_constraints(&mut u, i)?;
        self.infer_from_untyped(&mut u, i, &params, &untyped)?;
        let mut inferred = u.inferred(i.tparams);
        self.kill_cycles(i.tparams, &mut inferred);
        self.simplify(i.tparams, &mut inferred);
        for (&p, t) in i.tparams.iter().zip(&inferred) {
            if t.is_none_or(|t| self.prog.is_parameterized(i.tparams, t)) {
                let (name, pos) = self.tparam_name_pos(p);
                return Err((i.pos, format!("cannot infer {name} (declared at {})", self.pos_string(pos))));
            }
        }
        Ok(inferred.into_iter().flatten().collect())
    }

    fn tparam_name_pos(&self, p: TypeId) -> (String, Pos) {
        match self.prog.ty(p) {
            Type::TypeParam(tp) => {
                let o = self.prog.obj(tp.obj);
                (o.name.to_string(), o.pos)
            }
            _ => (String::new(), Pos::NONE),
        }
    }

    fn with_known(&mut self, i: &Inference<'_, 'a>) -> Vec<TypeId> {
        let known: (Vec<TypeId>, Vec<TypeId>) =
            i.tparams.iter().zip(i.targs).filter_map(|(&p, &a)| a.map(|a| (p, a))).unzip();
        let map = SubstMap::new(&known.0, &known.1);
        self.prog.subst_list(i.params, &map)
    }

    /// Returns the indices of untyped arguments for type parameters.
    fn infer_from_arguments(
        &mut self,
        u: &mut Unifier,
        i: &Inference<'_, 'a>,
        params: &[TypeId],
    ) -> Result<Vec<usize>, InferError> {
        let mut untyped = Vec::new();
        for (k, (&par, arg)) in params.iter().zip(i.args).enumerate() {
            if !self.prog.is_parameterized(i.tparams, par) && !self.prog.is_parameterized(i.tparams, arg.typ)
            {
                continue;
            }
            if self.prog.is_typed(arg.typ) {
                if !self.unify(u, par, arg.typ, UnifyMode::ASSIGN) {
                    return Err(self.mismatch(u, i, par, arg));
                }
            } else if self.prog.is_type_param(par) && !arg.is_nil() {
                untyped.push(k);
            }
        }
        Ok(untyped)
    }

    fn mismatch(&mut self, u: &Unifier, i: &Inference<'_, 'a>, par: TypeId, arg: &Operand<'a>) -> InferError {
        let text = match (&arg.label, arg.expr) {
            (Some(l), _) => l.to_string(),
            (None, Some(e)) => expr_string(e),
            (None, None) => String::new(),
        };
        let targ = self.type_string(arg.typ);
        let inferred = u.inferred(i.tparams);
        let pars = self.type_string(par);
        if inferred.iter().all(Option::is_none) {
            let names: Vec<String> = i.tparams.iter().map(|&p| self.type_string(p)).collect();
            let list = name_list(&names);
            return (arg.pos(), format!("type {targ} of {text} does not match {pars} (cannot infer {list})"));
        }
        let known: (Vec<TypeId>, Vec<TypeId>) =
            i.tparams.iter().zip(inferred).filter_map(|(&p, a)| a.map(|a| (p, a))).unzip();
        let got = self.prog.subst(par, &SubstMap::new(&known.0, &known.1));
        let gots = self.type_string(got);
        let msg = if got == par {
            format!("type {targ} of {text} does not match {pars}")
        } else if i.reverse {
            format!("inferred type {gots} for {pars} does not match type {targ} of {text}")
        } else {
            format!("type {targ} of {text} does not match inferred type {gots} for {pars}")
        };
        (arg.pos(), msg)
    }

    fn infer_from_constraints(&mut self, u: &mut Unifier, i: &Inference<'_, 'a>) -> Result<(), InferError> {
        loop {
            let before = u.unknowns();
            for &p in i.tparams {
                let tx = u.at(p);
                if let Some((core, tilde, single)) = self.prog.core_term(p) {
                    match tx {
                        Some(tx) if !self.unify(u, tx, core, UnifyMode::INEXACT) => {
                            return Err((i.pos, self.unsatisfied(p, tx, "")));
                        }
                        None if single && !tilde => u.set(p, core),
                        Some(_) | None => {}
                    }
                }
                let Some(tx) = tx else { continue };
                if !self.prog.is_parameterized(i.tparams, tx)
                    && let Err(cause) = self.unify_methods(u, tx, p)
                {
                    return Err((i.pos, self.unsatisfied(p, tx, &cause)));
                }
            }
            if u.unknowns() == before {
                return Ok(());
            }
        }
    }

    fn unsatisfied(&self, p: TypeId, t: TypeId, cause: &str) -> String {
        let constraint = match self.prog.ty(p) {
            Type::TypeParam(tp) => tp.constraint.map(|c| self.type_string(c)).unwrap_or_default(),
            _ => String::new(),
        };
        let space = if cause.is_empty() { "" } else { " " };
        format!(
            "{} (type {}) does not satisfy {constraint}{space}{cause}",
            self.type_string(p),
            self.type_string(t)
        )
    }

    /// Unifies the methods of `t` with those of the constraint of `p`.
    fn unify_methods(&mut self, u: &mut Unifier, t: TypeId, p: TypeId) -> Result<(), String> {
        let methods = self.prog.type_set(p).methods.clone();
        for m in methods {
            let o = self.prog.obj(m);
            let found = if self.prog.is_interface(t) || self.prog.is_type_param(t) {
                self.prog.type_set_method(t, o.pkg, &o.name, false).map(|(_, f)| f)
            } else {
                match self.prog.lookup_field_or_method(t, false, o.pkg, &o.name, false) {
                    crate::lookup::LookupResult::Found { obj, .. } => Some(obj),
                    _ => None,
                }
            };
            if let Some(f) = found {
                self.obj_decl(f);
                let (tf, tm) = (self.prog.obj_type(f), self.prog.obj_type(m));
                if self.unify(u, tf, tm, UnifyMode::EXACT) {
                    continue;
                }
            }
            let missing = self.missing_method(t, p, true);
            return Err(missing.map(|m| m.cause).unwrap_or_default());
        }
        Ok(())
    }

    fn infer_from_untyped(
        &mut self,
        u: &mut Unifier,
        i: &Inference<'_, 'a>,
        params: &[TypeId],
        untyped: &[usize],
    ) -> Result<(), InferError> {
        let mut max: Vec<(TypeId, TypeId)> = Vec::new();
        for &k in untyped {
            let (Some(&p), Some(arg)) = (params.get(k), i.args.get(k)) else { continue };
            if u.at(p).is_some() {
                continue;
            }
            match max.iter_mut().find(|(q, _)| *q == p) {
                None => max.push((p, arg.typ)),
                Some((_, t)) => match self.max_type(*t, arg.typ) {
                    Some(m) => *t = m,
                    None => {
                        let (a, b, p) =
                            (self.type_string(*t), self.type_string(arg.typ), self.type_string(p));
                        return Err((arg.pos(), format!("mismatched types {a} and {b} (cannot infer {p})")));
                    }
                },
            }
        }
        for (p, t) in max {
            let t = self.prog.default_type(t);
            u.set(p, t);
        }
        Ok(())
    }

    /// Forgets arguments that contain their own parameter.
    fn kill_cycles(&self, tparams: &[TypeId], inferred: &mut [Option<TypeId>]) {
        let mut again = true;
        while again {
            again = false;
            for k in 0..tparams.len() {
                let mut reached: Vec<TypeId> = Vec::new();
                let mut work: Vec<TypeId> = inferred.get(k).copied().flatten().into_iter().collect();
                while let Some(t) = work.pop() {
                    for (j, &p) in tparams.iter().enumerate() {
                        if self.prog.is_parameterized(&[p], t) && !reached.contains(&p) {
                            reached.push(p);
                            work.extend(inferred.get(j).copied().flatten());
                        }
                    }
                }
                if tparams.get(k).is_some_and(|p| reached.contains(p))
                    && let Some(slot) = inferred.get_mut(k)
                {
                    *slot = None;
                    again = true;
                }
            }
        }
    }

    /// Replaces parameters in arguments by their arguments.
    fn simplify(&mut self, tparams: &[TypeId], inferred: &mut [Option<TypeId>]) {
        for _ in 0..=tparams.len() {
            let known: (Vec<TypeId>, Vec<TypeId>) =
                tparams.iter().zip(inferred.iter()).filter_map(|(&p, a)| a.map(|a| (p, a))).unzip();
            let map = SubstMap::new(&known.0, &known.1);
            let mut changed = false;
            for slot in inferred.iter_mut() {
                if let Some(t) = *slot {
                    let mut new = self.prog.subst(t, &map);
                    if new != t {
                        changed = true;
                        if let Type::Signature(s) = self.prog.ty(new)
                            && !s.type_params.is_empty()
                            && !self.prog.is_parameterized(tparams, new)
                        {
                            let plain = crate::types::Signature { type_params: Vec::new(), ..s.clone() };
                            new = self.prog.add_type(Type::Signature(plain));
                        }
                        *slot = Some(new);
                    }
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// `P`, `P and Q`, `P, Q, and R`
fn name_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [a] => a.clone(),
        [a, b] => format!("{a} and {b}"),
        [start @ .., last] => format!("{}, and {last}", start.join(", ")),
    }
}
