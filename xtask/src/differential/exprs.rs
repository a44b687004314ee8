//! Expressions of a wanted type.
//!
//! Their text says also if Go takes them for constants: Go refuses constant expressions that overflow, divide by
//! zero or index out of range, where the program is to do so.

use super::program::Program;
use super::types::{ANY, BOOL, BYTE, INT, Kind, STR, TypeId};

/// An expression.
pub struct Expr {
    pub text: String,
    pub constant: bool,
}

fn var(text: String) -> Expr {
    Expr { text, constant: false }
}

fn constant(text: String) -> Expr {
    Expr { text, constant: true }
}

impl Program<'_> {
    fn kind(&self, t: TypeId) -> Kind {
        self.types.list[t].kind.clone()
    }

    fn text(&self, t: TypeId) -> String {
        self.types.list[t].text.clone()
    }

    /// An expression that Go does not take for a constant.
    pub fn varying(&mut self, t: TypeId, depth: usize) -> String {
        let e = self.expr(t, depth);
        if e.constant { format!("id({})", e.text) } else { e.text }
    }

    /// Any expression of the type.
    pub fn any_expr(&mut self, t: TypeId, depth: usize) -> String {
        self.expr(t, depth).text
    }

    /// A variable of the type, or a part of one, that can be assigned to.
    pub fn place(&mut self, t: TypeId) -> Option<String> {
        let mut found = Vec::new();
        for v in self.vars.iter().filter(|v| v.assignable) {
            self.places_in(&v.name, v.typ, t, 2, &mut found);
        }
        self.rng.pick(&found).cloned()
    }

    fn places_in(&self, text: &str, have: TypeId, want: TypeId, depth: usize, found: &mut Vec<String>) {
        if have == want {
            found.push(text.to_owned());
        }
        if depth == 0 {
            return;
        }
        match &self.types.list[have].kind {
            Kind::Struct(fields) => {
                for (name, t) in fields.iter().filter(|f| f.0 != "_") {
                    self.places_in(&format!("{text}.{name}"), *t, want, depth - 1, found);
                }
            }
            Kind::Array(n, e) => {
                self.places_in(&format!("{text}[i%{n}&{}]", n - 1), *e, want, depth - 1, found)
            }
            Kind::Slice(e) => self.places_in(&format!("{text}[i&3]"), *e, want, depth - 1, found),
            Kind::Ptr(e) => self.places_in(&format!("(*{text})"), *e, want, depth - 1, found),
            _ => {}
        }
    }

    fn expr(&mut self, t: TypeId, depth: usize) -> Expr {
        if depth == 0 || self.rng.one_in(6) {
            return self.leaf(t);
        }
        let d = depth - 1;
        if self.rng.one_in(9)
            && let Some(text) = self.selected(t, d)
        {
            return var(text);
        }
        match self.kind(t) {
            Kind::Int(bits, signed) => self.int_expr(t, bits, signed, d),
            Kind::Float(_) => self.float_expr(t, d),
            Kind::Complex => self.complex_expr(t, d),
            Kind::Bool => self.bool_expr(t, d),
            Kind::Str => self.string_expr(t, d),
            _ => self.composite(t, d),
        }
    }

    /// An element, a dereferenced pointer, or an assertion of that type.
    fn selected(&mut self, t: TypeId, d: usize) -> Option<String> {
        let mut found = Vec::new();
        for v in &self.vars {
            match &self.types.list[v.typ].kind {
                Kind::Map(k, e) if *e == t => found.push((v.name.clone(), Some(*k))),
                Kind::Any if t != ANY => found.push((v.name.clone(), None)),
                _ => {}
            }
        }
        let (name, key) = self.rng.pick(&found).cloned()?;
        Some(match key {
            Some(k) => format!("{name}[{}]", self.any_expr(k, d)),
            None if self.rng.one_in(8) => format!("{name}.({})", self.text(t)),
            None => format!("as[{}]({name})", self.text(t)),
        })
    }

    fn leaf(&mut self, t: TypeId) -> Expr {
        let mut found = Vec::new();
        for v in &self.vars {
            self.places_in(&v.name, v.typ, t, 1, &mut found);
        }
        if !self.rng.one_in(3)
            && let Some(text) = self.rng.pick(&found)
        {
            return var(text.clone());
        }
        let text = self.text(t);
        match self.kind(t) {
            Kind::Int(bits, signed) => {
                let max: i128 = if signed { (1 << (bits - 1)) - 1 } else { (1 << bits) - 1 };
                let min: i128 = if signed { -max - 1 } else { 0 };
                let v = match self.rng.below(8) {
                    0 => max,
                    1 => min,
                    2 => max - 1,
                    3 if signed => -1,
                    _ => self.rng.below(100) as i128,
                };
                constant(format!("{text}({v})"))
            }
            Kind::Float(_) => {
                let all = ["0", "1.5", "-2.25", "1e10", "3.0000001", "-0.125", "1e-3", "255.9", "-1", "1e20"];
                constant(format!("{text}({})", all[self.rng.below(all.len())]))
            }
            Kind::Complex => constant(format!("{text}({}+{}i)", self.rng.below(9), self.rng.below(9))),
            Kind::Bool => constant(format!("{text}({})", self.rng.one_in(2))),
            Kind::Str => {
                let all = ["", "a", "héllo", "\\xff\\x00z", "日本", "abcdefghijklmnopqrstuvwxyz0123456789"];
                constant(format!("{text}(\"{}\")", all[self.rng.below(all.len())]))
            }
            Kind::Struct(_) | Kind::Array(..) => var(format!("{text}{{}}")),
            Kind::Slice(_) | Kind::Map(..) | Kind::Ptr(_) | Kind::Func(..) if self.rng.one_in(20) => {
                var(format!("({text})(nil)"))
            }
            Kind::Ptr(e) => var(format!("({text})(new({}))", self.text(e))),
            Kind::Any => var("any(i)".to_owned()),
            _ => self.composite(t, 0),
        }
    }

    fn int_expr(&mut self, t: TypeId, bits: u32, signed: bool, d: usize) -> Expr {
        let text = self.text(t);
        var(match self.rng.below(14) {
            0..=4 => {
                let op = ["+", "-", "*", "&", "|", "^", "&^"][self.rng.below(7)];
                format!("({} {op} {})", self.varying(t, d), self.any_expr(t, d))
            }
            5 => {
                let op = ["/", "%"][self.rng.below(2)];
                if self.rng.one_in(3) {
                    let max = if bits == 8 { 100 } else { 1000 };
                    format!("({} {op} {})", self.varying(t, d), 1 + self.rng.below(max))
                } else {
                    let one = if self.rng.one_in(5) { "" } else { " | 1" };
                    format!("({} {op} ({}{one}))", self.varying(t, d), self.varying(t, d))
                }
            }
            6 => {
                let op = ["<<", ">>"][self.rng.below(2)];
                if self.rng.one_in(2) {
                    format!("({} {op} {})", self.varying(t, d), self.rng.below(70))
                } else {
                    format!("({} {op} ({} & 127))", self.varying(t, d), self.varying(BYTE, d))
                }
            }
            7 => format!("{}({})", ["-", "^"][self.rng.below(2)], self.varying(t, d)),
            8 | 9 => {
                let numbers: Vec<TypeId> = (0..self.types.list.len())
                    .filter(|&n| matches!(self.types.list[n].kind, Kind::Int(..)))
                    .collect();
                let from = self.rng.pick(&numbers).copied().unwrap_or(INT);
                format!("{text}({})", self.varying(from, d))
            }
            10 if bits == 64 && signed => {
                // In range, else the result is the processor's business.
                let (f, x) = (11, self.varying(11, d));
                _ = f;
                format!("{text}(clamp({x}))")
            }
            11 => format!(
                "{}({}, {})",
                ["min", "max"][self.rng.below(2)],
                self.varying(t, d),
                self.any_expr(t, d)
            ),
            12 if t == BYTE => format!("(\"z\" + {})[{}&1]", self.varying(STR, d), self.varying(INT, 0)),
            _ if t == INT => {
                let sized: Vec<TypeId> = (0..self.types.list.len())
                    .filter(|&n| {
                        matches!(self.types.list[n].kind, Kind::Str | Kind::Slice(_) | Kind::Map(..))
                    })
                    .collect();
                let from = self.rng.pick(&sized).copied().unwrap_or(STR);
                format!("len({})", self.varying(from, d))
            }
            _ => return self.leaf(t),
        })
    }

    fn float_expr(&mut self, t: TypeId, d: usize) -> Expr {
        let text = self.text(t);
        var(match self.rng.below(7) {
            0..=3 => {
                let op = ["+", "-", "*", "/"][self.rng.below(4)];
                format!("({} {op} {})", self.varying(t, d), self.varying(t, d))
            }
            4 => format!("{text}({})", self.varying(INT, d)),
            5 => format!("-({})", self.varying(t, d)),
            _ => format!(
                "{}({}, {})",
                ["min", "max"][self.rng.below(2)],
                self.varying(t, d),
                self.any_expr(t, d)
            ),
        })
    }

    fn complex_expr(&mut self, t: TypeId, d: usize) -> Expr {
        var(match self.rng.below(5) {
            0..=2 => {
                let op = ["+", "-", "*"][self.rng.below(3)];
                format!("({} {op} {})", self.varying(t, d), self.varying(t, d))
            }
            3 => format!("{}(complex({}, {}))", self.text(t), self.varying(11, d), self.varying(11, d)),
            _ => format!("-({})", self.varying(t, d)),
        })
    }

    fn bool_expr(&mut self, t: TypeId, d: usize) -> Expr {
        let text = self.text(t);
        let e = match self.rng.below(6) {
            0 => format!("({} && {})", self.varying(t, d), self.any_expr(t, d)),
            1 => format!("({} || {})", self.varying(t, d), self.any_expr(t, d)),
            2 => format!("!({})", self.varying(t, d)),
            3 | 4 => {
                let comparable: Vec<TypeId> =
                    (0..self.types.list.len()).filter(|&n| self.types.list[n].comparable).collect();
                let of = self.rng.pick(&comparable).copied().unwrap_or(INT);
                let op = ["==", "!="][self.rng.below(2)];
                format!("({} {op} {})", self.varying(of, d), self.varying(of, d))
            }
            _ => {
                let of = [INT, STR, BYTE, 11, 6, 8][self.rng.below(6)];
                let op = ["<", "<=", ">", ">="][self.rng.below(4)];
                format!("({} {op} {})", self.varying(of, d), self.any_expr(of, d))
            }
        };
        var(if t == BOOL { e } else { format!("{text}({e})") })
    }

    fn string_expr(&mut self, t: TypeId, d: usize) -> Expr {
        let text = self.text(t);
        var(match self.rng.below(6) {
            0 | 1 => format!("({} + {})", self.varying(t, d), self.any_expr(t, d)),
            2 if self.rng.one_in(6) => format!("{}[{}&3:]", self.varying(t, d), self.varying(INT, 0)),
            2 => format!("tail({}, {})", self.varying(t, d), self.varying(INT, 0)),
            3 => format!("{}[:len({text}(\"ab\"))&i]", self.varying(t, d)),
            4 => format!("{text}(rune({}))", self.varying(6, d)),
            _ => format!("{text}([]byte({}))", self.varying(t, d)),
        })
    }

    fn composite(&mut self, t: TypeId, d: usize) -> Expr {
        let text = self.text(t);
        var(match self.kind(t) {
            Kind::Struct(fields) => {
                let mut given = Vec::new();
                for (name, ft) in fields.iter().filter(|f| f.0 != "_") {
                    if !self.rng.one_in(4) {
                        given.push(format!("{name}: {}", self.any_expr(*ft, d)));
                    }
                }
                format!("{text}{{{}}}", given.join(", "))
            }
            Kind::Array(n, e) => {
                let given: Vec<String> = (0..self.rng.below(n + 1)).map(|_| self.any_expr(e, d)).collect();
                format!("{text}{{{}}}", given.join(", "))
            }
            Kind::Slice(e) if self.rng.one_in(3) => {
                format!("append({}, {})", self.varying(t, d), self.any_expr(e, d))
            }
            Kind::Slice(e) => {
                let n = if self.rng.one_in(6) { self.rng.below(4) } else { 4 };
                let given: Vec<String> = (0..n).map(|_| self.any_expr(e, d)).collect();
                format!("{text}{{{}}}", given.join(", "))
            }
            Kind::Map(k, e) => {
                // One value for all: which of two entries with equal keys counts is nobody's promise.
                let value = self.any_expr(e, d);
                let given: Vec<String> =
                    (0..self.rng.below(4)).map(|_| format!("{}: {value}", self.varying(k, d))).collect();
                format!("{text}{{{}}}", given.join(", "))
            }
            Kind::Ptr(e) => format!("({text})(ptr({}))", self.varying(e, d)),
            Kind::Func(p, r) => {
                let (p, result) = (self.text(p), self.any_expr(r, d));
                format!("({text})(func(_ {p}) {} {{ return {result} }})", self.text(r))
            }
            _ => {
                let from = self.rng.below(self.types.list.len());
                format!("any({})", self.any_expr(from, d))
            }
        })
    }
}
