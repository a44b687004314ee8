//! Maps: operations on them become calls of `internal/runtime/maps`.
//!
//! Reading yields the address of the element, of a zero value if there is none; assigning yields the address
//! to store to. Keys of one word and strings go to the functions made for them, others by address.
//!
//! Go counterpart: `cmd/compile/internal/walk`.

use super::Body;
use super::shape::Shape;
use super::value::{Addr, Val};
use crate::func::{Slot, Value};
use crate::inst::{IntCond, Op, Ty};
use crate::lower::maps::Fast;
use gort_syntax::ast::{CompositeLit, Expr, ExprKind};
use gort_types::types::TypeId;

/// The zero value that lookups return the address of has this size.
const MAX_ZERO: u64 = 1024;
/// No allocation is larger.
const MAX_ALLOC: i64 = 1 << 48;
/// Maps of at most so many entries start without a table.
const SMALL: i64 = 8;

/// A map and a key, evaluated.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The map's type.
    pub(super) map_type: TypeId,
    /// The map.
    pub(super) map: Value,
    /// The key, which later assignments do not change.
    pub(super) key: Val,
}

impl<'a> Body<'_, 'a> {
    fn map_parts(&mut self, t: TypeId) -> (TypeId, TypeId) {
        let int = self.int();
        self.l.prog.map_of(t).unwrap_or((int, int))
    }

    /// Evaluates map and key of `m[k]`.
    pub(super) fn map_entry(&mut self, m: &'a Expr, k: &'a Expr) -> Entry {
        let map_type = self.type_of(m);
        let (key_type, _) = self.map_parts(map_type);
        let map = self.expr(m);
        let map = self.nth(&map, 0, Ty::Ptr);
        let key = self.stable_expr_to(k, key_type);
        Entry { map_type, map, key }
    }

    /// As [`Body::map_entry`], to be read only.
    pub(super) fn map_entry_read(&mut self, m: &'a Expr, k: &'a Expr) -> Entry {
        let map_type = self.type_of(m);
        let (key_type, _) = self.map_parts(map_type);
        if self.shape(key_type) != Shape::String {
            return self.map_entry(m, k);
        }
        let map = self.expr(m);
        let map = self.nth(&map, 0, Ty::Ptr);
        let key = match self.borrowed(k) {
            Some(key) => key,
            None => self.stable_expr_to(k, key_type),
        };
        Entry { map_type, map, key }
    }

    /// Calls a function or method of the map package.
    fn maps_call(&mut self, name: &str, args: Vec<Value>) -> Vec<Value> {
        let f = self.l.maps_fn(name);
        let args: Vec<Value> =
            args.into_iter().zip(f.sig.params.clone()).map(|(v, ty)| self.adapt(v, ty, false)).collect();
        self.b.call(f.callee, args, &f.sig.results)
    }

    /// Suffix of the functions that serve the map, and the key as they take it.
    fn key_words(&mut self, e: &Entry) -> (Fast, Vec<Value>) {
        let (key_type, elem) = self.map_parts(e.map_type);
        let fast = self.l.map_fast(key_type, elem);
        let words = match fast {
            Fast::String => vec![self.nth(&e.key, 0, Ty::Ptr), self.nth(&e.key, 1, Ty::I64)],
            Fast::Word32 | Fast::Word64 | Fast::Pointer => {
                let ty = match fast {
                    Fast::Word32 => Ty::I32,
                    Fast::Word64 => Ty::I64,
                    _ => Ty::Ptr,
                };
                match &e.key {
                    Val::Scalars(s) if s.len() == 1 => vec![s[0]],
                    key => {
                        let addr = self.in_memory(key_type, key);
                        vec![self.load_word(addr, ty)]
                    }
                }
            }
            Fast::No => {
                let addr = self.in_memory(key_type, &e.key);
                vec![self.addr_value(addr)]
            }
        };
        (fast, words)
    }

    fn call_with_key(&mut self, name: &str, e: &Entry) -> Vec<Value> {
        let (fast, key) = self.key_words(e);
        let access = name != "mapassign";
        let suffix = match fast {
            Fast::No => "",
            Fast::Word32 => "_fast32",
            Fast::Word64 => "_fast64",
            Fast::Pointer if access => "_fast64",
            Fast::Pointer => "_fast64ptr",
            Fast::String => "_faststr",
        };
        let mut args = vec![self.type_word(e.map_type), e.map];
        args.extend(key);
        self.maps_call(&format!("runtime_{name}{suffix}"), args)
    }

    /// Address of the element, of a zero value if it is not there, and whether it is there.
    fn map_lookup(&mut self, e: &Entry) -> (Addr, Value) {
        let (_, elem) = self.map_parts(e.map_type);
        let found = self.call_with_key("mapaccess2", e);
        let &[p, ok] = found.as_slice() else {
            return (Addr::heap(self.b.nil()), self.b.iconst(Ty::I8, 0));
        };
        if self.layout(elem).size <= MAX_ZERO {
            return (Addr::heap(p), ok);
        }
        let zero = self.temp(elem);
        self.zero(elem, zero);
        let zero = self.addr_value(zero);
        let p = self.b.emit1(Op::Select(ok, p, zero), Ty::Ptr);
        (Addr::heap(p), ok)
    }

    /// `m[k]`
    pub(super) fn map_load(&mut self, e: &Entry) -> Val {
        let (_, elem) = self.map_parts(e.map_type);
        if self.layout(elem).size > MAX_ZERO {
            let (addr, _) = self.map_lookup(e);
            return self.load(elem, addr);
        }
        match self.call_with_key("mapaccess1", e).first() {
            Some(&p) => self.load(elem, Addr::heap(p)),
            None => self.zero_val(elem),
        }
    }

    /// `v, ok = m[k]`
    pub(super) fn map_load_ok(&mut self, e: &Entry) -> (Val, TypeId, Value) {
        let (_, elem) = self.map_parts(e.map_type);
        let (addr, ok) = self.map_lookup(e);
        let v = self.load(elem, addr);
        (self.stable(elem, v), elem, ok)
    }

    /// Where the element is, made if it is not there.
    pub(super) fn map_assign(&mut self, e: &Entry) -> Addr {
        match self.call_with_key("mapassign", e).first() {
            Some(&p) => Addr::heap(p),
            None => Addr::heap(self.b.nil()),
        }
    }

    /// `delete(m, k)`
    pub(super) fn map_delete(&mut self, e: &Entry) {
        let (fast, key) = self.key_words(e);
        let name = match fast {
            Fast::No => {
                let t = self.type_word(e.map_type);
                self.maps_call("Map.Delete", vec![e.map, t, key.first().copied().unwrap_or(e.map)]);
                return;
            }
            Fast::Word32 => "runtime_mapdelete_fast32",
            Fast::Word64 | Fast::Pointer => "runtime_mapdelete_fast64",
            Fast::String => "runtime_mapdelete_faststr",
        };
        let mut args = vec![self.type_word(e.map_type), e.map];
        args.extend(key);
        self.maps_call(name, args);
    }

    /// `clear(m)`
    pub(super) fn map_clear(&mut self, t: TypeId, m: Value) {
        let t = self.type_word(t);
        self.maps_call("Map.Clear", vec![m, t]);
    }

    /// `len(m)`: the first word of the map.
    pub(super) fn map_len(&mut self, m: Value) -> Value {
        let (load, join) = (self.b.create_block(), self.b.create_block());
        let result = self.b.add_param(join, Ty::I64);
        let (nil, zero) = (self.b.nil(), self.i64(0));
        let is_nil = self.b.icmp(IntCond::Eq, m, nil);
        let t = |block, args| crate::inst::Target { block, args };
        self.b.emit(Op::Branch { cond: is_nil, then: t(join, vec![zero]), els: t(load, Vec::new()) }, &[]);
        self.b.seal(load);
        self.b.switch_to(load);
        let n = self.b.load(Ty::I64, m, 0);
        self.b.jump_args(join, vec![n]);
        self.b.seal(join);
        self.b.switch_to(join);
        result
    }

    /// `make(map[K]V, hint)`
    pub(super) fn make_map(&mut self, t: TypeId, hint: Option<&'a Expr>) -> Val {
        let Some(hint) = hint else { return Val::one(self.empty_map()) };
        let constant = self.fact(hint).and_then(|tv| tv.value).and_then(|v| v.as_i64());
        if constant.is_some_and(|n| n <= SMALL) {
            return Val::one(self.empty_map());
        }
        let n = self.index_value(hint).0;
        let zero = self.i64(0);
        let negative = self.b.icmp(IntCond::Slt, n, zero);
        let n = self.b.emit1(Op::Select(negative, zero, n), Ty::I64);
        Val::one(self.new_map(t, n))
    }

    fn empty_map(&mut self) -> Value {
        match self.maps_call("NewEmptyMap", Vec::new()).first() {
            Some(&m) => m,
            None => self.b.nil(),
        }
    }

    fn new_map(&mut self, t: TypeId, hint: Value) -> Value {
        let (t, nil, max) = (self.type_word(t), self.b.nil(), self.i64(MAX_ALLOC));
        match self.maps_call("NewMap", vec![t, hint, nil, max]).first() {
            Some(&m) => m,
            None => nil,
        }
    }

    /// `map[K]V{...}`
    pub(super) fn map_literal(&mut self, t: TypeId, c: &'a CompositeLit) -> Val {
        let (key_type, elem) = self.map_parts(t);
        let n = c.elems.len() as i64;
        let map = if n <= SMALL {
            self.empty_map()
        } else {
            let n = self.i64(n);
            self.new_map(t, n)
        };
        for e in &c.elems {
            let ExprKind::KeyValue(k, v) = &e.kind else { continue };
            self.b.pos = k.start();
            // As gc: an assignment `m[k] = v`.
            let (key, v) = if self.has_effect(k) {
                let key = self.stable_expr_to(k, key_type);
                (key, self.expr_to(v, elem))
            } else {
                let v = self.stable_expr_to(v, elem);
                (self.stable_expr_to(k, key_type), v)
            };
            let addr = self.map_assign(&Entry { map_type: t, map, key });
            self.store(elem, addr, &v);
        }
        Val::one(map)
    }

    /// Starts an iteration: the slot of the iterator, whose first two words are the addresses of key and
    /// element; the first is nil at the end.
    pub(super) fn map_iter(&mut self, t: TypeId, m: Value) -> Slot {
        let iter = self.l.maps_type("Iter").unwrap_or(t);
        let slot = self.slot_for(iter);
        self.zero(iter, Addr::slot(slot));
        let (it, typ) = (self.addr_value(Addr::slot(slot)), self.type_word(t));
        self.maps_call("Iter.Init", vec![it, typ, m]);
        self.map_iter_next(slot);
        slot
    }

    pub(super) fn map_iter_next(&mut self, slot: Slot) {
        let it = self.addr_value(Addr::slot(slot));
        self.maps_call("Iter.Next", vec![it]);
    }

    /// May `m[k] op= v` work on the element in place? Not if the operation can panic after the entry is made.
    pub(super) fn map_in_place(op: gort_syntax::ast::BinaryOp) -> bool {
        use gort_syntax::ast::BinaryOp;
        !matches!(op, BinaryOp::Div | BinaryOp::Rem) && !op.is_shift()
    }
}
