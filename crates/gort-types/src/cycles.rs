//! Cycles in declarations: which are allowed, and telling about those that are not.
//!
//! Go counterpart: `go/types/cycles.go`, `validtype.go`, `decl.go`'s `validCycle`.

use crate::checker::{Checker, DeclSyntax};
use crate::object::{ObjId, ObjKind};
use crate::types::{Type, TypeId};
use gort_syntax::ast::{Expr, ExprKind};
use gort_syntax::source::Pos;
use rustc_hash::FxHashSet;

/// Instances nested deeper are taken for a cycle.
const MAX_NEST: usize = 40;

impl<'a> Checker<'a> {
    /// Is the cycle that begins with the grey object `obj` allowed? Reports it if not.
    pub(crate) fn valid_cycle(&mut self, obj: ObjId) -> bool {
        let start = self.obj_path.iter().position(|&o| o == obj).unwrap_or(0);
        let cycle: Vec<ObjId> = self.obj_path.iter().skip(start).copied().collect();
        let count =
            |f: &dyn Fn(&ObjKind) -> bool| cycle.iter().filter(|&&o| f(&self.prog.obj(o).kind)).count();
        let values = count(&|k| matches!(k, ObjKind::Const { .. } | ObjKind::Var { .. }));
        let definitions = count(&|k| matches!(k, ObjKind::TypeName { alias: false }));
        // Cycles of values only are found when initialisation is ordered; a cycle of types with a
        // definition in it may be fine (and is checked by `valid_type`).
        if values == cycle.len() || values == 0 && definitions > 0 {
            return true;
        }
        self.cycle_error(&cycle, self.first_in_source(&cycle));
        false
    }

    fn first_in_source(&self, cycle: &[ObjId]) -> usize {
        (0..cycle.len()).min_by_key(|&i| cycle.get(i).map(|&o| self.prog.obj(o).pos)).unwrap_or(0)
    }

    /// Reports a cycle, beginning with `cycle[start]`.
    fn cycle_error(&mut self, cycle: &[ObjId], start: usize) {
        let Some(&first) = cycle.get(start) else { return };
        let is_type = matches!(self.prog.obj(first).kind, ObjKind::TypeName { .. });
        let item = |&o: &ObjId| {
            let o = self.prog.obj(o);
            (o.pos, format!("{}{}", self.prog.package_prefix(o.pkg, Some(self.pkg)), o.name))
        };
        let items: Vec<(Pos, String)> = cycle.iter().map(item).collect();
        self.report_cycle(&items, start, is_type);
    }

    fn report_cycle(&mut self, items: &[(Pos, String)], start: usize, is_type: bool) {
        let n = items.len();
        let at = |i: usize| items.get((start + i) % n.max(1));
        let Some((pos, first)) = at(0) else { return };
        if n == 1 {
            let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration" };
            self.error(*pos, "InvalidDeclCycle", format!("{what}: {first} refers to itself"));
            return;
        }
        let mut msg = if is_type {
            format!("invalid recursive type {first}")
        } else {
            format!("invalid cycle in declaration of {first}")
        };
        for i in 0..n {
            if let (Some((p, a)), Some((_, b))) = (at(i), at(i + 1)) {
                msg.push_str(&format!("\n\t{}: {a} refers to {b}", self.pos_string(*p)));
            }
        }
        self.error(*pos, "InvalidDeclCycle", msg);
    }

    /// Finds cycles of type names without a type literal in between: `type A B; type B A`.
    pub(crate) fn direct_cycles(&mut self) {
        let mut names: Vec<ObjId> = self.decls.keys().copied().collect();
        names.sort();
        let mut done: FxHashSet<ObjId> = FxHashSet::default();
        for name in names {
            let mut path: Vec<ObjId> = Vec::new();
            let mut next = Some(name);
            while let Some(obj) = next {
                let Some(DeclSyntax::Type(d)) = self.decls.get(&obj).map(|d| d.syntax) else { break };
                if done.contains(&obj) {
                    break;
                }
                if let Some(start) = path.iter().position(|&o| o == obj) {
                    self.prog.obj_mut(obj).typ = Some(self.prog.invalid());
                    let cycle: Vec<ObjId> = path.iter().skip(start).copied().collect();
                    self.cycle_error(&cycle, self.first_in_source(&cycle));
                    break;
                }
                path.push(obj);
                next = match &d.typ.kind {
                    ExprKind::Name(n) => self.prog.scope_lookup(self.prog.pkg(self.pkg).scope, &n.name),
                    _ => None,
                };
            }
            done.extend(path);
        }
    }

    /// Is the type known up to its underlying type? Reports a cycle if not.
    pub fn is_complete(&mut self, t: TypeId) -> bool {
        self.is_complete_as(t, None)
    }

