//! The types of a generated program, and functions that print their values.

use crate::rng::Rng;
use std::fmt::Write as _;

/// Index of a type.
pub type TypeId = usize;

/// What a type is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Integer: bits, signed.
    Int(u32, bool),
    /// Floating-point: bits.
    Float(u32),
    /// complex128
    Complex,
    Bool,
    Str,
    /// Fields: name (`_` for blank ones) and type.
    Struct(Vec<(String, TypeId)>),
    Array(usize, TypeId),
    Slice(TypeId),
    /// Key and element.
    Map(TypeId, TypeId),
    Ptr(TypeId),
    /// Parameter and result.
    Func(TypeId, TypeId),
    Any,
}

/// A type: how it is written and what it is.
#[derive(Clone, Debug)]
pub struct Type {
    pub text: String,
    pub kind: Kind,
    pub comparable: bool,
    /// It has a method `Get`, which returns this type.
    pub method: Option<TypeId>,
}

/// All types of a program.
#[derive(Debug, Default)]
pub struct Types {
    pub list: Vec<Type>,
}

const BASIC: [(&str, Kind); 15] = [
    ("int", Kind::Int(64, true)),
    ("bool", Kind::Bool),
    ("string", Kind::Str),
    ("uint8", Kind::Int(8, false)),
    ("int8", Kind::Int(8, true)),
    ("int16", Kind::Int(16, true)),
    ("uint16", Kind::Int(16, false)),
    ("int32", Kind::Int(32, true)),
    ("uint32", Kind::Int(32, false)),
    ("int64", Kind::Int(64, true)),
    ("uint64", Kind::Int(64, false)),
    ("float64", Kind::Float(64)),
    ("float32", Kind::Float(32)),
    ("complex128", Kind::Complex),
    ("any", Kind::Any),
];

/// `int`
pub const INT: TypeId = 0;
/// `bool`
pub const BOOL: TypeId = 1;
/// `string`
pub const STR: TypeId = 2;
/// `uint8`
pub const BYTE: TypeId = 3;
/// `any`
pub const ANY: TypeId = 14;

impl Types {
    /// The basic types and some made of them; declarations go to `out`, names begin with `prefix`.
    pub fn generate(rng: &mut Rng, prefix: &str, out: &mut String) -> Self {
        let mut types = Self::default();
        for (text, kind) in BASIC {
            types.list.push(Type { text: text.to_owned(), kind, comparable: true, method: None });
        }
        for _ in 0..6 + rng.below(10) {
            types.add_one(rng, prefix, out);
        }
        types.printers(prefix, out);
        types
    }

    fn add_one(&mut self, rng: &mut Rng, prefix: &str, out: &mut String) {
        let any_type = rng.below(self.list.len());
        let other = rng.below(self.list.len());
        let keys: Vec<TypeId> =
            (0..self.list.len()).filter(|&t| self.list[t].comparable && t != ANY || t == INT).collect();
        let key = rng.pick(&keys).copied().unwrap_or(INT);
        let name = |t: TypeId, list: &[Type]| list[t].text.clone();
        let (text, kind, comparable) = match rng.below(8) {
            0 | 1 => {
                let fields: Vec<(String, TypeId)> = (0..1 + rng.below(5))
                    .map(|i| {
                        let blank = rng.one_in(12);
                        (if blank { "_".to_owned() } else { format!("f{i}") }, rng.below(self.list.len()))
                    })
                    .collect();
                let body: Vec<String> =
                    fields.iter().map(|(n, t)| format!("{n} {}", self.list[*t].text)).collect();
                let comparable = fields.iter().all(|f| self.list[f.1].comparable);
                (format!("struct {{ {} }}", body.join("; ")), Kind::Struct(fields), comparable)
            }
            2 => {
                let n = 1 + rng.below(5);
                let comparable = self.list[any_type].comparable;
                (format!("[{n}]{}", name(any_type, &self.list)), Kind::Array(n, any_type), comparable)
            }
            3 => (format!("[]{}", name(any_type, &self.list)), Kind::Slice(any_type), false),
            4 => {
                let text = format!("map[{}]{}", name(key, &self.list), name(any_type, &self.list));
                (text, Kind::Map(key, any_type), false)
            }
            5 => (format!("*{}", name(any_type, &self.list)), Kind::Ptr(any_type), true),
            6 => {
                let text = format!("func({}) {}", name(any_type, &self.list), name(other, &self.list));
                (text, Kind::Func(any_type, other), false)
            }
            _ => {
                let basic = rng.below(14);
                (name(basic, &self.list), self.list[basic].kind.clone(), true)
            }
        };
        // Structs always, others sometimes have a name; only those can have a method.
        let (text, named) = if matches!(kind, Kind::Struct(_)) || rng.one_in(3) {
            let declared = format!("{prefix}T{}", self.list.len());
            _ = writeln!(out, "type {declared} {text}");
            (declared, true)
        } else {
            (text, false)
        };
        if self.list.iter().any(|t| t.text == text) {
            return;
        }
        let mut method = None;
        if named && !matches!(kind, Kind::Ptr(_) | Kind::Any) {
            method = self.method(rng, &text, &kind, out);
        }
        self.list.push(Type { text, kind, comparable, method });
    }

