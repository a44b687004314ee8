//! Instances of generic functions: one body each.
//!
//! An instance is a function object of its own, with the substituted signature. Before a body of an
//! instance is lowered, the checker's facts that mention the type parameters are replaced by those of the
//! instance; what facts said originally is kept, so that the next instance starts from it. Bodies are
//! lowered one after the other, and code outside of generic functions has no such facts.

use super::Lowering;
use gort_syntax::ast::{ExprId, FuncDecl};
use gort_types::info::Selection;
use gort_types::lookup::LookupResult;
use gort_types::object::{ObjId, ObjKind, Object, VarKind};
use gort_types::subst::SubstMap;
use gort_types::types::{Signature, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
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
    /// Of declared functions, made when the first instance of each is lowered.
    facts: FxHashMap<ObjId, Rc<GenericFacts>>,
    /// Types that expressions had before they were substituted.
    declared: FxHashMap<ExprId, TypeId>,
    /// Types of variables in the current instance.
    vars: FxHashMap<ObjId, TypeId>,
    instances: FxHashMap<ObjId, Option<Rc<FuncInstance>>>,
    by_name: FxHashMap<(ObjId, String), ObjId>,
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
        // The body mentions the type parameters that are declared.
        let declared_own = self.signature(self.prog.obj_type(origin)).type_params.clone();
        let typ = self.prog.instantiate_signature(declared, args);
        let copy = Object { typ: Some(typ), ..self.prog.objs[obj].clone() };
        let new = self.prog.add_obj(copy);
        params.extend(&declared_own);
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
        let facts = self.generic_facts(i.origin);
        for &(id, t) in &facts.types {
            let new = self.prog.subst(t, &i.map);
            if let Some(tv) = self.prog.info.types.get_mut(&id) {
                tv.typ = new;
            }
        }
        for (id, s) in &facts.selections {
            let s = self.subst_selection(s, &i.map);
            self.prog.info.selections.insert(*id, s);
        }
        for (id, args) in &facts.instances {
            let args = self.prog.subst_list(args, &i.map);
            if let Some(known) = self.prog.info.instances.get_mut(id) {
                known.type_args = args;
            }
        }
        for &(v, t) in &facts.vars {
            let new = self.prog.subst(t, &i.map);
            self.generic.vars.insert(v, new);
        }
    }

    /// The facts of a declared function that mention type parameters: collected before they are changed.
    fn generic_facts(&mut self, origin: ObjId) -> Rc<GenericFacts> {
        if let Some(known) = self.generic.facts.get(&origin) {
            return known.clone();
        }
        let facts = Rc::new(match self.decls.get(&origin) {
            Some(&decl) => self.collect_generic_facts(decl),
            None => GenericFacts::default(),
        });
        self.generic.facts.insert(origin, facts.clone());
        facts
    }

    /// A selection anew, on the substituted type of its operand.
    fn subst_selection(&mut self, s: &Selection, map: &SubstMap) -> Selection {
        let mut new = s.clone();
        new.recv = self.prog.subst(s.recv, map);
        new.typ = self.prog.subst(s.typ, map);
        let o = &self.prog.objs[s.obj];
        let (name, pkg) = (o.name.clone(), o.pkg);
        match self.prog.lookup_field_or_method(new.recv, true, pkg, &name, false) {
            LookupResult::Found { obj, index, indirect } => {
                self.prog.complete_selected_method(obj);
                Selection { obj, index, indirect, ..new }
            }
            _ => {
                let pos = self.prog.objs[s.obj].pos;
                self.diags.unsupported(pos, "this selection on a type parameter");
                new
            }
        }
    }

    fn collect_generic_facts(&mut self, decl: &FuncDecl) -> GenericFacts {
        let mut out = GenericFacts::default();
        let (prog, ids) = (&*self.prog, || decl.ids.clone());
        let mut memo: FxHashMap<TypeId, bool> = FxHashMap::default();
        let mut generic = |list: &[TypeId]| {
            list.iter().any(|&t| {
                *memo.entry(t).or_insert_with(|| {
                    let mut found = FxHashSet::default();
                    mentioned(prog, t, &mut found, &mut FxHashSet::default());
                    !found.is_empty()
                })
            })
        };
        for (id, tv) in prog.info.types.range(ids()).filter(|(_, tv)| generic(&[tv.typ])) {
            out.types.push((id, tv.typ));
            self.generic.declared.insert(id, tv.typ);
        }
        let selections = prog.info.selections.range(ids());
        out.selections
            .extend(selections.filter(|(_, s)| generic(&[s.recv, s.typ])).map(|(id, s)| (id, s.clone())));
        let instances = prog.info.instances.range(ids());
        out.instances.extend(
            instances.filter(|(_, i)| generic(&i.type_args)).map(|(id, i)| (id, i.type_args.clone())),
        );
        let end = decl.body.as_ref().map_or(decl.pos, |b| b.rbrace);
        let implicits = prog.info.implicits.range(decl.pos..=end).map(|(_, &o)| o);
        let defs: Vec<ObjId> = prog.info.defs.range(ids()).map(|(_, &o)| o).collect();
        let is_var = |&v: &ObjId| matches!(prog.obj(v).kind, ObjKind::Var { kind, .. } if !matches!(kind, VarKind::Field));
        // Parameters without names have no definitions.
        let types = prog.info.types.range(ids()).map(|(_, tv)| tv.typ);
        let signatures = types.chain(defs.iter().filter_map(|&o| prog.obj(o).typ));
        let params = signatures.flat_map(|t| match prog.ty(t) {
            Type::Signature(s) => signature_vars(s).collect(),
            _ => Vec::new(),
        });
        for v in defs.iter().copied().chain(implicits).filter(is_var).chain(params) {
            if let Some(t) = prog.obj(v).typ.filter(|&t| generic(&[t])) {
                out.vars.push((v, t));
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
    found: &mut FxHashSet<TypeId>,
    seen: &mut FxHashSet<TypeId>,
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
