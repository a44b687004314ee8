//! Assignments and variable declarations.

use super::Body;
use super::place::Place;
use super::shape::Shape;
use super::value::Val;
use gort_syntax::ast::{AssignStmt, BinaryOp, Expr, ExprKind, UnaryOp, VarDecl};
use gort_types::object::ObjId;
use gort_types::types::{BasicKind, TypeId};

/// Where an assignment stores.
enum Dest {
    Place(Place, TypeId),
    New(ObjId, TypeId),
    Blank,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn assign(&mut self, a: &'a AssignStmt) {
        if let Some(op) = a.op {
            if let ([x], [y]) = (a.lhs.as_slice(), a.rhs.as_slice()) {
                self.assign_op(x, op, y);
            }
            return;
        }
        self.assign_list(&a.lhs, &a.rhs, false);
    }

    pub(super) fn short_var(&mut self, a: &'a AssignStmt) {
        self.assign_list(&a.lhs, &a.rhs, true);
    }

    fn assign_list(&mut self, lhs: &'a [Expr], rhs: &'a [Expr], define: bool) {
        match (lhs, rhs) {
            ([x], [y]) => {
                if !define && self.append_in_place(x, y) {
                    return;
                }
                if !self.has_effect(x) {
                    // As gc: what is assigned to is located after the calls on the right.
                    let t = self.dest_type(x, define).unwrap_or_else(|| self.value_type(y));
                    let v = self.expr_to(y, t);
                    let dest = self.dest(x, define);
                    self.store_dest(dest, t, v);
                } else {
                    let dest = self.dest(x, define);
                    let t = self.dest_type(x, define).unwrap_or_else(|| self.value_type(y));
                    let v = self.expr_to(y, t);
                    self.store_dest(dest, t, v);
                }
            }
            (_, [y]) => {
                let dests: Vec<Dest> = lhs.iter().map(|x| self.dest(x, define)).collect();
                let values = self.tuple(y);
                for (dest, (v, from)) in dests.into_iter().zip(values) {
                    let to = match &dest {
                        Dest::Place(_, t) | Dest::New(_, t) => *t,
                        Dest::Blank => from,
                    };
                    let v = self.implicit(v, from, to);
                    self.store_dest(dest, to, v);
                }
            }
            _ => {
                let dests: Vec<Dest> = lhs.iter().map(|x| self.dest(x, define)).collect();
                let mut list = Vec::new();
                for (x, y) in lhs.iter().zip(rhs) {
                    list.push((y, self.dest_type(x, define).unwrap_or_else(|| self.value_type(y))));
                }
                let values = self.list_to(&list);
                for ((dest, v), (_, t)) in dests.into_iter().zip(values).zip(list) {
                    self.store_dest(dest, t, v);
                }
            }
        }
    }

    fn new_object_of(&self, x: &Expr, define: bool) -> Option<ObjId> {
        match &x.kind {
            ExprKind::Name(id) if define => self.l.prog.info.defs.get(&id.id).copied(),
            _ => None,
        }
    }

    /// The type of a destination; none of `_`.
    fn dest_type(&self, x: &Expr, define: bool) -> Option<TypeId> {
        if self.is_blank(x) {
            return None;
        }
        Some(match self.new_object_of(x, define) {
            Some(obj) => self.l.obj_type(obj),
            None => match &x.unparen().kind {
                ExprKind::Name(_) => self.object(x).map_or_else(|| self.type_of(x), |o| self.l.obj_type(o)),
                _ => self.type_of(x),
            },
        })
    }

    fn dest(&mut self, x: &'a Expr, define: bool) -> Dest {
        let Some(t) = self.dest_type(x, define) else { return Dest::Blank };
        match self.new_object_of(x, define) {
            Some(obj) => Dest::New(obj, t),
            None => Dest::Place(self.place(x), t),
        }
    }

    fn store_dest(&mut self, dest: Dest, t: TypeId, v: Val) {
        match dest {
            Dest::Blank => {}
            Dest::New(obj, _) => self.declare(obj, Some(v)),
            Dest::Place(place, _) => self.store_place(t, place, &v),
        }
    }

