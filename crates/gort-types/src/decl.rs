//! Declarations: constants, variables, types with their methods, functions.
//!
//! An object is *white* until its declaration is looked at, *grey* (on the object path) while it is, and
//! *black* when its type is known; meeting a grey object means a cycle, valid or not. Go counterpart:
//! `go/types/decl.go`.

use crate::checker::{Checker, DeclSyntax, Delayed, Environment};
use crate::info::ConstValue;
use crate::lazy::Waiting;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::Operand;
use crate::types::{BasicKind, Named, Signature, Type, TypeId};
use gort_syntax::ast::{ConstDecl, Decl, Expr, ExprKind, FuncDecl, TypeDecl, VarDecl};
use num_bigint::BigInt;

impl<'a> Checker<'a> {
    /// Checks the declaration of `obj`, unless its type is known already.
    pub fn obj_decl(&mut self, obj: ObjId) {
        if self.obj_path.contains(&obj) {
            self.grey_object(obj);
            return;
        }
        if self.prog.obj(obj).typ.is_some() {
            return;
        }
        if let Some(&origin) = self.prog.generics.method_origin.get(&obj) {
            self.obj_decl(origin);
            self.prog.complete_method(obj);
            return;
        }
        let Some(d) = self.decls.get(&obj) else { return };
        let (syntax, file_scope, place) = (d.syntax, d.file_scope, (d.file, d.decl));
        self.obj_path.push(obj);
        let saved = std::mem::replace(&mut self.env, Environment::at(file_scope));
        match syntax {
            DeclSyntax::Const(d, i, source) => {
                self.env.decl = Some(obj);
                let inherited = !std::ptr::eq(d, source);
                self.const_decl(obj, d, source, i, inherited);
            }
            DeclSyntax::Var(d, i) => {
                self.env.decl = Some(obj);
                let group = self.var_groups.get(&place).cloned().unwrap_or_default();
                self.package_var(obj, d, i, &group);
            }
            DeclSyntax::Type(d) => {
                self.type_decl(obj, d);
                self.collect_methods(obj);
                self.prog.expand_instances();
            }
            DeclSyntax::Func(d) => self.func_decl(obj, d),
        }
        self.env = saved;
        self.obj_path.pop();
    }

    fn grey_object(&mut self, obj: ObjId) {
        let valid = self.valid_cycle(obj);
        let known = self.prog.obj(obj).typ.is_some();
        let invalid = self.prog.invalid();
        match self.prog.obj(obj).kind {
            ObjKind::Const { .. } | ObjKind::Var { .. } if !valid || !known => {
                self.prog.obj_mut(obj).typ = Some(invalid);
            }
            ObjKind::TypeName { .. } if !valid => self.prog.obj_mut(obj).typ = Some(invalid),
            ObjKind::TypeName { .. } if !known => {
                // An alias whose type literal is being checked: stands for it until it is known.
                let slot = self.prog.add_type(Type::Basic(BasicKind::Invalid));
                self.alias_slots.insert(obj, slot);
                self.prog.obj_mut(obj).typ = Some(slot);
            }
            _ => {}
        }
    }

    /// Notes that the package-level declaration being checked depends on `to`.
    pub fn add_decl_dep(&mut self, to: ObjId) {
        if !self.decls.contains_key(&to) {
            return;
        }
        if let Some(from) = self.env.decl.and_then(|d| self.decls.get_mut(&d)) {
            from.deps.insert(to);
        }
    }

    fn const_decl(&mut self, obj: ObjId, d: &'a ConstDecl, source: &'a ConstDecl, i: usize, inherited: bool) {
        let saved = (self.env.iota.take(), self.env.err_pos.take());
        self.env.iota = Some(ConstValue::Int(BigInt::from(d.iota)));
        self.set_const_value(obj, ConstValue::Unknown);
        if self.const_type(obj, source.typ.as_ref()) {
            let mut x = Operand::invalid(self.prog.invalid());
            if let Some(init) = source.values.get(i) {
                if inherited {
                    self.env.err_pos = Some(self.prog.obj(obj).pos);
                }
                self.expr(None, &mut x, init);
            }
            self.init_const(obj, &mut x);
        }
        (self.env.iota, self.env.err_pos) = saved;
    }

