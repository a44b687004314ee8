//! Calls.

use super::Body;
use super::shape::Shape;
use super::uintptr_args::Given;
use super::value::{Addr, Val};
use crate::func::{SlotData, Value};
use crate::inst::{Callee, ConvOp, Op, Ty};
use crate::lower::abi::{First, FnAbi, Pass, Results};
use crate::lower::data::runtime_sig;
use crate::lower::intrinsic;
use gort_abi::runtime_fn::RuntimeFn;
use gort_syntax::ast::{CallExpr, Expr, ExprId, ExprKind};
use gort_types::info::{Mode, Selection, SelectionKind};
use gort_types::object::{ObjId, ObjKind};
use gort_types::types::{BasicKind, TypeId};

/// What is called, evaluated.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A declared function.
    Func(Callee),
    /// A declared method and its receiver.
    Method(Callee, TypeId, Val),
    /// A func value.
    Closure(Value),
    /// Code of an itab and the data word.
    Word { code: Value, data: Value },
}

impl Target {
    /// What a closure that calls this later must capture.
    pub(super) fn captures(&self, body: &Body<'_, '_>, sig: TypeId) -> Vec<(TypeId, Val)> {
        match self {
            Self::Func(_) => Vec::new(),
            Self::Method(_, t, v) => vec![(*t, v.clone())],
            Self::Closure(p) => vec![(sig, Val::one(*p))],
            Self::Word { code, data } => vec![
                (body.basic(BasicKind::Uintptr), Val::one(*code)),
                (body.basic(BasicKind::UnsafePointer), Val::one(*data)),
            ],
        }
    }

