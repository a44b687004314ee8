//! The order in which package-level variables are initialised.
//!
//! Variables depend on what their initial values mention, through functions too. Go counterpart:
//! `go/types/initorder.go`.

use crate::checker::{Checker, DeclSyntax};
use crate::info::Initializer;
use crate::object::{ObjId, ObjKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

type Edges = BTreeMap<ObjId, BTreeSet<ObjId>>;

impl<'a> Checker<'a> {
    /// Records the initialisation order of the package and reports cycles in it.
    pub(crate) fn init_order(&mut self) {
        let deps = self.dependencies();
        let mut succ: Edges = BTreeMap::new();
        for &obj in deps.keys() {
            if !self.is_function(obj) {
                succ.insert(obj, self.value_dependencies(obj, &deps));
            }
        }
        let mut pred: FxHashMap<ObjId, Vec<ObjId>> = FxHashMap::default();
        for (&obj, list) in &succ {
            for &d in list {
                pred.entry(d).or_default().push(obj);
            }
        }
        let mut count: FxHashMap<ObjId, usize> = succ.iter().map(|(&o, l)| (o, l.len())).collect();
        let rank = |c: &Self, o: ObjId| !matches!(c.prog.obj(o).kind, ObjKind::Const { .. });
        let mut queue: BTreeSet<(bool, usize, ObjId)> =
            count.iter().map(|(&o, &n)| (rank(self, o), n, o)).collect();
        let mut emitted: FxHashSet<(usize, usize)> = FxHashSet::default();
        while let Some((_, n, obj)) = queue.pop_first() {
            if n > 0
                && let Some(cycle) = find_path(&deps, obj, obj, &mut FxHashSet::default())
            {
                self.report_init_cycle(&cycle);
            }
            for &p in pred.get(&obj).into_iter().flatten() {
                if let Some(n) = count.get_mut(&p)
                    && queue.remove(&(rank(self, p), *n, p))
                {
                    *n -= 1;
                    queue.insert((rank(self, p), *n, p));
                }
            }
            self.emit_initializer(obj, &mut emitted);
        }
    }

    fn is_function(&self, obj: ObjId) -> bool {
        matches!(self.prog.obj(obj).kind, ObjKind::Func { .. })
    }

    /// What each constant, variable and function mentions; variables of one `a, b = f()` share it.
    fn dependencies(&self) -> Edges {
        let mut deps: Edges = BTreeMap::new();
        for (&obj, d) in &self.decls {
            if !matches!(d.syntax, DeclSyntax::Type(_)) {
                deps.insert(obj, d.deps.iter().copied().collect());
            }
        }
        for group in self.var_groups.values() {
            let shared = group.first().and_then(|o| self.decls.get(o)).is_some_and(
                |d| matches!(d.syntax, DeclSyntax::Var(v, _) if v.values.len() == 1 && v.names.len() > 1),
            );
            if shared {
                let all: BTreeSet<ObjId> =
                    group.iter().filter_map(|o| deps.get(o)).flatten().copied().collect();
                for o in group {
                    if let Some(list) = deps.get_mut(o) {
                        list.clone_from(&all);
                    }
                }
            }
        }
        deps
    }

    /// Constants and variables that `obj` depends on, directly or through functions.
    fn value_dependencies(&self, obj: ObjId, deps: &Edges) -> BTreeSet<ObjId> {
        let mut out = BTreeSet::new();
        let mut seen: FxHashSet<ObjId> = FxHashSet::default();
        let mut work = vec![obj];
        while let Some(o) = work.pop() {
            for &d in deps.get(&o).into_iter().flatten() {
                if self.is_function(d) {
                    if seen.insert(d) {
                        work.push(d);
                    }
                } else if deps.contains_key(&d) {
                    out.insert(d);
                }
            }
        }
        out
    }

    fn emit_initializer(&mut self, obj: ObjId, emitted: &mut FxHashSet<(usize, usize)>) {
        let Some(d) = self.decls.get(&obj) else { return };
        let DeclSyntax::Var(v, i) = d.syntax else { return };
        let (file, decl) = (d.file, d.decl);
        let (lhs, value) = if v.values.len() == 1 && v.names.len() > 1 {
            if !emitted.insert((file, decl)) {
                return;
            }
            (self.var_groups.get(&(file, decl)).cloned().unwrap_or_default(), 0)
        } else if i < v.values.len() {
            (vec![obj], i)
        } else {
            return;
        };
        self.prog.pkg_mut(self.pkg).init_order.push(Initializer { lhs, file, decl, value });
    }

    fn report_init_cycle(&mut self, cycle: &[ObjId]) {
        let Some(&first) = cycle.first() else { return };
        let pos = self.prog.obj(first).pos;
        let name = |c: &Self, o: ObjId| c.prog.obj(o).name.clone();
        if cycle.len() == 1 {
            let msg = format!("initialization cycle: {} refers to itself", name(self, first));
            self.error(pos, "InvalidInitCycle", msg);
            return;
        }
        let mut msg = format!("initialization cycle for {}", name(self, first));
        let mut obj = first;
        for &next in cycle.iter().rev() {
            let at = self.pos_string(self.prog.obj(obj).pos);
            msg.push_str(&format!("\n\t{at}: {} refers to {}", name(self, obj), name(self, next)));
            obj = next;
        }
        self.error(pos, "InvalidInitCycle", msg);
    }
}

/// The path of dependencies from `from` to `to`, reversed: `to` first.
fn find_path(deps: &Edges, from: ObjId, to: ObjId, seen: &mut FxHashSet<ObjId>) -> Option<Vec<ObjId>> {
    if !seen.insert(from) {
        return None;
    }
    for &d in deps.get(&from)? {
        if d == to {
            return Some(vec![d]);
        }
        if let Some(mut path) = find_path(deps, d, to, seen) {
            path.push(d);
            return Some(path);
        }
    }
    None
}
