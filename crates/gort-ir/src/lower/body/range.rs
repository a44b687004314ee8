//! `for range` over integers, strings, slices, arrays, maps and channels.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::builder::Var;
use crate::func::{Block, Value};
use crate::inst::{IntCond, Op, Target, Ty};
use gort_syntax::ast::{Expr, ExprKind, RangeStmt};
use gort_types::types::{BasicKind, TypeId};

/// The blocks of a loop.
struct Loop {
    head: Block,
    body: Block,
    next: Block,
    done: Block,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn range(&mut self, r: &'a RangeStmt) {
        if r.define && self.l.prog.info.shares_loop_vars(r.range_pos) {
            self.declare_shared(r);
        }
        let t = self.value_type(&r.operand);
        match self.shape(t) {
            Shape::Int { .. } => self.range_int(r, t),
            Shape::String => self.range_string(r),
            Shape::Slice(elem) => {
                // The bytes of a string do not change.
                let v = match self.borrowed(&r.operand) {
                    Some(v) => v,
                    None => self.expr(&r.operand),
                };
                let (p, len) = (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64));
                self.range_elems(r, Some(Addr::heap(p)), len, elem);
            }
            Shape::Array(elem, n) => self.range_array(r, t, elem, n),
            Shape::Pointer(array) => {
                let Shape::Array(elem, n) = self.shape(array) else { return };
                let v = self.expr(&r.operand);
                let p = self.nth(&v, 0, Ty::Ptr);
                let len = self.i64(n);
                self.range_elems(r, Some(Addr::deref(p)), len, elem);
            }
            Shape::Chan(elem) => self.range_chan(r, elem),
            Shape::Map => self.range_map(r, t),
            Shape::Func => self.range_func(r, t),
            _ => {
                self.take_label();
                self.unsupported(r.range_pos, "type parameters");
            }
        }
    }

    /// Declares iteration variables before the loop, as Go did before 1.22.
    fn declare_shared(&mut self, r: &RangeStmt) {
        for x in r.key.iter().chain(&r.value) {
            if let ExprKind::Name(id) = &x.kind
                && !id.is_blank()
                && let Some(&obj) = self.l.prog.info.defs.get(&id.id)
            {
                self.declare(obj, None);
            }
        }
    }

    fn begin_loop(&mut self) -> Loop {
        let l = Loop {
            head: self.b.create_block(),
            body: self.b.create_block(),
            next: self.b.create_block(),
            done: self.b.create_block(),
        };
        self.b.jump(l.head);
        self.b.switch_to(l.head);
        l
    }

    /// The body's statements; goes on at `next`, if anything leads there.
    fn loop_body(&mut self, r: &'a RangeStmt, l: &Loop, label: Option<std::sync::Arc<str>>) {
        self.enter(label, l.done, Some(l.next));
        self.stmts(&r.body.stmts);
        self.leave();
        self.b.jump(l.next);
        self.b.seal(l.next);
        self.continue_at(l.next);
    }

    fn end_loop(&mut self, l: &Loop) {
        self.b.jump(l.head);
        self.b.seal(l.head);
        self.b.seal(l.done);
        self.continue_at(l.done);
    }

    /// Stores an iteration value in what the statement names for it.
    pub(super) fn set(&mut self, r: &'a RangeStmt, x: Option<&'a Expr>, v: Val, from: TypeId) {
        let Some(x) = x.filter(|x| !self.is_blank(x)) else { return };
        if r.define
            && let ExprKind::Name(id) = &x.kind
            && let Some(&obj) = self.l.prog.info.defs.get(&id.id)
        {
            let to = self.l.obj_type(obj);
            let v = self.implicit(v, from, to);
            if self.l.prog.info.shares_loop_vars(r.range_pos)
                && let Some(home) = self.homes.get(&obj).cloned()
            {
                return self.store_home(to, &home, &v);
            }
            return self.declare(obj, Some(v));
        }
        let to = self.type_of(x);
        let v = self.implicit(v, from, to);
        let place = self.place(x);
        self.store_place(to, place, &v);
    }

    /// Sets both iteration variables: what is assigned to is located before either changes.
    pub(super) fn set_both(&mut self, r: &'a RangeStmt, k: Option<(Val, TypeId)>, v: Option<(Val, TypeId)>) {
        let wanted = |b: &Self, x: &Option<Expr>| x.as_ref().is_some_and(|x| !b.is_blank(x));
        if !r.define && wanted(self, &r.key) && wanted(self, &r.value) {
            let mut stores = Vec::new();
            for (x, given) in [(&r.key, k), (&r.value, v)] {
                let (Some(x), Some((v, from))) = (x, given) else { continue };
                let to = self.type_of(x);
                stores.push((self.place(x), to, v, from));
            }
            for (place, to, v, from) in stores {
                let v = self.implicit(v, from, to);
                self.store_place(to, place, &v);
            }
            return;
        }
        if let Some((v, t)) = k {
            self.set(r, r.key.as_ref(), v, t);
        }
        if let Some((v, t)) = v {
            self.set(r, r.value.as_ref(), v, t);
        }
    }

    /// A counter from 0 while less than `limit`: its variable and value in the body.
    fn count(&mut self, l: &Loop, var: Var, limit: Value, signed: bool) -> Value {
        let i = self.b.use_var(var);
        let more = self.b.icmp(if signed { IntCond::Slt } else { IntCond::Ult }, i, limit);
        self.b.branch(more, l.body, l.done);
        self.b.seal(l.body);
        self.b.switch_to(l.body);
        i
    }

    fn step(&mut self, var: Var) {
        if self.b.is_terminated() {
            return;
        }
        let i = self.b.use_var(var);
        let i = self.add_const(i, 1);
        self.b.def_var(var, i);
    }

    fn range_int(&mut self, r: &'a RangeStmt, t: TypeId) {
        let label = self.take_label();
        // An untyped constant takes the type of the iteration variable.
        let t = match &r.key {
            Some(k) if !self.is_blank(k) => {
                let kt = match &k.kind {
                    ExprKind::Name(_) => self.object(k).map_or(t, |o| self.l.obj_type(o)),
                    _ => self.type_of(k),
                };
                if matches!(self.shape(kt), Shape::Int { .. }) { kt } else { t }
            }
            _ => t,
        };
        let Shape::Int { ty, signed } = self.shape(t) else { return };
        let value = self.fact(&r.operand).and_then(|tv| tv.value);
        let limit = match value {
            Some(v) => {
                let v = self.const_val(t, &v);
                self.scalar(&v)
            }
            None => self.expr_scalar(&r.operand),
        };
        let var = self.b.declare_var(ty);
        let zero = self.b.iconst(ty, 0);
        self.b.def_var(var, zero);
        let l = self.begin_loop();
        let i = self.count(&l, var, limit, signed);
        self.set(r, r.key.as_ref(), Val::one(i), t);
        self.loop_body(r, &l, label);
        self.step(var);
        self.end_loop(&l);
    }

    fn range_array(&mut self, r: &'a RangeStmt, t: TypeId, elem: TypeId, n: i64) {
        let needs_value = r.value.as_ref().is_some_and(|v| !self.is_blank(v));
        let len = self.i64(n);
        if !needs_value {
            if self.has_effect(&r.operand) {
                self.expr(&r.operand);
            }
            return self.range_elems(r, None, len, elem);
        }
        // The loop sees the array as it was: a copy.
        let v = self.expr(&r.operand);
        let v = self.stable(t, v);
        let addr = self.in_memory(t, &v);
        self.range_elems(r, Some(addr), len, elem);
    }

    fn range_elems(&mut self, r: &'a RangeStmt, base: Option<Addr>, len: Value, elem: TypeId) {
        let label = self.take_label();
        let int = self.int();
        let var = self.b.declare_var(Ty::I64);
        let zero = self.i64(0);
        self.b.def_var(var, zero);
        let l = self.begin_loop();
        let i = self.count(&l, var, len, true);
        let wanted = r.value.as_ref().filter(|v| !self.is_blank(v));
        let value = match (wanted, base) {
            (Some(_), Some(base)) => {
                let size = self.layout(elem).size;
                let at = self.element(base, i, size);
                let v = self.load(elem, at);
                Some(self.stable(elem, v))
            }
            _ => None,
        };
        self.set_both(r, Some((Val::one(i), int)), value.map(|v| (v, elem)));
        self.loop_body(r, &l, label);
        self.step(var);
        self.end_loop(&l);
    }

    fn range_string(&mut self, r: &'a RangeStmt) {
        let label = self.take_label();
        let (int, rune_t) = (self.int(), self.basic(BasicKind::Int32));
        let v = self.expr(&r.operand);
        let (p, len) = (self.nth(&v, 0, Ty::Ptr), self.nth(&v, 1, Ty::I64));
        let (var, after) = (self.b.declare_var(Ty::I64), self.b.declare_var(Ty::I64));
        let zero = self.i64(0);
        self.b.def_var(var, zero);
        let l = self.begin_loop();
        let i = self.count(&l, var, len, true);
        // ASCII inline, the rest by the runtime.
        let at = self.b.emit1(Op::PtrAdd(p, i), Ty::Ptr);
        let byte = self.b.load(Ty::I8, at, 0);
        let c = self.adapt(byte, Ty::I32, false);
        let next = self.add_const(i, 1);
        let limit = self.b.iconst(Ty::I32, 0x80);
        let ascii = self.b.icmp(IntCond::Ult, c, limit);
        let (decode, join) = (self.b.create_block(), self.b.create_block());
        let (rune, next_i) = (self.b.add_param(join, Ty::I32), self.b.add_param(join, Ty::I64));
        let t = |block, args| Target { block, args };
        self.b
            .emit(Op::Branch { cond: ascii, then: t(join, vec![c, next]), els: t(decode, Vec::new()) }, &[]);
        self.b.seal(decode);
        self.b.switch_to(decode);
        let decoded = self.rt("decoderune", vec![p, len, i]);
        self.b.jump_args(join, if decoded.len() == 2 { decoded } else { vec![c, next] });
        self.b.seal(join);
        self.b.switch_to(join);
        self.b.def_var(after, next_i);
        self.set_both(r, Some((Val::one(i), int)), Some((Val::one(rune), rune_t)));
        self.loop_body(r, &l, label);
        if !self.b.is_terminated() {
            let i = self.b.use_var(after);
            self.b.def_var(var, i);
        }
        self.end_loop(&l);
    }

    fn range_map(&mut self, r: &'a RangeStmt, t: TypeId) {
        let label = self.take_label();
        let Some((key, elem)) = self.l.prog.map_of(t) else { return };
        let m = self.expr(&r.operand);
        let m = self.nth(&m, 0, Ty::Ptr);
        let iter = self.map_iter(t, m);
        let l = self.begin_loop();
        let at = self.b.emit1(Op::SlotLoad(iter, 0), Ty::Ptr);
        let nil = self.b.nil();
        let more = self.b.icmp(IntCond::Ne, at, nil);
        self.b.branch(more, l.body, l.done);
        self.b.seal(l.body);
        self.b.switch_to(l.body);
        let wanted = |x: &Option<Expr>| x.as_ref().is_some_and(|x| !self.is_blank(x));
        let (want_key, want_value) = (wanted(&r.key), wanted(&r.value));
        let value = want_value.then(|| {
            let at = self.b.emit1(Op::SlotLoad(iter, 8), Ty::Ptr);
            let v = self.load(elem, Addr::heap(at));
            self.stable(elem, v)
        });
        let k = want_key.then(|| {
            let v = self.load(key, Addr::heap(at));
            self.stable(key, v)
        });
        self.set_both(r, k.map(|v| (v, key)), value.map(|v| (v, elem)));
        self.loop_body(r, &l, label);
        if !self.b.is_terminated() {
            self.map_iter_next(iter);
        }
        self.end_loop(&l);
    }

    fn range_chan(&mut self, r: &'a RangeStmt, elem: TypeId) {
        let label = self.take_label();
        let c = self.expr(&r.operand);
        let c = self.nth(&c, 0, Ty::Ptr);
        let addr = self.temp(elem);
        let l = self.begin_loop();
        let p = self.addr_value(addr);
        let ok = self.rt_bool("chanrecv2", vec![c, p]);
        self.b.branch(ok, l.body, l.done);
        self.b.seal(l.body);
        self.b.switch_to(l.body);
        let v = self.load(elem, addr);
        self.set(r, r.key.as_ref(), v, elem);
        self.loop_body(r, &l, label);
        self.end_loop(&l);
    }
}
