//! Are the recorded facts complete? After checking, every expression that code is made from must have a
//! mode and a typed type, constants a value of their type's kind, selectors a selection, names an object.
//!
//! With `GORT_GO_TESTS` set to a list of files (separated by spaces), those are looked at too.
#![allow(clippy::unwrap_used)]

use gort_syntax::ast::*;
use gort_syntax::diag::Diagnostics;
use gort_syntax::parser::parse_file;
use gort_syntax::source::SourceMap;
use gort_types::info::{ConstValue, Mode};
use gort_types::program::Program;
use gort_types::types::{BasicKind, Type};

struct Walk<'p> {
    prog: &'p Program,
    sources: &'p SourceMap,
    problems: Vec<String>,
}

impl Walk<'_> {
    fn problem(&mut self, e: &Expr, what: &str) {
        let at = self.sources.physical(e.start()).unwrap();
        let text = gort_types::exprstring::expr_string(e);
        self.problems.push(format!("{}:{}:{}: {what}: {text}", at.file, at.line, at.column));
    }

    fn exprs(&mut self, list: &[Expr]) {
        list.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        if matches!(&e.kind, ExprKind::Name(id) if id.is_blank()) {
            return;
        }
        let Some(tv) = self.prog.info.types.get(&e.id) else {
            return self.problem(e, "no type");
        };
        match (tv.mode, &tv.value) {
            (Mode::TypExpr, _) => return,
            (Mode::Builtin(_) | Mode::NoValue, _) => {}
            (Mode::Constant, value) => {
                let kind = self.prog.basic_kind(tv.typ).unwrap_or(BasicKind::Invalid);
                let fits = match value {
                    Some(ConstValue::Bool(_)) => kind.is_boolean(),
                    Some(ConstValue::String(_)) => kind.is_string(),
                    Some(ConstValue::Int(_)) => kind.is_integer(),
                    Some(ConstValue::Ratio(_) | ConstValue::Float(_)) => kind.is_float(),
                    Some(ConstValue::Complex(..)) => kind.is_complex(),
                    _ => false,
                };
                if !fits || kind.is_untyped() {
                    let t = self.prog.type_string(tv.typ, None);
                    self.problem(e, &format!("constant {value:?} of type {t}"));
                }
                return;
            }
            _ => {}
        }
        let basic = match self.prog.ty(tv.typ) {
            Type::Basic(k) => Some(*k),
            _ => None,
        };
        if basic.is_some_and(|k| k.is_untyped() || k == BasicKind::Invalid)
            && !matches!(tv.mode, Mode::Builtin(_))
        {
            self.problem(e, basic.unwrap().name());
        }
        self.parts(e);
    }

    fn parts(&mut self, e: &Expr) {
        let info = &self.prog.info;
        match &e.kind {
            ExprKind::Name(id) if !info.uses.contains_key(&id.id) && !info.defs.contains_key(&id.id) => {
                self.problem(e, "no object");
            }
            ExprKind::CompositeLit(lit) => {
                let t = info.types.get(&e.id).unwrap().typ;
                let base = if lit.typ.is_none() { self.prog.pointer_base(t).unwrap_or(t) } else { t };
                let is_struct = self.prog.struct_of(base).is_some();
                for elem in &lit.elems {
                    match &elem.kind {
                        ExprKind::KeyValue(k, v) => {
                            match &k.kind {
                                ExprKind::Name(id) if is_struct => {
                                    if !info.uses.contains_key(&id.id) {
                                        self.problem(k, "no field");
                                    }
                                }
                                _ => self.expr(k),
                            }
                            self.expr(v);
                        }
                        _ => self.expr(elem),
                    }
                }
            }
            ExprKind::FuncLit(f) => self.block(&f.body),
            ExprKind::Paren(x) | ExprKind::Star(x) | ExprKind::Unary(_, x) | ExprKind::TypeSwitchGuard(x) => {
                self.expr(x)
            }
            ExprKind::Selector(x, sel) => {
                if !info.uses.contains_key(&sel.id) {
                    self.problem(e, "no object");
                }
                match info.selections.get(&e.id) {
                    Some(s) if s.index.is_empty() => self.problem(e, "no index"),
                    Some(_) => self.expr(x),
                    None if info.types.contains_key(&x.id) => self.problem(e, "no selection"),
                    None => {}
                }
            }
            ExprKind::Index(x, index) => {
                self.expr(x);
                self.exprs(index);
            }
            ExprKind::Slice(s) => {
                self.expr(&s.operand);
                s.index.iter().flatten().for_each(|i| self.expr(i));
            }
            ExprKind::TypeAssert(x, t) => {
                self.expr(x);
                self.expr(t);
            }
            ExprKind::Call(c) => {
                self.expr(&c.fun);
                self.exprs(&c.args);
            }
            ExprKind::Binary(_, x, y) => {
                self.expr(x);
                self.expr(y);
            }
            _ => {}
        }
    }

    fn block(&mut self, b: &BlockStmt) {
        b.stmts.iter().for_each(|s| self.stmt(s));
    }

    fn opt(&mut self, s: &Option<Stmt>) {
        s.iter().for_each(|s| self.stmt(s));
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch(..) => {}
            StmtKind::Decl(d) => self.decl(d),
            StmtKind::Labeled(_, s) => self.stmt(s),
            StmtKind::Expr(e) | StmtKind::IncDec(e, _) | StmtKind::Go(e) | StmtKind::Defer(e) => self.expr(e),
            StmtKind::Send(x, y) => {
                self.expr(x);
                self.expr(y);
            }
            StmtKind::Assign(a) => {
                self.exprs(&a.lhs);
                self.exprs(&a.rhs);
            }
            StmtKind::ShortVar(a) => self.exprs(&a.rhs),
            StmtKind::Return(list) => self.exprs(list),
            StmtKind::Block(b) => self.block(b),
            StmtKind::If(s) => {
                self.opt(&s.init);
                self.expr(&s.cond);
                self.block(&s.then);
                self.opt(&s.els);
            }
            StmtKind::Switch(s) => {
                self.opt(&s.init);
                s.tag.iter().for_each(|t| self.expr(t));
                for c in &s.cases {
                    c.exprs.iter().for_each(|l| self.exprs(l));
                    c.body.iter().for_each(|s| self.stmt(s));
                }
            }
            StmtKind::TypeSwitch(s) => {
                self.opt(&s.init);
                self.expr(&s.operand);
                for c in &s.cases {
                    if s.var.is_some() && !self.prog.info.implicits.contains_key(&c.pos) {
                        self.problem(&s.operand, "no implicit variable");
                    }
                    c.body.iter().for_each(|s| self.stmt(s));
                }
            }
            StmtKind::Select(s) => {
                for c in &s.cases {
                    self.opt(&c.comm);
                    c.body.iter().for_each(|s| self.stmt(s));
                }
            }
            StmtKind::For(s) => {
                self.opt(&s.init);
                s.cond.iter().for_each(|c| self.expr(c));
                self.opt(&s.post);
                self.block(&s.body);
            }
            StmtKind::Range(s) => {
                self.expr(&s.operand);
                if !s.define {
                    s.key.iter().chain(&s.value).for_each(|e| self.expr(e));
                }
                self.block(&s.body);
            }
        }
    }

    fn decl(&mut self, d: &Decl) {
        match d {
            Decl::Var(d) => self.exprs(&d.values),
            Decl::Func(f) => f.body.iter().for_each(|b| self.block(b)),
            _ => {}
        }
    }
}

