//! Values, and how they get from and to memory.

use super::Body;
use crate::func::{Slot, SlotData, Value};
use crate::inst::{BinOp, ConvOp, Op, Ty};
use crate::lower::layout::Scalar;
use gort_types::types::TypeId;

/// A value of some type.
#[derive(Clone, Debug)]
pub(super) enum Val {
    /// The scalars it flattens to.
    Scalars(Vec<Value>),
    /// Too big: it is in memory.
    Mem {
        /// There, known not to be nil.
        addr: Addr,
        /// A temporary that nobody else changes; else a variable that may change.
        fresh: bool,
    },
}

/// What an address is relative to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    /// A slot of this frame.
    Slot(Slot),
    /// Memory in some frame of this goroutine: no barriers.
    Stack(Value),
    /// Heap or global memory.
    Heap {
        /// Pointer.
        ptr: Value,
        /// It may be nil.
        nil_check: bool,
    },
}

/// An address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addr {
    pub(super) base: Base,
    pub(super) offset: u64,
}

/// Accesses beyond this offset from nil might not trap.
const MAX_TRAP_OFFSET: u64 = 2048;

/// Temporaries and variables above this size are in the heap.
pub(super) const MAX_SLOT: u64 = 64 << 10;

impl Addr {
    pub(super) fn slot(slot: Slot) -> Self {
        Self { base: Base::Slot(slot), offset: 0 }
    }

    pub(super) fn stack(p: Value) -> Self {
        Self { base: Base::Stack(p), offset: 0 }
    }

    pub(super) fn heap(ptr: Value) -> Self {
        Self { base: Base::Heap { ptr, nil_check: false }, offset: 0 }
    }

    /// What a pointer of the program points to.
    pub(super) fn deref(ptr: Value) -> Self {
        Self { base: Base::Heap { ptr, nil_check: true }, offset: 0 }
    }

    pub(super) fn plus(self, bytes: u64) -> Self {
        Self { base: self.base, offset: self.offset + bytes }
    }

    fn is_heap(self) -> bool {
        matches!(self.base, Base::Heap { .. })
    }
}

impl Val {
    pub(super) fn one(v: Value) -> Self {
        Self::Scalars(vec![v])
    }
}

impl Body<'_, '_> {
    /// The only scalar of a value.
    pub(super) fn scalar(&mut self, v: &Val) -> Value {
        self.nth(v, 0, Ty::I64)
    }

    /// The nth scalar; `ty` if something went wrong before.
    pub(super) fn nth(&mut self, v: &Val, n: usize, ty: Ty) -> Value {
        match v {
            Val::Scalars(s) if n < s.len() => s[n],
            _ => self.zero_scalar(ty),
        }
    }

    pub(super) fn zero_scalar(&mut self, ty: Ty) -> Value {
        if ty.is_float() { self.b.emit1(Op::Fconst(0), ty) } else { self.b.iconst(ty, 0) }
    }

    pub(super) fn i64(&mut self, v: i64) -> Value {
        self.b.iconst(Ty::I64, v)
    }

    /// The address as a pointer value, checked if it may be nil.
    pub(super) fn addr_value(&mut self, a: Addr) -> Value {
        match a.base {
            Base::Slot(s) => self.b.emit1(Op::SlotAddr(s, a.offset as u32), Ty::Ptr),
            Base::Stack(p) => self.offset_ptr(p, a.offset),
            Base::Heap { ptr, nil_check } => {
                if nil_check {
                    self.b.emit(Op::NilCheck(ptr), &[]);
                }
                self.offset_ptr(ptr, a.offset)
            }
        }
    }

    pub(super) fn offset_ptr(&mut self, p: Value, bytes: u64) -> Value {
        if bytes == 0 {
            return p;
        }
        let n = self.i64(bytes as i64);
        self.b.emit1(Op::PtrAdd(p, n), Ty::Ptr)
    }

    /// The same address with the nil check done.
    pub(super) fn checked(&mut self, a: Addr) -> Addr {
        match a.base {
            Base::Heap { ptr, nil_check: true } => {
                self.b.emit(Op::NilCheck(ptr), &[]);
                Addr { base: Base::Heap { ptr, nil_check: false }, offset: a.offset }
            }
            _ => a,
        }
    }

    /// An address whose offsets up to `size` are small enough for an instruction.
    fn reachable(&mut self, a: Addr, size: u64) -> Addr {
        let a = if a.offset + size > MAX_TRAP_OFFSET { self.checked(a) } else { a };
        if a.offset + size < i32::MAX as u64 {
            return a;
        }
        match a.base {
            Base::Slot(_) => a,
            Base::Stack(p) => Addr::stack(self.offset_ptr(p, a.offset)),
            Base::Heap { ptr, .. } => Addr::heap(self.offset_ptr(ptr, a.offset)),
        }
    }

    pub(super) fn load_scalar(&mut self, a: Addr, s: Scalar) -> Value {
        let offset = a.offset + u64::from(s.offset);
        let op = match a.base {
            Base::Slot(slot) => Op::SlotLoad(slot, offset as u32),
            Base::Stack(addr) => Op::Load { addr, offset: offset as i32, nil_check: false },
            Base::Heap { ptr, nil_check } => Op::Load { addr: ptr, offset: offset as i32, nil_check },
        };
        self.b.emit1(op, s.ty)
    }

