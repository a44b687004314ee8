//! Prints everything the checker records about Go files: for comparison with what `go/types` records.
//!
//! One fact per line: `T` type, mode and value of an expression (byte range), `D`/`U` definitions and uses
//! of identifiers, `I` implicit variables of type switches, `S` selections, `O` initialisation order.

use gort_syntax::ast::*;
use gort_syntax::diag::Diagnostics;
use gort_syntax::source::{Pos, SourceMap};
use gort_types::info::{ConstValue, Mode, SelectionKind};
use gort_types::object::{ObjId, ObjKind};
use gort_types::program::{PkgId, Program};
use num_bigint::BigInt;
use num_rational::BigRational;
use std::fmt::Write as _;

fn main() {
    let all = || std::env::args().skip(1).for_each(|name| one(&name));
    let _ = std::thread::Builder::new().stack_size(1 << 30).spawn(all).map(|t| t.join());
}

fn one(name: &str) {
    println!("==  {name}");
    let Ok(bytes) = std::fs::read(name) else { return };
    let mut sources = SourceMap::new();
    let Some(id) = sources.add(name, String::from_utf8_lossy(&bytes).into_owned()) else { return };
    let (mut ids, mut diags) = (ExprIds::default(), Diagnostics::new());
    let files = [gort_syntax::parse_file(&mut sources, id, &mut ids, &mut diags)];
    let mut prog = Program::new();
    let pkg = gort_types::check::check_package(
        &mut prog,
        "main",
        &files,
        &Default::default(),
        &sources,
        &mut diags,
    );
    let base = sources.file(id).map_or(0, |f| f.base);
    let mut facts = Facts { prog: &prog, pkg, base, out: Vec::new() };
    for d in files.iter().flat_map(|f| &f.decls) {
        facts.decl(d);
    }
    for (pos, &o) in &prog.info.implicits {
        let line = format!("I {} {}", facts.offset(*pos), facts.object(o));
        facts.out.push(line);
    }
    for (i, init) in prog.pkg(pkg).init_order.iter().enumerate() {
        let mut line = format!("O {i}");
        for &o in &init.lhs {
            _ = write!(line, " {}", prog.obj(o).name);
        }
        let value = match files.get(init.file).and_then(|f| f.decls.get(init.decl)) {
            Some(Decl::Var(v)) => v.values.get(init.value),
            _ => None,
        };
        _ = write!(line, " = {}", value.map_or(0, |v| facts.offset(v.start())));
        facts.out.push(line);
    }
    facts.out.sort();
    facts.out.dedup();
    println!("{}", facts.out.join("\n"));
}

struct Facts<'p> {
    prog: &'p Program,
    pkg: PkgId,
    base: u32,
    out: Vec<String>,
}