    fn set_const_value(&mut self, obj: ObjId, v: ConstValue) {
        if let ObjKind::Const { value } = &mut self.prog.obj_mut(obj).kind {
            *value = Some(v);
        }
    }

    /// Sets the declared type of a constant; false if it is no type for constants.
    fn const_type(&mut self, obj: ObjId, typ: Option<&'a Expr>) -> bool {
        let Some(e) = typ else { return true };
        let t = self.typ(e);
        if self.prog.is_const_type(t) {
            self.prog.obj_mut(obj).typ = Some(t);
            return true;
        }
        if self.prog.is_valid(self.prog.under(t)) {
            let s = self.type_string(t);
            self.error(e.start(), "InvalidConstType", format!("invalid constant type {s}"));
        }
        self.prog.obj_mut(obj).typ = Some(self.prog.invalid());
        false
    }

    fn package_var(&mut self, obj: ObjId, d: &'a VarDecl, i: usize, group: &[ObjId]) {
        match &*d.values {
            [one] => self.var_decl(obj, group, d.typ.as_ref(), Some(one)),
            values => self.var_decl(obj, &[], d.typ.as_ref(), values.get(i)),
        }
    }

    /// Declares a variable; `lhs` are all variables that `init` initialises, empty if it is only this one.
    fn var_decl(&mut self, obj: ObjId, lhs: &[ObjId], typ: Option<&'a Expr>, init: Option<&'a Expr>) {
        if let Some(e) = typ {
            let t = self.var_type(e);
            self.prog.obj_mut(obj).typ = Some(t);
        }
        let Some(init) = init else {
            if typ.is_none() {
                self.prog.obj_mut(obj).typ = Some(self.prog.invalid());
            }
            return;
        };
        if lhs.len() <= 1 {
            let mut x = Operand::invalid(self.prog.invalid());
            let target = self.prog.obj(obj).typ;
            self.expr(target, &mut x, init);
            self.init_var(obj, &mut x, "variable declaration");
            return;
        }
        if typ.is_some() {
            let t = self.prog.obj(obj).typ;
            for &v in lhs {
                self.prog.obj_mut(v).typ = t;
            }
        }
        self.init_vars(lhs, std::slice::from_ref(init), None);
    }

    fn type_decl(&mut self, obj: ObjId, d: &'a TypeDecl) {
        if let Some(p) = d.type_params.first() {
            if d.is_alias {
                self.verify_version(p.pos, 23, "generic type alias");
            } else {
                self.verify_version(p.pos, 18, "type parameter");
            }
        }
        if d.is_alias && !d.type_params.is_empty() {
            self.generic_alias(obj, d);
            return;
        }
        if d.is_alias {
            self.verify_version(d.pos, 9, "type alias");
            self.alias_decl(obj, d);
            return;
        }
        let t = match self.alias_slots.get(&obj) {
            Some(&t) => t,
            None => self.new_named(obj),
        };
        self.prog.obj_mut(obj).typ = Some(t);
        self.later(Delayed::ValidType(t));
        if !self.env.tparams.is_empty() {
            let around = self.env.tparams.clone();
            self.prog.generics.local_types.insert(t, around);
        }
        let scope = self.env.scope;
        if !d.type_params.is_empty() {
            self.open_scope(d.pos, d.typ.end);
            let tparams = self.declare_type_params(&d.type_params, d.pos);
            if let Type::Named(n) = self.prog.ty_mut(t) {
                n.type_params.clone_from(&tparams);
            }
            self.collect_bounds(&d.type_params, &tparams);
        }
        let mut rhs = self.defined_type(&d.typ, Some(obj));
        self.env.scope = scope;
        if self.prog.is_type_param(rhs) {
            let msg = "cannot use a type parameter as RHS in type declaration";
            self.error(d.typ.start(), "MisplacedTypeParam", msg);
            rhs = self.prog.invalid();
        }
        let is_literal = self.prog.named(rhs).is_none();
        if let Type::Named(n) = self.prog.ty_mut(t) {
            n.rhs = Some(rhs);
            n.underlying = is_literal.then_some(rhs);
        }
    }

