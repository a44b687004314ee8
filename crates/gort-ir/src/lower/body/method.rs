//! Methods: calls, method values, method expressions, promotion through embedded fields.

use super::Body;
use super::call::Target;
use super::place::Place;
use super::value::{Addr, Val};
use crate::inst::{Op, Ty};
use gort_syntax::ast::Expr;
use gort_types::info::Selection;
use gort_types::types::{Type, TypeId};

/// A receiver operand on the way through embedded fields.
enum Operand {
    Place(Place),
    Value(Val),
}

impl<'a> Body<'_, 'a> {
    /// `x.m` as the target of a call.
    pub(super) fn method_target(&mut self, x: &'a Expr, s: &Selection) -> Target {
        let t = self.type_of(x);
        let operand = if self.pointer_elem(t).is_none() && self.is_place(x) && !self.is_interface(t) {
            Operand::Place(self.place(x))
        } else {
            Operand::Value(self.expr(x))
        };
        self.method_on(operand, t, s, x)
    }

    /// Finds the method's receiver from an operand of type `t`.
    fn method_on(&mut self, operand: Operand, t: TypeId, s: &Selection, x: &Expr) -> Target {
        let (mut operand, mut t) = (operand, t);
        let path = s.index.split_last().map_or(&[][..], |(_, path)| path);
        if !path.is_empty() {
            let (place, base) = match operand {
                Operand::Value(v) => match self.pointer_elem(t) {
                    Some(elem) => (Place::Mem(Addr::deref(self.nth(&v, 0, Ty::Ptr))), elem),
                    None => (Place::Mem(self.in_memory(t, &v)), t),
                },
                Operand::Place(p) => (p, t),
            };
            let (place, field) = self.path_place(place, base, path);
            (operand, t) = (Operand::Place(place), field);
        }
        if self.is_interface(t) {
            let v = self.operand_value(operand, t);
            return self.interface_target(&v, t, s);
        }
        let Some(recv) = self.receiver_type(s) else {
            self.unsupported(x.pos, "methods of type parameters");
            return Target::Closure(self.b.nil());
        };
        let by_pointer = matches!(self.l.prog.ty(recv), Type::Pointer(_));
        let v = match (self.pointer_elem(t), by_pointer) {
            (Some(_), true) | (None, false) => self.operand_value(operand, t),
            (Some(elem), false) => {
                let v = self.operand_value(operand, t);
                let p = self.nth(&v, 0, Ty::Ptr);
                self.load(elem, Addr::deref(p))
            }
            (None, true) => {
                let addr = match operand {
                    Operand::Place(p) => self.place_addr(p, t, x),
                    Operand::Value(v) => {
                        let p = self.new_object(t);
                        self.store(t, Addr::heap(p), &v);
                        Addr::heap(p)
                    }
                };
                Val::one(self.addr_value(addr))
            }
        };
        let v = self.stable(recv, v);
        Target::Method(self.l.callee(s.obj), recv, v)
    }

    fn operand_value(&mut self, operand: Operand, t: TypeId) -> Val {
        match operand {
            Operand::Value(v) => v,
            Operand::Place(p) => self.load_place(t, p),
        }
    }

    /// The receiver type a method is declared with.
    fn receiver_type(&mut self, s: &Selection) -> Option<TypeId> {
        let sig = self.l.obj_type(s.obj);
        let recv = self.l.signature(sig).recv?;
        Some(self.l.obj_type(recv))
    }

    fn interface_target(&mut self, v: &Val, t: TypeId, s: &Selection) -> Target {
        let (tab, data) = (self.nth(v, 0, Ty::Ptr), self.nth(v, 1, Ty::Ptr));
        let offset = self.l.itab_method_offset(t, s.obj);
        let code = self.b.emit1(Op::Load { addr: tab, offset, nil_check: true }, Ty::I64);
        Target::Word { code, data }
    }

    /// `x.m` as a value: a closure over the receiver.
    pub(super) fn method_value(&mut self, e: &'a Expr, x: &'a Expr, s: &Selection) -> Val {
        let sig = self.type_of(e);
        let target = self.method_target(x, s);
        let captures = target.captures(self, sig);
        let name = match &target {
            Target::Method(..) => format!("{}-fm", self.l.func_name(s.obj)),
            _ => {
                let iface = self.l.type_link_name(sig);
                format!("{iface}.{}-fm", self.l.prog.objs[s.obj].name)
            }
        };
        let p = self.thunk(&name, sig, &captures, |body, values, params| {
            let target = target.rebuilt(body, &mut values.into_iter());
            body.invoke(&target, sig, params)
        });
        Val::one(p)
    }

    /// `T.m`: a function that takes the receiver first.
    pub(super) fn method_expr(&mut self, e: &'a Expr, s: &Selection) -> Val {
        let sig = self.type_of(e);
        let method_sig = self.l.obj_type(s.obj);
        let recv = s.recv;
        let suffix = self.l.instance_suffix(s.obj);
        let name = format!("{}.{}{suffix}·expr", self.l.type_link_name(recv), self.l.prog.objs[s.obj].name);
        let p = self.thunk(&name, sig, &[], |body, _, mut params| {
            if params.is_empty() {
                return Vec::new();
            }
            let first = params.remove(0);
            let target = body.method_on(Operand::Value(first), recv, s, e);
            body.invoke(&target, method_sig, params)
        });
        Val::one(p)
    }

    /// The type `func()`.
    pub(super) fn func_type(&mut self) -> TypeId {
        self.l.prog.add_type(Type::Signature(gort_types::types::Signature::default()))
    }
}