    /// A method that returns a part of the value.
    fn method(&self, rng: &mut Rng, text: &str, kind: &Kind, out: &mut String) -> Option<TypeId> {
        let star = if rng.one_in(2) { "*" } else { "" };
        let recv = if star.is_empty() { "v" } else { "(*v)" };
        let (result, body) = match kind {
            Kind::Struct(fields) => {
                let named: Vec<&(String, TypeId)> = fields.iter().filter(|f| f.0 != "_").collect();
                let f = rng.pick(&named)?;
                (f.1, format!("return v.{}", f.0))
            }
            Kind::Array(n, e) => (*e, format!("return v[{}]", rng.below(*n))),
            Kind::Slice(e) => (*e, format!("return {recv}[{}]", rng.below(3))),
            Kind::Str | Kind::Map(..) => (INT, format!("return len({recv})")),
            Kind::Int(..) => (INT, format!("return int({recv}) * 3")),
            _ => return None,
        };
        _ = writeln!(out, "func (v {star}{text}) Get() {} {{ {body} }}", self.list[result].text);
        Some(result)
    }

    /// A function for each type that prints its values.
    fn printers(&self, prefix: &str, out: &mut String) {
        for (i, t) in self.list.iter().enumerate() {
            _ = write!(out, "func {prefix}d{i}(v {}) {{ ", t.text);
            match &t.kind {
                Kind::Int(..) | Kind::Float(_) | Kind::Bool | Kind::Complex => {
                    _ = write!(out, "print(v, \" \")")
                }
                Kind::Str => _ = write!(out, "print(len(v), \":\", v, \" \")"),
                Kind::Struct(fields) => {
                    _ = write!(out, "print(\"{{\")");
                    for (name, t) in fields.iter().filter(|f| f.0 != "_") {
                        _ = write!(out, "; {prefix}d{t}(v.{name})");
                    }
                    _ = write!(out, "; print(\"}}\")");
                }
                Kind::Array(_, e) | Kind::Slice(e) => {
                    _ = write!(
                        out,
                        "print(len(v), \"[\"); for _, x := range v {{ {prefix}d{e}(x) }}; print(\"]\")"
                    );
                }
                // The order is random: entries are counted only, and found again.
                Kind::Map(_, e) => {
                    _ = write!(
                        out,
                        "n := 0; for k, x := range v {{ n++; if k == k {{ _ = v[k]; _ = x }} }}; "
                    );
                    _ = write!(
                        out,
                        "print(\"m\", len(v), n); if len(v) == 1 {{ for _, x := range v {{ {prefix}d{e}(x) }} }}"
                    );
                }
                Kind::Ptr(e) => {
                    _ = write!(
                        out,
                        "if v == nil {{ print(\"nil \") }} else {{ print(\"&\"); {prefix}d{e}(*v) }}"
                    );
                }
                Kind::Func(..) => _ = write!(out, "print(v == nil, \" \")"),
                // Only by way of an `any` can a value be part of itself.
                Kind::Any => {
                    _ = write!(out, "if deep > 4 {{ print(\"deep \"); return }}; deep++; ");
                    _ = write!(out, "switch v := v.(type) {{ case nil: print(\"nil \")");
                    for (j, t) in self.list.iter().enumerate().filter(|t| t.0 != i) {
                        _ = write!(out, "; case {}: print(\"#{j} \"); {prefix}d{j}(v)", t.text);
                    }
                    _ = write!(out, " }}; deep--");
                }
            }
            _ = writeln!(out, " }}");
        }
    }
}
