//! Expressions as messages show them: on one line, bodies as `…`.
//!
//! Go counterpart: `cmd/compile/internal/syntax/printer.go`, its short form.

use gort_syntax::ast::{ChanDir, Expr, ExprKind, Field, FuncType, InterfaceElem};

/// The expression in Go's syntax.
pub fn expr_string(e: &Expr) -> String {
    let mut out = String::new();
    write_expr(&mut out, e);
    out
}

fn write_expr(out: &mut String, e: &Expr) {
    match &e.kind {
        ExprKind::Bad => out.push('_'),
        ExprKind::Name(id) => out.push_str(&id.name),
        ExprKind::BasicLit(lit) => out.push_str(&lit.text),
        ExprKind::CompositeLit(lit) => {
            if let Some(t) = &lit.typ {
                write_expr(out, t);
            }
            out.push_str(if lit.elems.is_empty() { "{}" } else { "{…}" });
        }
        ExprKind::FuncLit(f) => {
            out.push_str("func");
            write_signature(out, &f.sig);
            out.push_str(if f.body.stmts.is_empty() { " {}" } else { " {…}" });
        }
        ExprKind::Paren(x) => parts(out, "(", x, ")"),
        ExprKind::Selector(x, sel) => {
            write_expr(out, x);
            out.push('.');
            out.push_str(&sel.name);
        }
        ExprKind::Index(x, index) => {
            write_expr(out, x);
            out.push('[');
            write_list(out, index);
            out.push(']');
        }
        ExprKind::Slice(s) => {
            write_expr(out, &s.operand);
            out.push('[');
            let [lo, hi, max] = &s.index;
            if let Some(lo) = lo {
                write_expr(out, lo);
            }
            out.push(':');
            if let Some(hi) = hi {
                write_expr(out, hi);
            }
            if let Some(max) = max {
                out.push(':');
                write_expr(out, max);
            }
            out.push(']');
        }
        ExprKind::TypeAssert(x, t) => {
            write_expr(out, x);
            parts(out, ".(", t, ")");
        }
        ExprKind::TypeSwitchGuard(x) => parts(out, "", x, ".(type)"),
        ExprKind::Call(c) => {
            write_expr(out, &c.fun);
            out.push('(');
            write_list(out, &c.args);
            out.push_str(if c.ellipsis.is_some() { "...)" } else { ")" });
        }
        ExprKind::Star(x) => parts(out, "*", x, ""),
        ExprKind::Unary(op, x) => parts(out, op.text(), x, ""),
        ExprKind::Binary(op, x, y) => {
            write_expr(out, x);
            out.push(' ');
            out.push_str(op.text());
            out.push(' ');
            write_expr(out, y);
        }
        ExprKind::KeyValue(k, v) => {
            write_expr(out, k);
            out.push_str(": ");
            write_expr(out, v);
        }
        _ => write_type(out, e),
    }
}

fn write_type(out: &mut String, e: &Expr) {
    match &e.kind {
        ExprKind::ArrayType(len, elem) => {
            out.push('[');
            match len {
                Some(len) => write_expr(out, len),
                None => out.push_str("..."),
            }
            parts(out, "]", elem, "");
        }
        ExprKind::SliceType(elem) => parts(out, "[]", elem, ""),
        ExprKind::Ellipsis(elem) => {
            out.push_str("...");
            if let Some(elem) = elem {
                write_expr(out, elem);
            }
        }
        ExprKind::StructType(fields) => {
            out.push_str("struct{");
            write_fields(out, fields, "; ");
            out.push('}');
        }
        ExprKind::FuncType(f) => {
            out.push_str("func");
            write_signature(out, f);
        }
        ExprKind::InterfaceType(elems) => {
            out.push_str("interface{");
            for (i, elem) in elems.iter().enumerate() {
                if i > 0 {
                    out.push_str("; ");
                }
                match elem {
                    InterfaceElem::Method(name, f) => {
                        out.push_str(&name.name);
                        write_signature(out, f);
                    }
                    InterfaceElem::Embedded(t) => write_expr(out, t),
                }
            }
            out.push('}');
        }
        ExprKind::MapType(k, v) => {
            parts(out, "map[", k, "]");
            write_expr(out, v);
        }
        ExprKind::ChanType(dir, elem) => match (dir, &elem.kind) {
            (ChanDir::Both, ExprKind::ChanType(ChanDir::Recv, _)) => parts(out, "chan (", elem, ")"),
            (ChanDir::Both, _) => parts(out, "chan ", elem, ""),
            (ChanDir::Send, _) => parts(out, "chan<- ", elem, ""),
            (ChanDir::Recv, _) => parts(out, "<-chan ", elem, ""),
        },
        _ => {}
    }
}

fn parts(out: &mut String, before: &str, e: &Expr, after: &str) {
    out.push_str(before);
    write_expr(out, e);
    out.push_str(after);
}

fn write_list(out: &mut String, list: &[Expr]) {
    for (i, e) in list.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_expr(out, e);
    }
}

fn write_signature(out: &mut String, f: &FuncType) {
    out.push('(');
    write_fields(out, &f.params, ", ");
    out.push(')');
    match f.results.as_slice() {
        [] => {}
        [one] if one.name.is_none() => parts(out, " ", &one.typ, ""),
        results => {
            out.push_str(" (");
            write_fields(out, results, ", ");
            out.push(')');
        }
    }
}

/// Neighbours of the same group (`a, b T`) share their type expression's id, and print it once.
fn write_fields(out: &mut String, fields: &[Field], separator: &str) {
    let mut rest = fields.iter().peekable();
    while let Some(f) = rest.next() {
        let grouped = rest.peek().is_some_and(|n| n.name.is_some() && n.typ.id == f.typ.id);
        match &f.name {
            Some(name) if grouped => {
                out.push_str(&name.name);
                out.push_str(", ");
                continue;
            }
            Some(name) => {
                out.push_str(&name.name);
                out.push(' ');
            }
            None => {}
        }
        write_expr(out, &f.typ);
        if let Some(tag) = &f.tag {
            out.push(' ');
            out.push_str(&crate::constant_format::quote(tag.as_bytes()));
        }
        if rest.peek().is_some() {
            out.push_str(separator);
        }
    }
}
