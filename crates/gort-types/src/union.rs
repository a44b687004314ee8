//! Unions of types in constraints, and the algebra of their terms.
//!
//! A term `~T` is all types whose underlying type is T, a term `T` only T. Go counterpart:
//! `go/types/union.go`, `typeterm.go`, `termlist.go`.

use crate::checker::Checker;
use crate::info::Mode;
use crate::program::Program;
use crate::types::{Term, Type, TypeId};
use gort_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use gort_syntax::source::Pos;

/// Unions of more terms are not handled, as in gc.
const MAX_TERMS: usize = 100;

impl Program {
    /// Have the terms no type in common?
    pub(crate) fn disjoint(&self, x: Term, y: Term) -> bool {
        let ux = if y.tilde { self.under(x.typ) } else { x.typ };
        let uy = if x.tilde { self.under(y.typ) } else { y.typ };
        !self.identical(ux, uy)
    }

    /// Is `t` one of the term's types?
    pub fn term_includes(&self, x: Term, t: TypeId) -> bool {
        let u = if x.tilde { self.under(t) } else { t };
        self.identical(x.typ, u)
    }

    fn term_subset(&self, x: Term, y: Term) -> bool {
        !self.disjoint(x, y) && (!x.tilde || y.tilde)
    }

    /// What is in both lists.
    pub(crate) fn intersect_terms(&self, a: &[Term], b: &[Term]) -> Vec<Term> {
        let mut out = Vec::new();
        for &x in a {
            for &y in b {
                if !self.disjoint(x, y) {
                    out.push(if x.tilde && !y.tilde { y } else { x });
                }
            }
        }
        self.normalized(out)
    }

    /// Without terms that others include.
    pub(crate) fn normalized(&self, terms: Vec<Term>) -> Vec<Term> {
        let mut out: Vec<Term> = Vec::new();
        for x in terms {
            if out.iter().any(|&y| self.term_subset(x, y)) {
                continue;
            }
            out.retain(|&y| !self.term_subset(y, x));
            out.push(x);
        }
        out
    }

    /// Is every type of `a` one of `b`? `None` is all types.
    pub(crate) fn terms_subset(&self, a: Option<&[Term]>, b: Option<&[Term]>) -> bool {
        match (a, b) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => a.iter().all(|&x| b.iter().any(|&y| self.term_subset(x, y))),
        }
    }

    /// The same types?
    pub(crate) fn same_terms(&self, a: Option<&[Term]>, b: Option<&[Term]>) -> bool {
        self.terms_subset(a, b) && self.terms_subset(b, a)
    }
}

impl<'a> Checker<'a> {
    /// An embedded element: a type, or a union of types and `~T`s.
    pub(crate) fn union(&mut self, e: &'a Expr) -> TypeId {
        if !is_union(e) {
            let t = self.typ(e);
            return self.no_type_param(e, t, "term cannot be a type parameter".into());
        }
        let mut terms = Vec::new();
        self.union_terms(e, &mut terms);
        let positions: Vec<Pos> = terms.iter().map(|&(_, p)| p).collect();
        let t = self.prog.add_type(Type::Union(terms.into_iter().map(|(t, _)| t).collect()));
        self.record_type_and_value(e, Mode::TypExpr, t, None);
        self.later(crate::checker::Delayed::Union(t, positions));
        t
    }

    fn union_terms(&mut self, e: &'a Expr, terms: &mut Vec<(Term, Pos)>) {
        match &e.kind {
            ExprKind::Binary(BinaryOp::Or, a, b) => {
                self.union_terms(a, terms);
                self.union_terms(b, terms);
            }
            ExprKind::Unary(UnaryOp::Tilde, x) => {
                let typ = self.typ(x);
                let text = crate::exprstring::expr_string(e);
                let typ =
                    self.no_type_param(x, typ, format!("type in term {text} cannot be a type parameter"));
                terms.push((Term { tilde: true, typ }, e.start()));
            }
            _ => {
                let typ = self.typ(e);
                let typ = self.no_type_param(e, typ, "term cannot be a type parameter".into());
                terms.push((Term { tilde: false, typ }, e.start()));
            }
        }
    }

    fn no_type_param(&mut self, e: &'a Expr, t: TypeId, msg: String) -> TypeId {
        if !self.prog.is_type_param(t) {
            return t;
        }
        self.error(e.start(), "MisplacedTypeParam", msg);
        self.prog.invalid()
    }

    /// Checks the terms of a union, once their types are known.
    pub(crate) fn check_union(&mut self, t: TypeId, positions: &[Pos]) {
        let Type::Union(terms) = self.prog.ty(t).clone() else { return };
        let count = |t: &Term| self.prog.type_set(t.typ).terms.as_ref().map_or(1, Vec::len);
        let too_many = match positions.get(MAX_TERMS) {
            Some(&pos) => Some(pos),
            None if terms.iter().map(count).sum::<usize>() > MAX_TERMS => positions.first().copied(),
            None => None,
        };
        if let Some(pos) = too_many {
            let msg = format!("cannot handle more than {MAX_TERMS} union terms (implementation limitation)");
            self.error(pos, "InvalidUnion", msg);
            return;
        }
        for (i, (&term, &pos)) in terms.iter().zip(positions).enumerate() {
            if !self.prog.is_valid(term.typ) {
                continue;
            }
            const CODE: &str = "InvalidUnion";
            let s = self.type_string(term.typ);
            let u = self.prog.under(term.typ);
            let is_interface = self.prog.is_interface(u);
            if term.tilde && is_interface {
                self.error(pos, CODE, format!("invalid use of ~ ({s} is an interface)"));
            } else if term.tilde && !self.prog.identical(u, term.typ) {
                let us = self.type_string(u);
                self.error(pos, CODE, format!("invalid use of ~ (underlying type of {s} is {us})"));
            } else if is_interface {
                let set = self.prog.type_set(u).into_owned();
                if !set.methods.is_empty() {
                    self.error(pos, CODE, format!("cannot use {s} in union ({s} contains methods)"));
                } else if term.typ == self.prog.comparable_type {
                    self.error(pos, CODE, "cannot use comparable in union");
                } else if set.comparable {
                    self.error(pos, CODE, format!("cannot use {s} in union ({s} embeds comparable)"));
                }
            } else {
                let other = terms
                    .iter()
                    .take(i)
                    .copied()
                    .find(|&o| !self.prog.is_interface(o.typ) && !self.prog.disjoint(o, term));
                if let Some(o) = other {
                    let show = |c: &Self, t: Term| {
                        format!("{}{}", if t.tilde { "~" } else { "" }, c.type_string(t.typ))
                    };
                    let msg = format!("overlapping terms {} and {}", show(self, term), show(self, o));
                    self.error(pos, CODE, msg);
                }
            }
        }
    }
}

/// `~T` or `A | B`
pub(crate) fn is_union(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Binary(BinaryOp::Or, ..) | ExprKind::Unary(UnaryOp::Tilde, _))
}
