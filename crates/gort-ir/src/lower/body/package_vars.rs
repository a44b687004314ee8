//! Initial values of package-level variables: data where they are known before the program runs, else code in
//! `PKG.init`.
//!
//! What the program does not use is not in it: a known value waits until something refers to its variable
//! ([`Lowering::global_symbol`]), and a map made of known values has an initialisation function of its own, which stays
//! empty if in the end nothing has referred to the variable.

use super::Body;
use super::facts::Facts;
use super::shape::Shape;
use crate::builder::FuncBuilder;
use crate::inst::{Callee, Sig};
use crate::lower::abi::First;
use crate::lower::{Lowering, PackageSyntax};
use crate::module::FuncId;
use gort_abi::module::SymbolId;
use gort_syntax::ast::{Decl, Expr, ExprKind};
use gort_syntax::source::Pos;
use gort_types::object::ObjId;
use gort_types::types::{Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Variables that nothing has referred to yet.
#[derive(Debug, Default)]
pub(in crate::lower) struct Unused<'a> {
    /// Known values, by the variable's link name.
    known: FxHashMap<String, KnownVar<'a>>,
    maps: Vec<UnusedMap<'a>>,
    /// Variables of the package in hand that have the known values still: no code has run since.
    unchanged: FxHashSet<ObjId>,
}

/// The initial value of a variable, which is known.
#[derive(Clone, Copy, Debug)]
struct KnownVar<'a> {
    value: &'a Expr,
    /// Type of the variable.
    typ: TypeId,
}

/// A map of known keys and elements.
#[derive(Debug)]
struct UnusedMap<'a> {
    /// Link name of its variable.
    name: String,
    var: ObjId,
    value: &'a Expr,
    /// The function that makes it.
    init: FuncId,
}

impl<'a> Lowering<'a> {
    /// Lowers the initialisation of a package's variables, in their order, to the function `id`.
    pub fn lower_package_vars(&mut self, id: FuncId, pkg: PackageSyntax<'a>) {
        self.unused.unchanged.clear();
        let path = self.prog.pkgs[pkg.pkg].path.clone();
        let mut body = self.outside_functions(format!("{path}.init"));
        let order = body.l.prog.pkgs[pkg.pkg].init_order.clone();
        for step in order {
            let decl = pkg.files.get(step.file).and_then(|f| f.decls.get(step.decl));
            let Some(Decl::Var(v)) = decl else { continue };
            let Some(e) = v.values.get(step.value) else { continue };
            body.b.pos = v.pos;
            match *step.lhs {
                [var] if body.wait_for_use(&path, var, e) => {}
                _ => {
                    body.l.unused.unchanged.clear();
                    body.assign_package_vars(&step.lhs, e);
                }
            }
        }
        body.b.ret(Vec::new());
        let mut func = body.finish();
        func.name = self.module.funcs[id].name.clone();
        self.module.funcs[id].body = Some(func);
    }

    /// For expressions that are in no function.
    fn outside_functions(&mut self, name: String) -> Body<'_, 'a> {
        let abi = Rc::new(self.fn_abi_of(First::None, Vec::new(), Vec::new()));
        Body::new(self, name, abi, Rc::new(Facts::default()), Pos::NONE)
    }

    /// Something refers to the variable of that link name, whose data object is there now.
    pub(in crate::lower) fn variable_used(&mut self, name: &str, symbol: SymbolId) {
        if let Some(known) = self.unused.known.remove(name) {
            self.outside_functions(String::new()).put_known_var(symbol, known.value, known.typ);
        }
    }

    /// Lowers maps that something has referred to by now. Says if there were some.
    pub(in crate::lower) fn lower_used_maps(&mut self) -> bool {
        let maps = std::mem::take(&mut self.unused.maps);
        let (used, unused): (Vec<_>, Vec<_>) =
            maps.into_iter().partition(|m| self.module.data_by_name(&m.name).is_some());
        self.unused.maps = unused;
        for map in &used {
            self.enter_instance(None);
            let name = self.module.funcs[map.init].name.clone();
            let mut body = self.outside_functions(name);
            body.b.pos = map.value.pos;
            body.assign_package_vars(&[map.var], map.value);
            body.b.ret(Vec::new());
            self.module.funcs[map.init].body = Some(body.finish());
        }
        !used.is_empty()
    }

    /// Nothing will refer to the other maps.
    pub(in crate::lower) fn drop_unused_maps(&mut self) {
        for map in std::mem::take(&mut self.unused.maps) {
            let mut b = FuncBuilder::new(&self.module.funcs[map.init].name, Sig::default(), map.value.pos);
            b.ret(Vec::new());
            self.module.funcs[map.init].body = Some(b.finish());
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// If the initial value is known, or a map of known values: puts it off. Says if it did.
    fn wait_for_use(&mut self, path: &str, var: ObjId, value: &'a Expr) -> bool {
        let typ = self.l.obj_type(var);
        let known = self.is_known(value, typ);
        if !known && !self.is_known_map(value) {
            return false;
        }
        if self.is_blank_var(var) {
            return true;
        }
        let name = self.l.global_name(var);
        if known {
            self.l.unused.unchanged.insert(var);
            self.l.unused.known.insert(name.clone(), KnownVar { value, typ });
            if let Some(symbol) = self.l.module.data_by_name(&name) {
                self.l.variable_used(&name, symbol);
            }
        } else {
            let func = format!("{path}.map.init.{}", self.l.unused.maps.len());
            let (init, _) = self.l.module.declare_func(&func, &Sig::default());
            self.b.call(Callee::Func(init), Vec::new(), &[]);
            self.l.unused.maps.push(UnusedMap { name, var, value, init });
        }
        true
    }

    /// Is it a map literal whose keys and elements are known? Keys in interfaces may panic.
    fn is_known_map(&mut self, e: &'a Expr) -> bool {
        let ExprKind::CompositeLit(c) = &e.unparen().kind else { return false };
        let typ = self.type_of(e);
        let Type::Map { key, elem } = *self.l.prog.ty(self.l.prog.under(typ)) else { return false };
        let plain =
            matches!(self.shape(key), Shape::Bool | Shape::Int { .. } | Shape::Float(_) | Shape::String);
        plain
            && c.elems.iter().all(|e| match &e.kind {
                ExprKind::KeyValue(k, v) => self.is_known(k, key) && self.is_known(v, elem),
                _ => false,
            })
    }

    /// Has the variable, of the package whose initialisation is being lowered, its known initial value still?
    pub(super) fn is_unchanged(&self, var: ObjId) -> bool {
        self.l.unused.unchanged.contains(&var)
    }

    /// `vars = e`, by code.
    fn assign_package_vars(&mut self, vars: &[ObjId], e: &'a Expr) {
        self.facts = Rc::new(Facts::of_expr(self.l.prog, e));
        let values = match *vars {
            [var] => {
                let t = self.l.obj_type(var);
                vec![(self.expr_to(e, t), t)]
            }
            _ => self.tuple(e),
        };
        for (&var, (v, from)) in vars.iter().zip(values) {
            let to = self.l.obj_type(var);
            let v = self.implicit(v, from, to);
            if !self.is_blank_var(var) {
                let place = self.object_place(var, e.pos);
                self.store_place(to, place, &v);
            }
        }
    }

    fn is_blank_var(&self, var: ObjId) -> bool {
        &*self.l.prog.objs[var].name == "_"
    }
}