impl Facts<'_> {
    fn offset(&self, p: Pos) -> i64 {
        if p.is_some() { i64::from(p.0) - i64::from(self.base) } else { -1 }
    }

    fn object(&self, o: ObjId) -> String {
        let obj = self.prog.obj(o);
        let typ = match obj.kind {
            ObjKind::Builtin(_) | ObjKind::PkgName { .. } => "-".to_owned(),
            _ => self.prog.type_string(self.prog.obj_type(o), Some(self.pkg)),
        };
        format!("{}@{} {typ}", obj.name, self.offset(obj.pos))
    }

    fn ident(&mut self, id: &Ident) {
        for (mark, table) in [("D", &self.prog.info.defs), ("U", &self.prog.info.uses)] {
            if let Some(&o) = table.get(&id.id) {
                let line = format!("{mark} {} {}", self.offset(id.pos), self.object(o));
                self.out.push(line);
            }
        }
    }

    fn expr(&mut self, e: &Expr) {
        if let Some(tv) = self.prog.info.types.get(&e.id) {
            let mode = match tv.mode {
                Mode::Invalid => "invalid",
                Mode::NoValue => "novalue",
                Mode::Builtin(_) => "builtin",
                Mode::TypExpr => "type",
                Mode::Constant => "const",
                Mode::Variable => "var",
                Mode::MapIndex => "mapindex",
                Mode::Value => "value",
                Mode::NilValue => "nil",
                Mode::CommaOk => "commaok",
            };
            let typ = match tv.mode {
                Mode::Builtin(_) => "-".to_owned(),
                _ => self.prog.type_string(tv.typ, Some(self.pkg)),
            };
            let value = tv.value.as_ref().map_or_else(|| "-".to_owned(), value);
            let start = match &e.kind {
                ExprKind::FuncType(ft) => ft.pos,
                _ => e.start(),
            };
            let (start, end) = (self.offset(start), self.offset(e.end));
            self.out.push(format!("T {start}-{end} {mode} {typ} {value}"));
        }
        if let Some(s) = self.prog.info.selections.get(&e.id) {
            let kind = match s.kind {
                SelectionKind::FieldVal => 0,
                SelectionKind::MethodVal => 1,
                SelectionKind::MethodExpr => 2,
            };
            let text = |t| self.prog.type_string(t, Some(self.pkg));
            let index: Vec<String> = s.index.iter().map(usize::to_string).collect();
            let line = format!(
                "S {}-{} k{kind} {} {} [{}] {} {}",
                self.offset(e.start()),
                self.offset(e.end),
                text(s.recv),
                self.prog.obj(s.obj).name,
                index.join(" "),
                s.indirect,
                text(s.typ)
            );
            self.out.push(line);
        }
        self.parts(e);
    }

    fn parts(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Bad | ExprKind::BasicLit(_) => {}
            ExprKind::Name(n) => self.ident(n),
            ExprKind::CompositeLit(c) => {
                self.exprs(&c.typ);
                self.exprs(&c.elems);
            }
            ExprKind::FuncLit(f) => {
                self.func_type(&f.sig);
                self.stmts(&f.body.stmts);
            }
            ExprKind::Selector(x, sel) => {
                self.expr(x);
                self.ident(sel);
            }
            ExprKind::Index(x, list) => {
                self.expr(x);
                self.exprs(list);
            }
            ExprKind::Slice(s) => {
                self.expr(&s.operand);
                self.exprs(s.index.iter().flatten());
            }
            ExprKind::TypeAssert(a, b)
            | ExprKind::Binary(_, a, b)
            | ExprKind::KeyValue(a, b)
            | ExprKind::MapType(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Call(c) => {
                self.expr(&c.fun);
                self.exprs(&c.args);
            }
            ExprKind::Paren(x)
            | ExprKind::TypeSwitchGuard(x)
            | ExprKind::Star(x)
            | ExprKind::Unary(_, x)
            | ExprKind::SliceType(x)
            | ExprKind::ChanType(_, x)
            | ExprKind::ArrayType(None, x)
            | ExprKind::Ellipsis(Some(x)) => self.expr(x),
            ExprKind::ArrayType(Some(n), x) => {
                self.expr(n);
                self.expr(x);
            }
            ExprKind::Ellipsis(None) => {}
            ExprKind::StructType(fields) => fields.iter().for_each(|f| self.field(f)),
            ExprKind::FuncType(ft) => self.func_type(ft),
            ExprKind::InterfaceType(elems) => {
                for elem in elems {
                    match elem {
                        InterfaceElem::Method(name, ft) => {
                            self.ident(name);
                            self.func_type(ft);
                        }
                        InterfaceElem::Embedded(e) => self.expr(e),
                    }
                }
            }
        }
    }

    fn exprs<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>) {
        list.into_iter().for_each(|e| self.expr(e));
    }

    fn field(&mut self, f: &Field) {
        f.name.iter().for_each(|n| self.ident(n));
        self.expr(&f.typ);
    }

    fn func_type(&mut self, ft: &FuncType) {
        ft.params.iter().chain(&ft.results).for_each(|f| self.field(f));
    }

    fn decl(&mut self, d: &Decl) {
        match d {
            Decl::Import(i) => i.name.iter().for_each(|n| self.ident(n)),
            Decl::Const(c) => {
                c.names.iter().for_each(|n| self.ident(n));
                self.exprs(&c.typ);
                self.exprs(&c.values);
            }
            Decl::Type(t) => {
                self.ident(&t.name);
                self.expr(&t.typ);
            }
            Decl::Var(v) => {
                v.names.iter().for_each(|n| self.ident(n));
                self.exprs(&v.typ);
                self.exprs(&v.values);
            }
            Decl::Func(f) => {
                f.recv.iter().for_each(|r| self.field(r));
                self.ident(&f.name);
                self.func_type(&f.sig);
                f.body.iter().for_each(|b| self.stmts(&b.stmts));
            }
        }
    }

    fn stmts<'s>(&mut self, list: impl IntoIterator<Item = &'s Stmt>) {
        list.into_iter().for_each(|s| self.stmt(s));
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch(..) => {}
            StmtKind::Decl(d) => self.decl(d),
            StmtKind::Labeled(_, s) => self.stmt(s),
            StmtKind::Expr(e) | StmtKind::IncDec(e, _) | StmtKind::Go(e) | StmtKind::Defer(e) => self.expr(e),
            StmtKind::Send(a, b) => self.exprs([a, b]),
            StmtKind::Assign(a) | StmtKind::ShortVar(a) => {
                self.exprs(&a.lhs);
                self.exprs(&a.rhs);
            }
            StmtKind::Return(list) => self.exprs(list),
            StmtKind::Block(b) => self.stmts(&b.stmts),
            StmtKind::If(i) => {
                self.stmts(&i.init);
                self.expr(&i.cond);
                self.stmts(&i.then.stmts);
                self.stmts(&i.els);
            }
            StmtKind::Switch(s) => {
                self.stmts(&s.init);
                self.exprs(&s.tag);
                self.cases(&s.cases);
            }
            StmtKind::TypeSwitch(s) => {
                self.stmts(&s.init);
                s.var.iter().for_each(|v| self.ident(v));
                self.expr(&s.operand);
                self.cases(&s.cases);
            }
            StmtKind::Select(s) => {
                for c in &s.cases {
                    self.stmts(&c.comm);
                    self.stmts(&c.body);
                }
            }
            StmtKind::For(f) => {
                self.stmts(&f.init);
                self.exprs(&f.cond);
                self.stmts(&f.post);
                self.stmts(&f.body.stmts);
            }
            StmtKind::Range(r) => {
                self.exprs(&r.key);
                self.exprs(&r.value);
                self.expr(&r.operand);
                self.stmts(&r.body.stmts);
            }
        }
    }

    fn cases(&mut self, cases: &[CaseClause]) {
        for c in cases {
            self.exprs(c.exprs.iter().flatten());
            self.stmts(&c.body);
        }
    }
}

fn value(v: &ConstValue) -> String {
    match v {
        ConstValue::Unknown => "?".to_owned(),
        ConstValue::Bool(b) => b.to_string(),
        ConstValue::String(s) => s.bytes().iter().fold("s".to_owned(), |mut out, b| {
            _ = write!(out, "{b:02x}");
            out
        }),
        ConstValue::Int(i) => cut(i.to_string()),
        ConstValue::Ratio(f) => rational(f),
        ConstValue::Float(f) => cut(f.to_string()),
        ConstValue::Complex(re, im) => format!("{}+i{}", value(re), value(im)),
    }
}

fn rational(f: &BigRational) -> String {
    let one = BigInt::from(1);
    cut(if *f.denom() == one { f.numer().to_string() } else { format!("{}/{}", f.numer(), f.denom()) })
}

fn cut(mut s: String) -> String {
    s.truncate(60);
    s
}