    /// Like [`Self::is_complete`], of a type that `written` denotes: the cycle begins with an alias written there.
    pub(crate) fn is_complete_as(&mut self, t: TypeId, written: Option<&Expr>) -> bool {
        let mut t = t;
        let name = written.and_then(|e| match &e.unparen().kind {
            ExprKind::Name(name) => self.prog.info.uses.get(&name.id).copied(),
            _ => None,
        });
        let around = name.and_then(|name| self.obj_path.iter().position(|&o| o == name));
        for _ in 0..1000 {
            let alias = self.alias_slots.iter().find(|&(_, &slot)| slot == t).map(|(&obj, _)| obj);
            let (obj, rhs) = match (alias, self.prog.named(t)) {
                (Some(obj), None) => (obj, None),
                (_, Some(n)) => (n.obj, n.rhs),
                (None, None) => return true,
            };
            if let Some(start) = self.obj_path.iter().position(|&o| o == obj) {
                let start = around.unwrap_or(start).min(start);
                let cycle: Vec<ObjId> = self.obj_path.iter().skip(start).copied().collect();
                self.cycle_error(&cycle, self.first_in_source(&cycle));
                return false;
            }
            match rhs {
                Some(rhs) => t = rhs,
                None => return true,
            }
        }
        true
    }

    /// Checks that a declared type does not contain itself.
    pub(crate) fn valid_type(&mut self, t: TypeId) {
        self.valid_type_in(t, &mut Vec::new(), &mut Vec::new());
    }

    /// `nest` are the declared types around `t`, instances among them: a type parameter stands for an argument of the
    /// innermost one. `path` is the whole way to `t`, through arguments too.
    fn valid_type_in(&mut self, t: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let parts: Vec<TypeId> = match self.prog.ty(t) {
            Type::Array { elem, .. } => vec![*elem],
            Type::Struct(s) => s.fields.iter().map(|&f| self.prog.obj_type(f)).collect(),
            Type::Union(terms) => terms.iter().map(|t| t.typ).collect(),
            Type::Interface(i) => i.embeddeds.clone(),
            Type::TypeParam(_) => return self.valid_argument(t, nest, path),
            Type::Named(_) => return self.valid_named(t, nest, path),
            _ => return true,
        };
        parts.into_iter().all(|p| self.valid_type_in(p, nest, path))
    }

    fn valid_argument(&mut self, t: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let Some(&around) = nest.last() else { return true };
        let Some(n) = self.prog.named(around) else { return true };
        let Some(origin) = n.origin else { return true };
        let args = n.type_args.clone();
        let params = self.prog.params_of_origin(origin);
        let Some(&arg) = params.iter().position(|&p| p == t).and_then(|i| args.get(i)) else { return true };
        // The argument was written outside of the instance.
        nest.pop();
        let valid = self.valid_type_in(arg, nest, path);
        nest.push(around);
        valid
    }

    fn valid_named(&mut self, t: TypeId, nest: &mut Vec<TypeId>, path: &mut Vec<TypeId>) -> bool {
        let Some(n) = self.prog.named(t) else { return true };
        let (obj, origin) = (n.obj, n.origin.unwrap_or(t));
        let instance = n.origin.is_some();
        let foreign = self.prog.obj(obj).pkg != Some(self.pkg);
        if !instance && (foreign || self.done.contains(&obj)) || nest.len() > MAX_NEST {
            return true;
        }
        if nest.iter().any(|&o| self.prog.identical(o, t)) {
            let start = path.iter().position(|&p| self.prog.identical(p, t)).unwrap_or(0);
            let cycle: Vec<TypeId> = path.iter().skip(start).copied().collect();
            let invalid = self.prog.invalid();
            for t in [t, origin] {
                if let Type::Named(n) = self.prog.ty_mut(t) {
                    n.rhs = Some(invalid);
                    n.underlying = Some(invalid);
                }
            }
            let items: Vec<(Pos, String)> = cycle.iter().map(|&c| self.cycle_item(c)).collect();
            self.report_cycle(&items, 0, true);
            return false;
        }
        let Some(rhs) = self.prog.named(origin).and_then(|n| n.rhs) else { return true };
        nest.push(t);
        path.push(t);
        let valid = self.valid_type_in(rhs, nest, path);
        path.pop();
        nest.pop();
        if valid && !instance {
            self.done.insert(obj);
        }
        valid
    }

    /// Where a type of a cycle is declared (an instance: where it is written), and its name.
    fn cycle_item(&self, t: TypeId) -> (Pos, String) {
        let Some(n) = self.prog.named(t) else { return (Pos::NONE, String::new()) };
        let o = self.prog.obj(n.obj);
        if n.type_args.is_empty() {
            return (o.pos, format!("{}{}", self.prog.package_prefix(o.pkg, Some(self.pkg)), o.name));
        }
        let pos = self.prog.generics.instance_pos.get(&t).copied().unwrap_or(o.pos);
        (pos, self.type_string(t))
    }
}
