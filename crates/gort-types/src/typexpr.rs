//! Identifiers and type expressions.
//!
//! Go counterpart: `go/types/typexpr.go`.

use crate::checker::{Checker, Delayed};
use crate::info::Mode;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::Operand;
use crate::types::{Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind, Ident};
use gort_syntax::source::Pos;

impl<'a> Checker<'a> {
    /// Finds out what the identifier `e` stands for. With `want_type` only types are welcome.
    pub fn ident(&mut self, x: &mut Operand<'a>, e: &'a Expr, want_type: bool) {
        x.mode = Mode::Invalid;
        x.typ = self.prog.invalid();
        x.val = None;
        x.expr = Some(e);
        let ExprKind::Name(id) = &e.kind else { return };
        let Some((scope, obj)) = self.lookup_scope(&id.name) else {
            if id.is_blank() {
                self.error(id.pos, "InvalidBlank", "cannot use _ as value or type");
            } else if !id.name.is_empty() {
                self.error(id.pos, "UndeclaredName", format!("undefined: {}", id.name));
            }
            return;
        };
        self.record_use(id, obj);
        if scope == self.prog.universe && matches!(&*id.name, "any" | "comparable") {
            let what = format!("predeclared {}", id.name);
            if !self.verify_version(id.pos, 18, &what) {
                return;
            }
        }
        let got_type = matches!(self.prog.obj(obj).kind, ObjKind::TypeName { .. });
        if want_type && !got_type {
            self.not_a_type(id, obj);
            return;
        }
        let o = self.prog.obj(obj);
        if o.typ.is_none() || got_type && want_type && o.pkg == Some(self.pkg) {
            self.obj_decl(obj);
        }
        if let Some(&pkg_name) = self.dot_imports.get(&(scope, obj)) {
            self.mark_used(pkg_name);
        }
        self.use_object(x, id, obj);
    }

    fn not_a_type(&mut self, id: &'a Ident, obj: ObjId) {
        let msg = format!("{} ({}) is not a type", id.name, self.object_kind(obj));
        self.error(id.pos, "NotAType", msg);
        if self.prog.obj(obj).pkg == Some(self.pkg) && matches!(self.prog.obj(obj).kind, ObjKind::Var { .. })
        {
            self.mark_used(obj);
        }
    }

    /// Sets the operand to the meaning of `obj`.
    fn use_object(&mut self, x: &mut Operand<'a>, id: &'a Ident, obj: ObjId) {
        let typ = self.prog.obj_type(obj);
        let valid = self.prog.is_valid(typ);
        match self.prog.obj(obj).kind.clone() {
            ObjKind::PkgName { .. } => {
                let msg = format!("use of package {} not in selector", id.name);
                self.error(id.pos, "InvalidPkgUse", msg);
                return;
            }
            ObjKind::Const { value } => {
                self.add_decl_dep(obj);
                if !valid {
                    return;
                }
                let is_iota = self.prog.obj(obj).parent == Some(self.prog.universe) && &*id.name == "iota";
                x.val = if is_iota {
                    if self.env.iota.is_none() {
                        self.error(id.pos, "InvalidIota", "cannot use iota outside constant declaration");
                        return;
                    }
                    self.env.iota.clone()
                } else {
                    value
                };
                x.mode = Mode::Constant;
            }
            ObjKind::TypeName { .. } if valid => x.mode = Mode::TypExpr,
            ObjKind::Var { .. } => {
                if self.prog.obj(obj).pkg == Some(self.pkg) {
                    self.mark_used(obj);
                }
                self.add_decl_dep(obj);
                if !valid {
                    return;
                }
                x.mode = Mode::Variable;
            }
            ObjKind::Func { .. } => {
                self.add_decl_dep(obj);
                if !valid {
                    return;
                }
                x.mode = Mode::Value;
            }
            ObjKind::Builtin(b) => x.mode = Mode::Builtin(b),
            ObjKind::Nil => x.mode = Mode::NilValue,
            ObjKind::TypeName { .. } | ObjKind::Label { .. } => return,
        }
        x.typ = typ;
    }

