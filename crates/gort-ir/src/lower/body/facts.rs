//! What is known of a function's variables before it is lowered.
//!
//! One walk over a declared function with all literals in it. The escape rule of today is simple: a
//! variable whose address is taken lives in the heap, and so does one that a literal captures and
//! somebody assigns to again; a captured variable that is never reassigned is captured by value.

use gort_syntax::ast::*;
use gort_syntax::source::Pos;
use gort_types::info::SelectionKind;
use gort_types::object::{ObjId, ObjKind, VarKind};
use gort_types::program::Program;
use gort_types::types::Type;
use rustc_hash::{FxHashMap, FxHashSet};

/// Facts of one declared function and the literals in it.
#[derive(Debug, Default)]
pub(super) struct Facts {
    address_taken: FxHashSet<ObjId>,
    captured: FxHashSet<ObjId>,
    reassigned: FxHashSet<ObjId>,
    /// Free variables of each literal (key: id of its expression's body position), in order of first use.
    captures: FxHashMap<u32, Vec<ObjId>>,
    /// Functions (0: the declared one) that a loop body over a function returns from.
    range_returns: FxHashSet<u32>,
}

impl Facts {
    /// Does the variable live in a heap cell?
    pub(super) fn in_cell(&self, obj: ObjId) -> bool {
        self.address_taken.contains(&obj) || self.captured.contains(&obj) && self.reassigned.contains(&obj)
    }

    /// What a literal captures.
    pub(super) fn captures_of(&self, lit: &FuncLit) -> Vec<ObjId> {
        self.captures_at(lit.body.lbrace)
    }

    /// What the literal, or the body of a loop over a function, that begins there captures.
    pub(super) fn captures_at(&self, lbrace: Pos) -> Vec<ObjId> {
        self.captures.get(&lbrace.0).cloned().unwrap_or_default()
    }

    /// Does a loop body over a function return from that function (0: the declared one)?
    pub(super) fn range_returns(&self, lit: u32) -> bool {
        self.range_returns.contains(&lit)
    }

    /// Facts of a function: its parameters' names and its body.
    pub(super) fn of_func(prog: &Program, recv: Option<&Field>, sig: &FuncType, body: &BlockStmt) -> Self {
        let mut w = Walk {
            prog,
            facts: Self::default(),
            owner: FxHashMap::default(),
            lits: vec![0],
            bodies: FxHashSet::default(),
        };
        w.fields(recv.into_iter());
        w.fields(sig.params.iter());
        w.results(&sig.results);
        w.block(&body.stmts);
        w.facts
    }

    /// Facts of the literals in an expression outside of functions.
    pub(super) fn of_expr(prog: &Program, e: &Expr) -> Self {
        let mut w = Walk {
            prog,
            facts: Self::default(),
            owner: FxHashMap::default(),
            lits: vec![0],
            bodies: FxHashSet::default(),
        };
        w.expr(e);
        w.facts
    }
}

/// How a function remembers deferred calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defers {
    /// There are none.
    None,
    /// Each `defer` runs once at most.
    Open,
    /// One may run again and again.
    List,
}

/// More deferred calls than this are kept in the list.
const MAX_OPEN: usize = 16;

/// How the function with these statements remembers its deferred calls, those of literals aside.
pub(super) fn defers(stmts: &[Stmt]) -> Defers {
    let mut count = DeferCount::default();
    count.list(stmts, false);
    match count {
        DeferCount { defers: 0, .. } => Defers::None,
        DeferCount { defers, repeated: false, .. } if defers <= MAX_OPEN => Defers::Open,
        _ => Defers::List,
    }
}

#[derive(Default)]
struct DeferCount {
    defers: usize,
    /// One is in a loop, or may be: a label and a goto make loops too.
    repeated: bool,
}

impl DeferCount {
    fn list(&mut self, stmts: &[Stmt], in_loop: bool) {
        stmts.iter().for_each(|s| self.stmt(s, in_loop));
    }

