//! Instances of generic functions: one body each.
//!
//! An instance is a function object of its own, with the substituted signature. Before a body of an
//! instance is lowered, the checker's facts that mention the type parameters are replaced by those of the
//! instance; what facts said originally is kept, so that the next instance starts from it. Bodies are
//! lowered one after the other, and code outside of generic functions has no such facts.

use super::Lowering;
use gort_syntax::ast::ExprId;
use gort_types::info::Selection;
use gort_types::lookup::LookupResult;
use gort_types::object::{ObjId, ObjKind, Object, VarKind};
use gort_types::subst::SubstMap;
use gort_types::types::{Signature, Type, TypeId};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Longer link names come of instances that grow without end.
const MAX_NAME: usize = 10_000;

/// An instance of a generic function, or a method of an instance of a generic type.
#[derive(Debug)]
pub struct FuncInstance {
    /// The declared function.
    pub origin: ObjId,
    /// Type parameters, those of the receiver first.
    params: Vec<TypeId>,
    /// What stands for them.
    args: Vec<TypeId>,
    /// How many of them are the function's own.
    own: usize,
    map: SubstMap,
}

/// Facts that mention type parameters, as the checker recorded them.
#[derive(Debug, Default)]
struct GenericFacts {
    types: Vec<(ExprId, TypeId)>,
    selections: Vec<(ExprId, Selection)>,
    instances: Vec<(ExprId, Vec<TypeId>)>,
    vars: Vec<(ObjId, TypeId)>,
}

/// What the lowering knows of instances.
#[derive(Debug, Default)]
pub struct Generic {
    /// Facts by the type parameter they mention; made when the first instance is lowered.
    facts: Option<HashMap<TypeId, GenericFacts>>,
    /// Types that expressions had before they were substituted.
    declared: HashMap<ExprId, TypeId>,
    /// Types of variables in the current instance.
    vars: HashMap<ObjId, TypeId>,
    instances: HashMap<ObjId, Option<Rc<FuncInstance>>>,
    by_name: HashMap<(ObjId, String), ObjId>,
    /// Which instance is being lowered.
    pub current: Option<Rc<FuncInstance>>,
}

impl Generic {
    /// The type of a variable in the current instance.
    pub fn var_type(&self, obj: ObjId) -> Option<TypeId> {
        self.vars.get(&obj).copied()
    }
}

