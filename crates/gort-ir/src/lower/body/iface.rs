//! Interface values: boxing, conversion to other interfaces, type assertions.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::Value;
use crate::inst::{ConvOp, IntCond, Op, Target, Ty};
use gort_abi::module::SymbolId;
use gort_syntax::ast::Expr;
use gort_types::types::TypeId;

/// Byte offset of the type in an itab.
const ITAB_TYPE: i32 = 8;

impl<'a> Body<'_, 'a> {
    /// Converts a value as an assignment does: to an interface if `to` is one.
    pub(super) fn implicit(&mut self, v: Val, from: TypeId, to: TypeId) -> Val {
        let Shape::Interface { empty } = self.shape(to) else { return v };
        if self.is_interface(from) {
            return self.between_interfaces(v, from, to, empty);
        }
        let word = self.type_or_itab(from, to);
        let data = if self.l.is_direct_iface(from) {
            self.nth(&v, 0, Ty::Ptr)
        } else if let Some(p) = self.byte_box(from, &v) {
            p
        } else {
            let p = self.new_object(from);
            if matches!(self.shape(from), Shape::Int { .. }) {
                self.l.small_ints_symbol();
                self.b.func.boxes.insert(p);
            }
            self.store(from, Addr::heap(p), &v);
            p
        };
        Val::Scalars(vec![word, data])
    }

    /// Where a boxed byte lies: in a table of all of them.
    fn byte_box(&mut self, t: TypeId, v: &Val) -> Option<Value> {
        let Val::Scalars(values) = v else { return None };
        let &[v] = values.as_slice() else { return None };
        if self.layout(t).size != 1 {
            return None;
        }
        let s = self.l.bytes_symbol();
        let table = self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr);
        let index = self.b.convert(ConvOp::Zext, v, Ty::I64);
        Some(self.b.emit1(Op::PtrAdd(table, index), Ty::Ptr))
    }

    /// First word of an interface value of type `iface` that holds a `t`.
    pub(super) fn type_or_itab_symbol(&mut self, t: TypeId, iface: TypeId) -> SymbolId {
        match self.shape(iface) {
            Shape::Interface { empty: false } => self.l.itab_symbol(t, iface),
            _ => self.l.type_symbol(t),
        }
    }

    /// Its address.
    pub(super) fn type_or_itab(&mut self, t: TypeId, iface: TypeId) -> Value {
        let s = self.type_or_itab_symbol(t, iface);
        self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr)
    }

    /// The dynamic type of an interface value, nil if it is nil.
    pub(super) fn dynamic_type(&mut self, v: &Val, t: TypeId) -> Value {
        let word = self.nth(v, 0, Ty::Ptr);
        if self.shape(t) == (Shape::Interface { empty: true }) {
            return word;
        }
        let (load, join) = (self.b.create_block(), self.b.create_block());
        let result = self.b.add_param(join, Ty::Ptr);
        let nil = self.b.nil();
        let is_nil = self.b.icmp(IntCond::Eq, word, nil);
        let t = |block, args| Target { block, args };
        self.b.emit(Op::Branch { cond: is_nil, then: t(join, vec![nil]), els: t(load, Vec::new()) }, &[]);
        self.b.seal(load);
        self.b.switch_to(load);
        let typ = self.b.load(Ty::Ptr, word, ITAB_TYPE);
        self.b.jump_args(join, vec![typ]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    /// From interface to interface, the methods known to be there; nil stays nil.
    fn between_interfaces(&mut self, v: Val, from: TypeId, to: TypeId, empty: bool) -> Val {
        if self.l.prog.identical(from, to) {
            return v;
        }
        let data = self.nth(&v, 1, Ty::Ptr);
        let typ = self.dynamic_type(&v, from);
        if empty {
            return Val::Scalars(vec![typ, data]);
        }
        let (convert, join) = (self.b.create_block(), self.b.create_block());
        let result = self.b.add_param(join, Ty::Ptr);
        let nil = self.b.nil();
        let is_nil = self.b.icmp(IntCond::Eq, typ, nil);
        let t = |block, args| Target { block, args };
        self.b.emit(Op::Branch { cond: is_nil, then: t(join, vec![nil]), els: t(convert, Vec::new()) }, &[]);
        self.b.seal(convert);
        self.b.switch_to(convert);
        let inter = self.type_word(to);
        let tab = self.rt1("assertE2I", vec![inter, typ]);
        self.b.jump_args(join, vec![tab]);
        self.b.seal(join);
        self.b.switch_to(join);
        Val::Scalars(vec![result, data])
    }

    /// The value of type `t` in the data word.
    pub(super) fn unbox(&mut self, data: Value, t: TypeId) -> Val {
        if self.l.is_direct_iface(t) { Val::one(data) } else { self.load(t, Addr::heap(data)) }
    }

    /// `x.(T)`, or a panic.
    pub(super) fn type_assert(&mut self, e: &'a Expr, x: &'a Expr) -> Val {
        let (from, to) = (self.type_of(x), self.type_of(e));
        let v = self.expr(x);
        let data = self.nth(&v, 1, Ty::Ptr);
        if let Shape::Interface { empty } = self.shape(to) {
            let typ = self.dynamic_type(&v, from);
            let inter = self.type_word(to);
            if !empty {
                let tab = self.rt1("assertE2I", vec![inter, typ]);
                return Val::Scalars(vec![tab, data]);
            }
            let (go_on, fail) = self.assertion_blocks(typ);
            self.b.switch_to(fail);
            self.rt_abort("panicnildottype", vec![inter]);
            self.b.switch_to(go_on);
            return Val::Scalars(vec![typ, data]);
        }
        let word = self.nth(&v, 0, Ty::Ptr);
        let want = self.type_or_itab(to, from);
        let ok = self.b.icmp(IntCond::Eq, word, want);
        let (go_on, fail) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold(fail);
        self.b.branch(ok, go_on, fail);
        self.b.seal(go_on);
        self.b.seal(fail);
        self.b.switch_to(fail);
        let (want, iface) = (self.type_word(to), self.type_word(from));
        let empty = self.shape(from) == (Shape::Interface { empty: true });
        self.rt_abort(if empty { "panicdottypeE" } else { "panicdottypeI" }, vec![word, want, iface]);
        self.b.switch_to(go_on);
        self.unbox(data, to)
    }

    /// Branches on `p != nil`: where to go on and where it is nil.
    fn assertion_blocks(&mut self, p: Value) -> (crate::func::Block, crate::func::Block) {
        let (go_on, fail) = (self.b.create_block(), self.b.create_block());
        let nil = self.b.nil();
        let ok = self.b.icmp(IntCond::Ne, p, nil);
        self.b.branch(ok, go_on, fail);
        self.b.seal(go_on);
        self.b.seal(fail);
        (go_on, fail)
    }

    /// Is the dynamic type of interface value `v` of type `from` the type `to` (or does it implement it)?
    /// Also what an interface `to` holds in its first word then.
    pub(super) fn matches_type(&mut self, v: &Val, from: TypeId, to: TypeId) -> (Value, Option<Value>) {
        let Shape::Interface { empty } = self.shape(to) else {
            let word = self.nth(v, 0, Ty::Ptr);
            let want = self.type_or_itab(to, from);
            return (self.b.icmp(IntCond::Eq, word, want), None);
        };
        let typ = self.dynamic_type(v, from);
        let word = if empty {
            typ
        } else {
            let inter = self.type_word(to);
            self.rt1("assertE2I2", vec![inter, typ])
        };
        let nil = self.b.nil();
        (self.b.icmp(IntCond::Ne, word, nil), Some(word))
    }

    /// The value as a `to`, after `matches_type` said yes.
    pub(super) fn matched_value(&mut self, v: &Val, to: TypeId, word: Option<Value>) -> Val {
        let data = self.nth(v, 1, Ty::Ptr);
        match word {
            Some(word) => Val::Scalars(vec![word, data]),
            None => self.unbox(data, to),
        }
    }

    /// `v, ok = x.(T)`
    pub(super) fn type_assert_ok(&mut self, e: &'a Expr, x: &'a Expr) -> (Val, Value) {
        let (from, to) = (self.type_of(x), self.type_of(e));
        let v = self.expr(x);
        let (ok, word) = self.matches_type(&v, from, to);
        if let (Some(word), Val::Scalars(s)) = (word, &v) {
            // An interface: nil in both words if it does not match.
            let nil = self.b.nil();
            let data = s.get(1).copied().unwrap_or(nil);
            let data = self.b.emit1(Op::Select(ok, data, nil), Ty::Ptr);
            return (Val::Scalars(vec![word, data]), ok);
        }
        let (yes, no, join) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.branch(ok, yes, no);
        self.b.seal(yes);
        self.b.seal(no);
        let params: Option<Vec<Value>> =
            self.scalar_tys(to).map(|tys| tys.into_iter().map(|ty| self.b.add_param(join, ty)).collect());
        let temp = if params.is_none() { Some(self.temp(to)) } else { None };
        for (block, hit) in [(yes, true), (no, false)] {
            self.b.switch_to(block);
            let result = match (hit, temp) {
                (true, _) => self.matched_value(&v, to, None),
                (false, None) => self.zero_val(to),
                (false, Some(addr)) => {
                    self.zero(to, addr);
                    self.b.jump(join);
                    continue;
                }
            };
            match (temp, result) {
                (Some(addr), result) => {
                    self.store(to, addr, &result);
                    self.b.jump(join);
                }
                (None, Val::Scalars(args)) => self.b.jump_args(join, args),
                (None, Val::Mem { .. }) => self.b.jump(join),
            }
        }
        self.b.seal(join);
        self.b.switch_to(join);
        let result = match (params, temp) {
            (Some(params), _) => Val::Scalars(params),
            (None, Some(addr)) => Val::Mem { addr, fresh: true },
            (None, None) => self.zero_val(to),
        };
        (result, ok)
    }
}
