//! Sends and receives.

use super::Body;
use super::shape::Shape;
use super::value::Val;
use crate::func::Value;
use crate::inst::Ty;
use gort_syntax::ast::Expr;
use gort_types::types::TypeId;

impl<'a> Body<'_, 'a> {
    pub(super) fn chan_elem(&self, t: TypeId) -> TypeId {
        match self.shape(t) {
            Shape::Chan(elem) => elem,
            _ => t,
        }
    }

    /// `c <- v`
    pub(super) fn send(&mut self, c: &'a Expr, v: &'a Expr) {
        let elem = self.chan_elem(self.type_of(c));
        let chan = self.expr(c);
        let chan = self.nth(&chan, 0, Ty::Ptr);
        let v = self.expr_to(v, elem);
        let addr = self.in_memory(elem, &v);
        let p = self.addr_value(addr);
        self.rt("chansend1", vec![chan, p]);
    }

    /// `<-c`: the value, and whether the channel was open.
    pub(super) fn receive(&mut self, c: &'a Expr) -> (Val, TypeId) {
        let (v, t, _) = self.receive_with(c, false);
        (v, t)
    }

    /// `v, ok = <-c`
    pub(super) fn receive_ok(&mut self, c: &'a Expr) -> (Val, TypeId, Value) {
        self.receive_with(c, true)
    }

    fn receive_with(&mut self, c: &'a Expr, comma_ok: bool) -> (Val, TypeId, Value) {
        let elem = self.chan_elem(self.type_of(c));
        let chan = self.expr(c);
        let chan = self.nth(&chan, 0, Ty::Ptr);
        let addr = self.temp(elem);
        let p = self.addr_value(addr);
        let ok = if comma_ok {
            self.rt_bool("chanrecv2", vec![chan, p])
        } else {
            self.rt("chanrecv1", vec![chan, p]);
            chan
        };
        let v = match self.load(elem, addr) {
            Val::Mem { addr, .. } => Val::Mem { addr, fresh: true },
            v => v,
        };
        (v, elem, ok)
    }
}