impl Lowering<'_> {
    /// The instance of a generic function (or method with type parameters of its own).
    pub fn func_instance(&mut self, obj: ObjId, args: &[TypeId]) -> ObjId {
        let names: Vec<String> = args.iter().map(|&t| self.type_link_name(t)).collect();
        let key = (obj, names.join(","));
        if let Some(&known) = self.generic.by_name.get(&key) {
            return known;
        }
        let declared = self.prog.obj_type(obj);
        let own = self.signature(declared).type_params.clone();
        if own.len() != args.len() {
            let pos = self.prog.objs[obj].pos;
            self.diags.unsupported(pos, "this instance of a generic function");
            return obj;
        }
        let (origin, mut params, mut all) = match self.instance_of(obj) {
            Some(outer) => (outer.origin, outer.params.clone(), outer.args.clone()),
            None => (obj, Vec::new(), Vec::new()),
        };
        let typ = self.prog.instantiate_signature(declared, args);
        let copy = Object { typ: Some(typ), ..self.prog.objs[obj].clone() };
        let new = self.prog.add_obj(copy);
        params.extend(&own);
        all.extend(args);
        let map = SubstMap::for_body(&params, &all);
        let instance = FuncInstance { origin, params, args: all, own: own.len(), map };
        self.generic.instances.insert(new, Some(Rc::new(instance)));
        self.generic.by_name.insert(key, new);
        new
    }

    /// Of which declared function an object is an instance.
    pub fn instance_of(&mut self, obj: ObjId) -> Option<Rc<FuncInstance>> {
        if let Some(known) = self.generic.instances.get(&obj) {
            return known.clone();
        }
        let made = self.method_instance(obj).map(Rc::new);
        self.generic.instances.insert(obj, made.clone());
        made
    }

    /// Methods of instances of types: the receiver's type parameters are substituted.
    fn method_instance(&self, obj: ObjId) -> Option<FuncInstance> {
        let origin = *self.prog.generics.method_origin.get(&obj)?;
        let t = *self.prog.generics.method_instance.get(&obj)?;
        let Type::Named(n) = self.prog.ty(t) else { return None };
        let args = n.type_args.clone();
        let params = self.prog.signature_of(self.prog.obj_type(origin))?.recv_type_params.clone();
        let map = SubstMap::for_body(&params, &args);
        Some(FuncInstance { origin, params, args, own: 0, map })
    }

    /// `[int,string]` behind the name of an instance of a function.
    pub fn instance_suffix(&mut self, obj: ObjId) -> String {
        let Some(i) = self.instance_of(obj).filter(|i| i.own > 0) else { return String::new() };
        let args = &i.args[i.args.len() - i.own..];
        let names: Vec<String> = args.iter().map(|&t| self.type_link_name(t)).collect();
        format!("[{}]", names.join(","))
    }

    /// May a function be lowered? Not if it is generic itself, or an instance nested too deeply.
    pub fn lowerable(&mut self, obj: ObjId, name: &str) -> bool {
        let t = self.prog.obj_type(obj);
        let sig = self.signature(t);
        let what = if !sig.type_params.is_empty() || !sig.recv_type_params.is_empty() {
            "this use of a generic function"
        } else if name.len() > MAX_NAME {
            "instances nested that deeply"
        } else {
            return true;
        };
        let pos = self.prog.objs[obj].pos;
        self.diags.unsupported(pos, what);
        false
    }

    /// The type an expression had before substitution.
    pub fn declared_type(&self, e: ExprId, or: TypeId) -> TypeId {
        self.generic.declared.get(&e).copied().unwrap_or(or)
    }

    /// Makes facts those of an instance, whose body is lowered next.
    pub fn enter_instance(&mut self, instance: Option<Rc<FuncInstance>>) {
        self.generic.vars.clear();
        self.generic.current.clone_from(&instance);
        let Some(i) = instance else { return };
        let facts = match self.generic.facts.take() {
            Some(facts) => facts,
            None => self.collect_generic_facts(),
        };
        for f in i.params.iter().filter_map(|p| facts.get(p)) {
            for &(id, t) in &f.types {
                let new = self.prog.subst(t, &i.map);
                if let Some(tv) = self.prog.info.types.get_mut(&id) {
                    tv.typ = new;
                }
            }
            for (id, s) in &f.selections {
                let s = self.subst_selection(s, &i.map);
                self.prog.info.selections.insert(*id, s);
            }
            for (id, args) in &f.instances {
                let args = self.prog.subst_list(args, &i.map);
                if let Some(known) = self.prog.info.instances.get_mut(id) {
                    known.type_args = args;
                }
            }
            for &(v, t) in &f.vars {
                let new = self.prog.subst(t, &i.map);
                self.generic.vars.insert(v, new);
            }
        }
        self.generic.facts = Some(facts);
    }

    /// A selection anew, on the substituted type of its operand.
    fn subst_selection(&mut self, s: &Selection, map: &SubstMap) -> Selection {
        let mut new = s.clone();
        new.recv = self.prog.subst(s.recv, map);
        new.typ = self.prog.subst(s.typ, map);
        let o = &self.prog.objs[s.obj];
        let (name, pkg) = (o.name.clone(), o.pkg);
        match self.prog.lookup_field_or_method(new.recv, true, pkg, &name, false) {
            LookupResult::Found { obj, index, indirect } => Selection { obj, index, indirect, ..new },
            _ => {
                let pos = self.prog.objs[s.obj].pos;
                self.diags.unsupported(pos, "this selection on a type parameter");
                new
            }
        }
    }

    fn collect_generic_facts(&mut self) -> HashMap<TypeId, GenericFacts> {
        let mut out: HashMap<TypeId, GenericFacts> = HashMap::new();
        let prog = &*self.prog;
        let mut memo = HashMap::new();
        let mut params = |list: &[TypeId]| -> Vec<TypeId> {
            let mut all: Vec<TypeId> = Vec::new();
            for &t in list {
                let found = memo.entry(t).or_insert_with(|| {
                    let mut found = HashSet::new();
                    mentioned(prog, t, &mut found, &mut HashSet::new());
                    found.into_iter().collect::<Vec<_>>()
                });
                all.extend(found.iter());
            }
            all.sort();
            all.dedup();
            all
        };
        for (&id, tv) in &prog.info.types {
            for p in params(&[tv.typ]) {
                out.entry(p).or_default().types.push((id, tv.typ));
                self.generic.declared.insert(id, tv.typ);
            }
        }
        for (&id, s) in &prog.info.selections {
            for p in params(&[s.recv, s.typ]) {
                out.entry(p).or_default().selections.push((id, s.clone()));
            }
        }
        for (&id, i) in &prog.info.instances {
            for p in params(&i.type_args) {
                out.entry(p).or_default().instances.push((id, i.type_args.clone()));
            }
        }
        for v in prog.info.defs.values().chain(prog.info.implicits.values()).copied() {
            let o = prog.obj(v);
            let ObjKind::Var { kind, .. } = &o.kind else { continue };
            let (Some(t), false) = (o.typ, matches!(kind, VarKind::Field)) else { continue };
            for p in params(&[t]) {
                out.entry(p).or_default().vars.push((v, t));
            }
        }
        // Parameters without names have no definitions.
        for t in prog
            .info
            .types
            .values()
            .map(|tv| tv.typ)
            .chain(prog.info.defs.values().filter_map(|&o| prog.obj(o).typ))
        {
            let Type::Signature(s) = prog.ty(t) else { continue };
            for v in signature_vars(s) {
                let Some(t) = prog.obj(v).typ else { continue };
                for p in params(&[t]) {
                    out.entry(p).or_default().vars.push((v, t));
                }
            }
        }
        out
    }
}