    fn stmt(&mut self, s: &Stmt, in_loop: bool) {
        match &s.kind {
            StmtKind::Defer(_) => {
                self.defers += 1;
                self.repeated |= in_loop;
            }
            StmtKind::Branch(BranchKind::Goto, _) => self.repeated = true,
            StmtKind::Labeled(_, s) => self.stmt(s, in_loop),
            StmtKind::Block(b) => self.list(&b.stmts, in_loop),
            StmtKind::If(i) => {
                self.list(&i.then.stmts, in_loop);
                if let Some(els) = &i.els {
                    self.stmt(els, in_loop);
                }
            }
            StmtKind::Switch(s) => s.cases.iter().for_each(|c| self.list(&c.body, in_loop)),
            StmtKind::TypeSwitch(s) => s.cases.iter().for_each(|c| self.list(&c.body, in_loop)),
            StmtKind::Select(s) => s.cases.iter().for_each(|c| self.list(&c.body, in_loop)),
            StmtKind::For(f) => self.list(&f.body.stmts, true),
            StmtKind::Range(r) => self.list(&r.body.stmts, true),
            _ => {}
        }
    }
}

struct Walk<'p> {
    prog: &'p Program,
    facts: Facts,
    /// In which literal (0: none) a variable is declared.
    owner: FxHashMap<ObjId, u32>,
    /// The literals around the current place, outermost first.
    lits: Vec<u32>,
    /// Those of them that are bodies of loops over functions.
    bodies: FxHashSet<u32>,
}

