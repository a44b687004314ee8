//! Instantiation cycles: generic code that would need instances without end.
//!
//! Type parameters are vertices. Where `F[... P ...]` is written, an edge leads from P to F's parameter: of weight 0 if the
//! argument is P itself, 1 if it is built from P. A cycle of positive weight makes ever larger arguments. Go
//! counterpart: `go/types/mono.go`.

use crate::checker::Checker;
use crate::program::Program;
use crate::types::{Type, TypeId};
use gort_syntax::source::Pos;
use rustc_hash::{FxHashMap, FxHashSet};

/// The instances written in a package.
#[derive(Debug, Default)]
pub struct Mono {
    instances: Vec<(Pos, TypeId, TypeId)>,
    /// From a receiver's type parameter to the type's.
    canon: FxHashMap<TypeId, TypeId>,
}

/// From one type parameter to another.
struct Edge {
    from: usize,
    to: usize,
    weight: usize,
    pos: Pos,
    arg: TypeId,
}

/// A type parameter on the way.
#[derive(Clone)]
struct Vertex {
    param: TypeId,
    weight: usize,
    /// Edge that led here, and how many before it.
    last: Option<usize>,
    len: usize,
}

impl Mono {
    /// Notes that `args` stand for `params`. The first ones are written at `places`, all are needed at `pos`.
    pub fn record_instance(&mut self, pos: Pos, params: &[TypeId], args: &[TypeId], places: &[Pos]) {
        let places = places.iter().copied().chain(std::iter::repeat(pos));
        self.instances.extend(params.iter().zip(args).zip(places).map(|((&p, &a), pos)| (pos, p, a)));
    }

    /// Notes that the receiver's `param` is the type's `declared`.
    pub fn record_canon(&mut self, param: TypeId, declared: TypeId) {
        self.canon.insert(param, declared);
    }

    fn canonical(&self, p: TypeId) -> TypeId {
        self.canon.get(&p).copied().unwrap_or(p)
    }
}

impl Program {
    /// The type parameters in a type.
    fn params_in(&self, t: TypeId, out: &mut Vec<TypeId>, seen: &mut FxHashSet<TypeId>) {
        if !seen.insert(t) {
            return;
        }
        let vars = |list: &[crate::object::ObjId]| list.iter().map(|&v| self.obj_type(v)).collect::<Vec<_>>();
        let parts = match self.ty(t) {
            Type::TypeParam(_) => {
                out.push(t);
                return;
            }
            Type::Named(n) => n.type_args.clone(),
            Type::Pointer(e) | Type::Slice(e) | Type::Array { elem: e, .. } | Type::Chan { elem: e, .. } => {
                vec![*e]
            }
            Type::Map { key, elem } => vec![*key, *elem],
            Type::Struct(s) => vars(&s.fields),
            Type::Tuple(v) => vars(v),
            Type::Signature(s) => vars(&s.params).into_iter().chain(vars(&s.results)).collect(),
            Type::Interface(i) => vars(&i.methods),
            Type::Basic(_) | Type::Union(_) => return,
        };
        for p in parts {
            self.params_in(p, out, seen);
        }
    }
}

impl<'a> Checker<'a> {
    /// Reports a cycle of instances that grow, if nothing else is wrong.
    pub(crate) fn instantiation_cycles(&mut self) {
        if !self.diags.is_empty() {
            return;
        }
        let (mut vertices, edges) = self.mono_graph();
        let mut again = true;
        while again {
            again = false;
            for (i, e) in edges.iter().enumerate() {
                let (Some(from), Some(to)) = (vertices.get(e.from).cloned(), vertices.get(e.to)) else {
                    continue;
                };
                let weight = from.weight + e.weight;
                if weight <= to.weight {
                    continue;
                }
                let len = from.len + 1;
                let count = vertices.len();
                let Some(to) = vertices.get_mut(e.to) else { continue };
                (to.weight, to.last, to.len) = (weight, Some(i), len);
                if len == count {
                    self.report_instantiation_cycle(&vertices, &edges, e.to);
                    return;
                }
                again = true;
            }
        }
    }

    fn mono_graph(&self) -> (Vec<Vertex>, Vec<Edge>) {
        let (mut vertices, mut edges): (Vec<Vertex>, Vec<Edge>) = (Vec::new(), Vec::new());
        let mut index: FxHashMap<TypeId, usize> = FxHashMap::default();
        for &(pos, param, arg) in &self.mono.instances {
            let mut inside = Vec::new();
            self.prog.params_in(arg, &mut inside, &mut FxHashSet::default());
            for p in inside {
                let mut vertex = |p: TypeId| {
                    let p = self.mono.canonical(p);
                    *index.entry(p).or_insert_with(|| {
                        vertices.push(Vertex { param: p, weight: 0, last: None, len: 0 });
                        vertices.len() - 1
                    })
                };
                let (from, to) = (vertex(p), vertex(param));
                edges.push(Edge { from, to, weight: usize::from(p != arg), pos, arg });
            }
        }
        (vertices, edges)
    }

    fn report_instantiation_cycle(&mut self, vertices: &[Vertex], edges: &[Edge], v: usize) {
        let edge_to = |v: usize| vertices.get(v).and_then(|v| v.last).and_then(|e| edges.get(e));
        // Walk back until a vertex comes again: it is on the cycle.
        let mut seen = FxHashSet::default();
        let mut v = v;
        while seen.insert(v) {
            let Some(e) = edge_to(v) else { return };
            v = e.from;
        }
        let name = |c: &Self, v: usize| {
            let Some(Type::TypeParam(p)) = vertices.get(v).map(|v| c.prog.ty(v.param)) else { return None };
            let o = c.prog.obj(p.obj);
            Some((o.pos, o.name.clone()))
        };
        let Some((pos, _)) = name(self, v) else { return };
        let mut msg = "instantiation cycle:".to_owned();
        let first = v;
        while let Some(e) = edge_to(v) {
            let to = name(self, v).map(|(_, n)| n.to_string()).unwrap_or_default();
            let (at, arg) = (self.pos_string(e.pos), self.type_string(e.arg));
            msg.push_str(&format!("\n\t{at}: {to} instantiated as {arg}"));
            v = e.from;
            if v == first {
                break;
            }
        }
        self.error(pos, "InvalidInstanceCycle", msg);
    }
}