    /// `type A[P any] = ...`
    fn generic_alias(&mut self, obj: ObjId, d: &'a TypeDecl) {
        let scope = self.env.scope;
        self.open_scope(d.pos, d.typ.end);
        let tparams = self.declare_type_params(&d.type_params, d.pos);
        self.collect_bounds(&d.type_params, &tparams);
        let mut rhs = self.defined_type(&d.typ, Some(obj));
        self.env.scope = scope;
        if tparams.contains(&rhs) {
            let msg = "cannot use type parameter declared in alias declaration as RHS";
            self.error(d.typ.start(), "MisplacedTypeParam", msg);
            rhs = self.prog.invalid();
        }
        self.prog.generics.aliases.insert(obj, (tparams, rhs));
        self.prog.obj_mut(obj).typ = Some(rhs);
    }

    fn new_named(&mut self, obj: ObjId) -> TypeId {
        let t = self.prog.add_type(Type::Named(Named {
            obj,
            underlying: None,
            rhs: None,
            methods: Vec::new(),
            type_params: Vec::new(),
            type_args: Vec::new(),
            origin: None,
        }));
        self.named_types.push(t);
        t
    }

    fn alias_decl(&mut self, obj: ObjId, d: &'a TypeDecl) {
        // `type A = B`: the type of A is that of B, even while B is not complete.
        if let ExprKind::Name(n) = &d.typ.unparen().kind
            && let Some(target) = self.lookup(&n.name)
            && self.prog.obj(target).typ.is_none()
            && !self.obj_path.contains(&target)
            && let Some(DeclSyntax::Type(td)) = self.decls.get(&target).map(|d| d.syntax)
            && !td.is_alias
            && td.type_params.is_empty()
        {
            let t = self.new_named(target);
            self.alias_slots.insert(target, t);
            self.prog.obj_mut(obj).typ = Some(t);
        }
        let rhs = self.defined_type(&d.typ, Some(obj));
        if let Some(slot) = self.alias_slots.remove(&obj) {
            let copy = self.prog.ty(rhs).clone();
            if slot != rhs {
                *self.prog.ty_mut(slot) = copy;
            }
        }
        self.prog.obj_mut(obj).typ = Some(rhs);
    }

    /// Gives a declared type its methods.
    fn collect_methods(&mut self, obj: ObjId) {
        let Some(methods) = self.methods.remove(&obj) else { return };
        let base = self.prog.obj_type(obj);
        if self.prog.named(base).is_some() {
            self.later(Delayed::FieldUniqueness(base));
        }
        let mut added: Vec<ObjId> = Vec::new();
        for m in methods {
            let name = self.prog.obj(m).name.clone();
            if let Some(&alt) = added.iter().find(|&&a| self.prog.obj(a).name == name) {
                let at = self.pos_string(self.prog.obj(alt).pos);
                let msg = format!("method {}.{name} already declared at {at}", self.prog.obj(obj).name);
                self.error(self.prog.obj(m).pos, "DuplicateMethod", msg);
                continue;
            }
            added.push(m);
            if let Type::Named(n) = self.prog.ty_mut(base) {
                n.methods.push(m);
            }
        }
    }