    /// The same target in that closure, from the captured values.
    pub(super) fn rebuilt(&self, body: &mut Body<'_, '_>, values: &mut impl Iterator<Item = Val>) -> Self {
        let mut word = |ty| {
            let v = values.next().unwrap_or(Val::Scalars(Vec::new()));
            body.nth(&v, 0, ty)
        };
        match self {
            Self::Func(c) => Self::Func(c.clone()),
            Self::Closure(_) => Self::Closure(word(Ty::Ptr)),
            Self::Word { .. } => Self::Word { code: word(Ty::I64), data: word(Ty::Ptr) },
            Self::Method(c, t, _) => {
                Self::Method(c.clone(), *t, values.next().unwrap_or(Val::Scalars(Vec::new())))
            }
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// The only value of a call, conversion or builtin.
    pub(super) fn call_value(&mut self, e: &'a Expr, c: &'a CallExpr) -> Val {
        let mut values = self.call_values(e, c);
        if values.is_empty() { Val::Scalars(Vec::new()) } else { values.swap_remove(0) }
    }

    /// All values of a call, conversion or builtin.
    pub(super) fn call_values(&mut self, e: &'a Expr, c: &'a CallExpr) -> Vec<Val> {
        let fun = c.fun.unparen();
        match self.mode(fun) {
            Mode::TypExpr => {
                let to = self.type_of(e);
                return match c.args.first() {
                    Some(x) => vec![self.conversion(to, x)],
                    None => vec![self.zero_val(to)],
                };
            }
            Mode::Builtin(id) => return vec![self.builtin(e, c, id)],
            _ => {}
        }
        if let Some(v) = self.intrinsic(fun) {
            return vec![v];
        }
        let callee = self.denoted(fun);
        let sig = match (self.selected(fun), callee) {
            (Some((_, s)), _)
                if s.kind == SelectionKind::MethodVal && !self.l.instance_suffix(s.obj).is_empty() =>
            {
                self.l.obj_type(s.obj)
            }
            (_, Some(f)) => self.l.obj_type(f),
            _ => self.type_of(fun),
        };
        if let Some(f) = callee
            && let Some(values) = self.std_intrinsic(f, c, sig)
        {
            return values;
        }
        if let Some(f) = callee
            && let Some(text) = self.made_unique(f, c, sig)
        {
            let target = self.target(fun);
            return self.invoke(&target, sig, vec![text]);
        }
        let selected = self.selected(fun).filter(|(_, s)| s.kind == SelectionKind::MethodVal);
        if let Some((x, _)) = &selected
            && !self.is_interface(self.type_of(x))
            && self.reads_late(x)
            && c.args.iter().any(|a| self.has_effect(a))
            && !self.keeps_uintptrs(selected.as_ref().map(|(_, s)| s.obj))
        {
            // The receiver is an operand like the arguments.
            let args = self.arguments(c, sig);
            let target = self.target(fun);
            return self.invoke(&target, sig, args);
        }
        let method = selected.map(|(_, s)| s.obj);
        let target = self.target(fun);
        if !self.keeps_uintptrs(callee.or(method)) {
            let args = self.arguments(c, sig);
            return self.invoke(&target, sig, args);
        }
        let mut given = Given::new();
        let args = self.arguments_given(c, sig, |e, v| given.push((e, v.clone())));
        let pointers = self.pointers_in(given);
        let results = self.invoke(&target, sig, args);
        self.keep_escaped(pointers);
        results
    }

    /// The argument of `unique.Make(string(b))`, not copied, as in gc: `Make` looks at it, and copies what it keeps.
    fn made_unique(&mut self, f: ObjId, c: &'a CallExpr, sig: TypeId) -> Option<Val> {
        let [x] = c.args.as_slice() else { return None };
        if self.l.pkg_path(f) != "unique" || &*self.l.prog.objs[f].name != "Make" {
            return None;
        }
        let &param = self.l.signature(sig).params.first()?;
        let to = self.l.obj_type(param);
        if self.shape(to) != Shape::String { None } else { self.borrowed(x) }
    }

    /// The functions of package runtime that are instructions.
    fn intrinsic(&mut self, fun: &Expr) -> Option<Val> {
        let obj = self.object(fun)?;
        let name = self.l.prog.objs[obj].name.clone();
        if !matches!(&*name, "getg" | "getframepointer") || self.l.pkg_path(obj) != "runtime" {
            return None;
        }
        Some(Val::one(match &*name {
            "getg" => self.b.emit1(Op::GetG, Ty::Ptr),
            _ => self.b.emit1(Op::FramePointer, Ty::I64),
        }))
    }

    /// The functions of the standard library that are instructions.
    fn std_intrinsic(&mut self, f: ObjId, c: &'a CallExpr, sig: TypeId) -> Option<Vec<Val>> {
        let path = self.l.pkg_path(f);
        if !path.starts_with("internal/")
            && !path.starts_with("crypto/internal/")
            && !matches!(path.as_str(), "math" | "math/bits" | "sync/atomic")
        {
            return None;
        }
        let name = self.l.func_name(f);
        if let ("internal/abi.FuncPCABI0" | "internal/abi.FuncPCABIInternal", Some(arg)) =
            (name.as_str(), c.args.first())
        {
            return Some(vec![self.func_pc(arg)]);
        }
        if name.starts_with("internal/abi.EscapeNonString[") {
            self.escape_non_string(c, sig);
            return Some(Vec::new());
        }
        if let Some((native, used)) = byte_search(&name) {
            let args = self.argument_words(c, sig);
            let args = used.iter().filter_map(|&i| args.get(i).copied()).collect();
            return Some(vec![Val::one(self.rt1(native, args))]);
        }
        let which = intrinsic::by_name(&name)?;
        let args = self.argument_words(c, sig);
        let abi = self.l.fn_abi(sig, First::None);
        let values = intrinsic::emit(&mut self.b, which, &args, &abi.sig.results);
        Some(self.results(&abi, None, &values))
    }

    /// The arguments of a call, none of them in memory.
    fn argument_words(&mut self, c: &'a CallExpr, sig: TypeId) -> Vec<Value> {
        let words = |v: &Val| if let Val::Scalars(s) = v { s.clone() } else { Vec::new() };
        self.arguments(c, sig).iter().flat_map(words).collect()
    }

    /// The code address of a function.
    fn func_pc(&mut self, f: &'a Expr) -> Val {
        let code = match self.denoted(f) {
            Some(obj) => {
                let symbol = match self.l.callee(obj) {
                    Callee::Runtime(f) => self.l.module.runtime_symbol(f),
                    Callee::Func(id) => self.l.module.func_symbol(id),
                    Callee::Indirect(..) => unreachable!("a declared function"),
                };
                let p = self.b.emit1(Op::SymAddr(symbol, 0), Ty::Ptr);
                self.b.convert(ConvOp::Bitcast, p, Ty::I64)
            }
            None => {
                let (t, v) = (self.type_of(f), self.expr(f));
                // The data word of an interface that holds a func value is that value.
                let word = usize::from(matches!(self.shape(t), Shape::Interface { .. }));
                let closure = self.nth(&v, word, Ty::Ptr);
                self.b.emit1(Op::Load { addr: closure, offset: 0, nil_check: true }, Ty::I64)
            }
        };
        Val::one(code)
    }

    /// Evaluates what is called.
    pub(super) fn target(&mut self, fun: &'a Expr) -> Target {
        if let Some((x, s)) = self.selected(fun)
            && s.kind == SelectionKind::MethodVal
        {
            return self.method_target(x, &s);
        }
        if let Some(obj) = self.denoted(fun) {
            return Target::Func(self.l.callee(obj));
        }
        let v = self.expr(fun);
        Target::Closure(self.nth(&v, 0, Ty::Ptr))
    }

    /// Operand and selection of a selector expression that selects from a value or type; of a method with
    /// type parameters the instance, which may be written `x.m[T]`.
    pub(super) fn selected<'e>(&mut self, e: &'e Expr) -> Option<(&'e Expr, Selection)> {
        let mut e = e.unparen();
        while let ExprKind::Index(x, _) = &e.kind
            && self.is_instantiation(x)
        {
            e = x.unparen();
        }
        let ExprKind::Selector(x, id) = &e.kind else { return None };
        let mut s = self.l.prog.info.selections.get(&e.id).cloned()?;
        if s.kind != SelectionKind::FieldVal
            && let Some(args) = self.l.prog.info.instances.get(&id.id).map(|i| i.type_args.clone())
        {
            s.obj = self.l.func_instance(s.obj, &args);
        }
        Some((x, s))
    }

    /// The declared function, or instance of one, that an expression denotes.
    pub(super) fn denoted(&mut self, e: &Expr) -> Option<ObjId> {
        let mut e = e.unparen();
        while let ExprKind::Index(x, _) = &e.kind {
            let id = denoting(x)?;
            if !self.l.prog.info.instances.contains_key(&id) {
                return None;
            }
            e = x.unparen();
        }
        let obj = self.object(e)?;
        if !matches!(self.l.prog.objs[obj].kind, ObjKind::Func { .. })
            || self.l.prog.info.selections.contains_key(&e.id)
        {
            return None;
        }
        match self.l.prog.info.instances.get(&denoting(e)?).map(|i| i.type_args.clone()) {
            Some(args) => Some(self.l.func_instance(obj, &args)),
            None => Some(obj),
        }
    }

    /// Is the operand of an index expression a generic function that it instantiates?
    pub(super) fn is_instantiation(&self, x: &Expr) -> bool {
        denoting(x).is_some_and(|id| self.l.prog.info.instances.contains_key(&id))
    }

    /// Evaluates the arguments, converted to the parameters' types.
    pub(super) fn arguments(&mut self, c: &'a CallExpr, sig: TypeId) -> Vec<Val> {
        self.arguments_given(c, sig, |_, _| {})
    }

    /// As [`Self::arguments`], and shows each with the expression it comes from.
    fn arguments_given(
        &mut self,
        c: &'a CallExpr,
        sig: TypeId,
        mut show: impl FnMut(&'a Expr, &Val),
    ) -> Vec<Val> {
        let signature = self.l.signature(sig);
        let types: Vec<TypeId> = signature.params.iter().map(|&p| self.l.obj_type(p)).collect();
        let fixed = if signature.variadic && c.ellipsis.is_none() {
            types.len().saturating_sub(1)
        } else {
            types.len()
        };
        let mut rest: Vec<Val> = Vec::new();
        let mut out: Vec<Val> = Vec::new();
        let variadic_elem = match types.get(fixed) {
            Some(&t) => self.l.prog.slice_elem(t).unwrap_or(t),
            None => self.int(),
        };
        if let [only] = c.args.as_slice()
            && let ExprKind::Call(inner) = &only.unparen().kind
            && let given = self.tuple_types(only.unparen())
            && given.len() > 1
        {
            let values = self.call_values(only.unparen(), inner);
            for (i, (v, from)) in values.into_iter().zip(given).enumerate() {
                let to = if i < fixed { types[i] } else { variadic_elem };
                let v = self.implicit(v, from, to);
                if i < fixed { out.push(v) } else { rest.push(v) }
            }
        } else {
            let to = |i: usize| if i < fixed { types[i] } else { variadic_elem };
            let list: Vec<(&Expr, TypeId)> = c.args.iter().enumerate().map(|(i, arg)| (arg, to(i))).collect();
            for (i, (v, arg)) in self.list_to(&list).into_iter().zip(&c.args).enumerate() {
                show(arg, &v);
                if i < fixed { out.push(v) } else { rest.push(v) }
            }
        }
        if fixed < types.len() {
            out.push(self.variadic_slice(variadic_elem, &rest));
        }
        out
    }

    fn variadic_slice(&mut self, elem: TypeId, values: &[Val]) -> Val {
        let n = self.i64(values.len() as i64);
        if values.is_empty() {
            let nil = self.b.nil();
            return Val::Scalars(vec![nil, n, n]);
        }
        let t = self.type_word(elem);
        let p = self.rt1("newarray", vec![t, n]);
        self.note_expr(p, self.b.pos, || "... argument".into());
        let size = self.layout(elem).size;
        for (i, v) in values.iter().enumerate() {
            self.store(elem, Addr::heap(p).plus(i as u64 * size), v);
        }
        Val::Scalars(vec![p, n, n])
    }

    /// Calls with evaluated arguments.
    pub(super) fn invoke(&mut self, target: &Target, sig: TypeId, args: Vec<Val>) -> Vec<Val> {
        if let Target::Func(Callee::Runtime(f)) = target {
            let abi = self.l.fn_abi(sig, First::None);
            return self.invoke_runtime(*f, &abi, &args);
        }
        let first = match target {
            Target::Func(_) => First::None,
            Target::Method(_, t, _) => First::Recv(*t),
            Target::Closure(_) => First::Ctx,
            Target::Word { .. } => First::Word,
        };
        let abi = self.l.fn_abi(sig, first);
        let mut words: Vec<Value> = Vec::new();
        let callee = match target {
            Target::Func(c) => c.clone(),
            Target::Method(c, t, v) => {
                self.push_arg(&mut words, *t, v);
                c.clone()
            }
            Target::Closure(p) => {
                words.push(*p);
                let code = self.b.emit1(Op::Load { addr: *p, offset: 0, nil_check: true }, Ty::I64);
                Callee::Indirect(code, abi.sig.clone())
            }
            Target::Word { code, data } => {
                words.push(*data);
                Callee::Indirect(*code, abi.sig.clone())
            }
        };
        let area = match &abi.results {
            Results::Memory { size, align, pointers, .. } => {
                let slot = self.b.create_slot(SlotData {
                    size: (*size).max(1),
                    align: (*align).clamp(1, 16),
                    pointers: pointers.clone(),
                });
                let addr = Addr::slot(slot);
                words.push(self.addr_value(addr));
                Some(addr)
            }
            Results::Registers(_) => None,
        };
        for (v, t) in args.iter().zip(&abi.param_types) {
            self.push_arg(&mut words, *t, v);
        }
        let results = self.b.call(callee, words, &abi.sig.results);
        self.results(&abi, area, &results)
    }

    /// Adds the IR parameters of an argument.
    fn push_arg(&mut self, words: &mut Vec<Value>, t: TypeId, v: &Val) {
        match v {
            Val::Scalars(s) => words.extend(s),
            Val::Mem { .. } => {
                let v = self.stable(t, v.clone());
                if let Val::Mem { addr, .. } = v {
                    words.push(self.addr_value(addr));
                }
            }
        }
    }

    fn results(&mut self, abi: &FnAbi, area: Option<Addr>, values: &[Value]) -> Vec<Val> {
        match &abi.results {
            Results::Registers(ranges) => ranges
                .iter()
                .map(|r| Val::Scalars(values.get(r.clone()).unwrap_or_default().to_vec()))
                .collect(),
            Results::Memory { offsets, .. } => {
                let Some(area) = area else { return Vec::new() };
                let mut out = Vec::new();
                for (&t, &offset) in abi.result_types.iter().zip(offsets) {
                    out.push(match self.load(t, area.plus(u64::from(offset))) {
                        Val::Mem { addr, .. } => Val::Mem { addr, fresh: true },
                        v => v,
                    });
                }
                out
            }
        }
    }

    /// Calls a function of the runtime that Go code declares without a body.
    fn invoke_runtime(&mut self, f: RuntimeFn, abi: &FnAbi, args: &[Val]) -> Vec<Val> {
        let sig = runtime_sig(f);
        let mut words = Vec::new();
        for (v, &t) in args.iter().zip(&abi.param_types) {
            let signed = matches!(self.shape(t), super::shape::Shape::Int { signed: true, .. });
            if let Val::Scalars(s) = v {
                words.extend(s.iter().map(|&s| (s, signed)));
            }
        }
        let words: Vec<Value> =
            words.into_iter().zip(&sig.params).map(|((v, signed), &ty)| self.adapt(v, ty, signed)).collect();
        let results = self.b.call(Callee::Runtime(f), words, &sig.results);
        let mut results = results.into_iter();
        let mut out = Vec::new();
        for &t in &abi.result_types {
            let tys = self.scalar_tys(t).unwrap_or_default();
            let mut scalars = Vec::new();
            for ty in tys {
                let v = match results.next() {
                    Some(v) => self.adapt(v, ty, false),
                    None => self.zero_scalar(ty),
                };
                scalars.push(v);
            }
            out.push(Val::Scalars(scalars));
        }
        out
    }

    /// The IR parameter that is the context or data word.
    pub(super) fn first_param(&mut self) -> Value {
        match self.b.params().first() {
            Some(&p) => p,
            None => self.b.nil(),
        }
    }

    /// The values of the Go parameters.
    pub(super) fn param_values(&mut self) -> Vec<Val> {
        let params = self.b.params().to_vec();
        self.abi
            .params
            .iter()
            .map(|pass| match pass {
                Pass::Scalars(r) => Val::Scalars(params.get(r.clone()).unwrap_or_default().to_vec()),
                Pass::Mem(i) => Val::Mem { addr: Addr::stack(params[*i]), fresh: true },
            })
            .collect()
    }
}

/// The identifier that names a function, in a name or a selector.
fn denoting(e: &Expr) -> Option<ExprId> {
    match &e.unparen().kind {
        ExprKind::Name(id) | ExprKind::Selector(_, id) => Some(id.id),
        _ => None,
    }
}

/// Functions of package bytealg that are assembly in gc: which one of the runtime's does it, and with which words of the
/// arguments.
fn byte_search(name: &str) -> Option<(&'static str, &'static [usize])> {
    Some(match name.strip_prefix("internal/bytealg.")? {
        "IndexByte" => ("indexbyte", &[0, 1, 3]),
        "IndexByteString" => ("indexbyte", &[0, 1, 2]),
        "Count" => ("countbyte", &[0, 1, 3]),
        "CountString" => ("countbyte", &[0, 1, 2]),
        "Compare" => ("cmpstring", &[0, 1, 3, 4]),
        "CompareString" => ("cmpstring", &[0, 1, 2, 3]),
        _ => return None,
    })
}
