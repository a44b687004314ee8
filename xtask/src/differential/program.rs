//! Statements and functions of a generated program.
//!
//! A program ends: loops have small constant bounds, functions call earlier ones only. What it prints depends on
//! nothing that Go leaves open: calls stand alone in a statement, maps are printed by size.

use super::types::{ANY, BOOL, INT, Kind, STR, TypeId, Types};
use crate::rng::Rng;
use std::fmt::Write as _;

/// A variable in scope.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: String,
    pub typ: TypeId,
    pub assignable: bool,
}

/// A function that can be called: parameters, results.
#[derive(Clone, Debug)]
struct Func {
    name: String,
    params: Vec<TypeId>,
    results: Vec<TypeId>,
}

/// A program being generated.
pub struct Program<'r> {
    pub rng: &'r mut Rng,
    pub types: Types,
    pub vars: Vec<Var>,
    prefix: String,
    funcs: Vec<Func>,
    out: String,
    next: usize,
    /// Loops around, and statements left in this function.
    loops: usize,
    budget: usize,
    /// Types of the results of the function around.
    results: Vec<TypeId>,
}

/// What all programs of a file share.
pub const PRELUDE: &str = r#"package main

// How many values of type any are being printed, one in the other.
var deep int

func id[T any](x T) T   { return x }
func ptr[T any](x T) *T { return &x }

func as[T any](x any) T {
	v, _ := x.(T)
	return v
}

func tail[S ~string](s S, n int) S { return s[min(n&3, len(s)):] }

func short[S ~string](s S) S { return s[:min(len(s), 1000)] }

func clamp(f float64) float64 {
	if f != f {
		return 0
	}
	return min(max(f, -1e15), 1e15)
}

func seq(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func mapped[T, U any](s []T, f func(T) U) (r []U) {
	for _, x := range s {
		r = append(r, f(x))
	}
	return r
}

type pair[A, B any] struct {
	a A
	b B
}

func (p pair[A, B]) swap() pair[B, A] { return pair[B, A]{p.b, p.a} }

func run(n int, f func(int)) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case error:
			println("panic: error") // Of several that are due, nobody promises which comes first.
		case string:
			println("panic", e)
		default:
			println("panic?")
		}
		println("end", n)
	}()
	println("program", n)
	f(n)
}
"#;

impl<'r> Program<'r> {
    /// The text of program number `n`, whose entry is the function `p<n>`.
    pub fn generate(rng: &'r mut Rng, n: usize) -> String {
        let prefix = format!("p{n}");
        let mut out = String::new();
        let types = Types::generate(rng, &prefix, &mut out);
        let mut p = Program {
            rng,
            types,
            vars: Vec::new(),
            prefix,
            funcs: Vec::new(),
            out,
            next: 0,
            loops: 0,
            budget: 0,
            results: Vec::new(),
        };
        for _ in 0..2 + p.rng.below(3) {
            p.global();
        }
        for k in 0..1 + p.rng.below(4) {
            p.function(k);
        }
        p.entry();
        p.out
    }

    fn fresh(&mut self) -> String {
        self.next += 1;
        format!("v{}", self.next)
    }

    fn random_type(&mut self) -> TypeId {
        self.rng.below(self.types.list.len())
    }

    fn type_text(&self, t: TypeId) -> String {
        self.types.list[t].text.clone()
    }

    fn line(&mut self, text: &str) {
        _ = writeln!(self.out, "{text}");
    }

    fn global(&mut self) {
        let t = self.random_type();
        let fresh = self.fresh();
        let name = format!("{}{fresh}", self.prefix);
        let vars = std::mem::take(&mut self.vars);
        // An initializer refers to nothing but i.
        self.vars = vec![Var { name: "i".into(), typ: INT, assignable: false }];
        let value = self.varying(t, 0);
        self.vars = vars;
        let text = self.type_text(t);
        self.line(&format!("var {name} = func(i int) {text} {{ return {value} }}({})", self.next));
        self.vars.push(Var { name, typ: t, assignable: true });
    }