    pub(crate) fn check_field_uniqueness(&mut self, base: TypeId) {
        let (Some(n), Some(s)) = (self.prog.named(base), self.prog.struct_of(base)) else { return };
        let (methods, fields) = (n.methods.clone(), s.fields.clone());
        for f in fields {
            let name = self.prog.obj(f).name.clone();
            if &*name == "_" {
                continue;
            }
            if let Some(&m) = methods.iter().find(|&&m| self.prog.obj(m).name == name) {
                let other = self.other_declaration(f);
                let msg = format!("field and method with the same name {name}{other}");
                self.error(self.prog.obj(m).pos, "DuplicateFieldAndMethod", msg);
            }
        }
    }

    fn func_decl(&mut self, obj: ObjId, d: &'a FuncDecl) {
        let sig = self.prog.add_type(Type::Signature(Signature::default()));
        self.prog.obj_mut(obj).typ = Some(sig);
        let scope = self.func_type_into(sig, d.recv.as_ref(), &d.type_params, &d.sig);
        match &d.body {
            Some(_) if self.options.lazy && &*d.name.name != "_" => {
                self.prog.waiting.insert(obj, Waiting { scope, sig });
            }
            Some(body) => {
                let tparams = self.prog.signature_of(sig).map_or_else(Vec::new, |s| {
                    s.recv_type_params.iter().chain(&s.type_params).copied().collect()
                });
                let env = Environment { decl: Some(obj), tparams, ..Environment::at(scope) };
                self.later(Delayed::FuncBody { env, name: d.name.name.to_string(), sig, body });
            }
            None => {
                if !d.type_params.is_empty() {
                    self.error(d.name.pos, "BadDecl", "generic function is missing function body");
                }
                self.bodyless.push(d);
            }
        }
    }

    /// A declaration in a function.
    pub(crate) fn decl_stmt(&mut self, decl: &'a Decl) {
        match decl {
            Decl::Const(d) => self.local_consts(d),
            Decl::Var(d) => self.local_vars(d),
            Decl::Type(d) => {
                let kind = ObjKind::TypeName { alias: d.is_alias };
                let obj = self.new_obj(d.name.pos, d.name.name.clone(), None, kind);
                self.declare(self.env.scope, Some(&d.name), obj, d.name.pos);
                self.obj_path.push(obj);
                self.type_decl(obj, d);
                self.prog.expand_instances();
                self.obj_path.pop();
            }
            Decl::Import(_) | Decl::Func(_) => {}
        }
    }

    fn local_consts(&mut self, d: &'a ConstDecl) {
        let top = self.delayed.len();
        let (source, inherited) = self.const_source(d);
        let mut objs = Vec::new();
        for (i, name) in d.names.iter().enumerate() {
            let obj = self.new_obj(name.pos, name.name.clone(), None, ObjKind::Const { value: None });
            self.const_decl(obj, d, source, i, inherited);
            objs.push(obj);
        }
        self.arity(d.pos, &d.names, &source.values, true, inherited);
        self.process_delayed(top);
        for (name, obj) in d.names.iter().zip(objs) {
            self.declare(self.env.scope, Some(name), obj, d.pos);
        }
    }

    fn local_vars(&mut self, d: &'a VarDecl) {
        let top = self.delayed.len();
        let objs: Vec<ObjId> =
            d.names.iter().map(|n| self.new_var(VarKind::Local, n.pos, n.name.clone(), None)).collect();
        for (i, &obj) in objs.iter().enumerate() {
            match &*d.values {
                values if values.len() == d.names.len() => {
                    self.var_decl(obj, &[], d.typ.as_ref(), values.get(i))
                }
                [one] => {
                    self.var_decl(obj, &objs, d.typ.as_ref(), Some(one));
                    break;
                }
                values => self.var_decl(obj, &[], d.typ.as_ref(), values.get(i)),
            }
        }
        if d.typ.is_none() || !d.values.is_empty() {
            self.arity(d.pos, &d.names, &d.values, false, false);
        }
        self.process_delayed(top);
        for (name, obj) in d.names.iter().zip(objs) {
            self.declare(self.env.scope, Some(name), obj, d.pos);
        }
    }
}
