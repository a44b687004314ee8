//! Functions as wholes: parameters, results, return.

use super::facts::{Defers, Facts, defers};
use super::value::{Addr, Val};
use super::variable::Home;
use super::{Body, LitJob, ResultArea};
use crate::func::{Func, Value};
use crate::inst::{Op, Ty};
use crate::lower::Lowering;
use crate::lower::abi::{First, Pass, Results};
use crate::module::FuncId;
use gort_syntax::ast::{BlockStmt, FuncDecl};
use gort_types::object::ObjId;
use gort_types::types::TypeId;
use std::rc::Rc;

/// Pragmas that keep a function from being inlined.
const NOT_INLINED: [&str; 3] = ["go:noinline", "go:uintptrescapes", "go:uintptrkeepalive"];

/// Functions that only pass a call on, as wrappers do: `recover` works through them.
const PASS_ON: &[&str] =
    &["reflect.callReflect", "reflect.callMethod", "runtime.reflectcall", "runtime.calltypedmethod"];

impl<'a> Lowering<'a> {
    /// Lowers a declared function or method.
    pub fn lower_decl(&mut self, id: FuncId, obj: ObjId, decl: &'a FuncDecl) {
        let Some(block) = &decl.body else { return };
        let instance = self.instance_of(obj);
        let origin = instance.as_ref().map_or(obj, |i| i.origin);
        gort_types::lazy::check_body(self.prog, origin, decl, self.diags);
        self.enter_instance(instance.clone());
        let sig = self.obj_type(obj);
        let recv = self.signature(sig).recv;
        let first = match recv {
            Some(r) => First::Recv(self.obj_type(r)),
            None => First::None,
        };
        let abi = self.fn_abi(sig, first);
        let facts = Rc::new(Facts::of_func(self.prog, decl.recv.as_ref(), &decl.sig, block));
        let name = self.module.funcs[id].name.clone();
        let mut body = Body::new(self, name, abi, facts, decl.pos);
        // The body refers to the declared parameters.
        let declared = match instance {
            Some(i) => body.l.prog.obj_type(i.origin),
            None => sig,
        };
        body.note_func(decl.name.pos);
        body.function(declared, block);
        let mut func = body.finish();
        func.wrapper |= PASS_ON.contains(&&*func.name);
        func.noescape = self.is_noescape(origin);
        func.noinline = func.noescape || decl.pragmas.iter().any(|p| NOT_INLINED.contains(&&**p));
        self.module.funcs[id].body = Some(func);
    }

    /// Lowers a function literal.
    pub fn lower_lit(&mut self, id: FuncId, job: LitJob<'a>) {
        self.enter_instance(job.instance);
        let abi = self.fn_abi(job.sig, First::Ctx);
        let name = self.module.funcs[id].name.clone();
        let mut body = Body::new(self, name, abi, job.facts, job.lit.sig.pos);
        body.is_lit = true;
        body.note_func(job.lit.sig.pos);
        body.lit_key = job.lit.body.lbrace.0;
        let ctx = body.first_param();
        body.bind_captures(ctx, &job.captures);
        body.function(job.declared, &job.lit.body);
        let func = body.finish();
        self.module.funcs[id].body = Some(func);
    }
}

