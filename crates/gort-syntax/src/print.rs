//! The tree, as Go text again.
//!
//! Two uses: expressions in messages, in the short form of Go's compiler (bodies and elements of literals are `…`),
//! and whole files, used to test the parser against itself: printing what was parsed from printed text gives the same
//! text. Layout is plain, not gofmt's.

use crate::ast::*;
use std::fmt::Write as _;

/// An expression or type, short form.
pub fn expr(x: &Expr) -> String {
    let mut p = Printer { out: String::new(), short: true, indent: 0 };
    p.expr(x);
    p.out
}

/// A statement, short form.
pub fn stmt(s: &Stmt) -> String {
    let mut p = Printer { out: String::new(), short: true, indent: 0 };
    p.stmt(s);
    p.out
}

/// A function's parameters and results, short form: `(x int) error`.
pub fn signature(sig: &FuncType) -> String {
    let mut p = Printer { out: String::new(), short: true, indent: 0 };
    p.signature(sig);
    p.out
}

/// A whole file.
pub fn file(f: &File) -> String {
    let mut p = Printer { out: String::new(), short: false, indent: 0 };
    _ = write!(p.out, "package {}", f.package.name);
    let mut at = 0;
    while let Some(decl) = f.decls.get(at) {
        p.newline();
        at += p.decl_group(decl, f.decls.get(at..).unwrap_or(&[]));
    }
    p.out.push('\n');
    p.out
}

struct Printer {
    out: String,
    short: bool,
    indent: usize,
}

impl Printer {
    fn put(&mut self, s: &str) {
        self.out.push_str(s);
    }