fn signature_vars(s: &Signature) -> impl Iterator<Item = ObjId> {
    s.recv.iter().chain(&s.params).chain(&s.results).copied()
}

/// The type parameters in a type.
fn mentioned(
    prog: &gort_types::program::Program,
    t: TypeId,
    found: &mut HashSet<TypeId>,
    seen: &mut HashSet<TypeId>,
) {
    if !seen.insert(t) {
        return;
    }
    let mut parts: Vec<TypeId> = Vec::new();
    match prog.ty(t) {
        Type::Basic(_) => {}
        Type::TypeParam(_) => {
            found.insert(t);
        }
        Type::Named(n) => {
            parts.extend(&n.type_args);
            parts.extend(prog.generics.local_types.get(&t).into_iter().flatten());
        }
        Type::Pointer(e) | Type::Slice(e) | Type::Array { elem: e, .. } | Type::Chan { elem: e, .. } => {
            parts.push(*e)
        }
        Type::Map { key, elem } => parts.extend([*key, *elem]),
        Type::Struct(s) => parts.extend(s.fields.iter().map(|&f| prog.obj_type(f))),
        Type::Tuple(vars) => parts.extend(vars.iter().map(|&v| prog.obj_type(v))),
        Type::Signature(s) => parts.extend(signature_vars(s).map(|v| prog.obj_type(v))),
        Type::Union(terms) => parts.extend(terms.iter().map(|t| t.typ)),
        Type::Interface(i) => {
            parts.extend(i.methods.iter().map(|&m| prog.obj_type(m)));
            parts.extend(&i.embeddeds);
        }
    }
    for p in parts {
        mentioned(prog, p, found, seen);
    }
}