    fn function(&mut self, k: usize) {
        let name = format!("{}f{k}", self.prefix);
        let params: Vec<TypeId> = (0..self.rng.below(4)).map(|_| self.random_type()).collect();
        let results: Vec<TypeId> = (0..self.rng.below(4)).map(|_| self.random_type()).collect();
        let scope = self.vars.len();
        let mut signature = String::new();
        for (j, &t) in params.iter().enumerate() {
            _ = write!(signature, ", a{j} {}", self.type_text(t));
            self.vars.push(Var { name: format!("a{j}"), typ: t, assignable: true });
        }
        let mut returned = String::new();
        for (j, &t) in results.iter().enumerate() {
            _ = write!(returned, "{}r{j} {}", if j > 0 { ", " } else { "" }, self.type_text(t));
            self.vars.push(Var { name: format!("r{j}"), typ: t, assignable: true });
        }
        self.vars.push(Var { name: "i".into(), typ: INT, assignable: false });
        self.line(&format!("func {name}(i int{signature}) ({returned}) {{"));
        self.results.clone_from(&results);
        self.body(6);
        self.line("return\n}");
        self.vars.truncate(scope);
        self.funcs.push(Func { name, params, results });
    }

    fn entry(&mut self) {
        let name = self.prefix.clone();
        self.line(&format!("func {name}(i int) {{"));
        let scope = self.vars.len();
        self.vars.push(Var { name: "i".into(), typ: INT, assignable: false });
        self.results = Vec::new();
        self.body(14);
        for v in self.vars.clone() {
            self.show(&v);
        }
        self.line("println()\n}");
        self.vars.truncate(scope);
    }

    fn show(&mut self, v: &Var) {
        let call = format!("{}d{}({})", self.prefix, v.typ, v.name);
        self.line(&call);
    }

    fn body(&mut self, statements: usize) {
        self.budget = 4 * statements;
        self.loops = 0;
        for _ in 0..statements {
            self.statement(3);
        }
    }

    fn block(&mut self, depth: usize) {
        let scope = self.vars.len();
        for _ in 0..1 + self.rng.below(3) {
            self.statement(depth);
        }
        self.vars.truncate(scope);
    }

    fn declare(&mut self, t: TypeId, value: Option<String>) {
        let name = self.fresh();
        let text = self.type_text(t);
        match value {
            Some(v) => self.line(&format!("var {name} {text} = {v}; _ = {name}")),
            None => self.line(&format!("var {name} {text}; _ = {name}")),
        }
        self.vars.push(Var { name, typ: t, assignable: true });
    }