    /// `constant`, `local variable`, ...
    pub(crate) fn object_kind(&self, obj: ObjId) -> &'static str {
        match &self.prog.obj(obj).kind {
            ObjKind::PkgName { .. } => "package name",
            ObjKind::Const { .. } => "constant",
            ObjKind::TypeName { alias: true } => "type alias",
            ObjKind::TypeName { .. } => "defined type",
            ObjKind::Var { kind, .. } => match kind {
                VarKind::Package => "package-level variable",
                VarKind::Local => "local variable",
                VarKind::Recv => "receiver",
                VarKind::Param => "parameter",
                VarKind::Result => "result variable",
                VarKind::Field => "struct field",
            },
            ObjKind::Func { .. } => {
                let sig = self.prog.signature_of(self.prog.obj_type(obj));
                if sig.is_some_and(|s| s.recv.is_some()) { "method" } else { "function" }
            }
            ObjKind::Label { .. } => "label",
            ObjKind::Builtin(_) => "built-in function",
            ObjKind::Nil => "untyped nil",
        }
    }

    /// The type that `e` denotes; invalid after an error.
    pub fn typ(&mut self, e: &'a Expr) -> TypeId {
        self.defined_type(e, None)
    }

    /// The type that `e` denotes, which must be one for variables (no constraint interface).
    pub fn var_type(&mut self, e: &'a Expr) -> TypeId {
        let t = self.defined_type(e, None);
        self.valid_var_type(e.start(), t);
        t
    }

    /// Reports later if `t` is a constraint interface.
    pub(crate) fn valid_var_type(&mut self, pos: Pos, t: TypeId) {
        if matches!(self.prog.ty(t), Type::Named(_) | Type::Interface(_)) {
            self.later(Delayed::VarType(t, pos));
        }
    }

    pub(crate) fn check_var_type(&mut self, t: TypeId, pos: Pos) {
        if !self.prog.is_interface(t) {
            return;
        }
        let set = self.prog.type_set(t);
        let why = match (set.comparable, set.terms.is_some()) {
            (false, false) => return,
            (true, _) => "interface is (or embeds) comparable",
            (_, true) => "interface contains type constraints",
        };
        let msg = format!("cannot use type {} outside a type constraint: {why}", self.type_string(t));
        self.error(pos, "MisplacedConstraintIface", msg);
    }

    /// Like [`Self::typ`]; `def` is the type name that is declared by `e`.
    pub fn defined_type(&mut self, e: &'a Expr, def: Option<ObjId>) -> TypeId {
        let mut t = self.typ_internal(e, def);
        if self.prog.is_generic(t) || self.generic_alias_of(e).is_some() {
            let msg = format!("cannot use generic type {} without instantiation", self.generic_text(e, t));
            self.error(e.start(), "WrongTypeArgCount", msg);
            t = self.prog.invalid();
        }
        if matches!(
            e.kind,
            ExprKind::ArrayType(..)
                | ExprKind::StructType(_)
                | ExprKind::ChanType(..)
                | ExprKind::InterfaceType(_)
        ) {
            self.written_types.push((t, e.pos));
        }
        self.record_type_and_value(e, Mode::TypExpr, t, None);
        t
    }

    /// Like [`Self::typ`]; generic types are welcome.
    pub fn generic_type(&mut self, e: &'a Expr) -> TypeId {
        let t = self.typ_internal(e, None);
        self.record_type_and_value(e, Mode::TypExpr, t, None);
        t
    }

    /// The generic alias that `e` names (not: instantiates).
    pub(crate) fn generic_alias_of(&self, e: &Expr) -> Option<ObjId> {
        let (ExprKind::Name(id) | ExprKind::Selector(_, id)) = &e.unparen().kind else { return None };
        let obj = self.prog.info.uses.get(&id.id).copied()?;
        self.prog.generics.aliases.contains_key(&obj).then_some(obj)
    }

    pub(crate) fn generic_text(&self, e: &Expr, t: TypeId) -> String {
        if self.prog.is_generic(t) { self.type_string(t) } else { crate::exprstring::expr_string(e) }
    }

    fn typ_internal(&mut self, e: &'a Expr, def: Option<ObjId>) -> TypeId {
        match &e.kind {
            ExprKind::Bad => {}
            ExprKind::Name(_) | ExprKind::Selector(..) => return self.type_name(e),
            ExprKind::Paren(x) => return self.defined_type(x, def),
            ExprKind::Index(x, args) => return self.instance(e, x, args),
            ExprKind::ArrayType(Some(len), elem) => {
                let len = self.array_length(len);
                let elem = self.var_type(elem);
                if len >= 0 {
                    return self.prog.add_type(Type::Array { elem, len });
                }
            }
            ExprKind::ArrayType(None, elem) => {
                let msg = "invalid use of [...] array (outside a composite literal)";
                self.error(e.pos, "BadDotDotDotSyntax", msg);
                self.var_type(elem);
            }
            ExprKind::SliceType(elem) => {
                let elem = self.var_type(elem);
                return self.prog.add_type(Type::Slice(elem));
            }
            ExprKind::Ellipsis(_) => self.error(e.pos, "InvalidSyntaxTree", "invalid use of ..."),
            ExprKind::StructType(fields) => return self.struct_type(fields),
            ExprKind::Star(base) => {
                let base = self.var_type(base);
                if self.prog.is_valid(base) || self.is_alias_slot(base) {
                    return self.prog.add_type(Type::Pointer(base));
                }
            }
            ExprKind::FuncType(ft) => return self.func_type(None, ft).0,
            ExprKind::InterfaceType(elems) => return self.interface_type(e.pos, elems, def),
            ExprKind::MapType(key, elem) => {
                let key_pos = key.start();
                let key = self.var_type(key);
                let elem = self.var_type(elem);
                self.later(Delayed::MapKey(key, key_pos));
                return self.prog.add_type(Type::Map { key, elem });
            }
            ExprKind::ChanType(dir, elem) => {
                let elem = self.var_type(elem);
                return self.prog.add_type(Type::Chan { dir: *dir, elem });
            }
            _ => {
                let text = crate::exprstring::expr_string(e);
                self.error(e.start(), "NotAType", format!("{text} is not a type"));
                self.use_exprs(std::slice::from_ref(e));
            }
        }
        self.prog.invalid()
    }

    /// Stands `t` for an alias that is not known yet?
    fn is_alias_slot(&self, t: TypeId) -> bool {
        self.alias_slots.values().any(|&s| s == t)
    }

    fn type_name(&mut self, e: &'a Expr) -> TypeId {
        let mut x = Operand::invalid(self.prog.invalid());
        if matches!(e.kind, ExprKind::Name(_)) {
            self.ident(&mut x, e, true);
        } else {
            self.selector(&mut x, e, true);
        }
        let msg = match x.mode {
            Mode::TypExpr => return x.typ,
            Mode::Invalid => {
                // An alias slot is invalid only for now.
                if let ExprKind::Name(n) = &e.kind
                    && let Some(obj) = self.lookup(&n.name)
                    && let Some(&slot) = self.alias_slots.get(&obj)
                    && matches!(self.prog.obj(obj).kind, ObjKind::TypeName { .. })
                {
                    return slot;
                }
                return self.prog.invalid();
            }
            Mode::NoValue => "used as type",
            _ => "is not a type",
        };
        let text = self.operand_string(&x);
        self.error(e.start(), "NotAType", format!("{text} {msg}"));
        self.prog.invalid()
    }

    /// `T[A, B]`
    fn instance(&mut self, e: &'a Expr, x: &'a Expr, args: &'a [Expr]) -> TypeId {
        let invalid = self.prog.invalid();
        let t = self.generic_type(x);
        let alias = self.generic_alias_of(x);
        if !self.prog.is_valid(t) && alias.is_none() {
            args.iter().for_each(|a| _ = self.typ(a));
            return invalid;
        }
        if !self.prog.is_generic(t) && alias.is_none() {
            let msg = format!(
                "invalid operation: {} ({} is not a generic type)",
                crate::exprstring::expr_string(e),
                self.type_string(t)
            );
            self.error(x.start(), "NotAGenericType", msg);
            return invalid;
        }
        self.verify_version(args.first().map_or(e.pos, Expr::start), 18, "type instantiation");
        let Some(targs) = self.type_list(args) else { return invalid };
        let params = match alias.and_then(|a| self.prog.generics.aliases.get(&a)) {
            Some((params, _)) => params.clone(),
            None => self.prog.type_params_of(t).to_vec(),
        };
        if params.len() != targs.len() {
            let name = match alias {
                Some(a) => self.prog.obj(a).name.to_string(),
                None => self.prog.named(t).map(|n| self.prog.obj(n.obj).name.to_string()).unwrap_or_default(),
            };
            let few = targs.len() < params.len();
            let (want, got) = (params.len(), targs.len());
            let qualifier = if few { "not enough" } else { "too many" };
            let msg = format!("{qualifier} type arguments for type {name}: have {got}, want {want}");
            self.error(x.start(), "WrongTypeArgCount", msg);
            return if alias.is_some() || !few { invalid } else { self.prog.instantiate(t, &targs) };
        }
        let arg_pos: Vec<Pos> = args.iter().map(Expr::start).collect();
        self.mono.record_instance(x.start(), &params, &targs, &arg_pos);
        self.verify_later(params.clone(), targs.clone(), x.start(), arg_pos);
        let typ = if alias.is_some() {
            self.prog.subst(t, &crate::subst::SubstMap::new(&params, &targs))
        } else {
            let typ = self.prog.instantiate(t, &targs);
            self.prog.generics.instance_pos.entry(typ).or_insert_with(|| x.start());
            typ
        };
        self.record_instance(x, targs, typ);
        typ
    }

    /// Type arguments; `None` after an error.
    pub(crate) fn type_list(&mut self, list: &'a [Expr]) -> Option<Vec<TypeId>> {
        let types: Vec<TypeId> = list.iter().map(|e| self.var_type(e)).collect();
        types.iter().all(|&t| self.prog.is_valid(t) || self.is_alias_slot(t)).then_some(types)
    }
}
