//! Terminating statements: after which statements does control never go on?
//!
//! Go counterpart: `go/types/return.go`.

use crate::checker::Checker;
use gort_syntax::ast::{BranchKind, CaseClause, ExprKind, Stmt, StmtKind};

impl<'a> Checker<'a> {
    /// Does the last statement that is not empty terminate?
    pub(crate) fn is_terminating_list(&self, list: &[Stmt]) -> bool {
        let last = list.iter().rev().find(|s| !matches!(s.kind, StmtKind::Empty));
        last.is_some_and(|s| self.is_terminating(s, ""))
    }

    /// Does `s`, labelled `label` if not "", terminate?
    fn is_terminating(&self, s: &Stmt, label: &str) -> bool {
        match &s.kind {
            StmtKind::Labeled(l, s) => self.is_terminating(s, &l.name),
            StmtKind::Expr(e) => {
                let e = e.unparen();
                matches!(e.kind, ExprKind::Call(_)) && self.env.is_panic.contains(&e.id)
            }
            StmtKind::Return(_) | StmtKind::Branch(BranchKind::Goto | BranchKind::Fallthrough, _) => true,
            StmtKind::Block(b) => self.is_terminating_list(&b.stmts),
            StmtKind::If(i) => {
                let els = i.els.as_ref().is_some_and(|e| self.is_terminating(e, ""));
                els && self.is_terminating_list(&i.then.stmts)
            }
            StmtKind::Switch(s) => self.is_terminating_switch(&s.cases, label),
            StmtKind::TypeSwitch(s) => self.is_terminating_switch(&s.cases, label),
            StmtKind::Select(s) => s
                .cases
                .iter()
                .all(|c| self.is_terminating_list(&c.body) && !has_break_list(&c.body, label, true)),
            StmtKind::For(f) => f.cond.is_none() && !has_break_list(&f.body.stmts, label, true),
            // A statement that did not parse: no second complaint.
            StmtKind::Bad => true,
            _ => false,
        }
    }

    fn is_terminating_switch(&self, cases: &[CaseClause], label: &str) -> bool {
        cases.iter().any(|c| c.exprs.is_none())
            && cases
                .iter()
                .all(|c| self.is_terminating_list(&c.body) && !has_break_list(&c.body, label, true))
    }
}

/// Contains `s` a break out of the statement labelled `label`, or (if `implicit`) out of the innermost one?
fn has_break(s: &Stmt, label: &str, implicit: bool) -> bool {
    match &s.kind {
        StmtKind::Labeled(_, s) => has_break(s, label, implicit),
        StmtKind::Branch(BranchKind::Break, None) => implicit,
        StmtKind::Branch(BranchKind::Break, Some(l)) => &*l.name == label,
        StmtKind::Block(b) => has_break_list(&b.stmts, label, implicit),
        StmtKind::If(i) => {
            has_break_list(&i.then.stmts, label, implicit)
                || i.els.as_ref().is_some_and(|e| has_break(e, label, implicit))
        }
        _ if label.is_empty() => false,
        StmtKind::Switch(s) => s.cases.iter().any(|c| has_break_list(&c.body, label, false)),
        StmtKind::TypeSwitch(s) => s.cases.iter().any(|c| has_break_list(&c.body, label, false)),
        StmtKind::Select(s) => s.cases.iter().any(|c| has_break_list(&c.body, label, false)),
        StmtKind::For(f) => has_break_list(&f.body.stmts, label, false),
        StmtKind::Range(r) => has_break_list(&r.body.stmts, label, false),
        _ => false,
    }
}

fn has_break_list(list: &[Stmt], label: &str, implicit: bool) -> bool {
    list.iter().any(|s| has_break(s, label, implicit))
}
