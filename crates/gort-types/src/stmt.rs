//! Statements.
//!
//! Labels and the places of `break`, `continue`, `goto` and `fallthrough` are checked by the parser. Go
//! counterpart: `go/types/stmt.go`.

use crate::checker::Checker;
use crate::expr::ExprClass;
use crate::info::Mode;
use crate::object::ObjId;
use crate::operand::Operand;
use gort_syntax::ast::{
    AssignStmt, BlockStmt, Expr, ExprKind, ForStmt, IfStmt, SelectStmt, Stmt, StmtKind, UnaryOp,
};
use gort_syntax::source::Pos;

impl<'a> Checker<'a> {
    /// Statements of a block whose scope is open.
    pub(crate) fn stmt_list(&mut self, list: &'a [Stmt]) {
        for s in list {
            self.stmt(s);
        }
    }

    /// A block with a scope of its own.
    pub(crate) fn block(&mut self, b: &'a BlockStmt) {
        self.open_scope(b.lbrace, b.rbrace);
        self.stmt_list(&b.stmts);
        self.close_scope();
    }

    /// One statement, with the bodies of the function literals in it.
    pub(crate) fn stmt(&mut self, s: &'a Stmt) {
        let top = self.delayed.len();
        match &s.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch(..) => {}
            StmtKind::Decl(d) => self.decl_stmt(d),
            StmtKind::Labeled(_, inner) => self.stmt(inner),
            StmtKind::Expr(e) => self.expr_stmt(e),
            StmtKind::Send(ch, value) => self.send_stmt(s.pos, ch, value),
            StmtKind::IncDec(e, inc) => self.inc_dec(e, if *inc { "++" } else { "--" }),
            StmtKind::Assign(a) => self.assign_stmt(s.pos, a),
            StmtKind::ShortVar(a) => self.short_var_decl(s.pos, &a.lhs, &a.rhs),
            StmtKind::Go(e) => self.suspended_call("go", "InvalidGo", e),
            StmtKind::Defer(e) => self.suspended_call("defer", "InvalidDefer", e),
            StmtKind::Return(results) => self.return_stmt(s.pos, results),
            StmtKind::Block(b) => self.block(b),
            StmtKind::If(i) => self.if_stmt(s.pos, i),
            StmtKind::Switch(sw) => self.switch_stmt(s.pos, sw),
            StmtKind::TypeSwitch(sw) => self.type_switch_stmt(s.pos, sw),
            StmtKind::Select(sel) => self.select_stmt(sel),
            StmtKind::For(f) => self.for_stmt(s.pos, f),
            StmtKind::Range(r) => self.range_stmt(s.pos, r),
        }
        self.process_delayed(top);
    }

    /// A simple statement in the head of another one.
    pub(crate) fn simple_stmt(&mut self, s: Option<&'a Stmt>) {
        if let Some(s) = s {
            self.stmt(s);
        }
    }

    fn expr_stmt(&mut self, e: &'a Expr) {
        let mut x = Operand::invalid(self.prog.invalid());
        let class = self.raw_expr(None, &mut x, e, None);
        let (code, msg) = match x.mode {
            Mode::Invalid => return,
            Mode::Builtin(_) => ("UncalledBuiltin", "must be called"),
            Mode::TypExpr => ("NotAnExpr", "is not an expression"),
            _ if class == ExprClass::Statement => return,
            _ => ("UnusedExpr", "is not used"),
        };
        let text = self.operand_string(&x);
        self.error(e.start(), code, format!("{text} {msg}"));
    }

    fn send_stmt(&mut self, pos: Pos, ch: &'a Expr, value: &'a Expr) {
        let (mut c, mut v) = (Operand::invalid(self.prog.invalid()), Operand::invalid(self.prog.invalid()));
        self.expr(None, &mut c, ch);
        let target = self.prog.chan_of(self.prog.core(c.typ)).map(|(_, elem)| elem);
        self.expr(target, &mut v, value);
        if !c.is_valid() || !v.is_valid() {
            return;
        }
        let _ = pos;
        if let Some(elem) = self.chan_elem(ch.start(), &c, false) {
            self.assignment(&mut v, Some(elem), "send");
        }
    }

    fn assign_stmt(&mut self, pos: Pos, a: &'a AssignStmt) {
        let Some(op) = a.op else {
            self.assign_vars(&a.lhs, &a.rhs);
            return;
        };
        let ([lhs], [rhs]) = (&*a.lhs, &*a.rhs) else {
            let msg = format!("assignment operation {}= requires single-valued expressions", op.text());
            self.error(a.lhs.first().map_or(pos, Expr::start), "MultiValAssignOp", msg);
            return;
        };
        let mut x = Operand::invalid(self.prog.invalid());
        self.binary(&mut x, None, lhs, rhs, op, pos);
        self.assign_var(lhs, None, Some(&mut x), "assignment");
    }

    fn suspended_call(&mut self, keyword: &str, code: &'static str, call: &'a Expr) {
        if !matches!(call.kind, ExprKind::Call(_)) {
            if !matches!(call.kind, ExprKind::Bad) {
                let msg = format!("expression in {keyword} must be function call");
                self.error(call.start(), code, msg);
            }
            self.use_exprs(std::slice::from_ref(call));
            return;
        }
        let mut x = Operand::invalid(self.prog.invalid());
        let (code, msg) = match self.raw_expr(None, &mut x, call, None) {
            ExprClass::Conversion => (code, "requires function call, not conversion"),
            ExprClass::Expression => ("UnusedResults", "discards result of"),
            ExprClass::Statement => return,
        };
        if x.is_valid() {
            let text = self.operand_string(&x);
            self.error(call.start(), code, format!("{keyword} {msg} {text}"));
        }
    }

    fn return_stmt(&mut self, pos: Pos, values: &'a [Expr]) {
        let results: Vec<ObjId> = self
            .env
            .sig
            .and_then(|s| self.prog.signature_of(s))
            .map(|s| s.results.clone())
            .unwrap_or_default();
        let named = results.first().is_some_and(|&r| !self.prog.obj(r).name.is_empty());
        if !values.is_empty() || !named {
            if !results.is_empty() || !values.is_empty() {
                self.init_vars(&results, values, Some(pos));
            }
            return;
        }
        for r in results {
            let name = self.prog.obj(r).name.clone();
            if let Some(alt) = self.lookup(&name)
                && alt != r
            {
                let at = self.pos_string(self.prog.obj(alt).pos);
                let t = self.type_string(self.prog.obj_type(r));
                let msg = format!(
                    "result parameter {name} not in scope at return\n\t{at}: inner declaration of var {name} {t}"
                );
                self.error(pos, "OutOfScopeResult", msg);
            }
        }
    }

    fn condition(&mut self, e: &'a Expr, what: &str) {
        let mut x = Operand::invalid(self.prog.invalid());
        self.expr(None, &mut x, e);
        if x.is_valid() && !self.prog.all_boolean(x.typ) {
            self.error(e.start(), "InvalidCond", format!("non-boolean condition in {what} statement"));
        }
    }

    fn if_stmt(&mut self, pos: Pos, s: &'a IfStmt) {
        self.open_scope(pos, s.then.rbrace);
        self.simple_stmt(s.init.as_ref());
        self.condition(&s.cond, "if");
        self.block(&s.then);
        self.simple_stmt(s.els.as_ref());
        self.close_scope();
    }

    fn for_stmt(&mut self, pos: Pos, s: &'a ForStmt) {
        self.open_scope(pos, s.body.rbrace);
        self.simple_stmt(s.init.as_ref());
        if let Some(cond) = &s.cond {
            self.condition(cond, "for");
        }
        self.simple_stmt(s.post.as_ref());
        self.block(&s.body);
        self.close_scope();
    }

    fn select_stmt(&mut self, s: &'a SelectStmt) {
        let mut default: Option<Pos> = None;
        for c in &s.cases {
            if c.comm.is_none() {
                self.only_default(&mut default, c.pos);
            }
        }
        for c in &s.cases {
            if let Some(comm) = &c.comm
                && !is_communication(comm)
            {
                let msg = "select case must be send or receive (possibly with assignment)";
                self.error(comm_start(comm), "InvalidSelectCase", msg);
                continue;
            }
            self.open_scope(c.pos, c.end);
            self.simple_stmt(c.comm.as_ref());
            self.stmt_list(&c.body);
            self.close_scope();
        }
    }

    /// Reports a second `default` of a switch or select.
    pub(crate) fn only_default(&mut self, first: &mut Option<Pos>, pos: Pos) {
        match *first {
            Some(first) => {
                let at = self.pos_string(first);
                self.error(pos, "DuplicateDefault", format!("multiple defaults (first at {at})"));
            }
            None => *first = Some(pos),
        }
    }
}

fn is_communication(s: &Stmt) -> bool {
    let rhs = match &s.kind {
        StmtKind::Send(..) => return true,
        StmtKind::Expr(e) => e,
        StmtKind::Assign(AssignStmt { rhs, op: None, .. }) | StmtKind::ShortVar(AssignStmt { rhs, .. }) => {
            let [e] = &**rhs else { return false };
            e
        }
        _ => return false,
    };
    matches!(rhs.unparen().kind, ExprKind::Unary(UnaryOp::Recv, _))
}

fn comm_start(s: &Stmt) -> Pos {
    match &s.kind {
        StmtKind::IncDec(e, _) => e.start(),
        StmtKind::Expr(e) => e.pos,
        StmtKind::Assign(a) | StmtKind::ShortVar(a) => a.lhs.first().map_or(s.pos, Expr::start),
        _ => s.pos,
    }
}