impl Walk<'_> {
    fn declare(&mut self, obj: ObjId) {
        let lit = self.lits.last().copied().unwrap_or(0);
        self.owner.insert(obj, lit);
    }

    fn declare_ident(&mut self, id: &Ident) {
        if let Some(&obj) = self.prog.info.defs.get(&id.id) {
            self.declare(obj);
        }
    }

    fn fields<'f>(&mut self, fields: impl Iterator<Item = &'f Field>) {
        for f in fields {
            if let Some(id) = &f.name {
                self.declare_ident(id);
            }
        }
    }

    /// Named results: every `return` with values assigns to them.
    fn results(&mut self, fields: &[Field]) {
        self.fields(fields.iter());
        for id in fields.iter().filter_map(|f| f.name.as_ref()) {
            if let Some(&obj) = self.prog.info.defs.get(&id.id) {
                self.facts.reassigned.insert(obj);
            }
        }
    }

    fn local(&self, id: &Ident) -> Option<ObjId> {
        let &obj = self.prog.info.uses.get(&id.id)?;
        match self.prog.objs[obj].kind {
            ObjKind::Var { kind: VarKind::Package | VarKind::Field, .. } => None,
            ObjKind::Var { .. } => Some(obj),
            _ => None,
        }
    }

    fn use_ident(&mut self, id: &Ident) {
        let Some(obj) = self.local(id) else { return };
        let Some(&owner) = self.owner.get(&obj) else { return };
        for &lit in self.lits.iter().rev() {
            if lit == owner {
                break;
            }
            self.facts.captured.insert(obj);
            let list = self.facts.captures.entry(lit).or_default();
            if !list.contains(&obj) {
                list.push(obj);
            }
        }
    }

    /// The local variable that an operand is a part of, if it is.
    fn root(&self, e: &Expr) -> Option<ObjId> {
        match &e.kind {
            ExprKind::Name(id) => self.local(id),
            ExprKind::Paren(x) => self.root(x),
            ExprKind::Selector(x, _) => {
                let s = self.prog.info.selections.get(&e.id)?;
                if s.kind != SelectionKind::FieldVal || s.indirect || self.is_pointer(x) {
                    None
                } else {
                    self.root(x)
                }
            }
            ExprKind::Index(x, _) => {
                let t = self.prog.info.types.get(&x.id)?.typ;
                matches!(self.prog.ty(self.prog.under(t)), Type::Array { .. }).then(|| self.root(x))?
            }
            _ => None,
        }
    }

    fn is_pointer(&self, x: &Expr) -> bool {
        let t = self.prog.info.types.get(&x.id).map(|tv| tv.typ);
        t.is_some_and(|t| matches!(self.prog.ty(self.prog.under(t)), Type::Pointer(_)))
    }

    fn take_address(&mut self, e: &Expr) {
        if let Some(obj) = self.root(e) {
            self.facts.address_taken.insert(obj);
        }
    }

    fn assign(&mut self, e: &Expr) {
        if let Some(obj) = self.root(e) {
            self.facts.reassigned.insert(obj);
        }
        self.expr(e);
    }

    fn block(&mut self, stmts: &[Stmt]) {
        for s in stmts {
            self.stmt(s);
        }
    }

    fn opt_stmt(&mut self, s: &Option<Stmt>) {
        if let Some(s) = s {
            self.stmt(s);
        }
    }

    fn opt_expr(&mut self, e: &Option<Expr>) {
        if let Some(e) = e {
            self.expr(e);
        }
    }

    fn exprs(&mut self, list: &[Expr]) {
        for e in list {
            self.expr(e);
        }
    }

    fn define(&mut self, e: &Expr) {
        let ExprKind::Name(id) = &e.kind else { return };
        match self.prog.info.defs.get(&id.id) {
            Some(&obj) => self.declare(obj),
            None => self.assign(e),
        }
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::Decl(d) => {
                if let Decl::Var(v) = &**d {
                    self.exprs(&v.values);
                    for id in &v.names {
                        self.declare_ident(id);
                    }
                }
            }
            StmtKind::Labeled(_, s) => self.stmt(s),
            StmtKind::Expr(e) | StmtKind::Go(e) | StmtKind::Defer(e) => self.expr(e),
            StmtKind::Send(c, v) => {
                self.expr(c);
                self.expr(v);
            }
            StmtKind::IncDec(e, _) => self.assign(e),
            StmtKind::Assign(a) => {
                self.exprs(&a.rhs);
                for e in &a.lhs {
                    self.assign(e);
                }
            }
            StmtKind::ShortVar(a) => {
                self.exprs(&a.rhs);
                for e in &a.lhs {
                    self.define(e);
                }
            }
            StmtKind::Return(list) => {
                self.returns();
                self.exprs(list);
            }
            StmtKind::Block(b) => self.block(&b.stmts),
            StmtKind::If(i) => {
                self.opt_stmt(&i.init);
                self.expr(&i.cond);
                self.block(&i.then.stmts);
                self.opt_stmt(&i.els);
            }
            StmtKind::Switch(s) => {
                self.opt_stmt(&s.init);
                self.opt_expr(&s.tag);
                for c in &s.cases {
                    self.exprs(c.exprs.as_deref().unwrap_or_default());
                    self.block(&c.body);
                }
            }
            StmtKind::TypeSwitch(s) => self.type_switch(s),
            StmtKind::Select(s) => {
                for c in &s.cases {
                    self.opt_stmt(&c.comm);
                    self.block(&c.body);
                }
            }
            StmtKind::For(f) => {
                self.opt_stmt(&f.init);
                self.opt_expr(&f.cond);
                self.block(&f.body.stmts);
                self.opt_stmt(&f.post);
            }
            StmtKind::Range(r) => self.range(r),
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch(..) => {}
        }
    }

    fn type_switch(&mut self, s: &TypeSwitchStmt) {
        self.opt_stmt(&s.init);
        match &s.operand.kind {
            ExprKind::TypeSwitchGuard(x) => self.expr(x),
            _ => self.expr(&s.operand),
        }
        for c in &s.cases {
            if let Some(&obj) = self.prog.info.implicits.get(&c.pos) {
                self.declare(obj);
            }
            self.block(&c.body);
        }
    }

    fn range(&mut self, r: &RangeStmt) {
        self.expr(&r.operand);
        let over_func = self
            .prog
            .info
            .types
            .get(&r.operand.id)
            .is_some_and(|tv| matches!(self.prog.ty(self.prog.under(tv.typ)), Type::Signature(_)));
        if over_func {
            let key = r.body.lbrace.0;
            self.lits.push(key);
            self.bodies.insert(key);
        }
        for e in r.key.iter().chain(&r.value) {
            if r.define {
                self.define(e);
                if self.prog.info.shares_loop_vars(r.range_pos)
                    && let ExprKind::Name(id) = &e.kind
                    && let Some(&obj) = self.prog.info.defs.get(&id.id)
                {
                    self.facts.reassigned.insert(obj);
                }
            } else {
                self.assign(e);
            }
        }
        self.block(&r.body.stmts);
        if over_func {
            self.lits.pop();
        }
    }

    /// A `return`: of the function around, if it is in the body of a loop over a function.
    fn returns(&mut self) {
        let in_body = self.lits.last().is_some_and(|l| self.bodies.contains(l));
        let around = self.lits.iter().rev().find(|l| !self.bodies.contains(l));
        if let (true, Some(&lit)) = (in_body, around) {
            self.facts.range_returns.insert(lit);
        }
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(id) => self.use_ident(id),
            ExprKind::CompositeLit(c) => {
                for e in &c.elems {
                    match &e.kind {
                        // A field name is no use of a variable: field objects are filtered by `local`.
                        ExprKind::KeyValue(k, v) => {
                            self.expr(k);
                            self.expr(v);
                        }
                        _ => self.expr(e),
                    }
                }
            }
            ExprKind::FuncLit(lit) => {
                self.lits.push(lit.body.lbrace.0);
                self.fields(lit.sig.params.iter());
                self.results(&lit.sig.results);
                self.block(&lit.body.stmts);
                self.lits.pop();
            }
            ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::TypeSwitchGuard(x) => self.expr(x),
            ExprKind::TypeAssert(x, _) => self.expr(x),
            ExprKind::Selector(x, _) => {
                self.selector(e, x);
                self.expr(x);
            }
            ExprKind::Index(x, list) => {
                self.expr(x);
                self.exprs(list);
            }
            ExprKind::Slice(s) => {
                let t = self.prog.info.types.get(&s.operand.id).map(|tv| tv.typ);
                if t.is_some_and(|t| matches!(self.prog.ty(self.prog.under(t)), Type::Array { .. })) {
                    self.take_address(&s.operand);
                }
                self.expr(&s.operand);
                for i in s.index.iter().flatten() {
                    self.expr(i);
                }
            }
            ExprKind::Call(c) => {
                self.expr(&c.fun);
                self.exprs(&c.args);
            }
            ExprKind::Unary(op, x) => {
                if *op == UnaryOp::Addr {
                    self.take_address(x);
                }
                self.expr(x);
            }
            ExprKind::Binary(_, x, y) | ExprKind::KeyValue(x, y) => {
                self.expr(x);
                self.expr(y);
            }
            ExprKind::ArrayType(..)
            | ExprKind::SliceType(_)
            | ExprKind::Ellipsis(_)
            | ExprKind::StructType(_)
            | ExprKind::FuncType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType(..)
            | ExprKind::ChanType(..)
            | ExprKind::BasicLit(_)
            | ExprKind::Bad => {}
        }
    }

    /// `x.m` with a pointer method takes the address of x.
    fn selector(&mut self, e: &Expr, x: &Expr) {
        let Some(s) = self.prog.info.selections.get(&e.id) else { return };
        if s.kind != SelectionKind::MethodVal || s.indirect || self.is_pointer(x) {
            return;
        }
        let by_pointer = match self.prog.signature_of(self.prog.obj_type(s.obj)).and_then(|sig| sig.recv) {
            Some(recv) => matches!(self.prog.ty(self.prog.obj_type(recv)), Type::Pointer(_)),
            None => false,
        };
        if by_pointer {
            self.take_address(x);
        }
    }
}
