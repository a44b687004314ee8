//! Cycles in declarations: which are allowed, and telling about those that are not.
//!
//! Go counterpart: `go/types/cycles.go`, `validtype.go`, `decl.go`'s `validCycle`.

use crate::checker::{Checker, DeclSyntax};
use crate::object::{ObjId, ObjKind};
use crate::types::{Type, TypeId};
use gort_syntax::ast::ExprKind;
use std::collections::HashSet;

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
        let n = cycle.len();
        let at = |i: usize| cycle.get((start + i) % n.max(1)).copied();
        let Some(obj) = at(0) else { return };
        let name = |c: &Self, o: ObjId| {
            let o = c.prog.obj(o);
            format!("{}{}", c.prog.package_prefix(o.pkg, Some(c.pkg)), o.name)
        };
        let is_type = matches!(self.prog.obj(obj).kind, ObjKind::TypeName { .. });
        let pos = self.prog.obj(obj).pos;
        let first = name(self, obj);
        if n == 1 {
            let what = if is_type { "invalid recursive type" } else { "invalid cycle in declaration" };
            self.error(pos, "InvalidDeclCycle", format!("{what}: {first} refers to itself"));
            return;
        }
        let mut msg = if is_type {
            format!("invalid recursive type {first}")
        } else {
            format!("invalid cycle in declaration of {first}")
        };
        for i in 0..n {
            if let (Some(a), Some(b)) = (at(i), at(i + 1)) {
                let (p, a, b) = (self.pos_string(self.prog.obj(a).pos), name(self, a), name(self, b));
                msg.push_str(&format!("\n\t{p}: {a} refers to {b}"));
            }
        }
        self.error(pos, "InvalidDeclCycle", msg);
    }

    /// Finds cycles of type names without a type literal in between: `type A B; type B A`.
    pub(crate) fn direct_cycles(&mut self) {
        let mut names: Vec<ObjId> = self.decls.keys().copied().collect();
        names.sort();
        let mut done: HashSet<ObjId> = HashSet::new();
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
        let mut t = t;
        for _ in 0..1000 {
            let alias = self.alias_slots.iter().find(|&(_, &slot)| slot == t).map(|(&obj, _)| obj);
            let (obj, rhs) = match (alias, self.prog.named(t)) {
                (Some(obj), None) => (obj, None),
                (_, Some(n)) => (n.obj, n.rhs),
                (None, None) => return true,
            };
            if let Some(start) = self.obj_path.iter().position(|&o| o == obj) {
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
        self.valid_type_in(t, &mut Vec::new());
    }

    fn valid_type_in(&mut self, t: TypeId, nest: &mut Vec<TypeId>) -> bool {
        let parts: Vec<TypeId> = match self.prog.ty(t) {
            Type::Array { elem, .. } => vec![*elem],
            Type::Struct(s) => s.fields.iter().map(|&f| self.prog.obj_type(f)).collect(),
            Type::Union(terms) => terms.iter().map(|t| t.typ).collect(),
            Type::Interface(i) => i.embeddeds.clone(),
            Type::Named(n) => {
                let (obj, rhs, instance) = (n.obj, n.rhs, n.origin.is_some());
                if !instance && self.done.contains(&obj) || self.prog.obj(obj).pkg != Some(self.pkg) {
                    return true;
                }
                if let Some(start) = nest
                    .iter()
                    .position(|&o| o == t)
                    .or_else(|| (nest.len() > MAX_NEST).then(|| nest.len() - 1))
                {
                    let invalid = self.prog.invalid();
                    if let Type::Named(n) = self.prog.ty_mut(t) {
                        n.rhs = Some(invalid);
                        n.underlying = Some(invalid);
                    }
                    let objs: Vec<ObjId> =
                        nest.iter().skip(start).filter_map(|&t| self.prog.named(t)).map(|n| n.obj).collect();
                    self.cycle_error(&objs, 0);
                    return false;
                }
                nest.push(t);
                let valid = rhs.is_none_or(|rhs| self.valid_type_in(rhs, nest));
                nest.pop();
                if valid && !instance {
                    self.done.insert(obj);
                }
                return valid;
            }
            _ => return true,
        };
        parts.into_iter().all(|p| self.valid_type_in(p, nest))
    }
}
