//! What is checked last, and only if all else is well: limits of the implementation.
//!
//! gc reports these after its type checker has finished. Go counterpart: `cmd/compile/internal/noder`
//! (`cycleFinder`, missing bodies), `cmd/compile/internal/types/size.go`.

use crate::checker::Checker;
use crate::program::Program;
use crate::types::{Type, TypeId};
use rustc_hash::FxHashMap;

/// Largest size of a type, as in gc.
const SIZE_MAX_BYTES: i64 = 1 << 50;
/// Largest size of a channel element plus one.
const CHAN_ELEM_LIMIT_BYTES: i64 = 1 << 16;

impl<'a> Checker<'a> {
    pub(crate) fn late_checks(&mut self) {
        self.anonymous_interface_cycles();
        self.missing_bodies();
        self.check_pragmas();
        self.type_sizes();
    }

    /// Functions without a body are for package runtime and linknamed ones only.
    fn missing_bodies(&mut self) {
        let list = std::mem::take(&mut self.bodyless);
        if self.options.bodyless || !self.diags.is_empty() {
            return;
        }
        for d in list {
            let name = &d.name.name;
            let is_linkname = |text: &str| {
                let mut words = text.split_whitespace();
                matches!(words.next(), Some("go:linkname" | "go:linknamestd")) && words.next() == Some(name)
            };
            let linked = self.files.iter().any(|f| f.pragmas.iter().any(|p| is_linkname(&p.text)));
            if !linked {
                self.error(d.name.pos, "MissingFuncBody", "missing function body");
            }
        }
    }

    fn type_sizes(&mut self) {
        if !self.diags.is_empty() {
            return;
        }
        for (t, pos) in self.written_types.clone() {
            let size = self.prog.sizeof(t);
            if !(0..=SIZE_MAX_BYTES).contains(&size) {
                let msg = format!("type {} larger than address space", self.type_string(t));
                self.error(pos, "TypeTooLarge", msg);
            } else if let Type::Chan { elem, .. } = *self.prog.ty(t)
                && self.prog.sizeof(elem) >= CHAN_ELEM_LIMIT_BYTES
            {
                self.error(pos, "TypeTooLarge", "channel element type too large (>64kB)");
            }
        }
    }

    /// An interface type literal that contains itself without a declared type in between.
    fn anonymous_interface_cycles(&mut self) {
        if !self.diags.is_empty() {
            return;
        }
        let mut types = self.written_types.clone();
        types.sort_by_key(|&(_, pos)| pos);
        let mut cyclic: FxHashMap<TypeId, bool> = FxHashMap::default();
        for (t, pos) in types {
            if matches!(self.prog.ty(t), Type::Interface(_)) && has_interface_cycle(self.prog, t, &mut cyclic)
            {
                let msg = "invalid recursive type: anonymous interface refers to itself (see https://go.dev/issue/56103)";
                self.error(pos, "InvalidTypeCycle", msg);
                cyclic.values_mut().for_each(|c| *c = false);
            }
        }
    }
}

/// Leads a way from `t` back to an interface on it? `cyclic` is true for interfaces being visited.
fn has_interface_cycle(prog: &Program, t: TypeId, cyclic: &mut FxHashMap<TypeId, bool>) -> bool {
    let vars = |vars: &[crate::object::ObjId]| vars.iter().map(|&v| prog.obj_type(v)).collect::<Vec<_>>();
    let parts = match prog.ty(t) {
        Type::Interface(_) => {
            if let Some(&known) = cyclic.get(&t) {
                return known;
            }
            cyclic.insert(t, true);
            let cycle =
                vars(&prog.type_set(t).methods).into_iter().any(|m| has_interface_cycle(prog, m, cyclic));
            cyclic.insert(t, cycle);
            return cycle;
        }
        Type::Pointer(e) | Type::Slice(e) | Type::Array { elem: e, .. } | Type::Chan { elem: e, .. } => {
            vec![*e]
        }
        Type::Map { key, elem } => vec![*key, *elem],
        Type::Struct(s) => vars(&s.fields),
        Type::Tuple(v) => vars(v),
        Type::Signature(s) => vars(&s.params).into_iter().chain(vars(&s.results)).collect(),
        _ => return false,
    };
    parts.into_iter().any(|p| has_interface_cycle(prog, p, cyclic))
}