    fn newline(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push('\t');
        }
    }

    fn exprs(&mut self, list: &[Expr]) {
        for (i, x) in list.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.expr(x);
        }
    }

    fn expr(&mut self, x: &Expr) {
        match &x.kind {
            ExprKind::Bad => self.put("<bad expr>"),
            ExprKind::Name(n) => self.put(&n.name),
            ExprKind::BasicLit(l) => self.put(&l.text),
            ExprKind::CompositeLit(l) => {
                if let Some(t) = &l.typ {
                    self.expr(t);
                }
                self.put("{");
                if self.short && !l.elems.is_empty() {
                    self.put("…");
                } else {
                    self.exprs(&l.elems);
                }
                self.put("}");
            }
            ExprKind::FuncLit(f) => {
                self.put("func");
                self.signature(&f.sig);
                self.put(" ");
                match (self.short, f.body.stmts.is_empty()) {
                    (true, true) => self.put("{}"),
                    (true, false) => self.put("{…}"),
                    (false, _) => self.block(&f.body),
                }
            }
            ExprKind::Paren(x) => self.around("(", x, ")"),
            ExprKind::Selector(x, sel) => {
                self.expr(x);
                self.put(".");
                self.put(&sel.name);
            }
            ExprKind::Index(x, list) => {
                self.expr(x);
                self.put("[");
                self.exprs(list);
                self.put("]");
            }
            ExprKind::Slice(s) => self.slice(s),
            ExprKind::TypeAssert(x, t) => {
                self.expr(x);
                self.around(".(", t, ")");
            }
            ExprKind::TypeSwitchGuard(x) => {
                self.expr(x);
                self.put(".(type)");
            }
            ExprKind::Call(c) => {
                self.expr(&c.fun);
                self.put("(");
                self.exprs(&c.args);
                if c.ellipsis.is_some() {
                    self.put("...");
                }
                self.put(")");
            }
            ExprKind::Star(x) => self.around("*", x, ""),
            ExprKind::Unary(op, x) => self.around(op.text(), x, ""),
            ExprKind::Binary(..) => self.binary(x),
            ExprKind::KeyValue(k, v) => {
                self.expr(k);
                self.around(": ", v, "");
            }
            _ => self.typ(x),
        }
    }

    /// Chains of left operands may be long: no recursion on them.
    fn binary(&mut self, x: &Expr) {
        let mut spine = Vec::new();
        let mut left = x;
        while let ExprKind::Binary(op, l, r) = &left.kind {
            spine.push((op, r));
            left = l;
        }
        self.expr(left);
        for (op, r) in spine.into_iter().rev() {
            _ = write!(self.out, " {} ", op.text());
            self.expr(r);
        }
    }

    fn around(&mut self, before: &str, x: &Expr, after: &str) {
        self.put(before);
        self.expr(x);
        self.put(after);
    }

    fn slice(&mut self, s: &SliceExpr) {
        self.expr(&s.operand);
        self.put("[");
        let [low, high, max] = &s.index;
        if let Some(x) = low {
            self.expr(x);
        }
        self.put(":");
        if let Some(x) = high {
            self.expr(x);
        }
        if let Some(x) = max {
            self.around(":", x, "");
        }
        self.put("]");
    }

    fn typ(&mut self, x: &Expr) {
        match &x.kind {
            ExprKind::ArrayType(len, elem) => {
                self.put("[");
                match len {
                    Some(len) => self.expr(len),
                    None => self.put("..."),
                }
                self.around("]", elem, "");
            }
            ExprKind::SliceType(elem) => self.around("[]", elem, ""),
            ExprKind::Ellipsis(elem) => {
                self.put("...");
                if let Some(elem) = elem {
                    self.expr(elem);
                }
            }
            ExprKind::StructType(fields) => self.struct_type(fields),
            ExprKind::FuncType(sig) => {
                self.put("func");
                self.signature(sig);
            }
            ExprKind::InterfaceType(elems) => self.interface_type(elems),
            ExprKind::MapType(k, v) => {
                self.around("map[", k, "]");
                self.expr(v);
            }
            ExprKind::ChanType(dir, elem) => {
                self.put(match dir {
                    ChanDir::Both => "chan ",
                    ChanDir::Send => "chan<- ",
                    ChanDir::Recv => "<-chan ",
                });
                match elem.kind {
                    ExprKind::ChanType(ChanDir::Recv, _) if *dir == ChanDir::Both => {
                        self.around("(", elem, ")");
                    }
                    _ => self.expr(elem),
                }
            }
            _ => {}
        }
    }

    fn struct_type(&mut self, fields: &[Field]) {
        self.put("struct{");
        let mut at = 0;
        while let Some(f) = fields.get(at) {
            if at > 0 {
                self.put("; ");
            }
            let group = same_group(fields.get(at..).unwrap_or(&[]));
            self.names(fields.get(at..at + group).unwrap_or(&[]));
            if !f.embedded {
                self.put(" ");
            }
            self.expr(&f.typ);
            if let Some(tag) = &f.tag {
                _ = write!(self.out, " {}", quote(tag.as_bytes()));
            }
            at += group;
        }
        self.put("}");
    }

    fn interface_type(&mut self, elems: &[InterfaceElem]) {
        self.put("interface{");
        for (i, e) in elems.iter().enumerate() {
            if i > 0 {
                self.put("; ");
            }
            match e {
                InterfaceElem::Method(name, sig) => {
                    self.put(&name.name);
                    self.signature(sig);
                }
                InterfaceElem::Embedded(t) => self.expr(t),
            }
        }
        self.put("}");
    }

    fn signature(&mut self, sig: &FuncType) {
        self.put("(");
        self.fields(&sig.params);
        self.put(")");
        match sig.results.as_slice() {
            [] => {}
            [Field { name: None, typ, .. }] => self.around(" ", typ, ""),
            results => {
                self.put(" (");
                self.fields(results);
                self.put(")");
            }
        }
    }

    /// Parameters; neighbours that share their type expression are one group.
    fn fields(&mut self, fields: &[Field]) {
        let mut at = 0;
        while let Some(f) = fields.get(at) {
            if at > 0 {
                self.put(", ");
            }
            let group = same_group(fields.get(at..).unwrap_or(&[]));
            self.names(fields.get(at..at + group).unwrap_or(&[]));
            if f.name.is_some() {
                self.put(" ");
            }
            self.expr(&f.typ);
            at += group;
        }
    }

    fn names(&mut self, group: &[Field]) {
        let names: Vec<&str> = group.iter().filter_map(|f| f.name.as_ref().map(|n| &*n.name)).collect();
        self.put(&names.join(", "));
    }

    fn idents(&mut self, names: &[Ident]) {
        let names: Vec<&str> = names.iter().map(|n| &*n.name).collect();
        self.put(&names.join(", "));
    }

    fn type_params(&mut self, fields: &[Field]) {
        if !fields.is_empty() {
            self.put("[");
            self.fields(fields);
            // A comma tells `[P *C,]` from an array length.
            self.put(",]");
        }
    }

    /// The first of `decls`, with those that follow in its group; how many that were.
    fn decl_group(&mut self, decl: &Decl, decls: &[Decl]) -> usize {
        let group_of = |d: &Decl| match d {
            Decl::Const(c) => Some(c.group),
            _ => None,
        };
        let count = match group_of(decl) {
            Some(g) => decls.iter().take_while(|d| group_of(d) == Some(g)).count(),
            None => 1,
        };
        match decl {
            Decl::Const(_) => {
                self.put("const (");
                self.indent += 1;
                for d in decls.iter().take(count) {
                    self.newline();
                    if let Decl::Const(c) = d {
                        self.value_spec(&c.names, c.typ.as_ref(), &c.values);
                    }
                }
                self.indent -= 1;
                self.newline();
                self.put(")");
            }
            other => self.single_decl(other),
        }
        count
    }

    fn value_spec(&mut self, names: &[Ident], typ: Option<&Expr>, values: &[Expr]) {
        self.idents(names);
        if let Some(t) = typ {
            self.around(" ", t, "");
        }
        if !values.is_empty() {
            self.put(" = ");
            self.exprs(values);
        }
    }

    fn single_decl(&mut self, decl: &Decl) {
        match decl {
            Decl::Import(i) => {
                self.put("import ");
                if let Some(n) = &i.name {
                    _ = write!(self.out, "{} ", n.name);
                }
                self.put(&quote(i.path.as_bytes()));
            }
            Decl::Const(c) => {
                self.put("const ");
                self.value_spec(&c.names, c.typ.as_ref(), &c.values);
            }
            Decl::Var(v) => {
                self.put("var ");
                self.value_spec(&v.names, v.typ.as_ref(), &v.values);
            }
            Decl::Type(t) => {
                _ = write!(self.out, "type {}", t.name.name);
                self.type_params(&t.type_params);
                self.put(if t.is_alias { " = " } else { " " });
                self.expr(&t.typ);
            }
            Decl::Func(f) => {
                for pragma in &f.pragmas {
                    self.put("//");
                    self.put(pragma);
                    self.newline();
                }
                self.put("func ");
                if let Some(r) = &f.recv {
                    self.put("(");
                    self.fields(std::slice::from_ref(r));
                    self.put(") ");
                }
                self.put(&f.name.name);
                self.type_params(&f.type_params);
                self.signature(&f.sig);
                if let Some(b) = &f.body {
                    self.put(" ");
                    self.block(b);
                }
            }
        }
    }

    fn block(&mut self, b: &BlockStmt) {
        self.put("{");
        self.indent += 1;
        self.stmts(&b.stmts);
        self.indent -= 1;
        self.newline();
        self.put("}");
    }

    fn stmts(&mut self, list: &[Stmt]) {
        let mut at = 0;
        while let Some(s) = list.get(at) {
            self.newline();
            let StmtKind::Decl(d) = &s.kind else {
                self.stmt(s);
                at += 1;
                continue;
            };
            let decls: Vec<Decl> = list
                .iter()
                .skip(at)
                .map_while(|s| match &s.kind {
                    StmtKind::Decl(d) if matches!(**d, Decl::Const(_)) => Some((**d).clone()),
                    _ => None,
                })
                .collect();
            at += self.decl_group(d, &decls);
        }
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::Bad => self.put("<bad stmt>"),
            StmtKind::Empty => self.put(";"),
            StmtKind::Decl(d) => _ = self.decl_group(d, std::slice::from_ref(d)),
            StmtKind::Labeled(name, s) => {
                _ = write!(self.out, "{}: ", name.name);
                self.stmt(s);
            }
            StmtKind::Expr(x) => self.expr(x),
            StmtKind::Send(c, v) => {
                self.expr(c);
                self.around(" <- ", v, "");
            }
            StmtKind::IncDec(x, inc) => self.around("", x, if *inc { "++" } else { "--" }),
            StmtKind::Assign(a) => self.assign(a, a.op.map_or("", |op| op.text()), "="),
            StmtKind::ShortVar(a) => self.assign(a, "", ":="),
            StmtKind::Go(x) => self.around("go ", x, ""),
            StmtKind::Defer(x) => self.around("defer ", x, ""),
            StmtKind::Return(list) => {
                self.put("return ");
                self.exprs(list);
            }
            StmtKind::Branch(kind, label) => {
                self.put(match kind {
                    BranchKind::Break => "break",
                    BranchKind::Continue => "continue",
                    BranchKind::Goto => "goto",
                    BranchKind::Fallthrough => "fallthrough",
                });
                if let Some(l) = label {
                    _ = write!(self.out, " {}", l.name);
                }
            }
            StmtKind::Block(b) => self.block(b),
            StmtKind::If(i) => self.if_stmt(i),
            StmtKind::Switch(w) => {
                self.put("switch ");
                self.init(w.init.as_ref());
                if let Some(t) = &w.tag {
                    self.around("", t, " ");
                }
                self.cases(&w.cases);
            }
            StmtKind::TypeSwitch(w) => {
                self.put("switch ");
                self.init(w.init.as_ref());
                if let Some(v) = &w.var {
                    _ = write!(self.out, "{} := ", v.name);
                }
                self.around("", &w.operand, ".(type) ");
                self.cases(&w.cases);
            }
            StmtKind::Select(w) => self.select(w),
            StmtKind::For(f) => self.for_stmt(f),
            StmtKind::Range(r) => self.range(r),
        }
    }

    fn assign(&mut self, a: &AssignStmt, op: &str, sign: &str) {
        self.exprs(&a.lhs);
        _ = write!(self.out, " {op}{sign} ");
        self.exprs(&a.rhs);
    }

    fn init(&mut self, init: Option<&Stmt>) {
        if let Some(s) = init {
            self.stmt(s);
            self.put("; ");
        }
    }

    fn if_stmt(&mut self, i: &IfStmt) {
        self.put("if ");
        self.init(i.init.as_ref());
        self.around("", &i.cond, " ");
        self.block(&i.then);
        if let Some(e) = &i.els {
            self.put(" else ");
            self.stmt(e);
        }
    }

    fn cases(&mut self, cases: &[CaseClause]) {
        self.put("{");
        for c in cases {
            self.newline();
            match &c.exprs {
                Some(list) => {
                    self.put("case ");
                    self.exprs(list);
                }
                None => self.put("default"),
            }
            self.clause_body(&c.body);
        }
        self.newline();
        self.put("}");
    }

    fn clause_body(&mut self, body: &[Stmt]) {
        self.put(":");
        self.indent += 1;
        self.stmts(body);
        self.indent -= 1;
    }

    fn select(&mut self, w: &SelectStmt) {
        self.put("select {");
        for c in &w.cases {
            self.newline();
            match &c.comm {
                Some(s) => {
                    self.put("case ");
                    self.stmt(s);
                }
                None => self.put("default"),
            }
            self.clause_body(&c.body);
        }
        self.newline();
        self.put("}");
    }

    fn for_stmt(&mut self, f: &ForStmt) {
        self.put("for ");
        if f.init.is_some() || f.post.is_some() {
            match &f.init {
                Some(s) => self.init(Some(s)),
                None => self.put("; "),
            }
            if let Some(c) = &f.cond {
                self.expr(c);
            }
            self.put("; ");
            if let Some(s) = &f.post {
                self.stmt(s);
                self.put(" ");
            }
        } else if let Some(c) = &f.cond {
            self.around("", c, " ");
        }
        self.block(&f.body);
    }

    fn range(&mut self, r: &RangeStmt) {
        self.put("for ");
        if let Some(k) = &r.key {
            self.expr(k);
            if let Some(v) = &r.value {
                self.around(", ", v, "");
            }
            self.put(if r.define { " := " } else { " = " });
        }
        self.around("range ", &r.operand, " ");
        self.block(&r.body);
    }
}

/// How many fields from the first on are one group: named, with the very same type expression.
fn same_group(fields: &[Field]) -> usize {
    let Some(first) = fields.first() else { return 0 };
    if first.name.is_none() {
        return 1;
    }
    fields.iter().take_while(|f| f.name.is_some() && f.typ.id == first.typ.id).count()
}

/// A string as a Go literal.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => _ = write!(out, "\\x{:02x}", c as u32),
                c if c.is_control() => _ = write!(out, "\\u{:04x}", c as u32),
                c => out.push(c),
            }
        }
        for b in chunk.invalid() {
            _ = write!(out, "\\x{b:02x}");
        }
    }
    out.push('"');
    out
}