    pub(super) fn store_scalar(&mut self, a: Addr, s: Scalar, value: Value) {
        let offset = a.offset + u64::from(s.offset);
        let op = match a.base {
            Base::Slot(slot) => Op::SlotStore(slot, offset as u32, value),
            Base::Stack(addr) => {
                Op::Store { addr, offset: offset as i32, value, nil_check: false, barrier: false }
            }
            Base::Heap { ptr, nil_check } => {
                Op::Store { addr: ptr, offset: offset as i32, value, nil_check, barrier: s.traced }
            }
        };
        self.b.emit(op, &[]);
    }

    /// Loads a word at an address.
    pub(super) fn load_word(&mut self, a: Addr, ty: Ty) -> Value {
        let a = self.reachable(a, 8);
        self.load_scalar(a, Scalar::new(ty, 0))
    }

    /// Stores a word at an address.
    pub(super) fn store_word(&mut self, a: Addr, ty: Ty, value: Value) {
        let a = self.reachable(a, 8);
        self.store_scalar(a, Scalar::new(ty, 0), value);
    }

    /// The value of type `t` at an address. One too big for scalars stays where it is.
    pub(super) fn load(&mut self, t: TypeId, a: Addr) -> Val {
        let layout = self.layout(t);
        match layout.scalars {
            Some(scalars) => {
                let a = if scalars.is_empty() { self.checked(a) } else { self.reachable(a, layout.size) };
                Val::Scalars(scalars.iter().map(|&s| self.load_scalar(a, s)).collect())
            }
            None => Val::Mem { addr: self.checked(a), fresh: false },
        }
    }

    /// Stores a value of type `t`.
    pub(super) fn store(&mut self, t: TypeId, a: Addr, v: &Val) {
        let layout = self.layout(t);
        match (layout.scalars, v) {
            (Some(scalars), Val::Scalars(values)) => {
                let a = if scalars.is_empty() { self.checked(a) } else { self.reachable(a, layout.size) };
                for (&s, &v) in scalars.iter().zip(values) {
                    self.store_scalar(a, s, v);
                }
            }
            (None, Val::Mem { addr, fresh }) => self.copy(t, a, *addr, *fresh),
            _ => {}
        }
    }

    /// Copies a value of type `t` in memory.
    fn copy(&mut self, t: TypeId, to: Addr, from: Addr, fresh: bool) {
        let layout = self.layout(t);
        let dst = self.addr_value(to);
        let src = self.addr_value(from);
        if layout.size == 0 {
            return;
        }
        if to.is_heap() && layout.has_pointers() {
            let ty = self.type_word(t);
            self.rt("typedmemmove", vec![ty, dst, src]);
        } else if (fresh || !to.is_heap() || !from.is_heap()) && layout.size <= 1024 {
            self.b.emit(Op::Copy { dst, src, size: layout.size as u32 }, &[]);
        } else {
            let n = self.i64(layout.size as i64);
            self.rt("memmove", vec![dst, src, n]);
        }
    }

    /// Sets a place of type `t` to its zero value.
    pub(super) fn zero(&mut self, t: TypeId, a: Addr) {
        let layout = self.layout(t);
        if layout.scalars.is_some() {
            let v = self.zero_val(t);
            self.store(t, a, &v);
            return;
        }
        let dst = self.addr_value(a);
        if a.is_heap() && layout.has_pointers() {
            let ty = self.type_word(t);
            self.rt("typedmemclr", vec![ty, dst]);
        } else if layout.size <= 1024 {
            self.b.emit(Op::Zero { dst, size: layout.size as u32 }, &[]);
        } else {
            let n = self.i64(layout.size as i64);
            self.rt("memclr", vec![dst, n]);
        }
    }

    /// The zero value of a type.
    pub(super) fn zero_val(&mut self, t: TypeId) -> Val {
        match self.scalar_tys(t) {
            Some(tys) => Val::Scalars(tys.into_iter().map(|ty| self.zero_scalar(ty)).collect()),
            None => {
                let addr = self.temp(t);
                self.zero(t, addr);
                Val::Mem { addr, fresh: true }
            }
        }
    }

    pub(super) fn slot_for(&mut self, t: TypeId) -> Slot {
        let layout = self.layout(t);
        self.b.create_slot(SlotData {
            size: (layout.size as u32).max(1),
            align: layout.align.clamp(1, 16),
            pointers: layout.pointers.to_vec(),
        })
    }

    /// Memory for a value of type `t`, its content undefined (pointers valid).
    pub(super) fn temp(&mut self, t: TypeId) -> Addr {
        if self.layout(t).size > MAX_SLOT {
            return Addr::heap(self.new_object(t));
        }
        Addr::slot(self.slot_for(t))
    }

    /// A value that later assignments do not change.
    pub(super) fn stable(&mut self, t: TypeId, v: Val) -> Val {
        match v {
            Val::Mem { fresh: false, .. } => {
                let addr = self.temp(t);
                self.store(t, addr, &v);
                Val::Mem { addr, fresh: true }
            }
            _ => v,
        }
    }

