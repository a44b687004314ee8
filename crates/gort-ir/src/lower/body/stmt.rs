//! Statements: dispatch, blocks, if, for, return.

use super::Body;
use super::value::Val;
use crate::inst::Op;
use gort_syntax::ast::{Decl, Expr, ExprKind, ForStmt, IfStmt, Stmt, StmtKind};
use gort_syntax::source::Pos;
use gort_types::object::ObjId;

impl<'a> Body<'_, 'a> {
    pub(super) fn stmts(&mut self, list: &'a [Stmt]) {
        for (i, s) in list.iter().enumerate() {
            if self.b.is_terminated() {
                // Only a label makes the rest reachable.
                if !list[i..].iter().any(|s| matches!(s.kind, StmtKind::Labeled(..))) {
                    return;
                }
                let dead = self.b.create_block();
                self.b.seal(dead);
                self.b.switch_to(dead);
            }
            self.stmt(s);
        }
    }

    pub(super) fn stmt(&mut self, s: &'a Stmt) {
        self.b.pos = s.pos;
        match &s.kind {
            StmtKind::Bad | StmtKind::Empty => {}
            StmtKind::Decl(d) => {
                if let Decl::Var(v) = &**d {
                    self.var_decl(v);
                }
            }
            StmtKind::Labeled(id, s) => {
                self.begin_label(id);
                self.stmt(s);
                self.take_label();
            }
            StmtKind::Expr(e) => self.expr_stmt(e),
            StmtKind::Send(c, v) => self.send(c, v),
            StmtKind::IncDec(e, inc) => self.inc_dec(e, *inc),
            StmtKind::Assign(a) => self.assign(a),
            StmtKind::ShortVar(a) => self.short_var(a),
            StmtKind::Go(e) => self.go_stmt(e),
            StmtKind::Defer(e) => self.defer_stmt(e),
            StmtKind::Return(list) => self.return_stmt(list, s.pos),
            StmtKind::Branch(kind, label) => self.branch_stmt(*kind, label.as_ref(), s.pos),
            StmtKind::Block(b) => self.block_stmt(&b.stmts),
            StmtKind::If(i) => self.if_stmt(i),
            StmtKind::Switch(s) => self.switch(s),
            StmtKind::TypeSwitch(s) => self.type_switch(s),
            StmtKind::Select(s) => self.select_stmt(s),
            StmtKind::For(f) => self.for_stmt(f),
            StmtKind::Range(r) => self.range(r),
        }
    }

    /// A block; `break` with its label leaves it.
    fn block_stmt(&mut self, list: &'a [Stmt]) {
        match self.take_label() {
            None => self.stmts(list),
            label => {
                let done = self.b.create_block();
                self.enter(label, done, None);
                self.stmts(list);
                self.leave();
                self.b.jump(done);
                self.b.seal(done);
                self.continue_at(done);
            }
        }
    }

    fn expr_stmt(&mut self, e: &'a Expr) {
        let inner = e.unparen();
        match &inner.kind {
            ExprKind::Call(c) => {
                let saved = self.b.pos;
                self.b.pos = inner.pos;
                self.call_values(inner, c);
                self.b.pos = saved;
            }
            _ => {
                self.expr(e);
            }
        }
    }

    fn if_stmt(&mut self, i: &'a IfStmt) {
        let label = self.take_label();
        if let Some(init) = &i.init {
            self.stmt(init);
        }
        let (then, els, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.cond(&i.cond, then, els);
        self.b.seal(then);
        self.b.seal(els);
        let labelled = label.is_some();
        if labelled {
            self.enter(label, done, None);
        }
        // What a constant condition rules out is not lowered, nor what it refers to.
        if self.b.has_preds(then) {
            self.b.switch_to(then);
            self.stmts(&i.then.stmts);
            self.b.jump(done);
        }
        if self.b.has_preds(els) {
            self.b.switch_to(els);
            if let Some(s) = &i.els {
                self.stmt(s);
            }
            self.b.jump(done);
        }
        if labelled {
            self.leave();
        }
        self.b.seal(done);
        self.continue_at(done);
    }

    /// Goes on at a sealed block, unless nothing leads there.
    pub(super) fn continue_at(&mut self, block: crate::func::Block) {
        if self.b.has_preds(block) {
            self.b.switch_to(block);
        }
    }

    /// Variables that a statement declares.
    fn declared(&self, s: Option<&Stmt>) -> Vec<ObjId> {
        match s.map(|s| &s.kind) {
            Some(StmtKind::ShortVar(a)) => a
                .lhs
                .iter()
                .filter_map(|e| match &e.kind {
                    ExprKind::Name(id) => self.l.prog.info.defs.get(&id.id).copied(),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn for_stmt(&mut self, f: &'a ForStmt) {
        let label = self.take_label();
        if let Some(init) = &f.init {
            self.stmt(init);
        }
        let shared = self.l.prog.info.shares_loop_vars(f.body.lbrace);
        let vars = if shared { Vec::new() } else { self.declared(f.init.as_ref()) };
        let (head, body) = (self.b.create_block(), self.b.create_block());
        let (next, done) = (self.b.create_block(), self.b.create_block());
        self.b.jump(head);
        self.b.switch_to(head);
        match &f.cond {
            Some(c) => self.cond(c, body, done),
            None => self.b.jump(body),
        }
        self.b.seal(body);
        self.b.switch_to(body);
        self.enter(label, done, Some(next));
        self.stmts(&f.body.stmts);
        self.leave();
        self.b.jump(next);
        self.b.seal(next);
        if self.b.has_preds(next) {
            self.b.switch_to(next);
            for obj in vars {
                self.renew_cell(obj);
            }
            if let Some(post) = &f.post {
                self.stmt(post);
            }
            self.b.jump(head);
        }
        self.b.seal(head);
        self.b.seal(done);
        self.continue_at(done);
    }

    fn return_stmt(&mut self, list: &'a [Expr], pos: Pos) {
        let types = self.return_types();
        if list.is_empty() && !types.is_empty() {
            return self.return_named();
        }
        let values: Vec<Val> = match list {
            [only] if types.len() > 1 => match &only.unparen().kind {
                ExprKind::Call(c) => {
                    let given = self.tuple_types(only.unparen());
                    self.b.pos = only.unparen().pos;
                    let values = self.call_values(only.unparen(), c);
                    self.b.pos = pos;
                    let pairs = values.into_iter().zip(given).zip(&types);
                    pairs.map(|((v, from), &to)| self.implicit(v, from, to)).collect()
                }
                _ => {
                    self.surprise(pos, "too few results");
                    Vec::new()
                }
            },
            [only] => types.iter().map(|&t| self.expr_to(only, t)).collect(),
            _ => {
                let list: Vec<_> = list.iter().zip(types).collect();
                self.list_to(&list)
            }
        };
        self.return_values(&values);
    }

    /// Nothing follows here.
    pub(super) fn unreachable(&mut self) {
        self.b.emit(Op::Unreachable, &[]);
    }
}