    /// The values of an expression that yields several: a call, or a comma-ok form.
    pub(super) fn tuple(&mut self, y: &'a Expr) -> Vec<(Val, TypeId)> {
        let inner = y.unparen();
        let saved = self.b.pos;
        self.b.pos = inner.pos;
        let bool_t = self.basic(BasicKind::Bool);
        let t = self.type_of(inner);
        let out = match &inner.kind {
            ExprKind::Call(c) => {
                let types = self.tuple_types(inner);
                self.call_values(inner, c).into_iter().zip(types).collect()
            }
            ExprKind::TypeAssert(x, _) => {
                let (v, ok) = self.type_assert_ok(inner, x);
                vec![(v, t), (Val::one(ok), bool_t)]
            }
            ExprKind::Unary(UnaryOp::Recv, c) => {
                let (v, t, ok) = self.receive_ok(c);
                vec![(v, t), (Val::one(ok), bool_t)]
            }
            ExprKind::Index(m, index) if index.len() == 1 => {
                let entry = self.map_entry_read(m, &index[0]);
                let (v, t, ok) = self.map_load_ok(&entry);
                vec![(v, t), (Val::one(ok), bool_t)]
            }
            _ => {
                self.surprise(inner.pos, "several values of an expression that has one");
                vec![(self.zero_val(t), t), (self.zero_val(bool_t), bool_t)]
            }
        };
        self.b.pos = saved;
        out
    }

    /// `x op= y`
    fn assign_op(&mut self, x: &'a Expr, op: BinaryOp, y: &'a Expr) {
        let t = self.type_of(x);
        if op.is_shift() {
            let place = self.place(x);
            let place = self.resolve(place);
            let old = self.load_place(t, place.clone());
            let v = self.shift(t, op, &old, y);
            return self.store_place(t, place, &v);
        }
        if let ExprKind::Index(m, index) = &x.unparen().kind
            && let [k] = index.as_slice()
            && self.shape(self.type_of(m)) == Shape::Map
            && Self::map_in_place(op)
        {
            let entry = self.map_entry(m, k);
            let v = self.stable_expr_to(y, t);
            let constant = self.is_constant(y);
            let addr = self.map_assign(&entry);
            let old = self.load(t, addr);
            let v = self.arithmetic(t, op, &old, &v, constant);
            return self.store(t, addr, &v);
        }
        // As gc: a variable is read after the calls on the right.
        let early = (self.has_effect(y) && !self.has_effect(x)).then(|| self.expr_to(y, t));
        let place = self.place(x);
        let place = self.resolve(place);
        let old = match early {
            Some(_) => self.load_place(t, place.clone()),
            None => {
                let v = self.load_place(t, place.clone());
                self.stable(t, v)
            }
        };
        let constant = self.is_constant(y);
        let new = match early {
            Some(v) => v,
            None => self.expr_to(y, t),
        };
        let v = self.arithmetic(t, op, &old, &new, constant);
        self.store_place(t, place, &v);
    }

    pub(super) fn inc_dec(&mut self, x: &'a Expr, inc: bool) {
        let t = self.type_of(x);
        let place = match self.place(x) {
            Place::Map(entry) => Place::Mem(self.map_assign(&entry)),
            place => self.resolve(place),
        };
        let old = self.load_place(t, place.clone());
        let one = self.const_val(t, &gort_types::info::ConstValue::int(1));
        let op = if inc { BinaryOp::Add } else { BinaryOp::Sub };
        let v = self.arithmetic(t, op, &old, &one, true);
        self.store_place(t, place, &v);
    }

    /// `var a, b T = x, y`
    pub(super) fn var_decl(&mut self, v: &'a VarDecl) {
        let objs: Vec<Option<ObjId>> = v
            .names
            .iter()
            .map(|id| if id.is_blank() { None } else { self.l.prog.info.defs.get(&id.id).copied() })
            .collect();
        if v.values.is_empty() {
            for obj in objs.into_iter().flatten() {
                self.declare(obj, None);
            }
            return;
        }
        let blank_type = v.typ.as_ref().map(|t| self.type_of(t));
        let mut values = Vec::new();
        if let ([only], true) = (v.values.as_slice(), v.names.len() > 1) {
            for ((value, from), obj) in self.tuple(only).into_iter().zip(&objs) {
                let to = obj.map(|o| self.l.obj_type(o)).or(blank_type).unwrap_or(from);
                values.push(self.implicit(value, from, to));
            }
        } else {
            let mut list = Vec::new();
            for (e, obj) in v.values.iter().zip(&objs) {
                let to = obj.map(|o| self.l.obj_type(o)).or(blank_type);
                list.push((e, to.unwrap_or_else(|| self.value_type(e))));
            }
            values = self.list_to(&list);
        }
        for (obj, v) in objs.into_iter().zip(values) {
            if let Some(obj) = obj {
                self.declare(obj, Some(v));
            }
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// Assigns a value that is there already.
    pub(super) fn assign_value(&mut self, x: &'a Expr, define: bool, v: Val, from: TypeId) {
        let dest = self.dest(x, define);
        let to = match &dest {
            Dest::Place(_, t) | Dest::New(_, t) => *t,
            Dest::Blank => from,
        };
        let v = self.implicit(v, from, to);
        self.store_dest(dest, to, v);
    }
}