    fn statement(&mut self, depth: usize) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        let t = self.random_type();
        match self.rng.below(if depth == 0 { 11 } else { 22 }) {
            0 | 1 => {
                let v = self.any_expr(t, 3);
                self.declare(t, Some(v));
            }
            2 if self.rng.one_in(6) || !self.nilable(t) => self.declare(t, None),
            3..=5 => self.assign(t),
            6 => self.swap(t),
            7 => self.call(),
            8 => self.method_call(),
            9 => self.container(),
            10 => {
                let v = self.rng.pick(&self.vars).cloned();
                if let Some(v) = v {
                    self.show(&v);
                }
            }
            11 | 12 => self.if_else(depth - 1),
            13 | 14 => self.counted_loop(depth - 1),
            15 => self.range_loop(depth - 1),
            16 => self.switch(depth - 1),
            17 => self.type_switch(depth - 1),
            18 => self.closure(depth - 1),
            19 => self.deferred(depth - 1),
            20 => self.generic_call(t),
            _ => self.labelled(depth - 1),
        }
    }

    fn nilable(&self, t: TypeId) -> bool {
        matches!(self.types.list[t].kind, Kind::Slice(_) | Kind::Map(..) | Kind::Func(..) | Kind::Ptr(_))
    }

    fn assign(&mut self, t: TypeId) {
        let Some(place) = self.place(t) else { return };
        let number = matches!(self.types.list[t].kind, Kind::Int(..) | Kind::Float(_));
        if number && self.rng.one_in(2) {
            let op = ["+=", "-=", "*="][self.rng.below(3)];
            let v = self.any_expr(t, 2);
            return self.line(&format!("{place} {op} {v}"));
        }
        if number && self.rng.one_in(4) {
            let op = ["++", "--"][self.rng.below(2)];
            return self.line(&format!("{place}{op}"));
        }
        let mut v = self.any_expr(t, 3);
        if self.types.list[t].kind == Kind::Str {
            v = format!("short({v})"); // In a loop it could grow until memory is full.
        }
        self.line(&format!("{place} = {v}"));
    }

    fn swap(&mut self, t: TypeId) {
        let (Some(a), Some(b)) = (self.place(t), self.place(t)) else { return };
        // Of two places that may both be missing, nobody promises which one is looked at first.
        if [&a, &b].iter().any(|place| place.contains("[i&3]") || place.contains("(*")) {
            return;
        }
        let v = if self.rng.one_in(2) { a.clone() } else { self.any_expr(t, 1) };
        self.line(&format!("{a}, {b} = {b}, {v}"));
    }

    fn call(&mut self) {
        let Some(f) = self.rng.pick(&self.funcs).cloned() else { return };
        if self.loops > 1 {
            return;
        }
        let mut args = vec!["i+1".to_owned()];
        for &t in &f.params {
            args.push(self.any_expr(t, 1));
        }
        let call = format!("{}({})", f.name, args.join(", "));
        if f.results.is_empty() {
            return self.line(&call);
        }
        let names: Vec<String> = f.results.iter().map(|_| self.fresh()).collect();
        self.line(&format!("{} := {call}", names.join(", ")));
        for (name, &typ) in names.into_iter().zip(&f.results) {
            self.line(&format!("_ = {name}"));
            self.vars.push(Var { name, typ, assignable: true });
        }
    }

    fn method_call(&mut self) {
        let found: Vec<(Var, TypeId)> = self
            .vars
            .iter()
            .filter_map(|v| Some((v.clone(), self.types.list[v.typ].method?)))
            .filter(|(v, _)| v.assignable)
            .collect();
        let Some((v, result)) = self.rng.pick(&found).cloned() else { return };
        match self.rng.below(3) {
            0 => {
                let f = self.fresh();
                self.line(&format!("{f} := {}.Get", v.name));
                self.declare(result, Some(format!("{f}()")));
            }
            1 => {
                let text = self.type_text(result);
                let value = format!("interface{{ Get() {text} }}(&{}).Get()", v.name);
                self.declare(result, Some(value));
            }
            _ => self.declare(result, Some(format!("{}.Get()", v.name))),
        }
    }

    fn container(&mut self) {
        let found: Vec<Var> = self
            .vars
            .iter()
            .filter(|v| {
                v.assignable
                    && matches!(self.types.list[v.typ].kind, Kind::Slice(_) | Kind::Map(..) | Kind::Func(..))
            })
            .cloned()
            .collect();
        let Some(v) = self.rng.pick(&found).cloned() else { return };
        let name = v.name;
        match self.types.list[v.typ].kind.clone() {
            Kind::Slice(e) => {
                let x = self.any_expr(e, 2);
                let text = match self.rng.below(6) {
                    0 | 5 => format!("{name} = append({name}, {x}, {x})"),
                    1 => format!("{name} = {name}[min(i&1, len({name})):]"),
                    2 => format!("copy({name}, {name}[min(1, len({name})):])"),
                    3 => format!("{name} = append({name}[:0:0], {name}...)"),
                    4 => format!("clear({name}[:len({name})/2])"),
                    _ => format!("{name}[i&3] = {x}"),
                };
                self.line(&text);
            }
            Kind::Map(k, e) => {
                let (key, x) = (self.any_expr(k, 2), self.any_expr(e, 2));
                match self.rng.below(4) {
                    0 | 1 => self.line(&format!("{name}[{key}] = {x}")),
                    2 => self.line(&format!("delete({name}, {key})")),
                    _ => {
                        let (a, ok) = (self.fresh(), self.fresh());
                        self.line(&format!("{a}, {ok} := {name}[{key}]; _, _ = {a}, {ok}"));
                        self.vars.push(Var { name: a, typ: e, assignable: true });
                        self.vars.push(Var { name: ok, typ: BOOL, assignable: true });
                    }
                }
            }
            Kind::Func(p, r) => {
                let x = self.any_expr(p, 1);
                self.declare(r, Some(format!("{name}({x})")));
            }
            _ => {}
        }
    }

    fn if_else(&mut self, depth: usize) {
        let c = self.any_expr(BOOL, 3);
        self.line(&format!("if {c} {{"));
        self.block(depth);
        if self.rng.one_in(2) {
            self.line("} else {");
            self.block(depth);
        }
        self.line("}");
    }

    fn counted_loop(&mut self, depth: usize) {
        if self.loops > 1 {
            return;
        }
        let (v, n) = (self.fresh(), 1 + self.rng.below(6));
        let head = match self.rng.below(3) {
            0 => format!("for {v} := 0; {v} < {n}; {v}++ {{"),
            1 => format!("for {v} := range {n} {{"),
            _ => format!("for {v} := range seq({n}) {{"),
        };
        self.line(&head);
        let scope = self.vars.len();
        self.vars.push(Var { name: v.clone(), typ: INT, assignable: false });
        self.loops += 1;
        self.block(depth);
        if self.rng.one_in(3) {
            let c = self.any_expr(BOOL, 2);
            let word = if self.results.is_empty() || self.rng.one_in(2) {
                ["break", "continue"][self.rng.below(2)].to_owned()
            } else {
                "return".to_owned()
            };
            self.line(&format!("if {c} {{ {word} }}"));
            self.block(depth.min(1));
        }
        self.loops -= 1;
        self.line(&format!("_ = {v}\n}}"));
        self.vars.truncate(scope);
    }

    fn range_loop(&mut self, depth: usize) {
        if self.loops > 1 {
            return;
        }
        let found: Vec<(Var, TypeId)> = self
            .vars
            .iter()
            .filter_map(|v| match self.types.list[v.typ].kind {
                Kind::Slice(e) | Kind::Array(_, e) => Some((v.clone(), e)),
                Kind::Str => Some((v.clone(), 7)),
                _ => None,
            })
            .collect();
        let Some((over, elem)) = self.rng.pick(&found).cloned() else { return };
        let (k, v, n) = (self.fresh(), self.fresh(), self.fresh());
        self.line(&format!("{n} := 0\nfor {k}, {v} := range {} {{", over.name));
        self.line(&format!("_, _ = {k}, {v}\nif {n}++; {n} > 9 {{ break }}"));
        let scope = self.vars.len();
        self.vars.push(Var { name: k, typ: INT, assignable: false });
        self.vars.push(Var { name: v, typ: elem, assignable: true });
        self.loops += 1;
        self.block(depth);
        self.loops -= 1;
        self.line("}");
        self.vars.truncate(scope);
    }

    fn switch(&mut self, depth: usize) {
        if self.rng.one_in(2) {
            let of = self.varying(INT, 2);
            self.line(&format!("switch ({of}) & 7 {{"));
            for c in 0..1 + self.rng.below(8) {
                self.line(&format!("case {c}:"));
                self.block(depth);
                if self.rng.one_in(6) {
                    self.line("fallthrough\ncase 100:");
                    break;
                }
            }
        } else {
            let of = self.varying(STR, 2);
            self.line(&format!("switch {of} {{"));
            for c in ["", "a", "héllo", "\\xff\\x00z", "b", "aa"].iter().take(1 + self.rng.below(6)) {
                self.line(&format!("case \"{c}\":"));
                self.block(depth);
            }
        }
        self.line("default:");
        self.block(depth);
        self.line("}");
    }

    fn type_switch(&mut self, depth: usize) {
        let of = self.any_expr(ANY, 2);
        let v = self.fresh();
        self.line(&format!("switch {v} := any({of}).(type) {{"));
        let mut cases: Vec<TypeId> = (0..3).map(|_| self.random_type()).filter(|&t| t != ANY).collect();
        cases.sort_unstable();
        cases.dedup();
        for t in cases {
            let text = self.type_text(t);
            self.line(&format!("case {text}:\n_ = {v}"));
            let scope = self.vars.len();
            self.vars.push(Var { name: v.clone(), typ: t, assignable: true });
            self.block(depth);
            self.vars.truncate(scope);
        }
        self.line(&format!("default:\n_ = {v}"));
        self.block(depth);
        self.line("}");
    }

    fn closure(&mut self, depth: usize) {
        let (f, r, t) = (self.fresh(), self.fresh(), self.random_type());
        let text = self.type_text(t);
        self.line(&format!("{f} := func(i int) ({r} {text}) {{"));
        let scope = self.vars.len();
        let (results, loops) = (std::mem::replace(&mut self.results, vec![t]), self.loops);
        self.vars.push(Var { name: r, typ: t, assignable: true });
        self.block(depth);
        let v = self.any_expr(t, 2);
        self.line(&format!("return {v}\n}}"));
        self.vars.truncate(scope);
        (self.results, self.loops) = (results, loops);
        let n = self.rng.below(9);
        self.declare(t, Some(format!("{f}({n})")));
        if self.loops == 0 {
            self.declare(t, Some(format!("{f}(i)")));
        }
    }

    fn deferred(&mut self, depth: usize) {
        if self.loops > 0 && self.rng.one_in(2) {
            return;
        }
        self.line("defer func() {");
        let recovers = self.rng.one_in(3);
        if recovers {
            self.line("if recover() != nil { print(\"recovered \") }");
        }
        let (results, loops) = (std::mem::take(&mut self.results), self.loops);
        self.loops = 1;
        self.block(depth.min(1));
        (self.results, self.loops) = (results, loops);
        self.line("}()");
        if recovers && self.rng.one_in(3) {
            let c = self.varying(BOOL, 2);
            self.line(&format!("if {c} {{ panic(\"p\") }}"));
        }
    }

    fn generic_call(&mut self, t: TypeId) {
        let u = self.random_type();
        let (tt, ut) = (self.type_text(t), self.type_text(u));
        let (x, y) = (self.any_expr(t, 2), self.any_expr(u, 2));
        match self.rng.below(3) {
            0 => self.declare(t, Some(format!("pair[{tt}, {ut}]{{{x}, {y}}}.swap().b"))),
            1 => {
                let v = self.fresh();
                let text =
                    format!("{v} := mapped([]{tt}{{{x}}}, func(_ {tt}) {ut} {{ return {y} }}); _ = {v}");
                self.line(&text);
                self.declare(u, Some(format!("{v}[0]")));
            }
            _ => self.declare(t, Some(format!("*ptr[{tt}]({x})"))),
        }
    }

    fn labelled(&mut self, depth: usize) {
        if self.loops > 0 {
            return;
        }
        let (label, a, b) = (format!("L{}", self.next), self.fresh(), self.fresh());
        let over = if self.rng.one_in(2) { "seq(3)" } else { "3" };
        self.line(&format!("{label}:\nfor {a} := range 3 {{\nfor {b} := range {over} {{\n_, _ = {a}, {b}"));
        let scope = self.vars.len();
        for name in [&a, &b] {
            self.vars.push(Var { name: name.clone(), typ: INT, assignable: false });
        }
        self.loops += 2;
        let c = self.any_expr(BOOL, 2);
        let word = ["break", "continue"][self.rng.below(2)];
        self.line(&format!("if {c} {{ {word} {label} }}"));
        self.block(depth);
        self.loops -= 2;
        self.line("}\n}");
        self.vars.truncate(scope);
    }
}