    /// The value in memory.
    pub(super) fn in_memory(&mut self, t: TypeId, v: &Val) -> Addr {
        match v {
            Val::Mem { addr, .. } => *addr,
            Val::Scalars(_) => {
                let addr = self.temp(t);
                self.store(t, addr, v);
                addr
            }
        }
    }

    /// The part of a value at a byte offset, of type `t`.
    pub(super) fn part(&mut self, whole: TypeId, v: &Val, offset: u64, t: TypeId) -> Val {
        match v {
            Val::Mem { addr, fresh } => match self.load(t, addr.plus(offset)) {
                Val::Mem { addr, .. } => Val::Mem { addr, fresh: *fresh },
                v => v,
            },
            Val::Scalars(values) => {
                let range = self.scalar_range(whole, offset, t);
                Val::Scalars(values.get(range).unwrap_or_default().to_vec())
            }
        }
    }

    /// Which scalars of a flattened type are those of its part of type `t` at a byte offset.
    pub(super) fn scalar_range(&mut self, whole: TypeId, offset: u64, t: TypeId) -> std::ops::Range<usize> {
        let size = self.layout(t).size;
        let scalars = self.layout(whole).scalars.unwrap_or_else(|| std::rc::Rc::from([]));
        let at = |limit: u64| scalars.iter().take_while(|s| u64::from(s.offset) < limit).count();
        let start = at(offset);
        if size == 0 { start..start } else { start..at(offset + size) }
    }

    /// A new zeroed object.
    pub(super) fn new_object(&mut self, t: TypeId) -> Value {
        let ty = self.type_word(t);
        self.rt1("newobject", vec![ty])
    }

    /// Address of a type's descriptor.
    pub(super) fn type_word(&mut self, t: TypeId) -> Value {
        let s = self.l.type_symbol(t);
        self.b.emit1(Op::SymAddr(s, 0), Ty::Ptr)
    }

    /// An integer or pointer as another type of the same class; narrower ones are extended by sign.
    pub(super) fn adapt(&mut self, v: Value, to: Ty, signed: bool) -> Value {
        let from = self.b.func.ty(v);
        if from == to {
            return v;
        }
        match (from, to) {
            (Ty::Ptr, Ty::I64) | (Ty::I64, Ty::Ptr) => self.b.convert(ConvOp::Bitcast, v, to),
            (Ty::F32, Ty::F64) => self.b.convert(ConvOp::Promote, v, to),
            (Ty::F64, Ty::F32) => self.b.convert(ConvOp::Demote, v, to),
            (Ty::Ptr, _) => {
                let v = self.b.convert(ConvOp::Bitcast, v, Ty::I64);
                self.adapt(v, to, signed)
            }
            (_, Ty::Ptr) => {
                let v = self.adapt(v, Ty::I64, signed);
                self.b.convert(ConvOp::Bitcast, v, to)
            }
            _ if from.is_float() || to.is_float() => v,
            _ if from.size() > to.size() => self.b.convert(ConvOp::Trunc, v, to),
            _ => self.b.convert(if signed { ConvOp::Sext } else { ConvOp::Zext }, v, to),
        }
    }

    pub(super) fn add_const(&mut self, v: Value, n: i64) -> Value {
        if n == 0 {
            return v;
        }
        let ty = self.b.func.ty(v);
        let n = self.b.iconst(ty, n);
        self.b.binary(BinOp::Add, v, n)
    }

    /// `v * n`, as I64.
    pub(super) fn scale(&mut self, v: Value, n: u64) -> Value {
        if n == 1 {
            return v;
        }
        if n.is_power_of_two() {
            let count = self.i64(i64::from(n.trailing_zeros()));
            return self.b.binary(BinOp::Shl, v, count);
        }
        let n = self.i64(n as i64);
        self.b.binary(BinOp::Mul, v, n)
    }

    /// Calls a function of package runtime with exactly its IR parameters (narrow integers are extended
    /// without sign).
    pub(super) fn rt(&mut self, name: &str, args: Vec<Value>) -> Vec<Value> {
        let f = self.l.rt(name);
        let args: Vec<Value> =
            args.into_iter().zip(f.sig.params.clone()).map(|(v, ty)| self.adapt(v, ty, false)).collect();
        self.b.call(f.callee, args, &f.sig.results)
    }

    /// As `rt`, for the first result.
    pub(super) fn rt1(&mut self, name: &str, args: Vec<Value>) -> Value {
        match self.rt(name, args).first() {
            Some(&v) => v,
            None => self.b.nil(),
        }
    }

    /// As `rt1`, for a bool result.
    pub(super) fn rt_bool(&mut self, name: &str, args: Vec<Value>) -> Value {
        let v = self.rt1(name, args);
        self.adapt(v, Ty::I8, false)
    }

    /// A call that does not return.
    pub(super) fn rt_abort(&mut self, name: &str, args: Vec<Value>) {
        self.rt(name, args);
        self.b.emit(Op::Unreachable, &[]);
    }
}
