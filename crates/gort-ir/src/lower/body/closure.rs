//! Function literals and closures.
//!
//! A closure is an object {code, captures...} of a struct type made for it. A captured variable that lives
//! in a heap cell is captured as the address of the cell, any other by value.

use super::value::{Addr, Val};
use super::variable::Home;
use super::{Body, LitJob};
use crate::func::Value;
use crate::inst::{ConvOp, Op, Ty};
use crate::lower::Work;
use crate::lower::abi::First;
use crate::module::FuncId;
use gort_syntax::ast::{Expr, FuncLit};
use gort_syntax::source::Pos;
use gort_types::object::ObjId;
use gort_types::types::{BasicKind, TypeId};
use std::rc::Rc;

/// A captured variable.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) obj: ObjId,
    /// The closure holds the address of its cell.
    pub(super) by_ref: bool,
    /// Byte offset in the closure.
    pub(super) offset: u64,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn next_lit_name(&mut self) -> String {
        self.lits += 1;
        let dot = if self.is_lit { "." } else { ".func" };
        format!("{}{dot}{}", self.name, self.lits)
    }

    pub(super) fn func_lit(&mut self, e: &'a Expr, lit: &'a FuncLit) -> Val {
        let (id, fields) = self.func_lit_parts(e, lit);
        Val::one(self.closure_object(id, &fields))
    }

    /// The code of a literal and what its closure captures.
    pub(super) fn func_lit_parts(&mut self, e: &'a Expr, lit: &'a FuncLit) -> (FuncId, Vec<(TypeId, Val)>) {
        let sig = self.type_of(e);
        let name = self.next_lit_name();
        let abi = self.l.fn_abi(sig, First::Ctx);
        let (id, _) = self.l.module.declare_func(&name, &abi.sig);
        let mut fields = Vec::new();
        let objs = self.facts.captures_of(lit);
        let mut captures = self.captured(objs, e.pos, &mut fields);
        for (c, offset) in captures.iter_mut().zip(self.capture_offsets(&fields)) {
            c.offset = offset;
        }
        let facts = Rc::clone(&self.facts);
        let declared = self.l.declared_type(e.id, sig);
        let instance = self.l.generic.current.clone();
        self.l.queue.push_back(Work::Lit(id, LitJob { lit, sig, declared, instance, captures, facts }));
        (id, fields)
    }

    /// Captures of these variables; the values to capture are added to `fields`.
    pub(super) fn captured(
        &mut self,
        objs: Vec<ObjId>,
        pos: Pos,
        fields: &mut Vec<(TypeId, Val)>,
    ) -> Vec<Capture> {
        let mut captures = Vec::new();
        for obj in objs {
            let t = self.l.obj_type(obj);
            let cell = match self.homes.get(&obj) {
                Some(Home::Cell(v)) => Some(self.b.use_var(*v)),
                Some(Home::CellSlot(s)) => Some(self.b.emit1(Op::SlotLoad(*s, 0), Ty::Ptr)),
                Some(_) => None,
                None => {
                    let name = self.l.prog.objs[obj].name.clone();
                    self.surprise(pos, &format!("captured variable {name} has no place"));
                    continue;
                }
            };
            captures.push(Capture { obj, by_ref: cell.is_some(), offset: 0 });
            fields.push(match cell {
                Some(cell) => (self.basic(BasicKind::UnsafePointer), Val::one(cell)),
                None => {
                    let place = self.object_place(obj, pos);
                    (t, self.load_place(t, place))
                }
            });
        }
        captures
    }

    /// Byte offsets of captured values in their closure.
    pub(super) fn capture_offsets(&mut self, captures: &[(TypeId, Val)]) -> Vec<u64> {
        let types: Vec<TypeId> = captures.iter().map(|c| c.0).collect();
        let t = self.closure_type(&types);
        (1..=captures.len()).map(|i| u64::from(self.l.field_offset(t, i))).collect()
    }

    /// The address of a function's code, as a closure holds it.
    pub(super) fn func_addr(&mut self, code: FuncId) -> Value {
        let s = self.l.module.func_symbol(code);
        let entry = self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr);
        self.b.convert(ConvOp::Bitcast, entry, Ty::I64)
    }

    /// The address of a closure over values.
    pub(super) fn closure_object(&mut self, code: FuncId, captures: &[(TypeId, Val)]) -> Value {
        if captures.is_empty() {
            let s = self.l.closure_symbol(code);
            return self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr);
        }
        let types: Vec<TypeId> = captures.iter().map(|c| c.0).collect();
        let t = self.closure_type(&types);
        let p = self.new_object(t);
        self.note_expr(p, self.b.pos, || "func literal".into());
        let entry = self.func_addr(code);
        self.b.emit(Op::Store { addr: p, offset: 0, value: entry, nil_check: false, barrier: false }, &[]);
        for (i, (field, v)) in captures.iter().enumerate() {
            let offset = u64::from(self.l.field_offset(t, i + 1));
            self.store(*field, Addr::heap(p).plus(offset), v);
        }
        p
    }

    /// The struct type {code, captures...}.
    pub(super) fn closure_type(&mut self, captures: &[TypeId]) -> TypeId {
        let code = self.basic(BasicKind::Uintptr);
        let names: Vec<String> = (0..=captures.len()).map(|i| format!("X{i}")).collect();
        let types = std::iter::once(code).chain(captures.iter().copied());
        let fields: Vec<(&str, TypeId)> = names.iter().map(String::as_str).zip(types).collect();
        self.l.plain_struct(&fields)
    }

    /// Makes the homes of captured variables from the closure pointer.
    pub(super) fn bind_captures(&mut self, ctx: Value, captures: &[Capture]) {
        let var = self.ptr_var(ctx);
        for c in captures {
            let home = if c.by_ref {
                let cell = self.load_word(Addr::heap(ctx).plus(c.offset), Ty::Ptr);
                Home::Cell(self.ptr_var(cell))
            } else {
                let t = self.l.obj_type(c.obj);
                match self.load(t, Addr::heap(ctx).plus(c.offset)) {
                    Val::Scalars(values) => {
                        let vars = values.into_iter().map(|v| {
                            let ty = self.b.func.ty(v);
                            let var = self.b.declare_var(ty);
                            self.b.def_var(var, v);
                            var
                        });
                        Home::Scalars(vars.collect())
                    }
                    Val::Mem { .. } => Home::Capture(var, c.offset),
                }
            };
            self.homes.insert(c.obj, home);
        }
    }

    /// A closure over values whose code is made by `code` from the captured values and the parameters:
    /// for method values, `go` and `defer`. `shared`: one function for all closures of that name.
    pub(super) fn thunk(
        &mut self,
        name: &str,
        sig: TypeId,
        captures: &[(TypeId, Val)],
        code: impl FnOnce(&mut Body<'_, 'a>, Vec<Val>, Vec<Val>) -> Vec<Val>,
    ) -> Value {
        let id = self.thunk_code(name, sig, captures, code);
        self.closure_object(id, captures)
    }

    /// The code of such a closure.
    pub(super) fn thunk_code(
        &mut self,
        name: &str,
        sig: TypeId,
        captures: &[(TypeId, Val)],
        code: impl FnOnce(&mut Body<'_, 'a>, Vec<Val>, Vec<Val>) -> Vec<Val>,
    ) -> FuncId {
        let abi = self.l.fn_abi(sig, First::Ctx);
        let (id, new) = self.l.module.declare_func(name, &abi.sig);
        if !new {
            return id;
        }
        let offsets = self.capture_offsets(captures);
        let pos = self.b.pos;
        let facts = Rc::clone(&self.facts);
        let mut body = Body::new(&mut *self.l, name.to_owned(), Rc::clone(&abi), facts, pos);
        body.b.func.wrapper = true;
        body.start_results(false);
        let ctx = body.first_param();
        let values =
            captures.iter().zip(offsets).map(|((t, _), offset)| body.load(*t, Addr::heap(ctx).plus(offset)));
        let values: Vec<Val> = values.collect();
        let params = body.param_values();
        let results = code(&mut body, values, params);
        body.return_values(&results);
        let func = body.finish();
        self.l.module.funcs[id].body = Some(func);
        id
    }
}