impl<'a> Body<'_, 'a> {
    /// Parameters, statements, end.
    fn function(&mut self, sig: TypeId, block: &'a BlockStmt) {
        let signature = self.l.signature(sig);
        let how = defers(&block.stmts);
        let defers = how != Defers::None;
        if let (Some(recv), Some(pass)) = (signature.recv, self.abi.first.clone())
            && !self.is_lit
        {
            self.bind_param(recv, &pass);
        }
        let passes = self.abi.params.clone();
        for (&obj, pass) in signature.params.iter().zip(&passes) {
            self.bind_param(obj, pass);
        }
        self.start_results(defers);
        self.bind_results(&signature.results, defers);
        if defers {
            self.begin_defers(how);
        }
        self.stmts(&block.stmts);
        if !self.b.is_terminated() {
            self.b.pos = block.rbrace;
            if self.abi.result_types.is_empty() {
                self.return_values(&[]);
            } else {
                self.unreachable();
            }
        }
        self.b.pos = block.rbrace;
        self.end_defers();
    }

    fn bind_param(&mut self, obj: ObjId, pass: &Pass) {
        self.note_param(obj, pass);
        let params = self.b.params().to_vec();
        let v = match pass {
            Pass::Scalars(r) => Val::Scalars(params.get(r.clone()).unwrap_or_default().to_vec()),
            Pass::Mem(i) => {
                let p = params[*i];
                if !self.facts.in_cell(obj) {
                    let var = self.ptr_var(p);
                    self.homes.insert(obj, Home::Stack(var));
                    return;
                }
                Val::Mem { addr: Addr::stack(p), fresh: true }
            }
        };
        self.declare(obj, Some(v));
    }

    /// Remembers the result area.
    pub(super) fn start_results(&mut self, defers: bool) {
        if let Results::Memory { param, .. } = &self.abi.results {
            let p = self.b.params()[*param];
            self.b.func.result_area = Some(*param as u32);
            self.result_area = Some(if defers {
                ResultArea::Slot(self.ptr_slot(p))
            } else {
                ResultArea::Var(self.ptr_var(p))
            });
        }
    }

    /// Makes the result variables: named ones, and all in a function that defers.
    fn bind_results(&mut self, objs: &[ObjId], defers: bool) {
        self.result_objs = objs.to_vec();
        self.note_results(objs);
        let shared = self.facts.range_returns(self.lit_key);
        for &obj in objs {
            let name = self.l.prog.objs[obj].name.clone();
            let named = !name.is_empty();
            if !defers && shared {
                let t = self.l.obj_type(obj);
                let cell = self.new_object(t);
                let home = Home::Cell(self.ptr_var(cell));
                self.homes.insert(obj, home.clone());
                self.results.push(Some(home));
                continue;
            }
            if !defers {
                let home = named.then(|| {
                    self.declare(obj, None);
                    self.homes.get(&obj).cloned()
                });
                self.results.push(home.flatten());
                continue;
            }
            let t = self.l.obj_type(obj);
            let home = if shared || self.facts.in_cell(obj) || self.layout(t).size > super::value::MAX_SLOT {
                let cell = self.new_object(t);
                self.note_cell(obj, cell);
                Home::CellSlot(self.ptr_slot(cell))
            } else {
                let slot = self.slot_for(t);
                self.zero(t, Addr::slot(slot));
                Home::Slot(slot)
            };
            self.homes.insert(obj, home.clone());
            self.results.push(Some(home));
        }
    }

    /// `return` with these values.
    pub(super) fn return_values(&mut self, values: &[Val]) {
        if self.range.is_some() {
            return self.return_from_range(Some(values));
        }
        let types = self.abi.result_types.clone();
        let homes = self.results.clone();
        let exits = self.exit.is_some();
        for ((v, &t), home) in values.iter().zip(&types).zip(homes.iter().flatten_options()) {
            // A variable in registers dies here; one in a cell may be looked at later.
            if let Some(home) = home
                && (exits || matches!(home, Home::Cell(_)))
            {
                self.store_home(t, home, v);
            }
        }
        if exits { self.jump_exit() } else { self.emit_return(values) }
    }

    /// `return` without values in a function with named results.
    pub(super) fn return_named(&mut self) {
        if self.range.is_some() {
            return self.return_from_range(None);
        }
        if self.exit.is_some() {
            return self.jump_exit();
        }
        let values = self.result_values();
        self.emit_return(&values);
    }

    /// What the result variables hold.
    pub(super) fn result_values(&mut self) -> Vec<Val> {
        let types = self.abi.result_types.clone();
        let homes = self.results.clone();
        let mut out = Vec::new();
        for (home, t) in homes.iter().zip(types) {
            out.push(match home {
                Some(home) => self.load_home(t, home),
                None => self.zero_val(t),
            });
        }
        out
    }

    pub(super) fn emit_return(&mut self, values: &[Val]) {
        let abi = Rc::clone(&self.abi);
        match &abi.results {
            Results::Registers(_) => {
                let mut words: Vec<Value> = Vec::new();
                for v in values {
                    if let Val::Scalars(s) = v {
                        words.extend(s);
                    }
                }
                self.b.ret(words);
            }
            Results::Memory { offsets, .. } => {
                let p = match self.result_area {
                    Some(ResultArea::Var(v)) => self.b.use_var(v),
                    Some(ResultArea::Slot(s)) => self.b.emit1(Op::SlotLoad(s, 0), Ty::Ptr),
                    None => self.b.nil(),
                };
                for ((v, &t), &offset) in values.iter().zip(&abi.result_types).zip(offsets) {
                    self.store(t, Addr::stack(p).plus(u64::from(offset)), v);
                }
                self.b.ret(Vec::new());
            }
        }
    }

    /// The finished function.
    pub(super) fn finish(self) -> Func {
        self.b.finish()
    }
}

/// Pads a list of optional homes with nothing.
trait FlattenOptions<'h>: Iterator<Item = &'h Option<Home>> + Sized {
    fn flatten_options(self) -> impl Iterator<Item = Option<&'h Home>> {
        self.map(Option::as_ref).chain(std::iter::repeat(None))
    }
}

impl<'h, I: Iterator<Item = &'h Option<Home>>> FlattenOptions<'h> for I {}