/// Checks the program and returns errors, or else gaps in the facts.
fn check(name: &str, text: &str) -> Vec<String> {
    let (mut sources, mut ids, mut diags) = (SourceMap::new(), ExprIds::default(), Diagnostics::new());
    let id = sources.add(name, text).unwrap();
    let files = [parse_file(&mut sources, id, &mut ids, &mut diags)];
    let mut prog = Program::new();
    gort_types::check::check_package(&mut prog, "main", &files, &Default::default(), &sources, &mut diags);
    if !diags.is_empty() {
        return diags.render(&sources, None).lines().map(str::to_owned).collect();
    }
    let mut walk = Walk { prog: &prog, sources: &sources, problems: Vec::new() };
    let [file] = &files;
    file.decls.iter().for_each(|d| walk.decl(d));
    walk.problems
}

const PROGRAM: &str = r#"package main

import "unsafe"

type T struct {
	a int
	p *T
	E
}
type E struct{ e float32 }

func (t *T) ptr(x ...int) (int, string) { return t.a, "s" }
func (e E) val() float32            { return e.e }

type I interface{ val() float32 }

const big = 1 << 100
const c1, c2 = iota, "x" + "y"

var g = func(f func(*T, ...int) (int, string)) bool { return f != nil }((*T).ptr)

func main() {
	var t T
	m := map[string][]int{"a": {1, 2}, "b": nil}
	v, ok := m["a"]
	var s uint = 3
	var f float64 = big >> 98
	x, y := 1<<s, 1.0<<3
	if ok == (len(v) > 2) && t.p == nil || f < 1e3 {
		t.p = &T{a: 1 << s, E: E{2}}
	}
	var i I = t
	_, isT := i.(T)
	switch z := i.(type) {
	case nil:
	case T, *T:
		_ = z
	}
	ch := make(chan interface{}, 10)
	select {
	case ch <- 'x':
	case r, ok2 := <-ch:
		println(r == 1, ok2)
	default:
	}
	n, str := t.ptr(v...)
	n, _ = t.p.ptr(1, 'a', int(unsafe.Sizeof(t)))
	println(x, y, n, str[1:2], isT, t.val(), i.val(), t.p.e, 3, 'c', 1.5, 2i, c1, c2, g)
	b := append([]byte("abc"), "def"...)
	b[0] += 1 << s
	copy(b, "xyz")
	for i := range 3 {
		defer func(i int) { recover() }(i)
	}
	switch {
	case n > 1, isT:
	}
	switch complex(f, 1) {
	case 2, 3i:
	}
	var e interface{} = 1 << 3
	e = nil
	panic(e)
}
"#;

#[test]
fn facts_are_complete() {
    assert_eq!(check("p.go", PROGRAM), Vec::<String>::new());
}

#[test]
fn facts_of_go_tests_are_complete() {
    let list = std::env::var("GORT_GO_TESTS").unwrap_or_default();
    let mut problems = Vec::new();
    for name in list.split_whitespace() {
        let text = std::fs::read(name).unwrap();
        problems.extend(check(name, &String::from_utf8_lossy(&text)));
    }
    problems.retain(|p| !p.contains("not supported yet"));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
